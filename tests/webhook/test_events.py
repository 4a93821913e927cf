from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bridge.domain import Product, Stream, WindowKind
from bridge.flow.request import compose_window
from bridge.flow.routes import Route
from bridge.webhook.events import (
    STREAM_EVENTS,
    EventKind,
    StreamEvent,
    event_name,
    parse_stream_event,
    what_is_wrong,
)

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "webhooks.json").read_text())
STARTED = VECTORS["started"]

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
_PAYLOAD_FIELDS = ("rtms_stream_id", "meeting_uuid", "webinar_uuid", "session_id", "engagement_id", "server_urls",
                   "stop_reason", "meeting_id", "object")  # fmt: skip
payloads = st.dictionaries(st.sampled_from(_PAYLOAD_FIELDS), anything | st.text(min_size=1))
bodies = st.fixed_dictionaries(
    {"event": st.sampled_from(sorted(STREAM_EVENTS)) | anything},
    optional={"event_ts": st.integers() | anything, "payload": payloads | anything},
)


def started(**fields: Any) -> dict[str, Any]:
    """The start event with payload fields changed, or left out where the change is ``None``."""
    payload = {name: value for name, value in (STARTED["payload"] | fields).items() if value is not None}
    return {**STARTED, "payload": payload}


def parsed(body: dict[str, Any]) -> StreamEvent:
    event = parse_stream_event(body)
    assert event is not None
    return event


def test_started() -> None:
    """A start event tells stream, meeting, number and servers."""
    event = parsed(STARTED)
    assert (event.kind, event.product, event.event_ts) == (EventKind.STARTED, Product.MEETING, 1763769600123)
    assert event.stream_id == "5f0e3c9d2b7a4416b1c80a9d7e6f5a43"
    assert event.meeting_uuid == "aB3/xY+z9Q=="
    assert event.meeting_id == "81234567890"
    assert event.server_urls == "wss://signal.rtms.example.test:443"


def test_stopped() -> None:
    """A stop event tells the reason."""
    event = parsed(json.loads(VECTORS["signed"]["body"]))
    assert (event.kind, event.stop_reason) == (EventKind.STOPPED, 6)


def test_interrupted() -> None:
    """An interruption names no servers."""
    event = parsed(VECTORS["interrupted"])
    assert (event.kind, event.server_urls) == (EventKind.INTERRUPTED, "")


@pytest.mark.parametrize("body", VECTORS["about_no_stream"], ids=lambda body: body["event"])
def test_about_no_stream(body: dict[str, Any]) -> None:
    """Events that are not about a stream are passed over."""
    assert parse_stream_event(body) is None


def test_nested() -> None:
    """A payload nested in ``object`` reads like a flat one, with what only the outer one has."""
    inner = copy.deepcopy(STARTED["payload"])
    account = inner.pop("account_id")
    assert parsed({**STARTED, "payload": {"account_id": account, "object": inner}}) == parsed(STARTED)


def test_older_spelling() -> None:
    """``meeting.rtms.started`` is today's ``meeting.rtms_started``."""
    assert event_name({"event": "meeting.rtms.started"}) == "meeting.rtms_started"
    assert parsed({**STARTED, "event": "meeting.rtms.started"}) == parsed(STARTED)


@pytest.mark.parametrize(
    ("topic", "read"),
    [
        ("Weekly", "Weekly"),
        ("a\nb\ud83d\u202e", "a b\ufffd"),
        ("x" * 900, "x" * 300),
        (None, ""),
        (7, ""),
        ([], ""),
    ],
)
def test_topic(topic: object, read: str) -> None:
    """A start event may tell one, as the stand-in's does; an odd one costs no meeting."""
    assert parsed(started(topic=topic)).topic == read


@pytest.mark.parametrize("number", [81234567890.5, [8], {}, True, "8\n1", "\x00", "\ud800"])
def test_an_odd_meeting_number(number: object) -> None:
    """It is only shown: no meeting is refused for it."""
    assert parsed(started(meeting_id=number)).meeting_id == ""


@pytest.mark.parametrize(
    ("reason", "read"),
    [
        (6, 6),
        ("8", 8),
        (" 8 ", 8),
        (8.0, 8),
        ("8.0", 8),
        (99, 99),
        (None, None),
        ("MEETING_ENDED", None),
        (6.5, None),
        ([6], None),
        ({}, None),
        (True, None),
        ("9" * 5000, None),
    ],
)
def test_stop_reasons(reason: object, read: int | None) -> None:
    """A stop is one, whatever it calls its reason; a number may come as text."""
    stopped = json.loads(VECTORS["signed"]["body"])
    event = parsed({**stopped, "payload": stopped["payload"] | {"stop_reason": reason}})
    assert (event.kind, event.stop_reason) == (EventKind.STOPPED, read)


@pytest.mark.parametrize("number", [81234567890, "81234567890"])
def test_meeting_number(number: object) -> None:
    """Zoom sends the number people dial as number or text."""
    assert parsed(started(meeting_id=number)).meeting_id == "81234567890"


@pytest.mark.parametrize(
    ("event", "field", "product"),
    [
        ("webinar.rtms_started", "webinar_uuid", Product.WEBINAR),
        ("webinar.rtms_started", "meeting_uuid", Product.WEBINAR),
        ("session.rtms_started", "session_id", Product.VIDEO_SDK),
        ("contact_center.voice_rtms_started", "engagement_id", Product.CONTACT_CENTER),
        ("contact_center.voice_rtms_started", "session_id", Product.CONTACT_CENTER),
    ],
)
def test_products(event: str, field: str, product: Product) -> None:
    """Each product names the id that signs handshakes in its own field."""
    body = started(**{"meeting_uuid": None, field: "the-id"})
    found = parsed({**body, "event": event})
    assert (found.product, found.meeting_uuid) == (product, "the-id")


@pytest.mark.parametrize(
    "body",
    [
        started(rtms_stream_id=None),
        started(rtms_stream_id=""),
        started(rtms_stream_id={"a": 1}),
        started(rtms_stream_id="line\nbreak"),
        started(rtms_stream_id="x" * 256),
        started(rtms_stream_id="\ud800"),
        started(rtms_stream_id="a\ufffdb"),
        started(rtms_stream_id="a\x7fb"),
        started(meeting_uuid="\u202eab"),
        started(meeting_uuid="x" * 256),
        started(meeting_uuid=None),
        started(server_urls=7),
        started(server_urls=None),
        started(server_urls=""),
        {**STARTED, "event_ts": None},
        {**STARTED, "event_ts": -1},
        {**STARTED, "event_ts": "soon"},
        {**STARTED, "event_ts": 253_402_300_800_000},
        {"event": "meeting.rtms_started", "event_ts": 1763769600123},
    ],
)
def test_wrong_fields(body: dict[str, Any]) -> None:
    """An event about a stream that lacks what we need is an error, never a guess."""
    with pytest.raises(ValidationError):
        parse_stream_event(body)


@given(bodies)
def test_any_json(body: dict[str, Any]) -> None:
    """Any JSON object is an event, something else, or a validation error."""
    try:
        event = parse_stream_event(body)
    except ValidationError:
        return
    assert event is None or StreamEvent.model_validate_json(event.model_dump_json()) == event


@given(st.integers(0, (1 << 53) - 1))
def test_every_time_can_be_told(event_ts: int) -> None:
    """A start event's time is one that a window can tell its flow, or it is refused."""
    try:
        event = parsed({**STARTED, "event_ts": event_ts})
    except ValidationError:
        return
    stream = Stream(
        stream_id=event.stream_id,
        product=event.product,
        meeting_uuid=event.meeting_uuid,
        server_urls=event.server_urls,
        event_ts=event.event_ts,
        started_at_ms=event.event_ts,
    )
    route = Route(name="r", flow="f")
    kind = WindowKind.START
    assert compose_window(
        stream=stream, route=route, seq=1, kind=kind, utterances=[], gaps=[], participants=[], now_ms=0
    )


@pytest.mark.parametrize("number", ["8" * 300, "0", "000", " \n8", 8.5, True])
def test_a_number_that_is_none_is_left_out(number: object) -> None:
    """A number tells a series: one that is cut, or that stands for none, would be that of strangers, too."""
    assert parsed(started(meeting_id=number)).meeting_id == ""


def test_the_reason_is_told() -> None:
    """Whoever sent an event is told what is wrong with it, without the value."""
    with pytest.raises(ValidationError) as error:
        parse_stream_event(started(meeting_uuid="secret" * 60, rtms_stream_id="a\nsecret"))
    told = what_is_wrong(error.value)
    assert told == (
        "meeting_uuid (it must have 1 to 255 characters), "
        "stream_id (it holds characters that are in no id and no address)"
    )
