"""What stands between a client and an answer to its handshake: nothing, unless a fault says so. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from bridge.rtms.messages import StatusCode
from bridge.simulator.handshake import Socket

HELD = {
    Socket.SIGNALING: StatusCode.DUPLICATE_SIGNAL_REQUEST,
    Socket.MEDIA: StatusCode.DUPLICATE_MEDIA_DATA_CONNECTION,
}
"""What Zoom answers while it still holds the socket that the client has lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """What happens to one handshake."""

    status: int = 0
    """Answered with this code; 0 lets it through."""
    delay_seconds: float = 0
    """Answered so much later."""
    unanswered: bool = False
    dropped: bool = False
    """Accepted, and then cut at once."""
    early: bool = False
    """Other messages come before the answer."""


class Door:
    """The handshakes of one stream. Every ``now`` is UTC seconds."""

    def __init__(self) -> None:
        self._obstacles: dict[Socket, deque[Obstacle]] = {side: deque() for side in Socket}
        self._held_until = dict.fromkeys(Socket, 0.0)
        self._shut_until = dict.fromkeys(Socket, 0.0)
        self.turned_away = 0
        """How many handshakes met a refusal."""

    def obstruct(self, side: Socket, obstacle: Obstacle, count: int) -> None:
        """Let the next handshakes on a socket meet an obstacle, behind those that are there already."""
        self._obstacles[side].extend([obstacle] * count)

    def hold(self, side: Socket, until: float) -> None:
        """Refuse handshakes until a time, as Zoom does while it has not noticed a loss."""
        self._held_until[side] = max(self._held_until[side], until)

    def shut(self, side: Socket, until: float) -> None:
        """Answer handshakes only after a time."""
        self._shut_until[side] = max(self._shut_until[side], until)

    def meet(self, side: Socket, now: float) -> Obstacle | None:
        """What the next handshake meets; ``None`` lets it through."""
        if now < self._held_until[side]:
            met: Obstacle | None = Obstacle(status=HELD[side])
        elif now < self._shut_until[side]:
            met = Obstacle(delay_seconds=self._shut_until[side] - now)
        else:
            met = self._obstacles[side].popleft() if self._obstacles[side] else None
        self.turned_away += bool(met and met.status)
        return met
