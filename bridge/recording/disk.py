"""How much of the disk recordings may take."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

from bridge.recording.payload import Unfit, UnfitError

if TYPE_CHECKING:
    from pathlib import Path

BLOCK_BYTES: Final = 4096
"""What even an empty file takes: the limit bounds the number of files too."""

RECOUNT_SECONDS: Final = 60.0
"""How often a full disk is looked at again: somebody may have deleted old recordings."""


class Disk:
    """The space that recordings may take, counted in file sizes; used by one thread."""

    def __init__(self, root: Path, max_bytes: int) -> None:
        self._root = root
        self._max_bytes = max_bytes
        self._used = 0
        self._recount_at = 0.0

    def measure(self) -> None:
        """Count what is there, which others may have deleted from; takes as long as a walk through all folders."""
        self._used = 0
        for folder, _, names in os.walk(self._root):
            for name in names:
                try:
                    self._used += os.stat(os.path.join(folder, name)).st_size + BLOCK_BYTES
                except FileNotFoundError:
                    continue

    def check(self) -> None:
        """Whether anything more may be recorded. What comes last may pass the limit; nothing comes behind it.

        Raises:
            UnfitError: The limit is reached.
        """
        now = time.monotonic()
        if self._recount_at == 0 or (self._used >= self._max_bytes and now >= self._recount_at):
            self._recount_at = now + RECOUNT_SECONDS
            self.measure()
        if self._used >= self._max_bytes:
            raise UnfitError(Unfit.DISK_FULL)

    def count(self, size: int) -> None:
        """Count bytes that are about to be written."""
        self._used += size
