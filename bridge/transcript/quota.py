"""How many questions may be asked in a while: a bucket that fills with time. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Bucket:
    """``most`` at once, and one more every ``seconds``. ``now`` is one monotonic clock, in seconds."""

    most: int
    seconds: float
    _full_at: float = float("-inf")
    """When it is full again if nothing more is taken."""

    def free_at(self, now: float) -> float:
        """When the next can be taken; a time that has passed means: now."""
        return max(now, self._full_at) - (self.most - 1) * self.seconds

    def take(self, now: float) -> None:
        """Take one, whether there is one or not."""
        self._full_at = max(now, self._full_at) + self.seconds
