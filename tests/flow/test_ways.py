"""Whole meetings over each way to run: nothing is lost, nothing runs twice, nothing overlaps."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import Counter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from bridge.domain import RunStatus
from bridge.flow.routes import Route
from tests.fakes.journey import QUICK, ROUTE, Journey, admin_json, kinds, simulator
from tests.fakes.quick import quick
from tests.fakes.run_api import FLOW, Answer, RunApi
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

CALL = Route(name=ROUTE.name, call="mine:work", window=QUICK)


@pytest.fixture
def api() -> RunApi:
    return RunApi()


@pytest.fixture
async def journey(tmp_path: Path, api: RunApi, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Journey]:
    quick(monkeypatch)
    monkeypatch.setattr("bridge.flow.background.FIRST_LOOK_SECONDS", 0.01)
    monkeypatch.setattr("bridge.flow.call.CLOSE_SECONDS", 0.1)
    async with api.listening(), simulator() as zoom:
        yield Journey(zoom, api, tmp_path / "bridge.db")
    assert not api.faults


class Mine:
    """A module with a function that remembers its windows, and whether it was ever called beside itself."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.windows: list[dict[str, Any]] = []
        self.overlapped = False
        self.hold = threading.Event()
        self.hold.set()
        self._alone = threading.Lock()
        monkeypatch.setitem(sys.modules, "mine", SimpleNamespace(work=self.work))

    def work(self, window: dict[str, Any]) -> str:
        self.overlapped |= not self._alone.acquire(blocking=False)
        self.windows.append(window)
        assert self.hold.wait(20)
        self._alone.release()
        return f"{len(window['utterances'])} said"


@pytest.fixture
def mine(monkeypatch: pytest.MonkeyPatch) -> Mine:
    return Mine(monkeypatch)


async def test_background(journey: Journey, api: RunApi) -> None:
    """Each window runs as one job, in order, although answers get lost."""
    api.lost["POST /api/v2/workflows"] = 2
    api.lost["GET /api/v2/workflows"] = 3
    async with journey.bridge(Route(name=ROUTE.name, flow=FLOW, run="background", window=QUICK)) as bridge:
        outcome = await journey.play(bridge)
        await journey.settled(bridge.store)
    windows = journey.check(outcome)
    assert kinds(windows)[-2:] == ["live", "final"]
    assert set(Counter(run.window["window_id"] for run in api.runs).values()) == {1}
    assert not +api.lost


async def test_background_over_a_restart(journey: Journey, api: RunApi) -> None:
    """A bridge that stops while a job runs fetches its answer in its next life."""
    held = asyncio.Event()
    api.otherwise = lambda _: Answer(after=held)
    route = Route(name=ROUTE.name, flow=FLOW, run="background", window=QUICK)
    async with journey.bridge(route) as bridge:
        outcome = await journey.play(bridge)
        await until(lambda: bool(api.runs))
    held.set()
    async with journey.bridge(route) as bridge:
        await journey.settled(bridge.store)
        runs = await bridge.store.runs(outcome.stream_id)
    assert {run.status for run in runs} == {RunStatus.DONE}
    assert set(Counter(run.window["window_id"] for run in api.runs).values()) == {1}
    journey.check(outcome)


async def test_lfx_serve(journey: Journey, api: RunApi) -> None:
    """With lfx serve in Langflow's place, a meeting goes the same way and no setting says so."""
    api.lfx = True
    async with journey.bridge() as bridge:
        outcome = await journey.play(bridge)
        await journey.settled(bridge.store)
        assert (await admin_json(bridge, "/readyz"))["status"] == "ok"
    journey.check(outcome)
    assert api.refused.count(404) <= 1


async def test_call(journey: Journey, api: RunApi, mine: Mine) -> None:
    """A function hears the meeting instead of a flow, window by window; Langflow is not needed, or asked."""
    journey.settings_changes["langflow_url"] = "http://127.0.0.1:9"
    async with journey.bridge(CALL) as bridge:
        outcome = await journey.play(bridge)
        await journey.settled(bridge.store)
        assert (await admin_json(bridge, "/readyz"))["status"] == "ok"
        runs = await bridge.store.runs(outcome.stream_id)
    assert [run.output for run in runs] == [f"{len(window['utterances'])} said" for window in mine.windows]
    live = [each["text"] for window in mine.windows[:-1] for each in window["utterances"]]
    final = [each["text"] for each in mine.windows[-1]["utterances"]]
    assert sorted(live) == sorted(final) == sorted(line.text for line in outcome.delivered)
    assert not mine.overlapped
    assert api.runs == []


async def test_call_over_a_restart(journey: Journey, mine: Mine) -> None:
    """A bridge does not wait for a call that hangs; the next one calls with the same window again."""
    mine.hold.clear()
    async with journey.bridge(CALL) as bridge:
        outcome = await journey.play(bridge)
        await until(lambda: bool(mine.windows))
    assert len(mine.windows) == 1
    mine.hold.set()
    await until(lambda: not any(thread.name.startswith("call ") for thread in threading.enumerate()))
    async with journey.bridge(CALL) as bridge:
        await journey.settled(bridge.store)
        runs = await bridge.store.runs(outcome.stream_id)
    assert mine.windows[1] == mine.windows[0]
    assert {run.status for run in runs} == {RunStatus.DONE}
    assert not mine.overlapped
