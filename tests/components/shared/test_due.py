"""Days as people mean them, where they are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.zoom.shared import days

LOS_ANGELES, TOKYO, BERLIN = "America/Los_Angeles", "Asia/Tokyo", "Europe/Berlin"


@pytest.fixture(scope="module")
def due(langflow_services: None) -> Any:
    import importlib

    return importlib.import_module("components.zoom.shared.due")


@pytest.mark.parametrize(
    ("words", "started_at", "zone", "day"),
    [
        # a Monday half past four in the afternoon in California, which is Tuesday in UTC
        ("by tomorrow", "2026-10-06T23:30:00Z", LOS_ANGELES, "2026-10-07"),
        ("by tomorrow", "2026-10-06T00:30:00Z", LOS_ANGELES, "2026-10-06"),
        ("by Friday", "2026-10-09T00:30:00Z", LOS_ANGELES, "2026-10-09"),
        ("end of day", "2026-10-06T00:30:00Z", LOS_ANGELES, "2026-10-05"),
        ("today", "2026-10-04T22:30:00Z", TOKYO, "2026-10-05"),
        ("tomorrow", "2026-10-04T22:30:00Z", TOKYO, "2026-10-06"),
        # next Friday, some minutes before and after a Sunday's midnight in Berlin
        ("next Friday", "2026-10-04T21:50:00Z", BERLIN, "2026-10-09"),
        ("next Friday", "2026-10-04T22:10:00Z", BERLIN, "2026-10-16"),
        # the last evening of a month there, the first of the next in UTC
        ("by the end of the month", "2026-10-01T02:00:00Z", LOS_ANGELES, "2026-09-30"),
        ("EOM", "2026-09-30T16:00:00Z", TOKYO, "2026-10-31"),
        ("end of next month", "2026-12-15T10:00:00Z", BERLIN, "2027-01-31"),
        ("end of the quarter", "2026-11-15T10:00:00Z", BERLIN, "2026-12-31"),
        ("end of year", "2027-01-01T01:00:00Z", LOS_ANGELES, "2026-12-31"),
        # the night in which clocks are put back, and that in which they are put forward
        ("tomorrow", "2026-10-25T00:30:00Z", BERLIN, "2026-10-26"),
        ("in two days", "2026-03-29T00:59:00Z", BERLIN, "2026-03-31"),
        ("in a month", "2026-01-31T10:00:00Z", BERLIN, "2026-02-28"),
        ("the 1st", "2026-12-31T20:00:00Z", TOKYO, "2027-01-01"),
        ("February 29th", "2026-12-31T20:00:00Z", TOKYO, "2028-02-29"),
        ("February 30th", "2026-12-31T20:00:00Z", TOKYO, ""),
        ("around Friday", "2026-10-05T10:00:00Z", BERLIN, ""),
        ("2026-10-01", "2026-10-06T10:00:00Z", BERLIN, ""),
        ("Tuesday or Wednesday", "2026-10-05T10:00:00Z", BERLIN, ""),
        ("after Friday", "2026-10-05T10:00:00Z", BERLIN, ""),
        ("soon", "2026-10-05T10:00:00Z", BERLIN, ""),
        # said on a Monday
        ("by the 3rd of March", "2026-11-30T10:00:00Z", BERLIN, "2027-03-03"),
        ("March the 3rd", "2026-11-30T10:00:00Z", BERLIN, "2027-03-03"),
        ("the 3rd of March and the 5th", "2026-11-30T10:00:00Z", BERLIN, ""),
        ("by the 5th", "2026-11-30T10:00:00Z", BERLIN, "2026-12-05"),
        ("after tomorrow", "2026-11-30T10:00:00Z", BERLIN, "2026-12-01"),
        ("two weeks from tomorrow", "2026-11-30T10:00:00Z", BERLIN, ""),
        ("early next week", "2026-11-30T10:00:00Z", BERLIN, ""),
        ("at the beginning of next week", "2026-11-30T10:00:00Z", BERLIN, ""),
        ("next week", "2026-11-30T10:00:00Z", BERLIN, "2026-12-11"),
        ("early Friday morning", "2026-11-30T10:00:00Z", BERLIN, "2026-12-04"),
        ("this week on Friday", "2026-11-30T10:00:00Z", BERLIN, "2026-12-04"),
        ("tomorrow or Friday", "2026-11-30T10:00:00Z", BERLIN, ""),
        ("not before Friday", "2026-11-30T10:00:00Z", BERLIN, ""),
        ("not today", "2026-11-30T10:00:00Z", BERLIN, ""),
        ("Friday week", "2026-11-30T10:00:00Z", BERLIN, ""),
        ("a week on Friday", "2026-11-30T10:00:00Z", BERLIN, ""),
        ("every Monday", "2026-11-30T10:00:00Z", BERLIN, ""),
        ("Friday", "once", BERLIN, ""),
    ],
)
def test_a_day_is_that_of_the_people_in_the_meeting(
    due: Any, words: str, started_at: str, zone: str, day: str
) -> None:
    """Whatever day it is in Greenwich meanwhile."""
    assert due.due_date(words, started_at, days.zone_of(zone)) == day


@pytest.mark.parametrize(
    ("words", "started_at", "day"),
    [
        ("tomorrow", "2026-10-06T10:00:00Z", ""),
        ("today", "2026-10-06T10:00:00Z", ""),
        ("by Friday", "2026-10-06T10:00:00Z", "2026-10-09"),  # it is Tuesday or Wednesday everywhere
        ("by Friday", "2026-10-09T00:30:00Z", ""),  # it is Thursday or Friday
        ("3 November", "2026-10-06T10:00:00Z", "2026-11-03"),
        ("3 Sept.", "2026-08-06T10:00:00Z", "2026-09-03"),
        ("before we have 5 decks", "2026-10-06T10:00:00Z", ""),
        ("for 3 marching bands", "2026-10-06T10:00:00Z", ""),
        ("end of the month", "2026-10-06T10:00:00Z", "2026-10-31"),
        ("end of the month", "2026-10-31T13:00:00Z", ""),
    ],
)
def test_where_nobody_knows_the_zone_a_day_has_to_be_sure(
    due: Any, words: str, started_at: str, day: str
) -> None:
    """No date is better than one that is wrong for half of the world."""
    assert due.due_date(words, started_at, None) == day


def test_the_end_of_work_is_where_the_people_are(due: Any) -> None:
    """In summer and in winter; without a zone it is midday, the same day nearly everywhere."""
    berlin = days.zone_of(BERLIN)
    assert due.due_time("2026-10-23", berlin) == "2026-10-23T15:00:00Z"
    assert due.due_time("2026-10-26", berlin) == "2026-10-26T16:00:00Z"
    assert due.due_time("2026-10-26", None) == "2026-10-26T12:00:00Z"
    assert due.due_time("", berlin) == ""


@given(
    words=st.sampled_from(["tomorrow", "by Monday", "next Tuesday", "end of week", "in 3 weeks", "the 31st"]),
    started=st.datetimes(),
    zone=st.sampled_from([LOS_ANGELES, TOKYO, BERLIN, "Pacific/Kiritimati"]),
)
def test_no_day_is_past(due: Any, words: str, started: Any, zone: str) -> None:
    """Whenever and wherever it is said; nor does any moment break it."""
    began = started.replace(year=max(1970, min(started.year, 2200))).isoformat() + "Z"
    where = days.zone_of(zone)
    day = due.due_date(words, began, where)

    assert day == "" or day >= days.local_days(began, where)[0].isoformat()
