"""Meetings as they stand, for whoever shows one: what was read of a meeting is not read again, only what is new."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from bridge.pages.reading import catch_up, read_sight

if TYPE_CHECKING:
    from bridge.pages.sight import Sight
    from bridge.store.store import Store

MOST_KEPT: Final = 8
"""Meetings that were looked at last, with all their findings: one of six hours is 20,000 utterances to read, and a second of a core."""


class Sights:
    """Reads meetings, each by one at a time: the others who want it have it a moment later with few questions."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[str, Sight] = OrderedDict()
        self._reading: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """A lock for each meeting that somebody reads just now."""

    async def find(self, stream_id: str) -> Sight | None:
        """A stream's meeting as it stands this moment, the caller's own; ``None`` where there is no such stream, or none any more.

        Raises:
            StoreAway: The database cannot be read now.
        """
        async with self._reading.setdefault(stream_id, asyncio.Lock()):
            sight = self._kept.get(stream_id)
            if sight is None:
                sight = await read_sight(self._store, stream_id)
            else:
                await catch_up(self._store, sight)
            if sight is None or sight.deleted:
                self._kept.pop(stream_id, None)
                return None
            self._kept[stream_id] = sight
            self._kept.move_to_end(stream_id)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
            return sight.copy()
