"""The way in: the login page, and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from fastapi import APIRouter, HTTPException, Request, status
from starlette.responses import RedirectResponse, Response

from bridge.admin.guard import PASS_COOKIE, PASS_SECONDS, is_token, login_refusal, new_pass
from bridge.pages.form import read_form
from bridge.pages.site import local

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.pages.private import PrivateSite

log = structlog.get_logger(__name__)


def door_router(site: PrivateSite, on_login: Callable[[str], None]) -> APIRouter:
    """Routes that need no pass. ``on_login`` hears ``admitted`` or ``refused``."""
    router = APIRouter()

    @router.get("/login")
    async def ask(request: Request, back: str = "/") -> Response:
        if site.token is None:
            return RedirectResponse("/", status.HTTP_303_SEE_OTHER, site.kept_nowhere)
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
            return RedirectResponse(back, status.HTTP_303_SEE_OTHER, site.kept_nowhere)
        if not is_token(form.get("token", "").strip(), site.token):
            on_login("refused")
            log.warning("pages.login_refused")
            return site.login(request, back=back, wrong=True)
        on_login("admitted")
        answer = RedirectResponse(back, status.HTTP_303_SEE_OTHER, site.kept_nowhere)
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
        answer = RedirectResponse("/", status.HTTP_303_SEE_OTHER, site.kept_nowhere)
        answer.delete_cookie(PASS_COOKIE, httponly=True, samesite="strict", secure=_is_https(request))
        return answer

    return router


def _is_https(request: Request) -> bool:
    """Whether the browser came by HTTPS, to us or to a proxy that says so; a lie costs its teller the cookie."""
    first, _, _ = request.headers.get("x-forwarded-proto", "").partition(",")
    return "https" in (request.url.scheme, first.strip().lower())
