from __future__ import annotations

from typing import Any

import pytest

from bridge.domain import Product
from bridge.rtms.conversation import Ignored
from bridge.rtms.media import Media
from bridge.rtms.messages import (
    ContactCenterEventType,
    EventType,
    MediaType,
    MessageType,
    WireSessionState,
    WireStreamState,
    encode,
)
from bridge.rtms.reference import (
    CONTACT_CENTER_EVENTS,
    EVENTS,
    NOT_USED,
    RECEIVED,
    SENT,
    SESSION_STATES,
    STREAM_STATES,
)
from bridge.rtms.signaling import SUBSCRIBED, Signaling

IDS: dict[str, Any] = {
    "product": Product.MEETING,
    "instance_id": "m",
    "stream_id": "s",
    "signature": "x",
    "now": 0.0,
}
CONTENT = {"data": "AAAA", "user_id": 7, "timestamp": 1763769605000}
ALL = MediaType.TRANSCRIPT | MediaType.CHAT | MediaType.AUDIO | MediaType.VIDEO | MediaType.DESKSHARE


def ready() -> tuple[Signaling, Media]:
    """Both kinds of socket behind their handshakes."""
    signaling, media = Signaling(**IDS), Media(**IDS, media_type=ALL)
    signaling.receive(encode({"msg_type": 2, "status_code": 0}), 0)
    media.receive(encode({"msg_type": 4, "status_code": 0}), 0)
    return signaling, media


def test_every_message_is_told_of_once() -> None:
    """No number is missing, and none is told of twice."""
    told = [*SENT, *RECEIVED, *NOT_USED]
    assert sorted(told) == sorted(MessageType)


@pytest.mark.parametrize(
    ("table", "enum"),
    [
        (EVENTS, EventType),
        (CONTACT_CENTER_EVENTS, ContactCenterEventType),
        (STREAM_STATES, WireStreamState),
        (SESSION_STATES, WireSessionState),
    ],
)
def test_every_number_is_told_of(table: dict[Any, str], enum: Any) -> None:
    """No event and no state is missing."""
    assert list(table) == list(enum)


@pytest.mark.parametrize("number", MessageType)
def test_what_is_received_means_something(number: MessageType) -> None:
    """What is said to mean something does so on one of the sockets, and the rest is counted as unexpected."""
    message = encode(
        {"msg_type": number, "content": CONTENT, "event": {"event_type": 3}, "state": 5, "status_code": 0}
    )
    sockets: tuple[Any, ...] = ready()
    if number in (MessageType.SIGNALING_HAND_SHAKE_RESP, MessageType.DATA_HAND_SHAKE_RESP):
        sockets = (Signaling(**IDS), Media(**IDS, media_type=ALL))
    ignored = [socket.receive(message, 0) == [Ignored("unexpected")] for socket in sockets]
    assert all(ignored) == (number not in RECEIVED)


def test_events_are_asked_for_as_told() -> None:
    """What is asked for is what is told to be kept or shown."""
    kept = [event for event, deed in EVENTS.items() if deed.startswith(("kept", "shown"))]
    assert sorted(kept) == sorted(SUBSCRIBED)
