"""The kinds of things that can go wrong while a meeting is played. Pure.

Every number of seconds in a fault is *meeting time*: at speed 10 it passes ten times as fast.
Source of what can go wrong: developers.zoom.us "Failover and reconnection", "RTMS data types", "Using webhooks".
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bridge.rtms.messages import StatusCode, StopReason
from bridge.simulator.handshake import Socket

Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
OneSocket = Literal["signaling", "media"]


class AnyFault(BaseModel):
    """One thing that goes wrong."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _AtEnd(AnyFault):
    """Something wrong with the beginning or the end of a stream; it has no time of its own."""


class Timed(AnyFault):
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


class Drop(Timed):
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


class Outage(Timed):
    """All sockets are lost just behind a keep-alive, and handshakes are answered only once it is over."""

    kind: Literal["outage"]
    seconds: Annotated[Seconds, Field(description="How long it lasts.")] = 10
    told: Annotated[bool, Field(description="Whether Zoom tells by `rtms_interrupted`.")] = True


class HalfOpen(Timed):
    """Zoom goes silent on sockets that stay open: no words, no keep-alives, no answers."""

    kind: Literal["half_open"]
    sockets: Annotated[Literal["signaling", "media", "both"], Field(description="Which.")] = "both"


class MediaInterrupted(Timed):
    """Event 7: Zoom has lost the media socket, which the client may still see open."""

    kind: Literal["media_interrupted"]
    lost: Annotated[bool, Field(description="Whether words stop on it; else it is a false alarm.")] = True
    as_state: Annotated[
        bool, Field(description="Told as stream state 2 with reason 14 instead of as event 7.")
    ] = False


class SignalInterrupted(Timed):
    """Stream state 2 with reason 13: Zoom is about to lose the signaling socket, and loses it a moment later."""

    kind: Literal["signal_interrupted"]
    lost_after_seconds: Annotated[Seconds, Field(description="When the sockets are cut, from then.")] = 1


class InterruptedWebhook(Timed):
    """The webhook `rtms_interrupted`, although no socket is lost."""

    kind: Literal["interrupted_webhook"]


class Failover(Timed):
    """Zoom's server fails: a second `rtms_started` for the stream, newer and with other addresses."""

    kind: Literal["failover"]
    old: Annotated[
        Literal["dropped", "silent"], Field(description="What becomes of the sockets of the old server.")
    ] = "dropped"
    same_time: Annotated[
        bool, Field(description="Whether its `event_ts` is that of the start before it; else it is newer.")
    ] = False


class StartAgain(Timed):
    """The webhook `rtms_started` comes again, byte for byte the same."""

    kind: Literal["start_again"]
    count: Annotated[Count, Field(description="How often.")] = 1


class StartAnew(Timed):
    """A second `rtms_started` for the stream, newer and with the same address: Zoom takes up what the client gave up.

    It comes once a handshake was refused behind the fault's own time, and the client is waited for anew.
    """

    from_start = True

    kind: Literal["start_anew"]
    after_seconds: Annotated[Seconds, Field(description="How much later than that refusal.")] = 5


class OddWebhooks(Timed):
    """Start events that are none: ids and addresses of 300 characters and more, half an emoji, NUL, nothing at all."""

    kind: Literal["odd_webhooks"]


class OddPeople(Timed):
    """People join whose names and ids are as odd as names and ids can be, and one is called otherwise from now on."""

    kind: Literal["odd_people"]


class AcceptAndDrop(Timed):
    """Handshakes are accepted, and the socket is cut at once."""

    from_start = True

    kind: Literal["accept_and_drop"]
    socket: Annotated[OneSocket, Field(description="On which socket.")] = "media"
    count: Annotated[Count, Field(description="How many handshakes.")] = 3


class EarlyMessages(Timed):
    """Messages come before the answer to a handshake: a state, an event or a keep-alive."""

    from_start = True

    kind: Literal["early_messages"]
    socket: Annotated[OneSocket, Field(description="On which socket.")] = "signaling"
    count: Annotated[Count, Field(description="How many handshakes.")] = 1


class Trickle(Timed):
    """The next messages come in many small frames, and slowly."""

    from_start = True

    kind: Literal["trickle"]
    socket: Annotated[OneSocket, Field(description="On which socket.")] = "media"
    messages: Annotated[Count, Field(description="How many.")] = 3
    size_bytes: Annotated[int, Field(ge=1, le=1000, description="Of each frame.")] = 1
    seconds: Annotated[float, Field(ge=0, le=5, description="How long a message takes, not sped up.")] = 0


class Refuse(Timed):
    """Handshakes are answered with a status code."""

    from_start = True

    kind: Literal["refuse"]
    socket: Annotated[OneSocket, Field(description="On which socket.")] = "signaling"
    status: Annotated[int, Field(ge=1, le=999, description="RTMS_STATUS_CODE; may be one nobody knows.")] = (
        int(StatusCode.INTERNAL_EXCEPTION)
    )
    count: Annotated[Count, Field(description="How many handshakes.")] = 1


class SlowHandshake(Timed):
    """Handshakes are answered late."""

    from_start = True

    kind: Literal["slow_handshake"]
    socket: Annotated[OneSocket, Field(description="On which socket.")] = "signaling"
    seconds: Annotated[Seconds, Field(description="How late.")] = 5
    count: Annotated[Count, Field(description="How many handshakes.")] = 1


class NoHandshake(Timed):
    """Handshakes are not answered at all."""

    from_start = True

    kind: Literal["no_handshake"]
    socket: Annotated[OneSocket, Field(description="On which socket.")] = "signaling"
    count: Annotated[Count, Field(description="How many handshakes.")] = 1


class Pause(Timed):
    """The stream is paused and resumed (states 5 and 6); what is said meanwhile is sent to nobody."""

    kind: Literal["pause"]
    seconds: Annotated[Seconds, Field(description="For how long.")] = 10


class Repeat(Timed):
    """The last lines are sent again."""

    kind: Literal["repeat"]
    lines: Annotated[Count, Field(description="How many.")] = 3


class Burst(Timed):
    """The next lines are held back and then sent at once."""

    kind: Literal["burst"]
    lines: Annotated[Count, Field(description="How many.")] = 5
    backwards: Annotated[bool, Field(description="Whether the last one comes first.")] = False


Oddity = Literal[
    "no_name",
    "nobody",
    "no_user_id",
    "user_id_text",
    "user_id_zero",
    "user_id_negative",
    "user_id_long",
    "other_id",
    "other_name",
    "name_long",
    "half_emoji",
    "nul",
    "control",
    "no_times",
    "times_in_seconds",
    "no_language",
]


class OddLines(Timed):
    """The next lines have a shape that Zoom's are known to have now and then."""

    from_start = True

    kind: Literal["odd_lines"]
    oddity: Annotated[Oddity, Field(description="Which.")]
    lines: Annotated[Count, Field(description="How many.")] = 1


class UnknownMessages(Timed):
    """Messages, events and states of numbers that nobody knows yet."""

    kind: Literal["unknown_messages"]
    socket: Annotated[OneSocket, Field(description="On which socket.")] = "signaling"


Shape = Literal["not_json", "truncated", "no_object", "deep", "huge", "wrong_types", "empty", "not_utf8"]


class Garbage(Timed):
    """Frames that hold no message."""

    kind: Literal["garbage"]
    socket: Annotated[OneSocket, Field(description="On which socket.")] = "media"
    shape: Annotated[Shape, Field(description="What they are.")] = "not_json"
    size_bytes: Annotated[
        int, Field(ge=1, le=64 << 20, description="Of a huge one. Clients may refuse more than 1 MiB.")
    ] = 900_000


class BareKeepAlives(Timed):
    """Keep-alives without a timestamp."""

    from_start = True

    kind: Literal["bare_keep_alives"]
    socket: Annotated[OneSocket, Field(description="On which socket.")] = "media"
    count: Annotated[Count, Field(description="How many.")] = 2


class SessionStopped(Timed):
    """Message 9, STOPPED: one user's session ends, and the stream goes on."""

    kind: Literal["session_stopped"]


class End(Timed):
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
    | Outage
    | HalfOpen
    | MediaInterrupted
    | SignalInterrupted
    | InterruptedWebhook
    | Failover
    | StartAgain
    | StartAnew
    | OddWebhooks
    | OddPeople
    | AcceptAndDrop
    | EarlyMessages
    | Trickle
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


def sockets(named: Literal["signaling", "media", "both"]) -> frozenset[Socket]:
    """The sockets that a fault names."""
    return frozenset(Socket) if named == "both" else frozenset({Socket(named)})
