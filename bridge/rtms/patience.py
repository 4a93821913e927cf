"""How long things may take on Zoom's sockets. Pure.

Sources: developers.zoom.us "Failover and reconnection" (2026): Zoom waits 60 s for a lost signaling
socket and 65 s for media, and takes 65 s without a message for a dead socket.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """All in seconds."""

    handshake_seconds: float = 15.0
    """Longest wait for the answer to a handshake. Zoom names no limit; its 60 s leave room for four tries."""
    silence_seconds: float = 65.0
    """No frame at all for this long means that a socket is dead."""
    signaling_seconds: float = 60.0
    """How long Zoom waits for a lost signaling socket, counted from the first loss."""
    media_seconds: float = 65.0
    """How long Zoom waits for a lost media socket, counted from the first loss."""
    first_delay_seconds: float = 1.0
    """Before the second try to dial again; the first follows at once."""
    longest_delay_seconds: float = 8.0
    """Between two later tries, each of which waits twice as long as the one before."""
    farewell_seconds: float = 0.5
    """Wait for news of the stream's end before a socket is dialled again that Zoom closed in good order."""
    steady_seconds: float = 5.0
    """A media socket that was dialled again counts as good once it has stood for so long, or brought something."""
    closing_seconds: float = 0.5
    """Longest wait for the peer's part of a closing handshake: a dead server must not hold up the next try."""

    def scaled(self, speed: float) -> Patience:
        """The same patience with a meeting that is played ``speed`` times as fast."""
        return Patience(**{name: seconds / speed for name, seconds in asdict(self).items()})


PATIENCE = Patience()
"""What holds for the real Zoom."""
