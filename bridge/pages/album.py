"""Meetings as they stand, for pages: the one that is watched anyhow, or one that was read a moment ago and cannot have changed."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from bridge.pages.picture import Picture, picture_of
from bridge.pages.reading import read_sight

if TYPE_CHECKING:
    from bridge.pages.sight import Sight
    from bridge.pages.watches import Renderer, Watches
    from bridge.store.store import Store

MOST_KEPT: Final = 4
"""Meetings that are over and of which pages are being read, with all their findings."""


class Album:
    """Gives each meeting with as few questions to the store as will do."""

    def __init__(self, store: Store, renderer: Renderer, watches: Watches) -> None:
        self._store, self._renderer, self._watches = store, renderer, watches
        self._kept: OrderedDict[str, Picture] = OrderedDict()

    async def find(self, stream_id: str, *, fresh: bool = False) -> Picture | None:
        """A meeting as it stands; ``None`` where there is none, or none any more. With ``fresh`` it is read anew.

        Raises:
            StoreAway: The database cannot be read now.
        """
        watched, kept = self._watches.picture(stream_id), self._kept.pop(stream_id, None)
        if watched is not None and not fresh:
            return None if watched.sight.deleted else watched
        if kept is not None and not fresh and await self._is_as_it_was(kept.sight):
            return self._keep(stream_id, kept)
        sight = await read_sight(self._store, stream_id)
        if sight is None or sight.deleted:
            return None
        sight.ask(self._watches.asking(stream_id))
        picture = picture_of(sight, await asyncio.to_thread(self._renderer.pieces, sight))
        return self._keep(stream_id, picture) if sight.over else picture

    async def _is_as_it_was(self, sight: Sight) -> bool:
        stream_id = sight.stream.stream_id
        asked = {(each.window_id, each.request_id) for each in self._watches.asking(stream_id)}
        if asked != {name for name, each in sight.asked.items() if each}:
            return False
        if (await self._store.pulses([stream_id])).get(stream_id) != sight.pulse:
            return False
        return not sight.standing.known or len(await self._store.verdicts(stream_id)) == len(sight.verdicts)

    def _keep(self, stream_id: str, picture: Picture) -> Picture:
        self._kept[stream_id] = picture
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return picture
