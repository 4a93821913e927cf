"""A meeting at one moment, with what is shown of it rendered. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bridge.pages.cursor import DIGITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bridge.domain import Stream
    from bridge.flow.news import Insight
    from bridge.pages.cursor import Cursor
    from bridge.pages.row import Row
    from bridge.pages.sight import Sight


class Renderer(Protocol):
    """Makes elements of what is known."""

    def row(self, row: Row, sight: Sight) -> str:
        """One row."""

    def pieces(self, sight: Sight) -> dict[str, str]:
        """What changes in place, by the ids of the elements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A meeting at one moment. The sight may go on; nothing behind the cursor is to be told."""

    sight: Sight
    stream: Stream
    insights: Sequence[Insight]
    pieces: Mapping[str, str]
    """What changes in place, by the ids of the elements."""
    cursor: Cursor

    def rows(self) -> list[Row]:
        """What was missed and what happened, up to the cursor."""
        return [
            *self.sight.gap_rows(0, self.cursor.gaps),
            *self.sight.happening_rows(0, self.cursor.happenings),
        ]


def picture_of(sight: Sight, renderer: Renderer) -> Picture:
    """A meeting as far as it was read, with what changes in place as it looks by now. Of a long one that is work for a thread."""
    pieces = renderer.pieces(sight)
    figures = hashlib.sha256("\0".join(pieces.values()).encode(errors="replace"))
    return Picture(
        sight=sight,
        stream=sight.stream,
        insights=sight.insights,
        pieces=pieces,
        cursor=sight.cursor(figures.hexdigest()[:DIGITS]),
    )
