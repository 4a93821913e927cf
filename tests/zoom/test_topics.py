from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
import structlog

from bridge.domain import Product, Stream
from bridge.errors import ConfigurationError, ZoomApiRefused
from bridge.zoom.api import MeetingDetails
from bridge.zoom.topics import Topics

STREAM = Stream(stream_id="s", product=Product.MEETING, meeting_uuid="u==", server_urls="wss://a", event_ts=1)


class Meetings:
    """Answers with what it is given."""

    def __init__(self, error: Exception | None = None, *, silent: bool = False) -> None:
        self.asked: list[tuple[str, Product]] = []
        self.timezone = "Asia/Tokyo"
        self._error = error
        self._silent = silent

    async def meeting(self, meeting: str, product: Product = Product.MEETING) -> MeetingDetails:
        self.asked.append((meeting, product))
        if self._silent:
            await asyncio.Event().wait()
        if self._error is not None:
            raise self._error
        return MeetingDetails(
            number="81234567890", topic="Secret merger", host_id="h", timezone=self.timezone
        )


async def test_topic_and_number() -> None:
    """Both are learned."""
    known = await Topics(Meetings())(STREAM)
    assert (known.topic, known.meeting_id) == ("Secret merger", "81234567890")


async def test_where_its_people_are() -> None:
    """As it was planned in Zoom, else as it is set; asked for where only the topic was told."""
    meetings = Meetings()
    told = replace(STREAM, topic="Weekly", timezone="")
    assert await Topics(meetings)(told) == replace(told, timezone="Asia/Tokyo", meeting_id="81234567890")
    set_here = replace(STREAM, timezone="Europe/Berlin")
    assert (await Topics(meetings)(set_here)).timezone == "Asia/Tokyo"
    meetings.timezone = ""
    assert (await Topics(meetings)(set_here)).timezone == "Europe/Berlin"
    assert len(meetings.asked) == 3
    assert await Topics(meetings)(replace(set_here, topic="Weekly")) == replace(set_here, topic="Weekly")
    assert len(meetings.asked) == 3


async def test_the_number_comes_first() -> None:
    """Where the announcement told the number, it is asked by and kept."""
    meetings = Meetings()
    stream = Stream(
        stream_id="s",
        product=Product.WEBINAR,
        meeting_uuid="u==",
        meeting_id="99",
        server_urls="wss://a",
        event_ts=1,
    )
    assert (await Topics(meetings)(stream)).meeting_id == "99"
    assert meetings.asked == [("99", Product.WEBINAR)]


@pytest.mark.parametrize("product", [Product.VIDEO_SDK, Product.CONTACT_CENTER])
async def test_products_without_topics(product: Product) -> None:
    """Are not asked for."""
    meetings = Meetings()
    stream = Stream(stream_id="s", product=product, meeting_uuid="u", server_urls="wss://a", event_ts=1)
    assert await Topics(meetings)(stream) == stream
    assert meetings.asked == []


@pytest.mark.parametrize(
    ("meetings", "words"),
    [
        (Meetings(ZoomApiRefused("no such meeting", status=404, code=3001)), "no such meeting"),
        (Meetings(ConfigurationError("ZOOM_ACCOUNT_ID is not set")), "ZOOM_ACCOUNT_ID"),
        (Meetings(silent=True), "not within 0.01 s"),
    ],
)
async def test_what_cannot_be_learned(meetings: Meetings, words: str) -> None:
    """Leaves the stream as it is, soon enough, and is said once."""
    with structlog.testing.capture_logs() as logs:
        assert await Topics(meetings, seconds=0.01)(STREAM) == STREAM
    (line,) = logs
    assert words in line["reason"]
    assert "u==" not in str(line)


async def test_a_topic_is_not_logged() -> None:
    """It may tell as much as what is said."""
    with structlog.testing.capture_logs() as logs:
        await Topics(Meetings())(STREAM)
    assert "merger" not in str(logs)
