"""What another bridge had heard of a stream that is ours now; see :mod:`bridge.store.salvage`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.rtms.media import Said
from bridge.store.salvage import heard_in
from bridge.transcript.utterance import Transcript

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.domain import Utterance
    from bridge.store.store import Store, StoredEvent


def said_again(utterance: Utterance) -> Said:
    """The words as they came off the wire. Pure."""
    return Said(
        user_id=utterance.user_id,
        speaker=utterance.speaker,
        start_ms=utterance.start_ms,
        end_ms=utterance.end_ms,
        timestamp_ms=utterance.start_ms,
        text=utterance.text,
        language=utterance.language,
        source=utterance.source,
        message_id=utterance.message_id,
    )


def utterances_of(events: Sequence[StoredEvent]) -> tuple[list[Said], list[tuple[StoredEvent, str]]]:
    """What was said in events, and those that cannot be read, each with the reason. Pure."""
    said: list[Said] = []
    unread: list[tuple[StoredEvent, str]] = []
    for event in events:
        try:
            said.append(said_again(heard_in(event.body)))
        except ValueError as error:
            unread.append((event, str(error)))
    return said, unread


async def add_heard(store: Store, stream_id: str, heard: Sequence[Said], now_ms: int) -> int:
    """Put words behind those of a stream that has no session; gives how many were not known."""
    point = await store.resume_point(stream_id)
    transcript = Transcript(
        stream_id, count=point.count, people=point.people, recent=point.recent, chat=point.chat
    )
    added = [utterance for each in heard if (utterance := transcript.add(each, now_ms)) is not None]
    for utterance in added:
        store.add_utterance(utterance)
    return len(added)
