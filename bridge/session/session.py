"""One stream, from its announcement to the last answer of its last window.

Hearing does not hang on delivering. What is said goes to the store and into the open windows in the task that
reads the socket, without waiting for either; see :class:`bridge.store.store.Store` for what is committed when.
The link and each route's delivery are parts of their own, each under a supervisor.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import structlog

from bridge.clock import CLOCK
from bridge.domain import OVER, MediaKind, StreamState
from bridge.logs import places_of
from bridge.rtms.messages import StopReason
from bridge.rtms.status import stop_words
from bridge.session.delivery import Delivery, DeliveryMetrics, Memory
from bridge.session.end import End
from bridge.session.line import Line
from bridge.session.link import Link, LinkMetrics, Zoom
from bridge.session.pictures import Pictures
from bridge.session.record import Record
from bridge.tasks import supervise, wait_for_either

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from bridge.clock import Clock
    from bridge.domain import Stream, Utterance
    from bridge.flow.routes import Route
    from bridge.flow.worker import Worker
    from bridge.recording.recorder import Recorder
    from bridge.rtms.media import ChatChanged, Packet, Said
    from bridge.session.pictures import Uploads
    from bridge.session.redaction import Redaction
    from bridge.store.store import Store

log = structlog.get_logger(__name__)


class SessionMetrics(LinkMetrics, DeliveryMetrics, Protocol):
    """What a session reports."""

    def utterance(self, source: str) -> None:
        """An utterance was taken."""

    def duplicate(self) -> None:
        """Something said was known already, or held no words."""


class Complete(Protocol):
    """Learns what a stream's announcement does not tell."""

    async def __call__(self, stream: Stream) -> Stream:
        """The stream with its meeting's topic and number, as far as they can be learned in a few seconds."""


class Announce(Protocol):
    """Tells whoever wants to know of it that a stream begins or is over."""

    def __call__(self, stream: Stream, routes: Collection[str]) -> None:
        """Keep what is to be told by these routes, without waiting; telling twice is telling once."""


class Forget(Protocol):
    """Sees to it that nothing of a meeting is left, anywhere."""

    async def __call__(self, meeting_uuid: str, why: str) -> None:
        """Return once that is stored as work to do; somebody else does it, and ends the meeting's sessions first."""


class Session:
    """One stream's handling, until nothing is left to do for it."""

    def __init__(
        self,
        stream: Stream,
        *,
        routes: Sequence[Route],
        zoom: Zoom,
        store: Store,
        worker: Worker,
        metrics: SessionMetrics,
        forget: Forget,
        complete: Complete | None = None,
        recorder: Recorder | None = None,
        uploads: Uploads | None = None,
        phrases: Sequence[str] = (),
        memory: Memory | None = None,
        redaction: Redaction | None = None,
        turn: asyncio.Semaphore | None = None,
        announce: Announce | None = None,
        clock: Clock = CLOCK,
    ) -> None:
        """``phrases`` call the assistant; see :mod:`bridge.transcript.ask`. Routes take ``turn`` to read their past."""
        self._record = Record(stream, store, clock)
        self._store = store
        self._metrics = metrics
        self._forget = forget
        self._announce = announce
        self._complete = complete
        self._recorder = recorder
        self._clock = clock
        self._link = Link(self._record, zoom, self, metrics, clock)
        pictures = Pictures(uploads)

        def new_delivery(route: Route) -> Delivery:
            return Delivery(
                route,
                record=self._record,
                store=store,
                worker=worker,
                pictures=pictures,
                metrics=metrics,
                phrases=phrases,
                memory=memory,
                redaction=redaction,
            )

        self._lines = [
            Line(
                route,
                new_delivery,
                record=self._record,
                store=store,
                turn=turn or asyncio.Semaphore(1),
                clock=clock,
            )
            for route in routes
        ]
        self._delivering: asyncio.Task[None] | None = None
        self._learning = True
        self._more = False
        """Whether the routes have to look at the store again before the stream is settled."""
        self._settled = False
        self._stopped = asyncio.Event()

    @property
    def stream(self) -> Stream:
        """The stream as it stands."""
        return self._record.stream

    @property
    def active_speaker(self) -> str:
        """Who speaks now, as Zoom last told."""
        return self._record.active_speaker

    async def restore(self) -> None:
        """Go on where the store says the stream was left; before :meth:`run`, in which the routes follow."""
        await self._store.flush()
        recent = await self._record.restore()
        await self._spare_the_new()
        for line in self._lines:
            line.resume(recent)

    async def _spare_the_new(self) -> None:
        """Of a stream that had been settled, only routes with windows of it have something to do, and all are told of its end.

        One that was never settled is owed to every route, though a bridge has died before the first window of it.
        """
        if self.stream.state not in OVER:
            return
        known = await self._store.routes_reopened(self.stream.stream_id)
        if known is not None:
            self._lines = [line for line in self._lines if line.route.name in known]
            self._announce = None

    async def run(self) -> None:
        """Listen and deliver until the stream is over and every window is settled, or :meth:`stop`."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._supervised("link", self._hear), name="listen")
            self._delivering = tasks.create_task(self._until_delivered(), name="deliver")
        while self._more and self.stream.state in OVER and not self._stopped.is_set():
            await self._supervised("routes", self._deliver)
        if self.stream.state in OVER and not self._stopped.is_set():
            self._settled = True
            self._store.stream_settled(self.stream.stream_id)
            log.info("stream.settled", stream_id=self.stream.stream_id)

    # What the registry says

    def unheard(self) -> None:
        """The process or session that listened is gone."""
        self._record.unheard()

    def end(self, stop_reason: int | None) -> None:
        """Zoom says that the stream is over."""
        if self.stream.state is StreamState.LOST:
            self._record.put(replace(self.stream, state=StreamState.ENDED))
        self._link.end(End.by_zoom(stop_reason))

    def fail_over(self, server_urls: str, event_ts: int) -> None:
        """Zoom moved the stream to another server: drop both sockets and dial the new one at once."""
        self._record.put(replace(self.stream, server_urls=server_urls, event_ts=event_ts))
        self._link.fail_over()

    def reconnect(self, event_ts: int) -> None:
        """Zoom lost our sockets at a time (UTC ms); of no meaning when they have come back since."""
        if self._record.is_news(event_ts):
            self._link.reconnect()

    def retry(self) -> bool:
        """Windows that had failed are to be sent again, or something was approved; the store knows which.

        False where the stream was just settled, and another session has to look.
        """
        self._more = True
        for line in self._lines:
            line.retry()
        return not self._settled

    def stop(self) -> None:
        """Hang up without ending the stream: another process, or this one's next life, goes on with it.

        Runs that are under way may end, and the stream is heard until they have.
        """
        self._stopped.set()
        if self._learning and self._delivering is not None:
            self._delivering.cancel()
        for line in self._lines:
            line.stop()

    def hand_over(self) -> None:
        """Hang up at once, runs under way included: another session goes on from the store."""
        self.stop()
        self._link.stop()
        if self._delivering is not None:
            self._delivering.cancel()

    def abandon(self, why: str) -> None:
        """End the stream, as nothing of its meeting may be delivered or kept."""
        self._record.ended(why, while_lost=False)
        self._store.stream_settled(self.stream.stream_id)
        self.hand_over()

    # What the link hears

    def said(self, said: Said) -> None:
        """Keep what somebody said and give it to every route."""
        self._take(self._record.said(said))

    def said_elsewhere(self, said: Said) -> None:
        """Keep what another bridge had heard before this one took over, unless it was heard here, too."""
        self._take(self._record.said_elsewhere(said))

    def _take(self, utterance: Utterance | None) -> None:
        if utterance is None:
            self._metrics.duplicate()
            return
        now = asyncio.get_running_loop().time()
        for line in self._lines:
            line.add(utterance, now)
        self._metrics.utterance(utterance.source)

    def chat_changed(self, change: ChatChanged) -> None:
        """Keep what became of a chat message; windows that were sent already stay as they were."""
        amended = self._record.changed(change)
        if amended is not None:
            for line in self._lines:
                line.amend(*amended)

    def received(self, packet: Packet) -> None:
        """Hand sound and pictures to the recorder, and remember what the shared screen shows."""
        if packet.kind is MediaKind.SHARE:
            self._record.showed(packet)
        if self._recorder is not None:
            self._recorder.take(self.stream.stream_id, packet)

    def resumed(self) -> None:
        """Windows that waited for the end of a pause may be due."""
        for line in self._lines:
            line.look()

    async def _until_delivered(self) -> None:
        try:
            await self._supervised("routes", self._deliver)
        finally:
            if self._stopped.is_set():
                self._link.stop()

    async def _supervised(self, name: str, part: Callable[[], Awaitable[None]]) -> None:
        await supervise(
            part, name=name, clock=self._clock, sleep=self._pause, stream_id=self.stream.stream_id
        )

    async def _hear(self) -> None:
        """Hear the stream to its end."""
        if self._stopped.is_set():
            return
        if self.stream.state not in OVER:
            end = await self._link.run()
            if end is None:
                return
            if end.given_up:
                self._record.given_up(end.words)
            else:
                self._record.ended(end.words, while_lost=end.while_lost)
            if self._recorder is not None:
                self._recorder.finish(self.stream.stream_id)
        revoked = stop_words(StopReason.STREAM_REVOKED)
        if self.stream.end_reason == revoked:  # just now, or before a crash that kept it from being stored
            await self._forget(self.stream.meeting_uuid, revoked)
            if self._delivering is not None:
                self._delivering.cancel()
            return
        self._tell()
        for line in self._lines:
            line.end()

    async def _deliver(self) -> None:
        """Learn the meeting's topic, which routes may ask for, then deliver to each route that is meant.

        What is said meanwhile is taken for every route.
        """
        if self._complete is not None and self.stream.state not in OVER:
            await self._learn(self._complete)
        self._learning = False
        self._lines = [line for line in self._lines if line.route.match.accepts(self.stream.topic)]
        self._tell()
        self._more = False
        async with asyncio.TaskGroup() as tasks:
            for line in self._lines:
                tasks.create_task(line.run(), name=f"deliver {line.route.name}")

    def _tell(self) -> None:
        """Let the routes that are meant announce how the stream stands, once they are known; of a revoked one nothing is told."""
        revoked = self.stream.end_reason == stop_words(StopReason.STREAM_REVOKED)
        if self._announce is not None and not self._learning and not revoked:
            self._announce(self.stream, {line.route.name for line in self._lines})

    async def _learn(self, complete: Complete) -> None:
        """Learn the topic; one that cannot be learned counts as empty."""
        try:
            known = await complete(self.stream)
        except Exception as error:  # the boundary of a part: the meeting goes on without its topic
            log.error("topic.not_learned", stream_id=self.stream.stream_id, where=places_of(error))
        else:
            self._record.put(
                replace(self.stream, topic=known.topic, meeting_id=known.meeting_id, timezone=known.timezone)
            )

    async def _pause(self, seconds: float) -> None:
        await wait_for_either(self._stopped, seconds)
