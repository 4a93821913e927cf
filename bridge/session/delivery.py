"""One route's windows of one stream: closed, stored, and taken through Langflow."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from bridge.domain import StreamState, WindowKind
from bridge.flow.request import compose_window
from bridge.session.record import now_ms
from bridge.transcript.window import OpenWindow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.domain import Utterance
    from bridge.flow.routes import Route
    from bridge.flow.worker import Worker
    from bridge.session.pictures import Pictures
    from bridge.session.record import Record
    from bridge.store.store import Store


class DeliveryMetrics(Protocol):
    """What a delivery reports."""

    def window(self, route: str, kind: str, delay_seconds: float) -> None:
        """A window goes to Langflow, so long after it was due."""


class Delivery:
    """A route's place in a stream. While a run is under way the open window grows; nothing queues up."""

    def __init__(
        self,
        route: Route,
        *,
        record: Record,
        store: Store,
        worker: Worker,
        pictures: Pictures,
        metrics: DeliveryMetrics,
    ) -> None:
        self.route = route
        self._pictures = pictures
        self._record = record
        self._store = store
        self._worker = worker
        self._metrics = metrics
        self._window = OpenWindow(route.window)
        self._changed = asyncio.Event()
        self._asleep_until = float("inf")
        self._seq = 0
        self._gaps_told = 0
        self._started = False
        self._finished = False
        self._ended = False
        self._stopping = False

    async def restore(self, earlier: Sequence[Utterance]) -> None:
        """Take up the route where an earlier process left it; ``earlier`` are the stream's utterances."""
        progress = await self._store.progress(self._record.stream.stream_id, self.route.name)
        self._seq, self._gaps_told = progress.seq, progress.gaps_told
        self._started, self._finished = progress.started, progress.finished
        now = asyncio.get_running_loop().time()
        for utterance in earlier:
            if utterance.n > progress.last_n:
                self.add(utterance, now)

    def add(self, utterance: Utterance, now: float) -> None:
        """Take an utterance; wakes the task only when it has to look earlier than planned."""
        if WindowKind.LIVE not in self.route.on:
            return
        self._window.add(utterance, now)
        due_at = self._window.due_at()
        if due_at is not None and due_at < self._asleep_until:
            self._changed.set()

    def amend(self, n: int, text: str) -> None:
        """An utterance was edited, or deleted where the text is empty; of no meaning once it was sent."""
        self._window.amend(n, text)

    def look(self) -> None:
        """Something changed: look whether the window is due."""
        self._changed.set()

    def end(self) -> None:
        """No more will be said: close what is open, and then the final window."""
        self._ended = True
        self._changed.set()

    def stop(self) -> None:
        """Leave what is open to the next process; a run under way may end."""
        self._stopping = True
        self._changed.set()

    async def run(self, *, resumed: bool) -> None:
        """Deliver until the last window is settled, or :meth:`stop`."""
        lane = self._worker.lane(self._record.stream.meeting_uuid, self.route.name)
        if resumed:
            for window, attempts in await self._store.pending_windows(
                self._record.stream.stream_id, self.route.name
            ):
                async with lane:
                    await self._worker.run(window, self.route, attempts=attempts)
        if WindowKind.START in self.route.on and not self._started:
            async with lane:
                await self._send(WindowKind.START)
        while await self._until_due():
            due_at = self._window.due_at()
            waited = lane.locked()
            async with lane:
                if self._stopping:
                    return
                now = asyncio.get_running_loop().time()
                await self._send(WindowKind.LIVE, due_at=now if waited or due_at is None else due_at)
        if self._ended and not self._stopping and WindowKind.FINAL in self.route.on and not self._finished:
            async with lane:
                await self._send(WindowKind.FINAL)

    async def _until_due(self) -> bool:
        """Wait for the open window to close; false when no live window will come any more."""
        loop = asyncio.get_running_loop()
        while not self._stopping:
            if self._ended:
                return bool(self._window)
            # A paused stream is no pause in speech: what is open waits for what comes after.
            paused = self._record.stream.state is StreamState.PAUSED
            due_at = None if paused else self._window.due_at()
            if due_at is not None and due_at <= loop.time():
                return True
            await self._sleep_until(due_at)
        return False

    async def _sleep_until(self, due_at: float | None) -> None:
        """Wait until a time, or until something changes."""
        self._asleep_until = float("inf") if due_at is None else due_at
        self._changed.clear()
        if due_at is None:
            await self._changed.wait()
            return
        alarm = asyncio.get_running_loop().call_at(due_at, self._changed.set)
        try:
            await self._changed.wait()
        finally:
            alarm.cancel()

    async def _send(self, kind: WindowKind, *, due_at: float | None = None) -> None:
        """Close a window, store it, and take it through Langflow. The caller holds the route's lane."""
        loop = asyncio.get_running_loop()
        since = loop.time() if due_at is None else min(due_at, loop.time())
        share = (
            await self._pictures.upload(self._record.stream, self._record.picture)
            if self.route.share
            else None
        )
        utterances = await self._utterances(kind)
        gaps = self._record.gaps if kind is WindowKind.FINAL else self._record.gaps[self._gaps_told :]
        window = compose_window(
            stream=self._record.stream,
            route=self.route,
            seq=self._seq + 1,
            kind=kind,
            utterances=utterances,
            gaps=gaps,
            participants=self._record.participants(),
            now_ms=now_ms(),
            share=share,
        )
        self._seq += 1
        self._gaps_told = len(self._record.gaps)
        await self._store.add_window(window, gaps_told=self._gaps_told)
        self._metrics.window(self.route.name, kind, loop.time() - since)
        await self._worker.run(window, self.route)

    async def _utterances(self, kind: WindowKind) -> list[Utterance]:
        if kind is WindowKind.LIVE:
            return self._window.flush()
        if kind is not WindowKind.FINAL:
            return []
        await self._store.flush()
        everything = await self._store.utterances(self._record.stream.stream_id)
        return sorted(everything, key=lambda utterance: (utterance.start_ms, utterance.n))
