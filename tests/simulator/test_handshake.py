from __future__ import annotations

from typing import Any

import pytest

from bridge.rtms.messages import MediaType, MessageType, StatusCode
from bridge.simulator.handshake import (
    Identity,
    RefusedError,
    check_fields,
    check_media_params,
    check_media_type,
    check_signature,
)
from tests.simulator.client import handshake

DEMO = Identity(
    client_id="demo-client-id",
    client_secret="demo-client-secret",
    meeting_uuid="aB3/xY+z9Q==",
    stream_id="5f0e3c9d2b7a4416b1c80a9d7e6f5a43",
)


def test_the_signature_is_zooms() -> None:
    """HMAC-SHA256 with the secret over client id, meeting and stream, joined by commas."""
    assert DEMO.signature == "deebf063245f6b6f0e77bad46e375e481d66409f8cd2c1dd7b1b8ab67cf2b0c6"
    check_signature({"signature": DEMO.signature, "meeting_uuid": DEMO.meeting_uuid}, DEMO)


@pytest.mark.parametrize("signature", ["", "déjà", DEMO.signature.upper(), DEMO.signature[:-1]])
def test_any_other_signature_is_refused(signature: str) -> None:
    """Also one of other case, length or alphabet."""
    with pytest.raises(RefusedError) as caught:
        check_signature({"signature": signature, "meeting_uuid": DEMO.meeting_uuid}, DEMO)
    assert caught.value.status is StatusCode.INVALID_SIGNATURE


@pytest.mark.parametrize(
    "extra", [{}, {"sequence": None}, {"buffer_data": False}, {"rtms_client_agent": "any"}]
)
def test_right_fields_pass(extra: dict[str, Any]) -> None:
    """Optional and unknown fields do no harm."""
    check_fields(handshake(MessageType.SIGNALING_HAND_SHAKE_REQ, **extra))


@pytest.mark.parametrize(
    "wrong",
    [
        {"protocol_version": True},
        {"protocol_version": "1"},
        {"meeting_uuid": 5},
        {"meeting_uuid": ""},
        {"signature": []},
        {"sequence": "1"},
        {"sequence": True},
        {"buffer_data": 1},
        {"payload_encryption": "no"},
    ],
)
def test_wrong_fields_are_an_invalid_payload(wrong: dict[str, Any]) -> None:
    """A field of another kind is as bad as a missing one, and the reason names it."""
    with pytest.raises(RefusedError) as caught:
        check_fields(handshake(MessageType.SIGNALING_HAND_SHAKE_REQ, **wrong))
    assert caught.value.status is StatusCode.INVALID_PAYLOAD
    assert next(iter(wrong)) in caught.value.reason


NOTHING = MediaType(0)
WORDS = MediaType.TRANSCRIPT | MediaType.CHAT


@pytest.mark.parametrize("value", [8, 16, 24, 32])
def test_what_the_scopes_allow_is_given(value: int) -> None:
    """Single bits, several bits, or everything."""
    assert check_media_type({"media_type": value}, granted=WORDS, taken=NOTHING) == value


@pytest.mark.parametrize(
    ("value", "taken", "status"),
    [
        (None, 0, StatusCode.INVALID_MEDIA_TYPE),
        ("8", 0, StatusCode.INVALID_MEDIA_TYPE),
        (True, 0, StatusCode.INVALID_MEDIA_TYPE),
        (0, 0, StatusCode.MEDIA_TYPE_INVALID_VALUE),
        (-8, 0, StatusCode.MEDIA_TYPE_INVALID_VALUE),
        (33, 0, StatusCode.MEDIA_TYPE_INVALID_VALUE),
        (1, 0, StatusCode.MEDIA_TYPE_AUDIO_NOT_SUPPORT),
        (2, 0, StatusCode.MEDIA_TYPE_VIDEO_NOT_SUPPORT),
        (12, 0, StatusCode.MEDIA_TYPE_DESKSHARE_NOT_SUPPORT),
        (8, 8, StatusCode.DUPLICATE_MEDIA_DATA_CONNECTION),
        (24, 16, StatusCode.DUPLICATE_MEDIA_DATA_CONNECTION),
        (8, 32, StatusCode.MEDIA_DATA_ALL_CONNECTION_EXIST),
        (32, 16, StatusCode.MEDIA_DATA_ALL_CONNECTION_EXIST),
        (32, 32, StatusCode.MEDIA_DATA_ALL_CONNECTION_EXIST),
    ],
)
def test_other_media_are_refused(value: object, taken: int, status: StatusCode) -> None:
    """Missing, out of range, not granted, or carried by another socket."""
    with pytest.raises(RefusedError) as caught:
        check_media_type({"media_type": value}, granted=WORDS, taken=MediaType(taken))
    assert caught.value.status is status


def test_a_transcript_needs_its_scope() -> None:
    """An app that was granted chat alone hears nobody."""
    with pytest.raises(RefusedError) as caught:
        check_media_type({"media_type": 8}, granted=MediaType.CHAT, taken=NOTHING)
    assert caught.value.status is StatusCode.MEDIA_TYPE_TRANSCRIPT_NOT_SUPPORT


@pytest.mark.parametrize(
    ("asked", "applied"),
    [
        ({}, {"transcript": {"content_type": 5, "src_language": 9, "enable_lid": True}}),
        (
            {"media_params": {"transcript": {"src_language": -1, "enable_lid": False}}},
            {"transcript": {"content_type": 5, "src_language": -1, "enable_lid": False}},
        ),
        (
            {"media_params": {"chat": {}, "audio": {"codec": 4}}},
            {
                "audio": {"codec": 4},
                "chat": {"content_type": 5},
                "transcript": {"content_type": 5, "src_language": 9, "enable_lid": True},
            },
        ),
    ],
)
def test_media_parameters_are_filled_in(asked: dict[str, Any], applied: dict[str, Any]) -> None:
    """What a client leaves out is Zoom's default."""
    assert check_media_params(asked) == applied


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ("all", StatusCode.INVALID_MEDIA_PARAMS),
        (None, StatusCode.INVALID_MEDIA_PARAMS),
        ({"transcript": 5}, StatusCode.INVALID_MEDIA_TRANSCRIPT_PARAMS),
        ({"transcript": {"enable_lid": 1}}, StatusCode.INVALID_MEDIA_TRANSCRIPT_PARAMS),
        ({"transcript": {"content_type": 2}}, StatusCode.INVALID_MEDIA_TRANSCRIPT_CONTENT_TYPE),
        ({"transcript": {"src_language": 37}}, StatusCode.INVALID_MEDIA_TRANSCRIPT_SOURCE_LANGUAGE),
        ({"transcript": {"src_language": -2}}, StatusCode.INVALID_MEDIA_TRANSCRIPT_SOURCE_LANGUAGE),
        ({"transcript": {"src_language": True}}, StatusCode.INVALID_MEDIA_TRANSCRIPT_SOURCE_LANGUAGE),
        ({"transcript": {"src_language": "en"}}, StatusCode.INVALID_MEDIA_TRANSCRIPT_SOURCE_LANGUAGE),
        ({"chat": []}, StatusCode.INVALID_MEDIA_CHAT_PARAMS),
        ({"chat": {"content_type": 4}}, StatusCode.INVALID_MEDIA_CHAT_CONTENT_TYPE),
    ],
)
def test_wrong_media_parameters_are_refused(params: object, status: StatusCode) -> None:
    """Each with the code that Zoom has for it."""
    with pytest.raises(RefusedError) as caught:
        check_media_params({"media_params": params})
    assert caught.value.status is status
