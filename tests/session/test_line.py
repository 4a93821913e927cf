"""A route's delivery that breaks: whom that harms, and what follows it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from bridge.domain import Product, Source, Stream, Utterance, WindowKind
from bridge.flow.routes import Route
from bridge.rtms.media import Said
from bridge.session.line import Line
from bridge.session.record import Record
from bridge.transcript.utterance import REMEMBERED
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.store.store import Store

STREAM = Stream(
    stream_id="s",
    product=Product.MEETING,
    meeting_uuid="m",
    server_urls="wss://a",
    event_ts=1,
    started_at_ms=1,
)


class Fake:
    """A delivery that takes notes, and breaks where it is told to."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.heard: list[int] = []
        self.told: list[str] = []
        self.over = asyncio.Event()
        world.made.append(self)

    async def restore(self, earlier: Sequence[Utterance]) -> None:
        self.heard += [utterance.n for utterance in earlier]
        await self.world.readable.wait()

    def add(self, utterance: Utterance, now: float) -> None:
        if "add" in self.world.breaks:
            self.world.breaks.discard("add")
            raise ValueError("what people said")
        self.heard.append(utterance.n)

    def amend(self, n: int, text: str) -> None:
        self.told.append(f"amended {n}")

    def look(self) -> None:
        self.told.append("look")

    def end(self) -> None:
        self.told.append("end")
        self.over.set()

    def stop(self) -> None:
        self.told.append("stop")
        self.over.set()

    async def run(self, *, resumed: bool) -> None:
        self.told.append("resumed" if resumed else "new")
        if "run" in self.world.breaks:
            self.world.breaks.discard("run")
            raise ValueError("what people said")
        await self.over.wait()


class World:
    def __init__(self, store: Store) -> None:
        store.put_stream(STREAM)
        self.made: list[Fake] = []
        self.breaks: set[str] = set()
        self.readable = asyncio.Event()
        self.readable.set()
        self.record = Record(STREAM, store)
        route = Route(name="r", flow="f", on=(WindowKind.LIVE, WindowKind.FINAL))
        self.line = Line(
            route, lambda _: Fake(self), record=self.record, store=store, turn=asyncio.Semaphore(1)
        )  # type: ignore[arg-type, return-value]

    def say(self) -> None:
        n = self.record.count + 1
        utterance = self.record.said(
            Said(
                text=f"Line {n}.", user_id="7", speaker="Dana", start_ms=n, end_ms=n, timestamp_ms=n,
                language=None, source=Source.SPEECH,
            )
        )  # fmt: skip
        assert utterance is not None
        self.line.add(utterance, 0.0)


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


@pytest.mark.parametrize("where", ["run", "add"])
async def test_a_delivery_that_breaks(world: World, where: str) -> None:
    """Whatever breaks it, telling it anything raises nothing, and another goes on with all that was said."""
    running = asyncio.create_task(world.line.run())
    world.say()
    world.breaks.add(where)
    with structlog.testing.capture_logs() as logs:
        if where == "run":
            running.cancel()
            await asyncio.wait({running})
            running = asyncio.create_task(world.line.run())
        for _ in range(3):
            world.say()
        await until(lambda: len(world.made) == 2 and "resumed" in world.made[-1].told)
        world.say()
    assert world.made[-1].heard == [1, 2, 3, 4, 5]
    assert [log["event"] for log in logs] == ["part.broke"]
    assert "people said" not in repr(logs)
    world.line.end()
    await running


async def test_words_while_it_is_restored(world: World, store: Store) -> None:
    """What is said while a delivery reads its past reaches it once, in order, and so does an end."""
    world.say()
    world.readable.clear()
    world.line.resume(await restored(world, store))
    running = asyncio.create_task(world.line.run())
    await until(lambda: len(world.made) == 2 and world.made[-1].heard)
    world.say()
    world.line.amend(1, "One.")
    world.line.end()
    world.readable.set()
    async with asyncio.timeout(30):
        await running
    assert world.made[-1].heard == [1, 2]
    assert world.made[-1].told[0] == "amended 1"
    assert world.made[-1].told[-1] == "resumed"


async def test_stopped_in_a_pause(world: World) -> None:
    """A line that waits to try again ends at once when it is told to stop."""
    world.breaks.add("run")
    running = asyncio.create_task(world.line.run())
    await until(lambda: not world.breaks)
    world.line.stop()
    async with asyncio.timeout(30):
        await running


async def restored(world: World, store: Store) -> list[Utterance]:
    """The stream's last utterances, as another process finds them."""
    await store.flush()
    return await world.record.restore()


@pytest.mark.parametrize(("last_n", "first"), [(0, 1), (REMEMBERED + 90, 101)])
async def test_what_is_read_again(
    world: World, store: Store, monkeypatch: pytest.MonkeyPatch, last_n: int, first: int
) -> None:
    """Of a long meeting only what no window has carried is read, and nothing where the last utterances have it."""
    for _ in range(REMEMBERED + 100):
        world.say()
    recent = await restored(world, store)
    assert len(recent) == REMEMBERED

    class Progress:
        pass

    async def progress(stream_id: str, route: str) -> Any:
        found = Progress()
        found.last_n = last_n  # type: ignore[attr-defined]
        return found

    monkeypatch.setattr(store, "progress", progress)
    if last_n:
        monkeypatch.setattr(store, "utterances", None)  # not even asked
    world.line.resume(recent)
    running = asyncio.create_task(world.line.run())
    await until(lambda: "resumed" in world.made[-1].told)
    assert world.made[-1].heard == list(range(first, REMEMBERED + 101))
    world.line.end()
    await running
