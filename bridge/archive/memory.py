"""What earlier meetings of a series tell of a question, for the window that asks it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeVar

import structlog

from bridge.domain import Earlier, StillOpen
from bridge.errors import QuestionRefused, StoreAway
from bridge.flow.found import told_of
from bridge.flow.news import left_to_do
from bridge.text import one_line

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from bridge.archive.search import Hit, Searcher
    from bridge.domain import Stream, Utterance
    from bridge.flow.news import Found
    from bridge.store.store import Store

SECONDS: Final = 2.0
"""How long a question waits for it; then it goes without."""
NEWEST: Final = 3
"""So many of the latest meetings tell what was found in them, whatever is asked."""
MOST_MEETINGS: Final = 6
MOST_PLACES: Final = 6
MOST_INSIGHTS: Final = 40
"""Of a meeting, the newest."""
MOST_SUMMARY: Final = 2_000
"""Characters."""
MOST_OPEN: Final = 10
"""Things that were left to do which are told; the others are counted."""
LONGEST_OPEN: Final = 300
"""Characters of one of them."""
MOST_SEARCHED: Final = 250
"""Meetings of a series in which words are looked for, the newest: a year of working days. More would take longer than a question waits."""

_PERSONAL_DIGITS: Final = 10

_Answer = TypeVar("_Answer")

log = structlog.get_logger(__name__)


class SeriesMemory:
    """Looks a question up in meetings of the same series (:func:`is_series`), and in no others.

    What was deleted is gone from here too: it reads the store alone.
    """

    def __init__(self, store: Store, searcher: Searcher, *, seconds: float = SECONDS) -> None:
        self._store = store
        self._searcher = searcher
        self._seconds = seconds

    async def __call__(self, stream: Stream, question: str) -> list[Earlier]:
        """The meetings that began before a stream's and tell of a question, the newest first."""
        if not is_series(stream.meeting_id):
            return []
        return await self._in_time(stream, self._earlier(stream, question)) or []

    async def still_open(self, stream: Stream) -> StillOpen | None:
        """What the last meeting before a stream's left to do; ``None`` where that is nothing, or is not known in time.

        Meetings in which no flow found anything, such as one that somebody only looked into, are passed over.
        """
        if not is_series(stream.meeting_id):
            return None
        return await self._in_time(stream, self._left(stream))

    async def _in_time(self, stream: Stream, work: Awaitable[_Answer]) -> _Answer | None:
        """What is found out, or ``None`` where that takes too long or the store is away: nobody waits for it."""
        try:
            async with asyncio.timeout(self._seconds):
                return await work
        except TimeoutError:
            reason = f"it takes longer than {self._seconds:g} s"
        except StoreAway as away:
            reason = str(away)
        log.warning("memory.not_asked", stream_id=stream.stream_id, reason=reason)
        return None

    async def _left(self, stream: Stream) -> StillOpen | None:
        looked: dict[str, list[Stream]] = {}
        for each in await self._store.series(stream.meeting_id):
            if not each.is_tombstone and _is_before(each, stream):
                looked.setdefault(each.meeting_uuid, []).append(each)
        for parts in list(looked.values())[:NEWEST]:
            found = [await told_of(await self._store.runs(part.stream_id)) for part in reversed(parts)]
            if any(each.insights for each in found):
                return left_open(parts[-1], found)
        return None

    async def _earlier(self, stream: Stream, question: str) -> list[Earlier]:
        series = await self._store.series(stream.meeting_id)
        before = [each for each in series if _is_before(each, stream)]
        hits = await self._hits(question, [each.stream_id for each in before[:MOST_SEARCHED]])
        places: dict[str, list[tuple[Utterance, ...]]] = {}
        for hit in hits:
            if hit.lines:
                said = tuple(line.utterance for line in hit.lines)
                places.setdefault(hit.stream.stream_id, []).append(said)
        telling = [each for n, each in enumerate(before) if n < NEWEST or each.stream_id in places]
        told = [await self._told(each, places.get(each.stream_id, [])) for each in telling[:MOST_MEETINGS]]
        return [each for each in told if each.passages or each.insights or each.summary]

    async def _hits(self, question: str, streams: Sequence[str]) -> Sequence[Hit]:
        try:
            return await self._searcher.search(question, limit=MOST_PLACES, streams=streams)
        except QuestionRefused:
            return []  # such as "what did we do last week?": no word in it is about anything

    async def _told(self, stream: Stream, passages: Sequence[tuple[Utterance, ...]]) -> Earlier:
        found = await told_of(await self._store.runs(stream.stream_id))
        insights = {
            (each.kind, each.text.casefold()): (each.kind, each.text, each.owner, each.due)
            for each in found.insights
        }
        return Earlier(
            stream=stream,
            passages=tuple(passages),
            insights=tuple(insights.values())[-MOST_INSIGHTS:],
            summary=found.summary.text[:MOST_SUMMARY] if found.summary else "",
        )


def is_series(meeting_id: str) -> bool:
    """Whether meetings under a number are one series, so that one may be told of another.

    Under a personal meeting id anybody meets its owner: what one customer has said is not for the next. Such ids have ten
    digits, all others eleven, or nine before April 2020 (support.zoom.com, "Frequently asked questions about meeting and
    webinar IDs", KB0065196).
    """
    is_personal = len(meeting_id) == _PERSONAL_DIGITS and meeting_id.isdecimal()
    return bool(meeting_id) and not is_personal


def left_open(stream: Stream, found: Sequence[Found]) -> StillOpen | None:
    """What a meeting's streams left to do, each thing once however many flows found it; ``None`` where nothing."""
    left = left_to_do(found)
    if not left:
        return None
    items = tuple((one_line(each.text, LONGEST_OPEN), each.owner, each.due) for each in left[:MOST_OPEN])
    language = next((told.language for told in reversed(found) if told.language), "")
    return StillOpen(stream=stream, items=items, more=len(left) - len(items), language=language)


def _is_before(one: Stream, other: Stream) -> bool:
    """Whether it is of another meeting, that began earlier."""
    return one.meeting_uuid != other.meeting_uuid and one.started_at_ms < other.started_at_ms
