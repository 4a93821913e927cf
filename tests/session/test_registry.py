from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import structlog

from bridge.domain import Product, Stream, StreamState
from bridge.rtms.status import stop_words
from bridge.session.registry import Registry
from bridge.webhook.events import EventKind, StreamEvent
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.store.store import Store

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


class FakeSession:
    """Runs until it is told to end, and notes what it is told."""

    def __init__(self, stream: Stream, world: World) -> None:
        self.stream = stream
        self.told: list[str] = []
        self._world = world
        self._over = asyncio.Event()

    async def run(self, *, resumed: bool) -> None:
        self.told.append("resumed" if resumed else "new")
        if self._world.breaks:
            raise ValueError(SECRET_WORDS)
        await self._over.wait()

    def end(self, stop_reason: int | None) -> None:
        self.told.append(f"end: {stop_words(stop_reason)}")
        self._over.set()

    def fail_over(self, server_urls: str, event_ts: int) -> None:
        self.told.append(f"fail over to {server_urls}")
        self.stream = replace(self.stream, server_urls=server_urls, event_ts=event_ts)

    def reconnect(self, event_ts: int) -> None:
        self.told.append(f"reconnect {event_ts}")

    def stop(self) -> None:
        self.told.append("stop")
        if not self._world.hangs:
            self._over.set()


class World:
    """A registry on a real store, with sessions that only take notes."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.sessions: list[FakeSession] = []
        self.rulings: Counter[str] = Counter()
        self.breaks = self.hangs = False
        self.count = 0
        self.forgotten: list[str] = []
        self.registry = Registry(
            store,
            new_session=self._new,  # type: ignore[arg-type]
            forget=self._forget,
            metrics=Metrics(self),
        )

    async def _forget(self, meeting_uuid: str) -> None:
        self.forgotten.append(meeting_uuid)

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
        for each in (STARTED, STARTED, INTERRUPTED, moved, STARTED, STOPPED):
            await registry.accept(each)
        await world.handled()
        (session,) = world.sessions
        assert session.told == ["new", "reconnect 200", "fail over to wss://b", "end: the meeting ended"]
        assert session.stream.event_ts == 250
        await until(lambda: world.count == 0)
    kept = await world.store.stream("s")
    assert kept is not None
    assert (kept.meeting_uuid, kept.started_at_ms) == ("m", 100)


async def test_streams_are_apart(world: World) -> None:
    """Each stream has its own session, also within one meeting."""
    async with world.running() as registry:
        for stream_id in ("s", "t"):
            await registry.accept(event(EventKind.STARTED, stream_id=stream_id))
        await registry.accept(event(EventKind.STOPPED, 300, stream_id="s"))
        await world.handled()
        told = {session.stream.stream_id: session.told for session in world.sessions}
        assert told == {"s": ["new", "end: the meeting ended"], "t": ["new"]}


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
        assert world.forgotten == ["m"]


async def test_goes_on(world: World) -> None:
    """A new process goes on with what is live, and acts on events that its forerunner only stored."""
    async with world.running() as registry:
        await registry.accept(STARTED)
        await world.handled()
    await world.registry.accept(STOPPED)
    after = World(world.store)
    async with after.running():
        await after.handled()
        assert [session.told for session in after.sessions] == [["resumed", "end: the meeting ended"]]


async def test_one_breaks(world: World) -> None:
    """A session that breaks leaves its neighbours alone, and the log says where but not what."""
    async with world.running() as registry:
        await registry.accept(STARTED)
        await world.handled()
        world.breaks = True
        with structlog.testing.capture_logs() as logs:
            await registry.accept(event(EventKind.STARTED, stream_id="t"))
            await until(lambda: any(log["event"] == "session.broke" for log in logs))
        assert SECRET_WORDS not in repr(logs)
        assert "ValueError in" in repr(logs)
        world.breaks = False
        await registry.accept(INTERRUPTED)
        await world.handled()
        assert world.sessions[0].told == ["new", "reconnect 200"]
        assert world.count == 1


@pytest.mark.parametrize(
    ("later", "told"),
    [
        (event(EventKind.STARTED, 250, urls="wss://b"), "fail over to wss://b"),
        (INTERRUPTED, "reconnect 200"),
        (STOPPED, "end: the meeting ended"),
    ],
)
async def test_after_a_break(world: World, later: StreamEvent, told: str) -> None:
    """News of a stream whose session broke gives it another session, which goes on from the store."""
    world.breaks = True
    async with world.running() as registry:
        await registry.accept(STARTED)
        await until(lambda: len(world.sessions) == 1 and world.count == 0)
        world.breaks = False
        await registry.accept(later)
        await world.handled()
        await until(lambda: "resumed" in world.sessions[-1].told)
    assert len(world.sessions) == 2
    assert told in world.sessions[1].told


async def test_hangs_up(world: World) -> None:
    """Told to stop, the registry hangs up on every stream and ends none."""
    async with world.running() as registry:
        for stream_id in ("s", "t"):
            await registry.accept(event(EventKind.STARTED, stream_id=stream_id))
        await world.handled()
    assert [session.told for session in world.sessions] == [["new", "stop"]] * 2
    assert len(await world.store.streams_to_settle()) == 2


async def test_grace(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that does not end in time is cancelled."""
    monkeypatch.setattr("bridge.session.registry.GRACE_SECONDS", 0.05)
    world.hangs = True
    async with asyncio.timeout(30):
        async with world.running() as registry:
            await registry.accept(STARTED)
            await world.handled()
    assert world.sessions[0].told == ["new", "stop"]


async def test_consent_revoked_afterwards(world: World) -> None:
    """When consent is revoked of a stream that has ended or was never heard of, its meeting is forgotten."""
    revoked = STOPPED.model_copy(update={"stop_reason": 8})
    async with world.running() as registry:
        await registry.accept(revoked)
        await world.handled()
        assert world.forgotten == ["m"]
        await registry.accept(revoked.model_copy(update={"event_ts": 400}))
        await world.handled()
    assert world.forgotten == ["m", "m"]
