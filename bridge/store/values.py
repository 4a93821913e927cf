"""What the store tells besides the values that travel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.domain import RunStatus, Stream


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A webhook event that waits to be handled."""

    id: int
    event: str
    """Zoom's name for it, or :data:`bridge.store.salvage.HEARD`."""
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
    approved: tuple[tuple[int, str], ...] = ()
    """Numbers of the verdicts that have a window, each with its window's id."""


@dataclass(frozen=True, slots=True)
class StreamSummary:
    """One line of the list of streams."""

    stream: Stream
    utterances: int
    windows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """How far a stream has come, without what was said: equal ones mean that nothing has become of its windows."""

    stream: Stream
    settled: bool
    """Ended, and every window of it is answered or given up."""
    gaps: int
    """How many."""
    happenings: int
    """How many."""
    runs: tuple[tuple[RunStatus, int, int, int], ...]
    """Of its windows: status, attempts, how many there are of these, and when the newest was made (UTC ms)."""

    def count(self, status: RunStatus) -> int:
        """How many of its windows have a status."""
        return sum(rows for each, _, rows, _ in self.runs if each is status)

    @property
    def last_window_ms(self) -> int:
        """When its newest window was made, UTC milliseconds; 0 before the first."""
        return max((newest for _, _, _, newest in self.runs), default=0)
