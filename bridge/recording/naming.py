"""What files and folders are called. Pure.

Ids come from the wire and may be anything that can be stored (:mod:`bridge.text`); no name here leaves the folder it is meant for. People's
names are in the listing only.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from bridge.times import moment

if TYPE_CHECKING:
    from bridge.domain import MediaKind

_HARMLESS = re.compile(r"[A-Za-z0-9_-]{1,64}")


def folder_name(stream_id: str) -> str:
    """The folder of a stream's recordings: its id, or a digest of an id that no file system should see."""
    return _harmless(stream_id)


def file_name(kind: MediaKind, at_ms: int, user_id: str, suffix: str, *, copy: int = 1) -> str:
    """Kind, time (UTC) and whose it is; ``copy`` tells apart what would be called the same."""
    when = moment(at_ms)
    parts = [kind.value, f"{when:%Y%m%dT%H%M%S}{when.microsecond // 1000:03d}Z"]
    parts += [_harmless(user_id)] if user_id else []
    parts += [f"{copy}"] if copy > 1 else []
    return f"{'-'.join(parts)}.{suffix}"


def _harmless(name: str) -> str:
    if _HARMLESS.fullmatch(name):
        return name
    return hashlib.sha256(name.encode()).hexdigest()[:32]
