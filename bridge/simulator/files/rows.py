"""What a form reads out of a file: rows of words, and all the rest of the file accounted for."""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.domain import Source
from bridge.errors import BridgeError


class UnreadableError(BridgeError):
    """A line that its form does not allow; never says what is in it.

    ``line`` counts from 1; 0 is the file as a whole.
    """

    def __init__(self, line: int, fault: str) -> None:
        super().__init__(f"line {line}: {fault}" if line else fault)
        self.line = line
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One turn of somebody's words, as the file tells it."""

    line: int
    """Where in the file it begins, from 1."""
    text: str
    """Never empty; one line."""
    speaker: str = ""
    """Empty where the file names nobody."""
    start_ms: int | None = None
    """Milliseconds on the file's own clock; ``None`` where it tells none."""
    end_ms: int | None = None
    """Not before ``start_ms``."""
    user_id: int | None = None
    source: Source = Source.SPEECH


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Text that is nobody's words."""

    line: int
    text: str = field(repr=False)
    why: str
    """What it is, in the singular, such as ``a comment``."""


@dataclass(slots=True, kw_only=True)
class Parsed:
    """A file, taken apart. Rows are in the order of the file."""

    rows: list[Row] = field(default_factory=list)
    marks: list[str] = field(default_factory=list, repr=False)
    """What was structure: times, names, numbers, tags."""
    left_out: list[LeftOut] = field(default_factory=list)
    clock_of_day: bool = False
    """Whether times are those on a wall, and not since the meeting's start."""
