"""``/api/meetings``: wishes about a meeting, at Zoom and here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final, Literal, Protocol

from fastapi import APIRouter, HTTPException, status
from pydantic import BaseModel, ConfigDict, Field

from bridge.domain import Product
from bridge.errors import ConfigurationError, NotAMeeting, ZoomApiBusy, ZoomApiError, ZoomApiRefused
from bridge.zoom.api import RtmsAction
from bridge.zoom.meeting_key import meeting_uuid

if TYPE_CHECKING:
    from bridge.admin.actions import Actions
    from bridge.errors import BridgeError
    from bridge.store.store import Store


_NUMBER: Final = re.compile(r"[\d-]+")
_A_NUMBER: Final = "many meetings can have this number: give the UUID of the one that is to be deleted, as /api/streams lists it"


class RtmsControl(Protocol):
    """Who can ask Zoom to start and stop a meeting's stream."""

    async def control_rtms(self, action: RtmsAction, meeting: str, *, user_id: str, product: Product) -> None:
        """Return once Zoom has accepted it; raises :class:`bridge.errors.BridgeError` where it does not."""


class RtmsIn(BaseModel):
    """A wish about a live meeting's stream."""

    model_config = ConfigDict(extra="forbid")

    action: RtmsAction
    user_id: Annotated[str, Field(max_length=255)] = ""
    """Whose app it is: a host or alternative host, by Zoom user id; the host by default."""
    product: Literal["meeting", "webinar", "session"] = "meeting"


class RtmsOut(BaseModel):
    """Zoom will do it; its events tell when it is done."""

    accepted: Literal[True] = True
    action: RtmsAction


class ForgetOut(BaseModel):
    """The meeting is being deleted everywhere; ``/readyz`` tells how many deletions are under way."""

    accepted: Literal[True] = True
    meeting_uuid: str


def meetings_router(rtms: RtmsControl, actions: Actions, store: Store) -> APIRouter:
    """The routes; who may ask is decided by the router that they become a part of."""
    router = APIRouter()

    @router.post("/api/meetings/{meeting:path}/forget", status_code=status.HTTP_202_ACCEPTED)
    async def forget(meeting: str) -> ForgetOut:
        """Delete a meeting, by the UUID under which its streams are listed; also one that is not known here."""
        try:
            uuid = meeting_uuid(meeting)
            if _NUMBER.fullmatch(uuid) and not await store.streams_of(uuid):
                raise NotAMeeting(_A_NUMBER)
        except NotAMeeting as error:
            raise HTTPException(_status_of(error), str(error)) from None
        await actions.forget(uuid)
        return ForgetOut(meeting_uuid=uuid)

    @router.post("/api/meetings/{meeting:path}/rtms", status_code=status.HTTP_202_ACCEPTED)
    async def control_rtms(meeting: str, wish: RtmsIn) -> RtmsOut:
        try:
            await rtms.control_rtms(wish.action, meeting, user_id=wish.user_id, product=Product(wish.product))
        except (ZoomApiError, ConfigurationError) as error:
            raise HTTPException(_status_of(error), str(error)) from None
        return RtmsOut(action=wish.action)

    return router


def _status_of(error: BridgeError) -> int:
    """The HTTP status that tells a caller of ours whose turn it is after a fault with Zoom's REST."""
    match error:
        case ConfigurationError():
            return status.HTTP_501_NOT_IMPLEMENTED
        case NotAMeeting():
            return status.HTTP_422_UNPROCESSABLE_CONTENT
        case ZoomApiRefused(status=status.HTTP_404_NOT_FOUND):
            return status.HTTP_404_NOT_FOUND
        case ZoomApiRefused():
            return status.HTTP_409_CONFLICT
        case ZoomApiBusy():
            return status.HTTP_503_SERVICE_UNAVAILABLE
        case _:
            return status.HTTP_502_BAD_GATEWAY
