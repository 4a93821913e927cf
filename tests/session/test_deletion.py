"""Deleting a meeting everywhere: in what order, how often, and in nobody's way."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bridge.clock import Clock
from bridge.domain import Deletion, Product, Source, Stream, StreamState, Utterance
from bridge.errors import LangflowAway
from bridge.session.deletion import Deletions, Keepers, Place, in_words, is_due, unconfirmed
from bridge.session.retention import BATCH, EVERY_SECONDS, SOON_SECONDS, keep_for
from bridge.tasks import beside
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.store.store import Store

WHY = "consent was revoked"


def wish(attempts: int, error: str) -> Deletion:
    """One that was tried so often, and what became of it last."""
    return Deletion(meeting_uuid="m", why=WHY, requested_ms=1, attempts=attempts, error=error)


class World:
    """Whoever has something of a meeting; each can be made to fail."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.done: list[str] = []
        self.faults: dict[str, list[Exception]] = {}
        self.slow: set[str] = set()
        self.pauses: list[float] = []
        self.deletions = self.new()

    def new(self) -> Deletions:
        return Deletions(self.store, Clock(chance=lambda: 0.0, sleep=self._sleep))

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0)

    async def _do(self, what: str) -> None:
        if what in self.slow:
            await asyncio.Event().wait()
        if self.faults.get(what):
            raise self.faults[what].pop(0)
        self.done.append(what)

    @asynccontextmanager
    async def closed(self, meeting_uuid: str, why: str) -> AsyncIterator[None]:
        self.done.append(f"closed {meeting_uuid}")
        yield
        self.done.append(f"open {meeting_uuid}")

    async def purge(self, stream_id: str) -> None:
        await self._do(f"recordings of {stream_id}")

    async def forget(self, meeting_uuid: str) -> None:
        await self._do(f"langflow {meeting_uuid}")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        keepers = Keepers(sessions=self, recordings=self, forget_at_langflow=self.forget)
        async with beside(self.deletions.run(keepers), name="deletions"):
            yield

    async def ended(self) -> None:
        async def none_left() -> bool:
            return not await self.store.deletions() and not self.deletions.pending()

        await until(none_left)


@pytest.fixture
async def world(store: Store) -> World:
    for meeting, stream_id in (("m", "s"), ("m", "t"), ("other", "o")):
        store.put_stream(
            Stream(
                stream_id=stream_id, product=Product.MEETING, meeting_uuid=meeting, server_urls="", event_ts=1,
                topic="Merger", started_at_ms=1, state=StreamState.ENDED,
            )
        )  # fmt: skip
        store.add_utterance(
            Utterance(
                stream_id=stream_id, n=1, speaker="Dana", user_id="7", start_ms=1, end_ms=2, text="Words.",
                source=Source.SPEECH,
            )
        )  # fmt: skip
    await store.flush()
    return World(store)


async def test_everywhere_in_order(world: World) -> None:
    """Sessions end first, whichever stream they hear; then recordings and store go, and Langflow last."""
    async with world.running():
        await world.deletions.forget("m", WHY)
        await world.ended()
    assert world.done == ["closed m", "recordings of s", "recordings of t", "open m", "langflow m"]
    assert await world.store.utterances("s") == await world.store.utterances("t") == []
    assert len(await world.store.utterances("o")) == 1
    kept = await world.store.stream("s")
    assert kept is None or kept.topic == ""


async def test_until_confirmed(world: World) -> None:
    """A place that has not confirmed is asked again after growing pauses, the others not; the log tells once."""
    world.faults["langflow m"] = [LangflowAway("nobody answers") for _ in range(3)]
    with structlog.testing.capture_logs() as logs:
        async with world.running():
            await world.deletions.forget("m", WHY)
            await world.ended()
    assert world.pauses == [1, 2, 4]
    assert world.done.count("closed m") == 1
    assert [log["event"] for log in logs] == ["meeting.not_deleted_yet", "meeting.deleted"]


@pytest.mark.parametrize("fault", [OSError(13, "Permission denied"), ValueError("what people said")])
async def test_one_place_fails(world: World, fault: Exception) -> None:
    """Whatever is in the way of one place, the others are asked all the same, and no content is told."""
    world.faults["recordings of s"] = [fault]
    world.slow.add("langflow m")
    with structlog.testing.capture_logs() as logs:
        async with world.running():
            await world.deletions.forget("m", WHY)

            async def purged() -> bool:
                return not await world.store.utterances("t")

            await until(purged)
    assert "people said" not in repr(logs)


async def test_for_a_later_time(world: World) -> None:
    """What is wished for later waits for its time or a word that it has come; the next process knows of it, too."""
    await world.deletions.forget_within("rehearsal-1", WHY, 60)
    async with world.running():
        await world.deletions.forget("m", WHY)

        async def one_left() -> bool:
            return len(await world.store.deletions()) == 1

        await until(one_left)
    assert "langflow m" in world.done
    world.deletions = world.new()
    async with world.running():
        [waits] = await world.store.deletions()
        assert (waits.meeting_uuid, "langflow rehearsal-1" in world.done) == ("rehearsal-1", False)
        world.deletions.hasten("rehearsal-1")
        await world.ended()
    assert world.done[-1] == "langflow rehearsal-1"


async def test_a_word_from_a_clock_that_is_ahead(world: World) -> None:
    """What may go now goes now at a bridge whose clock is behind, too."""
    behind = Clock(wall=lambda: time.time() - 100, chance=lambda: 0.0)
    world.deletions = Deletions(world.store, behind)
    await world.deletions.forget_within("rehearsal-1", WHY, 60)
    async with world.running():
        world.deletions.hasten("rehearsal-1")
        await world.ended()
    assert world.done[-1] == "langflow rehearsal-1"


@pytest.mark.parametrize(
    ("from_ms", "due"), [(10_000, True), (10_001, False), (310_000, False), (310_001, True)]
)
def test_due(from_ms: int, due: bool) -> None:
    """A rehearsal's wish is fulfilled from its time on, without waiting for that of a clock that was far ahead; a meeting's at once."""
    of_a_meeting = replace(wish(0, ""), requested_ms=from_ms)
    assert is_due(replace(of_a_meeting, meeting_uuid="rehearsal-1"), 10_000) is due
    assert is_due(of_a_meeting, 10_000)


async def test_a_slow_langflow_delays_nobody(world: World) -> None:
    """While Langflow says nothing about one meeting, another is deleted, and both can be seen."""
    world.slow.add("langflow m")
    async with world.running():
        await world.deletions.forget("m", WHY)
        await until(lambda: "open m" in world.done)
        async with asyncio.timeout(30):
            await world.deletions.forget("other", WHY)
        await until(lambda: "langflow other" in world.done)
        await until(lambda: [each.meeting_uuid for each in world.deletions.pending()] == ["m"])


async def test_another_process_goes_on(world: World) -> None:
    """A wish outlives the process, and where our own places have confirmed only Langflow is asked again."""
    world.faults["langflow m"] = [LangflowAway("nobody answers")]
    world.slow.add("langflow m later")
    async with world.running():
        await world.deletions.forget("m", WHY)

        async def tried() -> bool:
            return (
                any(each.attempts for each in await world.store.deletions()) or not world.faults["langflow m"]
            )

        await until(tried)
        await world.store.flush()  # the try is told, and may be on its way
    before = list(world.done)
    if not await world.store.deletions():  # it was quicker than we are
        await world.store.add_deletion("m", WHY)
        world.store.deletion_tried("m", attempts=1, error="langflow: nobody answers")
        await world.store.flush()
    world.done.clear()
    world.deletions = world.new()
    async with world.running():
        await world.ended()
    assert "closed m" in before
    assert world.done == ["langflow m"]


async def test_wished_again_meanwhile(world: World) -> None:
    """A second wish while the first waits for Langflow makes everything go once more."""
    gate = asyncio.Event()

    async def forget(meeting_uuid: str) -> None:
        world.done.append("langflow")
        await gate.wait()

    keepers = Keepers(sessions=world, recordings=world, forget_at_langflow=forget)
    async with beside(world.deletions.run(keepers), name="deletions"):
        await world.deletions.forget("m", WHY)
        await until(lambda: "langflow" in world.done)
        await world.deletions.forget("m", WHY)
        gate.set()
        await world.ended()
    assert world.done.count("closed m") == 2


async def test_what_is_recorded_later_stays(world: World) -> None:
    """Another try takes nothing of a stream that began after the wish: who agrees again is another."""
    world.faults["recordings of s"] = [OSError(13, "Permission denied")]
    await world.deletions.forget("m", WHY)
    later = await world.store.stream("o")
    assert later is not None
    world.store.put_stream(replace(later, stream_id="later", meeting_uuid="m"))
    await world.store.flush()
    async with world.running():
        await world.ended()
    assert "recordings of s" in world.done
    assert "recordings of later" not in world.done


async def test_without_a_langflow(world: World) -> None:
    """Where no route uses Langflow, nobody asks it."""
    keepers = Keepers(sessions=world, recordings=world, forget_at_langflow=None)
    async with beside(world.deletions.run(keepers), name="deletions"):
        await world.deletions.forget("m", WHY)
        await world.ended()
    assert world.done[-1] == "open m"


@given(st.sets(st.sampled_from(Place), min_size=1), st.text(max_size=20), st.integers(1, 5))
def test_what_is_left_is_read_again(places: set[Place], why: str, attempts: int) -> None:
    """No place that has not confirmed is ever left out, whatever its error says."""
    error = in_words(dict.fromkeys(places, why))
    deletion = wish(attempts, error)
    assert places <= set(unconfirmed(deletion))


def test_a_first_try_asks_everybody() -> None:
    """Before anything was tried, and where an error names no place, all are asked."""
    assert unconfirmed(wish(0, "")) == tuple(Place)
    assert unconfirmed(wish(3, "")) == tuple(Place)
    assert unconfirmed(wish(1, "langflow: away")) == (Place.LANGFLOW,)


class Old:
    """A store with meetings that are too old."""

    def __init__(self, due: int) -> None:
        self.due = [f"m{n}" for n in range(due)]
        self.asked: list[int] = []
        self.pruned: list[int] = []
        self.wishes: list[tuple[str, str]] = []
        self.slept: list[float] = []

    async def expired_meetings(self, before_ms: int, *, limit: int) -> list[str]:
        self.asked.append(before_ms)
        found, self.due = self.due[:limit], self.due[limit:]
        return found

    async def prune(self, before_ms: int) -> None:
        self.pruned.append(before_ms)

    async def forget(self, meeting_uuid: str, why: str) -> None:
        self.wishes.append((meeting_uuid, why))

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if seconds == EVERY_SECONDS:
            raise asyncio.CancelledError


async def test_kept_for_days() -> None:
    """What is older is wished away a batch at a time, then again in an hour."""
    old = Old(BATCH + 1)
    clock = Clock(wall=lambda: 100 * 24 * 3600.0, sleep=old.sleep)
    with pytest.raises(asyncio.CancelledError):
        await keep_for(30, store=old, deletions=old, clock=clock)  # type: ignore[arg-type]
    assert old.asked == old.pruned == [70 * 24 * 3600 * 1000] * 2
    assert len(old.wishes) == BATCH + 1
    assert old.wishes[0] == ("m0", "kept for 30 days")
    assert old.slept == [SOON_SECONDS, EVERY_SECONDS]


async def test_kept_for_ever() -> None:
    """With 0 days nothing is even looked for."""
    old = Old(5)
    await keep_for(0, store=old, deletions=old)  # type: ignore[arg-type]
    assert old.asked == old.wishes == []
