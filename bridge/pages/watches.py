"""All meetings that somebody watches, each looked at by one task for as long as anybody does."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from bridge.clock import CLOCK
from bridge.pages.events import retry
from bridge.pages.sights import Sights
from bridge.pages.watch import Asking, Reader, Watch, nobody_asks
from bridge.tasks import supervise

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from bridge.admin.streams import LiveStreams
    from bridge.clock import Clock
    from bridge.pages.cursor import Cursor
    from bridge.pages.picture import Picture, Renderer
    from bridge.store.store import Store

MOST_READERS: Final = 200
"""At once, unless told otherwise: a listener has places for others too."""


class Watches:
    """Use :meth:`open`, which owns the tasks; before and behind it readers get nothing, and come back later."""

    def __init__(
        self,
        store: Store,
        renderer: Renderer,
        live: LiveStreams,
        clock: Clock = CLOCK,
        *,
        most_readers: int = MOST_READERS,
        asking: Asking = nobody_asks,
    ) -> None:
        self.most_readers, self.asking, self.sights = most_readers, asking, Sights(store)
        self._store, self._renderer, self._live, self._clock = store, renderer, live, clock
        self._watches: dict[str, tuple[Watch, asyncio.Task[None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_open = False

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Meetings can be watched while the block runs; at its end every reader is let go at once.

        An error of the block passes through as it is. No task has one of its own: each is under :func:`supervise`.
        """
        self._is_open = True
        try:
            yield
        finally:
            self._is_open = False
            for watch, _ in self._watches.values():
                watch.drop_all()
            ending = list(self._tasks)
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)

    def picture(self, stream_id: str) -> Picture | None:
        """A meeting that is watched, as its readers are told; ``None`` where nobody watches it."""
        known = self._watches.get(stream_id)
        return known[0].picture if known else None

    @property
    def readers(self) -> int:
        """How many there are."""
        return sum(watch.wanted for watch, _ in self._watches.values())

    @property
    def full(self) -> bool:
        """Whether there are as many as there may be."""
        return self.readers >= self.most_readers

    async def follow(self, stream_id: str, cursor: Cursor) -> AsyncGenerator[bytes, None]:
        """What becomes of a meeting behind a cursor, as server-sent events, each of it once.

        Ends when nothing more can come, when the reader is too slow, and when the bridge stops.
        """
        yield retry()
        watch = self._join(stream_id)
        if watch is None:
            return
        try:
            async with contextlib.aclosing(watch.follow(Reader(cursor))) as told:
                async for event in told:
                    yield event
        finally:
            self._leave(watch)

    def _join(self, stream_id: str) -> Watch | None:
        if not self._is_open:
            return None
        if stream_id not in self._watches:
            watch = Watch(
                stream_id, self._store, self.sights, self._renderer, self._live, self._clock, self.asking
            )
            part = supervise(watch.run, name="watch", clock=self._clock, stream_id=stream_id)
            task = asyncio.create_task(part, name=f"watch {stream_id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            self._watches[stream_id] = watch, task
        watch, _ = self._watches[stream_id]
        watch.wanted += 1
        return watch

    def _leave(self, watch: Watch) -> None:
        watch.wanted -= 1
        if not watch.wanted and watch.stream_id in self._watches:
            _, task = self._watches.pop(watch.stream_id)
            task.cancel()
