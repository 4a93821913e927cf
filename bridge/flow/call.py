"""Python functions in place of flows: found at start, called in threads, one at a time per meeting and route.

A function may block for as long as it likes: neither Zoom's sockets nor other meetings wait for it.
Python cannot end a thread. So a call that outlives its time counts as failed, but its lane stays
closed until it has really ended, and when the same window is tried again it waits for the same call.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import inspect
import json
import sys
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import structlog

from bridge.domain import Output
from bridge.errors import ConfigurationError, FlowFailed, FlowRefused, LangflowError
from bridge.text import storable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

    from bridge.domain import Window
    from bridge.flow.routes import Route

CALLS_AT_ONCE: Final = 32
"""Threads that functions are called in, over all meetings; a further call waits for one to end."""
KEPT_SECONDS: Final = 60.0
"""How long an answer that came too late is kept for the next try, which asks within half of it."""
CLOSE_SECONDS: Final = 5.0
"""How long calls under way are waited for when the bridge stops. Their windows are called with again at the next start."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Call:
    """One call of a function, from its start until its answer is taken."""

    window_id: str
    outcome: asyncio.Future[str | LangflowError]


class Calls:
    """Calls the functions that routes name."""

    def __init__(self, functions: dict[str, Callable[[Any], object]], *, texts: frozenset[str]) -> None:
        """``functions`` by their routes' targets; ``texts`` are the routes whose input is plain text."""
        self._functions = functions
        self._texts = texts
        self._threads = asyncio.Semaphore(CALLS_AT_ONCE)
        self._calls: dict[tuple[str, str], _Call] = {}

    async def run(self, window: Window, *, timeout_seconds: float) -> Output:
        """What the window's function makes of it; empty when that was ``None``.

        Raises:
            FlowFailed: The function raised, or took longer than ``timeout_seconds``.
            FlowRefused: It answered with something that is no text, or no route names it any more.
        """
        lane = (window.meeting_uuid, window.route)
        call = self._calls.get(lane)
        if call is not None and call.window_id != window.window_id:
            await asyncio.wait([call.outcome])
            call = None
        if call is None:
            call = await self._begin(window, lane)
        ended, _ = await asyncio.wait([call.outcome], timeout=timeout_seconds)
        if not ended:
            raise FlowFailed(
                f"no answer within {timeout_seconds:g} s (timeout_seconds of the route); the call goes on"
            )
        self._forget(lane, call)
        outcome = call.outcome.result()
        if isinstance(outcome, LangflowError):
            raise outcome
        return Output(outcome)

    async def give_up(self, window: Window) -> None:
        """Nothing to do: a call cannot be ended, and the next window of its lane waits for it."""

    async def trouble(self, window: Window) -> str:
        """None: what a function does is its own doing."""
        return ""

    async def close(self) -> None:
        """Wait a little for calls under way, and then for none."""
        under_way = [call.outcome for call in self._calls.values() if not call.outcome.done()]
        if under_way:
            _, left = await asyncio.wait(under_way, timeout=CLOSE_SECONDS)
            if left:
                log.warning("call.left_behind", calls=len(left))

    async def _begin(self, window: Window, lane: tuple[str, str]) -> _Call:
        function = self._functions.get(window.flow)
        if function is None:
            raise FlowRefused(f"no route names {window.flow!r} any more")
        argument = window.input_value if window.route in self._texts else _window(window.input_value)
        await self._threads.acquire()
        ended: Future[str | LangflowError] = Future()

        def work() -> None:
            ended.set_result(_outcome(window.flow, function, argument))

        call = _Call(window.window_id, asyncio.wrap_future(ended))
        self._calls[lane] = call
        call.outcome.add_done_callback(lambda _: self._ended(lane, call))
        # A daemon, unlike the threads of an executor: what hangs must not keep the process from ending.
        threading.Thread(target=work, name=f"call {window.route}", daemon=True).start()
        return call

    def _ended(self, lane: tuple[str, str], call: _Call) -> None:
        self._threads.release()
        asyncio.get_running_loop().call_later(KEPT_SECONDS, self._forget, lane, call)

    def _forget(self, lane: tuple[str, str], call: _Call) -> None:
        if self._calls.get(lane) is call:
            del self._calls[lane]


@contextlib.asynccontextmanager
async def open_calls(routes: Sequence[Route], *, beside: Path | None = None) -> AsyncIterator[Calls]:
    """The functions that routes name, ready to be called; see :func:`load_functions`."""
    texts = frozenset(route.name for route in routes if route.input == "text")
    calls = Calls(load_functions(routes, beside=beside), texts=texts)
    try:
        yield calls
    finally:
        await calls.close()


def load_functions(
    routes: Sequence[Route], *, beside: Path | None = None
) -> dict[str, Callable[[Any], object]]:
    """The functions that routes name, by the routes' targets.

    Modules are looked for where Python looks, and at last in the folder ``beside``, where the file of
    the routes lies.

    Raises:
        ConfigurationError: A function is not there or its module does not import; says which and why.
    """
    named = [route for route in routes if route.call]
    if named and beside is not None and str(beside.resolve()) not in sys.path:
        sys.path.append(str(beside.resolve()))
    return {route.target: _load(route) for route in named}


def _load(route: Route) -> Callable[[Any], object]:
    module_name, _, name = route.call.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        missing = error.name or module_name
        if f"{module_name}.".startswith(f"{missing}."):
            why = f"there is no module {missing!r}; set PYTHONPATH, or put it beside the file of the routes"
        else:
            why = f"{module_name} needs {missing!r}, which is not installed here"
        raise ConfigurationError(f"BRIDGE_ROUTES: route {route.name}: {why}.") from None
    except Exception as error:
        why = f"{module_name} does not import ({type(error).__name__}: {error})"
        raise ConfigurationError(f"BRIDGE_ROUTES: route {route.name}: {why}.") from error
    function = getattr(module, name, None)
    if not callable(function):
        raise ConfigurationError(
            f"BRIDGE_ROUTES: route {route.name}: {module_name} has no function {name!r}."
        )
    return function  # type: ignore[no-any-return]


def _window(text: str) -> dict[str, Any]:
    try:
        window = json.loads(text)
    except ValueError:
        window = None
    if not isinstance(window, dict):
        raise FlowRefused("this window was stored as plain text, before the route's input was changed")
    return window


def _outcome(target: str, function: Callable[[Any], object], argument: object) -> str | LangflowError:
    """A function's answer, or why there is none. In a thread, where an error has nobody to catch it."""
    try:
        answer = function(argument)
        if inspect.isawaitable(answer):
            answer = asyncio.run(_awaited(answer))
    except BaseException as error:  # Whatever it raises, sys.exit() included.
        # Its message may quote what people said; its own log may, if it wants to.
        return FlowFailed(f"{target} raised {type(error).__name__}")
    if answer is None:
        return ""
    if not isinstance(answer, str):
        return FlowRefused(f"{target} answered with {type(answer).__name__}; it may give a str, or None")
    return storable(answer)


async def _awaited(answer: Any) -> object:
    return await answer
