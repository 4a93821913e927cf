"""What webhook endpoints were told of a meeting, and what became of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, HTTPException, Path, status
from starlette.responses import HTMLResponse

from bridge.domain import LIMITS, OVER, Delivery, DeliveryStatus, EndpointEvent
from bridge.pages.showing import STORE_SECONDS

if TYPE_CHECKING:
    from bridge.pages.site import Site
    from bridge.store.store import Store

MOST: Final = 500
"""The newest."""
EVENTS: Final = {
    EndpointEvent.MEETING_STARTED: "The meeting began",
    EndpointEvent.MEETING_ENDED: "The meeting is over",
    EndpointEvent.FINDING_CREATED: "Something was found",
    EndpointEvent.FINDING_UPDATED: "A finding reads differently",
    EndpointEvent.SUMMARY_CREATED: "A summary was written",
}
_STATES: Final = {
    DeliveryStatus.WAITING: ("pending", "waits"),
    DeliveryStatus.DELIVERED: ("done", "delivered"),
    DeliveryStatus.FAILED: ("failed", "given up"),
}


def state_of(delivery: Delivery) -> tuple[str, str]:
    """How it stands: for the style sheet, and in words."""
    if delivery.status is DeliveryStatus.WAITING and delivery.attempts:
        return "pending", "not taken, is tried again"
    return _STATES[delivery.status]


def deliveries_router(site: Site, store: Store) -> APIRouter:
    """The route below ``/meetings``; it goes before that of the meeting itself."""
    router = APIRouter(prefix="/meetings", route_class=site.route())

    @router.get("/{stream_id:path}/webhooks", response_class=HTMLResponse)
    async def page(stream_id: Annotated[str, Path(max_length=LIMITS.id)]) -> HTMLResponse:
        async with asyncio.timeout(STORE_SECONDS):
            found = await store.stream_now(stream_id)
            if found is None:
                raise HTTPException(status.HTTP_404_NOT_FOUND)
            told = await store.deliveries(stream_id, limit=MOST + 1)
        return site.page(
            "deliveries.html",
            here="archive" if found.state in OVER else "now",
            stream=found,
            deliveries=told[:MOST],
            more=len(told) > MOST,
            most=MOST,
            events=EVENTS,
            state_of=state_of,
        )

    return router
