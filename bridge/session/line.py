"""One route's delivery under a supervisor: whatever breaks it, it is made anew from the store, and nobody else notices."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from bridge.clock import CLOCK
from bridge.domain import WindowKind
from bridge.tasks import beside, supervise, wait_for_either
from bridge.transcript.utterance import REMEMBERED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bridge.clock import Clock
    from bridge.domain import Utterance
    from bridge.flow.routes import Route
    from bridge.session.delivery import Delivery
    from bridge.session.record import Record
    from bridge.store.store import Store

BEFORE: Final = 32
"""So many utterances before the last live window are read again: a question may have begun there."""


class Line:
    """What a session tells one route, however often its delivery has to be made anew. Nothing here waits but what says so."""

    def __init__(
        self,
        route: Route,
        new_delivery: Callable[[Route], Delivery],
        *,
        record: Record,
        store: Store,
        turn: asyncio.Semaphore,
        clock: Clock = CLOCK,
    ) -> None:
        """``turn`` is waited for before the store is asked for a past: many sessions may have to be restored at once."""
        self.route = route
        self._new_delivery = new_delivery
        self._record = record
        self._store = store
        self._turn = turn
        self._clock = clock
        self._delivery: Delivery | None = new_delivery(route)
        self._resumed = False
        self._late: list[tuple[int | None, Callable[[Delivery], None]]] = []
        """What is told while a delivery is being restored; of an utterance with its position."""
        self._restoring = False
        self._recent: Sequence[Utterance] | None = None
        self._fault: Exception | None = None
        self._broken = asyncio.Event()
        self._ended = False
        self._stopped = asyncio.Event()

    # What the session tells

    def add(self, utterance: Utterance, now: float) -> None:
        """Somebody said something."""
        self._tell(lambda delivery: delivery.add(utterance, now), utterance.n)

    def amend(self, n: int, text: str) -> None:
        """An utterance was edited, or deleted where the text is empty."""
        self._tell(lambda delivery: delivery.amend(n, text))

    def look(self) -> None:
        """Something changed: a window may be due."""
        self._tell(lambda delivery: delivery.look())

    def retry(self) -> None:
        """Windows that had failed are to be sent again."""
        self._tell(lambda delivery: delivery.retry())

    def end(self) -> None:
        """No more will be said."""
        self._ended = True
        self._tell(lambda delivery: delivery.end())

    def stop(self) -> None:
        """Leave what is open to the next process; a run under way may end."""
        self._stopped.set()
        self._tell(lambda delivery: delivery.stop())

    # The delivery's life

    def resume(self, recent: Sequence[Utterance]) -> None:
        """Go on, in :meth:`run`, where the store says the route was left; ``recent`` are the stream's last utterances."""
        self._delivery, self._resumed, self._recent = None, True, recent
        self._restoring = True

    async def _restore(self) -> Delivery:
        """Make a delivery that goes on where the store says the route was left, and tell it what came meanwhile."""
        recent, self._recent = self._recent, None
        if recent is None:
            self._late = []
        self._restoring = True
        try:
            async with self._turn:
                delivery = self._new_delivery(self.route)
                earlier = await self._earlier(recent)
                await delivery.restore(earlier)
            reached = max((utterance.n for utterance in earlier), default=0)
            for n, tell in self._late:
                if n is None or n > reached:
                    tell(delivery)
            if self._ended:
                delivery.end()
        finally:
            self._restoring, self._late = False, []
        self._fault = None
        self._broken.clear()
        self._delivery, self._resumed = delivery, True
        return delivery

    async def run(self) -> None:
        """Deliver until the last window is settled, or :meth:`stop`; a delivery that breaks is followed by another."""
        await supervise(
            self._deliver,
            name=f"deliver {self.route.name}",
            clock=self._clock,
            sleep=self._pause,
            stream_id=self._record.stream.stream_id,
        )

    async def _deliver(self) -> None:
        if self._stopped.is_set():
            return
        delivery = self._delivery or await self._restore()
        try:
            async with beside(self._until_broken(), name=f"faults of {self.route.name}"):
                await delivery.run(resumed=self._resumed)
        except Exception:
            self._delivery = None  # another takes over, from the store
            raise

    async def _until_broken(self) -> None:
        await self._broken.wait()
        if self._fault is not None:
            raise self._fault

    async def _pause(self, seconds: float) -> None:
        await wait_for_either(self._stopped, seconds)

    async def _earlier(self, recent: Sequence[Utterance] | None) -> list[Utterance]:
        """The utterances that no window of the route has carried, and the last ones before them."""
        stream_id = self._record.stream.stream_id
        if recent is None:
            await self._store.flush()
        begin = self._record.count - REMEMBERED
        if WindowKind.LIVE in self.route.on:
            progress = await self._store.progress(stream_id, self.route.name)
            begin = min(begin, progress.last_n - BEFORE)
        if recent is not None and (not recent or recent[0].n <= max(begin, 0) + 1):
            return list(recent)
        return await self._store.utterances(stream_id, after=max(begin, 0))

    def _tell(self, tell: Callable[[Delivery], None], n: int | None = None) -> None:
        if self._restoring:
            self._late.append((n, tell))
        if self._delivery is None or self._fault is not None:
            return  # the next one finds it in the store
        try:
            tell(self._delivery)
        except Exception as error:  # the boundary of a route: its delivery ends with it, and is made anew
            self._fault = error
            self._broken.set()
