"""Zoom's own client against the simulator: what it accepts is Zoom's wire."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bridge.rtms.messages import StatusCode, StopReason
from bridge.simulator.meeting import Line, Meeting, read_meeting
from tests.simulator.client import CLIENT_ID, CLIENT_SECRET, simulator

if TYPE_CHECKING:
    from tests.simulator.endpoint import Endpoint

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("rtms") is None, reason="the package rtms exists for linux-x64 only"
)

PROGRAM = Path(__file__).with_name("native_client.py")
SAMPLE = Path(__file__).parents[2] / "bridge" / "demo" / "meeting.jsonl"
EXIT_SECONDS = 20


async def listen(join: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """Join a stream with Zoom's client in a process of its own; what it told until it left."""
    (folder / "logs").mkdir()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        PROGRAM,
        json.dumps(join),
        cwd=folder,  # it writes into a folder "logs" here, and floods stderr where there is none
        env={**os.environ, "ZM_RTMS_LOG_ENABLED": "false"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(EXIT_SECONDS):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        out, err = await process.communicate()
        pytest.fail(f"Zoom's client did not leave: {out!r} {err!r}")
    assert process.returncode == 0, err
    return [json.loads(line) for line in out.splitlines()]


def hurried(lines: tuple[Line, ...]) -> Meeting:
    """The same words and people, sixty milliseconds each."""
    paced = [
        Line(start_ms=60 * n, end_ms=60 * n + 60, user_id=line.user_id, speaker=line.speaker, text=line.text)
        for n, line in enumerate(lines)
    ]
    return Meeting(title="paced", lines=tuple(paced))


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
