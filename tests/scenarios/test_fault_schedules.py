"""No recoverable fault ends a meeting, loses a word unmarked or tells one twice; the others end it with the right reason."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, get_args

import pytest

from bridge.simulator.fault_kinds import Fault
from tests.scenarios.schedules import schedule
from tests.scenarios.stage import play_all

if TYPE_CHECKING:
    from tests.postgres_fixture import PostgresServer

pytestmark = [pytest.mark.scenario, pytest.mark.timeout(300)]

FIRST_SEED = 20_261_122
SCHEDULES = 40
IN_BAD_WEATHER = 12
ON_POSTGRES = 8
SPEED = 15
"""A pause of the machine takes half as much of the meeting as where schedules are played to look for faults."""
SLOWER = 10
"""A bridge that was killed is back before Zoom gives it up."""


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="websockets.server")


async def test_random_schedules_of_faults() -> None:
    """All that was delivered is stored once and in windows once, gaps are marked, and every end has its reason."""
    plans = [schedule(seed) for seed in range(FIRST_SEED, FIRST_SEED + SCHEDULES)]
    played = await play_all(plans, at_once=SCHEDULES, speed=SPEED)
    assert played.wrong == {}


async def test_random_schedules_in_bad_weather() -> None:
    """The same holds while the database takes nothing now and then, Langflow answers anything else, and the bridge is killed."""
    first = FIRST_SEED + SCHEDULES
    plans = [schedule(seed) for seed in range(first, first + IN_BAD_WEATHER)]
    played = await play_all(plans, at_once=IN_BAD_WEATHER, speed=SLOWER, storms=FIRST_SEED)
    assert played.wrong == {}
    assert played.slowest_start_seconds > 0  # it was killed
    assert len(played.storms) > 3


async def test_random_schedules_on_a_server_that_is_stopped(postgres_server: PostgresServer) -> None:
    """And while PostgreSQL is stopped and started, and the bridge is killed in between."""
    first = FIRST_SEED + SCHEDULES + IN_BAD_WEATHER
    plans = [schedule(seed) for seed in range(first, first + ON_POSTGRES)]
    played = await play_all(
        plans, at_once=ON_POSTGRES, speed=SLOWER, storms=FIRST_SEED, postgres=postgres_server
    )
    assert played.wrong == {}
    assert {"stopped", "stopped_and_killed"} & set(played.storms)


def test_schedules_are_of_every_kind() -> None:
    """The generator reaches every kind of fault, both outcomes, and gives the same schedule for the same seed."""
    plans = [schedule(seed) for seed in range(500)]
    kinds = {kind for plan in plans for kind in plan.kinds}
    assert kinds == {get_args(kind.model_fields["kind"].annotation)[0] for kind in get_args(Fault)}
    assert 0.7 < sum(plan.recoverable for plan in plans) / len(plans) < 0.9
    assert 0.02 < sum(plan.revoked for plan in plans) / len(plans) < 0.1
    assert plans[17] == schedule(17)
