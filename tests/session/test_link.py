"""A stream's sockets under faults that come together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.rtms.messages import StopReason
from bridge.simulator.faults import FaultScript
from tests.fakes.journey import Journey, meeting, simulator
from tests.fakes.run_api import RunApi

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
            journey.check(outcome)
    assert [each.event for each in outcome.webhooks].count("meeting.rtms_interrupted") == 1
    assert outcome.signaling_connections == 2
    assert outcome.stop_reason is StopReason.MEETING_ENDED


async def test_a_dead_old_server_does_not_hold_up_a_failover(tmp_path: Path) -> None:
    """Its sockets go silent without a closing handshake, and the new server is dialled within a second."""
    faults = script({"kind": "failover", "at_line": 20, "old": "silent"})
    async with simulator() as zoom, RunApi().listening() as api:
        journey = Journey(zoom, api, tmp_path / "bridge.db")
        async with journey.bridge() as bridge:
            outcome = await journey.play(bridge, meeting(60, every_ms=40), faults=faults)
            await journey.settled(bridge.store)
            journey.check(outcome)
            (gap,) = await bridge.store.gaps(outcome.stream_id)
    assert gap.to_ms - gap.from_ms < 1500
    assert meeting(60, every_ms=40).lines[-1] in outcome.delivered
