"""How long to wait before the next try. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def delays(
    first: float, longest: float, *, chance: Callable[[], float], factor: float = 2.0
) -> Iterator[float]:
    """Growing waits in seconds, without end.

    Each is spread over the upper half of its length by ``chance``, which gives numbers from 0 to 1, so that
    those who failed together do not return together.
    """
    delay = min(first, longest)
    while True:
        yield delay * (0.5 + chance() / 2)
        delay = min(delay * factor, longest)
