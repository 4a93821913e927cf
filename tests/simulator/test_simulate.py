from __future__ import annotations

import asyncio
import functools
import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bridge.demo.langflow import free_port
from bridge.simulator.errors import MeetingFileError, WebhookError
from bridge.simulator.progress import Progress, Step
from bridge.simulator.simulate import simulate, webhook_url, where_to_look
from tests.fakes import journey
from tests.fakes.run_api import RunApi
from tests.simulator.client import CLIENT_ID, CLIENT_SECRET, SECRET_TOKEN, join_from
from tests.simulator.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.simulator.outcome import Outcome

ROOT = Path(__file__).parents[2]
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


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("m.txt", b"Ana: \xff", "not UTF-8"),
        ("m.jsonl", b"{}", "start_ms"),
        ("m.tape", b"no tape", "not a meeting file"),
        ("m.mp4", b"\xff", "not a meeting file"),
    ],
)
async def test_a_file_is_read_once(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes, why: str
) -> None:
    """Whatever it turns out to be: a second reader of a pipe would wait for ever for somebody who writes."""
    (tmp_path / name).write_bytes(content)
    reads: list[Path] = []
    read_bytes = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: reads.append(path) or read_bytes(path))
    with pytest.raises(MeetingFileError, match=why):
        await simulate_ours(tmp_path / name, webhook_url=endpoint.url)
    assert reads == [tmp_path / name]


async def test_the_file_and_its_leaps_are_told(endpoint: Endpoint, tmp_path: Path) -> None:
    """What it was read as, and what was made short; with the pauses kept, nothing is."""
    path = tmp_path / "m.txt"
    path.write_text("[00:00:01] Ida: Hello\n[01:30:00] Bo: Hi\n")
    told: list[str] = []
    async with asyncio.TaskGroup() as group:
        playing: asyncio.Task[Outcome] = group.create_task(
            simulate_ours(path, webhook_url=endpoint.url, speed=100, topic="Sales call", tell=told.append)
        )
        started = await endpoint.wait_for("meeting.rtms_started")
        async with join_from(started["payload"]) as (_, media):
            await media.wait_closed()
    assert playing.result().complete
    assert started["payload"]["topic"] == "Sales call"
    assert told[0] == 'read as lines of "Name: words": 2 lines, 2 speakers'
    assert "--keep-pauses" in told[1]
    assert len(told) == 2


async def test_a_bridge_that_does_not_dial_is_told_within_seconds(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long before the stream is given up it says what to check."""
    monkeypatch.setattr("bridge.simulator.diagnosis.DIAL_SECONDS", 0.2)
    path = tmp_path / "m.txt"
    path.write_text("Ida: Hello\n")
    heard = asyncio.Event()

    def tell(sentence: str) -> None:
        if "BRIDGE_ALLOWED_HOSTS" in sentence:
            heard.set()

    playing = asyncio.create_task(simulate_ours(path, webhook_url=endpoint.url, tell=tell))
    async with asyncio.timeout(15):
        await heard.wait()
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing


async def test_a_start_that_is_refused_is_told(endpoint: Endpoint, tmp_path: Path) -> None:
    """The status of the webhook, while it is still being sent again."""
    path = tmp_path / "m.txt"
    path.write_text("Ida: Hello\n")
    endpoint.statuses.extend([200, 503, 503, 503, 503, 503])
    heard = asyncio.Event()
    playing = asyncio.create_task(
        simulate_ours(
            path, webhook_url=endpoint.url, tell=lambda told: heard.set() if "503" in told else None
        )
    )
    async with asyncio.timeout(15):
        await heard.wait()
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing


async def test_nobody_at_the_address_is_told_with_the_address(tmp_path: Path) -> None:
    """The command's error names where it tried, by default the port of the same settings; no password of the URL."""
    port = free_port()
    (tmp_path / "m.txt").write_text("Ida: Hello\n")
    (tmp_path / ".env").write_text(f"BRIDGE_PORT={port}\n")
    status, _, err = await command(tmp_path, "m.txt")
    assert status == 1
    assert f"no answer from http://127.0.0.1:{port}/webhook (ConnectError)" in " ".join(err.split())
    status, _, err = await command(
        tmp_path, "m.txt", "--to", f"http://me:hunter2@127.0.0.1:{port}/hook?x=hunter2"
    )
    assert status == 1
    assert f"http://127.0.0.1:{port}/hook " in " ".join(err.split())
    assert "hunter2" not in err


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:9/webhook"),
        ("0.0.0.0", "http://127.0.0.1:9/webhook"),  # noqa: S104 - a setting, never bound
        ("::", "http://[::1]:9/webhook"),
        ("fd00::1", "http://[fd00::1]:9/webhook"),
    ],
)
def test_the_bridge_is_found_by_its_own_settings(host: str, url: str) -> None:
    """Also where it listens on all addresses."""
    assert webhook_url(host, 9) == url
    assert where_to_look(host, 9, "s").startswith(url.removesuffix("/webhook"))


EXAMPLE = re.search(r"```toml\n(.*?)```", (ROOT / "docs" / "faults.md").read_text(), re.DOTALL)


async def test_the_example_of_the_docs_is_survived(journey_bridge: str, tmp_path: Path) -> None:
    """The real command plays a meeting with it at a real bridge, and ends well."""
    assert EXAMPLE
    (tmp_path / "faults.toml").write_text(EXAMPLE[1])
    lines = "".join(
        f"{'Ana' if n % 2 else 'Bo'}: We talk about subject number {n} for a while\n" for n in range(20)
    )
    (tmp_path / "m.txt").write_text(lines)
    status, out, err = await command(
        tmp_path, "m.txt", "--to", journey_bridge, "--speed", "20", "--faults", "faults.toml", "--json"
    )
    assert status == 0, err
    report = json.loads(out)
    assert report["stop_reason"] == "MEETING_ENDED"
    assert 5 < report["delivered"] < report["lines"] == 20


async def test_a_wrong_file_of_faults_is_one_sentence(tmp_path: Path) -> None:
    """Status 1, and nothing was played."""
    (tmp_path / "faults.toml").write_text("[[fault]]\nkind = 'drop'\n")
    (tmp_path / "m.txt").write_text("Ana: Hello\n")
    status, out, err = await command(tmp_path, "m.txt", "--faults", "faults.toml")
    assert (status, out) == (1, "")
    assert err == "zoom-bridge: faults.toml, fault 1: at_seconds or at_line is missing\n"


async def command(folder: Path, *arguments: str) -> tuple[int | None, str, str]:
    """``zoom-bridge simulate`` as a process; its status and what it wrote."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bridge",
        "simulate",
        *arguments,
        cwd=folder,
        env={
            **os.environ,
            "ZOOM_SECRET_TOKEN": journey.SECRET_TOKEN,
            "ZOOM_CLIENT_ID": journey.CLIENT_ID,
            "ZOOM_CLIENT_SECRET": journey.CLIENT_SECRET,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


@pytest.fixture
async def journey_bridge(tmp_path: Path) -> AsyncIterator[str]:
    """The webhook URL of a real bridge with the journey's credentials."""
    async with (
        journey.simulator() as zoom,
        RunApi().listening() as api,
        journey.Journey(zoom, api, tmp_path / "bridge.db").bridge() as bridge,
    ):
        yield bridge.webhook_url
