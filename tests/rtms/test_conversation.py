from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain import Product
from bridge.rtms.conversation import (
    TRANSITIONS,
    Conversation,
    Ignored,
    KeptAlive,
    Refused,
    Silent,
    State,
    Step,
    StreamEnded,
)
from bridge.rtms.media import Media
from bridge.rtms.messages import MediaType, MessageType
from bridge.rtms.patience import PATIENCE
from bridge.rtms.signaling import Signaling

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "messages.json").read_text())
NOW = 1000.0
HANDSHAKE_SECONDS, SILENCE_SECONDS = PATIENCE.handshake_seconds, PATIENCE.silence_seconds

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
_CONTENT = ("user_id", "user_name", "data", "start_time", "end_time", "timestamp", "language", "channel_id",
            "sender", "operation_type")  # fmt: skip
_FIELDS = {
    "state": anything | st.integers(0, 6),
    "reason": anything,
    "status_code": anything | st.integers(0, 50),
    "media_server": anything | st.dictionaries(st.just("server_urls"), anything),
    "event": anything
    | st.fixed_dictionaries({"event_type": st.integers(0, 15)}, optional={"participants": anything}),
    "content": anything | st.dictionaries(st.sampled_from(_CONTENT), anything),
    "timestamp": anything,
}
messages = st.fixed_dictionaries({"msg_type": st.integers(-1, 31) | anything}, optional=_FIELDS)
frames = st.one_of(
    st.binary(),
    st.text(),
    messages.map(json.dumps),
    st.sampled_from(sorted(VECTORS)).map(lambda name: json.dumps(VECTORS[name])),
)


def signaling() -> Signaling:
    return Signaling(product=Product.MEETING, instance_id="m", stream_id="s", signature="x", now=NOW)


def media() -> Media:
    return Media(
        product=Product.MEETING,
        instance_id="m",
        stream_id="s",
        signature="x",
        media_type=MediaType.TRANSCRIPT,
        now=NOW,
    )


BOTH = pytest.mark.parametrize(
    ("new", "accepted"),
    [(signaling, "signaling_accepted"), (media, "media_accepted")],
    ids=["signaling", "media"],
)


def say(conversation: Conversation, message: Any, now: float = NOW) -> list[Any]:
    return list(conversation.receive(json.dumps(message), now))


@BOTH
def test_the_handshake_goes_first(new: Any, accepted: str) -> None:
    """A new conversation has its handshake to send, once."""
    conversation = new()
    (text,) = conversation.texts_to_send()
    assert json.loads(text)["msg_type"] in (
        MessageType.SIGNALING_HAND_SHAKE_REQ,
        MessageType.DATA_HAND_SHAKE_REQ,
    )
    assert conversation.texts_to_send() == []


@BOTH
@pytest.mark.parametrize("extra", [{}, {"sequence": 7}, {"sequence": 7, "other": {"kept": [1]}}])
def test_keep_alive_is_echoed_whole(new: Any, accepted: str, extra: dict[str, Any]) -> None:
    """A keep-alive is answered with every field it had, also before the handshake is done."""
    conversation = new()
    conversation.texts_to_send()
    assert say(conversation, {"msg_type": 12, "timestamp": 5, **extra}) == [KeptAlive()]
    assert [json.loads(text) for text in conversation.texts_to_send()] == [
        {"msg_type": 13, "timestamp": 5, **extra}
    ]


@BOTH
def test_keep_alive_that_is_too_deep(new: Any, accepted: str) -> None:
    """Whatever can be read is answered, by its flat fields where the rest cannot be written."""
    for depth in range(900, 1010):
        conversation = new()
        conversation.texts_to_send()
        frame = f'{{"msg_type":12,"timestamp":5,"deep":{"[" * depth}{"]" * depth}}}'
        told = conversation.receive(frame, 1)
        if told == [KeptAlive()]:
            (answer,) = conversation.texts_to_send()
            assert answer.startswith('{"msg_type":13,"timestamp":5')
        else:
            assert told == [Ignored("undecodable")]


@BOTH
def test_keep_alive_without_a_time(new: Any, accepted: str) -> None:
    """A keep-alive that lacks its time is answered without one."""
    conversation = new()
    conversation.texts_to_send()
    say(conversation, {"msg_type": 12})
    assert [json.loads(text) for text in conversation.texts_to_send()] == [{"msg_type": 13}]


@BOTH
def test_refused(new: Any, accepted: str) -> None:
    """A refusal carries Zoom's status, and nothing after it counts."""
    conversation = new()
    (refused,) = say(conversation, {**VECTORS[accepted], "status_code": 3})
    assert isinstance(refused, Refused)
    assert refused.fault.status == 3
    assert say(conversation, VECTORS[accepted]) == [Ignored("unexpected")]
    assert conversation.state is State.FAILED


@BOTH
def test_a_second_answer(new: Any, accepted: str) -> None:
    """A handshake is answered once."""
    conversation = new()
    say(conversation, VECTORS[accepted])
    assert say(conversation, VECTORS[accepted]) == [Ignored("unexpected")]
    assert conversation.state is State.READY


@BOTH
def test_terminated(new: Any, accepted: str) -> None:
    """Stream state 4 ends the stream, once, with its reason."""
    conversation = new()
    say(conversation, VECTORS[accepted])
    assert say(conversation, VECTORS["terminated"]) == [StreamEnded(6)]
    assert say(conversation, VECTORS["terminated"]) == []
    assert conversation.state is State.ENDED


@BOTH
def test_unknown_number(new: Any, accepted: str) -> None:
    """A number that Zoom has added is counted and passed over."""
    conversation = new()
    say(conversation, VECTORS[accepted])
    assert say(conversation, {"msg_type": 99}) == [Ignored("unknown")]
    assert say(conversation, "x") == [Ignored("undecodable")]


@BOTH
def test_no_answer_to_the_handshake(new: Any, accepted: str) -> None:
    """The handshake's answer is waited for so long and no longer, keep-alives or not."""
    conversation = new()
    deadline = NOW + PATIENCE.handshake_seconds
    say(conversation, VECTORS["keep_alive"], NOW + 10)
    assert conversation.next_deadline() == deadline
    assert conversation.tick(deadline - 0.001) == []
    (silent,) = conversation.tick(deadline)
    assert isinstance(silent, Silent)
    assert conversation.tick(deadline + 1) == []


@BOTH
def test_silence(new: Any, accepted: str) -> None:
    """A ready socket on which nothing comes is dead; any message puts that off."""
    conversation = new()
    say(conversation, VECTORS[accepted], NOW + 1)
    assert conversation.next_deadline() == NOW + 1 + PATIENCE.silence_seconds
    say(conversation, {"msg_type": 99}, NOW + 30)
    assert conversation.next_deadline() == NOW + 30 + PATIENCE.silence_seconds
    (silent,) = conversation.tick(NOW + 30 + PATIENCE.silence_seconds)
    assert isinstance(silent, Silent)
    assert conversation.state is State.FAILED


@BOTH
@pytest.mark.parametrize("end", ["terminated", "refused", "deadline"])
def test_nothing_is_due_after_the_end(new: Any, accepted: str, end: str) -> None:
    """A conversation that is over has no deadline, so that nobody is woken for it."""
    conversation = new()
    if end == "terminated":
        say(conversation, VECTORS["terminated"])
    elif end == "refused":
        say(conversation, {**VECTORS[accepted], "status_code": 3})
    else:
        conversation.tick(NOW + PATIENCE.handshake_seconds)
    assert conversation.next_deadline() == float("inf")


@BOTH
@given(st.lists(st.tuples(frames, st.floats(0, 20))))
def test_nothing_a_peer_sends_breaks_it(
    new: Any, accepted: str, said: list[tuple[str | bytes, float]]
) -> None:
    """No frames in any order raise, and all that goes out has an UTF-8 form."""
    conversation, now = new(), NOW
    states = [conversation.state]
    for frame, seconds in said:
        now += seconds
        conversation.tick(now)
        states.append(conversation.state)
        conversation.receive(frame, now)
        states.append(conversation.state)
        for text in conversation.texts_to_send():
            assert text.encode("utf-8")
    moves = {(before, after) for before, after in pairwise(states) if before is not after}
    assert moves <= {(before, after) for before, steps in TRANSITIONS.items() for after in steps.values()}


def test_the_table_is_whole() -> None:
    """Every state has its row, and the two last ones are left by no step."""
    assert set(TRANSITIONS) == set(State)
    assert {step for steps in TRANSITIONS.values() for step in steps} == set(Step)
    assert TRANSITIONS[State.ENDED] == TRANSITIONS[State.FAILED] == {}
