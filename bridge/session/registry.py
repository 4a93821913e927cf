"""Who is live: takes events from the webhook and gives each stream its session."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from bridge.domain import Stream, StreamState
from bridge.logs import places_of
from bridge.rtms.messages import StopReason
from bridge.rtms.status import stop_words
from bridge.session.ruling import Ruling, rule
from bridge.webhook.events import StreamEvent

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.session.session import Forget, Session
    from bridge.store.store import Store

GRACE_SECONDS: Final = 5.0
"""How long runs that are under way may take to end when the process is told to stop."""

log = structlog.get_logger(__name__)


class RegistryMetrics(Protocol):
    """What the registry reports."""

    def ruling(self, ruling: str) -> None:
        """An event was ruled on."""

    def sessions(self, count: int) -> None:
        """So many sessions are there now."""


class Listener(Protocol):
    """Somebody else who follows what becomes of streams."""

    def heard(self, event: StreamEvent) -> None:
        """An event, in order of arrival, before it is acted on; must not wait."""


class Registry:
    """All sessions of this process, each in a task of its own: one that fails leaves the others alone."""

    def __init__(
        self,
        store: Store,
        *,
        new_session: Callable[[Stream], Session],
        forget: Forget,
        metrics: RegistryMetrics,
        listener: Listener | None = None,
    ) -> None:
        self._store = store
        self._new_session = new_session
        self._forget = forget
        self._metrics = metrics
        self._listener = listener
        self._sessions: dict[str, Session] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._arrived = asyncio.Event()

    async def accept(self, event: StreamEvent) -> None:
        """Store an event; :meth:`run` acts on it afterwards, in order of arrival."""
        await self._store.add_event(
            event=event.event,
            stream_id=event.stream_id,
            event_ts=event.event_ts,
            body=event.model_dump_json(),
        )
        self._arrived.set()

    async def run(self) -> None:
        """Go on with what an earlier process left, then act on events, until cancelled.

        Cancelled, it hangs up on every stream without ending it, and gives runs under way
        :data:`GRACE_SECONDS`; what is not answered by then is sent again by the next process.
        """
        try:
            for stream in await self._store.streams_to_settle():
                self._start(stream, resumed=True)
            while True:
                self._arrived.clear()
                for event in await self._store.events_to_handle():
                    await self._handle(StreamEvent.model_validate_json(event.body))
                    self._store.event_handled(event.id)
                await self._store.flush()
                await self._arrived.wait()
        finally:
            await self._hang_up()

    async def _handle(self, event: StreamEvent) -> None:
        if self._listener is not None:
            self._listener.heard(event)
        session = self._sessions.get(event.stream_id)
        known = session.stream if session else await self._store.stream(event.stream_id)
        ruling = rule(known, event)
        self._metrics.ruling(ruling)
        log.info("stream.event", stream_id=event.stream_id, event_name=event.event, ruling=ruling.value)
        match ruling:
            case Ruling.START | Ruling.TOMBSTONE:
                await self._meet(event, over=ruling is Ruling.TOMBSTONE)
            case Ruling.FAIL_OVER | Ruling.RECONNECT | Ruling.STOP if known:
                # A session that broke is followed by another, which goes on from the store.
                _tell(session or self._start(known, resumed=True), ruling, event)

        if event.stop_reason == StopReason.STREAM_REVOKED and ruling is not Ruling.STOP:
            await self._forget(event.meeting_uuid)  # no session is there to do it

    def active_speaker(self, stream_id: str) -> str:
        """Who speaks now in a stream, as Zoom last told; empty where that is not known."""
        session = self._sessions.get(stream_id)
        return session.active_speaker if session else ""

    async def _meet(self, event: StreamEvent, *, over: bool) -> None:
        """Keep a stream that was not known, and begin its session unless it is over."""
        stream = Stream(
            stream_id=event.stream_id,
            product=event.product,
            meeting_uuid=event.meeting_uuid,
            meeting_id=event.meeting_id,
            topic=event.topic,
            server_urls=event.server_urls,
            event_ts=event.event_ts,
            started_at_ms=event.event_ts,
            state=StreamState.ENDED if over else StreamState.STARTING,
            end_reason=stop_words(event.stop_reason) if over else "",
        )
        self._store.put_stream(stream)
        if over:
            self._store.stream_settled(stream.stream_id)
            await self._store.flush()  # only the store remembers it, and the next event may be its start
        else:
            self._start(stream, resumed=False)

    def _start(self, stream: Stream, *, resumed: bool) -> Session:
        session = self._new_session(stream)
        self._sessions[stream.stream_id] = session
        task = asyncio.create_task(self._watch(session, resumed=resumed), name=f"session {stream.stream_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._metrics.sessions(len(self._sessions))
        return session

    async def _watch(self, session: Session, *, resumed: bool) -> None:
        stream_id = session.stream.stream_id
        try:
            await session.run(resumed=resumed)
        except Exception as error:  # a task's boundary: neighbours must live on
            log.error("session.broke", stream_id=stream_id, where=places_of(error))
        finally:
            self._sessions.pop(stream_id, None)
            self._metrics.sessions(len(self._sessions))

    async def _hang_up(self) -> None:
        for session in self._sessions.values():
            session.stop()
        if self._tasks:
            _, unfinished = await asyncio.wait(self._tasks, timeout=GRACE_SECONDS)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)


def _tell(session: Session, ruling: Ruling, event: StreamEvent) -> None:
    match ruling:
        case Ruling.FAIL_OVER:
            session.fail_over(event.server_urls, event.event_ts)
        case Ruling.RECONNECT:
            session.reconnect(event.event_ts)
        case Ruling.STOP:
            session.end(event.stop_reason)
