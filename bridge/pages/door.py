"""The way in: the login page, the way out, and the files that every page needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from fastapi import APIRouter, HTTPException, Request, status
from starlette.responses import RedirectResponse, Response

from bridge.admin.guard import PASS_COOKIE, PASS_SECONDS, is_token, login_refusal, new_pass
from bridge.pages.form import read_form
from bridge.pages.site import KEPT_NOWHERE, SAFE, local
from bridge.pages.static import FOR_EVER

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.pages.site import Site
    from bridge.pages.static import Assets

log = structlog.get_logger(__name__)


def door_router(site: Site, assets: Assets, on_login: Callable[[str], None]) -> APIRouter:
    """Routes that need no pass. ``on_login`` hears ``admitted`` or ``refused``."""
    router = APIRouter()

    @router.get("/static/{version}/{name}")
    async def static(version: str, name: str) -> Response:
        found = assets.find(name)
        if found is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND)
        keep = FOR_EVER if version == assets.version else "no-store"
        return Response(found.content, media_type=found.media_type, headers=SAFE | {"cache-control": keep})

    @router.get("/login")
    async def ask(request: Request, back: str = "/") -> Response:
        if site.token is None:
            return RedirectResponse("/", status.HTTP_303_SEE_OTHER, KEPT_NOWHERE)
        return site.login(request, back=local(back))

    @router.post("/login")
    async def login(request: Request) -> Response:
        refused = login_refusal(request.headers, token=site.token, host=site.host)
        if refused is not None:
            return site.error(refused.status, refused.why)
        try:
            form = await read_form(request)
        except HTTPException as error:
            return site.error(error.status_code, str(error.detail))
        back = local(form.get("back", "/"))
        if site.token is None:
            return RedirectResponse(back, status.HTTP_303_SEE_OTHER, KEPT_NOWHERE)
        if not is_token(form.get("token", "").strip(), site.token):
            on_login("refused")
            log.warning("pages.login_refused")
            return site.login(request, back=back, wrong=True)
        on_login("admitted")
        answer = RedirectResponse(back, status.HTTP_303_SEE_OTHER, KEPT_NOWHERE)
        answer.set_cookie(
            PASS_COOKIE,
            new_pass(site.token, site.wall()),
            max_age=PASS_SECONDS,
            httponly=True,
            samesite="strict",
            secure=_is_https(request),
        )
        return answer

    @router.post("/logout")
    async def logout(request: Request) -> Response:
        refused = login_refusal(request.headers, token=site.token, host=site.host)
        if refused is not None:
            return site.error(refused.status, refused.why)
        answer = RedirectResponse("/", status.HTTP_303_SEE_OTHER, KEPT_NOWHERE)
        answer.delete_cookie(PASS_COOKIE, httponly=True, samesite="strict", secure=_is_https(request))
        return answer

    return router


def _is_https(request: Request) -> bool:
    """Whether the browser came by HTTPS, to us or to a proxy that says so; a lie costs its teller the cookie."""
    return "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", "").lower())
