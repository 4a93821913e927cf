"""The signaling socket: the handshake that yields media servers, and what Zoom tells of the stream. Pure.

Sources: developers.zoom.us "RTMS event reference", "RTMS data types".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from bridge.domain import Product
from bridge.rtms.conversation import INSTANCE_ID_KEYS, AnyEvent, Conversation, Event, Ignored
from bridge.rtms.messages import (
    PROTOCOL_VERSION,
    EventType,
    JsonObject,
    MessageType,
    StopReason,
    WireStreamState,
    encode,
    milliseconds,
    wire_id,
    wire_name,
)
from bridge.rtms.patience import PATIENCE, Patience
from bridge.rtms.urls import MediaServers


@dataclass(frozen=True, slots=True)
class SignalingReady(Event):
    """The handshake succeeded; media can be dialled."""

    servers: MediaServers


@dataclass(frozen=True, slots=True)
class StreamPaused(Event):
    """No words will come until :class:`StreamResumed`; not an outage."""


@dataclass(frozen=True, slots=True)
class StreamResumed(Event):
    """Words can come again."""


@dataclass(frozen=True, slots=True)
class MediaInterrupted(Event):
    """Zoom has lost the media socket and waits 65 s for another."""

    at_ms: int
    """When Zoom noticed, UTC milliseconds; 0 where it did not tell."""


@dataclass(frozen=True, slots=True)
class ParticipantsJoined(Event):
    """People who are there."""

    participants: tuple[tuple[str, str], ...]
    """User id and name; the name may be empty."""
    at_ms: int
    roster: bool
    """Whether it is the first batch behind a handshake: those who were there already."""


@dataclass(frozen=True, slots=True)
class ParticipantsLeft(Event):
    """People who are no longer there."""

    user_ids: tuple[str, ...]
    at_ms: int


@dataclass(frozen=True, slots=True)
class ActiveSpeaker(Event):
    """Somebody else speaks now."""

    user_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Sharing(Event):
    """A screen is shared, or no longer."""

    user_id: str
    """Empty where Zoom does not tell, as when sharing stops."""
    name: str
    at_ms: int
    started: bool


SUBSCRIBED: Final = (
    EventType.ACTIVE_SPEAKER_CHANGE,
    EventType.PARTICIPANT_JOIN,
    EventType.PARTICIPANT_LEAVE,
    EventType.SHARING_START,
    EventType.SHARING_STOP,
)
"""Events that are asked for. Events 1 and 7 come unasked and must not be asked for."""


class Signaling(Conversation):
    """One signaling socket."""

    response_type: ClassVar[MessageType] = MessageType.SIGNALING_HAND_SHAKE_RESP

    def __init__(
        self,
        *,
        product: Product,
        instance_id: str,
        stream_id: str,
        signature: str,
        now: float,
        patience: Patience = PATIENCE,
    ) -> None:
        self._stream_id = stream_id
        self._product = product
        self._knows_roster = False
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
            patience,
        )

    def client_ready(self) -> None:
        """Queue message 7: a media handshake has succeeded, words may come."""
        self._outgoing.append(
            encode({"msg_type": MessageType.CLIENT_READY_ACK, "rtms_stream_id": self._stream_id})
        )

    def _accepted(self, message: JsonObject) -> SignalingReady:
        if self._product is not Product.CONTACT_CENTER:  # whose events have numbers of their own
            wanted = [{"event_type": event, "subscribe": True} for event in SUBSCRIBED]
            self._outgoing.append(encode({"msg_type": MessageType.EVENT_SUBSCRIPTION, "events": wanted}))
        media_server = message.get("media_server")
        offered = media_server.get("server_urls") if isinstance(media_server, dict) else None
        return SignalingReady(MediaServers.read(offered))

    def _understand(self, message: JsonObject) -> list[AnyEvent]:
        match message["msg_type"]:
            case MessageType.STREAM_STATE_UPDATE:
                return self._stream_state(message)
            case MessageType.EVENT_UPDATE:
                event = message.get("event")
                return self._event(event) if isinstance(event, dict) else [Ignored("undecodable")]
            case MessageType.SESSION_STATE_UPDATE:
                return []  # one user's part in the stream; others may go on
        return [Ignored("unexpected")]

    def _stream_state(self, message: JsonObject) -> list[AnyEvent]:
        match message.get("state"):
            case WireStreamState.PAUSED:
                return [StreamPaused()]
            case WireStreamState.RESUMED:
                return [StreamResumed()]
            case WireStreamState.INTERRUPTED if (
                message.get("reason") == StopReason.DATA_CONNECTION_INTERRUPTED
            ):
                return [MediaInterrupted(milliseconds(message.get("timestamp")))]
        return []

    def _event(self, event: JsonObject) -> list[AnyEvent]:
        number, at_ms = event.get("event_type"), milliseconds(event.get("timestamp"))
        if number == EventType.MEDIA_CONNECTION_INTERRUPTED:
            return [MediaInterrupted(at_ms)]
        if self._product is Product.CONTACT_CENTER:
            return []
        match number:
            case EventType.PARTICIPANT_JOIN:
                roster, self._knows_roster = not self._knows_roster, True
                return [ParticipantsJoined(_people(event.get("participants")), at_ms, roster)]
            case EventType.PARTICIPANT_LEAVE:
                return [
                    ParticipantsLeft(
                        tuple(user_id for user_id, _ in _people(event.get("participants"))), at_ms
                    )
                ]
            case EventType.ACTIVE_SPEAKER_CHANGE:
                return [ActiveSpeaker(*person) for person in _people([event])]
            case EventType.SHARING_START:
                return [Sharing(*person, at_ms, started=True) for person in _people([event])]
            case EventType.SHARING_STOP:
                return [Sharing("", "", at_ms, started=False)]
        return []


def _people(participants: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(participants, list):
        return ()
    return tuple(
        (wire_id(person.get("user_id")), wire_name(person))
        for person in participants
        if isinstance(person, dict) and wire_id(person.get("user_id"))
    )
