"""When a socket that was dialled again counts as good."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Trial:
    """Whether a socket that was dialled is good: once it has stood for a while, or has brought something."""

    def __init__(self, good: Callable[[], None]) -> None:
        self._good = good
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, seconds: float) -> None:
        """The handshake is done; in so many seconds the socket is good by itself."""
        self.broken_off()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.passed)

    def passed(self) -> None:
        """It is good; without effect before :meth:`begin` and after the first time."""
        if self._timer is not None:
            self.broken_off()
            self._good()

    def broken_off(self) -> None:
        """The socket is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
