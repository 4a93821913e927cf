"""One socket of Zoom's WebSocket event subscription, as a pure state machine.

The shell hands over every frame with :meth:`EventSocket.receive` and tells the time with
:meth:`EventSocket.tick`, sends what :meth:`EventSocket.texts_to_send` drains, and acts on the events
that come back. Frames are JSON objects whose ``module`` says what they are.

Sources: developers.zoom.us "Using WebSockets" (one open socket, nothing is delivered later) and
Zoom's ``websocket-js-sample`` (address, heartbeat); from clients that are in use, such as
``Jericho/ZoomNet``, what these leave out: ``build_connection``, the text inside ``content``, and
``success: false`` on a frame of any module once the access token is no longer good.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from bridge.rtms.conversation import Ignored, Silent
from bridge.rtms.machine import Machine
from bridge.rtms.messages import decode_json_object, encode

if TYPE_CHECKING:
    from bridge.rtms.messages import JsonObject

OPENING_SECONDS: Final = 15.0
"""Longest wait for Zoom's first frame."""
HEARTBEAT_SECONDS: Final = 25.0
"""Between two heartbeats; Zoom wants one every 30 s."""
SILENCE_SECONDS: Final = 60.0
"""No frame at all for this long, with two heartbeats unanswered, means that the socket is dead."""
LONGEST_WAIT_SECONDS: Final = 30.0
"""Longest wait before a subscription is dialled again: what happens meanwhile is never told."""


class State(StrEnum):
    """Where a socket stands."""

    OPENING = "opening"
    OPEN = "open"
    FAILED = "failed"


class Step(StrEnum):
    """What moves a socket from one state to another."""

    ACCEPTED = "connection built"
    REFUSED = "connection refused"
    DEADLINE = "deadline passed"


TRANSITIONS: Final[dict[State, dict[Step, State]]] = {
    State.OPENING: {
        Step.ACCEPTED: State.OPEN,
        Step.REFUSED: State.FAILED,
        Step.DEADLINE: State.FAILED,
    },
    State.OPEN: {
        Step.REFUSED: State.FAILED,
        Step.DEADLINE: State.FAILED,
    },
    State.FAILED: {},
}


@dataclass(frozen=True, slots=True)
class Opened:
    """Zoom built the connection: events come here from now on, and no longer on an older socket."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Zoom does not take the access token, or takes it no longer."""


@dataclass(frozen=True, slots=True)
class HeartbeatAnswered:
    """Zoom answered a heartbeat."""


@dataclass(frozen=True, slots=True)
class Raised:
    """Zoom raised an event."""

    body: JsonObject
    """What a webhook's body would be."""


SocketEvent = Opened | Refused | HeartbeatAnswered | Raised | Silent | Ignored


class EventSocket(Machine[State, Step, SocketEvent]):
    """One socket, from dialling to its end."""

    transitions = TRANSITIONS
    deadline = Step.DEADLINE

    def __init__(self, now: float) -> None:
        super().__init__(State.OPENING, now + OPENING_SECONDS)

    def receive(self, frame: str | bytes, now: float) -> list[SocketEvent]:
        """Take one frame. Nothing a peer can send raises.

        An event counts in every state: Zoom does not raise it again.
        """
        message = decode_json_object(frame)
        if message is None:
            return [Ignored("undecodable")]
        if self.state is State.OPEN:
            self._deadline = now + SILENCE_SECONDS
        if message.get("success") is False:
            return [Refused()] if self._step(Step.REFUSED) else []
        match message.get("module"):
            case "message":
                body = _content(message)
                return [Ignored("undecodable")] if body is None else [Raised(body)]
            case "heartbeat":
                return [HeartbeatAnswered()]
            case "build_connection":
                if not self._step(Step.ACCEPTED):
                    return [Ignored("unexpected")]
                self._deadline = now + SILENCE_SECONDS
                return [Opened()]
        return [Ignored("unknown")]

    def heartbeat(self) -> None:
        """Queue a heartbeat, once the connection is built."""
        if self.state is State.OPEN:
            self._outgoing.append(encode({"module": "heartbeat"}))

    def _overdue(self) -> Silent:
        return Silent("its first frame" if self.state is State.OPENING else "any frame")


def socket_address(endpoint_url: str, token: str) -> str:
    """Where to dial: the subscription's endpoint URL, which has a query already, and an access token."""
    return f"{endpoint_url}&access_token={quote(token, safe='')}"


def wait_seconds(failures: int, chance: float) -> float:
    """Seconds until a subscription is dialled again after so many failures in a row.

    The first try follows at once, the others after 1, 2, 4 ... seconds, each spread over half of its
    length by ``chance``, from 0 to 1.
    """
    if failures < 2:
        return 0.0
    return min(2.0 ** min(failures - 2, 10), LONGEST_WAIT_SECONDS) * (0.5 + chance / 2)


def _content(message: JsonObject) -> JsonObject | None:
    """The event inside a frame; Zoom puts it there as text; an object is read as well."""
    content = message.get("content")
    if isinstance(content, str):
        return decode_json_object(content)
    return content if isinstance(content, dict) else None
