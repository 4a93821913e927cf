"""A meeting shown to somebody: found where they may see it, and made into its page."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fastapi import HTTPException, status

from bridge.pages import part
from bridge.text import is_plain

if TYPE_CHECKING:
    from starlette.responses import Response

    from bridge.pages.album import Album
    from bridge.pages.picture import Picture
    from bridge.pages.site import Site, Viewer
    from bridge.store.store import Store

STORE_SECONDS: Final = 20.0
"""Longest wait for the store; then the page says that it is away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """Meetings of one store, as one site shows them."""

    site: Site
    store: Store
    album: Album

    async def may_see(self, viewer: Viewer, stream_id: str) -> bool:
        """Whether there may be something for them; costs nothing for who may see every meeting."""
        if not is_plain(stream_id):
            return False
        if viewer.meeting_uuid is None:
            return True
        async with asyncio.timeout(STORE_SECONDS):
            stream = await self.store.stream_now(stream_id)
        return stream is not None and viewer.may_see(stream)

    async def find(self, viewer: Viewer, stream_id: str, *, fresh: bool = False) -> Picture:
        """A meeting as it stands; with ``fresh`` as it stands this moment.

        Raises:
            HTTPException: 404 where there is none that they may see.
            StoreAway: The database cannot be read now.
            TimeoutError: It does not answer.
        """
        if await self.may_see(viewer, stream_id):
            async with asyncio.timeout(STORE_SECONDS):
                found = await self.album.find(stream_id, fresh=fresh)
            if found is not None:
                return found
        raise HTTPException(status.HTTP_404_NOT_FOUND)

    async def page(
        self, viewer: Viewer, stream_id: str, *, at: int = 0, fresh: bool = False, **values: Any
    ) -> Response:
        """Its page; live where it shows the newest words of a meeting that is not done. Raises as :meth:`find` does."""
        picture = await self.find(viewer, stream_id, fresh=fresh)
        over = picture.sight.over
        found = await self.part_of(picture, part.opening(picture.cursor.words, at=at, over=over))
        rows = await self.rows_of(found, picture)
        # In a thread, as a long meeting's page is a megabyte, and sockets must not wait.
        return await asyncio.to_thread(
            self.site.page,
            self.site.meeting_page,
            here="archive" if over else "now",
            stream=picture.stream,
            over=over,
            live=not picture.sight.done and not found.later,
            events=f"{self.site.edition.url_of(stream_id, 'events')}?after={picture.cursor}",
            pieces=dict(picture.pieces),
            insights=picture.insights,
            part=found,
            rows=rows,
            **values,
        )

    async def part_of(self, picture: Picture, span: part.Span) -> part.Part:
        """Some of its words; raises as :meth:`find` does."""
        async with asyncio.timeout(STORE_SECONDS):
            return await part.read_part(self.store, picture, span)

    async def rows_of(self, found: part.Part, picture: Picture) -> str:
        """The same as HTML."""
        return await asyncio.to_thread(self.site.templates.rows, found.rows, picture.stream)
