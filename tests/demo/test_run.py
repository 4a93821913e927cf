"""The demo as a newcomer runs it: a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from bridge.publish.rest import ALL_FLOWS
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.demo.langflow import LangflowServer

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.scenario, pytest.mark.timeout(420)]


@contextlib.asynccontextmanager
async def demo(
    directory: Path, *arguments: str, **environment: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, Path]]:
    """``zoom-bridge demo`` in a process, with the file that its output goes to."""
    output = directory / "demo.txt"
    with output.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bridge", "demo", *arguments,
            cwd=directory, stdout=file, stderr=file, env={"PATH": os.environ["PATH"], "HOME": str(directory), "PYTHONPATH": str(ROOT), "COLUMNS": "200", **environment},
        )  # fmt: skip
    try:
        yield process, output
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.langflow
async def test_it_shows_what_was_said_understood_and_told(tmp_path: Path, langflow: LangflowServer) -> None:
    """With ``--exit`` it ends with status 0 once the final summary was delivered."""
    before = await _things(langflow)
    assert langflow.login is not None
    way_in = {"LANGFLOW_USERNAME": langflow.login.username, "LANGFLOW_PASSWORD": langflow.login.password}
    arguments = ("--exit", "--speed", "60", "--langflow-url", langflow.url)
    async with demo(tmp_path, *arguments, **way_in) as (process, output):
        status = await process.wait()
        shown = output.read_text()

    assert status == 0, shown
    assert "Maya Lindqvist: Morning, everyone." in shown
    assert "understood: Action item:" in shown
    assert "Zoom chat, message 1" in shown
    assert "a question answered: Samuel Okafor asked: “when does Tomás send the test report?”" in shown
    assert "I'll fix the date import and send Samuel a clean test report by Wednesday.”" in shown
    assert shown.splitlines()[-1].startswith("✓ The final summary is in the chat")
    assert await _things(langflow) == before


async def _things(langflow: LangflowServer) -> dict[str, list[str]]:
    """Ids of all flows, variables and keys on a Langflow."""
    async with httpx.AsyncClient(
        base_url=langflow.url, headers={"x-api-key": langflow.api_key}, trust_env=False
    ) as client:
        flows = (await client.get("/api/v1/flows/", params=ALL_FLOWS)).json()
        variables = (await client.get("/api/v1/variables/")).json()
        keys = (await client.get("/api/v1/api_key/")).json()["api_keys"]
    named = {"flows": flows, "variables": variables, "keys": keys}
    return {name: sorted(each["id"] for each in things) for name, things in named.items()}


async def test_it_says_why_it_cannot_start(tmp_path: Path) -> None:
    """A failure is one sentence and status 1."""
    async with demo(tmp_path, "--exit", "--langflow-url", "http://127.0.0.1:9") as (process, output):
        status = await process.wait()

    assert status == 1
    assert output.read_text().startswith("zoom-bridge: nobody answers at http://127.0.0.1:9 (")
    assert output.read_text().count("\n") == 1


async def test_an_interrupt_leaves_no_process_and_no_port(tmp_path: Path) -> None:
    """Ctrl-C while it runs ends Langflow too."""
    async with demo(tmp_path, "--no-browser", "--speed", "1") as (process, output):

        def langflow_url() -> str:
            found = re.search(r"Langflow runs at (http://[\d.:]+)", output.read_text())
            return found[1] if found else ""

        url = await until(langflow_url, seconds=300)
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(60):
            status = await process.wait()

    assert status == 130
    assert "Traceback" not in output.read_text()
    async with httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(f"{url}/health")
    assert _processes_naming(url.rpartition(":")[2]) == []


def _processes_naming(port: str) -> list[str]:
    """Command lines of processes that were given a port."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = entry.read_text(errors="replace").split("\0")
            if port in words:
                found.append(" ".join(words))
    return found
