"""What all routes of the pages share: who may look, how an answer looks, and what is told where something is wrong."""

from __future__ import annotations

import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from fastapi import HTTPException, Request, status
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import HTMLResponse, Response

from bridge.admin.guard import page_refusal
from bridge.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from bridge.pages.look import Templates

CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SAFE: Final = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
"""Headers of every answer. Without any referrer browsers call a form's ``Origin`` null (Fetch, "append a request ``Origin``
header"), and nobody could tell our own forms from those of another site; other sites learn nothing either way."""
KEPT_NOWHERE: Final = SAFE | {"cache-control": "no-store"}
"""Headers of every answer that shows what people said."""

_TOLD: Final = {
    404: ("There is nothing here", "This meeting was never heard by this bridge, or has been deleted.", ""),
    503: (
        "The store does not answer",
        "Nothing that is said is lost: it waits until the database is back.",
        "Look whether the database runs and its disk has room, then load this page again. zoom-bridge doctor tells more.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """How pages are answered."""

    templates: Templates
    token: str | None
    host: str
    wall: Callable[[], float] = time.time
    """UTC seconds."""
    webhooks: bool = False
    """Whether anybody is told by webhook."""

    def page(self, name: str, *, code: int = status.HTTP_200_OK, **values: Any) -> HTMLResponse:
        """A page of one of the templates."""
        values.setdefault("signed_in", self.token is not None)
        values.setdefault("webhooks", self.webhooks)
        return HTMLResponse(self.templates.page(name, **values), code, KEPT_NOWHERE)

    def error(self, code: int, detail: str = "") -> HTMLResponse:
        """What is wrong, and what to do about it, in the look of all pages."""
        title, why, todo = _TOLD.get(code, (HTTPStatus(code).phrase, "", ""))
        return self.page(
            "error.html", code=code, status=code, title=title, why=why or detail, todo=todo, here=""
        )

    def login(self, request: Request, *, back: str, wrong: bool = False) -> HTMLResponse:
        """The page that asks for the token. Links from elsewhere come without the cookie once, so it asks again itself."""
        linked = request.headers.get("sec-fetch-site") == "cross-site" and request.method == "GET"
        return self.page(
            "login.html",
            code=status.HTTP_401_UNAUTHORIZED,
            back=back,
            wrong=wrong,
            again=linked,
            signed_in=False,
        )

    def route(self) -> type[APIRoute]:
        """Routes that admit whom the guard admits, and answer faults with pages."""
        site = self

        class PageRoute(APIRoute):
            def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
                answer = super().get_route_handler()

                async def guarded(request: Request) -> Response:
                    return await site.answer(request, answer)

                return guarded

        return PageRoute

    async def answer(
        self, request: Request, answer: Callable[[Request], Coroutine[Any, Any, Response]]
    ) -> Response:
        """The answer of a route, or the page that stands for it."""
        found = page_refusal(
            request.method, request.headers, token=self.token, host=self.host, now_s=self.wall()
        )
        if found is not None and found.status is HTTPStatus.UNAUTHORIZED:
            if request.method == "GET" and "hx-request" not in request.headers:
                return self.login(request, back=address(request))
            return self.error(found.status, found.why)
        if found is not None:
            return self.error(found.status, found.why)
        try:
            return await answer(request)
        except HTTPException as error:
            return self.error(error.status_code, str(error.detail))
        except RequestValidationError:
            return self.error(status.HTTP_404_NOT_FOUND)
        except (StoreError, TimeoutError):
            return self.error(status.HTTP_503_SERVICE_UNAVAILABLE)


def address(request: Request) -> str:
    """The path and query that were asked for."""
    query = request.url.query
    raw = request.scope.get("raw_path") or request.url.path.encode()
    return f"{raw.decode('ascii', 'replace')}{f'?{query}' if query else ''}"


def local(back: str) -> str:
    """An address of ours to go back to, whatever a form says; the first page for any other."""
    plain = (
        back.startswith("/") and not back.startswith(("//", "/\\")) and back.isprintable() and back.isascii()
    )
    return back if plain and "\\" not in back else "/"
