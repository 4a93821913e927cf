"""A meeting as it went, line by line: what was said and written, what was missed, who came and shared. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bridge.domain import HappeningKind, Source, utterance_id
from bridge.pages.person import Person

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bridge.domain import Gap, Happening, Utterance
    from bridge.pages.cursor import Cursor

AGAIN_MS: Final = 60_000
"""Whoever goes on within so long needs no new heading."""


class Lane(StrEnum):
    """What a row counts up in a reader's cursor."""

    HAPPENINGS = "happenings"
    GAPS = "gaps"
    WORDS = "words"

    def of(self, cursor: Cursor) -> int:
        """How far a cursor has come in it."""
        known: int = getattr(cursor, self.value)
        return known


_RANK: Final = {lane: rank for rank, lane in enumerate(Lane)}
"""What comes first of things that begin in the same millisecond."""
_HAPPENED: Final = {
    HappeningKind.JOINED: "joined",
    HappeningKind.LEFT: "left",
    HappeningKind.SHARING_STARTED: "began to share a screen",
    HappeningKind.SHARING_STOPPED: "stopped sharing",
}
"""What is told in its place; who was there before the bridge is among the people."""


class Look(StrEnum):
    """What a row looks like."""

    SPEECH = "speech"
    CHAT = "chat"
    GONE = "gone"
    """A chat message that was deleted."""
    GAP = "gap"
    EVENT = "event"
    SHARE = "share"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a meeting."""

    lane: Lane
    n: int
    """Position in its lane, from 1."""
    look: Look
    at_ms: int
    """UTC milliseconds."""
    until_ms: int = 0
    person: Person | None = None
    text: str = ""
    """Of what was said; of a happening what was done, of a gap its reason."""
    edited: bool = False
    again: bool = False
    """The same person goes on."""

    @property
    def id(self) -> str:
        """Of the element; of what was said the name that flows use."""
        return utterance_id(self.n) if self.lane is Lane.WORDS else f"{self.lane}-{self.n}"

    @property
    def order(self) -> str:
        """Rows stand in the order of this text, whenever they came."""
        return f"{max(self.at_ms, 0):015d}-{_RANK[self.lane]}-{self.n:09d}"


def said_row(said: Utterance, person: Person, *, edited: bool = False) -> Row:
    """What somebody said or wrote."""
    look = Look.SPEECH if said.source is Source.SPEECH else Look.CHAT if said.text else Look.GONE
    return Row(
        lane=Lane.WORDS,
        n=said.n,
        look=look,
        at_ms=said.start_ms,
        until_ms=said.end_ms,
        person=person,
        text=said.text,
        edited=edited and look is Look.CHAT,
    )


def gap_row(n: int, gap: Gap) -> Row:
    """A stretch that was not received."""
    return Row(lane=Lane.GAPS, n=n, look=Look.GAP, at_ms=gap.from_ms, until_ms=gap.to_ms, text=gap.reason)


def happening_row(n: int, happening: Happening) -> Row | None:
    """Somebody came, left or shared a screen; ``None`` for what is not told in its place."""
    done = _HAPPENED.get(happening.kind)
    if done is None:
        return None
    shares = happening.kind in (HappeningKind.SHARING_STARTED, HappeningKind.SHARING_STOPPED)
    person = Person(happening.user_id, happening.name, 0) if happening.name else None
    look = Look.SHARE if shares else Look.EVENT
    return Row(lane=Lane.HAPPENINGS, n=n, look=look, at_ms=happening.at_ms, person=person, text=done)


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Rows in order of time, each knowing whether the same person goes on in it."""
    ordered = sorted(rows, key=lambda row: row.order)
    return [
        replace(row, again=_goes_on(before, row))
        for before, row in zip([None, *ordered], ordered, strict=False)
    ]


def between(rows: Sequence[Row], first: str, end: str) -> list[Row]:
    """Rows that belong to a slice: from an order on, and before another one; an empty one has no limit."""
    return [row for row in rows if row.order >= first and (not end or row.order < end)]


def _goes_on(before: Row | None, row: Row) -> bool:
    return (
        before is not None
        and before.look is row.look
        and row.look in (Look.SPEECH, Look.CHAT)
        and before.person is not None
        and row.person is not None
        and before.person.key == row.person.key
        and row.at_ms - before.at_ms < AGAIN_MS
    )
