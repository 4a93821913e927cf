"""``zoom-bridge export``, ``forget`` and ``runs``: what a running bridge is asked for and to do."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import typer

from bridge.environment import read_proxies
from bridge.errors import BridgeError, ConfigurationError
from bridge.export.formats import Form
from bridge.private_file import write_private
from bridge.remote.client import ask, fetch, part
from bridge.settings import AdminSettings, read_settings

app = typer.Typer(help="Runs that failed, and another try.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
_MOST: Final = 1000


def forget(
    meeting: Annotated[
        str, typer.Argument(metavar="MEETING", help="The meeting's UUID, as /api/streams lists it.")
    ],
    as_json: Json = False,
) -> None:
    """Delete a meeting everywhere: store, recordings and Langflow. A running bridge does it; /readyz tells when it is done."""
    told = _ask("POST", f"/api/meetings/{part(meeting)}/forget", body={}, names=("meeting_uuid",))
    typer.echo(json.dumps(told) if as_json else "accepted; /readyz tells how many deletions are under way")


def export(
    stream: Annotated[
        str,
        typer.Argument(
            metavar="STREAM", help="The stream's id as /api/streams lists it, or its meeting's UUID."
        ),
    ],
    form: Annotated[Form, typer.Option("--as", help="The form of the file.")] = Form.MARKDOWN,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write into this file instead of the terminal.")
    ] = None,
) -> None:
    """A meeting as captions (vtt, srt), minutes with all words (md, txt) or data (json), as far as it goes now."""
    path = f"/api/streams/{part(stream_of(stream))}/export/{form.value}"
    answer = asyncio.run(fetch(read_settings(AdminSettings), read_proxies(), "GET", path))
    if output is None:
        typer.echo(answer.text, nl=False)
        return
    write_private(output, answer.content)
    typer.echo(f"wrote {output}")


def stream_of(named: str) -> str:
    """The stream that is meant: itself, or the only one of a meeting."""
    query = urlencode({"meeting_uuid": named}, errors="replace")
    streams = _ask("GET", f"/api/streams?{query}", names=("stream_id", "meeting_uuid"), listed=True)
    found = [each["stream_id"] for each in streams if each["meeting_uuid"] == named]
    if len(found) > 1:
        raise ConfigurationError(f"this meeting has several streams; give one of them: {', '.join(found)}")
    return str(found[0]) if found else named


@app.command("list")
def list_runs(
    limit: Annotated[int, typer.Option(min=1, max=_MOST, help="At most so many, the newest first.")] = 100,
    as_json: Json = False,
) -> None:
    """Runs that failed, each with its window and the reason."""
    told = ("window_id", "kind", "attempts", "error")
    runs = _ask("GET", f"/api/runs?status=failed&limit={limit}", names=told, listed=True)
    if as_json:
        typer.echo(json.dumps({"runs": runs}))
    elif not runs:
        typer.echo("no run has failed")
    else:
        for run in runs:
            typer.echo(f"{run['window_id']}  {run['kind']}, tried {run['attempts']} times: {run['error']}")


@app.command("retry")
def retry_runs(
    window: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WINDOW]...", help="Ids of windows, as 'runs list' tells them."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every window that failed.")] = False,
    as_json: Json = False,
) -> None:
    """Run failed windows again, and look at once whether a route that waits is mended."""
    if bool(window) == everything:
        raise ConfigurationError("give the ids of windows, or --all")
    wish = {"windows": "all" if everything else window}
    told = _ask("POST", "/api/runs/retry", body=wish, names=("retried",))
    typer.echo(json.dumps(told) if as_json else f"{told['retried']} windows go to their flows again")
    others = len(set(window or ())) - int(told["retried"])
    if window and others > 0:
        raise BridgeError(
            f"{others} of these ids are of no window that failed; 'runs list' tells those that did"
        )


def _ask(method: str, path: str, **options: Any) -> Any:
    """As :func:`bridge.remote.client.ask`."""
    return asyncio.run(ask(read_settings(AdminSettings), read_proxies(), method, path, **options))
