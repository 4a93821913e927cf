from __future__ import annotations

from typing import Any

import pytest

from bridge.domain import Source
from bridge.rtms.messages import (
    EventType,
    MediaType,
    MessageType,
    StatusCode,
    StopReason,
    WireSessionState,
    WireStreamState,
)
from bridge.simulator.handshake import Identity, RefusedError
from bridge.simulator.meeting import Line, Meeting
from bridge.simulator.stream import Patience, Stream
from tests.simulator.client import CLIENT_ID, CLIENT_SECRET, MEETING_UUID, STREAM_ID, handshake

SIGNALING = handshake(MessageType.SIGNALING_HAND_SHAKE_REQ)
MEDIA = handshake(MessageType.DATA_HAND_SHAKE_REQ)
READY = {"msg_type": MessageType.CLIENT_READY_ACK, "rtms_stream_id": STREAM_ID}
ANA = Line(start_ms=0, end_ms=1, user_id=1, speaker="Ana", text="a")


def new_stream(granted: MediaType = MediaType.TRANSCRIPT) -> Stream:
    return Stream(
        identity=Identity(
            client_id=CLIENT_ID, client_secret=CLIENT_SECRET, meeting_uuid=MEETING_UUID, stream_id=STREAM_ID
        ),
        meeting=Meeting(title="m", lines=(ANA,)),
        granted=granted,
        media_url="ws://media",
        session_id="session",
        patience=Patience(connect=60, signaling=60, media=65),
    )


def live_stream(media_type: int = 8, granted: MediaType = MediaType.TRANSCRIPT) -> Stream:
    """A stream whose client did everything right at time 0."""
    stream = new_stream(granted)
    stream.announce(0)
    stream.open_signaling(SIGNALING, 0)
    stream.open_media(MEDIA | {"media_type": media_type})
    stream.receive(READY, 0)
    assert stream.ready
    return stream


def statuses(stream: Stream) -> list[StatusCode]:
    return [refusal.status for refusal in stream.refusals]


@pytest.mark.parametrize(
    ("granted", "keys"),
    [
        (MediaType.TRANSCRIPT, {"transcript", "all"}),
        (MediaType.TRANSCRIPT | MediaType.CHAT, {"transcript", "chat", "all"}),
        (MediaType.AUDIO, {"audio", "all"}),
    ],
)
def test_signaling_names_the_servers_of_what_is_granted(granted: MediaType, keys: set[str]) -> None:
    """Other media have no address."""
    answer = new_stream(granted).open_signaling(SIGNALING, 0)
    assert (answer["status_code"], answer["reason"]) == (0, "")
    assert answer["media_server"]["server_urls"] == dict.fromkeys(keys, "ws://media")


def test_media_without_signaling_is_refused() -> None:
    """There is nothing yet that it could belong to."""
    with pytest.raises(RefusedError) as caught:
        new_stream().open_media(MEDIA)
    assert caught.value.status is StatusCode.INVALID_RTMS_STREAM_ID


def test_a_handshake_on_a_live_signaling_socket_is_a_duplicate() -> None:
    """Also when it comes on the same socket."""
    stream = live_stream()
    assert stream.receive(SIGNALING, 1) == []
    assert statuses(stream) == [StatusCode.DUPLICATE_SIGNAL_REQUEST]


@pytest.mark.parametrize(
    "message",
    [{"msg_type": 7}, {"msg_type": 7, "rtms_stream_id": "other"}, {"msg_type": 7, "rtms_stream_id": 1}],
)
def test_readiness_names_the_stream(message: dict[str, Any]) -> None:
    """A message 7 for another stream, or for none, makes nothing ready."""
    stream = new_stream()
    stream.open_signaling(SIGNALING, 0)
    stream.open_media(MEDIA)
    assert stream.receive(message, 0) == []
    assert statuses(stream) == [StatusCode.INVALID_CLIENT_READY_ACK]
    assert not stream.ready


def test_readiness_before_media_is_refused() -> None:
    """A client without a media socket is not ready for anything."""
    stream = new_stream()
    stream.open_signaling(SIGNALING, 0)
    assert stream.receive(READY, 0) == []
    assert statuses(stream) == [StatusCode.INVALID_CLIENT_READY_ACK]


def test_each_media_socket_waits_for_readiness() -> None:
    """A second socket carries nothing until message 7 comes again, and the first goes on."""
    stream = live_stream(8, MediaType.TRANSCRIPT | MediaType.CHAT)
    stream.open_media(MEDIA | {"media_type": 16})
    assert stream.carrier(Source.SPEECH) == MediaType.TRANSCRIPT
    assert stream.carrier(Source.CHAT) is None
    assert stream.receive(READY, 1) == []
    assert stream.carrier(Source.CHAT) == MediaType.CHAT


@pytest.mark.parametrize(
    ("granted", "media_type", "speech", "chat"),
    [
        (MediaType.TRANSCRIPT, 32, 32, None),
        (MediaType.TRANSCRIPT | MediaType.CHAT, 32, 32, 32),
        (MediaType.TRANSCRIPT | MediaType.CHAT, 24, 24, 24),
        (MediaType.TRANSCRIPT | MediaType.CHAT, 8, 8, None),
        (MediaType.CHAT, 16, None, 16),
    ],
)
def test_words_go_to_the_socket_that_asked_for_them(
    granted: MediaType, media_type: int, speech: int | None, chat: int | None
) -> None:
    """Everything means everything that was granted."""
    stream = live_stream(media_type, granted)
    assert stream.carrier(Source.SPEECH) == speech
    assert stream.carrier(Source.CHAT) == chat


@pytest.mark.parametrize(
    ("events", "status"),
    [
        (None, StatusCode.INVALID_EVENTS),
        ({}, StatusCode.INVALID_EVENTS),
        ([3], StatusCode.INVALID_EVENTS),
        ([{"event_type": 99, "subscribe": True}], StatusCode.INVALID_EVENT_TYPE),
        ([{"event_type": 0, "subscribe": True}], StatusCode.INVALID_EVENT_TYPE),
        ([{"subscribe": True}], StatusCode.INVALID_EVENT_TYPE),
        ([{"event_type": 3}], StatusCode.INVALID_EVENT_SUBSCRIBE),
        ([{"event_type": 3, "subscribe": 1}], StatusCode.INVALID_EVENT_SUBSCRIBE),
        (
            [{"event_type": 4, "subscribe": True}, {"event_type": 99, "subscribe": True}],
            StatusCode.INVALID_EVENT_TYPE,
        ),
    ],
)
def test_a_wrong_subscription_is_refused_whole(events: object, status: StatusCode) -> None:
    """One wrong wish spoils the message, and nothing is answered."""
    stream = live_stream()
    assert stream.receive({"msg_type": MessageType.EVENT_SUBSCRIPTION, "events": events}, 0) == []
    assert statuses(stream) == [status]
    assert stream.subscribed == set()


def test_a_subscription_can_be_taken_back() -> None:
    """The roster comes with each new subscription to joins, and leavers are told to subscribers alone."""
    stream = live_stream()

    def wish(kind: EventType, subscribe: bool) -> list[Any]:
        events = [{"event_type": kind, "subscribe": subscribe}]
        return stream.receive({"msg_type": MessageType.EVENT_SUBSCRIPTION, "events": events}, 2)

    (roster,) = wish(EventType.PARTICIPANT_JOIN, True)
    assert roster["event"] == {
        "event_type": 3,
        "timestamp": 2000,
        "participants": [{"user_id": 1, "user_name": "Ana"}],
    }
    assert wish(EventType.PARTICIPANT_JOIN, True) == []
    assert wish(EventType.PARTICIPANT_JOIN, False) == []
    assert len(wish(EventType.PARTICIPANT_JOIN, True)) == 1
    wish(EventType.PARTICIPANT_LEAVE, True)
    wish(EventType.PARTICIPANT_LEAVE, False)
    assert EventType.PARTICIPANT_LEAVE not in [
        message.get("event", {}).get("event_type") for message in stream.end(StopReason.MEETING_ENDED, 3)
    ]


def test_states_can_be_asked_for() -> None:
    """The stream's answer has seconds, as in Zoom's example; the session's milliseconds."""
    stream = live_stream()
    (of_stream,) = stream.receive(
        {"msg_type": MessageType.STREAM_STATE_REQ, "rtms_stream_id": STREAM_ID}, 12.5
    )
    (of_session,) = stream.receive(
        {"msg_type": MessageType.SESSION_STATE_REQ, "rtms_session_id": "session"}, 12.5
    )
    assert of_stream == {"msg_type": 20, "state": 1, "rtms_stream_id": STREAM_ID, "timestamp": 12}
    assert of_session == {
        "msg_type": 11,
        "rtms_session_id": "session",
        "state": WireSessionState.STARTED,
        "timestamp": 12500,
    }


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ({"msg_type": MessageType.STREAM_STATE_REQ}, StatusCode.INVALID_RTMS_STREAM_ID),
        ({"msg_type": MessageType.SESSION_STATE_REQ}, StatusCode.INVALID_RTMS_SESSION_ID),
        (
            {"msg_type": MessageType.STREAM_CLOSE_REQ, "rtms_stream_id": "x"},
            StatusCode.INVALID_RTMS_STREAM_ID,
        ),
        ({"msg_type": MessageType.DATA_HAND_SHAKE_REQ}, StatusCode.INVALID_MESSAGE_TYPE),
        ({"msg_type": MessageType.STREAM_STATE_UPDATE}, StatusCode.INVALID_MESSAGE_TYPE),
    ],
)
def test_wrong_requests_are_refused_and_change_nothing(message: dict[str, Any], status: StatusCode) -> None:
    """They name another stream or session, or do not belong on signaling."""
    stream = live_stream()
    assert stream.receive(message, 1) == []
    assert statuses(stream) == [status]
    assert stream.ready


def test_a_client_that_never_gets_ready_is_given_up() -> None:
    """Sixty seconds after the start event, handshakes or not."""
    stream = new_stream()
    stream.announce(100)
    stream.open_signaling(SIGNALING, 110)
    stream.open_media(MEDIA)
    assert stream.overdue(159.9) is None
    assert stream.overdue(160) is StopReason.CONNECTION_TIMEOUT


def test_a_lost_signaling_socket_is_waited_for() -> None:
    """Sixty seconds for a handshake, then sixty-five for readiness; in between nothing is carried."""
    stream = live_stream()
    stream.lose_signaling(100)
    assert stream.state is WireStreamState.INTERRUPTED
    assert stream.media == {}
    assert stream.carrier(Source.SPEECH) is None
    assert stream.overdue(159.9) is None
    assert stream.overdue(160) is StopReason.AWAIT_RECONNECTION_TIMEOUT
    stream.open_signaling(SIGNALING, 150)
    assert stream.overdue(214.9) is None
    assert stream.overdue(215) is StopReason.AWAIT_RECONNECTION_TIMEOUT
    stream.open_media(MEDIA)
    (active,) = stream.receive(READY, 200)
    assert active["state"] == WireStreamState.ACTIVE
    assert stream.overdue(10_000) is None


def test_a_lost_media_socket_is_waited_for() -> None:
    """Sixty-five seconds; a handshake without readiness does not stop the clock."""
    stream = live_stream()
    event, state = stream.lose_media(MediaType.TRANSCRIPT, 100)
    assert event["event"] == {"event_type": EventType.MEDIA_CONNECTION_INTERRUPTED, "timestamp": 100_000}
    assert (state["state"], state["reason"]) == (
        WireStreamState.INTERRUPTED,
        StopReason.DATA_CONNECTION_INTERRUPTED,
    )
    stream.open_media(MEDIA)
    assert stream.overdue(164.9) is None
    assert stream.overdue(165) is StopReason.AWAIT_RECONNECTION_TIMEOUT


def test_losing_one_of_two_media_sockets_does_not_interrupt_the_stream() -> None:
    """The other goes on; the lost one is asked for."""
    stream = live_stream(8, MediaType.TRANSCRIPT | MediaType.CHAT)
    stream.open_media(MEDIA | {"media_type": 16})
    stream.receive(READY, 1)
    (event,) = stream.lose_media(MediaType.CHAT, 2)
    assert event["event"]["event_type"] == EventType.MEDIA_CONNECTION_INTERRUPTED
    assert stream.ready
    assert stream.deadline == 67


def test_a_stream_ends_once() -> None:
    """The first reason stays, losses afterwards mean nothing, and no handshake revives it."""
    stream = live_stream()
    session, state = stream.end(StopReason.MEETING_ENDED, 5)
    assert (session["state"], session["reason"]) == (WireSessionState.STOPPED, StopReason.MEETING_ENDED)
    assert (state["state"], state["reason"]) == (WireStreamState.TERMINATED, StopReason.MEETING_ENDED)
    assert stream.end(StopReason.EXIT_SIGNAL, 6) == []
    assert stream.lose_media(MediaType.TRANSCRIPT, 7) == []
    stream.lose_signaling(8)
    stream.give_up(StopReason.KEEP_ALIVE_TIMEOUT, 9)
    assert stream.overdue(10_000) is None
    assert stream.stop_reason is StopReason.MEETING_ENDED
    assert stream.ended
    with pytest.raises(RefusedError) as caught:
        stream.open_signaling(SIGNALING, 10)
    assert caught.value.status is StatusCode.INVALID_RTMS_STREAM_ID
