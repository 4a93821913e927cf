"""What whoever watches a played meeting is told, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.simulator.meeting import Line


class Step(StrEnum):
    """What just happened to a meeting that is played."""

    ANNOUNCED = "announced"
    """The start event was accepted."""
    READY = "ready"
    """The client can hear; the meeting begins, or goes on after an interruption."""
    SAID = "said"
    """A line was written to the client's media socket."""
    LOST = "lost"
    """A line was said while nobody listened."""
    PAUSED = "paused"
    """A line was said while the stream was paused; Zoom sends it to nobody."""
    INTERRUPTED = "interrupted"
    """A socket is lost."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Told to whoever watches, in order."""

    step: Step
    stream_id: str
    said: int
    """Lines so far, delivered or lost."""
    lines: int
    """Lines of the whole meeting."""
    line: Line | None = None
    """The line of ``SAID``, ``LOST`` and ``PAUSED``."""
