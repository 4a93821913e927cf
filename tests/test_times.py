"""Times as programs and people read them."""

from __future__ import annotations

import pytest

from bridge.times import clock, instant, is_zone, moment


@pytest.mark.parametrize(
    ("ms", "shown"), [(0, "0:00:00"), (62_999, "0:01:02"), (-5, "0:00:00"), (360_000_000, "100:00:00")]
)
def test_a_place_in_a_meeting(ms: int, shown: str) -> None:
    """Hours have as many digits as they need, and nothing is before the start."""
    assert clock(ms) == shown


def test_no_time_breaks_a_calendar() -> None:
    """What no calendar has is the nearest that it has, as a wire may carry any number."""
    assert instant(-1) == "1970-01-01T00:00:00Z"
    assert instant(10**15) == "9999-12-31T23:59:59Z"
    assert moment(1_763_805_600_123).microsecond == 123_000


def test_names_of_time_zones() -> None:
    """Whatever Zoom tells as one goes into windows, so it has to look like one."""
    assert all(map(is_zone, ("UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+12", "Asia/Saigon")))
    assert not any(
        map(is_zone, ("", "../etc/passwd", "(GMT+1:00) Berlin", "Europe/Berlin\n", "A" * 65, "a/b/c/d"))
    )
