"""One meeting's page, its stream of events, its earlier words, its long texts; and how it is deleted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Header, HTTPException, Path, Query, Request, status
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from bridge.domain import LIMITS
from bridge.export.formats import FORMATS, Form
from bridge.pages import part
from bridge.pages.cursor import Cursor
from bridge.pages.events import EventStream
from bridge.pages.finding import element_id
from bridge.pages.look import url_of
from bridge.pages.site import KEPT_NOWHERE
from bridge.text import is_plain

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bridge.domain import Stream
    from bridge.pages.album import Album
    from bridge.pages.picture import Picture
    from bridge.pages.site import Site
    from bridge.pages.watches import Watches
    from bridge.store.store import Store

STORE_SECONDS: Final = 20.0
"""Longest wait for the store; then the page says that it is away."""
MOST_READERS: Final = 200
"""Of live pages at once: the listener has places for others too."""

StreamId = Annotated[str, Path(max_length=LIMITS.id)]
Position = Annotated[int, Query(ge=0, le=2**31 - 1)]


def meeting_router(
    site: Site,
    *,
    store: Store,
    album: Album,
    watches: Watches,
    forget: Callable[[str], Awaitable[None]],
    export: Callable[[Stream, Form], Awaitable[Response]] | None,
) -> APIRouter:
    """Routes below ``/meetings``; a stream's id may hold anything, ``/`` too."""
    router = APIRouter(prefix="/meetings", route_class=site.route())

    async def known(stream_id: str) -> Picture:
        if is_plain(stream_id):
            async with asyncio.timeout(STORE_SECONDS):
                found = await album.find(stream_id)
            if found is not None:
                return found
        raise HTTPException(status.HTTP_404_NOT_FOUND)

    @router.get("/{stream_id:path}/events")
    async def events(
        stream_id: StreamId,
        after: Annotated[str, Query(max_length=100)] = "",
        last_event_id: Annotated[str, Header(max_length=100)] = "",
    ) -> Response:
        """Server-sent events behind a cursor, the newer of the two that a browser gives."""
        if watches.readers >= MOST_READERS:
            raise HTTPException(status.HTTP_503_SERVICE_UNAVAILABLE)
        cursor = Cursor.read(last_event_id) or Cursor.read(after) or Cursor()
        return EventStream(watches.follow(stream_id, cursor), KEPT_NOWHERE)

    @router.get("/{stream_id:path}/words")
    async def words(stream_id: StreamId, before: Position = 0, after: Position = 0) -> Response:
        """A part of the words for a page that has others: those before a position, or those behind one."""
        picture = await known(stream_id)
        span = part.before(before) if before else part.behind(after, picture.cursor.words)
        async with asyncio.timeout(STORE_SECONDS):
            found = await part.read_part(store, picture, span)
        rows = await asyncio.to_thread(site.templates.rows, found.rows, picture.stream)
        return site.page("part.html", part=found, rows=rows, stream=picture.stream, earlier_only=bool(before))

    @router.get("/{stream_id:path}/whole")
    async def whole(
        stream_id: StreamId,
        u: Position = 0,
        run: Annotated[str, Query(max_length=LIMITS.window_id)] = "",
        found: Annotated[str, Query(max_length=100)] = "",
        summary: bool = False,
    ) -> Response:
        """A text that was too long for the page, as it is and as text."""
        picture = await known(stream_id)
        text = await _whole(store, picture, u, run, found, summary)
        if not text:
            raise HTTPException(status.HTTP_404_NOT_FOUND)
        return PlainTextResponse(text, headers=KEPT_NOWHERE)

    @router.get("/{stream_id:path}/delete")
    async def ask(stream_id: StreamId) -> Response:
        """What goes with a meeting."""
        picture = await known(stream_id)
        async with asyncio.timeout(STORE_SECONDS):
            streams = await store.streams_of(picture.stream.meeting_uuid)
            recordings = await store.recordings(stream_id)
        return site.page(
            "delete.html",
            here="archive",
            stream=picture.stream,
            over=picture.sight.over,
            utterances=picture.cursor.words,
            runs=len(picture.sight.runs),
            recordings=len(recordings),
            streams=len(streams),
        )

    @router.post("/{stream_id:path}/delete")
    async def delete(stream_id: StreamId) -> Response:
        picture = await known(stream_id)
        await forget(picture.stream.meeting_uuid)
        return RedirectResponse("/archive?deleted=1", status.HTTP_303_SEE_OTHER, KEPT_NOWHERE)

    if export is not None:

        @router.get("/{stream_id:path}/export.{form}")
        async def take_away(stream_id: StreamId, form: str) -> Response:
            """The meeting as a file."""
            picture = await known(stream_id)
            if form not in FORMATS:
                raise HTTPException(status.HTTP_404_NOT_FOUND)
            answer = await export(picture.stream, Form(form))
            answer.headers.update(KEPT_NOWHERE)
            return answer

    @router.get("/{stream_id:path}")
    async def meeting(request: Request, stream_id: StreamId, at: Position = 0) -> Response:
        """The page; live where it shows the newest words of a meeting that is not done."""
        picture = await known(stream_id)
        over = picture.sight.over
        span = part.opening(picture.cursor.words, at=at, over=over)
        async with asyncio.timeout(STORE_SECONDS):
            found = await part.read_part(store, picture, span)
        rows = await asyncio.to_thread(site.templates.rows, found.rows, picture.stream)
        return site.page(
            "meeting.html",
            here="archive" if over else "now",
            stream=picture.stream,
            over=over,
            live=not picture.sight.done and not found.later,
            events=f"{url_of(stream_id, 'events')}?after={picture.cursor}",
            pieces=dict(picture.pieces),
            insights=picture.insights,
            part=found,
            rows=rows,
            exports=tuple(FORMATS) if export is not None else (),
        )

    return router


async def _whole(store: Store, picture: Picture, u: int, run: str, found: str, summary: bool) -> str:
    stream_id = picture.stream.stream_id
    if u:
        said = await store.utterances(stream_id, after=u - 1, limit=1)
        return said[0].text if said and said[0].n == u else ""
    if run:
        return next((each.output for each in picture.sight.runs if each.window_id == run), "")
    if found:
        named = {element_id("found", each.route, each.id): each for each in picture.insights}
        insight = named.get(found)
        return f"{insight.text}\n\n{insight.answer}".strip() if insight else ""
    return picture.sight.summary.text if summary and picture.sight.summary else ""
