"""Zoom's own client against the simulator: what it accepts is Zoom's wire."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bridge.rtms.messages import StatusCode, StopReason
from bridge.simulator.meeting import Line, read_meeting
from tests.simulator.client import CLIENT_ID, CLIENT_SECRET, simulator
from tests.simulator.native import NEEDS_ZOOMS_CLIENT, hurried, listen

if TYPE_CHECKING:
    from tests.simulator.endpoint import Endpoint

pytestmark = NEEDS_ZOOMS_CLIENT

SAMPLE = Path(__file__).parents[2] / "bridge" / "demo" / "meeting.jsonl"


@pytest.mark.parametrize("binary_frames", [True, False])
async def test_zooms_own_client_receives_every_line(
    endpoint: Endpoint, tmp_path: Path, binary_frames: bool
) -> None:
    """It joins from the start event, answers many keep-alives, hears every word, and leaves at the end."""
    meeting = hurried(read_meeting(SAMPLE).lines)
    async with (
        simulator(keep_alive_seconds=0.4, farewell_seconds=1, binary_frames=binary_frames) as zoom,
        asyncio.TaskGroup() as group,
    ):
        playing = group.create_task(zoom.play(meeting, webhook_url=endpoint.url))
        payload = (await endpoint.wait_for("meeting.rtms_started"))["payload"]
        join = {name: payload[name] for name in ("meeting_uuid", "rtms_stream_id", "server_urls")}
        told = await listen(join | {"client": CLIENT_ID, "secret": CLIENT_SECRET}, tmp_path)
        outcome = await playing

    joined, *heard, left = told
    assert joined == {"joined": 0}
    assert left == {"left": StopReason.MEETING_ENDED}
    assert heard == [
        {
            "text": line.text,
            "speaker": line.speaker,
            "user_id": line.user_id,
            "timestamp": outcome.started_ms + line.end_ms + 500,
        }
        for line in meeting.lines
    ]
    assert outcome.complete
    assert zoom.refusals == []
    assert outcome.ignored == 0
    assert outcome.keep_alives_sent >= 12
    assert outcome.keep_alives_answered >= outcome.keep_alives_sent - 2


async def test_zooms_own_client_is_refused_with_another_secret(endpoint: Endpoint, tmp_path: Path) -> None:
    """Its handshake gets status 3, and it tells that it could not join."""
    meeting = hurried((Line(start_ms=0, end_ms=1, user_id=1, speaker="Ana", text="a"),))
    async with simulator() as zoom, asyncio.TaskGroup() as group:
        playing = group.create_task(zoom.play(meeting, webhook_url=endpoint.url))
        payload = (await endpoint.wait_for("meeting.rtms_started"))["payload"]
        join = {name: payload[name] for name in ("meeting_uuid", "rtms_stream_id", "server_urls")}
        told = await listen(join | {"client": CLIENT_ID, "secret": "another"}, tmp_path)
        playing.cancel()

    assert told == [{"joined": StatusCode.INVALID_SIGNATURE}]
    assert {refusal.status for refusal in zoom.refusals} == {StatusCode.INVALID_SIGNATURE}
