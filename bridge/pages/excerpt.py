"""How a place that a search has found is shown. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from bridge.pages.wording import SHORT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.archive.search import Hit, Line

Marks: TypeAlias = tuple[tuple[int, int], ...]
"""Where the words that were looked for stand: first character, and the one behind the last; in order, apart."""
LEAD: Final = 120
"""Characters of a long text that are shown before the first mark."""
MOST_LINES: Final = 8
"""Utterances of one hit that are shown."""


def place_of(hit: Hit) -> int:
    """The position of the utterance to lead to; 0 where the hit has none."""
    marked = [line for line in hit.lines if line.marks] or list(hit.lines)
    return marked[0].utterance.n if marked else 0


def lines_of(hit: Hit) -> Sequence[Line]:
    """The lines to show: those from shortly before the first that has what was looked for."""
    first = next((n for n, line in enumerate(hit.lines) if line.marks), 0)
    start = max(0, min(first - 1, len(hit.lines) - MOST_LINES))
    return hit.lines[start : start + MOST_LINES]


def segments(text: str, marks: Marks) -> list[tuple[str, bool]]:
    """A text in pieces, each with whether it is to be marked; of a long text the part around the first mark."""
    begin = max(0, marks[0][0] - LEAD) if marks and len(text) > SHORT else 0
    end = min(len(text), begin + SHORT)
    pieces, at = [("…" if begin else "", False)], begin
    for first, behind in marks:
        if at <= first < behind <= end:
            pieces += [(text[at:first], False), (text[first:behind], True)]
            at = behind
    pieces += [(text[at:end], False), ("…" if end < len(text) else "", False)]
    return [(piece, marked) for piece, marked in pieces if piece]
