"""Tests on a loop whose time is virtual."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, ParamSpec

from bridge.replay.virtual import VirtualLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["VirtualLoop", "in_virtual_time"]

_Given = ParamSpec("_Given")


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
