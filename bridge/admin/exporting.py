"""A meeting as a file, as an HTTP answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fastapi.responses import Response

from bridge.export.formats import FORMATS, file_name
from bridge.export.meeting import told
from bridge.flow.found import found_of

if TYPE_CHECKING:
    from bridge.domain import Stream
    from bridge.export.formats import Form
    from bridge.store.store import Store


async def export(store: Store, stream: Stream, form: Form) -> Response:
    """All that is kept of a stream by now, in a form; made in a thread.

    Raises:
        StoreAway: It cannot be read now.
    """
    found = await found_of(await store.runs(stream.stream_id))
    meeting = told(
        stream,
        utterances=await store.utterances(stream.stream_id),
        gaps=await store.gaps(stream.stream_id),
        happenings=await store.happenings(stream.stream_id),
        insights=found.insights,
        summary=found.summary,
    )
    made = FORMATS[form]
    return Response(
        await asyncio.to_thread(made.write, meeting),
        media_type=made.media_type,
        headers={
            "content-disposition": f'attachment; filename="{file_name(meeting, form)}"',
            "x-content-type-options": "nosniff",
        },
    )
