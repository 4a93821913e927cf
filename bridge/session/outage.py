"""When a lost socket is dialled again. Pure.

Zoom waits about a minute, counted from the first loss (:mod:`bridge.rtms.patience`). Inside that window
only a few tries fit, so the first follows at once and the others after 1, 2, 4, 8 ... seconds, each
spread so that the meetings of one dead server do not all return in the same instant. A server that takes
the handshake and drops the socket again is waited for longer, but dialled no oftener.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.backoff import backoff
from bridge.rtms.patience import PATIENCE, Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


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
        self._delays: Iterator[float] | None = None

    def lost(self, now: float) -> float | None:
        """Seconds until the next try; ``None`` when Zoom no longer waits for it.

        Further losses belong to the same outage, and do not move its end, until :meth:`taken` or :meth:`over`.
        """
        if self._since is None:
            self._since = now
        if self._delays is None:
            self._delays = backoff(self._first_delay, self._longest_delay, chance=self._chance)
            return 0.0
        delay = next(self._delays)
        return delay if now + delay < self._since + self._limit else None

    def taken(self) -> None:
        """Zoom took the handshake, so it waits anew; but nothing has come of it yet, so the waits go on growing."""
        self._since = None

    def over(self) -> None:
        """The socket is good."""
        self._since, self._delays = None, None
