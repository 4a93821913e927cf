from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from typer.testing import CliRunner

from bridge.__main__ import app
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).parents[1]
COMMANDS = ("serve", "demo", "simulate", "doctor", "flows", "flows push", "flows check", "flows build")


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help(command: str) -> None:
    """Every command says what it does."""
    result = CliRunner().invoke(app, [*command.split(), "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output


async def run(*arguments: str, **environment: str) -> tuple[int, str, str]:
    """A command in a process of its own: status, standard output, standard error."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge", *arguments,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **environment},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 90)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


ZOOM = {"ZOOM_SECRET_TOKEN": "token-x", "ZOOM_CLIENT_ID": "id", "ZOOM_CLIENT_SECRET": "secret-x"}


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (("serve",), {}, "ZOOM_SECRET_TOKEN is not set"),
        (("serve",), {**ZOOM, "ZOOM_SECRET_TOKEN": ""}, "ZOOM_SECRET_TOKEN is not set"),
        (("serve",), {**ZOOM, "BRIDGE_STORE_URL": "sqlite+aiosqlite:////nowhere/a.db"}, "BRIDGE_STORE_URL"),
        (("serve",), {**ZOOM, "BRIDGE_ROUTES": "nothing.toml"}, "BRIDGE_ROUTES"),
        (("serve",), {**ZOOM, "BRIDGE_CA_FILE": "nothing.pem"}, "BRIDGE_CA_FILE"),
        (("serve",), {**ZOOM, "BRIDGE_HOST": "192.0.2.1"}, "cannot listen on 192.0.2.1"),
        (("simulate", "nothing.vtt"), ZOOM, "nothing.vtt"),
    ],
)
async def test_one_sentence(arguments: tuple[str, ...], environment: dict[str, str], words: str) -> None:
    """What fails ends with status 1 and one sentence on standard error, without a secret."""
    status, out, err = await run(*arguments, **environment)
    assert status == 1
    assert out == ""
    *_, last = err.strip().splitlines()
    assert last.startswith("zoom-bridge: ")
    assert words in last
    assert "Traceback" not in err
    assert "token-x" not in err
    assert "secret-x" not in err


@pytest.fixture
async def serving(
    unused_tcp_port_factory: pytest.FixtureRequest,
) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """``zoom-bridge serve`` in a process of its own."""
    port, admin_port = unused_tcp_port_factory(), unused_tcp_port_factory()  # type: ignore[operator]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge", "serve", "--log-json",
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **ZOOM, "BRIDGE_PORT": str(port),
             "BRIDGE_ADMIN_PORT": str(admin_port), "LANGFLOW_URL": "http://127.0.0.1:9"},
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    yield process, port
    if process.returncode is None:
        process.kill()
        await process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_serve(serving: tuple[asyncio.subprocess.Process, int], number: signal.Signals) -> None:
    """The sidecar listens without a Langflow, says so once, and ends cleanly when it is told to."""
    process, port = serving

    async def answers() -> bool:
        async with httpx.AsyncClient(trust_env=False) as http:
            try:
                return (await http.get(f"http://127.0.0.1:{port}/healthz")).status_code == 200
            except httpx.TransportError:
                return False

    await until(answers, seconds=60)
    process.send_signal(number)
    _, err = await asyncio.wait_for(process.communicate(), 45)
    assert process.returncode == 0
    events = [line for line in err.decode().splitlines() if line.startswith("{")]
    assert sum("langflow.away" in line for line in events) == 1
    assert "bridge.stopped" in events[-1]
    assert "Traceback" not in err.decode()
    with pytest.raises(httpx.ConnectError):
        async with httpx.AsyncClient(trust_env=False) as http:
            await http.get(f"http://127.0.0.1:{port}/healthz")
