"""``zoom-bridge rtms``, as a process, against the simulated Zoom."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from bridge.simulator.rest import RestMeeting
from bridge.simulator.zoom import Simulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

UUID = "/aB3//xY+z9Q=="


@pytest.fixture
async def zoom() -> AsyncIterator[Simulator]:
    async with Simulator(client_id="client", client_secret="secret", secret_token="token") as zoom:
        zoom.rest.add(RestMeeting(uuid=UUID, number="81234567890"))
        yield zoom


async def run(zoom: Simulator, *arguments: str, **changes: str) -> tuple[int | None, str, str]:
    """Status, standard output and standard error of ``zoom-bridge rtms``."""
    variables = {
        "ZOOM_SECRET_TOKEN": "token",
        "ZOOM_CLIENT_ID": "client",
        "ZOOM_CLIENT_SECRET": "secret",
        "ZOOM_ACCOUNT_ID": zoom.rest.account_id,
        "ZOOM_API_URL": zoom.api_url,
        "ZOOM_OAUTH_URL": zoom.oauth_url,
        "NO_COLOR": "1",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "rtms", *arguments),
        env=os.environ | variables | changes,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


@pytest.mark.parametrize(
    ("action", "given_meeting"),
    [
        ("start", "812 3456 7890"),
        ("stop", UUID),
        ("pause", "https://zoom.us/j/81234567890?pwd=x"),
        ("resume", UUID),
    ],
)
async def test_actions(zoom: Simulator, action: str, given_meeting: str) -> None:
    """Each says that Zoom accepted it, which is all that is known by then."""
    status, out, _ = await run(zoom, action, given_meeting)
    assert (status, "accepted" in out) == (0, True)
    assert [(wish.action, wish.meeting_uuid) for wish in zoom.rest.wishes] == [(action, UUID)]


async def test_for_programs(zoom: Simulator) -> None:
    """JSON on standard output, for whoever is named."""
    status, out, _ = await run(zoom, "start", "81234567890", "--user", "simulated-host", "--json")
    assert (status, json.loads(out)) == (0, {"accepted": True, "action": "start"})


async def test_a_video_sdk_session(zoom: Simulator) -> None:
    """Goes its own way, with its own credentials."""
    zoom.rest.sessions.add("s3ss10n==")
    key, secret = zoom.rest.api_key
    arguments = ("start", "s3ss10n==", "--product", "session")
    status, _, _ = await run(zoom, *arguments, ZOOM_VIDEO_SDK_API_KEY=key, ZOOM_VIDEO_SDK_API_SECRET=secret)
    assert (status, [wish.meeting_uuid for wish in zoom.rest.wishes]) == (0, ["s3ss10n=="])


@pytest.mark.parametrize(
    ("arguments", "changes", "words"),
    [
        (("start", "89999999999"), {}, "no such meeting"),
        (("start", "81234567890", "--user", "dana"), {}, "alternative host"),
        (("start", "my meeting"), {}, "not a meeting"),
        (("start", "81234567890"), {"ZOOM_ACCOUNT_ID": ""}, "ZOOM_ACCOUNT_ID"),
        (("start", "81234567890"), {"ZOOM_CLIENT_SECRET": "s3cret"}, "ZOOM_REST_CLIENT_SECRET"),
    ],
)
async def test_failures(
    zoom: Simulator, arguments: tuple[str, ...], changes: dict[str, str], words: str
) -> None:
    """Status 1 and one sentence that says what to do."""
    status, out, err = await run(zoom, *arguments, **changes)
    assert (status, out) == (1, "")
    assert words in err
    assert len(err.splitlines()) == 1
    assert "s3cret" not in err
