from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest
from fastapi import FastAPI, Request, Response

from bridge.demo.langflow import free_port
from bridge.listener import http_listener

READY = Path(__file__).parents[2] / "deploy/ready.py"


async def look(port: int, token: str = "", **more: str) -> tuple[int, str]:
    """Status and words of the health check, in a Python without anything installed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-IS", str(READY), stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "BRIDGE_ADMIN_PORT": str(port), "BRIDGE_ADMIN_TOKEN": token, **more},
    )  # fmt: skip
    _, words = await process.communicate()
    return process.returncode or 0, words.decode().strip()


@pytest.mark.parametrize(
    ("status", "token", "found"),
    [
        (200, "", (0, "")),
        (200, "t0ken", (0, "")),
        (503, "", (1, "/readyz answers 503")),
        (200, "another", (1, "/readyz answers 401")),
    ],
)
async def test_what_the_bridge_says(status: int, token: str, found: tuple[int, str]) -> None:
    """The bridge is ready where it says so to whoever has its token."""
    listening = FastAPI()

    @listening.get("/readyz")
    async def readyz(request: Request) -> Response:
        known = request.headers.get("authorization") in (None, "Bearer t0ken")
        return Response(status_code=status if known else 401)

    async with http_listener(listening, host="127.0.0.1", port=0) as port:
        assert await look(port, token) == found


async def test_nobody_there() -> None:
    """Where nobody listens, that is said."""
    port = free_port()
    status, words = await look(port)
    assert status == 1
    assert words.startswith(f"no answer on port {port}: ")


@pytest.mark.parametrize("host", ["::", "::1", "0.0.0.0", "127.0.0.2"])  # noqa: S104 - a test's own
async def test_where_the_bridge_listens(host: str) -> None:
    """The private listener is asked where the setting has it, with quotation marks that containers leave around values or not."""
    listening = FastAPI()

    @listening.get("/readyz")
    async def readyz() -> Response:
        return Response()

    async with http_listener(listening, host=host, port=0) as port:
        assert await look(port, '"t0ken"', BRIDGE_ADMIN_HOST=f"'{host}'") == (0, "")
