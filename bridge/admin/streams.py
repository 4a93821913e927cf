"""``/api/streams``: what was said in each, and what the flows found."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Protocol

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from bridge.admin.exporting import export
from bridge.admin.named import StreamId, known, stream_named
from bridge.admin.runs import RunOut, UsageOut
from bridge.admin.taping import tape
from bridge.domain import LIMITS, HappeningKind, Source, StreamState
from bridge.export.formats import Form
from bridge.flow.found import found_of
from bridge.flow.usage import total
from bridge.times import moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.domain import Happening, Run, Utterance
    from bridge.flow.news import Insight
    from bridge.store.store import Store, StreamSummary

_MAX_NUMBER: Final = 2**63 - 1
"""Largest number that is taken from a caller."""
_MAX_POSITION: Final = 2**31 - 1
"""Largest position that a store's column holds; no stream comes near it."""


class LiveStreams(Protocol):
    """What is known only while a stream lives."""

    def active_speaker(self, stream_id: str) -> str:
        """Who speaks now; empty where that is not known."""


class StreamOut(BaseModel):
    """A stream in a list."""

    stream_id: str
    meeting_uuid: str
    meeting_id: str
    product: str
    state: StreamState
    started_at: datetime
    end_reason: str
    utterances: int
    windows: int


class GapOut(BaseModel):
    """A stretch that was not received; times in UTC milliseconds."""

    from_ms: int
    to_ms: int
    reason: str


class TotalOut(BaseModel):
    """What models took for all answered runs of a stream, read off a :class:`bridge.flow.usage.Total`."""

    usage: UsageOut | None
    """Of the runs that told; ``null`` where none did."""
    unknown: int
    """Answered runs of which it is not known."""
    unpriced: int
    """Runs of which tokens are known, and no cost."""


class StreamDetailOut(StreamOut):
    """One stream."""

    gaps: list[GapOut]
    active_speaker: str
    """Who speaks now; empty where that is not known."""
    took: TotalOut
    """What models took for its runs."""


class UtteranceOut(BaseModel):
    """What somebody said, read off an :class:`bridge.domain.Utterance`; times in UTC milliseconds."""

    id: str
    speaker: str
    user_id: str
    start_ms: int
    end_ms: int
    text: str
    language: int | None
    source: Source


class HappeningOut(BaseModel):
    """Somebody came, left or shared a screen; time in UTC milliseconds."""

    kind: HappeningKind
    at_ms: int
    user_id: str
    name: str


class InsightOut(BaseModel):
    """What a flow found, read off a :class:`bridge.flow.news.Insight`; empty where it was not told."""

    id: str
    kind: str
    text: str
    owner: str
    due: str
    evidence: list[str]
    """Ids of the utterances that show it."""
    answer: str
    record_name: str
    record_url: str
    route: str
    window_id: str


def streams_router(store: Store, live: LiveStreams) -> APIRouter:
    """The routes; who may ask is decided by the router that they become a part of."""
    router = APIRouter()

    @router.get("/api/streams")
    async def streams(
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        meeting_uuid: Annotated[str | None, Query(max_length=LIMITS.id)] = None,
    ) -> list[StreamOut]:
        """The newest, or those of one meeting, whenever it was."""
        if meeting_uuid is None:
            summaries = await store.stream_summaries(limit=limit)
        else:
            ids = await store.streams_of(meeting_uuid)
            found = [await store.stream_summary(stream_id) for stream_id in reversed(ids[-limit:])]
            summaries = [summary for summary in found if summary is not None]
        return [StreamOut(**_stream(summary)) for summary in summaries]

    @router.get("/api/streams/{stream_id}")
    async def stream(stream_id: StreamId) -> StreamDetailOut:
        summary = known(await store.stream_summary(stream_id))
        gaps = await store.gaps(stream_id)
        return StreamDetailOut(
            **_stream(summary),
            gaps=[GapOut.model_validate(gap, from_attributes=True) for gap in gaps],
            active_speaker=live.active_speaker(stream_id),
            took=TotalOut.model_validate(total(await store.usages(stream_id)), from_attributes=True),
        )

    @router.get("/api/streams/{stream_id}/utterances", response_model=list[UtteranceOut])
    async def utterances(
        stream_id: StreamId,
        after: Annotated[int, Query(ge=0, le=_MAX_NUMBER, description="Position to start behind.")] = 0,
    ) -> Sequence[Utterance]:
        await stream_named(store, stream_id)
        return await store.utterances(stream_id, after=min(after, _MAX_POSITION))

    @router.get("/api/streams/{stream_id}/happenings", response_model=list[HappeningOut])
    async def happenings(stream_id: StreamId) -> Sequence[Happening]:
        await stream_named(store, stream_id)
        return await store.happenings(stream_id)

    @router.get("/api/streams/{stream_id}/runs", response_model=list[RunOut])
    async def runs(stream_id: StreamId) -> Sequence[Run]:
        await stream_named(store, stream_id)
        return await store.runs(stream_id)

    @router.get("/api/streams/{stream_id}/export/{form}", response_class=Response)
    async def exported(stream_id: StreamId, form: Form) -> Response:
        """The meeting as a file, as far as it goes now."""
        return await export(store, await stream_named(store, stream_id), form)

    @router.get("/api/streams/{stream_id}/tape", response_class=Response)
    async def taped(stream_id: StreamId) -> Response:
        """What was heard and when, with all words, as ``simulate`` plays it; ``zoom-bridge tape`` takes the words out."""
        return await tape(store, await stream_named(store, stream_id))

    @router.get("/api/streams/{stream_id}/insights", response_model=list[InsightOut])
    async def insights(stream_id: StreamId) -> Sequence[Insight]:
        """What the flows found, each in its latest wording, in order of first appearance."""
        await stream_named(store, stream_id)
        return (await found_of(await store.runs(stream_id))).insights

    return router


def _stream(summary: StreamSummary) -> dict[str, Any]:
    """What :class:`StreamOut` shows of a stream; it passes over the rest."""
    started_at = moment(summary.stream.started_at_ms)
    return asdict(summary.stream) | {
        "product": summary.stream.product.value,
        "started_at": started_at,
        "utterances": summary.utterances,
        "windows": summary.windows,
    }
