"""Where Zoom's events go, whichever way they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio

    from bridge.webhook.events import StreamEvent


class EventSink(Protocol):
    """Where events go."""

    def accept(self, event: StreamEvent) -> asyncio.Future[None]:
        """Take an event in hand, and never wait; done once it is stored. Acting on it comes afterwards.

        The order is that of the calls. Holds :class:`~bridge.errors.StoreError` where it is not stored.
        """
