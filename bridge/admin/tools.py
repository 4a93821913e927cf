"""What an assistant may ask of the archive, each with what it is asked by and what it tells. Nothing is posted or changed by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from bridge.admin.asking import NOT_HERE
from bridge.archive.search import LONGEST_QUESTION
from bridge.domain import LIMITS, PassageKind, Stream
from bridge.errors import QuestionRefused
from bridge.flow.found import found_of, told_of
from bridge.flow.news import left_to_do
from bridge.text import is_plain
from bridge.times import moment

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bridge.admin.asking import Asker
    from bridge.archive.search import Hit, Searcher
    from bridge.domain import Evidence, Utterance
    from bridge.store.store import Store

_MOST_MEETINGS: Final = 20
"""Of a series that are looked at, the newest."""

Limit = Annotated[int, Field(ge=1, le=50, description="At most so many.")]
Meeting = Annotated[
    str,
    Field(
        min_length=1, max_length=LIMITS.id, description="A meeting's id, as list_meetings and search tell it."
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Where the tools look."""

    store: Store
    searcher: Searcher
    ask: Asker | None = None
    """Who gets a question answered; nobody where it is ``None``."""


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ListMeetings(_Asked):
    """Which meetings there are."""

    limit: Limit = 20


class Search(_Asked):
    """A question to all meetings, or to one series."""

    question: Annotated[
        str,
        Field(min_length=1, max_length=LONGEST_QUESTION, description="Words to look for, in any language."),
    ]
    series: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=LIMITS.id,
            description="Only meetings under this number, as list_meetings tells it.",
        ),
    ] = None
    limit: Limit = 5


class Transcript(_Asked):
    """What was said in a meeting."""

    meeting: Meeting
    after: Annotated[
        int, Field(ge=0, lt=2**31, description="Begin behind this position; 0 for the beginning.")
    ] = 0
    limit: Annotated[int, Field(ge=1, le=500, description="At most so many utterances.")] = 200


class Findings(_Asked):
    """What the flows found in a meeting."""

    meeting: Meeting


class OpenItems(_Asked):
    """What is left to do of a series."""

    series: Annotated[
        str, Field(min_length=1, max_length=LIMITS.id, description="The number, as list_meetings tells it.")
    ]


class Ask(_Asked):
    """A question that is to be answered, and not only looked for."""

    meeting: Meeting
    question: Annotated[
        str,
        Field(
            min_length=1,
            max_length=LONGEST_QUESTION,
            description="About this meeting or earlier ones of its series, such as 'What did we agree last week?'.",
        ),
    ]


class MeetingTold(BaseModel):
    """A meeting: one stream of it."""

    meeting: str
    topic: str
    series: str
    began: datetime
    state: str


class MeetingsTold(BaseModel):
    """The newest meetings, newest first."""

    meetings: list[MeetingTold]


class SaidTold(BaseModel):
    """What somebody said."""

    position: int
    at: datetime
    speaker: str
    text: str


class PlaceTold(BaseModel):
    """A place that answers a question."""

    meeting: MeetingTold
    finding: str
    """What a flow found there, with its kind; empty where it is what people said."""
    said: list[SaidTold]


class PlacesTold(BaseModel):
    """The best places for a question, the best first; none where nothing of it was said."""

    places: list[PlaceTold]


class TranscriptTold(BaseModel):
    """What was said, in order."""

    meeting: MeetingTold
    said: list[SaidTold]
    more_after: int | None
    """Position to go on behind; ``None`` where that was all."""


class FindingTold(BaseModel):
    """Something that a flow found."""

    kind: str
    text: str
    owner: str
    due: str
    evidence: list[str]


class FindingsTold(BaseModel):
    """What the flows found, in order of first appearance."""

    meeting: MeetingTold
    summary: str
    findings: list[FindingTold]


class OpenItemTold(BaseModel):
    """Something that is left to do."""

    text: str
    owner: str
    due: str
    """In the words that were said in that meeting."""
    meeting: MeetingTold
    evidence: list[str]


class OpenItemsTold(BaseModel):
    """What the newest meetings of a series left to do, the newest meeting first."""

    items: list[OpenItemTold]


class EvidenceTold(BaseModel):
    """What an answer rests on: what somebody said, or what a flow had found in an earlier meeting."""

    meeting: MeetingTold
    position: int | None
    """Of what was said; ``None`` of what a flow had found."""
    at: datetime | None
    """When it was said; ``None`` of what a flow had found."""
    speaker: str
    """Who said it, or who is to do it; empty where nobody was named."""
    text: str


class AnswerTold(BaseModel):
    """What the assistant's flow answered; nobody in the meeting has heard of it."""

    meeting: MeetingTold
    answer: str
    evidence: list[EvidenceTold]
    """In the order of the answer; none where the flow does not tell, and names speakers and times in its answer alone."""


async def list_meetings(shelf: Shelf, asked: ListMeetings) -> MeetingsTold:
    """The newest meetings."""
    found = await shelf.store.newest_streams(limit=asked.limit)
    return MeetingsTold(meetings=[_meeting(stream) for stream in found])


async def search(shelf: Shelf, asked: Search) -> PlacesTold:
    """The places that answer a question."""
    if asked.series is not None and not is_plain(asked.series):
        return PlacesTold(places=[])
    hits = await shelf.searcher.search(asked.question, limit=asked.limit, meeting_id=asked.series)
    return PlacesTold(places=[_place(hit) for hit in hits])


async def transcript(shelf: Shelf, asked: Transcript) -> TranscriptTold:
    """What was said."""
    stream = await _stream(shelf, asked.meeting)
    said = await shelf.store.utterances(asked.meeting, after=asked.after, limit=asked.limit + 1)
    told = said[: asked.limit]
    return TranscriptTold(
        meeting=_meeting(stream),
        said=[_said(one) for one in told],
        more_after=told[-1].n if len(said) > len(told) else None,
    )


async def findings(shelf: Shelf, asked: Findings) -> FindingsTold:
    """What the flows found."""
    stream = await _stream(shelf, asked.meeting)
    found = await found_of(await shelf.store.runs(asked.meeting))
    return FindingsTold(
        meeting=_meeting(stream),
        summary=found.summary.text if found.summary else "",
        findings=[
            FindingTold(
                kind=one.kind, text=one.text, owner=one.owner, due=one.due, evidence=list(one.evidence)
            )
            for one in found.insights
        ],
    )


async def open_items(shelf: Shelf, asked: OpenItems) -> OpenItemsTold:
    """What is left to do, of what has gone out; what a later meeting says in the same words counts as that one left it."""
    series = await shelf.store.series(asked.series) if is_plain(asked.series) else []
    found, stream_of = [], dict[str, Stream]()
    for stream in reversed(series[:_MOST_MEETINGS]):
        told = await told_of(await shelf.store.runs(stream.stream_id))
        stream_of |= {one.window_id: stream for one in told.insights}
        found.append(told)
    left = sorted(left_to_do(found), key=lambda one: -stream_of[one.window_id].started_at_ms)
    return OpenItemsTold(
        items=[
            OpenItemTold(
                text=one.text,
                owner=one.owner,
                due=one.due,
                meeting=_meeting(stream_of[one.window_id]),
                evidence=list(one.evidence),
            )
            for one in left
        ]
    )


async def ask(shelf: Shelf, asked: Ask) -> AnswerTold:
    """What the assistant's flow answers."""
    stream = await _stream(shelf, asked.meeting)
    if shelf.ask is None:
        raise QuestionRefused(NOT_HERE)
    answered = await shelf.ask(stream, asked.question)
    return AnswerTold(
        meeting=_meeting(stream),
        answer=answered.text,
        evidence=[_evidence(one) for one in answered.evidence],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool as an assistant sees it, and what answers it."""

    name: str
    about: str
    asks: type[BaseModel]
    tell: Callable[[Shelf, Any], Awaitable[BaseModel]]
    runs_a_flow: bool = False
    """Whether it has a flow run, which may cost tokens, and not only reads."""


TOOLS: Final = {
    tool.name: tool
    for tool in (
        Tool(
            name="list_meetings",
            about="Lists the newest meetings with topic, number of the series, when they began and whether they are live.",
            asks=ListMeetings,
            tell=list_meetings,
        ),
        Tool(
            name="search",
            about="Finds where a question was answered: passages of what people said, and what flows found. Looks for words, "
            "not for meanings: ask again with other words where nothing is found.",
            asks=Search,
            tell=search,
        ),
        Tool(
            name="transcript",
            about="Reads what was said in a meeting, in order, from a position on.",
            asks=Transcript,
            tell=transcript,
        ),
        Tool(
            name="findings",
            about="Tells what flows found in a meeting: action items, decisions, questions, and the summary.",
            asks=Findings,
            tell=findings,
        ),
        Tool(
            name="open_items",
            about="Tells the action items that the newest meetings of a series left to do, with owner, due date and meeting.",
            asks=OpenItems,
            tell=open_items,
        ),
        Tool(
            name="ask",
            about="Has the meeting assistant answer a question about a meeting, from what was said in it and in earlier ones of "
            "its series, with the words that bear it out. Nothing is posted. Takes seconds and may cost a model's tokens: "
            "search finds places for nothing.",
            asks=Ask,
            tell=ask,
            runs_a_flow=True,
        ),
    )
}


async def _stream(shelf: Shelf, meeting: str) -> Stream:
    stream = await shelf.store.stream_now(meeting)
    if stream is None or stream.is_tombstone:
        raise QuestionRefused("no meeting has this id: list_meetings and search tell the ids there are")
    return stream


def _meeting(stream: Stream) -> MeetingTold:
    return MeetingTold(
        meeting=stream.stream_id,
        topic=stream.topic,
        series=stream.meeting_id,
        began=moment(stream.started_at_ms),
        state=stream.state.value,
    )


def _place(hit: Hit) -> PlaceTold:
    return PlaceTold(
        meeting=_meeting(hit.stream),
        finding=f"{hit.label}: {hit.text}" if hit.kind is PassageKind.FINDING else "",
        said=[_said(line.utterance) for line in hit.lines],
    )


def _evidence(one: Evidence) -> EvidenceTold:
    return EvidenceTold(
        meeting=_meeting(one.stream),
        position=one.n or None,
        at=moment(one.at_ms) if one.at_ms else None,
        speaker=one.speaker,
        text=one.text,
    )


def _said(one: Utterance) -> SaidTold:
    return SaidTold(position=one.n, at=moment(one.start_ms), speaker=one.speaker, text=one.text)
