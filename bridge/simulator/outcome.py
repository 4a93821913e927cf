"""How a played meeting went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.rtms.messages import StopReason

if TYPE_CHECKING:
    from bridge.simulator.handshake import Refusal
    from bridge.simulator.meeting import Line
    from bridge.simulator.webhooks import Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A line that was written to a live media socket."""

    line: Line
    at: float
    """When, UTC seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a played meeting went."""

    stream_id: str
    meeting_uuid: str
    stop_reason: StopReason
    started_ms: int
    """UTC milliseconds that line times count from; 0 where nobody ever listened."""
    lines: int
    delivered: tuple[Line, ...]
    refusals: tuple[Refusal, ...]
    """What the client did wrong on this stream."""
    ignored: int
    """Messages of unknown numbers."""
    signaling_connections: int
    media_connections: int
    keep_alives_sent: int
    keep_alives_answered: int
    keep_alive_answer_ms: tuple[int, ...]
    webhooks: tuple[Delivery, ...]

    @property
    def complete(self) -> bool:
        """Whether the meeting ran to its end, every line arrived, and nothing had to be refused."""
        return (
            self.stop_reason is StopReason.MEETING_ENDED
            and len(self.delivered) == self.lines
            and not self.refusals
            and all(webhook.accepted for webhook in self.webhooks)
        )
