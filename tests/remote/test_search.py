"""``zoom-bridge search``: what it asks, and what people read."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from typer.testing import CliRunner

from bridge.__main__ import app
from bridge.errors import BridgeError
from bridge.listener import http_listener
from bridge.remote.search import LONGEST, shown

if TYPE_CHECKING:
    from click.testing import Result
    from starlette.requests import Request

BEGAN = "2025-11-22T10:00:00Z"
BEGAN_MS = 1_763_805_600_000


def said(n: int, text: str, *marks: tuple[int, int], speaker: str = "Dana") -> dict[str, Any]:
    return {
        "speaker": speaker,
        "start_ms": BEGAN_MS + 61_000 * n,
        "text": text,
        "marks": [list(one) for one in marks],
    }


def hit(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "topic": "Weekly",
        "meeting_id": "812",
        "started_at": BEGAN,
        "finding": None,
        "said": list(lines),
    } | changes


def test_a_hit() -> None:
    """A hit tells date, topic and number, then who said what when around the question's words, and that more was said."""
    lines = [said(n, f"Line {n}.") for n in range(8)]
    lines[1]["text"], lines[1]["marks"] = "The budget is fine.", [[4, 10]]
    lines[6]["marks"] = [[0, 4]]
    text = shown(hit(*lines))
    assert text.plain.splitlines() == [
        "2025-11-22 10:00 UTC  Weekly  (812)",
        "  0:00:00  Dana: Line 0.",
        "  0:01:01  Dana: The budget is fine.",
        "  0:02:02  Dana: Line 2.",
        "  …",
        "  0:05:05  Dana: Line 5.",
        "  0:06:06  Dana: Line 6.",
        "  0:07:07  Dana: Line 7.",
    ]
    marked = [text.plain[span.start : span.end] for span in text.spans if "yellow" in str(span.style)]
    assert marked == ["budget", "Line"]


def test_a_finding() -> None:
    """A finding tells what it is, before the words that bear it out, if any."""
    finding = {"kind": "decision", "text": "Raise the price.", "marks": [[10, 15]]}
    assert shown(hit(finding=finding, topic="", meeting_id="")).plain.splitlines() == [
        "2025-11-22 10:00 UTC  a meeting without a topic",
        "  decision: Raise the price.",
    ]
    assert "Dana: Yes." in shown(hit(said(1, "Yes."), finding=finding)).plain


def test_hostile_words() -> None:
    """Nothing that people say steers a terminal or looks like another line, and nothing is endless."""
    evil = "\x1b[31mred\x1b]0;title\x07\r\nnext\u2028line\u202e [bold]x[/bold] \x9b31m"
    finding = {"kind": evil, "text": evil, "marks": [[0, 4]]}
    text = shown(
        hit(said(0, evil, (0, 8), (10, 30), speaker=evil), topic=evil, meeting_id=evil, finding=finding)
    )
    assert not {character for character in text.plain if not character.isprintable()} - {"\n"}
    assert len(text.plain.splitlines()) == 3
    assert "[bold]x[/bold]" in text.plain
    assert len(shown(hit(said(0, "x" * 1_000_000))).plain) < LONGEST + 200


async def run(port: int, *arguments: str) -> Result:
    settings = {"BRIDGE_ADMIN_PORT": str(port), "COLUMNS": "200"}
    return await asyncio.to_thread(CliRunner().invoke, app, ["search", *arguments], env=settings)


async def test_something_else_than_a_bridge() -> None:
    """A server that answers as none is told, and never taken for one that found nothing."""
    application = Starlette(routes=[Route("/api/search", lambda _: JSONResponse({"status": "ok"}))])
    async with http_listener(application, host="127.0.0.1", port=0) as port:
        told = await run(port, "budget")
    assert isinstance(told.exception, BridgeError)
    assert told.output == ""


async def test_the_command() -> None:
    """Words are one question; scope and limit go along; what is refused is told; JSON is there for programs."""
    asked: list[dict[str, str]] = []
    answers = [{"hits": [hit(said(0, "The budget.", (4, 10)))]}, {"hits": []}]

    async def search(request: Request) -> JSONResponse:
        asked.append(dict(request.query_params))
        if request.query_params["q"] == "?":
            return JSONResponse({"detail": "there is no word to look for"}, 422)
        return JSONResponse(answers[0] if len(asked) < 3 else answers[1])

    application = Starlette(routes=[Route("/api/search", search)])
    async with http_listener(application, host="127.0.0.1", port=0) as port:
        told = await run(port, "the", "budget & price?")
        assert (told.exit_code, told.output.count("Dana: The budget.")) == (0, 1)
        programs = await run(port, "budget", "--meeting", "812", "--limit", "3", "--json")
        assert json.loads(programs.output) == answers[0]
        assert "nothing was found" in (await run(port, "elephant")).output
        with pytest.raises(Exception, match="answered 422: there is no word"):
            raise (await run(port, "\ud800")).exception or AssertionError("it was answered")
    assert asked == [
        {"q": "the budget & price?", "limit": "10"},
        {"q": "budget", "limit": "3", "meeting_id": "812"},
        {"q": "elephant", "limit": "10"},
        {"q": "?", "limit": "10"},
    ]
