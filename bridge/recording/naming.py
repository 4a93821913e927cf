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
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,62}")
_VOLUME = re.compile(rf"({_HOST.pattern})@[0-9a-f]{{8}}")


def file_name(kind: MediaKind, at_ms: int, user_id: str, suffix: str, *, copy: int = 1) -> str:
    """Kind, time (UTC) and whose it is; ``copy`` tells apart what would be called the same."""
    when = moment(at_ms)
    parts = [kind.value, f"{when:%Y%m%dT%H%M%S}{when.microsecond // 1000:03d}Z"]
    parts += [harmless(user_id)] if user_id else []
    parts += [f"{copy}"] if copy > 1 else []
    return f"{'-'.join(parts)}.{suffix}"


def volume_name(host: str, mark: str) -> str:
    """A volume's folder: the host that made it, and eight hexadecimal digits. No stream's folder is called like it."""
    return f"{host if _HOST.fullmatch(host) else harmless(host).replace('_', '-')}@{mark}"


def volume_of(path: str) -> str:
    """The volume of a recording's path; empty where it has none."""
    first, slash, _ = path.partition("/")
    return first if slash and _VOLUME.fullmatch(first) else ""


def bridge_of(path: str) -> str:
    """The host of the bridge that recorded it; empty where the path does not tell."""
    return volume_of(path).partition("@")[0]


def harmless(name: str) -> str:
    """An id, as a stream's folder is called by it, or a digest of one that no file system should see."""
    if _HARMLESS.fullmatch(name):
        return name
    return hashlib.sha256(name.encode()).hexdigest()[:32]
