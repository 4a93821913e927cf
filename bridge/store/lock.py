"""A store has one owner: a lock that is held for life and goes with the process, however it ends."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where SQLite's own locks have to do
    fcntl = None  # type: ignore[assignment]


_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)  # Windows has none


class FileLock:
    """A lock on a file, which is there as long as somebody has it, and stays behind empty of meaning where that one was killed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._turn = threading.Lock()

    def take(self) -> str:
        """Try to become the owner; gives who is, in words, and nothing when it is this one now.

        Raises:
            OSError: The file cannot be made, or is a link.
        """
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | _NO_LINK, 0o600)
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
        if not self._is_at_its_path(file):  # whoever had it has taken it away meanwhile
            os.close(file)
            return self.take()
        with contextlib.suppress(OSError):  # a full disk has no room to say who has it
            os.fchmod(file, 0o600)
            os.ftruncate(file, 0)
            os.write(file, f"{os.getpid()}\n".encode())
        self._file = file
        return ""

    def is_held(self) -> bool:
        """Whether it is this one's, and whoever else wants it finds it so."""
        return self._file is not None and self._is_at_its_path(self._file)

    def keep(self) -> str:
        """Take it again where somebody has taken its file away; gives who was faster, in words, and has it for good.

        Raises:
            OSError: The file cannot be made.
        """
        with self._turn:
            if self.is_held():
                return ""
            if (gone := self._file) is None:
                return "another process"
            self._file = None
            try:
                owner = self.take()
            except BaseException:
                self._file = gone
                raise
            os.close(gone)
            return owner

    def release(self) -> None:
        """Let the next one have it, and take the file away while nobody else can have it."""
        with self._turn:
            file, self._file = self._file, None
        if file is None:
            return
        with contextlib.suppress(OSError):
            if self._is_at_its_path(file):
                os.unlink(self._path)
        os.close(file)

    def _is_at_its_path(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), os.stat(self._path))
        except FileNotFoundError:
            return False
