"""The signaling socket: the handshake that yields media servers, and what Zoom tells of the stream. Pure.

Sources: developers.zoom.us "RTMS event reference", "RTMS data types".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from bridge.rtms.conversation import INSTANCE_ID_KEYS, AnyEvent, Conversation, Event, Ignored
from bridge.rtms.messages import PROTOCOL_VERSION, EventType, JsonObject, MessageType, WireStreamState, encode

if TYPE_CHECKING:
    from bridge.domain import Product


@dataclass(frozen=True, slots=True)
class SignalingReady(Event):
    """The handshake succeeded; media can be dialled."""

    server_urls: object
    """``media_server.server_urls`` as it came; :func:`bridge.rtms.urls.choose_media_url` reads it."""


@dataclass(frozen=True, slots=True)
class StreamPaused(Event):
    """No words will come until :class:`StreamResumed`; not an outage."""


@dataclass(frozen=True, slots=True)
class StreamResumed(Event):
    """Words can come again."""


@dataclass(frozen=True, slots=True)
class MediaInterrupted(Event):
    """Zoom has lost the media socket and waits 65 s for another."""


@dataclass(frozen=True, slots=True)
class ParticipantsJoined(Event):
    """People who are there; the first batch after a handshake is the roster."""

    participants: tuple[tuple[str, str], ...]
    """User id and name; the name may be empty."""


class Signaling(Conversation):
    """One signaling socket."""

    response_type: ClassVar[MessageType] = MessageType.SIGNALING_HAND_SHAKE_RESP

    def __init__(
        self, *, product: Product, instance_id: str, stream_id: str, signature: str, now: float
    ) -> None:
        self._stream_id = stream_id
        super().__init__(
            {
                "msg_type": MessageType.SIGNALING_HAND_SHAKE_REQ,
                "protocol_version": PROTOCOL_VERSION,
                "sequence": 1,
                INSTANCE_ID_KEYS[product]: instance_id,
                "rtms_stream_id": stream_id,
                "signature": signature,
            },
            now,
        )

    def client_ready(self) -> None:
        """Queue message 7: a media handshake has succeeded, words may come."""
        self._outgoing.append(
            encode({"msg_type": MessageType.CLIENT_READY_ACK, "rtms_stream_id": self._stream_id})
        )

    def _accepted(self, message: JsonObject) -> SignalingReady:
        self._outgoing.append(
            encode(
                {
                    "msg_type": MessageType.EVENT_SUBSCRIPTION,
                    "events": [{"event_type": EventType.PARTICIPANT_JOIN, "subscribe": True}],
                }
            )
        )
        media_server = message.get("media_server")
        return SignalingReady(media_server.get("server_urls") if isinstance(media_server, dict) else None)

    def _understand(self, message: JsonObject) -> list[AnyEvent]:
        match message["msg_type"]:
            case MessageType.STREAM_STATE_UPDATE:
                match message.get("state"):
                    case WireStreamState.PAUSED:
                        return [StreamPaused()]
                    case WireStreamState.RESUMED:
                        return [StreamResumed()]
                return []
            case MessageType.EVENT_UPDATE:
                return self._event(message.get("event"))
            case MessageType.SESSION_STATE_UPDATE:
                return []
        return [Ignored("unexpected")]

    def _event(self, event: object) -> list[AnyEvent]:
        if not isinstance(event, dict):
            return [Ignored("undecodable")]
        match event.get("event_type"):
            case EventType.MEDIA_CONNECTION_INTERRUPTED:
                return [MediaInterrupted()]
            case EventType.PARTICIPANT_JOIN:
                return [ParticipantsJoined(_people(event.get("participants")))]
        return []


def _people(participants: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(participants, list):
        return ()
    return tuple(
        (str(person["user_id"]), str(person.get("user_name") or ""))
        for person in participants
        if isinstance(person, dict) and isinstance(person.get("user_id"), int | str)
    )
