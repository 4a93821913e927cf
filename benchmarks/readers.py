"""``python -m benchmarks.readers``: what people who look on cost the words of all meetings.

The same meetings without and with readers of one of them, several times in turns, as a machine is never as quiet twice.
Writes its figures into ``docs/performance.md``. Linux only.
"""

from __future__ import annotations

import os
import statistics
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from benchmarks.figures import percentile
from benchmarks.measurement import BRIDGE, MeasurementError, measure
from benchmarks.report import put, when_and_where
from bridge import loop

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.figures import Measured

BEGIN: Final = "<!-- readers: written by python -m benchmarks.readers -->"
END: Final = "<!-- end of readers -->"
AIM: Final = 1.2
"""What the added delay p99 with readers may be to that without."""


def main(
    meetings: Annotated[int, typer.Option(help="Meetings at once.")] = 200,
    readers: Annotated[int, typer.Option(help="People with the page of one of them open.")] = 50,
    seconds: Annotated[float, typer.Option(min=5, help="Length of each steady state.")] = 60,
    runs: Annotated[int, typer.Option(min=1, help="How often both are measured.")] = 3,
    write: Annotated[bool, typer.Option(help="Write the figures into docs/performance.md.")] = True,
) -> None:
    """Measure the delay of windows without and with readers beside them."""
    load_before, when = os.getloadavg()[0], datetime.now(UTC)
    measured: dict[int, list[Measured]] = {0: [], readers: []}
    for _ in range(runs):
        for count, found in measured.items():
            typer.echo(f"{meetings} meetings, {count} readers ...", err=True)
            one = loop.run(measure(BRIDGE, meetings, seconds, readers=count))
            if one.broke:
                raise MeasurementError(one.broke)
            found.append(one)
    page = (
        f"{when_and_where(when, load_before)} {meetings} meetings, {runs} runs of {seconds:.0f} seconds each, without and with readers of one meeting in turns; the lowest, "
        f"the median and the highest of the runs, and in bold all of their windows together, of which one run has too few for a 99th percentile.\n\n{table(measured)}"
    )
    typer.echo(page)
    if write:
        put(page, begin=BEGIN, end=END)


def table(measured: dict[int, list[Measured]]) -> str:
    """The figures side by side, in Markdown, and whether the aim is met."""
    lines = [
        f"| | {' | '.join(f'{count} readers' for count in measured)} |",
        "|---|" + "---:|" * len(measured),
    ]
    for name, values in (
        (
            "Added delay, bridge's own, p50 (ms)",
            [[percentile(one.own_delay_ms, 50) for one in each] for each in measured.values()],
        ),
        (
            "Added delay, bridge's own, p99 (ms)",
            [[percentile(one.own_delay_ms, 99) for one in each] for each in measured.values()],
        ),
        (
            "Added delay, seen from outside, p99 (ms)",
            [[percentile(one.outer_delay_ms, 99) for one in each] for each in measured.values()],
        ),
        (
            "Keep-alive answer, p99 (ms)",
            [[percentile(one.keep_alive_ms, 99) for one in each] for each in measured.values()],
        ),
        (
            "CPU of one core, bridge (%)",
            [[100 * one.cpu_share for one in each] for each in measured.values()],
        ),
    ):
        lines.append(f"| {name} | {' | '.join(map(_spread, values))} |")
    own = [[ms for one in each for ms in one.own_delay_ms] for each in measured.values()]
    without, with_readers = (percentile(each, 99) for each in own)
    lines += [
        f"| **Windows of all runs** | {' | '.join(f'{len(each):,}' for each in own)} |",
        f"| **Added delay of these, bridge's own, p99 (ms)** | {without:.1f} | {with_readers:.1f} |",
    ]
    ratio = with_readers / without
    verdict = "met" if ratio <= AIM else "**not met**"
    return (
        "\n".join(lines)
        + f"\n\nThe aim, an added delay p99 with readers of at most {AIM} times that without, is {verdict}: {ratio:.2f} times, by all windows."
    )


def _spread(values: Sequence[float]) -> str:
    return " / ".join(f"{value:.1f}" for value in (min(values), statistics.median(values), max(values)))


if __name__ == "__main__":
    typer.run(main)
