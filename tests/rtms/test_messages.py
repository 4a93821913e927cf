from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain import LIMITS
from bridge.rtms.messages import (
    MessageType,
    StatusCode,
    decode,
    decode_json_object,
    encode,
    handshake_signature,
    named,
    wire_id,
    wire_name,
)
from bridge.text import is_storable

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "messages.json").read_text())


def test_handshake_signature() -> None:
    """A handshake is signed as Zoom checks it."""
    arguments = dict(VECTORS["handshake_signature"])
    expected = arguments.pop("signature")
    assert handshake_signature(**arguments) == expected


@pytest.mark.parametrize("name", [name for name in VECTORS if name != "handshake_signature"])
def test_frames(name: str) -> None:
    """A message reads the same from a text frame, a binary frame, and as Zoom's own client indents it."""
    message = VECTORS[name]
    text = json.dumps(message)
    indented = json.dumps(message, indent="\t") + "\n"
    assert (
        decode(text)
        == decode(text.encode())
        == decode(indented.encode())
        == decode(encode(message))
        == message
    )


@pytest.mark.parametrize(
    "frame",
    [
        "",
        b"\xff\x00",
        "7",
        "[]",
        "null",
        "{",
        "{}",
        '{"msg_type":"17"}',
        '{"msg_type":true}',
        '{"msg_type":null}',
        '{"msg_type":1.5}',
        "[" * 100_000,
        '{"msg_type":' + "9" * 5_000 + "}",
    ],
)
def test_no_message(frame: str | bytes) -> None:
    """What is not a JSON object with a numeric type is no message."""
    assert decode(frame) is None


@given(st.binary() | st.text())
def test_any_frame(frame: str | bytes) -> None:
    """No frame whatever raises."""
    assert decode_json_object(frame) is None or isinstance(decode_json_object(frame), dict)


@given(st.dictionaries(st.text(), st.text(st.characters(codec=None)) | st.integers()))
def test_encoded(message: dict[str, object]) -> None:
    """Whatever came out of a frame can be sent: the text has an UTF-8 form."""
    assert json.loads(encode(message).encode("utf-8")) is not None


def test_named() -> None:
    """A number that Zoom added is kept as it is, and what is no number is nothing."""
    assert named(StatusCode, 3) is StatusCode.INVALID_SIGNATURE
    assert named(StatusCode, 4711) == 4711
    assert named(StatusCode, True) is None
    assert named(StatusCode, "3") is None
    assert named(StatusCode, None) is None


def test_numbers() -> None:
    """The numbers that samples disagree about are Zoom's."""
    assert (MessageType.CLIENT_READY_ACK, MessageType.STREAM_STATE_UPDATE) == (7, 8)
    assert (MessageType.KEEP_ALIVE_REQ, MessageType.KEEP_ALIVE_RESP) == (12, 13)
    assert (MessageType.MEDIA_DATA_TRANSCRIPT, MessageType.MEDIA_DATA_CHAT) == (17, 18)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Dana \ud83d", "Dana \ufffd"),
        ("D" * 300, "D" * LIMITS.name),
        ("Dana\r\nEli: I agree.", "Dana Eli: I agree."),
        ("\u202eanaD", "anaD"),
        (7, ""),
        (None, ""),
    ],
)
def test_names_from_the_wire(name: object, shown: str) -> None:
    """A name can be stored and shown, whatever somebody calls themselves."""
    message = decode(json.dumps({"msg_type": 6, "user_name": name}))
    assert message is not None
    assert wire_name(message) == shown


def test_ids_from_the_wire() -> None:
    """Ids are texts or numbers; 0 and -1 are nobody; two that are too long stay two."""
    assert [wire_id(value) for value in (16778240, -1, "0", 0, "ab", None, True, [])] == [
        "16778240", "", "", "", "ab", "", "", "",
    ]  # fmt: skip
    one, other = wire_id("7" * 300 + "a"), wire_id("7" * 300 + "b")
    assert one != other
    assert {len(one), len(other)} == {LIMITS.user_id}


def test_every_text_of_a_message_can_be_stored() -> None:
    """Keys and values of whatever is nested in a message, from text and from binary frames."""
    frame = r'{"msg_type":6,"a\u0000":[{"\ud800":"\udc00x"}]}'
    for message in (decode(frame), decode(frame.encode())):
        assert message == {"msg_type": 6, "a\ufffd": [{"\ufffd": "\ufffdx"}]}
        assert all(is_storable(key) for key in message)
