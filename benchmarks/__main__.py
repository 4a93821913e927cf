"""``python -m benchmarks``: measure, print, and with ``--write`` put it into ``docs/performance.md``. Linux only."""

from __future__ import annotations

import importlib.util
import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from benchmarks.figures import Idle, Measured, Round
from benchmarks.measurement import BARE, BRIDGE, EACH, ZOOM_SDK, measure
from benchmarks.report import put, report
from bridge import loop


def main(
    meetings: Annotated[str, typer.Option(help="Meetings at once, comma-separated.")] = "100,500,2000",
    seconds: Annotated[float, typer.Option(min=5, help="Length of each steady state.")] = 30,
    runs: Annotated[int, typer.Option(min=1, help="How often everything is measured.")] = 3,
    idle_seconds: Annotated[
        float, typer.Option(min=0, help="Length of the idle meeting; 0 leaves it out.")
    ] = 60,
    sdk: Annotated[bool, typer.Option(help="Measure Zoom's SDK too.")] = True,
    each: Annotated[bool, typer.Option(help="Measure a request for each utterance too, once.")] = True,
    speed: Annotated[
        float,
        typer.Option(min=0.1, help="Utterances of a meeting in two seconds; more grow long meetings faster."),
    ] = 1,
    write: Annotated[
        bool, typer.Option("--write", help="Write the figures into docs/performance.md.")
    ] = False,
) -> None:
    """Measure the bridge beside the bare loop, Zoom's SDK and the samples' way, each under the same load."""
    load_before, when = os.getloadavg()[0], datetime.now(UTC)
    idle = (
        Idle(
            bridge=_measure(BRIDGE, 1, idle_seconds, idle=True),
            bare=_measure(BARE, 1, idle_seconds, idle=True),
        )
        if idle_seconds
        else None
    )
    rounds = [
        _round(count, seconds, speed=speed, sdk=sdk, each=each and run == 0)
        for count in (int(part) for part in meetings.split(","))
        for run in range(runs)
    ]
    figures = report(rounds, idle, when=when, load_before=load_before)
    typer.echo(figures)
    if write:
        put(figures)


def _round(meetings: int, seconds: float, *, speed: float, sdk: bool, each: bool) -> Round:
    has_sdk = importlib.util.find_spec("rtms") is not None  # it is there for linux-x64 alone
    return Round(
        bare=_measure(BARE, meetings, seconds, speed=speed),
        bridge=_measure(BRIDGE, meetings, seconds, speed=speed),
        zoom_sdk=_measure(ZOOM_SDK, meetings, seconds, speed=speed) if sdk and has_sdk else None,
        each=_measure(EACH, meetings, seconds, speed=speed) if each else None,
    )


def _measure(
    subject: str, meetings: int, seconds: float, *, speed: float = 1.0, idle: bool = False
) -> Measured:
    typer.echo(f"{subject}, {meetings} {'idle ' if idle else ''}meetings ...", err=True)
    measured = loop.run(measure(subject, meetings, seconds, speed=speed, idle=idle))
    told = measured.broke or f"{measured.cpu_share:.1%} of a core"
    typer.echo(f"  {told}", err=True)
    return measured


if __name__ == "__main__":
    typer.run(main)
