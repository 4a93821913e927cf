"""Whose files lie in a data folder, where several bridges share a store. Used by the recorder's thread, and for one look by others.

Each bridge records below a *volume*: a folder of its data folder that is named after the host which made it, and by chance. It
is the first part of a recording's path, so that every bridge can say who has a file, and whose files a bridge has to
delete: those of all volumes that it finds in its data folder. With one data folder for all, each finds all of them.
A bridge that has its store to itself has no volume; its paths begin with the stream's folder.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from bridge.recording.naming import volume_name, volume_of

if TYPE_CHECKING:
    from pathlib import Path


def volumes(data_dir: Path) -> set[str]:
    """The volumes that are there, and the empty text for what lies in none."""
    try:
        found = {each.name for each in data_dir.iterdir() if volume_of(f"{each.name}/") and each.is_dir()}
    except FileNotFoundError:
        found = set()
    return found | {""}


def own_volume(data_dir: Path, host: str) -> str:
    """The one in which to record: what an earlier process made, else a new one.

    Raises:
        OSError: It cannot be made.
    """
    if there := sorted(volumes(data_dir) - {""}):
        return there[0]
    name = volume_name(host, secrets.token_hex(4))
    (data_dir / name).mkdir(mode=0o700)
    return name
