"""Growing pauses between tries. Pure: chance comes in as an argument, and who calls sleeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def backoff(
    first: float, longest: float, *, factor: float = 2.0, spread: float = 0.5, chance: Callable[[], float]
) -> Iterator[float]:
    """Pauses without end, in seconds: ``first``, then each ``factor`` times the one before, up to ``longest``.

    Each is shortened by chance by up to the share ``spread`` of itself, so that many who were cut off
    together do not return together. ``chance`` gives numbers from 0 up to 1.
    """
    pause = min(first, longest)
    while True:
        yield pause * (1.0 - spread * chance())
        pause = min(pause * factor, longest)
