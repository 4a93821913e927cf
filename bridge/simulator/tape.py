"""A tape as what is played: the lines, who comes and goes, and what goes wrong when. Pure.

What was heard is said again to somebody who hears; a gap is an outage, a newer start of the stream beside one a failover.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bridge.domain import HappeningKind, Source
from bridge.rtms.messages import StopReason
from bridge.rtms.status import stop_words
from bridge.simulator.faults import FaultScript
from bridge.simulator.meeting import Line, Meeting, Visit
from bridge.tape.tape import Lost, Pause, Person, Said, Webhook

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bridge.tape.tape import Tape

NEAR_MS: Final = 5000
"""A start of the stream that comes within so long of a gap is what ended it."""
LAST_MS: Final = 1000
"""How long a tape goes on behind the last that happened, where nothing tells its end."""
TAKEN_BACK: Final = "…"
"""Stands for the words of a chat message that was deleted."""
_LONGEST_SECONDS: Final = 86_400.0


def played(tape: Tape) -> tuple[Meeting, FaultScript]:
    """What is said, and what goes wrong meanwhile."""
    meeting = Meeting(
        title=tape.head.topic or "tape",
        lines=tuple(_line(each) for each in tape.moments if isinstance(each, Said)),
        visits=tuple(_visit(each) for each in tape.moments if isinstance(each, Person)),
        insists=True,
    )
    faults = [*_outages(tape), *_failovers(tape), *_pauses(tape), _end(tape)]
    return meeting, FaultScript.model_validate({"fault": faults})


def _line(said: Said) -> Line:
    chat = said.kind == "chat"
    return Line(
        start_ms=said.start_ms,
        end_ms=said.end_ms,
        user_id=_id(said.user_id),
        speaker=said.speaker,
        text=said.text or TAKEN_BACK,
        source=Source.CHAT if chat else Source.SPEECH,
        at_ms=max(0, said.at_ms),
        language=said.language,
        message_id=said.message,
        deleted=chat and not said.text,
    )


def _visit(person: Person) -> Visit:
    return Visit(
        at_ms=person.at_ms, kind=HappeningKind(person.kind), user_id=_id(person.user_id), name=person.name
    )


def _id(user_id: str) -> int | str:
    """Zoom tells ids as numbers."""
    return int(user_id) if user_id.isascii() and user_id.isdecimal() and len(user_id) < 19 else user_id


def _outages(tape: Tape) -> Iterator[dict[str, Any]]:
    told = [each.at_ms for each in _webhooks(tape, "interrupted")]
    end = _end_ms(tape)
    for lost in _gaps(tape):
        for_good = lost.until_ms >= end and lost.reason == "lost"
        yield {
            "kind": "outage",
            "at_seconds": _seconds(lost.at_ms),
            "seconds": _LONGEST_SECONDS if for_good else _seconds(lost.until_ms - lost.at_ms),
            "told": any(lost.at_ms - NEAR_MS < at <= lost.until_ms for at in told),
        }


def _failovers(tape: Tape) -> Iterator[dict[str, Any]]:
    for start in _webhooks(tape, "started")[1:]:
        if start.at_ms < 0:
            continue
        beside = [
            lost for lost in _gaps(tape) if lost.at_ms - NEAR_MS < start.at_ms < lost.until_ms + NEAR_MS
        ]
        at_ms = max(start.at_ms, beside[0].at_ms) if beside else start.at_ms
        yield {"kind": "failover", "at_seconds": _seconds(at_ms)}


def _pauses(tape: Tape) -> Iterator[dict[str, Any]]:
    began: int | None = None
    for each in tape.moments:
        if not isinstance(each, Pause):
            continue
        if each.kind == "paused":
            began = each.at_ms
        elif began is not None:
            yield {"kind": "pause", "at_seconds": _seconds(began), "seconds": _seconds(each.at_ms - began)}
            began = None
    if began is not None:
        yield {"kind": "pause", "at_seconds": _seconds(began), "seconds": _LONGEST_SECONDS}


def _end(tape: Tape) -> dict[str, Any]:
    words = tape.head.end_reason
    reason = next((each for each in StopReason if stop_words(each) == words), StopReason.MEETING_ENDED)
    return {"kind": "end", "at_seconds": _seconds(_end_ms(tape)), "reason": int(reason)}


def _end_ms(tape: Tape) -> int:
    stopped = [each.at_ms for each in _webhooks(tape, "stopped")]
    return stopped[-1] if stopped else max((each.at_ms for each in tape.moments), default=0) + LAST_MS


def _gaps(tape: Tape) -> Sequence[Lost]:
    return [each for each in tape.moments if isinstance(each, Lost)]


def _webhooks(tape: Tape, what: str) -> Sequence[Webhook]:
    return [
        each for each in tape.moments if isinstance(each, Webhook) and each.event.endswith(f"rtms_{what}")
    ]


def _seconds(ms: int) -> float:
    return min(max(0, ms) / 1000, _LONGEST_SECONDS)
