from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.recording import disk
from bridge.recording.disk import BLOCK_BYTES, Disk
from bridge.recording.payload import Unfit, UnfitError

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_there_counts(tmp_path: Path) -> None:
    """Recordings of earlier days count, each with the block that its entry takes."""
    (tmp_path / "stream").mkdir()
    (tmp_path / "stream" / "a.wav").write_bytes(bytes(1000))
    Disk(tmp_path, 1000 + BLOCK_BYTES + 1).check()
    with pytest.raises(UnfitError) as caught:
        Disk(tmp_path, 1000 + BLOCK_BYTES).check()
    assert caught.value.why is Unfit.DISK_FULL


def test_the_limit_holds(tmp_path: Path) -> None:
    """Once the limit is reached nothing more is taken."""
    space = Disk(tmp_path, 100)
    space.check()
    space.count(99)
    space.check()
    space.count(1)
    with pytest.raises(UnfitError):
        space.check()


def test_deleted_recordings_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When somebody has deleted old recordings, recording goes on by itself."""
    monkeypatch.setattr(disk, "RECOUNT_SECONDS", 0.0)
    monkeypatch.setattr(disk, "RECOUNT_REST", 0.0)
    (tmp_path / "a.wav").write_bytes(bytes(1000))
    space = Disk(tmp_path, 1000)
    with pytest.raises(UnfitError):
        space.check()
    (tmp_path / "a.wav").unlink()
    space.check()


def test_what_other_bridges_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a data folder that bridges share the limit is one for all of them."""
    monkeypatch.setattr(disk, "RECOUNT_SECONDS", 0.0)
    monkeypatch.setattr(disk, "RECOUNT_REST", 0.0)
    space = Disk(tmp_path, 1000, shared=True)
    space.check()
    (tmp_path / "b.wav").write_bytes(bytes(1000))
    with pytest.raises(UnfitError):
        space.check()


def test_deletions_are_counted_once_and_when_it_matters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hundreds of deletions cost no walk through all folders each, and the room that they made is there at once."""
    walks: list[object] = []
    walk = disk.os.walk
    monkeypatch.setattr(disk.os, "walk", lambda root: walks.append(root) or walk(root))
    space = Disk(tmp_path, 1000)
    for _ in range(100):
        space.freed()
    assert walks == []
    space.check()
    space.count(600)
    for _ in range(100):
        space.freed()
        space.check()
    assert len(walks) == 1
    space.count(600)  # of which the first part was deleted
    space.check()
    assert len(walks) == 2
