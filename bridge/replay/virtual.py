"""An event loop whose time passes only while everybody waits: an hour in a moment, the same each time."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor


class _Skipping(selectors.SelectSelector):
    """Does not wait for a time, but tells the loop that it has passed."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready and timeout is None:  # waits for a thread, or for ever
            return super().select(None)
        if not ready and timeout:
            self.loop.passed += timeout
            self.loop.wakes += 1
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Begins at zero. Sockets and threads work, and cost no virtual time."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.wakes = 0
        """How often somebody was waited for: a process that has nothing to do costs what these cost."""
        selector = _Skipping()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        """Seconds that were waited for."""
        return self.passed

    def run_in_executor(  # type: ignore[override]  # typeshed wants TypeVarTuples that tell nothing here
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Done at once and in this thread: what another thread does would take no virtual time, or any."""
        done: asyncio.Future[Any] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # as an executor does, for whoever waits
            done.set_exception(error)
        return done
