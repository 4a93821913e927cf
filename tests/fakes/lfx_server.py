"""A real ``lfx serve`` as a child process, as ``docs/lfx-serve.md`` tells people to start it."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import httpx

from bridge.demo.langflow import free_port
from bridge.demo.process_group import ProcessGroup
from tests.langflow_fixture import PYTHON

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

KEY: Final = "sk-lfx-serve"
START_SECONDS: Final = 240
_POLL_SECONDS: Final = 0.1


@asynccontextmanager
async def lfx_serve(
    directory: Path, files: Sequence[Path], *arguments: str, **environment: str
) -> AsyncIterator[str]:
    """Serve flow files while the block runs; gives the address. ``directory`` keeps settings and log."""
    port = free_port()
    group = ProcessGroup(
        *("lfx", "serve", *map(str, files), "--host", "127.0.0.1", "--port", str(port), *arguments),
        directory=directory,
        environment=_variables(directory, environment),
        log_file=directory / "lfx.log",
        python=PYTHON,
    )
    try:
        async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(START_SECONDS):
            while not await _healthy(http, f"http://127.0.0.1:{port}/health"):
                assert group.alive, (directory / "lfx.log").read_text(errors="replace")[-2000:]
                await asyncio.sleep(_POLL_SECONDS)
        yield f"http://127.0.0.1:{port}"
    finally:
        await asyncio.shield(group.stop())


async def make_database(directory: Path, url: str) -> None:
    """Make the tables that messages are kept in."""
    done = await asyncio.create_subprocess_exec(
        *(PYTHON, "-m", "langflow", "migration", "--no-test"),
        cwd=directory,
        env=_variables(directory, {"LANGFLOW_DATABASE_URL": url, "LANGFLOW_SUPERUSER_PASSWORD": "any-4f1"}),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await done.communicate()
    assert done.returncode == 0, told.decode(errors="replace")[-2000:]


def _variables(directory: Path, environment: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LANGFLOW_")}
    return {
        **kept,
        "LANGFLOW_API_KEY": KEY,
        "LANGFLOW_CONFIG_DIR": str(directory),
        "DO_NOT_TRACK": "true",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        **environment,
    }


async def _healthy(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(url)).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
