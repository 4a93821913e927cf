"""No recoverable fault ends a meeting, loses a word unmarked or tells one twice; the others end it with the right reason."""

from __future__ import annotations

import gc
import logging
from typing import get_args

import pytest

from bridge.simulator.fault_kinds import Fault
from tests.scenarios.schedules import play_all, schedule

pytestmark = [pytest.mark.scenario, pytest.mark.timeout(300)]

FIRST_SEED = 20_261_122
SCHEDULES = 40
IN_BAD_WEATHER = 12
SPEED = 15
"""A pause of the machine takes half as much of the meeting as where schedules are played to look for faults."""


async def test_random_schedules_of_faults(caplog: pytest.LogCaptureFixture) -> None:
    """All that was delivered is stored once and in windows once, gaps are marked, and every end has its reason."""
    gc.collect()
    gc.freeze()  # else every search for garbage goes through all that other tests imported: a tenth of a second
    caplog.set_level(logging.CRITICAL, logger="websockets.server")
    plans = [schedule(seed) for seed in range(FIRST_SEED, FIRST_SEED + SCHEDULES)]
    assert await play_all(plans, at_once=SCHEDULES, speed=SPEED) == {}


async def test_random_schedules_in_bad_weather(caplog: pytest.LogCaptureFixture) -> None:
    """The same holds while the database takes nothing for a while, now and then, and Langflow answers anything else."""
    caplog.set_level(logging.CRITICAL, logger="websockets.server")
    plans = [
        schedule(seed) for seed in range(FIRST_SEED + SCHEDULES, FIRST_SEED + SCHEDULES + IN_BAD_WEATHER)
    ]
    assert await play_all(plans, at_once=IN_BAD_WEATHER, speed=SPEED, storms=FIRST_SEED) == {}


def test_schedules_are_of_every_kind() -> None:
    """The generator reaches every kind of fault, both outcomes, and gives the same schedule for the same seed."""
    plans = [schedule(seed) for seed in range(500)]
    kinds = {fault.kind for plan in plans for fault in plan.script.fault}
    assert kinds == {get_args(kind.model_fields["kind"].annotation)[0] for kind in get_args(Fault)}
    assert 0.7 < sum(plan.recoverable for plan in plans) / len(plans) < 0.9
    assert plans[17] == schedule(17)
