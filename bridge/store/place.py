"""A bridge's place on its machine: a spill file that only it has, and beside it which replica it was.

A process that is started again finds the place of one that has died, and by it what that had spilled and which streams it
had; the lock on it shows that the other is dead. One that ends and leaves nothing takes its files away.

Programs that tidy up folders for temporary files take away what is old, the lock with the rest: another bridge would then get
the same place. So the files are touched now and then, and a bridge whose lock is gone writes nothing into its place.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from bridge.errors import StoreInUse
from bridge.store.lock import FileLock

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

KEEP_SECONDS: Final = 60.0
"""How often a place is kept: far more often than anybody tidies up, and soon enough for one that was tidied away."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """A spill file, held."""

    spill: Path
    life: str
    """Which replica the earlier process was that had the place; empty where none is known."""
    lock: FileLock

    def note(self, life: str) -> None:
        """Remember which replica has the place now. Blocks; raises :class:`OSError`."""
        file = os.open(_life_of(self.spill), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(file, "w") as line:
            line.write(f"{life}\n")

    def is_ours(self) -> bool:
        """Whether nobody else can have it: where the lock was taken away, it is taken again. Blocks."""
        try:
            return not self.lock.keep()
        except OSError:
            return False

    def keep(self) -> bool:
        """Make its files young; false where it is not ours any more. Blocks; raises :class:`OSError`."""
        if not self.is_ours():
            return False
        for path in (self.spill, _lock_of(self.spill), _life_of(self.spill)):
            with contextlib.suppress(FileNotFoundError):
                os.utime(path, follow_symlinks=False)
        return True

    def release(self, *, leave: bool) -> None:
        """Let the next one have it; with ``leave`` the life is over, and nothing of it is to be found."""
        if leave and self.is_ours() and not _is_left(self.spill):
            with contextlib.suppress(OSError):
                _life_of(self.spill).unlink()
        self.lock.release()


async def keep_place(place: Place, *, every_seconds: float = KEEP_SECONDS) -> None:
    """Let no program that tidies up take the place's files away, until cancelled."""
    was_ours = True
    while True:
        await asyncio.sleep(every_seconds)
        try:
            is_ours = await asyncio.to_thread(place.keep)
        except OSError as error:
            log.warning("store.place_not_kept", reason=type(error).__name__)
            continue
        if was_ours and not is_ours:
            log.error("store.place_lost", file=str(place.spill))
        was_ours = is_ours


def take_place(spills: Sequence[Path]) -> Place:
    """The first of these that nobody has, but first those in which something was left; those of other users are passed over. Blocks.

    Raises:
        OSError: A file cannot be made or read.
        StoreInUse: Others have all of them.
    """
    for spill in sorted(spills, key=lambda spill: not _is_left(spill)):  # stable: else in their order
        if (lock := _held(spill)) is not None:
            return Place(spill, _life_at(_life_of(spill)), lock)
    raise StoreInUse(f"BRIDGE_STORE_URL: {len(spills)} bridges on this machine share this database already.")


def left(spills: Iterable[Path]) -> list[Path]:
    """Those of these in which something was left, and which nobody has. Blocks.

    Raises:
        OSError: A file cannot be made or read.
    """
    found = []
    for spill in sorted(spills):
        if _is_left(spill) and (lock := _held(spill)) is not None:
            lock.release()
            found.append(spill)
    return found


def _held(spill: Path) -> FileLock | None:
    """The lock of a place, taken; ``None`` where somebody has it, or anything of it is another user's."""
    lock_file = _lock_of(spill)
    if not all(map(_is_ours, (spill, lock_file, _life_of(spill)))):
        return None
    lock = FileLock(lock_file)
    return None if lock.take() else lock


def _is_left(spill: Path) -> bool:
    try:
        return spill.lstat().st_size > 0
    except FileNotFoundError:  # whoever has the place may take it away at any time
        return False


def _is_ours(path: Path) -> bool:
    """Whether it is a file of this user, or can become one."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return True
    return stat.S_ISREG(found.st_mode) and found.st_uid == os.getuid()


def _lock_of(spill: Path) -> Path:
    return spill.with_name(spill.name + ".lock")


def _life_of(spill: Path) -> Path:
    return spill.with_name(spill.name + ".replica")


def _life_at(path: Path) -> str:
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return ""
    with os.fdopen(file) as line:
        return line.readline().strip()
