"""Commands for a bridge that runs, in a terminal."""

from __future__ import annotations

import asyncio
import json
import stat
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from typer.testing import CliRunner

from bridge.__main__ import app as commands
from bridge.errors import BridgeError
from bridge.listener import http_listener

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from click.testing import Result
    from starlette.requests import Request

MEETING = "aB3/xY+z9Q=="
STREAMS = [
    {"stream_id": "s1", "meeting_uuid": MEETING},
    {"stream_id": "s2", "meeting_uuid": "two=="},
    {"stream_id": "s3", "meeting_uuid": "two=="},
]


@pytest.fixture
async def bridge(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """A private listener that exports what it is asked for."""

    async def streams(request: Request) -> JSONResponse:
        wanted = request.query_params["meeting_uuid"]  # the newest would be a thousand
        return JSONResponse([each for each in STREAMS if each["meeting_uuid"] == wanted])

    async def exported(request: Request) -> PlainTextResponse:
        if request.path_params["stream"] not in ("s1", "s2", "s3"):
            return JSONResponse({"detail": "no stream has this id"}, 404)
        return PlainTextResponse("{stream} as {form}: Grüße\n".format(**request.path_params))

    async def forgotten(request: Request) -> JSONResponse:
        return JSONResponse({"accepted": True, "meeting_uuid": request.path_params["meeting"]})

    async def retried(request: Request) -> JSONResponse:
        wanted = (await request.json())["windows"]
        return JSONResponse({"retried": 2 if wanted == "all" else wanted.count("w1")})

    listening = Starlette(
        routes=[
            Route("/api/streams", streams),
            Route("/api/meetings/{meeting}/forget", forgotten, methods=["POST"]),
            Route("/api/runs/retry", retried, methods=["POST"]),
            Route("/api/streams/{stream}/export/{form}", exported),
        ]
    )
    async with http_listener(listening, host="127.0.0.1", port=0) as port:
        monkeypatch.setenv("BRIDGE_ADMIN_PORT", str(port))
        yield


async def run(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, commands, words)


@pytest.mark.parametrize("named", ["s1", MEETING])
async def test_export(bridge: None, named: str) -> None:
    """A meeting is printed, by its stream's id or its own, as minutes unless another form is named."""
    assert (await run("export", named)).output == "s1 as md: Grüße\n"
    assert (await run("export", named, "--as", "vtt")).output == "s1 as vtt: Grüße\n"


@pytest.mark.parametrize("there_already", [False, True])
async def test_export_into_a_file(bridge: None, tmp_path: Path, there_already: bool) -> None:
    """A file that only its owner can read is written, byte for byte, also in the place of one that everybody can read."""
    path = tmp_path / "talk.srt"
    if there_already:
        path.write_text("old")
        path.chmod(0o644)
    told = await run("export", "s1", "--as", "srt", "-o", str(path))
    assert (told.exit_code, told.output) == (0, f"wrote {path}\n")
    assert path.read_bytes() == "s1 as srt: Grüße\n".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("two==",), "several streams; give one of them: s2, s3"),
        (("none",), "404: no stream has this id"),
        (("none\udcff",), "404: no stream has this id"),
        (("s1", "-o", "/nowhere/talk.md"), "/nowhere/talk.md cannot be written: No such file"),
        (("s1", "--as", "exe"), "exe"),
    ],
)
async def test_what_cannot_be_exported(bridge: None, words: tuple[str, ...], says: str) -> None:
    """What is wrong is said in one sentence, and nothing is written."""
    told = await run("export", *words)
    assert told.exit_code != 0
    assert says in (told.output or "") + str(told.exception or "")


async def test_bytes_that_are_no_text(bridge: None) -> None:
    """A shell hands on whatever is typed or pasted; it stands for no meeting and no window, and breaks no command."""
    told = await run("forget", "m\udcff", "--json")
    assert json.loads(told.output)["meeting_uuid"] == "m\ufffd"
    assert isinstance((await run("runs", "retry", "w\udcff")).exception, BridgeError)


async def test_windows_that_did_not_fail(bridge: None) -> None:
    """Whoever names a window that cannot be run again is told so, and which can be."""
    assert (await run("runs", "retry", "w1")).exit_code == 0
    assert (await run("runs", "retry", "--all")).exit_code == 0
    told = await run("runs", "retry", "w1", "w2", "w3")
    assert "1 windows go" in told.output
    assert "2 of these ids are of no window that failed; 'runs list'" in str(told.exception)
