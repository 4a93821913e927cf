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
"""How often a full disk is looked at again: somebody may have deleted old recordings. So is one that other bridges fill, too..."""
RECOUNT_REST: Final = 29.0
"""...but it rests this many times as long as that took: whoever counts writes no recordings meanwhile."""


class Disk:
    """The space that recordings may take, counted in file sizes; used by one thread."""

    def __init__(self, root: Path, max_bytes: int, *, shared: bool = False) -> None:
        """``shared`` says that other bridges may write there."""
        self._root = root
        self._shared = shared
        self._max_bytes = max_bytes
        self._used = 0
        self._recount_at = self._full_at = float("-inf")
        """When to count again, as things are and where the disk is full; by the monotonic clock."""

    def freed(self) -> None:
        """Recordings were deleted: it is counted again before anything is refused, and not before, as that takes long."""
        self._full_at = float("-inf")

    def _measure(self) -> None:
        """Count what is there, which others may have deleted from; takes as long as a walk through all folders."""
        began = time.monotonic()
        self._used = 0
        for folder, _, names in os.walk(self._root):
            for name in names:
                try:
                    self._used += os.stat(os.path.join(folder, name)).st_size + BLOCK_BYTES
                except FileNotFoundError:
                    continue
        now = time.monotonic()
        self._full_at = now + max(RECOUNT_SECONDS, RECOUNT_REST * (now - began))
        self._recount_at = self._full_at if self._shared else float("inf")

    def check(self) -> None:
        """Whether anything more may be recorded. What comes last may pass the limit; nothing comes behind it.

        Raises:
            UnfitError: The limit is reached.
        """
        if time.monotonic() >= (self._full_at if self._used >= self._max_bytes else self._recount_at):
            self._measure()
        if self._used >= self._max_bytes:
            raise UnfitError(Unfit.DISK_FULL)

    def count(self, size: int) -> None:
        """Count bytes that are about to be written."""
        self._used += size
