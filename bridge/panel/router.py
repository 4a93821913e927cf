"""The panel's routes, for the public listener: ``/panel`` and what is below it, nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, HTTPException, Query, Request, status
from starlette.responses import JSONResponse, Response

from bridge.clock import CLOCK
from bridge.domain import LIMITS
from bridge.errors import ContextRefused, GuestRefused
from bridge.pages.album import Album
from bridge.pages.approvals import Answers, approvals_router
from bridge.pages.edition import Edition
from bridge.pages.form import read_form
from bridge.pages.look import package_look
from bridge.pages.meeting_routes import page_router, reading_router
from bridge.pages.showing import STORE_SECONDS, Showing
from bridge.pages.site import Viewer, viewer
from bridge.pages.static import assets_router
from bridge.pages.watch import Asking, nobody_asks
from bridge.pages.watches import MOST_READERS, Watches
from bridge.panel.context import HEADER, Context, read_context
from bridge.panel.site import SDK_HOST, PanelSite, status_of
from bridge.panel.ticket import TICKET_SECONDS, cookie, new_ticket

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import SecretStr

    from bridge.admin.streams import LiveStreams
    from bridge.approval.approvals import Approvals
    from bridge.clock import Clock
    from bridge.domain import Stream
    from bridge.pages.look import Templates
    from bridge.pages.static import Assets
    from bridge.store.store import Store

BASE: Final = "/panel"
SDK: Final = f"{SDK_HOST}/sdk.min.js"
"""Sets the global ``zoomSdk`` (npm ``@zoom/appssdk`` 0.16)."""
_FOLDER: Final = Path(__file__).parent


def panel_look(call: str) -> tuple[Assets, Templates]:
    """How the panel looks whose readers can call the assistant so; read once in a process, as :func:`package_look` is."""
    return package_look(Edition(base=BASE, operates=False, sdk=SDK, call=call), _FOLDER)


class Panel:
    """The panel of one bridge. Use :meth:`watching` while it is served, so that live pages live."""

    def __init__(
        self,
        *,
        store: Store,
        live: LiveStreams,
        client_id: str,
        client_secret: SecretStr,
        public_url: str,
        guests: bool = False,
        call: str = "",
        most_readers: int = MOST_READERS,
        on_visit: Callable[[str], None] = lambda _: None,
        approvals: Approvals | None = None,
        asking: Asking = nobody_asks,
        answers: Answers | None = None,
        clock: Clock = CLOCK,
    ) -> None:
        """Make the routes; the first time in a process that reads files, see :func:`panel_look`.

        Args:
            store: What is shown.
            live: Who knows who speaks now.
            client_id: Of the Zoom app that the panel is of.
            client_secret: Of the same.
            public_url: How browsers call the public listener: scheme, host and port.
            guests: Whether people may look whom Zoom does not know, or who did not add the app.
            call: With what a chat message calls the assistant; empty where nobody would answer.
            most_readers: Live pages at once.
            on_visit: Hears ``admitted``, ``renewed``, ``asked`` (for a context) or why somebody was refused.
            approvals: Decides on what waits; without it nothing can be decided.
            asking: What suspended runs ask.
            answers: Lets them go on.
            clock: Time.
        """
        self._store, self._client_id, self._secret = store, client_id, client_secret.get_secret_value()
        self._guests, self._visited, self._clock = guests, on_visit, clock
        assets, templates = panel_look(call)
        self.site = PanelSite(templates, secret=self._secret, public_url=public_url, wall=clock.wall)
        self.watches = Watches(store, templates, live, clock, most_readers=most_readers, asking=asking)
        self.watching = self.watches.open
        self._showing = Showing(site=self.site, store=store, album=Album(templates, self.watches))
        self.router = APIRouter(include_in_schema=False)
        for router in (
            assets_router(assets, self.site.headers),
            self._open_routes(),
            self._routes(),
            reading_router(self._showing, self.watches),
            *([approvals_router(self._showing, approvals, answers=answers)] if approvals is not None else ()),
            page_router(self._showing),
        ):
            self.router.include_router(router, prefix=BASE)

    def _open_routes(self) -> APIRouter:
        """Ways in."""
        router = APIRouter(route_class=self.site.open_route())

        @router.get("")
        async def home(request: Request) -> Response:
            """The app's Home URL, which Zoom's client opens with a context; the page is that of its meeting."""
            sealed = request.headers.get(HEADER)
            if sealed is None:
                self._visited("asked")
                return self.site.entrance()
            try:
                context = self._read(sealed)
            except ContextRefused as refused:
                return self.site.entrance(self._noted(refused))
            self._visited("admitted")
            with self.site.place():
                shown = await self._show(Viewer(meeting_uuid=context.meeting_uuid, seconds=TICKET_SECONDS))
            return self._with_ticket(shown, context)

        @router.post("/ticket")
        async def ticket(request: Request) -> Response:
            """A ticket for a context that the SDK gave: where no header came, and before an older ticket ends."""
            if "origin" not in request.headers or not self.site.is_from_here(request):
                raise HTTPException(status.HTTP_403_FORBIDDEN, "A page of another site may not ask for this.")
            form = await read_form(request)
            try:
                context = self._read(form.get("context", ""))
            except ContextRefused as refused:
                self._noted(refused)
                told = {"refused": str(refused)}
                return JSONResponse(told, status_of(refused), self.site.kept_nowhere)
            before = self.site.ticket_of(request)
            same = before is not None and before.meeting_uuid == context.meeting_uuid
            self._visited("renewed" if same else "admitted")
            return self._with_ticket(JSONResponse({"same": same}, headers=self.site.kept_nowhere), context)

        return router

    def _routes(self) -> APIRouter:
        """What needs a ticket, beside what a meeting's page asks for."""
        router = APIRouter(route_class=self.site.route())

        @router.get("/meeting")
        async def meeting(request: Request) -> Response:
            """The meeting that is open."""
            return await self._show(viewer(request))

        @router.get("/next")
        async def following(
            request: Request, than: Annotated[str, Query(max_length=LIMITS.id)] = ""
        ) -> Response:
            """Leads to the stream that has begun in the meeting, where it is another than the one that is shown."""
            streams = await self._streams(viewer(request))
            if not streams or streams[-1].stream_id == than:
                return Response(status_code=status.HTTP_204_NO_CONTENT, headers=self.site.kept_nowhere)
            return Response(headers={**self.site.kept_nowhere, "hx-redirect": f"{BASE}/meeting"})

        return router

    def _read(self, sealed: str) -> Context:
        """What a context says.

        Raises:
            ContextRefused: It does not open the panel.
        """
        context = read_context(
            sealed, client_id=self._client_id, client_secret=self._secret, now_ms=self._clock.now_ms()
        )
        if context.is_guest and not self._guests:
            raise GuestRefused
        return context

    def _noted(self, refused: ContextRefused) -> ContextRefused:
        """Counts it. No line is logged: anybody on the internet can be refused."""
        self._visited(refused.outcome)
        return refused

    def _with_ticket(self, answer: Response, context: Context) -> Response:
        made = new_ticket(context.meeting_uuid, self._secret, self._clock.wall(), user_id=context.user_id)
        answer.headers.append("set-cookie", cookie(made))
        return answer

    async def _show(self, who: Viewer) -> Response:
        """The newest stream of somebody's meeting, or the page that waits for one."""
        streams = await self._streams(who)
        if not streams:
            return self.site.page("panel_waiting.html")
        return await self._showing.page(who, streams[-1].stream_id, newest=True, earlier=streams[:-1])

    async def _streams(self, who: Viewer) -> list[Stream]:
        """The streams of somebody's meeting, oldest first, without those that were deleted."""
        if who.meeting_uuid is None:
            return []
        async with asyncio.timeout(STORE_SECONDS):
            found = await self._store.of_meeting(who.meeting_uuid)
        return [each for each in found if not each.is_tombstone]
