from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain import Product
from bridge.rtms.conversation import Conversation
from bridge.rtms.media import Media, MediaReady
from bridge.rtms.messages import MediaType
from bridge.rtms.words import read_words

WORDS: dict[str, Any] = {
    "user_id": 16778240,
    "user_name": "Ann",
    "data": "Yes, on Friday.",
    "start_time": 1763769607000,
    "end_time": 1763769608000,
    "timestamp": 1763769608123,
    "language": 9,
}
ODD = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1.0,
        1e400,
        -1e99,
        10**30,
        1763769608,
        "",
        "7",
        "a\0b",
        "\ud800",
        " \u202e x\n",
        "x" * 300,
        [],
        {},
    ]
)
FIELDS = st.sampled_from([*WORDS, "channel_id", "attribute", "new"])


def ready() -> Media:
    """A transcript's conversation after its handshake."""
    media = Media(
        product=Product.MEETING,
        instance_id="uuid",
        stream_id="stream",
        signature="sig",
        media_type=MediaType.TRANSCRIPT,
        now=0,
    )
    assert media.receive('{"msg_type":4,"status_code":0}', 0) == [MediaReady()]
    return media


def is_understood_alike(frame: str | bytes) -> None:
    """The events and the deadline of a frame are those of the way that every other frame goes."""
    quick, slow = ready(), ready()
    assert quick.receive(frame, 1) == Conversation.receive(slow, frame, 1)
    assert quick.next_deadline() == slow.next_deadline()
    assert quick.texts_to_send()[1:] == slow.texts_to_send()[1:]


def test_usual_words_are_read_at_once() -> None:
    """What meetings send needs no second look, whatever Zoom adds to it."""
    assert (
        read_words(json.dumps({"msg_type": 17, "content": WORDS | {"attribute": 1}, "new": [1]})) is not None
    )
    assert read_words(json.dumps({"msg_type": 17, "content": WORDS}).encode()) is not None


@given(st.dictionaries(FIELDS, ODD), st.sets(FIELDS), st.sampled_from([17, 17, 17, 12, 18, 17.0, "17", None]))
def test_whatever_a_frame_holds(changes: dict[str, Any], without: set[str], number: Any) -> None:
    """Words are understood, and what are none refused, as if they were read like any other message."""
    content = {name: value for name, value in (WORDS | changes).items() if name not in without}
    frame = json.dumps({"msg_type": number, "content": content})
    is_understood_alike(frame)
    is_understood_alike(frame.encode())


@given(st.data())
def test_broken_bytes(data: st.DataObject) -> None:
    """A frame that broke on its way, wherever that was, is understood or refused as any other."""
    frame = bytearray(
        json.dumps({"msg_type": 17, "content": WORDS | {"new": "é😀"}}, ensure_ascii=False).encode()
    )
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(frame) - 1))
        frame[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    is_understood_alike(bytes(frame))


@pytest.mark.parametrize(
    "frame",
    [
        b'{"msg_type":17,"x":"\xff","content":{"data":"a"}}',
        '{"msg_type":17,"msg_type":12,"content":{"data":"a"}}',
        '{"msg_type":12,"msg_type":17,"content":{"data":"a"}}',
        '{"msg_type":17,"content":{"data":"a"},"content":5}',
        '{"msg_type":17,"content":5,"content":{"data":"a"}}',
        '{"msg_type":17,"content":{"data":5,"data":"a"}}',
        '{"msg_type":17,"content":{"data":"a\\u0000b\\ud800"}}',
        '{"msg_type":17,"content":{"data":"a","user_id":NaN}}',
        '{"msg_type":17,"x":' + "[" * 5000 + "]" * 5000 + ',"content":{"data":"a"}}',
        '\ufeff{"msg_type":17,"content":{"data":"a"}}',
        '{"msg_type":17,"content":{"data":"a"}}'.encode("utf-16"),
        '{"msg_type":17,"content":{"data":"a","user_id":' + "9" * 5000 + "}}",
    ],
)
def test_traps(frame: str | bytes) -> None:
    """What two readers of JSON could take for different things is the same on both ways."""
    is_understood_alike(frame)
