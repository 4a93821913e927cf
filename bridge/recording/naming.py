"""What files and folders are called. Pure.

Ids come from the wire and may be anything that can be stored (:mod:`bridge.text`); no name here leaves the folder it is meant for. People's
names are in the listing only.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.domain import MediaKind

_HARMLESS = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LATEST_MS = 253_402_300_799_999
"""The last moment of the year 9999, which is as far as :mod:`datetime` goes."""


def folder_name(stream_id: str) -> str:
    """The folder of a stream's recordings: its id, or a digest of an id that no file system should see."""
    return _harmless(stream_id)


def file_name(kind: MediaKind, at_ms: int, user_id: str, suffix: str, *, copy: int = 1) -> str:
    """Kind, time (UTC) and whose it is; ``copy`` tells apart what would be called the same."""
    when = datetime.fromtimestamp(min(at_ms, _LATEST_MS) / 1000, UTC)
    parts = [kind.value, f"{when:%Y%m%dT%H%M%S}{when.microsecond // 1000:03d}Z"]
    parts += [_harmless(user_id)] if user_id else []
    parts += [f"{copy}"] if copy > 1 else []
    return f"{'-'.join(parts)}.{suffix}"


def _harmless(name: str) -> str:
    if _HARMLESS.fullmatch(name):
        return name
    return hashlib.sha256(name.encode()).hexdigest()[:32]
