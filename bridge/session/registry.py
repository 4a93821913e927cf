"""Who is live: takes events from the webhook, gives each stream its session, and keeps that alive."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

import structlog
from pydantic import ValidationError

from bridge.clock import CLOCK
from bridge.domain import OVER, Stream, StreamState
from bridge.errors import StoreError
from bridge.logs import places_of
from bridge.rtms.messages import StopReason
from bridge.rtms.status import stop_words
from bridge.session.heard import add_heard, utterances_of
from bridge.session.leasing import Leasing
from bridge.session.ruling import Ruling, rule
from bridge.session.succession import Succession
from bridge.store.leases import RETRY
from bridge.store.salvage import HEARD
from bridge.tasks import supervise, wait_for_either
from bridge.webhook.events import EventKind, StreamEvent, wrong_fields

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence

    from bridge.clock import Clock
    from bridge.flow.routes import Route
    from bridge.session.session import Forget, Session
    from bridge.store.store import Store, StoredEvent

GRACE_SECONDS: Final = 5.0
"""How long runs that are under way may take to end when the process is told to stop."""
POLL_SECONDS: Final = 3.0
"""How often events are looked for that nobody was woken for."""
RESTORED_AT_ONCE: Final = 4
"""Sessions that read their past from the store at a time; new ones need not wait for that."""
CROWD: Final = 200
"""Events that are acted on behind one look at the store; far fewer than are remembered."""
REMEMBERED: Final = 1000
"""Streams without a session whose newest state is remembered until the store is sure to have it."""

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
        routes: Collection[Route] = (),
        timezone: str = "",
        clock: Clock = CLOCK,
    ) -> None:
        """``routes`` are all that there are: what was approved on others can go nowhere."""
        self._store = store
        self._new_session = new_session
        self._forget = forget
        self._metrics = metrics
        self._listener = listener
        self._timezone = timezone
        self._clock = clock
        self._kept: dict[str, Succession] = {}
        self._recent: dict[str, Stream] = {}
        self._done: set[int] = set()
        """Events that were acted on and that the store may still give out."""
        self._closed: set[str] = set()
        """Meetings of which everything is being deleted."""
        self._arrived = asyncio.Event()
        self._leases = Leasing(store, self._given_back)
        self._unsettled = asyncio.Event()
        self._routes = tuple(route.name for route in routes)
        self._approves = any(route.approve for route in routes)
        self._decided: dict[str, int] = {}
        """Streams with verdicts that were to be sent when they were last looked for, each with the number of the last."""
        self._restoring = asyncio.Semaphore(RESTORED_AT_ONCE)

    def accept(self, event: StreamEvent) -> asyncio.Future[None]:
        """Hand an event to the store; done once it is there. :meth:`run` acts on it afterwards, in order of arrival."""
        stored = self._store.add_event(
            event=event.event,
            stream_id=event.stream_id,
            event_ts=event.event_ts,
            body=event.model_dump_json(),
        )
        # Also where that is cancelled: whoever gave up waiting for the store may have had it stored all the same.
        stored.add_done_callback(lambda _: self._arrived.set())
        return stored

    def look(self) -> None:
        """Streams that were settled may have something to do again: look for them at once."""
        self._unsettled.set()
        self._arrived.set()

    def broken(self) -> list[str]:
        """Ids of streams whose session broke and is about to be started again."""
        return sorted(stream_id for stream_id, kept in self._kept.items() if kept.broken)

    async def run(self) -> None:
        """Go on with what an earlier process left, then act on events, until cancelled.

        Cancelled, it hangs up on every stream without ending it, and gives runs under way
        :data:`GRACE_SECONDS`; what is not answered by then is sent again by the next process.
        """
        self._store.leases.listen(self._told)
        async with asyncio.TaskGroup() as tasks:
            guard = tasks.create_task(self._leases.guard(self._leave_all, self._arrived.set), name="leases")
            try:
                await supervise(lambda: self._retry(tasks), name="earlier streams", clock=self._clock)
                await supervise(lambda: self._act(tasks), name="events", clock=self._clock)
            finally:
                guard.cancel()
                await self._hang_up()

    def active_speaker(self, stream_id: str) -> str:
        """Who speaks now in a stream, as Zoom last told; empty where that is not known."""
        kept = self._kept.get(stream_id)
        return kept.session.active_speaker if kept else ""

    @asynccontextmanager
    async def closed(self, meeting_uuid: str, why: str) -> AsyncIterator[None]:
        """While the block runs no session of the meeting is there, and none begins; those there were have ended for good.

        A stream of the meeting that starts meanwhile is dialled afterwards.
        """
        self._closed.add(meeting_uuid)
        try:
            ending = [
                kept for kept in self._kept.values() if kept.session.stream.meeting_uuid == meeting_uuid
            ]
            for kept in ending:
                kept.abandon(why)
            for kept in ending:
                await kept.ended.wait()
            for stream_id in await self._store.mine(await self._store.streams_of(meeting_uuid)):
                stream = self._newest(stream_id) or await self._store.stream(stream_id)
                if stream is not None:
                    reason = stream.end_reason if stream.state is StreamState.ENDED else why
                    self._bury(replace(stream, state=StreamState.ENDED, end_reason=reason, topic=""))
            yield
        finally:
            self._closed.discard(meeting_uuid)
            self._arrived.set()

    # Events

    async def _act(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            self._arrived.clear()
            idle = await self._share() if self._store.leases.shared else set()
            events = await self._store.events_to_handle()
            if idle:
                await self._take_or_let_go(idle, {event.stream_id for event in events}, tasks)
            self._done &= {event.id for event in events}
            left = [
                event
                for event in events
                if event.id not in self._done and event.stream_id not in self._leases.leaving
            ]
            left = await self._hand_in(left, tasks)
            for n in range(0, len(left), CROWD):
                await self._take_together(left[n : n + CROWD], tasks)
            if self._approves:
                await self._look_for_verdicts()
            if self._unsettled.is_set():
                self._unsettled.clear()
                await self._retry(tasks)
            await wait_for_either(self._arrived, min(POLL_SECONDS, self._store.leases.look_seconds))

    async def _take_together(self, crowd: Sequence[StoredEvent], tasks: asyncio.TaskGroup) -> None:
        """Act on events in their order, with one look at the store for all: meetings begin together, at the full hour."""
        ids = {event.stream_id for event in crowd if self._newest(event.stream_id) is None}
        stored: dict[str, Stream | None] = dict.fromkeys(ids)
        stored |= await self._store.streams(tuple(ids)) if ids else {}
        for event in crowd:
            await self._take(event, stored, tasks)

    async def _take(
        self, stored: StoredEvent, streams: Mapping[str, Stream | None], tasks: asyncio.TaskGroup
    ) -> None:
        """Act on an event, or put it aside where that cannot be done: others wait behind it.

        Raises:
            StoreError: The store cannot be asked now; the event waits there.
        """
        try:
            event = StreamEvent.model_validate_json(stored.body)
            if event.kind is EventKind.STARTED and event.meeting_uuid in self._closed:
                return
            known = self._newest(event.stream_id) or streams.get(event.stream_id)
            ruling = await self._handle(event, known, tasks)
        except StoreError:
            raise
        except ValidationError as error:
            await self._set_aside(stored, f"it cannot be read: {wrong_fields(error)}")
        except Exception as error:  # the boundary of one event
            await self._set_aside(stored, f"it broke: {'; '.join(places_of(error))}")
        else:
            if ruling is Ruling.FOREIGN:
                await self._set_aside(stored, "its stream is another meeting's")
            else:
                self._handled(stored)
            if event.stream_id not in self._kept:
                self._leases.let_go(event.stream_id, tasks)

    def _handled(self, stored: StoredEvent) -> None:
        self._done.add(stored.id)
        self._store.event_handled(stored.id)

    async def _set_aside(self, stored: StoredEvent, why: str) -> None:
        log.error("stream.event_set_aside", event_id=stored.id, why=why)
        self._done.add(stored.id)
        self._store.event_set_aside(stored.id, why)

    async def _handle(self, event: StreamEvent, known: Stream | None, tasks: asyncio.TaskGroup) -> Ruling:
        self._pass_on(event)
        ruling = rule(known, event)
        self._metrics.ruling(ruling)
        log.info("stream.event", stream_id=event.stream_id, event_name=event.event, ruling=ruling.value)
        match ruling:
            case Ruling.START:
                stream = replace(_stream(event), timezone=self._timezone)
                self._store.put_stream(stream)
                self._keep(stream, tasks, resumed=False)
            case Ruling.TOMBSTONE:
                over = stop_words(event.stop_reason)
                self._bury(replace(_stream(event), state=StreamState.ENDED, end_reason=over))
            case Ruling.TAKE_UP if known:
                self._take_up(known, event, tasks)
            case Ruling.FAIL_OVER | Ruling.RECONNECT | Ruling.STOP if known:
                self._tell(known, ruling, event, tasks)
        if event.stop_reason == StopReason.STREAM_REVOKED:
            await self._forget(event.meeting_uuid, stop_words(event.stop_reason))
        return ruling

    def _pass_on(self, event: StreamEvent) -> None:
        if self._listener is None:
            return
        try:
            self._listener.heard(event)
        except Exception as error:  # the boundary of a part
            log.error("part.broke", part="restarts", where=places_of(error))

    def _newest(self, stream_id: str) -> Stream | None:
        """A stream's newest state, which the store may not have yet; ``None`` where the store has it, if anybody."""
        kept = self._kept.get(stream_id)
        if kept is not None:
            return kept.stream
        return self._recent.get(stream_id)

    def _bury(self, stream: Stream) -> None:
        """Keep an ended stream without a session, so that a late start finds a tombstone."""
        self._store.put_stream(stream)
        self._store.stream_settled(stream.stream_id)
        self._remember(stream)

    def _remember(self, stream: Stream) -> None:
        self._recent.pop(stream.stream_id, None)
        self._recent[stream.stream_id] = stream
        if len(self._recent) > REMEMBERED:
            del self._recent[next(iter(self._recent))]

    def _tell(self, known: Stream, ruling: Ruling, event: StreamEvent, tasks: asyncio.TaskGroup) -> None:
        kept = self._kept.get(event.stream_id)
        if kept is None and known.state is StreamState.LOST:  # Zoom ends what we had given up
            self._bury(replace(known, state=StreamState.ENDED))
            return
        kept = kept or self._keep(known, tasks, resumed=True)
        if (amended := kept.amend(ruling, event)) is not None:
            self._store.put_stream(amended)
        else:
            kept.tell(ruling, event)

    def _take_up(self, known: Stream, event: StreamEvent, tasks: asyncio.TaskGroup) -> None:
        """Go on with a stream that we had given up."""
        stream = replace(
            known,
            server_urls=event.server_urls,
            event_ts=event.event_ts,
            state=StreamState.INTERRUPTED,
            end_reason="",
        )
        self._store.put_stream(stream)
        self._store.stream_unsettled(stream.stream_id)
        kept = self._kept.get(event.stream_id)
        if kept is None:
            self._keep(stream, tasks, resumed=True)
        else:  # its last windows are still under way
            kept.follow(stream)

    # Leases

    async def _share(self) -> set[str]:
        """Look who has which stream, and leave what is another bridge's; gives those that are ours and have no session."""
        await self._store.spread()
        mine = await self._store.mine()
        for stream_id in [each for each in self._kept if each not in mine]:
            log.warning("stream.taken_over", stream_id=stream_id)
            self._kept[stream_id].leave()
        return mine - self._kept.keys() - self._leases.leaving

    async def _take_or_let_go(self, idle: set[str], told_of: set[str], tasks: asyncio.TaskGroup) -> None:
        """Take up what has become ours, and give back what needs nobody: of which no event waits, either."""
        await self._go_on(tasks)
        for stream_id in idle - self._kept.keys() - told_of:
            self._leases.let_go(stream_id, tasks)

    def _leave_all(self) -> None:
        for kept in list(self._kept.values()):
            kept.leave()

    def _given_back(self, stream_id: str) -> None:
        if stream_id not in self._kept:
            self._recent.pop(stream_id, None)  # another bridge may know better by the time it is ours again
        self._arrived.set()

    def _told(self, what: str) -> None:
        if what == RETRY:
            self._unsettled.set()
        self._arrived.set()

    async def _hand_in(self, events: Sequence[StoredEvent], tasks: asyncio.TaskGroup) -> list[StoredEvent]:
        """Take what other bridges had heard of our streams; gives the other events."""
        heard: dict[str, list[StoredEvent]] = {}
        for event in events:
            if event.event == HEARD:
                heard.setdefault(event.stream_id, []).append(event)
        for stream_id, of_stream in heard.items():
            await self._take_heard(stream_id, of_stream, tasks)
        return [event for event in events if event.event != HEARD]

    async def _take_heard(
        self, stream_id: str, events: Sequence[StoredEvent], tasks: asyncio.TaskGroup
    ) -> None:
        kept = self._kept.get(stream_id)
        if kept is not None and not kept.hears:
            return  # it reads its past; at the next look
        stream = self._newest(stream_id) or await self._store.stream(stream_id)
        said, unread = utterances_of(events)
        for event, why in unread:
            await self._set_aside(event, why)
        if stream is None or stream.is_tombstone:
            log.warning("stream.heard_of_deleted", stream_id=stream_id, count=len(said))
        elif kept is not None:
            for each in said:
                kept.session.said_elsewhere(each)
        elif await add_heard(self._store, stream_id, said, self._clock.now_ms()):
            self._store.stream_unsettled(stream_id)
            self._keep(stream, tasks, resumed=True)
        for event in events:
            self._handled(event)

    # Sessions

    async def _retry(self, tasks: asyncio.TaskGroup) -> None:
        """Take up streams that were settled and are so no more, and let those that are there look at their windows."""
        self._decided = await self._store.streams_decided(self._routes)
        late = {stream_id for stream_id, kept in self._kept.items() if not kept.session.retry()}
        if late:  # just settled: the next look finds them without a session
            self._unsettled.set()
        again = late | (self._decided.keys() - self._kept.keys())
        for stream_id in again:  # of what was approved also where another bridge settled it at that moment
            self._store.stream_reopened(stream_id)
        if again:
            await self._store.flush()
        await self._go_on(tasks)

    async def _look_for_verdicts(self) -> None:
        """Find what was approved and nobody was woken for, such as where storing it took too long for whoever pressed."""
        decided = await self._store.streams_decided(self._routes)
        if decided.items() - self._decided.items():
            self._unsettled.set()

    async def _go_on(self, tasks: asyncio.TaskGroup) -> None:
        """Take up what an earlier process left: those first that can still be heard, the newest before others."""
        left = await self._store.streams_to_settle()
        for stream in sorted(left, key=lambda stream: (stream.state in OVER, -stream.started_at_ms)):
            if stream.stream_id not in self._kept and stream.stream_id not in self._leases.leaving:
                self._keep(stream, tasks, resumed=True)

    def _keep(self, stream: Stream, tasks: asyncio.TaskGroup, *, resumed: bool) -> Succession:
        kept = self._kept[stream.stream_id] = Succession(
            stream,
            new_session=self._new_session,
            resumed=resumed,
            restoring=self._restoring,
            clock=self._clock,
        )
        self._recent.pop(stream.stream_id, None)
        tasks.create_task(self._watch(stream.stream_id, kept), name=f"session {stream.stream_id}")
        self._metrics.sessions(len(self._kept))
        return kept

    async def _watch(self, stream_id: str, kept: Succession) -> None:
        try:
            await kept.run()
        finally:
            self._remember(kept.session.stream)
            self._kept.pop(stream_id, None)
            kept.ended.set()
            self._metrics.sessions(len(self._kept))
            await self._leases.give_back(stream_id)

    async def _hang_up(self) -> None:
        ending = list(self._kept.values())
        if self._store.lost.is_set():
            self._leave_all()
        else:
            self._store.leave()
            for kept in ending:
                kept.stop()
        try:
            async with asyncio.timeout(GRACE_SECONDS):
                for kept in ending:
                    await kept.ended.wait()
        except TimeoutError:
            log.warning("sessions.cancelled", count=len(self._kept))


def _stream(event: StreamEvent) -> Stream:
    return Stream(
        stream_id=event.stream_id,
        product=event.product,
        meeting_uuid=event.meeting_uuid,
        meeting_id=event.meeting_id,
        topic=event.topic,
        server_urls=event.server_urls,
        event_ts=event.event_ts,
        started_at_ms=event.event_ts,
    )
