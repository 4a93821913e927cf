"""``python -m benchmarks``: measure, print, and write ``docs/performance.md``. Linux only: it reads ``/proc``."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from benchmarks.measurement import measure_pair
from benchmarks.report import PAGE, between_markers, report


def main(
    meetings: Annotated[str, typer.Option(help="Meetings at once, comma-separated.")] = "1,100,500",
    seconds: Annotated[float, typer.Option(min=5, help="Length of each steady state.")] = 45,
    speed: Annotated[
        float,
        typer.Option(min=0.1, help="Utterances of a meeting in two seconds; more grow long meetings faster."),
    ] = 1,
    write: Annotated[bool, typer.Option(help="Write the figures into docs/performance.md.")] = True,
) -> None:
    """Measure the bridge and the bare loop under the same load, and put both side by side."""
    load_before = os.getloadavg()[0]
    when = datetime.now(UTC)
    pairs = []
    for count in (int(part) for part in meetings.split(",")):
        typer.echo(f"{count} meetings ...", err=True)
        pairs.append(asyncio.run(measure_pair(count, seconds, speed=speed)))
    figures = report(pairs, when=when, load_before=load_before)
    typer.echo(figures)
    if write:
        PAGE.write_text(between_markers(PAGE.read_text(encoding="utf-8"), figures), encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
