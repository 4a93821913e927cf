"""What is written and not committed yet, in order: the oldest in a spill file, the newer in memory."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.store.query import Value, Write
    from bridge.store.spill import Numbered, Spill

OVERHEAD_BYTES: Final = 700
"""What a queued write weighs beside its values: its dictionary, its place in the queue, its number."""
PEEK_BYTES: Final = 8 * 1024 * 1024
"""Most that one group weighs, so that a transaction stays short."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Queued:
    number: int
    write: Write
    weight: int
    at: float
    """When it was written, by the clock that was given."""


class Backlog:
    """A queue of numbered writes. Only the writer's task takes from it or spills."""

    def __init__(self, spill: Spill | None, *, newest: int, clock: Callable[[], float]) -> None:
        """``newest`` is the number of the newest write that the database has."""
        self._spill = spill
        self._clock = clock
        self._queue: deque[_Queued] = deque()
        self._spilled_at = clock()
        self._spill_failed = False
        self.bytes = 0
        """What the queue in memory weighs."""
        self.newest = max(newest, spill.last if spill else 0)
        """The number of the newest write."""

    @property
    def spilled(self) -> int:
        """Writes in the file."""
        return self._spill.rows if self._spill else 0

    @property
    def rows(self) -> int:
        """Writes in the file and in memory; those that are in both, while they are being moved, count once."""
        both = self._spill.last - self._queue[0].number + 1 if self._spill and self._queue else 0
        return self.spilled + len(self._queue) - min(max(both, 0), len(self._queue))

    @property
    def queued(self) -> int:
        """Writes in memory."""
        return len(self._queue)

    @property
    def spilled_bytes(self) -> int:
        """What the file holds."""
        return self._spill.bytes if self._spill else 0

    @property
    def oldest_seconds(self) -> float:
        """For how long the oldest write has waited; 0 when none does."""
        if self.spilled:
            return self._clock() - self._spilled_at
        return self._clock() - self._queue[0].at if self._queue else 0.0

    def add(self, write: Write) -> int:
        """Put a write behind the others; gives its number."""
        self.newest += 1
        weight = OVERHEAD_BYTES + sum(_weight(value) for value in write.values.values())
        self._queue.append(_Queued(self.newest, write, weight, self._clock()))
        self.bytes += weight
        return self.newest

    async def peek(self, limit: int) -> list[Numbered]:
        """The oldest writes, no more than ``limit``; they stay until they are dropped.

        Raises:
            OSError: The spill file cannot be read.
        """
        if self._spill is not None and self._spill.rows:
            return await asyncio.to_thread(self._spill.peek, limit)
        found: list[Numbered] = []
        weight = 0
        for queued in self._queue:
            weight += queued.weight
            if found and (len(found) >= limit or weight > PEEK_BYTES):
                break
            found.append((queued.number, queued.write))
        return found

    async def drop(self, through: int) -> int:
        """Take away the writes up to a number; gives how many there were."""
        dropped = 0
        if self._spill is not None and self._spill.rows:
            dropped = await asyncio.to_thread(self._spill.drop, through)
        while self._queue and self._queue[0].number <= through:
            self.bytes -= self._queue.popleft().weight
            dropped += 1
        return dropped

    def clear(self) -> None:
        """Forget what is in memory."""
        self._queue.clear()
        self.bytes = 0

    async def spill(self) -> bool:
        """Move what is in memory behind what is in the file; false where the file does not take it."""
        if self._spill is None:
            return not self._queue
        moved = list(self._queue)
        first = not self._spill.rows
        try:
            await asyncio.to_thread(self._spill.append, [(queued.number, queued.write) for queued in moved])
        except OSError as error:
            if not self._spill_failed:
                log.error("store.not_spilled", reason=type(error).__name__, queued=len(self._queue))
            self._spill_failed = True
            return False
        if first and moved:
            self._spilled_at = moved[0].at
            log.warning("store.spilled", rows=len(moved))
        self._spill_failed = False
        for queued in moved:
            self.bytes -= queued.weight
            self._queue.popleft()
        return True


def _weight(value: Value) -> int:
    return sys.getsizeof(value) if isinstance(value, str) else 0
