"""What an hour comes to, and its page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from benchmarks.load import WORDS

if TYPE_CHECKING:
    from pathlib import Path

STORES: Final = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
_MB: Final = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a part of the hour came to."""

    minutes: float
    """From the first meetings' begin to the part's end."""
    live: int
    """Meetings, at its end."""
    said: int
    """Utterances in it."""
    windows: int
    """Live ones that were handed to HTTP in it."""
    memory_bytes: int
    """The bridge's resident memory at its end."""
    cpu_share: float
    """The bridge's, of one core."""
    others_cpu_share: float
    """Of everything else on the machine."""
    own_delay_p50_ms: float
    own_delay_p99_ms: float
    keep_alive_p99_ms: float
    store_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """What came of it."""

    store: str
    when: str
    machine: str
    meetings: int
    minutes: float
    every_ms: int
    parts: tuple[Part, ...]
    streams: int
    """Meetings that were played, in all."""
    broken: dict[str, int]
    """Streams that were not whole, by why."""
    utterances: int
    repeated: int
    """Windows that came twice."""
    meeting_hours: float
    memory_after_bytes: int
    """Resident, when all meetings were over for a while."""
    store_bytes: int
    tables: dict[str, int]


def read(file: Path) -> Hour:
    """What a run printed, behind whatever it said meanwhile."""
    told = json.loads(file.read_text(encoding="utf-8").splitlines()[-1])
    return Hour(**told | {"parts": tuple(Part(**part) for part in told["parts"])})


def begin_of(store: str) -> str:
    """Where a store's figures begin in the page."""
    return f"<!-- hour on {store}: written by python -m benchmarks.hour -->"


def end_of(store: str) -> str:
    """Where they end."""
    return f"<!-- end of hour on {store} -->"


def table(hour: Hour) -> str:
    """The figures in Markdown."""
    heads = (
        "meetings", "utterances", "live windows", "resident memory (MB)", "own delay p50 / p99 (ms)",
        "keep-alive p99 (ms)", "CPU of one core, bridge (%)", "everything else (%)", "store (MB)",
    )  # fmt: skip
    lines = [_line("Up to minute", heads), _line("---:", ["---:"] * len(heads))]
    lines += [
        _line(
            f"{part.minutes:.0f}",
            [
                f"{part.live:,}",
                f"{part.said:,}",
                f"{part.windows:,}",
                f"{part.memory_bytes / _MB:.0f}",
                f"{part.own_delay_p50_ms:.0f} / {part.own_delay_p99_ms:,.0f}",
                f"{part.keep_alive_p99_ms:.0f}",
                f"{part.cpu_share:.1%}".rstrip("%"),
                f"{part.others_cpu_share:.0%}".rstrip("%"),
                f"{part.store_bytes / _MB:.0f}",
            ],
        )
        for part in hour.parts
    ]
    return "\n\n".join(
        [
            f"**{STORES[hour.store]}**, measured {hour.when} UTC on {hour.machine}: {hour.meetings} meetings at once, {hour.streams:,} in all, "
            f"{hour.utterances:,} utterances of {WORDS} words, one every {hour.every_ms / 1000:g} s in each meeting.",
            "\n".join(lines),
            f"{_lost(hour)} {hour.repeated} windows came twice. "
            f"Resident memory once all meetings were over: {hour.memory_after_bytes / _MB:.0f} MB.",
            f"The store then had {sum(hour.tables.values()) / _MB:.0f} MB, which is {_per_hour(hour, '')} KB for an hour of a meeting; "
            f"{_per_hour(hour, 'passage')} KB of it are for the search (passages with their terms, and the index of them).",
        ]
    )


def _lost(hour: Hour) -> str:
    if not hour.broken:
        return (
            "**Nothing was lost**: every word was in exactly one live window and in the final one, in order."
        )
    told = "; ".join(f"{count} for {why}" for why, count in hour.broken.items())
    return f"**{sum(hour.broken.values())} of {hour.streams:,} meetings were not whole**: {told}."


def _per_hour(hour: Hour, prefix: str) -> str:
    size = sum(bytes_ for name, bytes_ in hour.tables.items() if name.startswith(prefix))
    return f"{size / hour.meeting_hours / 1000:,.0f}"


def _line(name: str, cells: list[str] | tuple[str, ...]) -> str:
    return f"| {name} | {' | '.join(cells)} |"
