"""What a bridge does about its leases beside its sessions: it gives back those that it needs no more, and hangs up in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from bridge.errors import StoreError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from bridge.store.store import Store

log = structlog.get_logger(__name__)


class Leasing:
    """The leases of one bridge; see :mod:`bridge.store.leases`."""

    def __init__(self, store: Store, given_back: Callable[[str], None]) -> None:
        """``given_back`` is told each stream that may be another bridge's from now on."""
        self.leaving: set[str] = set()
        """Streams that have no session any more, and whose lease is still being given back."""
        self._store = store
        self._given_back = given_back

    def let_go(self, stream_id: str, tasks: asyncio.TaskGroup) -> None:
        """Give a lease back, in a task of its own."""
        if self._store.leases.shared and stream_id not in self.leaving:
            tasks.create_task(self.give_back(stream_id), name=f"give back {stream_id}")

    async def give_back(self, stream_id: str) -> None:
        """Give a lease back; until that is committed nobody may act on the stream."""
        if not self._store.leases.shared:
            return
        self.leaving.add(stream_id)
        try:
            await self._store.release(stream_id)
        except StoreError:
            log.warning("lease.not_given_back", stream_id=stream_id)  # it ends with this bridge
        finally:
            self.leaving.discard(stream_id)
            self._given_back(stream_id)

    async def guard(self, hang_up: Callable[[], None], go_on: Callable[[], None]) -> None:
        """Hang up on everything before other bridges may take over, whenever leases are not renewed in time; go on once they are."""
        leases = self._store.leases
        while True:
            await leases.lapsed()
            log.error("leases.lapsed")
            hang_up()
            await leases.renewed()
            log.info("leases.renewed")
            go_on()
