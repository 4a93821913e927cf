from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Never

import pytest

from bridge.errors import ConfigurationError
from bridge.private_file import write_private


def test_a_link(tmp_path: Path) -> None:
    """What a link leads to is put in place anew, for its owner alone; the link stays."""
    there, link = tmp_path / "there.md", tmp_path / "link.md"
    there.write_text("old")
    link.symlink_to(there)
    write_private(link, b"new")
    assert (link.is_symlink(), there.read_bytes()) == (True, b"new")
    assert stat.S_IMODE(there.stat().st_mode) == 0o600
    assert sorted(tmp_path.iterdir()) == [link, there]


def test_the_longest_name(tmp_path: Path) -> None:
    """Whatever a file may be called it can be written as: names are counted in bytes."""
    path = tmp_path / f"{'会' * 84}.md"
    write_private(path, b"words")
    assert path.read_bytes() == b"words"


def test_a_pipe() -> None:
    """Where the output is piped, as with ``-o /dev/stdout | less``, it goes into the pipe."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as pipe:
        write_private(Path(f"/dev/fd/{writing}"), b"words")
        os.close(writing)
        assert pipe.read() == b"words"


@pytest.mark.parametrize(
    ("function", "number"),
    [
        ("tempfile.mkstemp", errno.EACCES),  # a folder of somebody else's
        ("tempfile.mkstemp", errno.EROFS),  # a file of its own in a container's read-only root
        ("os.replace", errno.EBUSY),  # a file that is mounted by itself
    ],
)
def test_a_file_in_whose_place_none_can_be_put(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, number: int
) -> None:
    """It is written over, and its owner's alone from then on; where there is none, none is made."""
    path = tmp_path / "talk.md"
    path.write_text("a long text of before")
    path.chmod(0o644)
    _refused(monkeypatch, function, number)
    write_private(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(ConfigurationError, match="cannot be written"):
        write_private(tmp_path / "none.md", b"new")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """What was there before is as it was."""
    path = tmp_path / "talk.md"
    path.write_text("old")
    _refused(monkeypatch, "tempfile.mkstemp", number)
    with pytest.raises(ConfigurationError, match="cannot be written"):
        write_private(path, b"new")
    assert path.read_text() == "old"


def test_a_file_of_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody can be kept from reading, nothing is written."""
    path = tmp_path / "talk.md"
    path.write_text("old")
    _refused(monkeypatch, "tempfile.mkstemp", errno.EACCES)
    _refused(monkeypatch, "pathlib.Path.chmod", errno.EPERM)
    with pytest.raises(ConfigurationError, match="cannot be written: Operation not permitted"):
        write_private(path, b"new")
    assert path.read_text() == "old"


def _refused(monkeypatch: pytest.MonkeyPatch, function: str, number: int) -> None:
    def refuse(*_: object, **__: object) -> Never:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(function, refuse)
