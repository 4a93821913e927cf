"""What the store has of a stream, as a tape. Pure.

The bridge keeps no frames. What it has made of them is put back at the times at which they must have come: words when
they were over, but never while nobody heard, and in the order in which they were numbered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.domain import HappeningKind, Source
from bridge.tape.tape import Head, Lost, Pause, Person, Said, Tape, Webhook
from bridge.transcript.utterance import UNKNOWN_SPEAKER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bridge.domain import Gap, Happening, Stream, ToldEvent, Utterance
    from bridge.tape.tape import Moment


def tape_of(
    stream: Stream,
    *,
    utterances: Sequence[Utterance],
    gaps: Sequence[Gap],
    happenings: Sequence[Happening],
    events: Sequence[ToldEvent],
) -> Tape:
    """All of a stream, in the order of its times.

    Args:
        stream: As it stands.
        utterances: In order of arrival, deleted chat messages among them.
        gaps: Of the stream.
        happenings: In order.
        events: Webhooks of the stream, in order of arrival.
    """
    zero = _zero(stream, happenings)
    moments: list[Moment] = [
        *_said(utterances, gaps, zero),
        *(_happened(each, zero) for each in happenings),
        *(Lost(at_ms=each.from_ms - zero, until_ms=each.to_ms - zero, reason=each.reason) for each in gaps),
        *(Webhook(at_ms=each.received_ms - zero, event=each.event) for each in events),
    ]
    head = Head(
        words="kept",
        product=stream.product.value,
        topic=stream.topic,
        state=stream.state.value,
        end_reason=stream.end_reason,
    )
    return Tape(head=head, moments=tuple(sorted(moments, key=lambda moment: moment.at_ms)))


def _zero(stream: Stream, happenings: Iterable[Happening]) -> int:
    present = (each.at_ms for each in happenings if each.kind is HappeningKind.PRESENT)
    return next(present, stream.started_at_ms)


def _said(utterances: Iterable[Utterance], gaps: Sequence[Gap], zero: int) -> Iterator[Said]:
    at_ms, messages = 0, 0
    for each in utterances:
        at_ms = max(at_ms, _heard(each.end_ms, gaps) - zero)
        chat = each.source is Source.CHAT
        messages += chat
        yield Said(
            at_ms=at_ms,
            kind="chat" if chat else "speech",
            start_ms=each.start_ms - zero,
            end_ms=each.end_ms - zero,
            user_id=each.user_id,
            speaker="" if each.speaker == UNKNOWN_SPEAKER else each.speaker,
            text=each.text,
            language=each.language,
            message=f"message-{messages}" if chat and each.message_id else "",
        )


def _heard(over_ms: int, gaps: Iterable[Gap]) -> int:
    """When words can have come that were over at a time: within no gap, at whichever end of it is nearer."""
    for gap in gaps:
        if gap.from_ms < over_ms < gap.to_ms:
            return gap.from_ms if over_ms - gap.from_ms < gap.to_ms - over_ms else gap.to_ms
    return over_ms


def _happened(happening: Happening, zero: int) -> Moment:
    at_ms = happening.at_ms - zero
    if happening.kind is HappeningKind.PAUSED:
        return Pause(at_ms=at_ms, kind="paused")
    if happening.kind is HappeningKind.RESUMED:
        return Pause(at_ms=at_ms, kind="resumed")
    return Person.model_validate(
        {
            "at_ms": at_ms,
            "kind": happening.kind.value,
            "user_id": happening.user_id,
            "name": happening.name,
        }
    )
