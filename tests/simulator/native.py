"""Zoom's own client, run beside a test."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from bridge.simulator.meeting import Line, Meeting

NEEDS_ZOOMS_CLIENT = pytest.mark.skipif(
    importlib.util.find_spec("rtms") is None, reason="the package rtms exists for linux-x64 only"
)
PROGRAM = Path(__file__).with_name("native_client.py")
EXIT_SECONDS = 90


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
