"""Would Zoom take this handshake? Pure checks of messages 1 and 3, in Zoom's status codes.

Sources: developers.zoom.us "RTMS event reference" (handshakes, status codes) and "RTMS media
parameters". Where they name no code for a fault (a missing field, another protocol version), the
answer is 4, INVALID_PAYLOAD.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from enum import StrEnum

from bridge.rtms.messages import (
    PROTOCOL_VERSION,
    JsonObject,
    MediaContentType,
    MediaType,
    StatusCode,
    handshake_signature,
)

ENGLISH = 9
LANGUAGES = range(-1, 37)
"""Values of ``src_language``: -1 none, 0 Arabic to 36 Vietnamese (RTMS_TRANSCRIPT_LANGUAGE)."""


class Socket(StrEnum):
    """Which of the two sockets something happened on."""

    SIGNALING = "signaling"
    MEDIA = "media"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What proves that a client may have a stream."""

    client_id: str
    client_secret: str
    meeting_uuid: str
    stream_id: str

    @property
    def signature(self) -> str:
        """The only signature that opens the stream, on either socket."""
        return handshake_signature(
            client_id=self.client_id,
            client_secret=self.client_secret,
            instance_id=self.meeting_uuid,
            stream_id=self.stream_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Something a client did that Zoom would not have taken."""

    socket: Socket
    status: StatusCode
    reason: str
    """In words, without anything the client sent but field names and numbers."""
    stream_id: str = ""
    """The stream it was about; empty where that could not be told."""


class RefusedError(Exception):
    """Carries a status and a reason up from a check; becomes a :class:`Refusal`."""

    def __init__(self, status: StatusCode, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def check_fields(message: JsonObject) -> None:
    """The fields that both handshakes need, in any stream.

    Raises:
        RefusedError: One is missing or of the wrong kind.
    """
    version = message.get("protocol_version")
    if isinstance(version, bool) or version != PROTOCOL_VERSION:
        raise RefusedError(StatusCode.INVALID_PAYLOAD, f"protocol_version is not {PROTOCOL_VERSION}")
    for name in ("meeting_uuid", "rtms_stream_id", "signature"):
        if not isinstance(message.get(name), str) or not message[name]:
            raise RefusedError(StatusCode.INVALID_PAYLOAD, f"{name} is missing")
    for name, kind in (("sequence", int), ("buffer_data", bool), ("payload_encryption", bool)):
        if name in message and type(message[name]) is not kind:
            raise RefusedError(StatusCode.INVALID_PAYLOAD, f"{name} is not of type {kind.__name__}")


def check_signature(message: JsonObject, identity: Identity) -> None:
    """The signature over client id, meeting and stream, with the client's secret.

    Raises:
        RefusedError: It is another, or was made for another meeting.
    """
    if not hmac.compare_digest(identity.signature.encode(), message["signature"].encode()):
        raise RefusedError(StatusCode.INVALID_SIGNATURE, "Invalid signature")
    if message["meeting_uuid"] != identity.meeting_uuid:
        raise RefusedError(StatusCode.INVALID_SIGNATURE, "Invalid signature: made for another meeting_uuid")


def check_media_type(message: JsonObject, *, granted: MediaType, taken: MediaType) -> MediaType:
    """The media that a message 3 asks for.

    Args:
        message: The handshake.
        granted: What the app's scopes allow, as single bits.
        taken: What live media sockets of the stream already carry.

    Raises:
        RefusedError: Missing, out of range, not granted, or already taken.
    """
    value = message.get("media_type")
    if isinstance(value, bool) or not isinstance(value, int):
        raise RefusedError(StatusCode.INVALID_MEDIA_TYPE, "media_type is missing")
    if not 0 < value <= MediaType.ALL:
        raise RefusedError(StatusCode.MEDIA_TYPE_INVALID_VALUE, "media_type is out of range")
    wanted = MediaType(value)
    for kind, status in _NOT_GRANTED.items():
        if kind & wanted and not kind & granted:
            raise RefusedError(status, f"{(kind.name or '').lower()} is not among the app's scopes")
    if MediaType.ALL & (wanted | taken) and taken:
        raise RefusedError(
            StatusCode.MEDIA_DATA_ALL_CONNECTION_EXIST, "one socket for all media excludes others"
        )
    if wanted & taken:
        raise RefusedError(StatusCode.DUPLICATE_MEDIA_DATA_CONNECTION, "this media has a socket already")
    return wanted


def check_media_params(message: JsonObject) -> JsonObject:
    """The parameters that apply, with Zoom's defaults filled in; they are echoed in message 4.

    Raises:
        RefusedError: A parameter has a value that Zoom does not know.
    """
    params = message.get("media_params", {})
    if not isinstance(params, dict):
        raise RefusedError(StatusCode.INVALID_MEDIA_PARAMS, "media_params is not an object")
    return {**params, "transcript": _transcript(params.get("transcript", {}))} | (
        {"chat": _chat(params["chat"])} if "chat" in params else {}
    )


_NOT_GRANTED = {
    MediaType.AUDIO: StatusCode.MEDIA_TYPE_AUDIO_NOT_SUPPORT,
    MediaType.VIDEO: StatusCode.MEDIA_TYPE_VIDEO_NOT_SUPPORT,
    MediaType.DESKSHARE: StatusCode.MEDIA_TYPE_DESKSHARE_NOT_SUPPORT,
    MediaType.TRANSCRIPT: StatusCode.MEDIA_TYPE_TRANSCRIPT_NOT_SUPPORT,
    MediaType.CHAT: StatusCode.MEDIA_TYPE_CHAT_NOT_SUPPORT,
}


def _transcript(params: object) -> JsonObject:
    if not isinstance(params, dict):
        raise RefusedError(StatusCode.INVALID_MEDIA_TRANSCRIPT_PARAMS, "transcript is not an object")
    filled: JsonObject = {
        "content_type": MediaContentType.TEXT,
        "src_language": ENGLISH,
        "enable_lid": True,
    } | params
    if filled["content_type"] != MediaContentType.TEXT:
        raise RefusedError(StatusCode.INVALID_MEDIA_TRANSCRIPT_CONTENT_TYPE, "content_type is not TEXT")
    language = filled["src_language"]
    if isinstance(language, bool) or not isinstance(language, int) or language not in LANGUAGES:
        raise RefusedError(StatusCode.INVALID_MEDIA_TRANSCRIPT_SOURCE_LANGUAGE, "src_language is unknown")
    if not isinstance(filled["enable_lid"], bool):
        raise RefusedError(StatusCode.INVALID_MEDIA_TRANSCRIPT_PARAMS, "enable_lid is not true or false")
    return filled


def _chat(params: object) -> JsonObject:
    if not isinstance(params, dict):
        raise RefusedError(StatusCode.INVALID_MEDIA_CHAT_PARAMS, "chat is not an object")
    filled: JsonObject = {"content_type": MediaContentType.TEXT} | params
    if filled["content_type"] != MediaContentType.TEXT:
        raise RefusedError(StatusCode.INVALID_MEDIA_CHAT_CONTENT_TYPE, "content_type is not TEXT")
    return filled
