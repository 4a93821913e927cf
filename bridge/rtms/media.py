"""A media socket that carries text (transcript or chat). Pure.

What people said comes back as :class:`Said` in the order of arrival; Zoom gives no message ids,
no interim results, and promises no order.

Sources: developers.zoom.us "Media parameters", "RTMS data types"; Zoom's own client.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from bridge.domain import Source
from bridge.rtms.conversation import INSTANCE_ID_KEYS, AnyEvent, Conversation, Event, Ignored, State
from bridge.rtms.messages import (
    PROTOCOL_VERSION,
    ChatOperation,
    JsonObject,
    MediaType,
    MessageType,
    decode_json_object,
)

if TYPE_CHECKING:
    from bridge.domain import Product


@dataclass(frozen=True, slots=True)
class MediaReady(Event):
    """The handshake succeeded; Zoom now waits for message 7 on the signaling socket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said(Event):
    """One piece of speech or chat as the wire had it; any field but the text may be missing."""

    text: str
    user_id: str
    """Empty where the wire names nobody."""
    speaker: str
    """Empty where the wire names nobody."""
    start_ms: int
    """UTC milliseconds; 0 where the wire did not tell."""
    end_ms: int
    """UTC milliseconds; 0 where the wire did not tell."""
    timestamp_ms: int
    """Zoom's server time in UTC milliseconds; 0 where the wire did not tell."""
    language: int | None
    source: Source


class Media(Conversation):
    """One media socket."""

    response_type: ClassVar[MessageType] = MessageType.DATA_HAND_SHAKE_RESP

    def __init__(
        self,
        *,
        product: Product,
        instance_id: str,
        stream_id: str,
        signature: str,
        media_type: MediaType,
        now: float,
    ) -> None:
        super().__init__(
            {
                "msg_type": MessageType.DATA_HAND_SHAKE_REQ,
                "protocol_version": PROTOCOL_VERSION,
                "sequence": 1,
                INSTANCE_ID_KEYS[product]: instance_id,
                "rtms_stream_id": stream_id,
                "signature": signature,
                "media_type": media_type,
                "payload_encryption": False,
            },
            now,
        )

    def _accepted(self, message: JsonObject) -> MediaReady:
        return MediaReady()

    def _understand(self, message: JsonObject) -> list[AnyEvent]:
        number = message["msg_type"]
        if self.state is not State.READY or number not in _TEXT:
            return [Ignored("unexpected")]
        content = message.get("content")
        if not isinstance(content, dict):
            return [Ignored("undecodable")]
        return [_speech(content) if number == MessageType.MEDIA_DATA_TRANSCRIPT else _chat(content)]


_TEXT = frozenset({MessageType.MEDIA_DATA_TRANSCRIPT, MessageType.MEDIA_DATA_CHAT})


def _speech(content: JsonObject) -> Said | Ignored:
    text = content.get("data")
    if not isinstance(text, str):
        return Ignored("undecodable")
    # Contact center streams name the speaker by channel; their user_name means nothing.
    channel = content.get("channel_id")
    language = content.get("language")
    return Said(
        text=text,
        user_id=_id(channel if channel not in (None, "") else content.get("user_id")),
        speaker="" if channel not in (None, "") else _name(content),
        start_ms=_milliseconds(content.get("start_time")),
        end_ms=_milliseconds(content.get("end_time")),
        timestamp_ms=_milliseconds(content.get("timestamp")),
        language=language if type(language) is int and -1 <= language < 1000 else None,
        source=Source.SPEECH,
    )


def _chat(content: JsonObject) -> Said | Ignored:
    inner = content.get("data")
    if isinstance(inner, str) and inner.startswith("{"):  # Zoom nests JSON in ``data`` for some clients
        nested = decode_json_object(inner)
        content = {**content, **nested} if nested is not None and "data" in nested else content
    if content.get("operation_type", ChatOperation.NEW) != ChatOperation.NEW:
        return Ignored("unexpected")
    text = content.get("data")
    if not isinstance(text, str):
        return Ignored("undecodable")
    sender = content.get("sender")
    person = sender if isinstance(sender, dict) else content
    timestamp = _milliseconds(content.get("timestamp"))
    return Said(
        text=text,
        user_id=_id(person.get("user_id")),
        speaker=_name(person),
        start_ms=timestamp,
        end_ms=timestamp,
        timestamp_ms=timestamp,
        language=None,
        source=Source.CHAT,
    )


def _id(value: object) -> str:
    """An id as text: Zoom sends numbers or texts, and 0 for nobody."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    return "" if value in (0, "0") else str(value)[:64]


def _name(person: JsonObject) -> str:
    name = person.get("user_name")
    return name[:200] if isinstance(name, str) else ""


def _milliseconds(value: object) -> int:
    """A wire time in milliseconds: some of Zoom's messages carry seconds, told apart by size."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e15:
        return 0
    return int(value * 1000) if value < 1e11 else int(value)
