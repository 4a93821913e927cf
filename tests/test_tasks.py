from __future__ import annotations

import asyncio

import pytest
import structlog

from bridge.clock import Clock
from bridge.tasks import STEADY_SECONDS, beside, supervise, supervised


class Work:
    """Waits to be stopped, or breaks when told to."""

    def __init__(self) -> None:
        self.running = asyncio.Event()
        self.stopped = asyncio.Event()
        self.breaks = asyncio.Event()
        self.ended = ""

    async def run(self) -> None:
        self.running.set()
        try:
            waits = [asyncio.ensure_future(event.wait()) for event in (self.stopped, self.breaks)]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
            if self.breaks.is_set():
                raise LookupError("work")
            self.ended = "stopped"
        except asyncio.CancelledError:
            self.ended = "cancelled"
            raise


async def test_cancelled_behind_the_block() -> None:
    """Work is cancelled when its block ends, and has ended when the next line runs."""
    work = Work()
    async with beside(work.run(), name="work"):
        await work.running.wait()
        assert work.ended == ""
    assert work.ended == "cancelled"


async def test_asked_to_stop() -> None:
    """Work that knows how to stop is asked to, and waited for."""
    work = Work()
    async with beside(work.run(), name="work", stop=work.stopped.set):
        await work.running.wait()
    assert work.ended == "stopped"


async def test_the_work_breaks() -> None:
    """When the work breaks, the block is cancelled and the work's own error comes out."""
    work = Work()
    cancelled = False

    async def owner() -> None:
        nonlocal cancelled
        async with beside(work.run(), name="work"):
            work.breaks.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled = True
                raise

    with pytest.raises(LookupError, match="work"):
        await owner()
    assert cancelled


async def test_the_block_breaks() -> None:
    """An error of the block comes out as it is, and the work has ended."""
    work = Work()

    async def owner() -> None:
        async with beside(work.run(), name="work"):
            await work.running.wait()
            raise KeyError("block")

    with pytest.raises(KeyError, match="block"):
        await owner()
    assert work.ended == "cancelled"


async def test_both_break() -> None:
    """Two errors come out as two."""
    running = asyncio.Event()

    async def breaks_when_cancelled() -> None:
        running.set()
        try:
            await asyncio.Event().wait()
        finally:
            raise LookupError("work")

    async def owner() -> None:
        async with beside(breaks_when_cancelled(), name="work"):
            await running.wait()
            raise KeyError("block")

    with pytest.raises(ExceptionGroup) as both:
        await owner()
    assert {type(error) for error in both.value.exceptions} == {KeyError, LookupError}


async def test_cancelled_from_outside() -> None:
    """Who is cancelled with work beside them takes the work along."""
    work = Work()

    async def owner() -> None:
        async with beside(work.run(), name="work"):
            await asyncio.Event().wait()

    owning = asyncio.create_task(owner())
    await work.running.wait()
    owning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await owning
    assert work.ended == "cancelled"


class Breaking:
    """A part that breaks as it is told, with a clock that only its pauses move."""

    def __init__(self, *lifetimes: float) -> None:
        self.lifetimes = list(lifetimes)
        self.now = 0.0
        self.pauses: list[float] = []
        self.clock = Clock(steady=lambda: self.now, chance=lambda: 0.0, sleep=self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    async def run(self) -> None:
        if not self.lifetimes:
            return
        self.now += self.lifetimes.pop(0)
        raise LookupError("what people said")


async def test_a_part_that_breaks_is_run_again() -> None:
    """It is tried again after growing pauses until it returns, and the log tells once, by place and not by words."""
    part = Breaking(0, 0, 0, 0)
    with structlog.testing.capture_logs() as logs:
        await supervise(part.run, name="the part", clock=part.clock, stream_id="s")
    assert part.pauses == [1, 2, 4, 8]
    (told,) = logs
    assert (told["event"], told["part"], told["stream_id"]) == ("part.broke", "the part", "s")
    assert "LookupError in" in repr(told)
    assert "people said" not in repr(told)


async def test_a_part_that_was_well_for_long() -> None:
    """Its pauses begin anew, and its next fault is told again."""
    part = Breaking(0, 0, STEADY_SECONDS, 0)
    with structlog.testing.capture_logs() as logs:
        await supervise(part.run, name="the part", clock=part.clock)
    assert part.pauses == [1, 2, 1, 2]
    assert len(logs) == 2


async def test_a_pause_has_an_end() -> None:
    """However often it breaks, a part is tried again within a minute."""
    part = Breaking(*[0.0] * 20)
    await supervise(part.run, name="the part", clock=part.clock)
    assert part.pauses[-1] == 60


async def test_parts_are_apart() -> None:
    """A part that breaks leaves its neighbours and the block alone; all have ended behind the block."""
    work = Work()
    broke = asyncio.Event()

    async def breaks() -> None:
        broke.set()
        raise LookupError

    async with supervised({"one": breaks, "other": work.run}):
        await broke.wait()
        await work.running.wait()
        await asyncio.sleep(0)
        assert work.ended == ""
    assert work.ended == "cancelled"
