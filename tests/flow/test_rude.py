"""Meetings beside a Langflow that misbehaves: every window is delivered in the end, none fails, and nobody else is harmed."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bridge.domain import RunStatus
from bridge.flow.admission import FIRST_LEVEL, LEVELS
from tests.fakes.journey import ROUTE, Journey, admin_json, meeting, simulator
from tests.fakes.quick import quick
from tests.fakes.run_api import FLOW, GATEWAY, LOCKED, LOGIN_PAGE, REDIRECT, Answer, Run, RunApi, run_answer
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.both_loops

OTHER = ROUTE.model_copy(update={"name": "other", "flow": "other-flow"})


@pytest.fixture
async def journey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Journey]:
    quick(monkeypatch)
    async with RunApi(flows=(FLOW, "other-flow")).listening() as api, simulator() as zoom:
        yield Journey(zoom, api, tmp_path / "bridge.db")
    assert not api.faults


@pytest.mark.parametrize(
    "rude",
    [
        GATEWAY,
        LOGIN_PAGE,
        REDIRECT,
        LOCKED,
        Answer(drop=True),
        Answer(flood=True),
        Answer(body=b"{}"),
        Answer(status=504),
    ],
    ids=[
        "gateway",
        "login page",
        "redirect",
        "locked",
        "closing",
        "flood",
        "another shape",
        "gateway's time-out",
    ],
)
async def test_for_a_while(journey: Journey, rude: Answer) -> None:
    """Whatever comes in the place of an answer for a while, the windows of that while come later, each once and in order."""
    journey.api.answers.extend([rude] * 3)
    async with journey.bridge() as bridge:
        outcome = await journey.play(bridge)
        await journey.settled(bridge.store)
        runs = await bridge.store.runs(outcome.stream_id)
    assert {run.status for run in runs} == {RunStatus.DONE}
    assert not journey.api.answers
    journey.check(outcome)


@pytest.mark.parametrize("rude", [Answer(status=404, body=b"{}"), Answer(status=403)], ids=["flow", "key"])
async def test_one_route_waits_alone(journey: Journey, rude: Answer) -> None:
    """What is wrong with one flow keeps no other's windows waiting."""
    journey.api.otherwise = lambda run: rude if run.flow == FLOW else Answer()
    with capture_logs() as logs:
        async with journey.bridge(ROUTE, OTHER) as bridge:
            outcome = await journey.play(bridge)
            await until(lambda: bool(journey.api.windows("final", route="other")))
            journey.check(outcome, route="other")
            journey.api.otherwise = lambda _: Answer()
            await journey.settled(bridge.store)
            journey.check(outcome)
    told = [log for log in logs if log["event"] == "route.parked"]
    assert [log["route"] for log in told] == [ROUTE.name], "told once"


async def test_a_node_that_answers_oddly(journey: Journey) -> None:
    """A flow that was run is not run again, and no route waits, because another node of it answers in a shape of its own."""
    told = run_answer("done")
    told["outputs"][0]["outputs"].insert(0, {"results": {"message": "no message"}})
    odd = Answer(body=json.dumps(told).encode())
    journey.api.otherwise = lambda run: odd if run.flow == FLOW else Answer()
    with capture_logs() as logs:
        async with journey.bridge(ROUTE, OTHER) as bridge:
            outcome = await journey.play(bridge)
            await journey.settled(bridge.store)
            runs = await bridge.store.runs(outcome.stream_id)
    journey.check(outcome)
    journey.check(outcome, route="other")
    assert {(run.status, run.attempts, run.output) for run in runs} == {(RunStatus.DONE, 1, "done")}
    assert not [log for log in logs if log["event"] == "route.parked"]


async def test_a_trickle_and_silence(journey: Journey) -> None:
    """An answer that never ends and one that never begins cost the window its time and nobody else anything."""
    slow = ROUTE.model_copy(update={"timeout_seconds": 0.5})
    quiet = asyncio.Event()

    def answer(run: Run) -> Answer:
        asked = sum(each.flow == FLOW for each in journey.api.runs)
        if run.flow != FLOW or asked > 3:
            return Answer()
        return Answer(drip=True) if asked == 1 else Answer(after=quiet)

    journey.api.otherwise = answer
    async with journey.bridge(slow, OTHER) as bridge:
        outcome = await journey.play(bridge)
        await journey.settled(bridge.store)
    journey.check(outcome)
    journey.check(outcome, route="other")


async def test_a_crowd(journey: Journey) -> None:
    """A Langflow that slows down and locks up in a crowd answers every window of every meeting; none fails."""
    journey.api.carries = 2
    async with journey.bridge(ROUTE, OTHER) as bridge:
        outcomes = await asyncio.gather(
            *[journey.play(bridge, meeting(20, title=f"meeting {n}")) for n in range(8)]
        )
        await journey.settled(bridge.store, seconds=90)
        for outcome in outcomes:
            runs = await bridge.store.runs(outcome.stream_id)
            assert {run.status for run in runs} == {RunStatus.DONE}
            journey.check(outcome)
            journey.check(outcome, route="other")


async def test_metrics(journey: Journey) -> None:
    """How runs stand at Langflow is told, also that windows wait and why."""
    journey.api.otherwise = lambda _: GATEWAY
    async with journey.bridge() as bridge:
        outcome = await journey.play(bridge)
        await until(lambda: len(journey.api.runs) > 2)
        told = bridge.metrics.exposition().decode()
        assert "bridge_routes_parked 1.0" in told
        assert f"bridge_runs_limit {LEVELS[FIRST_LEVEL]:.1f}" in told
        assert (await admin_json(bridge, "/readyz")) is not None
        journey.api.otherwise = lambda _: Answer()
        await journey.settled(bridge.store)
        assert "bridge_routes_parked 0.0" in bridge.metrics.exposition().decode()
    journey.check(outcome)
