"""An engine that is away when a test says so, and counts what it is asked to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.store.memory import MemoryEngine
from bridge.store.query import OwnershipLost

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

    from bridge.store.query import Query, Row, Write


class FaultyEngine(MemoryEngine):
    """Memory that can be away, lose an answer, or be somebody else's."""

    def __init__(self) -> None:
        super().__init__()
        self.away = ""
        """Why it cannot be used; empty while it can."""
        self.unanswered = 0
        """How many of the next commits are made without an answer."""
        self.dies_behind = 0
        """After how many commits it is away, from then on."""
        self.hangs: asyncio.Event | None = None
        """Commits wait until it is set."""
        self.taken = False
        self.bad: Callable[[Write], bool] = lambda write: False
        """Which rows it refuses, besides those that nobody takes."""
        self.groups: list[int] = []
        """How many writes each commit had that was made."""
        self.tries = 0
        self.looks = 0
        """How often it was asked whether what is ours is still ours, with nothing to write."""

    async def commit(self, writes: Sequence[Write], mark: int) -> None:
        self.tries += 1
        self._insist()
        if self.hangs is not None:
            await self.hangs.wait()
        self._look()
        if any(self.bad(write) for write in writes):
            raise ValueError("the merger is off")
        await super().commit(writes, mark)
        self.groups.append(len(writes))
        if len(self.groups) == self.dies_behind:
            self.away = "killed"
        if self.unanswered:
            self.unanswered -= 1
            raise ConnectionResetError("no answer")

    async def hold(self) -> None:
        self.looks += 1
        self._insist()

    async def mark(self) -> int:
        self._look()
        return await super().mark()

    async def read(self, query: Query) -> list[Row]:
        self._look()
        return await super().read(query)

    async def erase(self) -> None:
        self._look()

    def _insist(self) -> None:
        if self.taken:
            raise OwnershipLost("zoom-bridge 7")

    def _look(self) -> None:
        if self.away:
            raise OSError(self.away)
