"""Meetings as they stand, for pages: the one that is watched anyhow, or else as it is read this moment."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bridge.pages.picture import picture_of

if TYPE_CHECKING:
    from bridge.pages.picture import Picture, Renderer
    from bridge.pages.watches import Watches


class Album:
    """Gives each meeting with as few questions to the store as will do."""

    def __init__(self, renderer: Renderer, watches: Watches) -> None:
        self._renderer, self._watches = renderer, watches

    async def find(self, stream_id: str, *, fresh: bool = False) -> Picture | None:
        """A meeting as it stands; ``None`` where there is none, or none any more. With ``fresh`` never as those who watch it know it.

        Raises:
            StoreAway: The database cannot be read now.
        """
        watched = self._watches.picture(stream_id)
        if watched is not None and not fresh:
            return None if watched.sight.deleted else watched
        sight = await self._watches.sights.find(stream_id)
        if sight is None or sight.deleted:
            return None
        sight.ask(self._watches.asking(stream_id))
        return await asyncio.to_thread(picture_of, sight, self._renderer)
