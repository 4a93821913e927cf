"""``zoom-bridge tape`` in a terminal."""

from __future__ import annotations

import asyncio
import os
import stat
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from typer.testing import CliRunner

from bridge.__main__ import app as commands
from bridge.listener import http_listener
from bridge.tape.tape import Head, Said, Tape, read, write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from click.testing import Result
    from starlette.requests import Request

LINK = "https://zoom.us/j/81234567890?pwd=s3cret"
TAPE = Tape(
    head=Head(words="kept", topic="The merger"),
    moments=(
        Said(
            at_ms=5,
            kind="speech",
            start_ms=1,
            end_ms=5,
            user_id="7",
            speaker="Dana",
            text=f"Sell it, see {LINK}",
        ),
    ),
)


@pytest.fixture
async def bridge(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """A private listener that has one stream."""

    async def streams(_: Request) -> JSONResponse:
        return JSONResponse([{"stream_id": "s1", "meeting_uuid": "u=="}])

    async def taped(request: Request) -> PlainTextResponse:
        if request.path_params["stream"] == "page":
            return PlainTextResponse("<html>Sign in</html>")
        return PlainTextResponse(write(TAPE))

    listening = Starlette(routes=[Route("/api/streams", streams), Route("/api/streams/{stream}/tape", taped)])
    async with http_listener(listening, host="127.0.0.1", port=0) as port:
        monkeypatch.setenv("BRIDGE_ADMIN_PORT", str(port))
        yield


async def run(*words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, commands, ["tape", *words])


@pytest.mark.usefixtures("bridge")
@pytest.mark.parametrize("options", [(), ("--redact", "--with-words")])
async def test_it_must_be_said_which(options: tuple[str, ...]) -> None:
    """Nobody gets a tape with words, or without them, by leaving something out."""
    result = await run("s1", *options)
    assert "--redact" in str(result.exception)
    assert result.stdout == ""


@pytest.mark.usefixtures("bridge")
async def test_without_words(tmp_path: Path) -> None:
    """Written for the owner alone, with nothing that was said, and other stand-ins each time."""
    path = tmp_path / "one.jsonl"
    result = await run("u==", "--redact", "-o", str(path))
    assert result.exit_code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    told = path.read_text()
    assert read(told, where="it").head.words == "replaced"
    assert not any(word in told for word in ("merger", "Dana", "Sell", "s3cret", "8123"))
    again = await run("s1", "--redact")
    assert again.stdout != told
    assert len(again.stdout) == len(told)


@pytest.mark.usefixtures("bridge")
@pytest.mark.parametrize("linked", [False, True])
async def test_over_a_file_that_everybody_may_read(tmp_path: Path, linked: bool) -> None:
    """What is put in its place is the owner's alone, also behind a link, and who has the old one open reads the old one."""
    path, given = tmp_path / "one.jsonl", tmp_path / "given"
    path.write_text("old")
    path.chmod(0o644)
    given.symlink_to(path)
    with path.open() as opened:
        result = await run("u==", "--redact", "-o", str(given if linked else path))
        assert opened.read() == "old"
    assert result.exit_code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read(path.read_text(), where="it").head.words == "replaced"
    assert given.is_symlink()
    assert {*os.listdir(tmp_path)} == {"one.jsonl", "given"}


@pytest.mark.usefixtures("bridge")
async def test_into_what_is_no_file(tmp_path: Path) -> None:
    """Such as a pipe: it gets the tape and stays what it is."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = asyncio.create_task(asyncio.to_thread(pipe.read_text))
    result = await run("u==", "--redact", "-o", str(pipe))
    assert result.exit_code == 0
    assert read(await reading, where="it").head.words == "replaced"
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.usefixtures("bridge")
async def test_with_words() -> None:
    """What was said is there, the address by which one joins is not."""
    told = (await run("s1", "--with-words")).stdout
    assert "Sell it, see " in told
    assert "The merger" in told
    assert "s3cret" not in told


@pytest.mark.usefixtures("bridge")
async def test_what_is_no_tape(tmp_path: Path) -> None:
    """Another answer, and a file that cannot be written, are told in a sentence."""
    assert "no tape" in str((await run("page", "--redact")).exception)
    assert "cannot be written" in str((await run("s1", "--redact", "-o", str(tmp_path))).exception)
