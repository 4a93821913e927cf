"""One meeting's stream of events, its other words, its long texts, its page; and, for who runs the bridge, its file and its end."""

from __future__ import annotations

import asyncio
import shlex
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Path, Query, Request, status
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from bridge.domain import LIMITS
from bridge.export.formats import FORMATS, Form
from bridge.pages import part
from bridge.pages.cursor import Cursor
from bridge.pages.events import EventStream
from bridge.pages.finding import element_id
from bridge.pages.showing import STORE_SECONDS
from bridge.pages.site import viewer
from bridge.recording.naming import bridge_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bridge.domain import Stream
    from bridge.pages.picture import Picture
    from bridge.pages.showing import Showing
    from bridge.pages.watches import Watches
    from bridge.store.store import Store

StreamId = Annotated[str, Path(max_length=LIMITS.id)]
Position = Annotated[int, Query(ge=0, le=2**31 - 1)]


def reading_router(showing: Showing, watches: Watches) -> APIRouter:
    """What a meeting's page asks for, below ``/meetings``; a stream's id may hold anything, ``/`` too."""
    site, store = showing.site, showing.store
    router = APIRouter(prefix="/meetings", route_class=site.route())

    @router.get("/{stream_id:path}/events")
    async def events(
        request: Request,
        stream_id: StreamId,
        after: Annotated[str, Query(max_length=100)] = "",
        last_event_id: Annotated[str, Header(max_length=100)] = "",
    ) -> Response:
        """Server-sent events behind a cursor, the newer of the two that a browser gives."""
        who = viewer(request)
        if not await showing.may_see(who, stream_id):
            raise HTTPException(status.HTTP_404_NOT_FOUND)
        if watches.full:
            raise HTTPException(status.HTTP_503_SERVICE_UNAVAILABLE)
        cursor = Cursor.read(last_event_id) or Cursor.read(after) or Cursor()
        return EventStream(watches.follow(stream_id, cursor), site.kept_nowhere, seconds=who.seconds)

    @router.get("/{stream_id:path}/words")
    async def words(
        request: Request, stream_id: StreamId, before: Position = 0, after: Position = 0
    ) -> Response:
        """A part of the words for a page that has others: those before a position, or those behind one."""
        picture = await showing.find(viewer(request), stream_id)
        span = part.before(before) if before else part.behind(after, picture.cursor.words)
        found = await showing.part_of(picture, span)
        rows = await showing.rows_of(found, picture)
        return site.page("part.html", part=found, rows=rows, stream=picture.stream, earlier_only=bool(before))

    @router.get("/{stream_id:path}/whole")
    async def whole(
        request: Request,
        stream_id: StreamId,
        u: Position = 0,
        run: Annotated[str, Query(max_length=LIMITS.window_id)] = "",
        found: Annotated[str, Query(max_length=100)] = "",
        summary: bool = False,
    ) -> Response:
        """A text that was too long for the page, as it is and as text."""
        picture = await showing.find(viewer(request), stream_id)
        text = await _whole(store, picture, u, run if site.edition.operates else "", found, summary)
        if not text:
            raise HTTPException(status.HTTP_404_NOT_FOUND)
        return PlainTextResponse(text, headers=site.kept_nowhere)

    return router


def replay_command(stream_id: str) -> str:
    """What a shell takes to give a meeting to two flows, whose names are to be filled in. Pure."""
    return f"zoom-bridge replay --flow FIRST --flow SECOND -- {shlex.quote(stream_id)}"


def page_values(stream_id: str, exports: tuple[str, ...] = ()) -> dict[str, Any]:
    """What a meeting's page shows beside the meeting. Pure."""
    return {"exports": exports, "replay": replay_command(stream_id)}


def page_router(showing: Showing, *, exports: tuple[str, ...] = ()) -> APIRouter:
    """A meeting's page itself. Comes behind all other routes below ``/meetings``, as it takes every address there."""
    router = APIRouter(prefix="/meetings", route_class=showing.site.route())

    @router.get("/{stream_id:path}")
    async def meeting(
        request: Request, stream_id: StreamId, at: Position = 0, decided: bool = False
    ) -> Response:
        """The page, around a position where one is named; ``decided``: behind a form, so that it shows what came of it."""
        values = page_values(stream_id, exports)
        return await showing.page(viewer(request), stream_id, at=at, fresh=decided, **values)

    return router


def keeping_router(
    showing: Showing,
    *,
    forget: Callable[[str], Awaitable[None]],
    export: Callable[[Stream, Form], Awaitable[Response]] | None,
) -> APIRouter:
    """How a meeting is taken away as a file, and how it is deleted."""
    site, store = showing.site, showing.store
    router = APIRouter(prefix="/meetings", route_class=site.route())

    @router.get("/{stream_id:path}/delete")
    async def ask(request: Request, stream_id: StreamId) -> Response:
        """What goes with a meeting."""
        picture = await showing.find(viewer(request), stream_id)
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
            hosts=sorted({bridge_of(each.path) for each in recordings} - {""}),
            streams=len(streams),
        )

    @router.post("/{stream_id:path}/delete")
    async def delete(request: Request, stream_id: StreamId) -> Response:
        picture = await showing.find(viewer(request), stream_id)
        await forget(picture.stream.meeting_uuid)
        return RedirectResponse("/archive?deleted=1", status.HTTP_303_SEE_OTHER, site.kept_nowhere)

    if export is not None:

        @router.get("/{stream_id:path}/export.{form}")
        async def take_away(request: Request, stream_id: StreamId, form: str) -> Response:
            """The meeting as a file."""
            picture = await showing.find(viewer(request), stream_id)
            if form not in FORMATS:
                raise HTTPException(status.HTTP_404_NOT_FOUND)
            answer = await export(picture.stream, Form(form))
            answer.headers.update(site.kept_nowhere)
            return answer

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
