"""What both of Zoom's sockets have in common, as a pure state machine.

The shell hands over every frame with :meth:`Conversation.receive` and tells the time with
:meth:`Conversation.tick`, sends what :meth:`Conversation.texts_to_send` drains, and acts on the
events that come back. All states and what moves between them stand in :data:`TRANSITIONS`; a step
that is not listed there is passed over, so a peer cannot talk us into a state that does not exist.

Sources: developers.zoom.us "RTMS event reference" and "Failover and reconnection".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Final

from bridge.domain import Product
from bridge.rtms.machine import Machine
from bridge.rtms.messages import MessageType, WireStreamState, decode, encode
from bridge.rtms.status import HandshakeFault, handshake_fault

if TYPE_CHECKING:
    from bridge.rtms.messages import JsonObject
    from bridge.rtms.patience import Patience

INSTANCE_ID_KEYS: Final = {
    Product.MEETING: "meeting_uuid",
    Product.WEBINAR: "webinar_uuid",
    Product.VIDEO_SDK: "session_id",
    Product.CONTACT_CENTER: "engagement_id",
}
"""The handshake field that carries the instance id."""

_KNOWN: Final = frozenset(int(number) for number in MessageType)


class State(StrEnum):
    """Where a socket's conversation stands."""

    SHAKING_HANDS = "shaking hands"
    READY = "ready"
    ENDED = "ended"
    FAILED = "failed"


class Step(StrEnum):
    """What moves a conversation from one state to another."""

    ACCEPTED = "handshake accepted"
    REFUSED = "handshake refused"
    DEADLINE = "deadline passed"
    TERMINATED = "stream terminated"


TRANSITIONS: Final[dict[State, dict[Step, State]]] = {
    State.SHAKING_HANDS: {
        Step.ACCEPTED: State.READY,
        Step.REFUSED: State.FAILED,
        Step.DEADLINE: State.FAILED,
        Step.TERMINATED: State.ENDED,
    },
    State.READY: {
        Step.DEADLINE: State.FAILED,
        Step.TERMINATED: State.ENDED,
    },
    State.ENDED: {},
    State.FAILED: {},
}


@dataclass(frozen=True, slots=True)
class StreamEnded:
    """Zoom says the stream is over; both sockets can be closed."""

    reason: int | None
    """RTMS_STOP_REASON; ``None`` where Zoom did not tell."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Zoom refused the handshake."""

    fault: HandshakeFault


@dataclass(frozen=True, slots=True)
class Silent:
    """A deadline passed: the socket is of no more use."""

    waiting_for: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A frame that is not for us, to be counted."""

    why: str
    """A metric's label: ``undecodable``, ``unexpected`` or ``unknown``."""


@dataclass(frozen=True, slots=True)
class KeptAlive:
    """Zoom asked for a sign of life; the answer is queued."""


class Event:
    """Base of the events that only one of the sockets has."""

    __slots__ = ()


AnyEvent = Event | KeptAlive | StreamEnded | Refused | Silent | Ignored


class Conversation(Machine[State, Step, AnyEvent]):
    """One socket, from handshake to end."""

    transitions = TRANSITIONS
    deadline = Step.DEADLINE
    response_type: ClassVar[MessageType]
    """The answer to the handshake."""

    def __init__(self, handshake: JsonObject, now: float, patience: Patience) -> None:
        super().__init__(State.SHAKING_HANDS, now + patience.handshake_seconds)
        self._silence_seconds = patience.silence_seconds
        self._outgoing.append(encode(handshake))

    def receive(self, frame: str | bytes, now: float) -> list[AnyEvent]:
        """Take one frame. Nothing a peer can send raises."""
        message = decode(frame)
        if message is None:
            return [Ignored("undecodable")]
        if self.state is State.READY:
            self._deadline = now + self._silence_seconds
        number = message["msg_type"]
        if number == MessageType.KEEP_ALIVE_REQ:
            self._outgoing.append(_sign_of_life(message))
            return [KeptAlive()]
        if number == self.response_type:
            return self._handshake(message, now)
        if number == MessageType.STREAM_STATE_UPDATE and message.get("state") == WireStreamState.TERMINATED:
            reason = message.get("reason")
            ended = StreamEnded(reason if isinstance(reason, int) else None)
            return [ended] if self._step(Step.TERMINATED) else []
        if number not in _KNOWN:
            return [Ignored("unknown")]
        return self._understand(message)

    def _overdue(self) -> Silent:
        shaking = self.state is State.SHAKING_HANDS
        return Silent("an answer to the handshake" if shaking else "any message")

    def _handshake(self, message: JsonObject, now: float) -> list[AnyEvent]:
        fault = handshake_fault(message)
        if not self._step(Step.ACCEPTED if fault is None else Step.REFUSED):
            return [Ignored("unexpected")]
        if fault is not None:
            return [Refused(fault)]
        self._deadline = now + self._silence_seconds
        return [self._accepted(message)]

    def _accepted(self, message: JsonObject) -> Event:
        """The event of a good handshake; may queue what follows it."""
        raise NotImplementedError

    def _understand(self, message: JsonObject) -> list[AnyEvent]:
        """The events of a message that only this kind of socket has."""
        raise NotImplementedError


def _sign_of_life(asked: JsonObject) -> str:
    """The answer to a keep-alive. Every field comes back, as Zoom's own client does it: timestamp and sequence."""
    answer = {**asked, "msg_type": MessageType.KEEP_ALIVE_RESP}
    try:
        return encode(answer)
    except RecursionError:  # what could just be read may be too deep to be written
        return encode({name: value for name, value in answer.items() if not isinstance(value, dict | list)})
