"""An event loop whose time passes only while everybody waits: an hour in a moment, the same each time."""

from __future__ import annotations

import asyncio
import functools
import selectors
from typing import TYPE_CHECKING, Any, ParamSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

_Given = ParamSpec("_Given")


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


def in_virtual_time(test: Callable[_Given, Coroutine[None, None, None]]) -> Callable[_Given, None]:
    """A test whose loop is a :class:`VirtualLoop`; it leaves no task behind."""

    @functools.wraps(test)
    def run(*args: _Given.args, **kwargs: _Given.kwargs) -> None:
        async def checked() -> None:
            await test(*args, **kwargs)
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert not left, f"tasks left behind: {left}"

        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(checked())

    return run
