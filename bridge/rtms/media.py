"""A media socket: transcript, chat, sound or pictures. Pure.

What people said comes back as :class:`Said` in the order of arrival; Zoom gives no message ids,
no interim results, and promises no order. Sound and pictures come back as :class:`Packet`, still
in the text form in which the wire carries them.

Sources: developers.zoom.us "Media parameters", "RTMS data types"; Zoom's own client.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec

from bridge.domain import LIMITS, MediaKind, Source
from bridge.rtms.conversation import INSTANCE_ID_KEYS, AnyEvent, Conversation, Event, Ignored, State
from bridge.rtms.messages import (
    PROTOCOL_VERSION,
    ChatAudience,
    ChatOperation,
    JsonObject,
    MediaType,
    MessageType,
    decode_json_object,
    milliseconds,
    wire_id,
    wire_key,
    wire_name,
)
from bridge.rtms.patience import PATIENCE, Patience
from bridge.rtms.words import Words, read_words
from bridge.text import one_line

if TYPE_CHECKING:
    from bridge.domain import Product


@dataclass(frozen=True, slots=True)
class MediaReady(Event):
    """The handshake succeeded; Zoom now waits for message 7 on the signaling socket."""


class Said(Event, msgspec.Struct, frozen=True, kw_only=True):
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
    message_id: str = ""
    """Of a chat message; empty where the wire did not tell, and for speech."""
    channel: bool = False
    """Whether ``user_id`` is a Contact Center call's channel, which has no name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatChanged(Event):
    """A chat message was edited, or deleted."""

    message_id: str
    text: str
    """Empty for a message that was deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet(Event):
    """A piece of sound, or one picture."""

    kind: MediaKind
    user_id: str
    """Empty where the wire names nobody, as for mixed sound."""
    speaker: str
    """Empty where the wire names nobody."""
    timestamp_ms: int
    """Zoom's server time in UTC milliseconds; 0 where the wire did not tell."""
    data: str
    """Base64, not looked at yet: decoding takes its time and is not the socket reader's work."""
    length: int | None
    """How many bytes the wire says are in ``data``; ``None`` where it did not tell."""


MOST_EARLY: Final = 64
"""So many messages with words are kept that come before the answer to the handshake; Zoom has none to say by then."""


class Media(Conversation):
    """One media socket. ``params`` are the media parameters to ask for; without them Zoom's defaults hold.

    Words that overtake the answer to the handshake are told behind it, and never where the handshake is refused.
    """

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
        patience: Patience = PATIENCE,
        params: JsonObject | None = None,
    ) -> None:
        self._media_type = media_type
        self._early: list[AnyEvent] = []
        """Words that came before the answer to the handshake."""
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
            }
            | ({"media_params": params} if params else {}),
            now,
            patience,
        )

    def receive(self, frame: str | bytes, now: float) -> list[AnyEvent]:
        """Take one frame. Nothing a peer can send raises. Nearly every one says words, and is read as such first."""
        if self.state is State.READY and self._media_type is MediaType.TRANSCRIPT:
            words = read_words(frame)
            if words is not None:
                self._deadline = now + self._silence_seconds
                return [_said(words)]
        return super().receive(frame, now)

    def _accepted(self, message: JsonObject) -> MediaReady:
        return MediaReady()

    def _handshake(self, message: JsonObject, now: float) -> list[AnyEvent]:
        told = super()._handshake(message, now)
        if self.state is State.READY:
            told += self._early
            self._early = []
        return told

    def _understand(self, message: JsonObject) -> list[AnyEvent]:
        number = message["msg_type"]
        carried = _KINDS.get(number)
        words = number in _TEXT
        wanted = words or (carried is not None and carried[0] in self._media_type)
        may_be_early = words and self.state is State.SHAKING_HANDS and len(self._early) < MOST_EARLY
        if not wanted or not (self.state is State.READY or may_be_early):
            return [Ignored("unexpected")]
        content = message.get("content")
        if not isinstance(content, dict):
            return [Ignored("undecodable")]
        if carried is not None:
            return [_packet(carried[1], content)]
        told = _speech(content) if number == MessageType.MEDIA_DATA_TRANSCRIPT else _chat(content)
        if may_be_early:
            self._early.append(told)
            return []
        return [told]


_TEXT = frozenset({MessageType.MEDIA_DATA_TRANSCRIPT, MessageType.MEDIA_DATA_CHAT})
_KINDS: dict[int, tuple[MediaType, MediaKind]] = {
    MessageType.MEDIA_DATA_AUDIO: (MediaType.AUDIO, MediaKind.AUDIO),
    MessageType.MEDIA_DATA_VIDEO: (MediaType.VIDEO, MediaKind.VIDEO),
    MessageType.MEDIA_DATA_SHARE: (MediaType.DESKSHARE, MediaKind.SHARE),
}


def _packet(kind: MediaKind, content: JsonObject) -> Packet | Ignored:
    data, length = content.get("data"), content.get("length")
    if not isinstance(data, str) or not data:
        return Ignored("undecodable")
    channel = wire_key(content.get("channel_id"))  # as in a transcript
    return Packet(
        kind=kind,
        user_id=channel or wire_id(content.get("user_id")),
        speaker="" if channel else wire_name(content),
        timestamp_ms=milliseconds(content.get("timestamp")),
        data=data,
        length=length if type(length) is int else None,
    )


def _said(words: Words) -> Said:
    """As :func:`_speech`, of which every field has the type that it should have."""
    language = words.language
    return Said(
        text=words.data,
        user_id=wire_id(words.user_id),
        speaker=one_line(words.user_name, LIMITS.name),
        start_ms=milliseconds(words.start_time),
        end_ms=milliseconds(words.end_time),
        timestamp_ms=milliseconds(words.timestamp),
        language=language if language is not None and -1 <= language < 1000 else None,
        source=Source.SPEECH,
    )


def _speech(content: JsonObject) -> Said | Ignored:
    text = content.get("data")
    if not isinstance(text, str):
        return Ignored("undecodable")
    # Contact Center streams tell who speaks by channel, 0 included; their user_name means nothing.
    channel = wire_key(content.get("channel_id"))
    language = content.get("language")
    return Said(
        text=text,
        user_id=channel or wire_id(content.get("user_id")),
        speaker="" if channel else wire_name(content),
        channel=bool(channel),
        start_ms=milliseconds(content.get("start_time")),
        end_ms=milliseconds(content.get("end_time")),
        timestamp_ms=milliseconds(content.get("timestamp")),
        language=language if type(language) is int and -1 <= language < 1000 else None,
        source=Source.SPEECH,
    )


_TOLD_OF_CHAT = ("message_id", "sender", "chat_session", "operation_type", "receiver")
"""Fields by one of which a chat message says by itself what it is."""
_OF_ONE_S_OWN = ("data", "message_id", "chat_session")
"""What may be told in ``data`` of a message that says by itself whose it is."""


def _unpacked(content: JsonObject) -> JsonObject:
    """A chat message whose fields Zoom has put into ``data`` as JSON text, as it does for some clients.

    One that says what it is has all its fields there, and what is in ``data`` was typed: whoever types JSON must not say
    it in another's name, or take back what another has said. Where it says only whose it is, that stays so: ``data`` is
    read where it is that person's new message.
    """
    inner = content.get("data")
    if not isinstance(inner, str) or not inner.startswith("{"):
        return content
    if any(content.get(name) is not None for name in _TOLD_OF_CHAT):
        return content
    nested = decode_json_object(inner)
    if nested is None or "data" not in nested:
        return content
    if content.get("user_id") is None and content.get("user_name") is None:
        return {**content, **nested}
    sender, whose = nested.get("sender"), wire_id(content.get("user_id"))
    own = isinstance(sender, dict) and whose != "" and wire_id(sender.get("user_id")) == whose
    if not own or nested.get("operation_type", ChatOperation.NEW) != ChatOperation.NEW:
        return content
    return {**content, **{name: nested[name] for name in _OF_ONE_S_OWN if name in nested}}


def _chat(content: JsonObject) -> Said | ChatChanged | Ignored:
    content = _unpacked(content)
    session = content.get("chat_session")
    if isinstance(session, dict) and session.get("type", ChatAudience.EVERYONE) != ChatAudience.EVERYONE:
        return Ignored("private")  # what some wrote to some is not for a flow that tells everybody
    text, message_id = content.get("data"), wire_id(content.get("message_id"), longest=255)
    operation = content.get("operation_type", ChatOperation.NEW)
    if operation == ChatOperation.DELETE and message_id:
        return ChatChanged(message_id=message_id, text="")
    if operation not in (ChatOperation.NEW, ChatOperation.UPDATE):
        return Ignored("unexpected")
    if not isinstance(text, str):
        return Ignored("undecodable")
    if operation == ChatOperation.UPDATE and message_id:
        return ChatChanged(message_id=message_id, text=text)
    sender = content.get("sender")
    person = sender if isinstance(sender, dict) else content
    timestamp = milliseconds(content.get("timestamp"))
    return Said(
        text=text,
        user_id=wire_id(person.get("user_id")),
        speaker=wire_name(person),
        start_ms=timestamp,
        end_ms=timestamp,
        timestamp_ms=timestamp,
        language=None,
        source=Source.CHAT,
        message_id=message_id,
    )
