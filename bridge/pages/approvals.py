"""What waits for somebody on a meeting's page: *post*, *edit and post*, *no*."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Final, Protocol

from fastapi import APIRouter, HTTPException, Path, Request, status
from starlette.responses import RedirectResponse, Response

from bridge.approval.wish import Wish
from bridge.domain import LIMITS, Decision
from bridge.errors import DecisionRefused, LangflowError, WordingRefused
from bridge.pages.form import read_form
from bridge.pages.meeting_routes import page_values
from bridge.pages.showing import STORE_SECONDS
from bridge.pages.site import viewer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.approval.approvals import Approvals
    from bridge.pages.showing import Showing

MOST_BYTES: Final = 512 * 1024
"""Of a form with an edited summary, whose every character may take nine bytes."""
NOT_TAKEN: Final = "This could not be passed on just now. Please try again in a moment."
"""For those who do not run the bridge: what is wrong names its neighbours."""
POST, EDIT, NO = "post", "edit", "no"


def wish_of(form: Mapping[str, str]) -> Wish:
    """What a form wants. Pure.

    Raises:
        HTTPException: 422 where no button of ours was pressed.
    """
    pressed = form.get("do", "")
    if pressed not in (POST, EDIT, NO):
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, "The form cannot be read.")
    edited = form if pressed == EDIT else {}
    return Wish(
        route=form.get("route", ""),
        item=form.get("item", ""),
        digest=form.get("digest", ""),
        decision=Decision.NO if pressed == NO else Decision.POST,
        text=edited.get("text", "") if pressed == EDIT else None,
        owner=edited.get("owner"),
        due=edited.get("due"),
    )


class Answers(Protocol):
    """Lets suspended runs go on; as :meth:`bridge.flow.background.BackgroundRuns.answer`."""

    async def __call__(self, stream_id: str, request_id: str, action: str) -> None:
        """Raises :class:`DecisionRefused` where nobody asks this, :class:`LangflowError` where Langflow did not take it."""


def approvals_router(
    showing: Showing,
    approvals: Approvals,
    *,
    answers: Answers | None = None,
    exports: tuple[str, ...] = (),
) -> APIRouter:
    """The forms' way in, below ``/meetings``."""
    site = showing.site
    router = APIRouter(prefix="/meetings", route_class=site.route())

    @router.post("/{stream_id:path}/questions")
    async def go_on(request: Request, stream_id: Annotated[str, Path(max_length=LIMITS.id)]) -> Response:
        """Answer what a suspended run asks."""
        who = viewer(request)
        await showing.find(who, stream_id)
        form = await read_form(request)
        if answers is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND)
        try:
            await answers(stream_id, form.get("request", ""), form.get("action", ""))
        except (DecisionRefused, LangflowError) as refused:
            told = site.edition.operates or isinstance(refused, DecisionRefused)
            values = page_values(stream_id, exports) | {"refused": str(refused) if told else NOT_TAKEN}
            return await showing.page(who, stream_id, fresh=True, code=status.HTTP_409_CONFLICT, **values)
        back = f"{site.edition.url_of(stream_id)}?decided=1#approvals"
        return RedirectResponse(back, status.HTTP_303_SEE_OTHER, site.kept_nowhere)

    @router.post("/{stream_id:path}/approvals")
    async def decide(request: Request, stream_id: Annotated[str, Path(max_length=LIMITS.id)]) -> Response:
        """Do what was pressed; what cannot be done is said above what there is now, with the words that were typed."""
        who = viewer(request)
        await showing.find(who, stream_id)
        form = await read_form(request, MOST_BYTES)
        wish = wish_of(form)
        try:
            async with asyncio.timeout(STORE_SECONDS):
                await approvals.decide(stream_id, wish, who.who)
        except DecisionRefused as refused:
            unread = isinstance(refused, WordingRefused)
            code = status.HTTP_422_UNPROCESSABLE_CONTENT if unread else status.HTTP_409_CONFLICT
            values = page_values(stream_id, exports)
            values |= {"refused": str(refused), "typed": None if wish.text is None else wish}
            return await showing.page(who, stream_id, fresh=True, code=code, **values)
        back = f"{site.edition.url_of(stream_id)}?decided=1#approvals"
        return RedirectResponse(back, status.HTTP_303_SEE_OTHER, site.kept_nowhere)

    return router
