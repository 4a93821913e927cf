from __future__ import annotations

import asyncio

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
        self._error = error
        self._silent = silent

    async def meeting(self, meeting: str, product: Product = Product.MEETING) -> MeetingDetails:
        self.asked.append((meeting, product))
        if self._silent:
            await asyncio.Event().wait()
        if self._error is not None:
            raise self._error
        return MeetingDetails(number="81234567890", topic="Secret merger", host_id="h")


async def test_topic_and_number() -> None:
    """Both are learned."""
    known = await Topics(Meetings())(STREAM)
    assert (known.topic, known.meeting_id) == ("Secret merger", "81234567890")


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
