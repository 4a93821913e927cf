"""No recoverable fault ends a meeting, loses a word unmarked or tells one twice; the others end it with the right reason."""

from __future__ import annotations

import gc
import logging

import pytest

from tests.scenarios.schedules import play_all, schedule

pytestmark = [pytest.mark.scenario, pytest.mark.timeout(300)]

FIRST_SEED = 20_261_122
SCHEDULES = 40
SPEED = 15
"""A pause of the machine takes half as much of the meeting as where schedules are played to look for faults."""


async def test_random_schedules_of_faults(caplog: pytest.LogCaptureFixture) -> None:
    """All that was delivered is stored once and in windows once, gaps are marked, and every end has its reason."""
    gc.collect()
    gc.freeze()  # else every search for garbage goes through all that other tests imported: a tenth of a second
    caplog.set_level(logging.CRITICAL, logger="websockets.server")
    plans = [schedule(seed) for seed in range(FIRST_SEED, FIRST_SEED + SCHEDULES)]
    assert await play_all(plans, at_once=SCHEDULES, speed=SPEED) == {}


def test_schedules_are_of_every_kind() -> None:
    """The generator reaches every kind of fault, both outcomes, and gives the same schedule for the same seed."""
    plans = [schedule(seed) for seed in range(500)]
    kinds = {fault.kind for plan in plans for fault in plan.script.fault}
    assert kinds == {
        "bare_keep_alives",
        "burst",
        "drop",
        "end",
        "failover",
        "garbage",
        "half_open",
        "interrupted_webhook",
        "late_webhooks",
        "late_words",
        "media_interrupted",
        "no_handshake",
        "odd_lines",
        "pause",
        "refuse",
        "repeat",
        "session_stopped",
        "signal_interrupted",
        "slow_handshake",
        "start_again",
        "stop_first",
        "stop_webhook",
        "unknown_messages",
    }
    assert 0.7 < sum(plan.recoverable for plan in plans) / len(plans) < 0.9
    assert plans[17] == schedule(17)
