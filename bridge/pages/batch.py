"""What became of a meeting in one look, rendered once for all of its readers. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from bridge.pages.cursor import Cursor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.pages.row import Lane

NEWS: Final = "news"
"""Elements that belong on the page, each with the id under which it takes an older one's place."""
OVER: Final = "over"
"""Nothing more comes."""
GONE: Final = "gone"
"""The meeting was deleted: the page has to go as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A rendered row."""

    lane: Lane
    n: int
    html: str


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Elements in the order in which they are put on the page, and where a reader stands behind them."""

    cursor: Cursor
    lines: Sequence[Line] = ()
    changed: Sequence[str] = field(default=())
    """What takes the place of something that a reader may have: figures, findings, amended messages."""

    @cached_property
    def html(self) -> str:
        """All of it."""
        return "\n".join([*(line.html for line in self.lines), *self.changed])


def left_for(batch: Batch, cursor: Cursor) -> str:
    """What of a batch is new to a reader; the same text for all who have nothing of it."""
    lines = [line for line in batch.lines if line.n > line.lane.of(cursor)]
    if len(lines) == len(batch.lines):
        return batch.html
    return "\n".join([*(line.html for line in lines), *batch.changed])


def after(cursor: Cursor, batch: Batch) -> Cursor:
    """Where a reader stands who has had a batch."""
    new = batch.cursor
    return Cursor(
        words=max(cursor.words, new.words),
        gaps=max(cursor.gaps, new.gaps),
        happenings=max(cursor.happenings, new.happenings),
        state=new.state,
    )
