"""``zoom-bridge search``: a question to the archive of a running bridge, and its answer to read."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import typer
from rich.console import Console
from rich.text import Text

from bridge.environment import read_proxies
from bridge.remote.client import ask
from bridge.settings import AdminSettings, read_settings
from bridge.text import one_line
from bridge.times import clock

AROUND: Final = 1
"""Utterances that are shown before and behind one that has a word of the question."""
LONGEST: Final = 4_000
"""Characters of one utterance or finding that are shown."""
HIT: Final = "bold yellow"


def search(
    words: Annotated[
        list[str], typer.Argument(metavar="WORDS...", help="What to look for, in any language.")
    ],
    meeting: Annotated[
        str | None, typer.Option(metavar="ID", help="Only meetings of this series: the number people dial.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="At most so many places.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Find what was said, and what the flows found, in all meetings that the running bridge keeps."""
    asked = {"q": " ".join(words), "limit": limit} | ({"meeting_id": meeting} if meeting is not None else {})
    question = urlencode(asked, errors="replace")
    path = f"/api/search?{question}"
    told = asyncio.run(ask(read_settings(AdminSettings), read_proxies(), "GET", path, names=("hits",)))
    if as_json:
        typer.echo(json.dumps(told))
        return
    if not told["hits"]:
        typer.echo("nothing was found")
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for hit in told["hits"]:
        console.print(shown(hit), end="\n\n")


def shown(hit: dict[str, Any]) -> Text:
    """A hit as lines: where it stands, what a flow found, and who said what around it. Nothing in it steers a terminal."""
    began = datetime.fromisoformat(hit["started_at"]).astimezone(UTC)
    where = f"{began:%Y-%m-%d %H:%M} UTC  {_plain(hit['topic']) or 'a meeting without a topic'}"
    number = f"  ({_plain(hit['meeting_id'])})" if hit["meeting_id"] else ""
    lines = [Text(where + number, style="bold")]
    if finding := hit["finding"]:
        name = Text(f"  {_plain(finding['kind'])}: ", style="bold")
        lines.append(name.append_text(_marked(finding["text"], finding["marks"])))
    began_ms = began.timestamp() * 1000
    last = -1
    for at in _around(hit["said"]):
        if at > last + 1:
            lines.append(Text("  …", style="dim"))
        last = at
        one = hit["said"][at]
        head = f"  {clock(int(one['start_ms'] - began_ms))}  {_plain(one['speaker']) or 'somebody'}: "
        lines.append(Text(head, style="dim").append_text(_marked(one["text"], one["marks"])))
    return Text("\n").join(lines)


def _around(said: list[dict[str, Any]]) -> list[int]:
    """Positions of what is shown: utterances with a word of the question and their neighbours, or the first ones."""
    marked = [at for at, one in enumerate(said) if one["marks"]] or [0]
    return [at for at in range(len(said)) if any(abs(at - other) <= AROUND for other in marked)]


def _marked(text: str, marks: list[list[int]]) -> Text:
    """A text on one line with the question's words standing out."""
    shown, done = Text(), 0
    for first, last in marks:
        shown.append(_piece(text[done:first]))
        shown.append(_piece(text[first:last]), style=HIT)
        done = last
    shown.append(_piece(text[done:]))
    shown.truncate(LONGEST, overflow="ellipsis")
    return shown


def _piece(text: str) -> str:
    """A part of a line, with its blanks at both ends kept as one."""
    plain = one_line(text, LONGEST)
    before = " " if text[:1].isspace() else ""
    behind = " " if plain and text[-1:].isspace() else ""
    return f"{before}{plain}{behind}"


def _plain(text: str) -> str:
    return one_line(text, LONGEST)
