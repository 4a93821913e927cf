"""A part of a meeting's words, as long as a page holds at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bridge.pages.row import between, in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.pages.row import Row
    from bridge.pages.sight import Sight
    from bridge.store.store import Store

A_PAGE: Final = 300
"""Utterances."""
BEFORE: Final = 40
"""Utterances that are shown before the one that somebody wants to see."""


@dataclass(frozen=True, slots=True)
class Span:
    """Positions of utterances, both included; empty where ``last`` is lower."""

    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Rows in order, and whether there are more on either side."""

    rows: Sequence[Row]
    span: Span
    earlier: bool
    later: bool


def opening(words: int, *, at: int = 0, over: bool) -> Span:
    """What is shown first of so many utterances: those around a position; else of a live meeting the last ones."""
    if at:
        first = max(1, min(at, words) - BEFORE)
    else:
        first = 1 if over else max(1, words - A_PAGE + 1)
    return Span(first, min(words, first + A_PAGE - 1))


def before(position: int) -> Span:
    """What stands before an utterance."""
    return Span(max(1, position - A_PAGE), position - 1)


def behind(position: int, words: int) -> Span:
    """What stands behind an utterance."""
    return Span(position + 1, min(words, position + A_PAGE))


async def read_part(store: Store, sight: Sight, span: Span, *, words: int) -> Part:
    """The rows of a span, with the gaps and happenings of its time; ``words`` is the last position that is told.

    Raises:
        StoreAway: The database cannot be read now.
    """
    stream_id, count = sight.stream.stream_id, span.last - span.first + 2
    said = await store.utterances(stream_id, after=span.first - 1, deleted=True, limit=max(count, 1))
    rows = [sight.said_row(each) for each in said]
    mine = [row for row in rows if row.n <= span.last]
    next_one = next((row.order for row in rows if row.n > span.last and row.n <= words), "")
    first_one = mine[0].order if mine and span.first > 1 else ""
    others = between([*sight.gap_rows(0), *sight.happening_rows(0)], first_one, next_one)
    return Part(
        rows=in_order([*mine, *others]), span=span, earlier=span.first > 1, later=span.last < words
    )
