"""What a stream's meeting is about and where its people are, which its announcement does not tell."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from bridge.domain import Product
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.domain import Stream
    from bridge.zoom.api import MeetingDetails

TOPIC_SECONDS: Final = 5.0
"""Longest wait for a topic. Nobody's words are in its way, but a stream's first windows are."""

log = structlog.get_logger(__name__)


class Meetings(Protocol):
    """Who knows meetings."""

    async def meeting(self, meeting: str, product: Product = Product.MEETING) -> MeetingDetails:
        """What is known of one; raises :class:`bridge.errors.BridgeError` where nothing is."""


class Topics:
    """Completes streams with their meeting's topic, number and time zone."""

    def __init__(self, meetings: Meetings, *, seconds: float = TOPIC_SECONDS) -> None:
        self._meetings = meetings
        self._seconds = seconds

    async def __call__(self, stream: Stream) -> Stream:
        """The stream with all that could be learned in time; as it is where that is nothing."""
        knows_all = bool(stream.topic and stream.timezone)
        if knows_all or stream.product not in (Product.MEETING, Product.WEBINAR):
            return stream
        try:
            async with asyncio.timeout(self._seconds):
                known = await self._meetings.meeting(stream.meeting_id or stream.meeting_uuid, stream.product)
        except TimeoutError:
            reason = f"not within {self._seconds:g} s"
        except BridgeError as error:
            reason = str(error)
        else:
            return replace(
                stream,
                topic=stream.topic or known.topic,
                meeting_id=stream.meeting_id or known.number,
                timezone=known.timezone or stream.timezone,
            )
        log.warning("stream.without_topic", stream_id=stream.stream_id, reason=reason)
        return stream
