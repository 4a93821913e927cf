"""Times as programs and people read them: milliseconds of UTC, and of a meeting. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_LAST_MS: Final = 253_402_300_799_999
"""The end of the year 9999, where calendars end."""


def moment(ms: int) -> datetime:
    """A time in UTC; the nearest that a calendar has where none has it."""
    return datetime.fromtimestamp(min(max(ms, 0), _LAST_MS) / 1000, UTC)


def instant(ms: int) -> str:
    """For programs: ``2025-11-22T10:00:00Z``."""
    return moment(ms).strftime("%Y-%m-%dT%H:%M:%SZ")


def clock(ms: int) -> str:
    """A place in a meeting: ``0:01:02``; what is before its start is its start."""
    minutes, seconds = divmod(max(ms, 0) // 1000, 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
