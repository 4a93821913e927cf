"""``python -m benchmarks.media``: what recording the sound of some meetings costs the words of all of them.

The same meetings twice: first nothing is recorded, then the sound of some, 50 packets a second each.
Writes its figures into ``docs/performance.md``. Linux only.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks.figures import percentile
from benchmarks.measurement import BRIDGE, MeasurementError, measure
from benchmarks.report import put, when_and_where
from bridge import loop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.figures import Measured

BEGIN = "<!-- sound: written by python -m benchmarks.media -->"
END = "<!-- end of sound -->"
AIM_MS = 25
"""What the added delay p99 may be beside the sound."""


def main(
    words: Annotated[int, typer.Option(help="Meetings of which only the words are taken.")] = 200,
    sounding: Annotated[int, typer.Option(help="Meetings of which the sound is recorded too.")] = 20,
    seconds: Annotated[float, typer.Option(min=5, help="Length of each steady state.")] = 45,
    write: Annotated[bool, typer.Option(help="Write the figures into docs/performance.md.")] = True,
) -> None:
    """Measure the delay of windows without and with sound beside them."""
    load_before, when = os.getloadavg()[0], datetime.now(UTC)
    measured = []
    for count in (0, sounding):
        typer.echo(f"{words + sounding} meetings, {count} with sound ...", err=True)
        found = loop.run(measure(BRIDGE, words + sounding, seconds, sounding=count))
        if found.broke:
            raise MeasurementError(found.broke)
        measured.append(found)
    page = f"{when_and_where(when, load_before)} Steady state: {seconds:.0f} seconds each.\n\n{table((0, sounding), measured)}"
    typer.echo(page)
    if write:
        put(page, begin=BEGIN, end=END)


def table(sounding: Sequence[int], measured: Sequence[Measured]) -> str:
    """The figures side by side, in Markdown, and whether the aim is met."""
    heads = " | ".join(
        f"{count} of {each.meetings} with sound" for count, each in zip(sounding, measured, strict=True)
    )
    lines = [f"| | {heads} |", "|---|" + "---:|" * len(measured)]
    for name, values in (
        ("Windows measured", [f"{len(each.own_delay_ms):,}" for each in measured]),
        ("Audio packets a second", [f"{50 * count:,}" for count in sounding]),
        ("Added delay, bridge's own, p50 / p99 (ms)", [_two(each.own_delay_ms) for each in measured]),
        ("Added delay, seen from outside, p50 / p99 (ms)", [_two(each.outer_delay_ms) for each in measured]),
        ("Keep-alive answer, p50 / p99 (ms)", [_two(each.keep_alive_ms) for each in measured]),
        ("CPU of one core, bridge (%)", [f"{each.cpu_share:.1%}".rstrip("%") for each in measured]),
        (
            "CPU of one core, the load itself (%)",
            [f"{each.load_cpu_share:.1%}".rstrip("%") for each in measured],
        ),
    ):
        lines.append(f"| {name} | {' | '.join(values)} |")
    p99 = percentile(measured[-1].own_delay_ms, 99)
    verdict = "met" if p99 <= AIM_MS else "**not met**"
    return (
        "\n".join(lines)
        + f"\n\nThe aim beside sound, an added delay p99 of at most {AIM_MS} ms, is {verdict}: {p99:.1f} ms."
    )


def _two(values: Sequence[float]) -> str:
    return f"{percentile(values, 50):.1f} / {percentile(values, 99):.1f}"


if __name__ == "__main__":
    typer.run(main)
