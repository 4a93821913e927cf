"""``POST /api/streams/{id}/ask``: a question to a meeting, which the assistant's flow answers to the asker alone."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Protocol

from fastapi import APIRouter, HTTPException, status
from pydantic import BaseModel, ConfigDict, Field

from bridge.admin.named import StreamId, stream_named
from bridge.archive.search import LONGEST_QUESTION
from bridge.domain import utterance_id
from bridge.errors import NotAnswered, QuestionRefused
from bridge.times import moment

if TYPE_CHECKING:
    from bridge.domain import Answered, Evidence, Stream
    from bridge.store.store import Store

NOT_HERE = "this bridge has nobody who answers questions"


class Asker(Protocol):
    """Who gets a question answered; as :class:`bridge.replay.question.Questions`."""

    async def __call__(self, stream: Stream, question: str) -> Answered:
        """The answer. Raises :class:`QuestionRefused`, :class:`NotAnswered`, :class:`StoreAway`."""


class AskIn(BaseModel):
    """A question."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[str, Field(min_length=1, max_length=LONGEST_QUESTION)]


class EvidenceOut(BaseModel):
    """What the answer rests on: an utterance, or what a flow had found in an earlier meeting of the series."""

    stream_id: str
    meeting_id: str
    topic: str
    started_at: datetime
    """When its meeting began."""
    id: str
    """Of the utterance; empty of what a flow had found."""
    at_ms: int
    """When it was said, UTC milliseconds; 0 of what a flow had found."""
    speaker: str
    """Who said it, or who is to do it; empty where nobody was named."""
    text: str


class AnswerOut(BaseModel):
    """What the flow answered; nobody else has heard of it."""

    answer: str
    evidence: list[EvidenceOut]
    """In the order of the answer; none where the flow does not tell."""


def ask_router(store: Store, ask: Asker | None) -> APIRouter:
    """The route; who may ask is decided by the router that it becomes a part of."""
    router = APIRouter()

    @router.post("/api/streams/{stream_id}/ask")
    async def put_question(stream_id: StreamId, wish: AskIn) -> AnswerOut:
        stream = await stream_named(store, stream_id)
        if ask is None:
            raise HTTPException(status.HTTP_501_NOT_IMPLEMENTED, NOT_HERE)
        try:
            answered = await ask(stream, wish.question)
        except QuestionRefused as refused:
            raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, str(refused)) from None
        except NotAnswered as error:
            raise HTTPException(status.HTTP_503_SERVICE_UNAVAILABLE, str(error)) from None
        return AnswerOut(answer=answered.text, evidence=[_evidence(each) for each in answered.evidence])

    return router


def _evidence(one: Evidence) -> EvidenceOut:
    return EvidenceOut(
        stream_id=one.stream.stream_id,
        meeting_id=one.stream.meeting_id,
        topic=one.stream.topic,
        started_at=moment(one.stream.started_at_ms),
        id=utterance_id(one.n) if one.n else "",
        at_ms=one.at_ms,
        speaker=one.speaker,
        text=one.text,
    )
