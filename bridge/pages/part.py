"""A part of a meeting's words, as long as a page holds at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bridge.pages.row import between, in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.pages.picture import Picture
    from bridge.pages.row import Row
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
    start = min(at, words) - BEFORE if at else 1 if over else words - A_PAGE + 1
    first = max(1, start)
    return Span(first, min(words, first + A_PAGE - 1))


def before(position: int) -> Span:
    """What stands before an utterance."""
    return Span(max(1, position - A_PAGE), position - 1)


def behind(position: int, words: int) -> Span:
    """What stands behind an utterance."""
    return Span(position + 1, min(words, position + A_PAGE))


async def read_part(store: Store, picture: Picture, span: Span) -> Part:
    """The rows of a span, with the gaps and happenings of its time.

    Raises:
        StoreAway: The database cannot be read now.
    """
    words, count = picture.cursor.words, max(1, span.last - span.first + 2)
    said = await store.utterances(picture.stream.stream_id, after=span.first - 1, deleted=True, limit=count)
    rows = [picture.sight.said_row(each) for each in said]
    mine = [row for row in rows if row.n <= span.last]
    next_one = next((row.order for row in rows if row.n > span.last and row.n <= words), "")
    first_one = mine[0].order if mine and span.first > 1 else ""
    others = between(picture.rows(), first_one, next_one)
    return Part(rows=in_order([*mine, *others]), span=span, earlier=span.first > 1, later=span.last < words)
