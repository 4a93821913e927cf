from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from bridge.domain import Decision, Product, Stream, StreamState, Verdict
from bridge.flow.routes import Route
from bridge.rtms.status import stop_words
from bridge.session import registry as registry_module
from bridge.session.registry import Registry
from bridge.webhook.events import EventKind, StreamEvent
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.store.query import Query, Row
    from bridge.store.store import Store

REVOKED = "consent was revoked"
SECRET_WORDS = "the merger is off"


def event(
    kind: EventKind, event_ts: int = 100, *, stream_id: str = "s", urls: str = "wss://a"
) -> StreamEvent:
    return StreamEvent(
        event=f"meeting.rtms_{kind}",
        kind=kind,
        product=Product.MEETING,
        event_ts=event_ts,
        stream_id=stream_id,
        meeting_uuid="m",
        server_urls=urls if kind is EventKind.STARTED else "",
        stop_reason=6 if kind is EventKind.STOPPED else None,
    )


STARTED, STOPPED, INTERRUPTED = (
    event(EventKind.STARTED),
    event(EventKind.STOPPED, 300),
    event(EventKind.INTERRUPTED, 200),
)


STREAM = Stream(
    stream_id="s",
    product=Product.MEETING,
    meeting_uuid="m",
    server_urls="wss://a",
    event_ts=100,
    started_at_ms=100,
)


class FakeSession:
    """Runs until it is told to end, and notes what it is told."""

    def __init__(self, stream: Stream, world: World) -> None:
        self.stream = stream
        self.told: list[str] = []
        self._world = world
        self._over = asyncio.Event()

    async def restore(self) -> None:
        self.told.append("restored")
        self._world.restoring += 1
        self._world.most_restoring = max(self._world.most_restoring, self._world.restoring)
        await self._world.readable.wait()
        self._world.restoring -= 1

    async def run(self) -> None:
        self.told.append("runs")
        if self._world.breaks:
            raise ValueError(SECRET_WORDS)
        await self._over.wait()

    def unheard(self) -> None:
        if self.stream.state is StreamState.LIVE:
            self.stream = replace(self.stream, state=StreamState.INTERRUPTED)

    def abandon(self, why: str) -> None:
        self.told.append(f"abandoned: {why}")
        self._over.set()

    def hand_over(self) -> None:
        self.told.append("handed over")
        self._over.set()

    def end(self, stop_reason: int | None) -> None:
        self.told.append(f"end: {stop_words(stop_reason)}")
        self._over.set()

    def fail_over(self, server_urls: str, event_ts: int) -> None:
        self.told.append(f"fail over to {server_urls}")
        self.stream = replace(self.stream, server_urls=server_urls, event_ts=event_ts)

    def reconnect(self, event_ts: int) -> None:
        self.told.append(f"reconnect {event_ts}")

    def retry(self) -> bool:
        self.told.append("retry")
        return True

    def stop(self) -> None:
        self.told.append("stop")
        if not self._world.hangs:
            self._over.set()


class World:
    """A registry on a real store, with sessions that only take notes."""

    def __init__(self, store: Store, *routes: Route) -> None:
        self.store = store
        self.sessions: list[FakeSession] = []
        self.rulings: Counter[str] = Counter()
        self.breaks = self.hangs = False
        self.restoring = self.most_restoring = 0
        self.readable = asyncio.Event()
        self.readable.set()
        self.count = 0
        self.forgotten: list[tuple[str, str]] = []
        self.registry = Registry(
            store,
            new_session=self._new,  # type: ignore[arg-type]
            forget=self._forget,
            metrics=Metrics(self),
            routes=routes,
            timezone="Europe/Berlin",
        )

    async def _forget(self, meeting_uuid: str, why: str) -> None:
        self.forgotten.append((meeting_uuid, why))

    def _new(self, stream: Stream) -> FakeSession:
        session = FakeSession(stream, self)
        self.sessions.append(session)
        return session

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Registry]:
        """The registry at work."""
        task = asyncio.create_task(self.registry.run(), name="registry")
        try:
            yield self.registry
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def handled(self) -> None:
        """Wait until every stored event was acted on."""

        async def none_left() -> bool:
            return not await self.store.events_to_handle()

        await until(none_left)


class Metrics:
    """Passes on what the registry counts."""

    def __init__(self, world: World) -> None:
        self._world = world

    def ruling(self, ruling: str) -> None:
        self._world.rulings[ruling] += 1

    def sessions(self, count: int) -> None:
        self._world.count = count


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


async def test_life(world: World) -> None:
    """A stream's events reach its session in order, each once."""
    moved = event(EventKind.STARTED, 250, urls="wss://b")
    async with world.running() as registry:
        await registry.accept(STARTED)
        await until(lambda: world.sessions and "runs" in world.sessions[0].told)
        for each in (STARTED, INTERRUPTED, moved, STARTED, STOPPED):
            await registry.accept(each)
        await world.handled()
        (session,) = world.sessions
        assert session.told == ["runs", "reconnect 200", "fail over to wss://b", "end: the meeting ended"]
        assert session.stream.event_ts == 250
        await until(lambda: world.count == 0)
    kept = await world.store.stream("s")
    assert kept is not None
    assert (kept.meeting_uuid, kept.started_at_ms, kept.timezone) == ("m", 100, "Europe/Berlin")


async def test_streams_are_apart(world: World) -> None:
    """Each stream has its own session, also within one meeting."""
    async with world.running() as registry:
        for stream_id in ("s", "t"):
            await registry.accept(event(EventKind.STARTED, stream_id=stream_id))
        await until(lambda: len([each for each in world.sessions if "runs" in each.told]) == 2)
        await registry.accept(event(EventKind.STOPPED, 300, stream_id="s"))
        await world.handled()
        told = {session.stream.stream_id: session.told for session in world.sessions}
        assert told == {"s": ["runs", "end: the meeting ended"], "t": ["runs"]}


async def test_one_id_of_two_meetings(world: World) -> None:
    """The meeting that has it goes on untouched; what is about the other is put aside, and its consent is heeded all the same."""
    others = [
        event(EventKind.STARTED, 500, urls="wss://b"),
        event(EventKind.INTERRUPTED, 600),
        event(EventKind.STOPPED, 700).model_copy(update={"stop_reason": 8}),
    ]
    async with world.running() as registry:
        await registry.accept(STARTED)
        await until(lambda: world.sessions and "runs" in world.sessions[0].told)
        for each in others:
            await registry.accept(each.model_copy(update={"meeting_uuid": "another"}))
        await world.handled()
        (session,) = world.sessions
        assert session.told == ["runs"]
    assert world.rulings == {"start": 1, "foreign": 3}
    assert world.forgotten == [("another", REVOKED)]
    assert world.store.put_aside()["events"] == 3


async def test_stop_before_start(world: World) -> None:
    """A start that comes after its stop finds the stream ended, though both are handled in one go."""
    for each in (STOPPED, STARTED):
        await world.registry.accept(each)
    async with world.running():
        await world.handled()
    assert world.sessions == []
    assert world.rulings == {"tombstone": 1, "ignore": 1}
    kept = await world.store.stream("s")
    assert kept is not None
    assert (kept.state, kept.end_reason) == (StreamState.ENDED, "the meeting ended")
    assert await world.store.streams_to_settle() == []


@pytest.mark.parametrize("before", [[], [STOPPED]])
async def test_consent_revoked_without_a_session(world: World, before: list[StreamEvent]) -> None:
    """Where no session is there to do it, revoked consent still makes everything of the meeting forgotten."""
    async with world.running() as registry:
        for each in (*before, event(EventKind.STOPPED, 400).model_copy(update={"stop_reason": 8})):
            await registry.accept(each)
        await world.handled()
        assert world.forgotten == [("m", REVOKED)]


async def test_goes_on(world: World) -> None:
    """A new process goes on with what is live, and acts on events that its forerunner only stored."""
    async with world.running() as registry:
        await registry.accept(STARTED)
        await world.handled()
    await world.registry.accept(STOPPED)
    after = World(world.store)
    async with after.running():
        await after.handled()
        assert [session.told for session in after.sessions] == [
            ["restored", "runs", "end: the meeting ended"]
        ]


async def test_one_breaks(world: World) -> None:
    """A session that breaks leaves its neighbours alone, is told once by its place, and is followed by itself by another."""
    async with world.running() as registry:
        await registry.accept(STARTED)
        await world.handled()
        world.breaks = True
        with structlog.testing.capture_logs() as logs:
            await registry.accept(event(EventKind.STARTED, stream_id="t"))
            await until(lambda: any(log["event"] == "part.broke" for log in logs))
        assert SECRET_WORDS not in repr(logs)
        assert "ValueError in" in repr(logs)
        world.breaks = False
        await until(lambda: world.sessions[-1].told == ["restored", "runs"], seconds=60)
        assert world.sessions[0].told == ["runs"]
        assert world.count == 2


@pytest.mark.parametrize(
    ("later", "told"),
    [
        (event(EventKind.STARTED, 250, urls="wss://b"), "fail over to wss://b"),
        (INTERRUPTED, "reconnect 200"),
        (STOPPED, "end: the meeting ended"),
    ],
)
async def test_after_a_break(world: World, later: StreamEvent, told: str) -> None:
    """News of a stream whose session broke is told to the one that follows, which loses no more time over it."""
    world.breaks = True
    async with world.running() as registry:
        await registry.accept(STARTED)
        await until(lambda: len(world.sessions) == 2)
        world.breaks = False
        await registry.accept(later)
        await world.handled()
        await until(lambda: world.sessions and "runs" in world.sessions[-1].told)
    assert told in world.sessions[-1].told
    assert world.sessions[-1].told.index(told) < world.sessions[-1].told.index("runs")


async def test_a_start_that_is_stored_late(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever gave up waiting for the store may have had the event stored all the same: it is acted on."""
    stored = world.store.add_event

    def slow(**fields: Any) -> asyncio.Future[None]:
        stored(**fields)
        return asyncio.get_running_loop().create_future()

    monkeypatch.setattr(world.store, "add_event", slow)
    async with world.running() as registry:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await registry.accept(STARTED)
        await until(lambda: world.sessions)


async def test_an_event_that_nobody_woke_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events are looked for also where no wake-up came, as from another process."""
    monkeypatch.setattr("bridge.session.registry.POLL_SECONDS", 0.05)
    async with world.running():
        await world.store.add_event(
            event=STARTED.event, stream_id="s", event_ts=100, body=STARTED.model_dump_json()
        )
        await until(lambda: world.sessions)


@pytest.mark.parametrize("body", ["{}", '{"kind": "started"}', "no JSON"])
async def test_a_poisonous_event(world: World, body: str) -> None:
    """An event that cannot be read is put aside, told without its content, and the others go on."""
    await world.store.add_event(event="x", stream_id="s", event_ts=1, body=body)
    with structlog.testing.capture_logs() as logs:
        async with world.running() as registry:
            await registry.accept(STARTED)
            await world.handled()
            assert [session.told for session in world.sessions] == [["runs"]]
    assert [log["event"] for log in logs].count("stream.event_set_aside") == 1


async def test_an_event_that_breaks_its_handling(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks while one event is acted on is that event's, and ends nothing."""

    def broken(stream: Stream) -> FakeSession:
        if stream.stream_id == "s":
            raise ValueError(SECRET_WORDS)
        return FakeSession(stream, world)

    monkeypatch.setattr(world.registry, "_new_session", broken)
    with structlog.testing.capture_logs() as logs:
        async with world.running() as registry:
            for stream_id in ("s", "t"):
                await registry.accept(event(EventKind.STARTED, stream_id=stream_id))
            await world.handled()
            assert world.count == 1
    assert SECRET_WORDS not in repr(logs)


async def test_new_meetings_do_not_wait_for_old_ones(world: World) -> None:
    """Sessions are restored a few at a time, live ones first, and a new meeting is dialled meanwhile."""
    for n in range(30):
        state = StreamState.LIVE if n % 2 else StreamState.ENDED
        world.store.put_stream(replace(STREAM, stream_id=f"old-{n}", started_at_ms=n, state=state))
    await world.store.flush()
    world.readable.clear()
    async with world.running() as registry:
        await registry.accept(event(EventKind.STARTED, stream_id="new"))
        await until(lambda: world.sessions and "runs" in world.sessions[-1].told)
        assert world.most_restoring == 4
        restored = [each.stream.stream_id for each in world.sessions if "restored" in each.told]
        assert restored == ["old-29", "old-27", "old-25", "old-23"]
        states = {each.stream.state for each in world.sessions if each.stream.stream_id != "new"}
        assert states == {StreamState.INTERRUPTED, StreamState.ENDED}
        world.readable.set()
        await until(lambda: all("runs" in each.told for each in world.sessions))


async def test_meetings_that_begin_together(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty starts in one moment cost a look at the store or two, not one each: the last is not dialled late."""
    asked: list[str] = []
    read = world.store._read

    async def counted(query: Query) -> list[Row]:
        asked.append(query.table)
        return await read(query)

    for n in range(50):
        each = event(EventKind.STARTED, 100 + n, stream_id=f"s{n}")
        await world.store.add_event(
            event=each.event, stream_id=each.stream_id, event_ts=each.event_ts, body=each.model_dump_json()
        )
    monkeypatch.setattr(world.store, "_read", counted)
    async with world.running():
        await until(lambda: world.count == 50)
    assert asked.count("streams") <= 2
    assert [each.stream.stream_id for each in world.sessions] == [f"s{n}" for n in range(50)]


async def test_given_up_and_started_anew(world: World) -> None:
    """What we gave up is taken up when Zoom starts it anew; only Zoom's own end is final."""
    lost = replace(STREAM, state=StreamState.LOST, end_reason="nobody answered")
    world.store.put_stream(lost)
    world.store.stream_settled("s")
    await world.store.flush()
    async with world.running() as registry:
        await registry.accept(event(EventKind.STARTED, 200, urls="wss://b"))
        await until(lambda: world.sessions and "runs" in world.sessions[0].told)
        (session,) = world.sessions
        assert session.told == ["restored", "runs"]
        assert (session.stream.server_urls, session.stream.state) == ("wss://b", StreamState.INTERRUPTED)
        await world.store.flush()
        assert [each.stream_id for each in await world.store.streams_to_settle()] == ["s"]


async def handing_over(world: World, *news: StreamEvent) -> FakeSession:
    """The session that follows one that had given up, and whose place it was to take when news came."""
    async with world.running() as registry:
        await registry.accept(STARTED)
        await until(lambda: world.sessions and "runs" in world.sessions[0].told)
        first = world.sessions[0]
        first.stream = replace(first.stream, state=StreamState.LOST, end_reason="nobody answered")
        for each in news[:-1]:  # all in one look at the store, before the first session has returned
            await world.store.add_event(
                event=each.event, stream_id="s", event_ts=each.event_ts, body=each.model_dump_json()
            )
        await registry.accept(news[-1])
        await until(lambda: len(world.sessions) == 2 and "runs" in world.sessions[1].told)
        assert first.told == ["runs", "handed over"]
        await world.store.flush()
        return world.sessions[1]


ANEW = event(EventKind.STARTED, 200, urls="wss://b")


async def test_ended_while_it_is_handed_over(world: World) -> None:
    """An end that comes right behind a new start is for the session that follows, which delivers what is left."""
    second = await handing_over(world, ANEW, STOPPED)
    assert second.stream.state is StreamState.ENDED
    assert second.stream.end_reason == stop_words(6)
    assert await world.store.stream("s") == second.stream
    assert [each.stream_id for each in await world.store.streams_to_settle()] == ["s"]


async def test_moved_while_it_is_handed_over(world: World) -> None:
    """A stream that is moved right behind a new start is dialled where it is now."""
    second = await handing_over(world, ANEW, event(EventKind.STARTED, 250, urls="wss://c"))
    assert (second.stream.server_urls, second.stream.event_ts) == ("wss://c", 250)
    assert second.stream.state is StreamState.INTERRUPTED
    assert await world.store.stream("s") == second.stream


async def test_lost_while_it_is_handed_over(world: World) -> None:
    """News of a loss changes nothing for a session that is about to dial."""
    second = await handing_over(world, ANEW, event(EventKind.INTERRUPTED, 250))
    assert second.told == ["restored", "runs", "stop"]
    assert second.stream.server_urls == "wss://b"


async def test_given_up_and_ended(world: World) -> None:
    """Zoom's end of a stream that we gave up makes it final, with the reason that tells more: ours."""
    world.store.put_stream(replace(STREAM, state=StreamState.LOST, end_reason="nobody answered"))
    world.store.stream_settled("s")
    await world.store.flush()
    async with world.running() as registry:
        for each in (STOPPED, event(EventKind.STARTED, 400)):
            await registry.accept(each)
        await world.handled()
    kept = await world.store.stream("s")
    assert kept is not None
    assert (kept.state, kept.end_reason, world.sessions) == (StreamState.ENDED, "nobody answered", [])


async def test_a_meeting_that_is_being_deleted(world: World) -> None:
    """All sessions of the meeting end first, also those of its other streams; one that starts meanwhile waits."""
    async with world.running() as registry:
        for stream_id in ("s", "t"):
            await registry.accept(event(EventKind.STARTED, stream_id=stream_id))
        await world.handled()
        async with registry.closed("m", REVOKED):
            assert [each.told[-1] for each in world.sessions] == [f"abandoned: {REVOKED}"] * 2
            assert world.count == 0
            await registry.accept(event(EventKind.STARTED, stream_id="u"))
            other = event(EventKind.STARTED, stream_id="v").model_copy(update={"meeting_uuid": "other"})
            await registry.accept(other)
            await until(lambda: len(world.sessions) == 3)
            assert world.sessions[-1].stream.stream_id == "v"
        await until(lambda: len(world.sessions) == 4)
        assert world.sessions[-1].stream.stream_id == "u"


async def test_hangs_up(world: World) -> None:
    """Told to stop, the registry hangs up on every stream and ends none."""
    async with world.running() as registry:
        for stream_id in ("s", "t"):
            await registry.accept(event(EventKind.STARTED, stream_id=stream_id))
        await world.handled()
    assert [session.told for session in world.sessions] == [["runs", "stop"]] * 2
    assert len(await world.store.streams_to_settle()) == 2


async def test_grace(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that does not end in time is cancelled."""
    monkeypatch.setattr("bridge.session.registry.GRACE_SECONDS", 0.05)
    world.hangs = True
    async with asyncio.timeout(30):
        async with world.running() as registry:
            await registry.accept(STARTED)
            await world.handled()
    assert world.sessions[0].told == ["runs", "stop"]


async def test_consent_revoked_afterwards(world: World) -> None:
    """When consent is revoked of a stream that has ended or was never heard of, its meeting is forgotten."""
    revoked = STOPPED.model_copy(update={"stop_reason": 8})
    async with world.running() as registry:
        await registry.accept(revoked)
        await world.handled()
        assert world.forgotten == [("m", REVOKED)]
        await registry.accept(revoked.model_copy(update={"event_ts": 400}))
        await world.handled()
    assert world.forgotten == [("m", REVOKED)] * 2


NOTES = Route(name="notes", flow="f", approve=True)


def verdict(n: int = 1, route: str = "notes") -> Verdict:
    return Verdict(
        stream_id="s",
        n=n,
        route=route,
        item="summary",
        digest="d",
        decision=Decision.POST,
        text="They met.",
        owner="",
        due="",
        who="Dana",
        at_ms=1,
        approved="{}",
    )


async def over(store: Store) -> None:
    """A meeting that is over and settled."""
    store.put_stream(replace(STREAM, state=StreamState.ENDED))
    store.stream_settled("s")
    await store.flush()


async def decided(store: Store, *verdicts: Verdict) -> None:
    """Verdicts are stored, and whoever stored them was gone before anybody was woken."""
    for each in verdicts:
        await store.add_verdict(each)
    store.stream_settled("s")
    await store.flush()


async def test_what_was_approved_is_found_though_nobody_is_woken(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next round takes its meeting up, and lets a session that is there look, once for each verdict."""
    monkeypatch.setattr(registry_module, "POLL_SECONDS", 0.01)
    world = World(store, NOTES)
    await over(store)
    async with world.running():
        await decided(store, verdict())
        await until(lambda: world.sessions and "runs" in world.sessions[0].told)
        (session,) = world.sessions
        looked = len([each for each in session.told if each == "retry"])
        await store.add_verdict(verdict(2))
        await until(lambda: session.told.count("retry") > looked)
        assert session.told.count("retry") == looked + 1


async def test_verdicts_are_not_looked_for_where_nothing_can_wait(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bridge without a route that has findings wait asks the database for none in its rounds."""
    monkeypatch.setattr(registry_module, "POLL_SECONDS", 0.01)
    asked: list[str] = []
    read = store._engine.read

    async def counted(query: Query) -> list[Row]:
        asked.append(query.table)
        return await read(query)

    monkeypatch.setattr(store._engine, "read", counted)
    async with World(store, NOTES.model_copy(update={"approve": False})).running():
        await until(lambda: asked.count("events") > 5)
    assert asked.count("verdicts") == 1  # what was left from before, at the start


async def test_a_verdict_whose_route_is_gone_takes_nothing_up(store: Store) -> None:
    """Neither at a start nor in a round: its meeting stays settled."""
    await over(store)
    await decided(store, verdict(route="renamed"))
    world = World(store, NOTES)
    async with world.running() as registry:
        for _ in range(2):  # whoever hears of the second is done with the first
            registry.look()
            await until(lambda: not registry._unsettled.is_set())
    assert (world.sessions, await store.streams_to_settle()) == ([], [])
