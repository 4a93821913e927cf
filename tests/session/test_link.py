"""A stream's sockets under faults that come together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bridge.rtms.messages import StopReason
from bridge.simulator.faults import FaultScript
from bridge.simulator.playback import Step
from tests.fakes.journey import Journey, meeting, simulator
from tests.fakes.run_api import RunApi
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from pathlib import Path


def script(*faults: dict[str, object]) -> FaultScript:
    return FaultScript.model_validate({"fault": faults})


async def test_an_interrupted_webhook_joins_a_reconnection_that_is_under_way(tmp_path: Path) -> None:
    """To dial signaling once more for it would make Zoom tell of one more loss, and so on without end."""
    faults = script(
        {"kind": "drop", "at_line": 20},
        {"kind": "refuse", "socket": "media", "status": 16, "count": 3, "at_line": 20},
    )
    async with simulator() as zoom, RunApi().listening() as api:
        journey = Journey(zoom, api, tmp_path / "bridge.db")
        async with journey.bridge() as bridge:
            outcome = await journey.play(bridge, meeting(100, every_ms=60), faults=faults)
            await journey.settled(bridge.store)
            journey.check(outcome, in_flight=2)
    assert [each.event for each in outcome.webhooks].count("meeting.rtms_interrupted") == 1
    assert outcome.signaling_connections == 2
    assert outcome.stop_reason is StopReason.MEETING_ENDED


async def test_a_dead_old_server_does_not_hold_up_a_failover(tmp_path: Path) -> None:
    """Its sockets go silent without a closing handshake, and the new server is dialled within a second."""
    faults = script({"kind": "failover", "at_line": 20, "old": "silent"})
    spoken = meeting(60, every_ms=60)
    async with simulator() as zoom, RunApi().listening() as api:
        journey = Journey(zoom, api, tmp_path / "bridge.db")
        async with journey.bridge() as bridge:
            outcome = await journey.play(bridge, spoken, faults=faults)
            await journey.settled(bridge.store)
            journey.check(outcome, in_flight=2)
            (gap,) = await bridge.store.gaps(outcome.stream_id)
    assert gap.to_ms - gap.from_ms < 2000
    assert spoken.lines[-1] in outcome.delivered


async def test_an_interrupted_webhook_joins_the_reconnection_of_a_restarted_bridge(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    """Zoom repeats its word of the loss while the next process dials: it does not dial once more."""
    faults = script({"kind": "slow_handshake", "socket": "media", "seconds": 1.5, "at_line": 30})
    async with simulator() as zoom, RunApi().listening() as api:
        journey = Journey(zoom, api, tmp_path / "bridge.db")
        journey.settings_changes = {"bridge_port": unused_tcp_port}
        async with journey.bridge() as bridge:
            spoken, retries = meeting(120, every_ms=60), (0.5,) * 10
            playing = asyncio.create_task(
                journey.play(bridge, spoken, faults=faults, webhook_retry_seconds=retries)
            )
            await journey.said(32)
        await until(lambda: any(each.step is Step.INTERRUPTED for each in journey.progress))
        async with journey.bridge() as bridge:
            outcome = await playing
            await journey.settled(bridge.store)
            journey.check(outcome, in_flight=2)
    assert [each.attempts > 1 for each in outcome.webhooks if each.event == "meeting.rtms_interrupted"] == [
        True
    ]
    assert outcome.signaling_connections == 2
    assert spoken.lines[-1] in outcome.delivered
