"""Time and chance as values, so that a test can have its own."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What acting code asks for the time; sockets keep to their event loop's own clock."""

    wall: Callable[[], float] = time.time
    """UTC seconds."""
    steady: Callable[[], float] = time.monotonic
    """Seconds that only ever grow."""
    chance: Callable[[], float] = random.random
    """Numbers from 0 to 1."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def now_ms(self) -> int:
        """The time, in UTC milliseconds."""
        return int(self.wall() * 1000)


CLOCK = Clock()
"""The machine's."""
