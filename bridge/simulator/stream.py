"""One stream as Zoom's servers hold it: what it answers, when it is live, when it is given up. Pure.

The shell (``sockets``, ``playback``) carries frames and time in and answers out. Sources:
developers.zoom.us "RTMS event reference", "RTMS failover and reconnection" and "Work with streams";
message 2, 8 and 9 carry ``reason`` because Zoom's own client, rtms 1.1.0, needs it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bridge.domain import HappeningKind, Source
from bridge.rtms.messages import (
    EventType,
    JsonObject,
    MediaType,
    MessageType,
    StatusCode,
    StopReason,
    WireSessionState,
    WireStreamState,
    named,
)
from bridge.simulator.handshake import (
    Identity,
    Refusal,
    RefusedError,
    Socket,
    check_media_params,
    check_media_type,
    check_signature,
)
from bridge.simulator.media_checks import check_media_data
from bridge.simulator.wire import URL_KEYS, event, person, response

if TYPE_CHECKING:
    from bridge.simulator.meeting import Line, Meeting, Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long Zoom waits for a client before it ends a stream, in seconds."""

    connect: float = 60
    """From a delivered start event to the first readiness. Zoom documents no figure; it buffers this long."""
    signaling: float = 60
    """From a lost signaling socket to a new handshake."""
    media: float = 65
    """From a lost media socket, or a renewed signaling handshake, to readiness."""

    def scaled(self, speed: float) -> Patience:
        """The same patience for a meeting that is played ``speed`` times as fast, to clients that know."""
        return Patience(
            connect=self.connect / speed, signaling=self.signaling / speed, media=self.media / speed
        )


@dataclass(slots=True, kw_only=True)
class Stream:
    """State of one stream. Every ``now`` is UTC seconds; every answer goes out on signaling, in order."""

    identity: Identity
    meeting: Meeting
    granted: MediaType
    """Single bits, as the app's scopes allow."""
    media_url: str
    session_id: str
    patience: Patience = field(default_factory=Patience)

    state: WireStreamState = WireStreamState.INACTIVE
    stop_reason: StopReason | None = None
    """Why it ended; ``None`` while it lives."""
    deadline: float | None = None
    """When it ends unless a client does something, UTC seconds; ``None`` while all is well."""
    paused: bool = False
    """Whether what is said is sent to nobody for now."""
    signaling_live: bool = False
    media: dict[MediaType, bool] = field(default_factory=dict)
    """Live media sockets by what they carry; true once the client said that it is ready."""
    subscribed: set[EventType] = field(default_factory=set)
    refusals: list[Refusal] = field(default_factory=list)
    ignored: Counter[int] = field(default_factory=Counter)
    """Messages of numbers that Zoom does not know, by number; passed over."""
    began_at: float = 0.0
    """When the meeting began, UTC seconds; 0 before."""
    signaling_connections: int = 0
    media_connections: int = 0
    _deadline_reason: StopReason = StopReason.CONNECTION_TIMEOUT
    _last_speaker: int | str = 0

    @property
    def stream_id(self) -> str:
        """Zoom's ``rtms_stream_id``."""
        return self.identity.stream_id

    @property
    def ended(self) -> bool:
        """Whether it is over; an ended stream is never revived."""
        return self.state is WireStreamState.TERMINATED

    @property
    def ready(self) -> bool:
        """Whether words can reach the client now."""
        return self.signaling_live and any(self.media.values())

    # -- handshakes ------------------------------------------------------------------------------

    def announce(self, now: float) -> None:
        """The client was told; from now on it is waited for, unless it is ready already."""
        if self.state is WireStreamState.INACTIVE:
            self._wait(now + self.patience.connect, StopReason.CONNECTION_TIMEOUT)

    def open_signaling(self, message: JsonObject, now: float) -> JsonObject:
        """The answer to a message 1 on a new socket.

        Raises:
            RefusedError: Zoom would not take it.
        """
        check_signature(message, self.identity)
        if self.ended:
            raise RefusedError(StatusCode.INVALID_RTMS_STREAM_ID, "the stream has ended")
        if self.signaling_live:
            raise RefusedError(StatusCode.DUPLICATE_SIGNAL_REQUEST, "duplicate signal request")
        self.signaling_live = True
        self.signaling_connections += 1
        self.subscribed.clear()
        if self.state is WireStreamState.INTERRUPTED:
            self._wait(now + self.patience.media, StopReason.AWAIT_RECONNECTION_TIMEOUT)
        kinds = [kind for kind in URL_KEYS if kind & self.granted]
        urls = {URL_KEYS[kind]: self.media_url for kind in (*kinds, MediaType.ALL)}
        return response(MessageType.SIGNALING_HAND_SHAKE_RESP) | {"media_server": {"server_urls": urls}}

    def open_media(self, message: JsonObject) -> tuple[MediaType, JsonObject]:
        """What a new media socket carries, and the answer to its message 3.

        Raises:
            RefusedError: Zoom would not take it.
        """
        check_signature(message, self.identity)
        if not self.signaling_live:
            raise RefusedError(StatusCode.INVALID_RTMS_STREAM_ID, "the stream has no signaling socket")
        taken = MediaType(0)
        for kinds in self.media:
            taken |= kinds
        wanted = check_media_type(message, granted=self.granted, taken=taken)
        params = check_media_data(check_media_params(message), wanted)
        self.media[wanted] = False
        self.media_connections += 1
        answer = response(MessageType.DATA_HAND_SHAKE_RESP)
        return wanted, answer | {"payload_encrypted": False, "media_params": params}

    # -- messages on signaling -------------------------------------------------------------------

    def receive(self, message: JsonObject, now: float) -> list[JsonObject]:
        """Answers to a message on the live signaling socket (all but keep-alives)."""
        kind = named(MessageType, message["msg_type"])
        if not isinstance(kind, MessageType):
            self.ignored[message["msg_type"]] += 1
            return []
        answer = {
            MessageType.EVENT_SUBSCRIPTION: self._subscribe,
            MessageType.CLIENT_READY_ACK: self._client_ready,
            MessageType.SESSION_STATE_REQ: self._session_state,
            MessageType.STREAM_STATE_REQ: self._stream_state,
            MessageType.STREAM_CLOSE_REQ: self._close,
        }.get(kind)
        try:
            if kind is MessageType.SIGNALING_HAND_SHAKE_REQ:
                raise RefusedError(StatusCode.DUPLICATE_SIGNAL_REQUEST, "duplicate signal request")
            if answer is None:
                raise RefusedError(
                    StatusCode.INVALID_MESSAGE_TYPE, f"{kind.name} does not belong on signaling"
                )
            return answer(message, now)
        except RefusedError as error:
            self.refuse(Socket.SIGNALING, error)
            return []

    def receive_media(self, message: JsonObject) -> None:
        """A message on a live media socket: nothing but keep-alives belongs there."""
        kind = named(MessageType, message["msg_type"])
        if isinstance(kind, MessageType):
            fault = RefusedError(StatusCode.INVALID_MESSAGE_TYPE, f"{kind.name} does not belong on media")
            self.refuse(Socket.MEDIA, fault)
        else:
            self.ignored[message["msg_type"]] += 1

    def refuse(self, socket: Socket, error: RefusedError) -> None:
        """Record what a client of this stream did wrong."""
        self.refusals.append(
            Refusal(socket=socket, status=error.status, reason=error.reason, stream_id=self.stream_id)
        )

    def _subscribe(self, message: JsonObject, now: float) -> list[JsonObject]:
        events = message.get("events")
        if not isinstance(events, list) or not all(isinstance(wish, dict) for wish in events):
            raise RefusedError(StatusCode.INVALID_EVENTS, "events is not a list of objects")
        wishes: list[tuple[EventType, bool]] = []
        for wish in events:
            kind, subscribe = named(EventType, wish.get("event_type")), wish.get("subscribe")
            if not isinstance(kind, EventType) or kind is EventType.UNDEFINED:
                raise RefusedError(StatusCode.INVALID_EVENT_TYPE, "event_type is unknown")
            if not isinstance(subscribe, bool):
                raise RefusedError(StatusCode.INVALID_EVENT_SUBSCRIBE, "subscribe is not true or false")
            wishes.append((kind, subscribe))
        had_roster = EventType.PARTICIPANT_JOIN in self.subscribed
        for kind, subscribe in wishes:
            (self.subscribed.add if subscribe else self.subscribed.discard)(kind)
        if EventType.PARTICIPANT_JOIN in self.subscribed and not had_roster:
            roster = self.meeting.roster(self.meeting_ms(now))
            people = [person(who, name) for who, name in roster.items()]
            return [event(EventType.PARTICIPANT_JOIN, now, participants=people)]
        return []

    def _client_ready(self, message: JsonObject, now: float) -> list[JsonObject]:
        if message.get("rtms_stream_id") != self.stream_id:
            raise RefusedError(StatusCode.INVALID_CLIENT_READY_ACK, "ready for another stream, or for none")
        if not self.media:
            raise RefusedError(StatusCode.INVALID_CLIENT_READY_ACK, "ready without a media socket")
        first, was_ready = self.state is WireStreamState.INACTIVE, self.ready
        self.media = dict.fromkeys(self.media, True)
        self.deadline = None
        if was_ready:
            return []
        self.state = WireStreamState.ACTIVE
        answers = [self.state_update(self.state, StopReason.UNDEFINED, now)]
        if first:
            answers.append(self.session_update(WireSessionState.STARTED, StopReason.UNDEFINED, now))
            answers.append(event(EventType.FIRST_PACKET_TIMESTAMP, now))
        return answers

    def _session_state(self, message: JsonObject, now: float) -> list[JsonObject]:
        if message.get("rtms_session_id") != self.session_id:
            raise RefusedError(StatusCode.INVALID_RTMS_SESSION_ID, "rtms_session_id is unknown")
        inactive = self.state is WireStreamState.INACTIVE
        return [
            {
                "msg_type": MessageType.SESSION_STATE_RESP,
                "rtms_session_id": self.session_id,
                "state": WireSessionState.INITIALIZE if inactive else WireSessionState.STARTED,
                "timestamp": int(now * 1000),
            }
        ]

    def _stream_state(self, message: JsonObject, now: float) -> list[JsonObject]:
        if message.get("rtms_stream_id") != self.stream_id:
            raise RefusedError(StatusCode.INVALID_RTMS_STREAM_ID, "asks for the state of another stream")
        return [
            {
                "msg_type": MessageType.STREAM_STATE_RESP,
                "state": self.state,
                "rtms_stream_id": self.stream_id,
                "timestamp": int(
                    now
                ),  # seconds here, as in Zoom's documented example; milliseconds elsewhere
            }
        ]

    def _close(self, message: JsonObject, now: float) -> list[JsonObject]:
        if message.get("rtms_stream_id") != self.stream_id:
            raise RefusedError(StatusCode.INVALID_RTMS_STREAM_ID, "asks to close another stream")
        closing = {
            "msg_type": MessageType.STREAM_CLOSE_RESP,
            "rtms_stream_id": self.stream_id,
            "status_code": StatusCode.OK,
            "reason": "OK",
            "timestamp": int(now * 1000),
        }
        return [closing, *self.end(StopReason.RECEIVER_REQUEST_CLOSE, now)]

    # -- words -----------------------------------------------------------------------------------

    def carrier(self, source: Source) -> MediaType | None:
        """Which ready media socket carries speech or chat; ``None`` where none does and words are lost."""
        if not self.signaling_live:
            return None
        kind = MediaType.CHAT if source is Source.CHAT else MediaType.TRANSCRIPT
        wanted = kind | (MediaType.ALL if kind & self.granted else MediaType(0))
        return next((kinds for kinds, ready in self.media.items() if ready and kinds & wanted), None)

    def speaker_change(self, line: Line, now: float) -> list[JsonObject]:
        """The event for a new speaker, where the client asked to be told."""
        changed = line.source is Source.SPEECH and line.user_id != self._last_speaker
        if changed:
            self._last_speaker = line.user_id
        if not changed or EventType.ACTIVE_SPEAKER_CHANGE not in self.subscribed:
            return []
        return [event(EventType.ACTIVE_SPEAKER_CHANGE, now, user_id=line.user_id, user_name=line.speaker)]

    def sharing(self, now: float, *, started: bool = True) -> list[JsonObject]:
        """The event for a shared screen, where the client asked to be told."""
        kind = EventType.SHARING_START if started else EventType.SHARING_STOP
        if kind not in self.subscribed:
            return []
        if not started:
            return [event(kind, now)]
        user_id, name = next(iter(self.meeting.participants.items()), (0, ""))
        return [event(kind, now, user_id=user_id, user_name=name)]

    def meeting_ms(self, now: float) -> int:
        """How far the meeting is; 0 before it has begun."""
        return int((now - self.began_at) * 1000) if self.began_at else 0

    def visit(self, visit: Visit, now: float) -> list[JsonObject]:
        """The event for somebody who comes, goes or shares a screen, where the client asked to be told."""
        kind, who = visit.kind, person(visit.user_id, visit.name)
        if kind in (HappeningKind.SHARING_STARTED, HappeningKind.SHARING_STOPPED):
            told = (
                EventType.SHARING_START if kind is HappeningKind.SHARING_STARTED else EventType.SHARING_STOP
            )
            return [event(told, now, **who)] if told in self.subscribed else []
        if EventType.PARTICIPANT_JOIN not in self.subscribed or kind is HappeningKind.PRESENT:
            return []
        joined = event(
            EventType.PARTICIPANT_JOIN, now, participants=[who]
        )  # one who goes has another name by now
        if kind is HappeningKind.JOINED:
            return [joined]
        left = event(EventType.PARTICIPANT_LEAVE, now, participants=[{"user_id": visit.user_id}])
        return [joined, left]

    # -- pauses ----------------------------------------------------------------------------------

    def pause(self, now: float) -> list[JsonObject]:
        """Words are sent to nobody until :meth:`resume`."""
        if self.ended or self.paused:
            return []
        self.paused = True
        return [
            self.session_update(WireSessionState.PAUSED, StopReason.UNDEFINED, now),
            self.state_update(WireStreamState.PAUSED, StopReason.UNDEFINED, now),
        ]

    def resume(self, now: float) -> list[JsonObject]:
        """Words are sent again."""
        if self.ended or not self.paused:
            return []
        self.paused = False
        return [
            self.session_update(WireSessionState.RESUMED, StopReason.UNDEFINED, now),
            self.state_update(WireStreamState.RESUMED, StopReason.UNDEFINED, now),
        ]

    # -- losses and the end ----------------------------------------------------------------------

    def lose_signaling(self, now: float) -> None:
        """The signaling socket is gone: Zoom drops the media sockets too and waits for a new handshake."""
        self.signaling_live = False
        self.media.clear()
        if self.ended or self.state is WireStreamState.INACTIVE:
            return
        self.state = WireStreamState.INTERRUPTED
        self._wait(now + self.patience.signaling, StopReason.AWAIT_RECONNECTION_TIMEOUT)

    def lose_media(self, kinds: MediaType, now: float) -> list[JsonObject]:
        """A media socket is gone: Zoom says so on signaling and waits for a new one."""
        self.media.pop(kinds, None)
        if self.ended or not self.signaling_live or self.state is WireStreamState.INACTIVE:
            return []
        answers = [event(EventType.MEDIA_CONNECTION_INTERRUPTED, now)]
        if not self.ready:
            self.state = WireStreamState.INTERRUPTED
            answers.append(self.state_update(self.state, StopReason.DATA_CONNECTION_INTERRUPTED, now))
        self._wait(now + self.patience.media, StopReason.AWAIT_RECONNECTION_TIMEOUT)
        return answers

    def give_up(self, reason: StopReason, now: float) -> None:
        """The stream is to end as soon as anybody asks :meth:`overdue`."""
        if not self.ended:
            self._wait(now, reason)

    def overdue(self, now: float) -> StopReason | None:
        """Why the stream has to end now because nobody came, or ``None``."""
        return self._deadline_reason if self.deadline is not None and now >= self.deadline else None

    def end(self, reason: StopReason, now: float) -> list[JsonObject]:
        """End the stream; the last messages on signaling. A second end changes nothing."""
        if self.ended:
            return []
        answers: list[JsonObject] = []
        if EventType.PARTICIPANT_LEAVE in self.subscribed and self.meeting.visits is None:
            people = [{"user_id": user_id} for user_id in self.meeting.participants]
            answers.append(event(EventType.PARTICIPANT_LEAVE, now, participants=people))
        self.state, self.stop_reason, self.deadline = WireStreamState.TERMINATED, reason, None
        answers.append(self.session_update(WireSessionState.STOPPED, reason, now))
        answers.append(self.state_update(self.state, reason, now))
        return answers

    def _wait(self, deadline: float, reason: StopReason) -> None:
        self.deadline, self._deadline_reason = deadline, reason

    def state_update(self, state: WireStreamState, reason: StopReason, now: float) -> JsonObject:
        """Message 8."""
        kind = MessageType.STREAM_STATE_UPDATE
        return {"msg_type": kind, "state": state, "reason": reason, "timestamp": int(now * 1000)}

    def session_update(self, state: WireSessionState, reason: StopReason, now: float) -> JsonObject:
        """Message 9."""
        return {
            "msg_type": MessageType.SESSION_STATE_UPDATE,
            "rtms_session_id": self.session_id,
            "state": state,
            "reason": reason,
            "timestamp": int(now * 1000),
        }
