"""How long an answer asks to wait. Pure: the time comes in as an argument.

Sources: RFC 9110, 10.2.3 (``Retry-After`` as seconds or an HTTP date); developers.zoom.us "Rate limits" (an ISO 8601
instant for the daily limit, ``X-RateLimit-Reset`` in UTC seconds for the limit per second).
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def retry_after_seconds(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds from ``now`` (UTC seconds) that an answer asks to wait, never negative; ``None`` where it does not say.

    ``headers`` are found by small names, as HTTP clients give them. What cannot be read counts as not said.
    """
    after = headers.get("retry-after", "").strip()
    seconds = _number(after)
    if seconds is not None:
        return seconds
    at = _instant(after) if after else _number(headers.get("x-ratelimit-reset", "").strip())
    return None if at is None else max(0.0, at - now)


def _number(text: str) -> float | None:
    """Plain digits, with a fraction where a server writes one, and nothing that :func:`float` takes besides."""
    if not text.isascii() or not text.replace(".", "", 1).isdigit():
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def _instant(text: str) -> float | None:
    """An ISO 8601 instant or an HTTP date in UTC seconds."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            at = read(text)
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            continue
    return None
