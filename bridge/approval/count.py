"""How many findings wait, of the meetings of the last days; counted anew only where something has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bridge.approval.approvals import stands
from bridge.clock import CLOCK

if TYPE_CHECKING:
    from bridge.clock import Clock
    from bridge.store.store import Store
    from bridge.store.values import Pulse

COUNT_SECONDS: Final = 30.0
DAYS: Final = 7
MOST_MEETINGS: Final = 200
"""The newest of them."""
_DAY_MS: Final = 24 * 60 * 60 * 1000


class WaitingCount:
    """Counts for the metrics; :meth:`run` is its task."""

    def __init__(self, store: Store, clock: Clock = CLOCK) -> None:
        self._store, self._clock = store, clock
        self._known: dict[str, tuple[tuple[Pulse, int], int]] = {}
        """What each meeting was like when it was counted, and how many waited then."""

    @property
    def waiting(self) -> int:
        """How many wait, as far as they were counted."""
        return sum(count for _, count in self._known.values())

    async def run(self) -> None:
        """Count again and again."""
        while True:
            await self.count()
            await self._clock.sleep(COUNT_SECONDS)

    async def count(self) -> None:
        """Count once.

        Raises:
            StoreAway: The database cannot be read now.
        """
        since_ms = self._clock.now_ms() - DAYS * _DAY_MS
        ids = await self._store.streams_since(since_ms, limit=MOST_MEETINGS)
        pulses = await self._store.pulses(ids)
        decided = await self._store.verdict_counts(ids)
        known: dict[str, tuple[tuple[Pulse, int], int]] = {}
        for stream_id, pulse in pulses.items():
            state = pulse, decided.get(stream_id, 0)
            before = self._known.get(stream_id)
            same = before is not None and before[0] == state
            known[stream_id] = before if before is not None and same else (state, await self._of(stream_id))
        self._known = known

    async def _of(self, stream_id: str) -> int:
        runs = await self._store.runs_that_told(stream_id)
        verdicts = await self._store.verdicts(stream_id)
        return len((await stands(runs, verdicts)).open)
