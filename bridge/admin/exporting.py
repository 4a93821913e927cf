"""A meeting as a file, as an HTTP answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fastapi.responses import Response

from bridge.export.formats import FORMATS, file_name
from bridge.export.meeting import told
from bridge.flow.news import insights_of, summary_of

if TYPE_CHECKING:
    from bridge.domain import Stream
    from bridge.store.store import Store


async def export(store: Store, stream: Stream, suffix: str) -> Response:
    """All that is kept of a stream by now, in one of :data:`bridge.export.formats.FORMATS`; made in a thread.

    Raises:
        StoreAway: It cannot be read now.
    """
    runs = await store.runs(stream.stream_id)
    meeting = told(
        stream,
        utterances=await store.utterances(stream.stream_id),
        gaps=await store.gaps(stream.stream_id),
        happenings=await store.happenings(stream.stream_id),
        insights=insights_of(runs),
        summary=summary_of(runs),
    )
    form = FORMATS[suffix]
    return Response(
        await asyncio.to_thread(form.write, meeting),
        media_type=form.media_type,
        headers={
            "content-disposition": f'attachment; filename="{file_name(meeting, suffix)}"',
            "x-content-type-options": "nosniff",
        },
    )
