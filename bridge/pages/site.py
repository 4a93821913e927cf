"""What all routes of a site share: whom its door lets in, how an answer looks, and what is told where something is wrong."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Final

from fastapi import HTTPException, Request, status
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import HTMLResponse, Response

from bridge.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from bridge.domain import Stream
    from bridge.pages.look import Templates

    _Answer = Callable[[Request], Coroutine[Any, Any, Response]]

_TOLD: Final = {
    401: (
        "You are not signed in",
        "This browser signed in more than 12 hours ago, or has signed out since.",
        "Sign in in another tab, then load this page again: your browser sends once more what you had written, and nothing of it is lost.",
    ),
    404: ("There is nothing here", "This meeting was never heard by this bridge, or has been deleted.", ""),
    503: (
        "The store does not answer",
        "Nothing that is said is lost: it waits until the database is back.",
        "Look whether the database runs and its disk has room, then load this page again. zoom-bridge doctor tells more.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Somebody whom the door let in."""

    meeting_uuid: str | None = None
    """The only meeting that they may see; ``None`` where they may see every one."""
    who: str = ""
    """What they are called where they decide something, as far as the door knows them."""
    seconds: float | None = None
    """For how long from now; an answer that goes on ends by then. ``None`` without end."""

    def may_see(self, stream: Stream) -> bool:
        """Whether a stream is of a meeting of theirs."""
        return self.meeting_uuid is None or self.meeting_uuid == stream.meeting_uuid


class Site(ABC):
    """How the pages of one edition are answered."""

    meeting_page: ClassVar[str] = "meeting.html"
    """The template of a meeting's page."""

    def __init__(self, templates: Templates, headers: Mapping[str, str]) -> None:
        """``headers`` come with every answer."""
        self.templates = templates
        self.edition = templates.edition
        self.headers = headers
        self.kept_nowhere = {**headers, "cache-control": "no-store"}
        """With every answer that shows what people said."""

    @abstractmethod
    def enter(self, request: Request) -> Viewer | Response:
        """Who asks; or what somebody is told who may not come in."""

    def page(self, name: str, *, code: int = status.HTTP_200_OK, **values: Any) -> HTMLResponse:
        """A page of one of the templates."""
        return HTMLResponse(self.templates.page(name, **values), code, self.kept_nowhere)

    def error(self, code: int, detail: str = "") -> HTMLResponse:
        """What is wrong, and what to do about it, in the look of all pages."""
        title, why, todo = _TOLD.get(code, (HTTPStatus(code).phrase, "", ""))
        return self.page(
            "error.html", code=code, status=code, title=title, why=why or detail, todo=todo, here=""
        )

    def route(self) -> type[APIRoute]:
        """Routes behind the door; :func:`viewer` tells them who asks. Their faults are answered with pages."""
        return self._route(self.admitted)

    def open_route(self) -> type[APIRoute]:
        """Routes before the door. Their faults are answered with pages."""
        return self._route(self.answer)

    async def admitted(self, request: Request, answer: _Answer) -> Response:
        """The answer of a route to whom the door lets in."""
        found = self.enter(request)
        if isinstance(found, Response):
            return found
        request.state.viewer = found
        return await self.answer(request, answer)

    async def answer(self, request: Request, answer: _Answer) -> Response:
        """The answer of a route, or the page that stands for it."""
        try:
            return await answer(request)
        except HTTPException as error:
            told = self.error(error.status_code, str(error.detail))
            told.headers.update(error.headers or {})
            return told
        except RequestValidationError:
            return self.error(status.HTTP_404_NOT_FOUND)
        except (StoreError, TimeoutError):
            return self.error(status.HTTP_503_SERVICE_UNAVAILABLE)

    def _route(self, through: Callable[[Request, _Answer], Coroutine[Any, Any, Response]]) -> type[APIRoute]:
        class PageRoute(APIRoute):
            def get_route_handler(self) -> _Answer:
                answer = super().get_route_handler()

                async def guarded(request: Request) -> Response:
                    return await through(request, answer)

                return guarded

        return PageRoute


def viewer(request: Request) -> Viewer:
    """Who asks for a page behind the door."""
    found: Viewer = request.state.viewer
    return found


def local(back: str) -> str:
    """An address of ours to go back to, whatever a form says; the first page for any other."""
    plain = (
        back.startswith("/") and not back.startswith(("//", "/\\")) and back.isprintable() and back.isascii()
    )
    return back if plain and "\\" not in back else "/"
