"""Who owns a task that runs beside something else, what becomes of it when it breaks, and who does what is long."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final, TypeVar

import structlog

from bridge.backoff import backoff
from bridge.clock import CLOCK, Clock
from bridge.logs import places_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping

_Made = TypeVar("_Made")

FIRST_PAUSE_SECONDS: Final = 1.0
"""Before a part that broke is tried again; each further pause is twice as long."""
LONGEST_PAUSE_SECONDS: Final = 60.0
STEADY_SECONDS: Final = 60.0
"""A part that has run for so long is taken for well again: its next fault is told, and its pauses begin anew."""

log = structlog.get_logger(__name__)


@asynccontextmanager
async def beside(
    work: Coroutine[object, object, None], *, name: str, stop: Callable[[], None] | None = None
) -> AsyncIterator[None]:
    """Run ``work`` in a task while the block runs, and wait for its end behind it.

    At the block's end ``stop`` is called, which asks the work to end; without it the task is cancelled.
    When the work breaks, the block is cancelled and the work's error raised; an error of the block
    passes through as it is, not wrapped in a group.
    """
    try:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(work, name=name)
            try:
                yield
            finally:
                (stop or task.cancel)()
    except BaseExceptionGroup as group:
        if len(group.exceptions) == 1:
            raise group.exceptions[0] from None
        raise


async def supervise(
    part: Callable[[], Awaitable[None]],
    *,
    name: str,
    clock: Clock = CLOCK,
    sleep: Callable[[float], Awaitable[None]] | None = None,
    **told: object,
) -> None:
    """Run a part until it returns. One that breaks is run again after growing pauses; nobody else notices.

    A fault is told once in the log, by its place and never by its words, until the part breaks in another
    place or has run for :data:`STEADY_SECONDS`.

    Args:
        part: Makes what is awaited, anew for each try.
        name: What the log calls it.
        clock: Tells how long it ran, spreads the pauses and sleeps them.
        sleep: Sleeps a pause instead, where something can cut it short.
        told: Further fields of the log.
    """
    pauses, last = None, None
    while True:
        began = clock.steady()
        try:
            return await part()
        except Exception as error:  # the boundary of a part: whatever it is, its neighbours go on
            where = places_of(error)
        if pauses is None or clock.steady() - began >= STEADY_SECONDS:
            pauses, last = backoff(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, chance=clock.chance), None
        if where != last:
            log.error("part.broke", part=name, where=where, **told)
        last = where
        await (sleep or clock.sleep)(next(pauses))


@asynccontextmanager
async def supervised(parts: Mapping[str, Callable[[], Awaitable[None]]]) -> AsyncIterator[None]:
    """Run parts by their names, each under :func:`supervise`, while the block runs; they are cancelled behind it."""
    async with AsyncExitStack() as stack:
        for name, part in parts.items():
            await stack.enter_async_context(beside(supervise(part, name=name), name=name))
        yield


async def wait_for_either(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event, but no longer than so many seconds; whether it is set."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


async def seen_through(work: Coroutine[object, object, None]) -> None:
    """Do what leaves nothing behind to its end, whoever cancels meanwhile, and however often; then they are obeyed.

    ``work`` bounds itself: a time limit around this cancels, too.
    """
    task, cancelled = asyncio.create_task(work), None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    task.result()


async def worked_out(work: Callable[[], _Made], *, is_long: bool) -> _Made:
    """What ``work`` makes. Where that is long, a thread does it: sockets must not wait."""
    return await asyncio.to_thread(work) if is_long else work()
