from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rtms.conversation import Ignored, Silent
from bridge.webhook.event_socket import (
    LONGEST_WAIT_SECONDS,
    OPENING_SECONDS,
    SILENCE_SECONDS,
    TRANSITIONS,
    EventSocket,
    HeartbeatAnswered,
    Opened,
    Raised,
    Refused,
    State,
    Step,
    socket_address,
    wait_seconds,
)

BUILT = json.dumps({"module": "build_connection", "success": True})
HEARTBEAT = json.dumps({"module": "heartbeat", "success": True})
BODY = {"event": "meeting.rtms_stopped", "event_ts": 1, "payload": {"text": 'a "quoted" é'}}
ENDPOINT = "wss://ws.zoom.us/ws?subscriptionId=abc"


def opened(now: float = 0.0) -> EventSocket:
    socket = EventSocket(now)
    assert socket.receive(BUILT, now) == [Opened()]
    return socket


def message(content: Any) -> str:
    return json.dumps({"module": "message", "header": {}, "content": content})


@pytest.mark.parametrize("content", [json.dumps(BODY), BODY], ids=["text", "object"])
def test_an_event_is_read_from_text_and_from_an_object(content: Any) -> None:
    """The event inside a frame is the same, whether Zoom encoded it once or twice."""
    assert opened().receive(message(content), 1) == [Raised(BODY)]


def test_binary_frames() -> None:
    """JSON may come in binary frames too."""
    assert opened().receive(message(BODY).encode(), 1) == [Raised(BODY)]


def test_an_event_before_the_connection_is_built() -> None:
    """No event is passed over: Zoom would not raise it again."""
    assert EventSocket(0).receive(message(BODY), 1) == [Raised(BODY)]


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        ("", "undecodable"),
        ("[]", "undecodable"),
        (b"\xff", "undecodable"),
        ("[" * 100_000, "undecodable"),
        (message(None), "undecodable"),
        (message("[]"), "undecodable"),
        (message('{"event":'), "undecodable"),
        ("{}", "unknown"),
        ('{"module": 7}', "unknown"),
        ('{"module": ["message"]}', "unknown"),
        ('{"module": "weather"}', "unknown"),
        (BUILT, "unexpected"),
    ],
)
def test_frames_passed_over(frame: str | bytes, why: str) -> None:
    """What is no frame for us is counted under its reason and changes nothing."""
    socket = opened()
    assert socket.receive(frame, 1) == [Ignored(why)]
    assert socket.state is State.OPEN


@given(st.one_of(st.binary(), st.text(), st.recursive(st.none() | st.text(), st.lists).map(json.dumps)))
def test_no_frame_raises(frame: str | bytes) -> None:
    """Whatever a peer sends, before or after the connection is built, comes out as events."""
    for socket in (EventSocket(0), opened()):
        assert all(isinstance(event, Ignored) for event in socket.receive(frame, 1))


@pytest.mark.parametrize("module", ["build_connection", "heartbeat", "message", "anything"])
@pytest.mark.parametrize("built", [True, False])
def test_refusal(module: str, built: bool) -> None:
    """``success: false`` on any frame, at any time, is a refusal, told once."""
    socket = opened() if built else EventSocket(0)
    refusal = json.dumps({"module": module, "success": False, "content": "Invalid Token"})
    assert socket.receive(refusal, 1) == [Refused()]
    assert socket.state is State.FAILED
    assert socket.receive(refusal, 2) == []
    assert socket.next_deadline() == float("inf")


def test_heartbeat() -> None:
    """Heartbeats go out once the connection is built, and their answers are told."""
    socket = EventSocket(0)
    socket.heartbeat()
    assert socket.texts_to_send() == []
    socket.receive(BUILT, 1)
    socket.heartbeat()
    assert [json.loads(text) for text in socket.texts_to_send()] == [{"module": "heartbeat"}]
    assert socket.texts_to_send() == []
    assert socket.receive(HEARTBEAT, 2) == [HeartbeatAnswered()]


def test_no_first_frame() -> None:
    """A socket whose first frame does not come is of no use, whatever else comes."""
    socket = EventSocket(100)
    socket.receive(HEARTBEAT, 110)
    assert socket.next_deadline() == 100 + OPENING_SECONDS
    assert socket.tick(100 + OPENING_SECONDS - 0.1) == []
    assert socket.tick(100 + OPENING_SECONDS) == [Silent("its first frame")]
    assert socket.tick(1000) == []


@pytest.mark.parametrize("frame", [HEARTBEAT, message(BODY), '{"module": "weather"}', "no JSON"])
def test_silence(frame: str) -> None:
    """An open socket that says nothing for a minute is dead; every well-formed frame is a sign of life."""
    socket = opened(100)
    socket.receive(frame, 130)
    alive_since = 100 if frame == "no JSON" else 130
    assert socket.next_deadline() == alive_since + SILENCE_SECONDS
    assert socket.tick(alive_since + SILENCE_SECONDS - 0.1) == []
    assert socket.tick(alive_since + SILENCE_SECONDS) == [Silent("any frame")]
    assert (socket.state, socket.next_deadline()) == (State.FAILED, float("inf"))


def test_transitions() -> None:
    """Every state is listed, and nothing leads out of failure."""
    assert set(TRANSITIONS) == set(State)
    assert TRANSITIONS[State.FAILED] == {}
    assert {step for steps in TRANSITIONS.values() for step in steps} == set(Step)


def test_address() -> None:
    """The token is added to the subscription's own query, with nothing of it left bare."""
    address = socket_address(ENDPOINT, "a+b/c=&d")
    assert address.startswith(ENDPOINT)
    assert parse_qs(urlsplit(address).query) == {"subscriptionId": ["abc"], "access_token": ["a+b/c=&d"]}


def test_waits() -> None:
    """The first try follows at once, the others ever later, up to a longest wait."""
    assert [wait_seconds(failures, 1.0) for failures in range(9)] == [0, 0, 1, 2, 4, 8, 16, 30, 30]
    assert [wait_seconds(failures, 0.0) for failures in range(5)] == [0, 0, 0.5, 1, 2]


@given(st.integers(0, 10**9), st.floats(0, 1))
def test_bounds_of_waits(failures: int, chance: float) -> None:
    """However often it failed, the next try comes."""
    assert 0 <= wait_seconds(failures, chance) <= LONGEST_WAIT_SECONDS
