from __future__ import annotations

import asyncio
import json
import os
import re
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
COMMANDS = (
    "serve", "demo", "simulate", "doctor", "flows", "flows push", "flows check", "flows build", "export", "forget",
    "runs", "runs list", "runs retry", "config", "config show",
)  # fmt: skip


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help(command: str) -> None:
    """Every command says what it does."""
    result = CliRunner().invoke(app, [*command.split(), "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output


@pytest.mark.parametrize("command", [(), ("serve",), ("runs", "list")])
def test_short_help(command: tuple[str, ...]) -> None:
    """``-h`` is help as well."""
    assert "Usage:" in CliRunner().invoke(app, [*command, "-h"]).output


def test_version() -> None:
    """The command tells its version."""
    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0
    assert re.fullmatch(r"zoom-bridge \d+\.\d+\.\d+.*\n", result.output)


def test_completion_can_be_installed() -> None:
    """Shells can complete the commands."""
    assert "--install-completion" in CliRunner().invoke(app, ["--help"]).output


def test_config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is set is told with where it comes from, for people and for programs, and no secret."""
    (tmp_path / ".env").write_text("BRIDGE_PORT=9\n")
    monkeypatch.setenv("ZOOM_SECRET_TOKEN", "s3cret")
    text = CliRunner().invoke(app, ["config", "show"]).output
    assert f"# {tmp_path / '.env'}" in text
    assert "BRIDGE_PORT=9  (.env)" in text
    assert "ZOOM_SECRET_TOKEN=set  (environment)" in text
    told = json.loads(CliRunner().invoke(app, ["config", "show", "--json"]).output)
    assert told["env_file"] == str(tmp_path / ".env")
    assert {"name": "BRIDGE_PORT", "value": "9", "origin": ".env", "fault": ""} in told["settings"]
    assert "s3cret" not in text + json.dumps(told)


def test_a_config_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong only together, and names that are none, stand below."""
    for name, value in {**ZOOM, "BRIDGE_PANEL": "on", "BRIDGE_PROT": "81"}.items():
        monkeypatch.setenv(name, value)
    text = CliRunner().invoke(app, ["config", "show"]).output
    assert "# BRIDGE_PANEL needs BRIDGE_PUBLIC_URL" in text
    assert "# BRIDGE_PROT in the environment is no setting; did you mean BRIDGE_PORT?" in text
    told = json.loads(CliRunner().invoke(app, ["config", "show", "--json"]).output)
    assert len(told["faults"]) == 2


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
        (
            ("serve",),
            {**ZOOM, "LANGFLOW_API_KEY": "sk-a\u200bb"},
            "LANGFLOW_API_KEY: has an invisible character",
        ),
        (
            ("serve",),
            {**ZOOM, "HTTPS_PROXY": "http://user:secret-x@"},
            "HTTPS_PROXY is not the address of a proxy",
        ),
        (("serve",), {**ZOOM, "ALL_PROXY": "socks5://127.0.0.1:1"}, "ALL_PROXY names a SOCKS proxy"),
        (("runs", "list"), {"BRIDGE_ADMIN_PORT": "9"}, "no bridge answers at http://127.0.0.1:9"),
        (("export", "aB3/xY+z9Q=="), {"BRIDGE_ADMIN_PORT": "9"}, "no bridge answers at http://127.0.0.1:9"),
        (("forget", "aB3/xY+z9Q=="), {"BRIDGE_ADMIN_PORT": "9"}, "no bridge answers at http://127.0.0.1:9"),
        (("runs", "retry"), {}, "give the ids of windows, or --all"),
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


async def test_an_output_that_cannot_show_a_character(tmp_path: Path) -> None:
    """A terminal that lacks a letter shows it in another way, and the command goes on."""
    (tmp_path / ".env").write_text("BRIDGE_DATA_DIR=folder-🎉\n")
    status, out, _ = await run("config", "show", PYTHONIOENCODING="cp1252")
    assert status == 0
    assert "folder-\\U0001f389" in out


@pytest.mark.parametrize("arguments", [("--version",), ("config", "show", "--json")])
async def test_an_output_that_takes_nothing(arguments: tuple[str, ...]) -> None:
    """A full disk behind the output is a sentence."""
    process = await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", 'exec "$@" > /dev/full', "sh", sys.executable, "-m", "bridge", *arguments,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, err = await asyncio.wait_for(process.communicate(), 90)
    assert process.returncode == 1
    assert err.decode() == "zoom-bridge: the output cannot be written: No space left on device\n"


async def test_simulate_takes_the_bridges_port(tmp_path: Path) -> None:
    """A meeting is played at the bridge that the same settings start."""
    (tmp_path / "a.txt").write_text("Dana: Hello.\n")
    status, _, err = await run("simulate", "a.txt", **ZOOM, BRIDGE_PORT="9")
    assert status == 1
    assert "Traceback" not in err


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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
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
