"""The saboteur brings about each fault of its script once, at its time and in order, and holds up nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pytest

from bridge.rtms.messages import MessageType
from bridge.simulator.fault_kinds import TimedFault
from bridge.simulator.progress import Step
from tests.simulator.client import handshake, joined, open_socket
from tests.simulator.test_faults import meeting, playing, script, texts

if TYPE_CHECKING:
    from bridge.simulator.zoom import Simulator
    from tests.simulator.endpoint import Endpoint

EARLY = {
    get_args(kind.model_fields["kind"].annotation)[0] for kind in get_args(TimedFault) if kind.from_start
}


async def test_faults_before_the_first_webhook_are_there_for_the_first_handshake(zoom: Simulator) -> None:
    """In the order of the file: two refusals of one kind, then one of another."""
    faults = [{"kind": "refuse", "status": 45, "count": 2}, {"kind": "refuse", "status": 99}]
    seen = []
    async with playing(zoom, *faults):
        for _ in range(3):
            async with open_socket(
                zoom.signaling_url, handshake(MessageType.SIGNALING_HAND_SHAKE_REQ)
            ) as socket:
                (answer,) = await socket.wait_for(MessageType.SIGNALING_HAND_SHAKE_RESP)
                seen.append(answer["status_code"])
        async with joined(zoom) as (_, media):
            await media.wait_closed()
    assert seen == [45, 45, 99]


async def test_faults_at_a_line_come_before_that_line_and_once(zoom: Simulator) -> None:
    """Two at one line in the order of the file; the line itself comes after them."""
    faults = [{"kind": "repeat", "lines": 1, "at_line": 3}, {"kind": "repeat", "lines": 2, "at_line": 3}]
    async with playing(zoom, *faults), joined(zoom) as (_, media):
        await media.wait_closed()
    assert texts(media) == [f"Line {n}" for n in (1, 2, 2, 1, 2, 3, 4, 5, 6)]


async def test_faults_by_time_come_in_the_order_of_their_times(zoom: Simulator) -> None:
    """Whatever their order in the file."""
    late = {"kind": "repeat", "lines": 1, "at_seconds": 0.25}
    early = {"kind": "session_stopped", "at_seconds": 0.01}
    async with playing(zoom, late, early, spoken=meeting(40, each_ms=50)), joined(zoom) as (signaling, media):
        await media.wait_closed()
    assert len(texts(media)) == 41
    assert len(signaling.of(MessageType.SESSION_STATE_UPDATE)) >= 2


async def test_a_fault_after_the_end_never_happens(zoom: Simulator) -> None:
    """A meeting that is over is left in peace, and its end is not waited for."""
    async with (
        playing(zoom, {"kind": "drop", "at_seconds": 3600}, spoken=meeting(2)) as played,
        joined(zoom) as (_, media),
    ):
        assert await media.wait_closed() == 1000
    assert played.outcome
    assert played.outcome.complete


async def test_a_slow_webhook_of_a_fault_holds_up_neither_lines_nor_faults(
    zoom: Simulator, endpoint: Endpoint
) -> None:
    """While nobody answers the webhook of an interruption, the pause at the next line begins all the same."""
    faults = [
        {"kind": "interrupted_webhook", "at_line": 2},
        {"kind": "pause", "seconds": 0.05, "at_line": 3},
    ]
    async with playing(zoom, *faults, endpoint=endpoint) as played:
        await endpoint.wait_for("meeting.rtms_started")
        endpoint.gate.clear()
        async with joined(zoom) as (_, media):
            await media.wait_closed()
        endpoint.gate.set()
    assert played.lines(Step.PAUSED)
    assert texts(media)[:2] == ["Line 1", "Line 2"]


@pytest.mark.parametrize("name", sorted(EARLY))
def test_what_may_be_early_is_so_without_a_time_alone(name: str) -> None:
    """With a time it waits for that."""
    fault = {"kind": name} | ({"oddity": "nul"} if name == "odd_lines" else {})
    assert [each.kind for each in script(fault).early] == [name]
    assert script(fault | {"at_line": 1}).early == []
