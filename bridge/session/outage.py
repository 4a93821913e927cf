"""When a lost socket is dialled again. Pure.

Zoom waits about a minute, counted from the first loss (:mod:`bridge.rtms.patience`). Inside that window
only a few tries fit, so the first follows at once and the others after 1, 2, 4, 8 ... seconds, each
spread so that the meetings of one dead server do not all return in the same instant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.rtms.patience import PATIENCE, Patience

if TYPE_CHECKING:
    from collections.abc import Callable


class Outage:
    """The tries to bring one socket back. Times are one monotonic clock, in seconds."""

    def __init__(
        self, limit_seconds: float, *, chance: Callable[[], float], patience: Patience = PATIENCE
    ) -> None:
        """``chance`` gives numbers from 0 to 1 and spreads the tries."""
        self._limit = limit_seconds
        self._chance = chance
        self._first_delay = patience.first_delay_seconds
        self._longest_delay = patience.longest_delay_seconds
        self._since: float | None = None
        self._tries = 0

    def lost(self, now: float) -> float | None:
        """Seconds until the next try; ``None`` when Zoom no longer waits for it.

        Further losses belong to the same outage, and do not move its end, until :meth:`over`.
        """
        if self._since is None:
            self._since = now
        tries, self._tries = self._tries, self._tries + 1
        if tries == 0:
            return 0.0
        delay = min(self._first_delay * 2.0 ** (tries - 1), self._longest_delay) * (0.5 + self._chance() / 2)
        return delay if now + delay < self._since + self._limit else None

    def over(self) -> None:
        """The socket is back."""
        self._since, self._tries = None, 0
