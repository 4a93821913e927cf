"""Who owns a task that runs beside something else."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine


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
