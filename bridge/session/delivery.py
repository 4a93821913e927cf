"""One route's windows of one stream: closed, stored, and taken through Langflow."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from bridge.domain import StreamState, WindowKind
from bridge.flow.request import compose_window
from bridge.session.record import now_ms
from bridge.transcript.ask import OpenAsks, asking, may_go_on
from bridge.transcript.window import OpenWindow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.domain import Ask, Utterance
    from bridge.flow.routes import Route
    from bridge.flow.worker import Worker
    from bridge.session.pictures import Pictures
    from bridge.session.record import Record
    from bridge.store.store import Store


ASK_AGAIN_SECONDS: Final = 120.0
"""How old a question may be that a restart kept from being asked; nobody waits for the answer to an older one."""
_WHOLE: Final = (WindowKind.ASK, WindowKind.FINAL)
"""Kinds of windows that carry all that was said so far, and every gap."""

log = structlog.get_logger(__name__)


class DeliveryMetrics(Protocol):
    """What a delivery reports."""

    def window(self, route: str, kind: str, delay_seconds: float) -> None:
        """A window goes to Langflow, so long after it was due."""


class Delivery:
    """A route's place in a stream. While a run is under way the open window grows; only questions queue up."""

    def __init__(
        self,
        route: Route,
        *,
        record: Record,
        store: Store,
        worker: Worker,
        pictures: Pictures,
        metrics: DeliveryMetrics,
        phrases: Sequence[str] = (),
    ) -> None:
        self.route = route
        self._pictures = pictures
        self._record = record
        self._store = store
        self._worker = worker
        self._metrics = metrics
        self._window = OpenWindow(route.window)
        self._asks = OpenAsks(phrases if WindowKind.ASK in route.on else ())
        self._phrases = phrases
        self._before: list[Utterance] = []
        """The last words of earlier live windows: what was asked there may go on in the next one."""
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
            self._asks.add(utterance, now - max(0, now_ms() - utterance.end_ms) / 1000)
            if utterance.n > progress.last_n:
                self._collect(utterance, now)
        self._before = may_go_on([utterance for utterance in earlier if utterance.n <= progress.last_n])
        self._asks.forget(progress.asked, before=now - ASK_AGAIN_SECONDS)

    def add(self, utterance: Utterance, now: float) -> None:
        """Take an utterance; wakes the task only when it has to look earlier than planned."""
        self._finished = (
            False  # a stream that was given up may go on, and then calls for another final window
        )
        self._asks.add(utterance, now)
        self._collect(utterance, now)
        due_at = _earlier(self._asks.due_at(), self._window.due_at())
        if due_at is not None and due_at < self._asleep_until:
            self._changed.set()

    def _collect(self, utterance: Utterance, now: float) -> None:
        if WindowKind.LIVE in self.route.on:
            self._window.add(utterance, now)

    def amend(self, n: int, text: str) -> None:
        """An utterance was edited, or deleted where the text is empty; of no meaning once it was sent."""
        self._window.amend(n, text)
        self._asks.amend(n, text)

    def look(self) -> None:
        """Something changed: look whether the window is due."""
        self._changed.set()

    def end(self) -> None:
        """No more will be said: close what is open, and then the final window."""
        self._ended = True
        self._asks.close()
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
            due_at, waited = self._window_due_at(), lane.locked()
            async with lane:
                if self._stopping:
                    return
                await self._send_due(due_at, waited=waited)
        if self._ended and not self._stopping and WindowKind.FINAL in self.route.on and not self._finished:
            async with lane:
                await self._send(WindowKind.FINAL)

    async def _until_due(self) -> bool:
        """Wait for a question, or for the open window to close; false when neither will come any more."""
        loop = asyncio.get_running_loop()
        while not self._stopping:
            if self._ended:
                return bool(self._asks) or bool(self._window)
            due_at = _earlier(self._asks.due_at(), self._window_due_at())
            if due_at is not None and due_at <= loop.time():
                return True
            await self._sleep_until(due_at)
        return False

    def _window_due_at(self) -> float | None:
        # A paused stream is no pause in speech: what is open waits for what comes after.
        paused = self._record.stream.state is StreamState.PAUSED
        return None if paused else self._window.due_at()

    async def _send_due(self, window_due_at: float | None, *, waited: bool) -> None:
        """Send the oldest question, or where there is none the open window if it was due at a time.

        The caller holds the route's lane, and ``waited`` for it: that is no delay of ours.
        """
        now = asyncio.get_running_loop().time()
        ask_due_at = self._asks.due_at()
        if (ask := self._asks.pop(now)) is not None:
            await self._send(WindowKind.ASK, ask=ask, due_at=now if waited else ask_due_at)
        elif self._window and (self._ended or (window_due_at is not None and window_due_at <= now)):
            await self._send(WindowKind.LIVE, due_at=now if waited else window_due_at)

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

    async def _send(self, kind: WindowKind, *, ask: Ask | None = None, due_at: float | None = None) -> None:
        """Close a window, store it, and take it through Langflow. The caller holds the route's lane."""
        loop = asyncio.get_running_loop()
        since = loop.time() if due_at is None else min(due_at, loop.time())
        share = (
            await self._pictures.upload(self._record.stream, self._record.picture)
            if self.route.share
            else None
        )
        utterances = await self._utterances(kind)
        told = 0 if kind in _WHOLE else self._gaps_told
        window = compose_window(
            stream=self._record.stream,
            route=self.route,
            seq=self._seq + 1,
            kind=kind,
            utterances=utterances,
            gaps=self._record.gaps[told:],
            participants=self._record.participants(utterances),
            now_ms=now_ms(),
            share=share,
            asked=self._asked(kind, utterances),
            ask=ask,
        )
        self._seq += 1
        if ask is None:  # who asks is told of all gaps, and the next live window of them still
            self._gaps_told = len(self._record.gaps)
        else:
            log.info("window.asked", window_id=window.window_id, source=ask.utterances[0].source.value)
        await self._store.add_window(window, gaps_told=self._gaps_told)
        self._metrics.window(self.route.name, kind, loop.time() - since)
        await self._worker.run(window, self.route)

    async def _utterances(self, kind: WindowKind) -> list[Utterance]:
        if kind is WindowKind.LIVE:
            return self._window.flush()
        if kind not in _WHOLE:
            return []
        await self._store.flush()
        everything = await self._store.utterances(self._record.stream.stream_id)
        return sorted(everything, key=lambda utterance: (utterance.start_ms, utterance.n))

    def _asked(self, kind: WindowKind, utterances: Sequence[Utterance]) -> list[str]:
        """The ids of what a window says to the assistant, whether the route answers that or not."""
        if kind is not WindowKind.LIVE:
            return asking(utterances, self._phrases)
        heard = [*self._before, *utterances]
        self._before = may_go_on(heard)
        return asking(heard, self._phrases)


def _earlier(one: float | None, other: float | None) -> float | None:
    """The earlier of two times, either of which may be unknown."""
    return min((time for time in (one, other) if time is not None), default=None)
