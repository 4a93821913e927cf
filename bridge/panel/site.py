"""The site of the panel: on the internet, for who comes with a ticket, and of one meeting only."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any, ClassVar, Final

from fastapi import HTTPException, status

from bridge.errors import ContextExpired, ContextForged, ContextRefused, ContextUnreadable, GuestRefused
from bridge.pages.site import Site, Viewer
from bridge.panel.ticket import COOKIE, read_ticket

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from fastapi import Request
    from starlette.responses import HTMLResponse, Response

    from bridge.pages.look import Templates
    from bridge.panel.ticket import Ticket

SDK_HOST: Final = "https://appssdk.zoom.us"
CSP: Final = (
    f"default-src 'none'; script-src 'self' {SDK_HOST}; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self' zoom.us *.zoom.us *.zoom.com"
)
SAFE: Final = {
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "content-security-policy": CSP,
    "referrer-policy": "same-origin",
}
"""Headers of every answer. Zoom's client shows no page that lacks one of the four (developers.zoom.us "OWASP secure
headers"). Its web client shows pages in a frame, so there is no ``X-Frame-Options``: ``frame-ancestors`` says whose."""
MOST_AT_ONCE: Final = 32
"""Requests with a ticket that are worked on at once: Zoom's webhooks share the loop and the store."""
_STATUS: Final = {
    ContextUnreadable: status.HTTP_400_BAD_REQUEST,
    ContextExpired: status.HTTP_401_UNAUTHORIZED,
}
_LASTING: Final = (ContextForged, GuestRefused)
"""What the SDK's own context would be refused for as well."""


class PanelSite(Site):
    """Pages for those who are in a meeting."""

    meeting_page: ClassVar[str] = "panel_meeting.html"

    def __init__(
        self,
        templates: Templates,
        *,
        secret: str,
        public_url: str,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """``public_url`` is how browsers call us; ``wall`` gives UTC seconds."""
        super().__init__(templates, SAFE)
        self._secret, self._public_url, self._wall = secret, public_url, wall
        self._under_way = 0

    def enter(self, request: Request) -> Viewer | Response:
        """Whoever has a ticket, and asks from a page of ours."""
        changes = request.method not in ("GET", "HEAD")
        if not self.is_from_here(request) or (changes and "origin" not in request.headers):
            return self.error(status.HTTP_403_FORBIDDEN, "A page of another site may not ask for this.")
        ticket = self.ticket_of(request)
        if ticket is None:
            return self.error(
                status.HTTP_401_UNAUTHORIZED, "This page was open for too long. Open the panel again."
            )
        who = f"Zoom user {ticket.user_id}" if ticket.user_id else "a guest in Zoom"
        return Viewer(meeting_uuid=ticket.meeting_uuid, who=who, seconds=ticket.seconds)

    def ticket_of(self, request: Request) -> Ticket | None:
        """The ticket that comes with a request, if it is good."""
        return read_ticket(request.cookies.get(COOKIE, ""), self._secret, self._wall())

    def is_from_here(self, request: Request) -> bool:
        """Whether a browser says that a page of ours asks, or that nobody led it here; programs say nothing."""
        if request.headers.get("sec-fetch-site", "same-origin").lower() not in ("same-origin", "none"):
            return False
        return request.headers.get("origin", self._public_url).lower() == self._public_url

    async def admitted(
        self, request: Request, answer: Callable[[Request], Coroutine[Any, Any, Response]]
    ) -> Response:
        """The answer of a route to whom the door lets in, as long as not too many are being made."""

        async def placed(request: Request) -> Response:
            with self.place():
                return await answer(request)

        return await super().admitted(request, placed)

    @contextlib.contextmanager
    def place(self) -> Iterator[None]:
        """A place for what asks the store.

        Raises:
            HTTPException: 429 where all are taken.
        """
        if self._under_way >= MOST_AT_ONCE:
            why = "Too many ask at once. Try again in a moment."
            raise HTTPException(status.HTTP_429_TOO_MANY_REQUESTS, why, {"retry-after": "2"})
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    def error(self, code: int, detail: str = "") -> HTMLResponse:
        """What is wrong, in the look of the panel, without what is for who runs the bridge."""
        return self.page("panel_error.html", code=code, why=_TOLD.get(code, detail))

    def entrance(self, refused: ContextRefused | None = None) -> HTMLResponse:
        """The page for who comes without a context that opens the panel: the SDK is asked for one, where that can help."""
        code = status.HTTP_200_OK if refused is None else status_of(refused)
        return self.page(
            "panel_entrance.html", code=code, refused=refused, tries=not isinstance(refused, _LASTING)
        )


def status_of(refused: ContextRefused) -> int:
    """HTTP's word for it."""
    return _STATUS.get(type(refused), status.HTTP_403_FORBIDDEN)


_TOLD: Final = {
    404: "There is nothing here for this meeting.",
    503: "The bridge cannot show the meeting now; nothing that is said is lost. Try again in a moment.",
}
