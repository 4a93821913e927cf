"""When something is due that people said in a meeting: by the calendar where they are, never by that of UTC."""

from __future__ import annotations

import re
import zoneinfo
from datetime import date, datetime, timedelta, timezone
from typing import Final

from dateutil.relativedelta import MO, relativedelta

from components.zoom.shared.days import local_days

MONTHS: Final = (
    "january february march april may june july august september october november december".split()
)
WEEKDAYS: Final = "monday tuesday wednesday thursday friday saturday sunday".split()
FRIDAY: Final = 4
NUMBERS: Final = {
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}
MONTH: Final = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?\b\.?"
CALENDAR: Final = (
    re.compile(r"\b(?P<year>\d{4})-(?P<number>\d\d)-(?P<day>\d\d)\b"),
    re.compile(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{MONTH}(?:,?\s+(?P<year>\d{{4}}))?\b"),
    re.compile(rf"\b{MONTH}\s+(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<year>\d{{4}}))?\b"),
)
"""Ways to say a day of the calendar."""
OF_A_MONTH: Final = re.compile(r"\bthe\s+(?P<day>\d{1,2})(?:st|nd|rd|th)\b")
"""The same without its month."""
WEEKDAY: Final = re.compile(
    r"(?:\b(?P<which>this|next)(?:\s+week)?(?:\s+on)?\s+)?"
    r"\b(?P<day>mon|tue|wed|thu|fri|sat|sun)(?:day|s|sday|nesday|r|rs|rsday|urday)?\b(?P<after>\s+(?:of\s+)?next\s+week)?"
)
AWAY: Final = re.compile(
    r"\b(?:in|within)\s+(?:the\s+next\s+)?(?P<count>\d{1,3}|[a-z]+)\s+(?P<unit>day|week|month)s?\b"
)
TODAY: Final = re.compile(r"\b(?:today|tonight|eod|end of (?:the )?day|this (?:morning|afternoon|evening))\b")
ENDS: Final = {
    "week": re.compile(r"\b(?:this week|eow|end of (?:the |this )?week)\b"),
    "next week": re.compile(r"\bnext week\b"),
    "month": re.compile(r"\b(?:eom|end of (?:the |this )?month)\b"),
    "next month": re.compile(r"\bend of next month\b"),
    "quarter": re.compile(r"\b(?:eoq|end of (?:the |this )?quarter)\b"),
    "year": re.compile(r"\b(?:eoy|end of (?:the |this )?year)\b"),
}
NOT_BY: Final = re.compile(r"\b(?:after\b(?!\s+tomorrow)|(?:since|from|not|every|each)\b)")
"""Words that make of a day something else than the day when it is due."""
ABOUT: Final = re.compile(
    r"\b(?:about|around|roughly|or|ish|sometime|(?:start|beginning|middle) of|(?:early|mid) (?:this|next))\b"
    rf"|\b(?:{'|'.join(WEEKDAYS)}) week\b|(?<!this )(?<!next )\bweeks? on\b"
)
"""Words that leave it open which day it is."""
END_OF_WORK: Final = 17
"""O'clock."""


def due_date(due: str | None, started_at: str, zone: zoneinfo.ZoneInfo | None) -> str:
    """Say on which day something is due, where the English words allow.

    A weekday is the next one after the meeting's day, "next" makes it that of the following week; a week, month,
    quarter or year is due at its end (a week on Friday); a day without a year is the next one.

    Args:
        due: As it was said: ``by Friday``, ``tomorrow``, ``3 March``.
        started_at: When the meeting began, UTC.
        zone: Where the people are. Without it a day is given only where it is the same everywhere on earth.

    Returns:
        ``YYYY-MM-DD``, or nothing where the words name no day, several, or one that is past.
    """
    said = (due or "").casefold()
    if NOT_BY.search(said) or ABOUT.search(said):
        return ""
    try:
        found = {day_due(said, day) for day in local_days(started_at, zone)}
    except (ValueError, OverflowError):  # beyond the calendar
        return ""
    day = found.pop() if len(found) == 1 else None
    return day.isoformat() if day else ""


def due_time(day: str, zone: zoneinfo.ZoneInfo | None) -> str:
    """Give the end of work of a day as UTC; without a zone midday, which is that day nearly everywhere."""
    if not day:
        return ""
    named = datetime.fromisoformat(day)
    at = named.replace(hour=END_OF_WORK, tzinfo=zone) if zone else named.replace(hour=12, tzinfo=timezone.utc)
    return at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def day_due(said: str, today: date) -> date | None:
    """Find the one day that words name, said on a day; ``None`` where there is none, or more than one."""
    dated = {calendar_day(match, today) for pattern in CALENDAR for match in pattern.finditer(said)}
    for pattern in CALENDAR:
        said = pattern.sub(" ", said)
    dated |= {calendar_day(match, today) for match in OF_A_MONTH.finditer(said)}
    days = dated or weekdays(said, today) or days_away(said, today)
    day = days.pop() if len(days) == 1 else None
    return day if day and day >= today else None


def calendar_day(match: re.Match[str], today: date) -> date | None:
    """Turn a day of the calendar into a date; ``None`` where there is no such day."""
    parts = match.groupdict()
    day = int(parts["day"])
    if parts.get("month"):
        month = next(n for n, name in enumerate(MONTHS, 1) if name.startswith(parts["month"]))
        years = [int(parts["year"])] if parts.get("year") else [today.year, today.year + 1]
        return first_from(today, [(year, month, day) for year in years])
    if parts.get("number"):
        return first_from(today, [(int(parts["year"]), int(parts["number"]), day)])
    months = [today.replace(day=1) + relativedelta(months=n) for n in (0, 1)]
    return first_from(today, [(one.year, one.month, day) for one in months])


def first_from(today: date, days: list[tuple[int, int, int]]) -> date | None:
    """Give the first of some days (year, month, day) that the calendar has and that is not past."""
    for day in days:
        try:
            found = date(*day)
        except ValueError:
            continue
        if found >= today:
            return found
    return None


def weekdays(said: str, today: date) -> set[date]:
    """Find the days that are named by their weekday."""
    found = set()
    for match in WEEKDAY.finditer(said):
        number = next(n for n, name in enumerate(WEEKDAYS) if name.startswith(match["day"]))
        if match["after"] or match["which"] == "next":
            found.add(today + relativedelta(days=1, weekday=MO(1)) + timedelta(days=number))
        else:
            ahead = (number - today.weekday()) % 7
            found.add(today + timedelta(days=ahead if match["which"] == "this" else ahead or 7))
    return found


def days_away(said: str, today: date) -> set[date | None]:
    """Find the days that are named by how far away they are."""
    if "day after tomorrow" in said:
        return {today + timedelta(days=2)}
    found: set[date | None] = set()
    if re.search(r"\btomorrow\b", said):
        found.add(today + timedelta(days=1))
    if TODAY.search(said):
        found.add(today)
    found |= {day for name, pattern in ENDS.items() if pattern.search(said) and (day := end_of(name, today))}
    for away in AWAY.finditer(said):
        count = int(away["count"]) if away["count"].isdecimal() else NUMBERS.get(away["count"], 0)
        found.add(today + relativedelta(**{f"{away['unit']}s": count}) if count else None)
    return found


def end_of(name: str, today: date) -> date | None:
    """Give the last day of a span; of a week the last of its work days, none where that is past."""
    first = today.replace(day=1)
    if name == "week":
        return today + timedelta(days=FRIDAY - today.weekday()) if today.weekday() <= FRIDAY else None
    if name == "next week":
        monday: date = today + relativedelta(days=1, weekday=MO(1))
        return monday + timedelta(days=FRIDAY)
    if name == "year":
        return date(today.year, 12, 31)
    months = {"month": 1, "next month": 2, "quarter": 3 - (today.month - 1) % 3}[name]
    last: date = first + relativedelta(months=months, days=-1)
    return last
