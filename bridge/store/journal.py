"""SQLite's journal is handed to the disk every second in which something was committed, beside all commits.

With ``synchronous=NORMAL`` SQLite itself waits for the disk only when it carries the journal over into the database, and the
system writes the rest within half a minute: so long a power cut would go back. A thread of its own waits for the disk here
(10 to 80 ms), and no commit waits for it.

It does not carry the journal over, though that would spare some windows 30 ms: two connections of which one does that while the
other commits can lose what was committed, before SQLite 3.51.3 (https://www.sqlite.org/wal.html#walresetbug).

Closing the journal's file drops no lock, as SQLite keeps those of a database with a journal in other files
(https://www.sqlite.org/walformat.html, "WAL Locks").
"""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    from pathlib import Path

SYNC_SECONDS: Final = 1.0
"""How often, while something is committed."""
CLOSE_SECONDS: Final = 10.0
"""How long the end of a store waits for a disk that does not answer."""
_fsync: Final = getattr(os, "fdatasync", os.fsync)  # macOS and Windows have none

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

log = structlog.get_logger(__name__)


class Journal:
    """The journal of one database, and the thread that waits for the disk."""

    def __init__(self, database: Path, *, every_seconds: float = SYNC_SECONDS) -> None:
        self._path = database.with_name(database.name + "-wal")
        self._every_seconds = every_seconds
        self._is_written = threading.Event()
        self._is_over = threading.Event()
        self._told = False
        self._thread = threading.Thread(target=self._run, name="store journal", daemon=True)
        self._thread.start()

    def written(self) -> None:
        """Something was committed."""
        self._is_written.set()

    def close(self) -> None:
        """End the thread, or leave it to the end of the process where the disk does not answer. Blocks.

        SQLite, when it is closed, waits for the disk itself.
        """
        self._is_over.set()
        self._is_written.set()
        self._thread.join(CLOSE_SECONDS)
        if self._thread.is_alive():
            log.error("store.not_synced", reason="the disk does not answer")

    def _run(self) -> None:
        while self._is_written.wait() and not self._is_over.wait(self._every_seconds):
            self._is_written.clear()
            try:
                self._hand_over()
            except OSError as error:
                if not self._told:
                    log.error("store.not_synced", reason=type(error).__name__)
                self._told = True
            else:
                self._told = False

    def _hand_over(self) -> None:
        try:
            file = os.open(self._path, os.O_RDWR)
        except FileNotFoundError:  # nothing is in it
            return
        try:
            _sync(file)
        finally:
            os.close(file)


def _sync(file: int) -> None:
    """Wait for the disk. What macOS's ``fsync`` waits for may be in the drive's memory still (its fsync(2))."""
    full = getattr(fcntl, "F_FULLFSYNC", None)
    if full is not None:
        with contextlib.suppress(OSError):  # not every file system has it
            fcntl.fcntl(file, full)
            return
    _fsync(file)
