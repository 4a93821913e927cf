"""Times as transcripts write them. Pure."""

from __future__ import annotations

import re
from typing import Final

CLOCK: Final = r"\d{1,3}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?(?:\s?[AaPp]\.?[Mm]\.?)?"
"""``0:12``, ``1:02:03``, ``13:32:23``, ``01:32:23 PM``; two parts are minutes and seconds, but for AM and PM."""
DAY_MS: Final = 86_400_000
LATEST_MS: Final = 10**13
"""Later than this is no time, neither from a meeting's start nor of a calendar (it is the year 2286)."""

_PARTS = re.compile(r"(\d{1,3}):(\d{1,2})(?::(\d{1,2}))?(?:[.,](\d{1,3}))?(?:\s?([AaPp])\.?[Mm]\.?)?")


def milliseconds(text: str) -> int:
    """A time that matches :data:`CLOCK`, or a cue's, in milliseconds."""
    found = _PARTS.fullmatch(text.strip())
    if found is None:
        raise ValueError("not a time")
    first, second, third, fraction, half = found.groups()
    parts = [int(first), int(second), *([int(third)] if third else [])]
    if half:
        parts = [parts[0] % 12 + 12 * (half in "Pp"), *parts[1:], *([] if third else [0])]
    seconds = 0
    for part in parts:
        seconds = seconds * 60 + part
    return seconds * 1000 + int((fraction or "").ljust(3, "0"))
