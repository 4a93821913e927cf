"""``GET /api/search``: a question to the archive, and the places that answer it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Query, status
from pydantic import BaseModel

from bridge.archive.search import LONGEST_QUESTION, MOST_HITS
from bridge.domain import LIMITS, PassageKind, Source
from bridge.errors import QuestionRefused
from bridge.text import is_plain
from bridge.times import moment

if TYPE_CHECKING:
    from bridge.archive.search import Hit, Searcher

Mark = tuple[int, int]
"""Where a word of the question stands in a text: its first character, from 0, and the one behind its last."""


class SaidOut(BaseModel):
    """An utterance of a hit; times in UTC milliseconds."""

    id: str
    speaker: str
    user_id: str
    start_ms: int
    end_ms: int
    text: str
    source: Source
    marks: list[Mark]


class FindingOut(BaseModel):
    """What a flow found there."""

    name: str
    """Its own in the stream: the route and the flow's id for it."""
    kind: str
    """Such as ``decision``, ``action_item`` or ``summary``."""
    text: str
    marks: list[Mark]


class HitOut(BaseModel):
    """A place that answers the question."""

    kind: PassageKind
    score: float
    """To compare hits of one answer by."""
    stream_id: str
    meeting_uuid: str
    meeting_id: str
    topic: str
    started_at: datetime
    at_ms: int
    """When the first of it was said, UTC milliseconds."""
    finding: FindingOut | None
    said: list[SaidOut]
    """In order; of a finding, what bears it out."""


class SearchOut(BaseModel):
    """What was found, the best first."""

    hits: list[HitOut]


def search_router(archive: Searcher) -> APIRouter:
    """The route; who may ask is decided by the router that it becomes a part of."""
    router = APIRouter()

    @router.get("/api/search")
    async def search(
        q: Annotated[str, Query(min_length=1, max_length=LONGEST_QUESTION)],
        limit: Annotated[int, Query(ge=1, le=MOST_HITS)] = 10,
        meeting_id: Annotated[str | None, Query(min_length=1, max_length=LIMITS.id)] = None,
    ) -> SearchOut:
        if meeting_id is not None and not is_plain(meeting_id):
            return SearchOut(hits=[])
        try:
            hits = await archive.search(q, limit=limit, meeting_id=meeting_id)
        except QuestionRefused as refused:
            raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, str(refused)) from None
        return SearchOut(hits=[_hit(hit) for hit in hits])

    return router


def _hit(hit: Hit) -> HitOut:
    stream = hit.stream
    is_finding = hit.kind is PassageKind.FINDING
    return HitOut(
        kind=hit.kind,
        score=round(hit.score, 3),
        stream_id=stream.stream_id,
        meeting_uuid=stream.meeting_uuid,
        meeting_id=stream.meeting_id,
        topic=stream.topic,
        started_at=moment(stream.started_at_ms),
        at_ms=hit.at_ms,
        finding=FindingOut(name=hit.item, kind=hit.label, text=hit.text, marks=list(hit.marks))
        if is_finding
        else None,
        said=[
            SaidOut(
                id=line.utterance.id,
                speaker=line.utterance.speaker,
                user_id=line.utterance.user_id,
                start_ms=line.utterance.start_ms,
                end_ms=line.utterance.end_ms,
                text=line.utterance.text,
                source=line.utterance.source,
                marks=list(line.marks),
            )
            for line in hit.lines
        ],
    )
