"""A meeting as a tape, as an HTTP answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fastapi.responses import Response

from bridge.tape.made import tape_of
from bridge.tape.tape import write

if TYPE_CHECKING:
    from bridge.domain import Stream
    from bridge.store.store import Store


async def tape(store: Store, stream: Stream) -> Response:
    """All that is kept of what was heard of a stream by now, with its words; made in a thread.

    Raises:
        StoreAway: It cannot be read now.
    """
    utterances = await store.utterances(stream.stream_id, deleted=True)
    gaps, happenings = await store.gaps(stream.stream_id), await store.happenings(stream.stream_id)
    events = await store.events_of(stream.stream_id)

    def made() -> str:
        return write(tape_of(stream, utterances=utterances, gaps=gaps, happenings=happenings, events=events))

    return Response(
        await asyncio.to_thread(made),
        media_type="application/jsonl",
        headers={"x-content-type-options": "nosniff"},
    )
