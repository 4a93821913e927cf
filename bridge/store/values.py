"""What the store tells besides the values that travel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.domain import Stream


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A webhook event that waits to be handled."""

    id: int
    stream_id: str
    body: str


@dataclass(frozen=True, slots=True)
class RouteProgress:
    """How far a route has come in a stream."""

    seq: int
    """Of its newest window; 0 before the first."""
    last_n: int
    """Position up to which live windows carried utterances."""
    gaps_told: int
    """How many of the stream's gaps its windows have told of."""
    started: bool
    """Whether it has had its start window."""
    final: tuple[int, int] | None
    """Up to which utterance its newest final window goes, and of how many gaps it tells; ``None`` without one.

    A stream that had been given up may have gone on behind it."""
    asked: tuple[int, ...] = ()
    """Positions of the utterances that called the assistant, one for each ask window."""


@dataclass(frozen=True, slots=True)
class StreamSummary:
    """One line of the list of streams."""

    stream: Stream
    utterances: int
    windows: int
