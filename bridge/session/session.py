"""One stream, from its announcement to the last answer of its last window.

What is said goes to the store and into the open windows in the task that reads the socket, without
waiting for either; see :class:`bridge.store.store.Store` for what is committed when.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import structlog

from bridge.domain import MediaKind, StreamState
from bridge.rtms.messages import StopReason
from bridge.rtms.status import stop_words
from bridge.session.delivery import Delivery, DeliveryMetrics
from bridge.session.link import End, Link, LinkMetrics, Zoom
from bridge.session.pictures import Pictures, Uploads
from bridge.session.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.domain import Stream
    from bridge.flow.routes import Route
    from bridge.flow.worker import Worker
    from bridge.recording.recorder import Recorder
    from bridge.rtms.media import ChatChanged, Packet, Said
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


class Forget(Protocol):
    """Deletes what was stored of a meeting, everywhere."""

    async def __call__(self, meeting_uuid: str) -> None:
        """Return when nothing is left."""


class Session:
    """One stream's handling, until nothing is left to do for it.

    Its tasks, all in one group: the link to Zoom, and one delivery per route.
    """

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
    ) -> None:
        """``phrases`` call the assistant; see :mod:`bridge.transcript.ask`."""
        self._record = Record(stream, store)
        self._store = store
        self._metrics = metrics
        self._forget = forget
        self._complete = complete
        self._recorder = recorder
        self._link = Link(self._record, zoom, self, metrics)
        pictures = Pictures(uploads)
        self._deliveries = [
            Delivery(
                route,
                record=self._record,
                store=store,
                worker=worker,
                pictures=pictures,
                metrics=metrics,
                phrases=phrases,
            )
            for route in routes
        ]
        self._learning: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def stream(self) -> Stream:
        """The stream as it stands."""
        return self._record.stream

    @property
    def active_speaker(self) -> str:
        """Who speaks now, as Zoom last told."""
        return self._record.active_speaker

    async def run(self, *, resumed: bool) -> None:
        """Listen and deliver until the stream has ended and every window is settled, or :meth:`stop`.

        ``resumed`` says that the stream was known before this process, so its past is in the store.
        """
        try:
            if resumed:
                earlier = await self._record.restore()
                for delivery in self._deliveries:
                    await delivery.restore(earlier)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen(), name="listen")
                self._learning = tasks.create_task(self._begin(tasks, resumed=resumed), name="begin")
        except* _ConsentRevoked:
            await self._forget(self.stream.meeting_uuid)
        if self.stream.state is StreamState.ENDED and not self._stopping:
            self._store.stream_settled(self.stream.stream_id)
            log.info("stream.settled", stream_id=self.stream.stream_id)

    # What the registry says

    def end(self, stop_reason: int | None) -> None:
        """Zoom says that the stream is over."""
        self._link.end(End.by_zoom(stop_reason))

    def fail_over(self, server_urls: str, event_ts: int) -> None:
        """Zoom moved the stream to another server: drop both sockets and dial the new one at once."""
        self._record.put(replace(self.stream, server_urls=server_urls, event_ts=event_ts))
        self._link.fail_over()

    def reconnect(self, event_ts: int) -> None:
        """Zoom lost our sockets at a time (UTC ms); of no meaning when they have come back since."""
        if self._record.is_news(event_ts):
            self._link.reconnect()

    def stop(self) -> None:
        """Hang up without ending the stream: another process, or this one's next life, goes on with it."""
        self._stopping = True
        self._link.stop()
        if self._learning is not None:
            self._learning.cancel()
        for delivery in self._deliveries:
            delivery.stop()

    # What the link hears

    async def said(self, said: Said) -> None:
        """Keep what somebody said and give it to every route; waits only while the store is behind."""
        utterance = self._record.said(said)
        if utterance is None:
            self._metrics.duplicate()
            return
        now = asyncio.get_running_loop().time()
        for delivery in self._deliveries:
            delivery.add(utterance, now)
        self._metrics.utterance(utterance.source)

    def chat_changed(self, change: ChatChanged) -> None:
        """Keep what became of a chat message; windows that were sent already stay as they were."""
        amended = self._record.changed(change)
        if amended is not None:
            for delivery in self._deliveries:
                delivery.amend(*amended)

    def received(self, packet: Packet) -> None:
        """Hand sound and pictures to the recorder, and remember what the shared screen shows."""
        if packet.kind is MediaKind.SHARE:
            self._record.showed(packet)
        if self._recorder is not None:
            self._recorder.take(self.stream.stream_id, packet)

    def resumed(self) -> None:
        """Windows that waited for the end of a pause may be due."""
        for delivery in self._deliveries:
            delivery.look()

    async def _listen(self) -> None:
        if self.stream.state is not StreamState.ENDED:
            end = await self._link.run()
            if end is None:
                return
            self._record.ended(end.words, while_lost=end.while_lost)
            if self._recorder is not None:
                self._recorder.finish(self.stream.stream_id)
            await self._store.flush()
            if end.consent_revoked:
                raise _ConsentRevoked
        elif self.stream.end_reason == stop_words(StopReason.STREAM_REVOKED):
            raise _ConsentRevoked  # the process ended between the stream's end and the deletion
        for delivery in self._deliveries:
            delivery.end()

    async def _begin(self, tasks: asyncio.TaskGroup, *, resumed: bool) -> None:
        """Learn the meeting's topic, which routes may ask for, then deliver to each route that is meant.

        What is said meanwhile is taken for every route. A topic that cannot be learned counts as empty.
        """
        if self._complete is not None and self.stream.state is not StreamState.ENDED:
            known = await self._complete(self.stream)
            self._record.put(replace(self.stream, topic=known.topic, meeting_id=known.meeting_id))
        self._deliveries = [
            delivery for delivery in self._deliveries if delivery.route.match.accepts(self.stream.topic)
        ]
        for delivery in self._deliveries:
            tasks.create_task(delivery.run(resumed=resumed), name=f"deliver {delivery.route.name}")


class _ConsentRevoked(Exception):
    """Nothing of the meeting may be delivered or kept."""
