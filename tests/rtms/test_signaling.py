from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.domain import Product
from bridge.rtms.conversation import Ignored
from bridge.rtms.signaling import (
    ActiveSpeaker,
    MediaInterrupted,
    ParticipantsJoined,
    ParticipantsLeft,
    Sharing,
    Signaling,
    SignalingReady,
    StreamPaused,
    StreamResumed,
)
from bridge.rtms.urls import MediaServers

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "messages.json").read_text())
STREAM_ID = VECTORS["client_ready"]["rtms_stream_id"]


def signaling(product: Product = Product.MEETING) -> Signaling:
    return Signaling(product=product, instance_id="aB3/xY+z9Q==", stream_id=STREAM_ID, signature="sig", now=0)


@pytest.fixture
def ready() -> Signaling:
    """A conversation after its handshake, with nothing left to send."""
    conversation = signaling()
    say(conversation, VECTORS["signaling_accepted"])
    conversation.texts_to_send()
    return conversation


def say(conversation: Signaling, message: Any) -> list[Any]:
    return list(conversation.receive(json.dumps(message).encode(), 1))


def sent(conversation: Signaling) -> list[Any]:
    return [json.loads(text) for text in conversation.texts_to_send()]


@pytest.mark.parametrize(
    ("product", "field"),
    [
        (Product.MEETING, "meeting_uuid"),
        (Product.WEBINAR, "webinar_uuid"),
        (Product.VIDEO_SDK, "session_id"),
        (Product.CONTACT_CENTER, "engagement_id"),
    ],
)
def test_handshake(product: Product, field: str) -> None:
    """Message 1 names the stream and, in the product's own field, what it belongs to."""
    assert sent(signaling(product)) == [
        {
            "msg_type": 1,
            "protocol_version": 1,
            "sequence": 1,
            field: "aB3/xY+z9Q==",
            "rtms_stream_id": STREAM_ID,
            "signature": "sig",
        }
    ]


def test_ready() -> None:
    """A good answer yields the media servers, and news of people is asked for, but not what comes unasked."""
    conversation = signaling()
    conversation.texts_to_send()
    urls = VECTORS["signaling_accepted"]["media_server"]["server_urls"]
    assert say(conversation, VECTORS["signaling_accepted"]) == [SignalingReady(MediaServers.read(urls))]
    wanted = [{"event_type": number, "subscribe": True} for number in (2, 3, 4, 5, 6)]
    assert sent(conversation) == [{"msg_type": 5, "events": wanted}]


@pytest.mark.parametrize("media_server", [None, [], "wss://x.zoom.us"])
def test_no_media_servers(media_server: object) -> None:
    """A good answer without servers is one without servers, for the caller to judge."""
    assert say(signaling(), {"msg_type": 2, "status_code": 0, "media_server": media_server}) == [
        SignalingReady(MediaServers({}))
    ]


def test_client_ready(ready: Signaling) -> None:
    """Message 7 names the stream."""
    ready.client_ready()
    assert sent(ready) == [VECTORS["client_ready"]]


def test_joined(ready: Signaling) -> None:
    """People come as ids and names; the first batch tells who was there already."""
    dana, at_ms = (("16778240", "Dana"),), VECTORS["joined"]["event"]["timestamp"]
    assert say(ready, VECTORS["joined"]) == [ParticipantsJoined(dana, at_ms, roster=True)]
    assert say(ready, VECTORS["joined"]) == [ParticipantsJoined(dana, at_ms, roster=False)]


def test_left(ready: Signaling) -> None:
    """Who leaves comes without a name."""
    message = {"msg_type": 6, "event": {"event_type": 4, "timestamp": 5, "participants": [{"user_id": "7"}]}}
    assert say(ready, message) == [ParticipantsLeft(("7",), 5000)]


def test_active_speaker(ready: Signaling) -> None:
    """Who speaks comes with a name."""
    message = {"msg_type": 6, "event": {"event_type": 2, "user_id": 7, "user_name": "Eli"}}
    assert say(ready, message) == [ActiveSpeaker("7", "Eli")]


def test_sharing(ready: Signaling) -> None:
    """Who begins to share is named, who stops is not."""
    start = {
        "msg_type": 6,
        "event": {"event_type": 5, "user_id": 7, "user_name": "Eli", "timestamp": 1763769605000},
    }
    stop = {"msg_type": 6, "event": {"event_type": 6, "timestamp": 1763769606000}}
    assert say(ready, start) == [Sharing("7", "Eli", 1763769605000, started=True)]
    assert say(ready, stop) == [Sharing("", "", 1763769606000, started=False)]


@pytest.mark.parametrize("number", [2, 3, 4, 5, 6, 8, 13, 29])
def test_contact_center(number: int) -> None:
    """Contact Center events have numbers of their own, so none is taken for a meeting's, and none is asked for."""
    conversation = signaling(Product.CONTACT_CENTER)
    conversation.texts_to_send()
    say(conversation, VECTORS["signaling_accepted"])
    assert sent(conversation) == []
    event = {"event_type": number, "user_id": 7, "user_name": "Eli", "participants": [{"user_id": 7}]}
    assert say(conversation, {"msg_type": 6, "event": event}) == []
    assert say(conversation, VECTORS["media_interrupted"]) != []


@pytest.mark.parametrize(
    ("participants", "people"),
    [
        ([{"user_id": "7", "user_name": "Eli"}], (("7", "Eli"),)),
        ([{"user_id": 7}], (("7", ""),)),
        ([{"user_name": "Nobody"}, 7, None, {"user_id": [1]}], ()),
        (None, ()),
        ({}, ()),
    ],
)
def test_people(ready: Signaling, participants: object, people: object) -> None:
    """Ids come as numbers or texts, names may be missing, and what is nobody is left out."""
    message = {"msg_type": 6, "event": {"event_type": 3, "participants": participants}}
    assert say(ready, message) == [ParticipantsJoined(people, 0, roster=True)]  # type: ignore[arg-type]


def test_media_interrupted(ready: Signaling) -> None:
    """Event 7, or a stream state, says that Zoom lost the media socket."""
    at_ms = VECTORS["media_interrupted"]["event"]["timestamp"]
    assert say(ready, VECTORS["media_interrupted"]) == [MediaInterrupted(at_ms)]
    state = {"msg_type": 8, "state": 2, "reason": 14, "timestamp": at_ms}
    assert say(ready, state) == [MediaInterrupted(at_ms)]


def test_pause(ready: Signaling) -> None:
    """A pause is no end and no outage."""
    assert say(ready, {"msg_type": 8, "state": 5, "reason": 0}) == [StreamPaused()]
    assert say(ready, {"msg_type": 8, "state": 6, "reason": 0}) == [StreamResumed()]


@pytest.mark.parametrize(
    "message",
    [
        VECTORS["session_stopped"],
        {"msg_type": 8, "state": 1},
        {"msg_type": 8, "state": 2, "reason": 13},
        {"msg_type": 8, "state": 3},
        {"msg_type": 8},
        {"msg_type": 6, "event": {"event_type": 1, "timestamp": 5}},
        {"msg_type": 6, "event": {"event_type": 99}},
        {"msg_type": 6, "event": {}},
    ],
)
def test_of_no_meaning(ready: Signaling, message: dict[str, Any]) -> None:
    """One session's end, and states on the way, are no news of the stream."""
    assert say(ready, message) == []
    assert sent(ready) == []


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ({"msg_type": 6, "event": None}, "undecodable"),
        ({"msg_type": 7}, "unexpected"),
        (VECTORS["transcript"], "unexpected"),
        (VECTORS["stream_state"], "unexpected"),
    ],
)
def test_not_for_signaling(ready: Signaling, message: dict[str, Any], why: str) -> None:
    """What does not belong on the signaling socket is counted."""
    assert say(ready, message) == [Ignored(why)]
