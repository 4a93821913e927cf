"""What shall go wrong while a meeting is played, as a file says it. Pure but for reading that file.

Every number of seconds in a fault is *meeting time*: at speed 10 it passes ten times as fast.
Source of what can go wrong: developers.zoom.us "Failover and reconnection", "RTMS data types", "Using webhooks".
"""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bridge.rtms.messages import StatusCode, StopReason
from bridge.simulator.errors import FaultFileError
from bridge.simulator.handshake import Socket

if TYPE_CHECKING:
    from pathlib import Path

Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
OneSocket = Literal["signaling", "media"]


class _Fault(BaseModel):
    """One thing that goes wrong."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _AtEnd(_Fault):
    """Something wrong with the beginning or the end of a stream; it has no time of its own."""


class _Timed(_Fault):
    """Something that happens at a time of the meeting, which begins when the client is ready."""

    from_start: ClassVar[bool] = False
    """Whether no time at all means from before the first webhook."""

    at_seconds: Annotated[Seconds | None, Field(description="When, in seconds of the meeting.")] = None
    at_line: Annotated[Count | None, Field(description="Or: just before this line, counted from 1.")] = None

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        if self.at_seconds is not None and self.at_line is not None:
            raise ValueError("at_seconds and at_line exclude each other")
        if not self.from_start and self.at_seconds is None and self.at_line is None:
            raise ValueError("at_seconds or at_line is missing")
        return self


class Drop(_Timed):
    """Sockets are lost. Without signaling, Zoom interrupts media too."""

    kind: Literal["drop"]
    sockets: Annotated[Literal["signaling", "media", "both"], Field(description="Which.")] = "both"
    code: Annotated[
        Literal[1000, 1001, 1011] | None,
        Field(description="Close code; cut without a word where there is none."),
    ] = None
    told: Annotated[
        bool, Field(description="Whether Zoom tells: `rtms_interrupted` for signaling, event 7 for media.")
    ] = True
    hold_seconds: Annotated[
        Seconds, Field(description="How long Zoom still holds the old sockets: status 8 or 16 for new ones.")
    ] = 0
    repeat_lines: Annotated[
        int, Field(ge=0, description="How many of the last lines are sent again once the client is back.")
    ] = 0


class HalfOpen(_Timed):
    """Zoom goes silent on sockets that stay open: no words, no keep-alives, no answers."""

    kind: Literal["half_open"]
    sockets: Annotated[Literal["signaling", "media", "both"], Field(description="Which.")] = "both"


class MediaInterrupted(_Timed):
    """Event 7: Zoom has lost the media socket, which the client may still see open."""

    kind: Literal["media_interrupted"]
    lost: Annotated[bool, Field(description="Whether words stop on it; else it is a false alarm.")] = True
    as_state: Annotated[
        bool, Field(description="Told as stream state 2 with reason 14 instead of as event 7.")
    ] = False


class SignalInterrupted(_Timed):
    """Stream state 2 with reason 13: Zoom is about to lose the signaling socket, and loses it a moment later."""

    kind: Literal["signal_interrupted"]
    lost_after_seconds: Annotated[Seconds, Field(description="When the sockets are cut, from then.")] = 1


class InterruptedWebhook(_Timed):
    """The webhook `rtms_interrupted`, although no socket is lost."""

    kind: Literal["interrupted_webhook"]


class Failover(_Timed):
    """Zoom's server fails: a second `rtms_started` for the stream, newer and with other addresses."""

    kind: Literal["failover"]
    old: Annotated[
        Literal["dropped", "silent"], Field(description="What becomes of the sockets of the old server.")
    ] = "dropped"


class StartAgain(_Timed):
    """The webhook `rtms_started` comes again, byte for byte the same."""

    kind: Literal["start_again"]
    count: Annotated[Count, Field(description="How often.")] = 1


class Refuse(_Timed):
    """Handshakes are answered with a status code."""

    from_start = True

    kind: Literal["refuse"]
    socket: Annotated[OneSocket, Field(description="On which socket.")] = "signaling"
    status: Annotated[int, Field(ge=1, le=999, description="RTMS_STATUS_CODE; may be one nobody knows.")] = (
        int(StatusCode.INTERNAL_EXCEPTION)
    )
    count: Annotated[Count, Field(description="How many handshakes.")] = 1


class SlowHandshake(_Timed):
    """Handshakes are answered late."""

    from_start = True

    kind: Literal["slow_handshake"]
    socket: Annotated[OneSocket, Field(description="On which socket.")] = "signaling"
    seconds: Annotated[Seconds, Field(description="How late.")] = 5
    count: Annotated[Count, Field(description="How many handshakes.")] = 1


class NoHandshake(_Timed):
    """Handshakes are not answered at all."""

    from_start = True

    kind: Literal["no_handshake"]
    socket: Annotated[OneSocket, Field(description="On which socket.")] = "signaling"
    count: Annotated[Count, Field(description="How many handshakes.")] = 1


class Pause(_Timed):
    """The stream is paused and resumed (states 5 and 6); what is said meanwhile is sent to nobody."""

    kind: Literal["pause"]
    seconds: Annotated[Seconds, Field(description="For how long.")] = 10


class Repeat(_Timed):
    """The last lines are sent again."""

    kind: Literal["repeat"]
    lines: Annotated[Count, Field(description="How many.")] = 3


class Burst(_Timed):
    """The next lines are held back and then sent at once."""

    kind: Literal["burst"]
    lines: Annotated[Count, Field(description="How many.")] = 5
    backwards: Annotated[bool, Field(description="Whether the last one comes first.")] = False


Oddity = Literal[
    "no_name", "nobody", "user_id_text", "user_id_zero", "no_times", "times_in_seconds", "no_language"
]


class OddLines(_Timed):
    """The next lines have a shape that Zoom's are known to have now and then."""

    from_start = True

    kind: Literal["odd_lines"]
    oddity: Annotated[Oddity, Field(description="Which.")]
    lines: Annotated[Count, Field(description="How many.")] = 1


class UnknownMessages(_Timed):
    """Messages, events and states of numbers that nobody knows yet."""

    kind: Literal["unknown_messages"]
    socket: Annotated[OneSocket, Field(description="On which socket.")] = "signaling"


Shape = Literal["not_json", "truncated", "no_object", "deep", "huge", "wrong_types", "empty", "not_utf8"]


class Garbage(_Timed):
    """Frames that hold no message."""

    kind: Literal["garbage"]
    socket: Annotated[OneSocket, Field(description="On which socket.")] = "media"
    shape: Annotated[Shape, Field(description="What they are.")] = "not_json"
    size_bytes: Annotated[
        int, Field(ge=1, le=64 << 20, description="Of a huge one. Clients may refuse more than 1 MiB.")
    ] = 900_000


class BareKeepAlives(_Timed):
    """Keep-alives without a timestamp."""

    from_start = True

    kind: Literal["bare_keep_alives"]
    socket: Annotated[OneSocket, Field(description="On which socket.")] = "media"
    count: Annotated[Count, Field(description="How many.")] = 2


class SessionStopped(_Timed):
    """Message 9, STOPPED: one user's session ends, and the stream goes on."""

    kind: Literal["session_stopped"]


class End(_Timed):
    """Zoom ends the stream before the meeting is over."""

    kind: Literal["end"]
    reason: Annotated[int, Field(ge=0, le=max(StopReason), description="RTMS_STOP_REASON.")] = int(
        StopReason.HOST_TRIGGERED
    )


class StopWebhook(_AtEnd):
    """What becomes of the news that the stream has ended."""

    kind: Literal["stop_webhook"] = "stop_webhook"
    delay_seconds: Annotated[Seconds, Field(description="How late `rtms_stopped` comes.")] = 0
    missing: Annotated[bool, Field(description="Whether it never comes.")] = False
    message_missing: Annotated[
        bool, Field(description="Whether message 8 with state 4 is missing: sockets are just closed.")
    ] = False


class LateWebhooks(_AtEnd):
    """After the stop, webhooks come again, byte for byte the same."""

    kind: Literal["late_webhooks"] = "late_webhooks"
    started: Annotated[int, Field(ge=0, le=100, description="How often `rtms_started` does.")] = 0
    stopped: Annotated[int, Field(ge=0, le=100, description="How often `rtms_stopped` does.")] = 0


class LateWords(_AtEnd):
    """Words come although the stream has ended: the last lines once more."""

    kind: Literal["late_words"] = "late_words"
    lines: Annotated[int, Field(ge=0, description="How many.")] = 0


class StopFirst(_AtEnd):
    """`rtms_stopped` overtakes `rtms_started`."""

    kind: Literal["stop_first"] = "stop_first"


TimedFault = (
    Drop
    | HalfOpen
    | MediaInterrupted
    | SignalInterrupted
    | InterruptedWebhook
    | Failover
    | StartAgain
    | Refuse
    | SlowHandshake
    | NoHandshake
    | Pause
    | Repeat
    | Burst
    | OddLines
    | UnknownMessages
    | Garbage
    | BareKeepAlives
    | SessionStopped
    | End
)
EndFault = StopWebhook | LateWebhooks | LateWords | StopFirst
Fault = TimedFault | EndFault
_EndFaultT = TypeVar("_EndFaultT", bound=EndFault)


class FaultScript(BaseModel):
    """All that goes wrong in one meeting."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fault: tuple[Annotated[Fault, Field(discriminator="kind")], ...] = ()

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        ends = [fault.kind for fault in self.fault if not isinstance(fault, _Timed)]
        if twins := sorted({kind for kind in ends if ends.count(kind) > 1}):
            raise ValueError(f"more than one {', '.join(twins)}")
        return self

    @property
    def early(self) -> list[TimedFault]:
        """Faults that are in force before the first webhook, in the order of the file."""
        return [each for each in self._timed if each.at_seconds is None and each.at_line is None]

    @property
    def by_time(self) -> list[TimedFault]:
        """Faults at a time of the meeting, earliest first."""
        found = [(each.at_seconds, each) for each in self._timed if each.at_seconds is not None]
        return [each for _, each in sorted(found, key=lambda pair: pair[0])]

    def at_line(self, n: int) -> list[TimedFault]:
        """Faults just before a line, in the order of the file."""
        return [each for each in self._timed if each.at_line == n]

    @property
    def ends(self) -> frozenset[StopReason]:
        """Reasons for which the stream may end when all goes as the script says."""
        early = {StopReason(each.reason) for each in self.fault if isinstance(each, End)}
        return frozenset({StopReason.MEETING_ENDED} | early)

    def find(self, kind: type[_EndFaultT]) -> _EndFaultT | None:
        """The fault of a kind that has no time."""
        return next((each for each in self.fault if isinstance(each, kind)), None)

    @property
    def _timed(self) -> list[TimedFault]:
        return [each for each in self.fault if isinstance(each, _Timed)]


def read_faults(path: Path) -> FaultScript:
    """The script in a ``.toml`` file with ``[[fault]]`` tables, or in a ``.json`` file ``{"fault": [...]}``.

    Raises:
        FaultFileError: The file cannot be read, or a fault in it is none; says which and why.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise FaultFileError(path, 0, error.strerror or "cannot be read") from error
    except ValueError as error:  # UnicodeDecodeError, TOMLDecodeError, JSONDecodeError
        raise FaultFileError(
            path, 0, f"not {'JSON' if path.suffix.lower() == '.json' else 'TOML'}: {error}"
        ) from None
    try:
        return FaultScript.model_validate(content)
    except ValidationError as error:
        raise _worded(path, error) from None


def _worded(path: Path, error: ValidationError) -> FaultFileError:
    """The first thing that is wrong, in words."""
    fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
    message = fault["msg"].removeprefix("Value error, ")
    place, *rest = (*fault["loc"], "")
    if place != "fault" or not rest or not isinstance(rest[0], int):
        name = ".".join(str(part) for part in fault["loc"])
        return FaultFileError(path, 0, f"{name}: {message}" if name else message)
    # After the number comes the kind, which the message need not repeat.
    field = ".".join(str(part) for part in rest[2:] if part != "")
    return FaultFileError(path, rest[0] + 1, f"{field}: {message}" if field else message)


def sockets(named: Literal["signaling", "media", "both"]) -> frozenset[Socket]:
    """The sockets that a fault names."""
    return frozenset(Socket) if named == "both" else frozenset({Socket(named)})
