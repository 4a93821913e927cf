"""How fast, how much and how often the store writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

GROUP_SECONDS: Final = 0.1
"""Longest wait of a write that nobody waits for."""
LATE_SECONDS: Final = 0.5
"""What a commit keeps waiting for longer is spilled."""
HOLD_SECONDS: Final = 5.0
"""How often a database of one's own is looked at while nothing is written."""
LEASE_SECONDS: Final = 7.0
"""How long a bridge that shares its database lives without being renewed there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast, how much, how often."""

    group_rows: int = 5000
    """Most rows of one transaction."""
    memory_bytes: int = 64 * 1024 * 1024
    """What may be queued in memory before it is spilled, although the database is there."""
    first_pause_seconds: float = 0.2
    """Between two tries while the database is away; doubled each time."""
    longest_pause_seconds: float = 5.0
    lease_seconds: float = LEASE_SECONDS
    closing_tries: int = 5
    """How often a commit is tried while the process is being stopped; then the rest is spilled."""

    def pause_seconds(self, tries: int) -> float:
        """How long to wait behind so many failed tries, from 1."""
        return min(self.first_pause_seconds * 2.0 ** min(tries - 1, 20), self.longest_pause_seconds)
