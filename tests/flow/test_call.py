"""Functions of people's own, in threads: found, timed, and never called twice at once in a lane."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from bridge.domain import Output, Window, WindowKind
from bridge.errors import ConfigurationError, FlowFailed, FlowRefused
from bridge.flow import call as module
from bridge.flow.call import Calls, load_functions, open_calls
from bridge.flow.routes import Route
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
WORDS = "the merger is off"
WINDOW = Window(
    window_id="s:r:1",
    stream_id="s",
    meeting_uuid="m",
    route="r",
    flow="call:mine:work",
    seq=1,
    kind=WindowKind.LIVE,
    first_n=1,
    last_n=1,
    input_value=json.dumps({"window_id": "s:r:1", "utterances": [{"text": WORDS}]}),
)
NEXT = replace(WINDOW, window_id="s:r:2", seq=2, input_value=WINDOW.input_value.replace("s:r:1", "s:r:2"))


def calling(function: Callable[[Any], object], *texts: str) -> Calls:
    return Calls({WINDOW.flow: function}, texts=frozenset(texts))


class Held:
    """A function that ends when it is told to."""

    def __init__(self) -> None:
        self.windows: list[str] = []
        self.go = threading.Event()

    def __call__(self, window: dict[str, Any]) -> str:
        self.windows.append(window["window_id"])
        assert self.go.wait(20)
        return f"{window['window_id']} late"


@pytest.fixture
def held() -> Iterator[Held]:
    function = Held()
    yield function
    function.go.set()


@pytest.mark.parametrize(
    ("answer", "text"), [("Hi.", "Hi."), ("", ""), (None, ""), ("a\x00b\ud800", "a\ufffdb\ufffd")]
)
async def test_answers(answer: object, text: str) -> None:
    """What a function gives back is the window's answer; None stands for nothing to say."""
    assert await calling(lambda _: answer).run(WINDOW, timeout_seconds=60) == Output(text)


async def test_window() -> None:
    """A function gets the window as flows get it; what it does to it does not reach the next try."""
    seen: list[Any] = []

    def spoil(window: dict[str, Any]) -> None:
        seen.append(json.dumps(window))
        window.clear()
        raise ValueError

    calls = calling(spoil)
    for _ in range(2):
        with pytest.raises(FlowFailed):
            await calls.run(WINDOW, timeout_seconds=60)
    assert [json.loads(each) for each in seen] == [json.loads(WINDOW.input_value)] * 2


async def test_text() -> None:
    """With text for input a function gets the lines."""
    window = replace(WINDOW, input_value=f"Dana: {WORDS}")
    assert await calling(str.upper, "r").run(window, timeout_seconds=60) == Output(f"DANA: {WORDS.upper()}")
    with pytest.raises(FlowRefused, match="plain text"):
        await calling(str.upper).run(window, timeout_seconds=60)


async def test_async_functions() -> None:
    """An async function runs on a loop of its own, beside the bridge's."""
    loops: list[object] = []

    async def work(window: dict[str, Any]) -> str:
        await asyncio.sleep(0)
        loops.append(asyncio.get_running_loop())
        return str(window["window_id"])

    assert await calling(work).run(WINDOW, timeout_seconds=60) == Output("s:r:1")
    assert loops[0] is not asyncio.get_running_loop()


async def test_the_loop_goes_on(held: Held) -> None:
    """While functions block, the bridge does not, and other meetings and routes have threads of their own."""
    calls = calling(held)
    lanes = [WINDOW, replace(WINDOW, meeting_uuid="n"), replace(WINDOW, route="q")]
    running = [asyncio.create_task(calls.run(each, timeout_seconds=20)) for each in lanes]
    await until(lambda: len(held.windows) == 3)
    held.go.set()
    assert await asyncio.gather(*running) == [Output("s:r:1 late")] * 3


@pytest.mark.parametrize("error", [ValueError(WORDS), SystemExit(WORDS), KeyboardInterrupt(WORDS)])
async def test_raising(error: BaseException) -> None:
    """A function may raise to be tried again; what it says is not repeated, as it may quote people."""

    def work(_: object) -> str:
        raise error

    with pytest.raises(FlowFailed, match=f"call:mine:work raised {type(error).__name__}") as failure:
        await calling(work).run(WINDOW, timeout_seconds=60)
    assert failure.value.retryable
    assert WORDS not in str(failure.value)
    assert failure.value.__cause__ is None


@pytest.mark.parametrize("answer", [7, b"Hi.", {"text": WORDS}])
async def test_no_text(answer: object) -> None:
    """An answer that is no text is refused by the name of its type."""
    with pytest.raises(FlowRefused, match=type(answer).__name__) as error:
        await calling(lambda _: answer).run(WINDOW, timeout_seconds=60)
    assert WORDS not in str(error.value)


async def test_the_same_call(held: Held) -> None:
    """A call that outlives its time counts as failed, and the next try gets its answer instead of calling again."""
    calls = calling(held)
    for _ in range(2):
        with pytest.raises(FlowFailed, match=r"no answer within 0\.05 s .*timeout_seconds.*goes on"):
            await calls.run(WINDOW, timeout_seconds=0.05)
    held.go.set()
    assert await calls.run(WINDOW, timeout_seconds=60) == Output("s:r:1 late")
    assert held.windows == ["s:r:1"]


async def test_the_lane_stays_closed(held: Held) -> None:
    """The next window waits until a call that was given up has really ended."""
    calls = calling(held)
    with pytest.raises(FlowFailed):
        await calls.run(WINDOW, timeout_seconds=0.05)
    following = asyncio.create_task(calls.run(NEXT, timeout_seconds=60))
    done, _ = await asyncio.wait({following}, timeout=0.1)
    assert not done
    await until(lambda: held.windows)
    assert held.windows == ["s:r:1"]
    held.go.set()
    assert await following == Output("s:r:2 late")


async def test_late_answers_are_forgotten(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that nobody asks for again is not kept for ever."""
    monkeypatch.setattr(module, "KEPT_SECONDS", 0.01)
    calls = calling(held)
    with pytest.raises(FlowFailed):
        await calls.run(WINDOW, timeout_seconds=0.05)
    held.go.set()
    await until(lambda: not calls._calls)


async def test_so_many_at_once(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    """There are so many threads and no more; a call that waits for one has its whole time left."""
    monkeypatch.setattr(module, "CALLS_AT_ONCE", 1)
    calls = calling(held)
    first = asyncio.create_task(calls.run(WINDOW, timeout_seconds=20))
    await until(lambda: bool(held.windows))
    second = asyncio.create_task(calls.run(replace(NEXT, meeting_uuid="n"), timeout_seconds=60))
    done, _ = await asyncio.wait({second}, timeout=0.1)
    assert not done
    assert held.windows == ["s:r:1"]
    held.go.set()
    assert await asyncio.gather(first, second) == [Output("s:r:1 late"), Output("s:r:2 late")]


async def test_no_such_function() -> None:
    """A window stored for a function that no route names any more is refused."""
    with pytest.raises(FlowRefused, match="call:mine:other"):
        await calling(str).run(replace(WINDOW, flow="call:mine:other"), timeout_seconds=60)


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for modules, beside a file of routes; what is imported from it is forgotten afterwards."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


async def test_found_beside_the_routes(modules: Path) -> None:
    """A module that lies beside the file of the routes is found, called, and waited for at the end."""
    (modules / "beside_routes.py").write_text("def work(window):\n    return window['window_id']\n")
    routes = [Route(name="r", call="beside_routes:work"), Route(name="other", flow="f")]
    async with open_calls(routes, beside=modules) as calls:
        window = replace(WINDOW, flow=routes[0].target)
        assert await calls.run(window, timeout_seconds=60) == Output("s:r:1")


def test_flows_need_no_folder(modules: Path) -> None:
    """Without a function to find, Python's search path stays as it is."""
    before = list(sys.path)
    assert load_functions([Route(name="r", flow="f")], beside=modules) == {}
    assert sys.path == before


@pytest.mark.parametrize(
    ("call", "source", "why"),
    [
        ("nowhere_at_all:work", "", r"there is no module 'nowhere_at_all'"),
        ("json.nowhere:work", "", r"there is no module 'json\.nowhere'"),
        ("faulty:work", "", r"faulty has no function 'work'"),
        ("faulty:work", "work = 5", r"faulty has no function 'work'"),
        ("faulty:work", "import nowhere_at_all", r"faulty needs 'nowhere_at_all', which is not installed"),
        ("faulty:work", "1 / 0", r"faulty does not import \(ZeroDivisionError: division by zero\)"),
        ("faulty:work", "def work(", r"faulty does not import \(SyntaxError"),
    ],
)
def test_faults(modules: Path, call: str, source: str, why: str) -> None:
    """What is wrong with a function is said at start, with the route and what is missing."""
    (modules / "faulty.py").write_text(source)
    with pytest.raises(ConfigurationError, match=rf"BRIDGE_ROUTES: route todo: {why}"):
        load_functions([Route(name="todo", call=call)], beside=modules)


@pytest.fixture
async def closing(held: Held, monkeypatch: pytest.MonkeyPatch) -> Calls:
    monkeypatch.setattr(module, "CLOSE_SECONDS", 0.2)
    calls = calling(held)
    running = asyncio.create_task(calls.run(WINDOW, timeout_seconds=20))
    await until(lambda: bool(held.windows))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return calls


async def test_close_waits(closing: Calls, held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the end, calls under way may end."""
    monkeypatch.setattr(module, "CLOSE_SECONDS", 20)
    asyncio.get_running_loop().call_later(0.05, held.go.set)
    with structlog.testing.capture_logs() as logs:
        await closing.close()
    assert logs == []


async def test_close_does_not_wait_for_ever(closing: Calls, held: Held) -> None:
    """What hangs is left behind with a warning, in a thread that does not keep the process."""
    with structlog.testing.capture_logs() as logs:
        async with asyncio.timeout(15):
            await closing.close()
    assert [(log["event"], log["calls"]) for log in logs] == [("call.left_behind", 1)]
    assert all(thread.daemon for thread in threading.enumerate() if thread.name.startswith("call "))


HANGING = """
import asyncio, threading
from bridge.flow import call
from tests.flow.test_call import WINDOW

call.CLOSE_SECONDS = 0.1

async def main():
    calls = call.Calls({WINDOW.flow: lambda _: threading.Event().wait()}, texts=frozenset())
    try:
        await calls.run(WINDOW, timeout_seconds=0.1)
    except call.FlowFailed:
        await calls.close()

asyncio.run(main())
"""


def test_a_process_with_a_call_that_hangs_ends() -> None:
    """Nobody can end the thread, and nobody waits for it."""
    command = [sys.executable, "-c", HANGING]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=40, check=False)
    assert done.returncode == 0, done.stderr
    assert "call.left_behind" in done.stdout
