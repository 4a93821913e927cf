from __future__ import annotations

import asyncio

import pytest

from bridge.tasks import beside


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
