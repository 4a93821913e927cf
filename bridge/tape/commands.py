"""``zoom-bridge tape``: a meeting of a running bridge as a file for a bug report."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from typing import Annotated

import typer

from bridge.environment import read_proxies
from bridge.errors import ConfigurationError
from bridge.private_file import write_private
from bridge.remote.client import address, fetch, part
from bridge.remote.commands import stream_of
from bridge.settings import AdminSettings, read_settings
from bridge.tape.masking import masked, without_addresses
from bridge.tape.tape import read, write


def tape(
    meeting: Annotated[
        str,
        typer.Argument(
            metavar="MEETING", help="The stream's id as /api/streams lists it, or its meeting's UUID."
        ),
    ],
    redact: Annotated[
        bool,
        typer.Option("--redact", help="Replace every word, name and topic by others of the same length."),
    ] = False,
    with_words: Annotated[
        bool, typer.Option("--with-words", help="Leave the words in, but for addresses: for yourself alone.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write into this file instead of the terminal.")
    ] = None,
) -> None:
    """What the bridge heard of a meeting and when, gaps too, as a file that 'simulate' plays; to attach to an issue."""
    if redact is with_words:
        raise ConfigurationError(
            "say --redact, for somebody else to read, or --with-words, to keep what was said"
        )
    settings = read_settings(AdminSettings)
    path = f"/api/streams/{part(stream_of(meeting))}/tape"
    answer = asyncio.run(fetch(settings, read_proxies(), "GET", path))
    heard = read(answer.text, where=f"what answers at {address(settings)}")
    secret = secrets.token_bytes(
        32
    )  # forgotten with this process, so that nobody can ask which word became which
    made = write(masked(heard, secret) if redact else without_addresses(heard, secret))
    if output is None:
        typer.echo(made, nl=False)
        return
    write_private(output, made.encode("ascii"))
    typer.echo(f"wrote {output}")
