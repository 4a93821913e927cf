"""Waiting for a condition, never for a time."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import time
from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from bridge.store.store import Store

_Found = TypeVar("_Found")
_POLL_SECONDS = 0.02


@overload
async def until(condition: Callable[[], Awaitable[_Found]], *, seconds: float = 30) -> _Found: ...
@overload
async def until(condition: Callable[[], _Found], *, seconds: float = 30) -> _Found: ...
async def until(condition: Callable[[], Any], *, seconds: float = 30) -> Any:
    """Return the condition's first true value; fail when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {inspect.getsource(condition).strip()}")
        await asyncio.sleep(_POLL_SECONDS)


async def cancelled_at(moment: asyncio.Event, running: Coroutine[Any, Any, object]) -> None:
    """Run something until a moment, and cancel it there; fail when it ends another way."""
    task = asyncio.create_task(running)
    await moment.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
        raise AssertionError("it was not cancelled")


async def at_work(store: Store) -> None:
    """Wait until the bridge of a store has looked at what an earlier one left: it takes up no stream that is put there now."""
    await store.add_event(event="none", stream_id="none", event_ts=1, body="{}")

    async def is_handled() -> bool:
        return not await store.events_to_handle()

    await until(is_handled)
