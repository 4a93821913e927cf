"""What webhook endpoints were told of a stream, as a route of the private API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from bridge.admin.named import StreamId, stream_named
from bridge.domain import DeliveryStatus, EndpointEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.domain import Delivery
    from bridge.store.store import Store

_MOST = 1000


class DeliveryOut(BaseModel):
    """An event on its way to a webhook endpoint, read off a :class:`bridge.domain.Delivery`; times in UTC milliseconds."""

    delivery_id: str
    """Sent as ``webhook-id``."""
    endpoint: str
    event: EndpointEvent
    status: DeliveryStatus
    attempts: int
    created_ms: int
    due_ms: int
    """When it is sent again, while it waits."""
    ended_ms: int
    """When it was taken or given up; 0 before."""
    answer: str
    """How the last attempt was answered, or why it was given up."""


def deliveries_router(store: Store) -> APIRouter:
    """``GET /api/streams/{id}/deliveries``."""
    router = APIRouter()

    @router.get("/api/streams/{stream_id}/deliveries", response_model=list[DeliveryOut])
    async def deliveries(
        stream_id: StreamId,
        limit: Annotated[int, Query(ge=1, le=_MOST)] = 100,
    ) -> Sequence[Delivery]:
        """What endpoints were told, newest first."""
        await stream_named(store, stream_id)
        return await store.deliveries(stream_id, limit=limit)

    return router
