from __future__ import annotations

import asyncio
import gc
import importlib
import sys
import weakref

import pytest

from bridge import loop


def test_uvloop_serves_where_it_is() -> None:
    """A bridge runs in the fastest loop that is installed, and says which."""
    uvloop = pytest.importorskip("uvloop")

    async def running() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    assert isinstance(loop.run(running()), uvloop.Loop)
    assert loop.name().startswith("uvloop ")


def test_a_bridge_works_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no uvloop, as on Windows, asyncio's own loop serves."""
    try:
        with monkeypatch.context() as without:
            without.setitem(sys.modules, "uvloop", None)
            importlib.reload(loop)
            made = loop.new_event_loop()
            made.close()
            assert (isinstance(made, asyncio.SelectorEventLoop), loop.name()) == (True, "asyncio")
    finally:
        importlib.reload(loop)


def test_no_timer_comes_early() -> None:
    """Whoever is woken at a time finds that it has come: else it would wait anew, over and over, for the rest of it."""

    async def wait() -> list[float]:
        running, late = asyncio.get_running_loop(), []
        for n in range(200):
            due_at = running.time() + 0.001 + n * 0.00003
            woken = asyncio.Event()
            running.call_at(due_at, woken.set)
            await woken.wait()
            late.append(running.time() - due_at)
        return late

    assert min(loop.run(wait())) >= 0


def test_modules_are_not_searched_for_garbage() -> None:
    """What was there before a bridge began is no part of a search for garbage while it runs: one takes no more than
    what its meetings made.
    """

    async def searched() -> int:
        made = [[] for _ in range(1000)]  # type: list[list[object]]
        return len(gc.get_objects()) - len(made)

    gc.unfreeze()  # what the tests themselves left out of their searches
    there, before = len(gc.get_objects()), gc.get_threshold()
    assert loop.run(searched()) < there / 10
    assert (gc.get_freeze_count(), gc.get_threshold()) == (0, before)


def test_settled_again_it_lets_go_of_what_is_garbage_by_then() -> None:
    """A bridge that begins anew does not keep the one before for ever."""

    class Before:
        """Holds itself, as sessions and their sockets do."""

        def __init__(self) -> None:
            self.itself = self

    async def begin_anew() -> bool:
        before = weakref.ref(held := Before())
        loop.settle()
        del held
        loop.settle()
        return before() is None

    assert loop.run(begin_anew())
