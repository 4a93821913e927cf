"""On which day a meeting was: by the calendar where its people are, never silently by that of UTC."""

from __future__ import annotations

import zoneinfo
from datetime import date, datetime, timedelta, timezone
from typing import Final

FARTHEST: Final = (timezone(timedelta(hours=-12)), timezone(timedelta(hours=14)))
"""Where on earth the day begins last and first."""


def zone_of(*names: str) -> zoneinfo.ZoneInfo | None:
    """Give the first time zone that is named (``America/Los_Angeles``) and exists; ``None`` where none is."""
    for name in names:
        try:
            return zoneinfo.ZoneInfo(name)
        except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
            continue  # empty, or none that this machine knows
    return None


def local_days(started_at: str, zone: zoneinfo.ZoneInfo | None) -> list[date]:
    """Give the day on which a meeting began where its people are; where that is not known, all that it may have been.

    Args:
        started_at: UTC, ISO 8601; anything else gives no day.
        zone: Where the people are, if it is known.
    """
    try:
        began = datetime.fromisoformat(started_at.replace("Z", "+00:00"))
        began = began if began.tzinfo else began.replace(tzinfo=timezone.utc)
        return list(dict.fromkeys(began.astimezone(one).date() for one in ([zone] if zone else FARTHEST)))
    except (ValueError, OverflowError):
        return []


def day_shown(started_at: str, zone: zoneinfo.ZoneInfo | None) -> str:
    """Write the day of a meeting for people; with ``UTC`` behind it where the day is not that of the people."""
    days = local_days(started_at, zone)
    return days[0].isoformat() if len(days) == 1 else f"{started_at[:10]} UTC" if days else ""
