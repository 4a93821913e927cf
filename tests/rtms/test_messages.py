from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rtms.messages import (
    MessageType,
    StatusCode,
    decode,
    decode_json_object,
    encode,
    handshake_signature,
    named,
)

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
