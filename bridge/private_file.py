"""The one way to write a file that holds what people said: nobody but its owner can read it, whatever was there before."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import Final

from bridge.errors import ConfigurationError

_NOT_BESIDE: Final = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY)
"""What a folder says that takes no file, and a file that is mounted by itself when another shall be put in its place."""


def write_private(path: Path, content: bytes) -> None:
    """Put a whole file in place; a link to one stays, and whoever has the old one open reads the old one.

    A file in whose place none can be put, as its folder takes none or it is mounted by itself, is written over. What is no file,
    such as a pipe, is written into as it is.

    Raises:
        ConfigurationError: It cannot be written; what was there before is as it was, unless it was being written over.
    """
    try:
        if path.exists() and not path.is_file():  # such as /dev/stdout: a pipe is at no other path
            path.write_bytes(content)
        else:
            _write_file(Path(os.path.realpath(path)), content)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None


def insist_on_place(path: Path) -> None:
    """See that a file can be put there, before what it is for is done; its folder is made where there is none.

    Raises:
        ConfigurationError: :func:`write_private` would fail.
    """
    place = Path(os.path.realpath(path))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if path.is_file() or not path.exists():
            tempfile.TemporaryFile(dir=place.parent).close()
    except OSError as error:
        if error.errno not in _NOT_BESIDE or not place.is_file() or not os.access(place, os.W_OK):
            raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None


def _write_file(place: Path, content: bytes) -> None:
    try:
        _put_in_place(place, content)
    except OSError as error:
        if error.errno not in _NOT_BESIDE or not place.is_file():
            raise
        _write_over(place, content)


def _put_in_place(place: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=place.parent, prefix=".zoom-bridge-")  # mode 0600
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
        os.replace(name, place)
    except BaseException:
        os.unlink(name)
        raise


def _write_over(place: Path, content: bytes) -> None:
    with place.open("r+b") as file:
        place.chmod(0o600)  # refused to who is not its owner, and nothing is written then
        file.truncate()
        file.write(content)
