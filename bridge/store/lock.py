"""A store has one owner: a lock that is held for life and goes with the process, however it ends."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where SQLite's own locks have to do
    fcntl = None  # type: ignore[assignment]


class FileLock:
    """A lock on a file, which stays behind empty of meaning when nobody has it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def take(self) -> str:
        """Try to become the owner; gives who is, in words, and nothing when it is this one now.

        Raises:
            OSError: The file cannot be made.
        """
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(file, 32).decode(errors="replace").strip()
            os.close(file)
            return f"process {owner}" if owner.isdigit() else "another process"
        except BaseException:
            os.close(file)
            raise
        os.fchmod(file, 0o600)
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()}\n".encode())
        self._file = file
        return ""

    def release(self) -> None:
        """Let the next one have it."""
        if self._file is not None:
            os.close(self._file)
        self._file = None
