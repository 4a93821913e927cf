"""A question to the archive: the passages of past and live meetings that answer it best, and where they stand.

Every way in (the API, the command, the pages) asks this one. What it may see is decided by whoever asks, by the scope:
all meetings, those of one series, or streams by their ids. Nothing outside of it is looked at.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from bridge.archive.passages import language_of_passage
from bridge.archive.ranking import ranked, sought_by
from bridge.archive.terms import asked_in, language_in, places, words_of
from bridge.domain import PassageKind
from bridge.errors import QuestionRefused
from bridge.tasks import worked_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.domain import Passage, Stream, Utterance
    from bridge.store.store import Store

LONGEST_QUESTION: Final = 2_000
"""Characters."""
MOST_HITS: Final = 100
MOST_LINES: Final = 200
"""Utterances of a hit; a passage has fewer, but what bears a finding out may be far apart."""
LONG: Final = 100_000
"""Characters, of terms or of what was said, that are looked through in some ten milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An utterance of a hit."""

    utterance: Utterance
    marks: tuple[tuple[int, int], ...]
    """Where the question's words stand in its text: first character, and the one behind the last; in order, apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A place that answers a question."""

    stream: Stream
    kind: PassageKind
    score: float
    """To compare hits of one search by; higher is better."""
    lines: tuple[Line, ...]
    """What was said there, in order; of a finding, what bears it out, and nothing where the flow named nothing."""
    item: str = ""
    """A finding's own name in its stream, route and id; empty for words."""
    label: str = ""
    """What sort of finding it is, such as ``decision`` or ``summary``; empty for words."""
    text: str = ""
    """What the finding says; empty for words."""
    marks: tuple[tuple[int, int], ...] = ()
    """Where the question's words stand in that."""

    @property
    def at_ms(self) -> int:
        """When it was said, UTC milliseconds; a finding without words is of its stream's beginning."""
        return self.lines[0].utterance.start_ms if self.lines else self.stream.started_at_ms


class Searcher(Protocol):
    """Whoever answers questions to the archive."""

    async def search(
        self,
        text: str,
        *,
        limit: int,
        meeting_id: str | None = None,
        streams: Sequence[str] | None = None,
    ) -> Sequence[Hit]:
        """The best places for a question, the best first, in all meetings or in the scope that is given."""


class Archive:
    """The one :class:`Searcher`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def search(
        self,
        text: str,
        *,
        limit: int,
        meeting_id: str | None = None,
        streams: Sequence[str] | None = None,
    ) -> list[Hit]:
        """The best places for a question, the best first, no more than ``limit``.

        Args:
            text: The question; words as people say them, in any language, nothing in it is an operator.
            limit: From 1 to :data:`MOST_HITS`.
            meeting_id: Only meetings of this series, by the number people dial.
            streams: Only these streams, besides.

        Raises:
            QuestionRefused: There is no word in it to look for, or it is too long.
            StoreAway: The database cannot be read now.
        """
        if len(text) > LONGEST_QUESTION:
            raise QuestionRefused(f"a question has at most {LONGEST_QUESTION} characters")
        asked = asked_in(text)
        if not asked:
            raise QuestionRefused("there is no word to look for: give one that not every meeting has")
        scope = await self._scope(meeting_id, streams)
        if scope is not None and not scope:
            return []
        counts = await self._store.term_counts(asked, scope)
        found = await self._store.search(sought_by(asked, counts, scope))
        most = min(max(limit, 1), MOST_HITS)
        best = await worked_out(
            lambda: ranked(found, asked, counts, limit=most),
            is_long=sum(len(passage.terms) for passage in found) > LONG,
        )
        where = await self._store.streams_now([passage.stream_id for passage, _ in best])
        there = [(passage, score) for passage, score in best if passage.stream_id in where]
        said = await asyncio.gather(*(self._said(passage) for passage, _ in there))
        wanted = frozenset(term for terms in asked for term in terms)

        def told() -> list[Hit]:
            hits = (
                _hit(passage, score, where[passage.stream_id], words, wanted)
                for (passage, score), words in zip(there, said, strict=True)
            )
            return [hit for hit in hits if hit is not None]

        return await worked_out(told, is_long=sum(len(one.text) for words in said for one in words) > LONG)

    async def _scope(self, meeting_id: str | None, streams: Sequence[str] | None) -> list[str] | None:
        if meeting_id is None:
            return None if streams is None else list(streams)
        of_series = await self._store.series(meeting_id) if meeting_id else []
        return [one.stream_id for one in of_series if streams is None or one.stream_id in streams]

    async def _said(self, passage: Passage) -> list[Utterance]:
        if not passage.first_n:
            return []
        last_n = min(passage.last_n, passage.first_n + MOST_LINES - 1)
        return await self._store.utterances_between(passage.stream_id, passage.first_n, last_n)


def _hit(
    passage: Passage, score: float, stream: Stream, said: Sequence[Utterance], wanted: frozenset[str]
) -> Hit | None:
    """A hit with its words as they are now; ``None`` where they have gone since."""
    if passage.kind is PassageKind.WORDS and not said:
        return None
    return Hit(
        stream=stream,
        kind=passage.kind,
        score=score,
        lines=_lines(said, wanted),
        item=passage.item,
        label=passage.label,
        text=passage.text,
        marks=tuple(places(passage.text, language_in(words_of(passage.text)), wanted)),
    )


def _lines(said: Sequence[Utterance], wanted: frozenset[str]) -> tuple[Line, ...]:
    if not said:
        return ()
    language = language_of_passage(said)
    return tuple(Line(utterance=one, marks=tuple(places(one.text, language, wanted))) for one in said)
