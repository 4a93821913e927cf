"""Meetings are kept for so many days, then deleted like those whose consent was revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bridge.clock import CLOCK

if TYPE_CHECKING:
    from bridge.clock import Clock
    from bridge.session.deletion import Deletions
    from bridge.store.store import Store

EVERY_SECONDS: Final = 3600.0
BATCH: Final = 200
"""Meetings that one turn takes; where more are due, the next follows soon."""
SOON_SECONDS: Final = 60.0
_DAY_MS: Final = 24 * 3600 * 1000


async def keep_for(days: int, *, store: Store, deletions: Deletions, clock: Clock = CLOCK) -> None:
    """Wish away, until cancelled, what began more than so many days ago; 0 days keep everything."""
    while days:
        before_ms = clock.now_ms() - days * _DAY_MS
        due = await store.expired_meetings(before_ms, limit=BATCH)
        for meeting_uuid in due:
            await deletions.forget(meeting_uuid, f"kept for {days} days")
        await store.prune(before_ms)
        await clock.sleep(SOON_SECONDS if len(due) == BATCH else EVERY_SECONDS)
