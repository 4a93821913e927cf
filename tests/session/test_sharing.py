"""Two bridges on one PostgreSQL, in one event loop: what one is asked for and the other has to do."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from bridge.assembly.listening import subscribe
from bridge.assembly.meetings import lead
from bridge.domain import RunStatus, StreamState
from bridge.simulator.progress import Step
from bridge.tasks import supervised
from tests.fakes.journey import meeting
from tests.fakes.run_api import Answer
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.app import Bridge
    from tests.fakes.journey import Journey

LONG = meeting(4000, every_ms=5)


class Pair:
    """Two bridges, one of which hears the only meeting."""

    def __init__(self, journey: Journey, bridges: list[Bridge], lives: list[AsyncExitStack]) -> None:
        self._journey, self._bridges, self._lives = journey, bridges, lives

    async def heard(self) -> tuple[int, int]:
        """The number of the bridge that hears the meeting, and that of the other."""

        async def hears() -> list[int]:
            return [n for n, bridge in enumerate(self._bridges) if await bridge.store.mine()]

        (n,) = await until(hears)
        await self._journey.ready(self._bridges[n], 1)
        return n, 1 - n

    async def stop(self, n: int) -> None:
        """Stop one of them."""
        await self._lives[n].aclose()

    def __getitem__(self, n: int) -> Bridge:
        return self._bridges[n]


@asynccontextmanager
async def pair(journey: Journey, url: str) -> AsyncIterator[Pair]:
    """Both, with a meeting that has begun; its webhook went to the first."""
    journey.settings_changes["bridge_store_url"] = url
    async with AsyncExitStack() as one, AsyncExitStack() as two:
        bridges = [
            await one.enter_async_context(journey.bridge()),
            await two.enter_async_context(journey.bridge()),
        ]
        playing = asyncio.create_task(journey.play(bridges[0], LONG))
        try:
            yield Pair(journey, bridges, [one, two])
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)


async def test_a_bridge_that_stops_hands_over(journey: Journey, postgres_url: str) -> None:
    """Another one dials at once, and goes on where the first one left off: every word is in one window."""
    async with pair(journey, postgres_url) as bridges:
        n, other = await bridges.heard()
        await journey.said(40)
        await bridges.stop(n)
        await until(lambda: sum(each.step is Step.READY for each in journey.progress) >= 2)
        stopped_at = max(each.said for each in journey.progress)
        await until(lambda: max(each.said for each in journey.progress) > stopped_at + 100)
        store = bridges[other].store
        await store.flush()
        (summary,) = await store.stream_summaries(limit=1)
        assert summary.stream.state is StreamState.LIVE
        numbers = [each.n for each in await store.utterances(summary.stream.stream_id)]
        assert numbers == list(range(1, len(numbers) + 1))
        (gap,) = await store.gaps(summary.stream.stream_id)
        assert gap.reason == "reconnect"
        carried = [said["id"] for run in journey.api.runs for said in run.window["utterances"]]
        assert len(carried) == len(set(carried))


async def test_a_deletion_reaches_whoever_hears(journey: Journey, postgres_url: str) -> None:
    """Whichever bridge is asked, and whichever leads, the one that hears hangs up first, and nothing is left."""
    async with pair(journey, postgres_url) as bridges:
        _, other = await bridges.heard()
        await journey.said(40)
        store = bridges[other].store
        (summary,) = await store.stream_summaries(limit=1)
        stream_id, uuid = summary.stream.stream_id, summary.stream.meeting_uuid
        await bridges[other].deletions.forget(uuid, "somebody asked for it")

        async def is_gone() -> bool:
            return not await store.deletions()

        await until(is_gone)
        assert await store.utterances(stream_id) == []
        assert await store.runs(stream_id) == []
        tombstone = await store.stream(stream_id)
        assert tombstone is not None
        assert (tombstone.state, tombstone.topic, tombstone.server_urls) == (StreamState.ENDED, "", "")
        assert [await each.store.mine() for each in (bridges[0], bridges[1])] == [set(), set()]


async def test_failed_runs_are_sent_again_by_whoever_has_them(journey: Journey, postgres_url: str) -> None:
    """Another try that one bridge is asked for is made by the bridge whose meeting it is."""
    mended = False
    breaks = Answer(status=400, text='{"detail": "This window is not for me."}')
    journey.api.otherwise = lambda run: breaks if run.window["seq"] == 2 and not mended else Answer()
    async with pair(journey, postgres_url) as bridges:
        _, other = await bridges.heard()
        store = bridges[other].store

        async def failed() -> int:
            return len(await store.failed_runs(limit=10))

        await until(failed)
        (run,) = await store.failed_runs(limit=10)
        mended = True
        async with httpx.AsyncClient(base_url=bridges[other].admin_url, trust_env=False) as client:
            (await client.post("/api/runs/retry", json={"windows": [run.window_id]})).raise_for_status()

        async def answered() -> bool:
            runs = await store.runs(run.stream_id)
            return {each.window_id: each.status for each in runs}[run.window_id] is RunStatus.DONE

        await until(answered)


class Leases:
    """Of a leader, which a test lets lapse."""

    leader = True

    def __init__(self) -> None:
        self.is_held = asyncio.Event()
        self.is_lapsed = asyncio.Event()
        self.is_held.set()

    def held(self) -> bool:
        return self.is_held.is_set()

    async def led(self) -> None:
        """At once."""

    async def lapsed(self) -> None:
        await self.is_lapsed.wait()

    async def renewed(self) -> None:
        await self.is_held.wait()


async def test_a_leader_that_is_cut_off() -> None:
    """What only one bridge does ends where another one may do it by now, and begins again once that is known not to be so."""
    leases, at_work = Leases(), [0]

    async def part() -> None:
        at_work.append(at_work[-1] + 1)
        try:
            await asyncio.Event().wait()
        finally:
            at_work.append(0)

    store: Any = SimpleNamespace(leases=leases)
    task = asyncio.create_task(lead(store, part))
    await until(lambda: at_work[-1] == 1)
    leases.is_held.clear()
    leases.is_lapsed.set()
    await until(lambda: at_work[-1] == 0)
    leases.is_lapsed.clear()
    leases.is_held.set()
    await until(lambda: at_work[-1] == 1)
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert at_work == [0, 1, 0, 1, 0]


async def test_a_leader_that_is_cut_off_keeps_the_event_socket() -> None:
    """Zoom does not tell again what nobody hears, as where the database is away for all bridges; nothing says that another has it."""
    leases, told = Leases(), []

    async def work(name: str) -> None:
        told.append(name)
        try:
            await asyncio.Event().wait()
        finally:
            told.append(f"no {name}")

    store: Any = SimpleNamespace(leases=leases)
    socket: Any = SimpleNamespace(run=lambda: work("socket"), stand_by=lambda: told.append("stood by"))
    parts = {
        "socket": lambda: subscribe(socket, store),
        "others": lambda: lead(store, lambda: work("others")),
    }
    async with supervised(parts):
        await until(lambda: len(told) == 2)
        leases.is_held.clear()
        leases.is_lapsed.set()
        await until(lambda: "no others" in told)
        assert sorted(told) == ["no others", "others", "socket"]
    assert "no socket" in told


async def test_a_part_that_breaks_as_it_is_ended() -> None:
    """Its error comes to whoever supervises it, and is not lost with the lapse."""
    leases, began = Leases(), asyncio.Event()

    async def part() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("in its end")

    store: Any = SimpleNamespace(leases=leases)
    task = asyncio.create_task(lead(store, part))
    await began.wait()
    leases.is_held.clear()
    leases.is_lapsed.set()
    with pytest.raises(ValueError, match="in its end"):
        async with asyncio.timeout(10):
            await task
