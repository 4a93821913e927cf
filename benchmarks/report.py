"""Where the figures go: the terminal, and ``docs/performance.md`` between two markers."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import aims, table
from bridge import loop

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from benchmarks.figures import Idle, Round

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
BEGIN = "<!-- figures: written by python -m benchmarks -->"
END = "<!-- end of figures -->"

_LIBRARIES = ("websockets", "aiohttp", "msgspec", "uvicorn", "pydantic")


def machine() -> str:
    """What it was measured on, in one line."""
    return (
        f"{os.cpu_count()} cores of {_processor()}, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}"
    )


def report(rounds: Sequence[Round], idle: Idle | None, *, when: datetime, load_before: float) -> str:
    """The figures with where and when they were measured, in Markdown.

    ``load_before`` is the machine's load average of one minute before the first run: near 0 when
    nobody else used it.
    """
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _LIBRARIES)
    runs = max(Counter(each.meetings for each in rounds).values())
    lines = [
        f"Measured {when:%Y-%m-%d %H:%M} UTC on {machine()}; {loop.name()}, {versions}. Load average before: {load_before:.2f}. "
        f"{_load(rounds)}Runs: {runs}; the middle one, and in brackets from which to which they went.",
        table(rounds),
    ]
    if idle:
        lines.append(
            f"One meeting in which nobody speaks, of {idle.bridge.seconds:.0f} seconds: "
            f"bridge {idle.bridge.cpu_share:.3%} of a core, bare loop {idle.bare.cpu_share:.3%}."
        )
    return "\n\n".join([*lines, aims(rounds, idle)])


def _load(rounds: Sequence[Round]) -> str:
    """How long the steady state was and how often people spoke, as somebody saw it who did not break; empty where all did."""
    sound = [each for one in rounds for each in (one.bridge, one.bare) if each.utterances]
    if not sound:
        return ""
    last = sound[-1]
    pause = last.seconds * last.meetings / last.utterances
    return f"Steady state: {last.seconds:.0f} seconds each, an utterance every {pause:.1f} seconds in each meeting. "


def when_and_where(when: datetime, load_before: float) -> str:
    """When and where something was measured, in two sentences; ``load_before`` as for :func:`report`."""
    return f"Measured {when:%Y-%m-%d %H:%M} UTC on {machine()}. Load average before: {load_before:.2f}."


def put(figures: str, *, begin: str = BEGIN, end: str = END) -> None:
    """Put figures into the page, instead of the earlier ones between the same markers."""
    page = between_markers(PAGE.read_text(encoding="utf-8"), figures, begin=begin, end=end)
    PAGE.write_text(page, encoding="utf-8")


def between_markers(page: str, figures: str, *, begin: str = BEGIN, end: str = END) -> str:
    """The page with these figures instead of the earlier ones.

    Raises:
        ValueError: A marker is missing.
    """
    head, opened, rest = page.partition(begin)
    _, closed, tail = rest.partition(end)
    if not opened or not closed:
        raise ValueError(f"{begin} and {end} are not both there")
    return f"{head}{begin}\n\n{figures}\n\n{end}{tail}"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
