from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING

import pytest

from bridge.simulator.errors import MeetingFileError, WebhookError
from bridge.simulator.progress import Progress, Step
from bridge.simulator.simulate import simulate
from tests.simulator.client import CLIENT_ID, CLIENT_SECRET, SECRET_TOKEN, join_from
from tests.simulator.endpoint import Endpoint

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.simulator.outcome import Outcome

simulate_ours = functools.partial(
    simulate, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, secret_token=SECRET_TOKEN
)


async def test_a_file_is_played_to_whoever_answers_the_webhook(endpoint: Endpoint, tmp_path: Path) -> None:
    """The endpoint is validated first; each step is told, in order; the outcome is complete."""
    path = tmp_path / "m.txt"
    path.write_text("Ana: Hello there\nBo: Hi\n")
    steps: list[Progress] = []
    async with asyncio.TaskGroup() as group:
        playing: asyncio.Task[Outcome] = group.create_task(
            simulate_ours(path, webhook_url=endpoint.url, speed=100, progress=steps.append)
        )
        started = await endpoint.wait_for("meeting.rtms_started")
        async with join_from(started["payload"]) as (_, media):
            await media.wait_closed()

    outcome = playing.result()
    assert outcome.complete
    assert [each["event"] for each in endpoint.events] == [
        "endpoint.url_validation",
        "meeting.rtms_started",
        "meeting.rtms_stopped",
    ]
    assert [each.step for each in steps] == [Step.ANNOUNCED, Step.READY, Step.SAID, Step.SAID, Step.ENDED]
    assert [(each.said, each.lines) for each in steps] == [(0, 2), (0, 2), (1, 2), (2, 2), (2, 2)]
    assert [each.line.text for each in steps if each.line] == ["Hello there", "Hi"]


async def test_a_bridge_with_another_secret_is_told_apart(tmp_path: Path) -> None:
    """Nothing is played to an endpoint that cannot prove the secret."""
    path = tmp_path / "m.txt"
    path.write_text("Ana: Hello\n")
    async with Endpoint("another-secret").listening() as other:
        with pytest.raises(WebhookError, match="secret token"):
            await simulate_ours(path, webhook_url=other.url)
        assert [each["event"] for each in other.events] == ["endpoint.url_validation"]


async def test_a_bad_file_is_told_before_anybody_is_bothered(endpoint: Endpoint, tmp_path: Path) -> None:
    """The endpoint hears nothing of it."""
    with pytest.raises(MeetingFileError):
        await simulate_ours(tmp_path / "none.vtt", webhook_url=endpoint.url)
    assert endpoint.events == []
