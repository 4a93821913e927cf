"""What a measurement comes to. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One subject under one load, in the steady state: every meeting has begun and none has ended."""

    meetings: int
    seconds: float
    utterances: int
    cpu_seconds: float
    memory_bytes: int
    """Resident memory at the end of the steady state less that before the first meeting."""
    keep_alive_ms: tuple[float, ...]
    """Zoom's wait for each keep-alive answer, over the whole run; whole milliseconds."""
    own_delay_ms: tuple[float, ...] = ()
    """Of each window: from the moment it was due to the moment it was handed to HTTP, as the bridge saw it."""
    outer_delay_ms: tuple[float, ...] = ()
    """Of each window: from its last utterance's write to the socket to the request's last byte at the run API."""
    load_cpu_share: float
    """CPU time of the process that plays the meetings and takes the windows, per second: near 1 it is the limit."""
    other_cpu_share: float
    """CPU time of everything else on the machine, per second: the noise in the figures."""
    broke: str = ""
    """How the subject broke under the load; empty where every word came through."""

    @property
    def cpu_per_1000(self) -> float:
        """CPU seconds for 1,000 utterances, keep-alives included."""
        return self.cpu_seconds / self.utterances * 1000 if self.utterances else math.nan

    @property
    def cpu_share(self) -> float:
        """CPU seconds per second; 1 is one core."""
        return self.cpu_seconds / self.seconds

    @property
    def memory_kb(self) -> float:
        """Memory per meeting, in KB of 1,024 bytes."""
        return self.memory_bytes / self.meetings / 1024


def broken(meetings: int, why: str) -> Measured:
    """What there is to tell of a subject that did not live to be measured."""
    return Measured(
        meetings=meetings,
        seconds=math.nan,
        utterances=0,
        cpu_seconds=math.nan,
        memory_bytes=0,
        keep_alive_ms=(),
        load_cpu_share=math.nan,
        other_cpu_share=math.nan,
        broke=why,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Every subject under the same load, one after the other: only figures of one round are set against each other."""

    bare: Measured
    bridge: Measured
    zoom_sdk: Measured | None = None
    each: Measured | None = None

    @property
    def meetings(self) -> int:
        """At once."""
        return self.bridge.meetings

    def ratio(self, measured: Measured) -> float:
        """How many times the bare loop's CPU a subject takes for an utterance."""
        return measured.cpu_per_1000 / self.bare.cpu_per_1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """One meeting in which nobody says anything, as CPU of one core."""

    bridge: Measured
    bare: Measured


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least ``percent`` of all values do not exceed; NaN where there are none."""
    if not values:
        return math.nan
    rank = math.ceil(len(values) * percent / 100)
    return sorted(values)[max(rank, 1) - 1]


def spread(values: Sequence[float], form: str = ".2f") -> str:
    """The middle of several runs, and from which to which they went."""
    there = [value for value in values if not math.isnan(value)]
    if not there:
        return "–"
    middle = f"{median(there):{form}}"
    return middle if len(there) == 1 else f"{middle} ({min(there):{form}}–{max(there):{form}})"


_SUBJECTS: dict[str, Callable[[Round], Measured | None]] = {
    "bare loop": lambda each: each.bare,
    "**bridge**": lambda each: each.bridge,
    "Zoom's SDK, receiving only": lambda each: each.zoom_sdk,
    "a request for each utterance": lambda each: each.each,
}
_HEADS = (
    "CPU for 1,000 utterances (s)",
    ": bare loop",
    "CPU of one core (%)",
    "own delay p50 (ms)",
    "own delay p99 (ms)",
    "from outside p99 (ms)",
    "keep-alive p99 (ms)",
    "memory a meeting (KB)",
    "others meanwhile (%)",
)


def table(rounds: Sequence[Round]) -> str:
    """All figures in Markdown: a line for each subject at each number of meetings, over all rounds of that number."""
    lines = [_line("Meetings at once", _HEADS), _line("---", ["---:"] * len(_HEADS))]
    broken = []
    for meetings in dict.fromkeys(each.meetings for each in rounds):
        of_it = [each for each in rounds if each.meetings == meetings]
        for name, subject in _SUBJECTS.items():
            pairs = [(each, measured) for each in of_it if (measured := subject(each)) is not None]
            whole = [(each, measured) for each, measured in pairs if not measured.broke]
            for why in dict.fromkeys(measured.broke for _, measured in pairs if measured.broke):
                times = sum(measured.broke == why for _, measured in pairs)
                broken.append(
                    f"* {meetings:,} meetings, {name}, {times} of {len(pairs)} runs: it broke, {why}."
                )
            if whole:
                lines.append(_line(f"{meetings:,}, {name}", _cells(whole)))
            elif pairs:
                lines.append(_line(f"{meetings:,}, {name}", ["broke", *["–"] * (len(_HEADS) - 1)]))
    return "\n".join([*lines, *(["", *broken] if broken else [])])


def _cells(pairs: Sequence[tuple[Round, Measured]]) -> list[str]:
    measured = [each for _, each in pairs]
    return [
        spread([each.cpu_per_1000 for each in measured]),
        spread([of.ratio(each) for of, each in pairs]),
        spread([each.cpu_share * 100 for each in measured], ".1f"),
        spread([percentile(each.own_delay_ms, 50) for each in measured], ".1f"),
        spread([percentile(each.own_delay_ms, 99) for each in measured], ".1f"),
        spread([percentile(each.outer_delay_ms, 99) for each in measured], ".1f"),
        spread([percentile(each.keep_alive_ms, 99) for each in measured], ".0f"),
        # One meeting is smaller than the memory that a process takes and returns by itself.
        spread([each.memory_kb for each in measured if each.meetings > 1], ".0f"),
        spread([each.other_cpu_share * 100 for each in measured], ".0f"),
    ]


def aims(rounds: Sequence[Round], idle: Idle | None) -> str:
    """The aims beside what was measured, as a Markdown table; each is met or not, by the middle of the runs."""

    def at(meetings: int, value: Callable[[Round], float]) -> list[float]:
        # What broke meets no aim.
        return [
            math.inf if each.bridge.broke else value(each) for each in rounds if each.meetings == meetings
        ]

    def delay(each: Round) -> float:
        return percentile(each.bridge.own_delay_ms, 99)

    def beside_sdk(each: Round) -> float:
        return math.nan if each.zoom_sdk is None else each.bridge.cpu_per_1000 / each.zoom_sdk.cpu_per_1000

    def answered(each: Round) -> float:
        return percentile(each.bridge.keep_alive_ms, 99)

    busiest = max(each.meetings for each in rounds)
    rows = [
        ("CPU, bridge : bare loop, 500", 2.5, at(500, lambda each: each.ratio(each.bridge)), "times"),
        ("CPU, bridge delivering : Zoom's SDK receiving only, 100", 1, at(100, beside_sdk), "times"),
        ("own delay p99, 500", 4, at(500, delay), "ms"),
        ("own delay p99, 2,000", 25, at(2000, delay), "ms"),
        ("keep-alive p99, 2,000", 50, at(2000, answered), "ms"),
        (f"memory a meeting, {busiest:,}", 50, at(busiest, lambda each: each.bridge.memory_kb), "KB"),
        ("one idle meeting, CPU of one core", 0.1, [idle.bridge.cpu_share * 100] if idle else [], "%"),
    ]
    lines = [_line("Aim, at so many meetings", ["aim", "measured", "met"]), _line("---", ["---:"] * 3)]
    for name, aim, values, unit in rows:
        there = [value for value in values if not math.isnan(value)]
        met = "not measured" if not there else "yes" if median(there) <= aim else "**no**"
        lines.append(
            _line(
                name,
                [
                    f"≤ {aim:g} {unit}",
                    f"{spread(values).replace('inf', 'broke')} {unit}" if there else "–",
                    met,
                ],
            )
        )
    return "\n".join(lines)


def _line(name: str, cells: Sequence[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"
