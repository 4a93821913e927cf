"""One file of sound or video as it grows, and where in it a packet belongs. Pure; times are UTC milliseconds."""

from __future__ import annotations

from typing import ClassVar, Final

from bridge.recording.payload import Unfit, UnfitError

TOLERANCE_MS: Final = 100
"""A packet this much early or late follows the one before it as if it were on time."""
MAX_SILENCE_MS: Final = 5 * 60 * 1000
"""The longest silence that is written out; after a longer one a new file begins."""


class Track:
    """What goes into one file, and from when to when it lasts."""

    suffix: ClassVar[str]

    def __init__(self, from_ms: int) -> None:
        self.from_ms = from_ms

    @property
    def to_ms(self) -> int:
        """Where what was added so far ends."""
        raise NotImplementedError

    def takes(self, at_ms: int) -> bool:
        """Whether a packet of this time belongs into this file rather than into a new one."""
        return abs(at_ms - self.to_ms) <= MAX_SILENCE_MS

    def begin(self) -> bytes:
        """What the file begins with."""
        return b""

    def add(self, data: bytes, at_ms: int) -> bytes:
        """What a packet adds to the file's end, silence before it included; may be held back.

        Raises:
            UnfitError: It cannot be added; the track is as before.
        """
        raise NotImplementedError

    def flush(self) -> bytes:
        """What was held back."""
        return b""

    def head(self) -> bytes:
        """What the file's beginning has to say by now; as long as, or shorter than, what :meth:`begin` gave."""
        return b""

    def end(self) -> bytes:
        """What closes the file; nothing is added afterwards."""
        return b""


def silence_before(at_ms: int, end_ms: int) -> int:
    """Milliseconds of silence from a track's end to a packet.

    Raises:
        UnfitError: The track holds the packet's time already.
    """
    ahead = at_ms - end_ms
    if ahead < -TOLERANCE_MS:
        raise UnfitError(Unfit.LATE)
    return ahead if ahead > TOLERANCE_MS else 0
