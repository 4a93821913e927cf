"""What every test gets: an environment without the product's variables, and no task left behind."""

from __future__ import annotations

import asyncio
import gc
import itertools
import math
import os
import shutil
import ssl
import sys
import tempfile
import time
import traceback
from asyncio.constants import DEBUG_STACK_DEPTH
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING

import certifi
import hypothesis
import pytest
import structlog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator
    from types import FrameType

    from bridge.store.store import Store

pytest_plugins = (
    ["tests.blocking_fixture", "tests.langflow_fixture", "tests.postgres_fixture"]
    if sys.version_info >= (3, 11)
    else ["tests.without_bridge"]  # Langflow's Python, and the components', but not the bridge's
)

# A busy machine fails no property, and every run tries the same examples; tests.fuzz is for new ones.
hypothesis.settings.register_profile("tests", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("tests")

if os.environ.get("MEETINGS_DIR"):  # tests change the working folder, and are collected before they do
    os.environ["MEETINGS_DIR"] = str(Path(os.environ["MEETINGS_DIR"]).resolve())

LONG_SEARCH_SECONDS = 0.1
_PRODUCT = ("ZOOM_", "ZM_", "LANGFLOW_", "BRIDGE_", "ANTHROPIC_")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tests neither see the developer's settings nor write beside the sources."""
    for name in list(os.environ):
        if name.startswith(_PRODUCT):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True, scope="session")
def _nothing_is_left_behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What tests and their processes leave in the folder for temporary files goes with its folder; its path is short, for sockets."""
    tmp_path_factory.getbasetemp()  # where it always is, to be looked at afterwards
    folder = tempfile.mkdtemp(prefix="zbt-")
    Path(folder).chmod(0o711)  # PostgreSQL runs as a user of its own, in a folder of its own
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", folder)
        patch.setattr(tempfile, "tempdir", folder)
        yield
    if any(name.startswith("pymp-") for name in os.listdir(folder)):
        # multiprocessing takes its own folder away when the process ends, by priority -100.
        Finalize(None, shutil.rmtree, args=(folder, True), exitpriority=-200)
    else:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def _logs_of_our_own() -> None:
    """Langflow, where a test has imported it, must not decide which of our logs are made."""
    structlog.reset_defaults()
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    # Rich's picture of a traceback takes 0.2 s, and Langflow's libraries log one where they find no database.
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])


@pytest.fixture(autouse=True, scope="session")
def _no_authorities_of_the_world() -> Iterator[None]:
    """No test speaks to the world, so nobody reads its 140 authorities: 30 ms of a core for each client that is made.

    Tests of TLS name an authority of their own.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl.SSLContext, "load_default_certs", lambda *_: None)
        patch.setattr(certifi, "where", lambda: None)  # ``create_default_context`` then asks for the above
        yield


def _where(
    frames: Iterable[tuple[FrameType, int]], *, limit: int | None = None, **_: bool
) -> traceback.StackSummary:
    """A stack's places. Python's own asks for each of them whether its file has changed: most of a debug loop's time.

    Of where something was made, the innermost places: a future would note each of pytest's fifty beneath them, a handle
    does not. Tracebacks stay whole.
    """
    if limit is None and getattr(frames, "__name__", "") == "walk_stack":
        limit = DEBUG_STACK_DEPTH
    return traceback.StackSummary.from_list(
        [
            traceback.FrameSummary(frame.f_code.co_filename, line, frame.f_code.co_name, lookup_line=False)
            for frame, line in itertools.islice(frames, limit)
        ]
    )


@pytest.fixture(autouse=True)
def _debug_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asyncio notes where each task and callback comes from."""
    monkeypatch.setattr(traceback.StackSummary, "extract", staticmethod(_where))


class _FullSearches:
    """How long full searches for garbage take."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._began = 0.0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        if info["generation"] == 2:
            now = time.perf_counter()
            if phase == "start":
                self._began = now
            else:
                self.longest = max(self.longest, now - self._began)


_FULL_SEARCHES = _FullSearches()
gc.callbacks.append(_FULL_SEARCHES)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is imported and collected stays to the end: search through it once, not a thousand times, while it grows."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """Where full searches have become long, leave what stays behind a test out of the next ones.

    Once a test has imported Langflow, each goes through 780,000 objects and stops every socket, timer and limit of a test
    for a second. What a test itself made is searched for to the end.
    """
    yield
    if _FULL_SEARCHES.longest > LONG_SEARCH_SECONDS:
        gc.collect()
        gc.freeze()
        _FULL_SEARCHES.longest = 0.0


@pytest.fixture(autouse=True)
async def _no_task_left_behind(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """An asyncio test that leaves a task running has failed; one that is about to end may do so."""
    if (
        request.node.get_closest_marker("scenario") is None
    ):  # those play against the clock, many times faster than life
        loop = asyncio.get_running_loop()
        loop.set_debug(True)
        loop.slow_callback_duration = math.inf  # what a busy machine does is no news of ours
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    if left:
        _, left = await asyncio.wait(left, timeout=2)
    assert not left, f"tasks left behind: {sorted(task.get_name() for task in left)}"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store on a fresh SQLite file."""
    from bridge.store.store import open_store

    async with open_store(f"sqlite+aiosqlite:///{tmp_path / 'bridge.db'}") as opened:
        yield opened


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def any_store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where each kind of store is, empty."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return "memory://" if request.param == "memory" else f"sqlite:///{tmp_path / 'bridge.db'}"


@pytest.fixture
async def any_store(any_store_url: str, tmp_path: Path) -> AsyncIterator[Store]:
    """A fresh store of each kind."""
    from bridge.store.store import open_store

    async with open_store(any_store_url, folder=tmp_path) as opened:
        yield opened
