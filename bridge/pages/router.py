"""All pages, as routes for the private listener."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Query, Request, status
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from bridge.clock import CLOCK
from bridge.domain import LIMITS
from bridge.errors import BridgeError, StoreError
from bridge.export.formats import FORMATS
from bridge.pages import archive
from bridge.pages.album import Album
from bridge.pages.approvals import Answers, approvals_router
from bridge.pages.deliveries import deliveries_router
from bridge.pages.door import door_router
from bridge.pages.form import read_form
from bridge.pages.look import package_look
from bridge.pages.meeting_routes import keeping_router, page_router, reading_router
from bridge.pages.now import Now
from bridge.pages.private import SAFE, PrivateSite
from bridge.pages.series import series_of
from bridge.pages.showing import STORE_SECONDS, Showing
from bridge.pages.site import local
from bridge.pages.static import assets_router
from bridge.pages.watch import Asking, nobody_asks
from bridge.pages.watches import Watches
from bridge.text import is_plain, storable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pydantic import SecretStr

    from bridge.admin.actions import Actions
    from bridge.admin.health import Readiness
    from bridge.admin.streams import LiveStreams
    from bridge.approval.approvals import Approvals
    from bridge.archive.search import Searcher
    from bridge.clock import Clock
    from bridge.domain import Stream
    from bridge.export.formats import Form
    from bridge.pages.now import NowView
    from bridge.pages.site import Site
    from bridge.store.store import Store

MOST_HITS: Final = 50
A_TEXT: Final = Query(max_length=200)


class Pages:
    """The pages of one bridge. Use :meth:`watching` while they are served, so that live ones live."""

    def __init__(
        self,
        *,
        store: Store,
        live: LiveStreams,
        readiness: Readiness,
        actions: Actions,
        token: SecretStr | None,
        host: str = "127.0.0.1",
        searcher: Searcher | None = None,
        export: Callable[[Stream, Form], Awaitable[Response]] | None = None,
        on_login: Callable[[str], None] = lambda _: None,
        webhooks: bool = False,
        approvals: Approvals | None = None,
        asking: Asking = nobody_asks,
        answers: Answers | None = None,
        clock: Clock = CLOCK,
    ) -> None:
        """Make the routes.

        Args:
            store: What is shown.
            live: Who knows who speaks now.
            readiness: What ``/readyz`` tells.
            actions: What pages can set in motion.
            token: Those who look have to know it; ``None`` where nothing.
            host: By which the listener may be called besides this machine's own names.
            searcher: Finds words in past meetings; without one there is no box for them.
            export: Gives a stream as a file; without it there are no links.
            on_login: Hears ``admitted`` or ``refused``.
            webhooks: Whether anybody is told by webhook; else no page leads to what they were told.
            approvals: Decides on what waits; without it nothing can be decided.
            asking: What suspended runs ask.
            answers: Lets them go on.
            clock: Time.
        """
        assets, templates = package_look()
        secret = token.get_secret_value() if token else None
        self.site = PrivateSite(templates, token=secret, host=host, wall=clock.wall, webhooks=webhooks)
        self.watches = Watches(store, templates, live, clock, asking=asking)
        self.watching = self.watches.open
        now = Now(store, live=live, readiness=readiness, clock=clock)
        showing = Showing(site=self.site, store=store, album=Album(templates, self.watches))
        exports = tuple(FORMATS) if export else ()
        self.router = APIRouter(include_in_schema=False)
        self.router.include_router(assets_router(assets, SAFE))
        self.router.include_router(door_router(self.site, on_login))
        self.router.include_router(deliveries_router(self.site, store))
        self.router.include_router(reading_router(showing, self.watches))
        self.router.include_router(keeping_router(showing, forget=actions.forget, export=export))
        if approvals is not None:
            self.router.include_router(approvals_router(showing, approvals, answers=answers, exports=exports))
        self.router.include_router(page_router(showing, exports=exports))
        self.router.include_router(_now_router(self.site, now, actions))
        self.router.include_router(_archive_router(self.site, store, searcher))

    async def not_found(self, request: Request, error: Exception) -> Response:
        """What is said of an address that there is not: a page to people, as ever to programs."""
        if isinstance(error, HTTPException) and error.detail != "Not Found":
            return JSONResponse({"detail": error.detail}, error.status_code, error.headers)
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            return self.site.error(status.HTTP_404_NOT_FOUND)
        return JSONResponse({"detail": "Not Found"}, status.HTTP_404_NOT_FOUND)


class _Shown:
    """What is live, rendered once for all who look at the same view of it."""

    def __init__(self, site: Site, *, can_retry: bool) -> None:
        self._site, self._can_retry = site, can_retry
        self._view: NowView | None = None
        self._made: tuple[str, str] = "", ""

    async def of(self, view: NowView) -> tuple[str, str]:
        """The part of the page, which asks for a newer one by its digest, and that digest."""
        if view is not self._view:
            made = await asyncio.to_thread(self._make, view)
            self._view, self._made = view, made
        return self._made

    def _make(self, view: NowView) -> tuple[str, str]:
        html = self._site.templates.page("now_part.html", view=view, can_retry=self._can_retry)
        digest = hashlib.sha256(html.encode()).hexdigest()[:12]
        return html.replace('/now?was="', f'/now?was={digest}"', 1), digest


def _now_router(site: Site, now: Now, actions: Actions) -> APIRouter:
    router = APIRouter(route_class=site.route())

    async def looked() -> NowView:
        async with asyncio.timeout(STORE_SECONDS):
            return await now.look()

    shown = _Shown(site, can_retry=actions.retry_runs is not None)

    @router.get("/")
    async def page() -> Response:
        """What is live."""
        html, _ = await shown.of(await looked())
        return site.page("now.html", here="now", part=html)

    @router.get("/now")
    async def part(was: Annotated[str, A_TEXT] = "") -> Response:
        """The same without what does not change; nothing where nothing has changed."""
        html, digest = await shown.of(await looked())
        if was == digest:
            return Response(status_code=status.HTTP_204_NO_CONTENT, headers=site.kept_nowhere)
        return HTMLResponse(html, headers=site.kept_nowhere)

    @router.post("/runs/retry")
    async def retry(request: Request) -> Response:
        """Run a window that was given up again, or all of them."""
        form = await read_form(request)
        window = form.get("window", "")
        if actions.retry_runs is None or not window or not is_plain(window):
            raise HTTPException(status.HTTP_404_NOT_FOUND)
        await actions.retry_runs(None if window == "all" else [window])
        return RedirectResponse(local(form.get("back", "/")), status.HTTP_303_SEE_OTHER, site.kept_nowhere)

    return router


def _archive_router(site: Site, store: Store, searcher: Searcher | None) -> APIRouter:
    router = APIRouter(route_class=site.route())

    async def found(text: str) -> dict[str, Any]:
        refused, hits = "", []
        try:
            hits = list(await searcher.search(text, limit=MOST_HITS)) if searcher else []
        except StoreError:
            raise
        except BridgeError as error:
            refused = str(error)
        return {"hits": hits, "refused": refused, "page": None}

    @router.get("/series")
    async def series(number: Annotated[str, Query(min_length=1, max_length=LIMITS.id)]) -> Response:
        """Meetings under one number."""
        async with asyncio.timeout(STORE_SECONDS):
            sessions = await series_of(store, number) if is_plain(number) else []
        if not sessions:
            raise HTTPException(status.HTTP_404_NOT_FOUND)
        return site.page("series.html", here="archive", number=number, sessions=sessions)

    @router.get("/archive")
    async def page(
        named: Annotated[str, A_TEXT] = "",
        words: Annotated[str, A_TEXT] = "",
        before: Annotated[int, Query(ge=0, le=archive.FROM_THE_END)] = archive.FROM_THE_END,
        deleted: bool = False,
    ) -> Response:
        """Past meetings, those that are named; or the places where words were said."""
        named, words = storable(named).strip(), storable(words).strip()
        searches = bool(words and searcher)
        async with asyncio.timeout(STORE_SECONDS):
            shown = (
                await found(words)
                if searches
                else {"hits": None, "refused": "", "page": await archive.page_of(store, named, before)}
            )
        return site.page(
            "archive.html",
            here="archive",
            named=named,
            words=words,
            deleted=deleted,
            can_search=searcher is not None,
            **shown,
        )

    return router
