"""Times as programs and people read them: milliseconds of UTC, and of a meeting. Pure, but for what zones this machine knows."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LAST_MS: Final = 253_402_300_799_999
"""The end of the year 9999, where calendars end, in UTC milliseconds."""
_LONGEST_ZONE: Final = 64
_ZONE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}")
"""The names of the IANA time zone database ("Theory and pragmatics of the tz code and data")."""


def moment(ms: int) -> datetime:
    """A time in UTC; the nearest that a calendar has where none has it."""
    return datetime.fromtimestamp(min(max(ms, 0), LAST_MS) / 1000, UTC)


def instant(ms: int) -> str:
    """For programs: ``2025-11-22T10:00:00Z``."""
    return moment(ms).strftime("%Y-%m-%dT%H:%M:%SZ")


def clock(ms: int) -> str:
    """A place in a meeting: ``0:01:02``; what is before its start is its start."""
    minutes, seconds = divmod(max(ms, 0) // 1000, 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"


def known_zone(name: str) -> str:
    """The name of a time zone, or nothing, as it is given.

    Raises:
        ValueError: This machine knows no such zone.
    """
    if name:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            raise ValueError("is no time zone that this machine knows, such as Europe/Berlin") from None
    return name


def is_zone(name: str) -> bool:
    """Whether a time zone may be called so (``America/Argentina/Buenos_Aires``); whether there is one is not asked."""
    return len(name) <= _LONGEST_ZONE and _ZONE.fullmatch(name) is not None
