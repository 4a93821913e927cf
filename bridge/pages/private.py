"""The site of the private listener: everything, for who knows its token."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from fastapi import status

from bridge.admin.guard import page_refusal, seconds_left
from bridge.pages.site import Site, Viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import Request
    from starlette.responses import HTMLResponse, Response

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


WHO: Final = "somebody on the bridge's pages"
"""Who decides here: the door knows a token, and no person."""


class PrivateSite(Site):
    """Pages for who runs the bridge."""

    def __init__(
        self,
        templates: Templates,
        *,
        token: str | None,
        host: str,
        wall: Callable[[], float] = time.time,
        webhooks: bool = False,
    ) -> None:
        """``wall`` gives UTC seconds; ``webhooks``: somebody is told by webhook, and a page tells what."""
        super().__init__(templates, SAFE)
        self.token, self.host, self.wall, self.webhooks = token, host, wall, webhooks

    def enter(self, request: Request) -> Viewer | Response:
        """Whoever the guard admits; anybody else is asked for the token."""
        now_s = self.wall()
        found = page_refusal(request.method, request.headers, token=self.token, host=self.host, now_s=now_s)
        if found is None:
            return Viewer(who=WHO, seconds=seconds_left(request.headers, token=self.token, now_s=now_s))
        unknown = found.status is HTTPStatus.UNAUTHORIZED
        if unknown and request.method == "GET" and "hx-request" not in request.headers:
            return self.login(request, back=_address(request))
        return self.error(found.status, found.why)

    def page(self, name: str, *, code: int = status.HTTP_200_OK, **values: Any) -> HTMLResponse:
        """A page of one of the templates, with a way out where there is a way in."""
        values.setdefault("signed_in", self.token is not None and code != status.HTTP_401_UNAUTHORIZED)
        values.setdefault("webhooks", self.webhooks)
        return super().page(name, code=code, **values)

    def login(self, request: Request, *, back: str, wrong: bool = False) -> HTMLResponse:
        """The page that asks for the token. Links from elsewhere come without the cookie once, so it asks again itself."""
        linked = request.headers.get("sec-fetch-site") == "cross-site" and request.method == "GET"
        return self.page(
            "login.html",
            code=status.HTTP_401_UNAUTHORIZED,
            back=back,
            wrong=wrong,
            again=linked,
        )


def _address(request: Request) -> str:
    """The path and query that were asked for."""
    query = request.url.query
    raw = request.scope.get("raw_path") or request.url.path.encode()
    return f"{raw.decode('ascii', 'replace')}{f'?{query}' if query else ''}"
