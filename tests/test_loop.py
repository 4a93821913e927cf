from __future__ import annotations

import asyncio
import importlib
import sys

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
