"""What the private listener, its pages and its tools can set in motion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from bridge.domain import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What the private listener can set in motion. Each returns once the wish is stored."""

    forget: Callable[[str], Awaitable[None]]
    """Delete a meeting, by its UUID, with all that belongs to it."""
    failed_runs: Callable[[int], Awaitable[Sequence[Run]]] | None = None
    """The newest runs that failed, at most so many."""
    retry_runs: Callable[[Sequence[str] | None], Awaitable[int]] | None = None
    """Run failed windows again, those named or all of them, and wake whoever waits; tells how many there were."""
