"""What a measurement comes to. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


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

    @property
    def cpu_per_1000(self) -> float:
        """CPU seconds for 1,000 utterances, keep-alives included."""
        return self.cpu_seconds / self.utterances * 1000

    @property
    def cpu_share(self) -> float:
        """CPU seconds per second; 1 is one core."""
        return self.cpu_seconds / self.seconds

    @property
    def memory_kb(self) -> float:
        """Memory per meeting, in KB of 1,024 bytes."""
        return self.memory_bytes / self.meetings / 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The bridge and the bare loop under the same load, one after the other."""

    bridge: Measured
    bare: Measured

    @property
    def cpu_ratio(self) -> float:
        """How many times the bare loop's CPU the bridge takes."""
        return (
            self.bridge.cpu_seconds / self.bridge.utterances / (self.bare.cpu_seconds / self.bare.utterances)
        )


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least ``percent`` of all values do not exceed; NaN where there are none."""
    if not values:
        return math.nan
    rank = math.ceil(len(values) * percent / 100)
    return sorted(values)[max(rank, 1) - 1]


def table(pairs: Sequence[Pair]) -> str:
    """All figures, as a Markdown table with one column for each number of meetings."""
    rows: list[tuple[str, list[str]]] = [
        ("Meetings at once", [f"{pair.bridge.meetings}" for pair in pairs]),
        ("Utterances, windows measured", [_counts(pair) for pair in pairs]),
        ("Added delay, bridge's own, p50 / p99 (ms)", [_two(pair.bridge.own_delay_ms) for pair in pairs]),
        (
            "Added delay, seen from outside, p50 / p99 (ms)",
            [_two(pair.bridge.outer_delay_ms) for pair in pairs],
        ),
        (
            "Keep-alive answer, bridge, p50 / p99 (ms)",
            [_two(pair.bridge.keep_alive_ms, "d") for pair in pairs],
        ),
        (
            "Keep-alive answer, bare loop, p50 / p99 (ms)",
            [_two(pair.bare.keep_alive_ms, "d") for pair in pairs],
        ),
        ("CPU per 1,000 utterances, bridge (s)", [f"{pair.bridge.cpu_per_1000:.2f}" for pair in pairs]),
        ("CPU per 1,000 utterances, bare loop (s)", [f"{pair.bare.cpu_per_1000:.2f}" for pair in pairs]),
        ("**CPU, bridge : bare loop**", [f"**{pair.cpu_ratio:.1f}**" for pair in pairs]),
        ("CPU of one core, bridge / bare loop (%)", [_shares(pair) for pair in pairs]),
        ("Memory per meeting, bridge (KB)", [_memory(pair.bridge) for pair in pairs]),
        ("Memory per meeting, bare loop (KB)", [_memory(pair.bare) for pair in pairs]),
        ("CPU of one core, the load itself (%)", [_percent(pair.bridge.load_cpu_share) for pair in pairs]),
        ("CPU of one core, others on the machine meanwhile (%)", [_others(pair) for pair in pairs]),
    ]
    (first, heads), *body = rows
    lines = [_line(first, heads), _line("---", ["---:"] * len(heads))]
    return "\n".join(lines + [_line(name, cells) for name, cells in body])


def aims(pair: Pair) -> str:
    """The aims beside what was measured, as a Markdown table; each is met or not."""
    bridge = pair.bridge
    rows = [
        ("Added delay p99, bridge's own", 10, percentile(bridge.own_delay_ms, 99), "ms"),
        ("Keep-alive answer p99", 100, percentile(bridge.keep_alive_ms, 99), "ms"),
        ("CPU, bridge : bare loop", 4, pair.cpu_ratio, "times"),
        ("Memory per meeting", 150, bridge.memory_kb, "KB"),
    ]
    lines = [_line(f"At {bridge.meetings} meetings", ["aim", "measured", "met"]), _line("---", ["---:"] * 3)]
    for name, aim, value, unit in rows:
        lines.append(
            _line(name, [f"≤ {aim} {unit}", f"{value:.1f} {unit}", "yes" if value <= aim else "**no**"])
        )
    return "\n".join(lines)


def _line(name: str, cells: Sequence[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


def _counts(pair: Pair) -> str:
    return f"{pair.bridge.utterances:,}, {len(pair.bridge.own_delay_ms):,}"


def _two(values: Sequence[float], form: str = ".1f") -> str:
    if not values:
        return "–"
    p50, p99 = percentile(values, 50), percentile(values, 99)
    return f"{int(p50)} / {int(p99)}" if form == "d" else f"{p50:{form}} / {p99:{form}}"


def _shares(pair: Pair) -> str:
    return f"{pair.bridge.cpu_share * 100:.1f} / {pair.bare.cpu_share * 100:.1f}"


def _others(pair: Pair) -> str:
    return f"{_percent(pair.bridge.other_cpu_share)} / {_percent(pair.bare.other_cpu_share)}"


def _percent(share: float) -> str:
    return f"{share * 100:.0f}"


def _memory(measured: Measured) -> str:
    # One meeting is smaller than the memory that a process takes and returns by itself.
    return f"{measured.memory_kb:.0f}" if measured.meetings > 1 else "–"
