"""What another bridge had heard of a stream that is ours now; see :mod:`bridge.store.salvage`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.rtms.media import Said
from bridge.transcript.utterance import Transcript

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.domain import Utterance
    from bridge.store.store import Store


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


async def add_heard(store: Store, stream_id: str, heard: Sequence[Utterance], now_ms: int) -> int:
    """Put words behind those of a stream that has no session; gives how many were not known."""
    point = await store.resume_point(stream_id)
    transcript = Transcript(
        stream_id, count=point.count, people=point.people, recent=point.recent, chat=point.chat
    )
    added = [
        utterance for each in heard if (utterance := transcript.add(said_again(each), now_ms)) is not None
    ]
    for utterance in added:
        store.add_utterance(utterance)
    return len(added)
