"""Days of meetings, where their people are."""

from __future__ import annotations

from components.zoom.shared import days

LOS_ANGELES, TOKYO, BERLIN = "America/Los_Angeles", "Asia/Tokyo", "Europe/Berlin"


def test_a_zone_is_the_first_that_exists() -> None:
    """The meeting's, else the node's; a name that no machine knows is none."""
    assert str(days.zone_of("", "Mars/Olympus", TOKYO, BERLIN)) == TOKYO
    assert days.zone_of("", "../etc/passwd", "Mars") is None


def test_a_day_that_is_not_the_peoples_says_so() -> None:
    """As people read it in the title of a page."""
    assert days.day_shown("2026-10-06T00:30:00Z", days.zone_of(LOS_ANGELES)) == "2026-10-05"
    assert days.day_shown("2026-10-06T00:30:00Z", None) == "2026-10-06 UTC"
    assert days.day_shown("", None) == ""
