"""What is asked of an engine, as data: each engine answers it in its own way. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Value: TypeAlias = str | int | bool | None
Where: TypeAlias = tuple[tuple[str, str, Value | tuple[Value, ...]], ...]
"""Column, test, value; all must hold. The tests are ``=  <>  <  <=  >  >=`` and ``in``, which takes a tuple."""
Row: TypeAlias = dict[str, Value]


class Op(StrEnum):
    """What a write does."""

    INSERT = "insert"
    """Add a row. The same row again changes nothing; another row with its key is refused."""
    CLAIM = "claim"
    """As an insertion, where somebody else may be faster with another row: its refusal is an answer, and no row is lost."""
    UPSERT = "upsert"
    """Add a row, or replace all of it but the columns that other writes own."""
    UPDATE = "update"
    DELETE = "delete"

    @property
    def adds(self) -> bool:
        """Whether it adds a row that must not be there yet."""
        return self in (Op.INSERT, Op.CLAIM)


@dataclass(frozen=True, slots=True)
class Write:
    """One change of one table."""

    op: Op
    table: str
    values: Mapping[str, Value] = field(default_factory=dict)
    where: Where = ()
    """Of updates and deletions."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question to one table; the answer is rows."""

    table: str
    where: Where = ()
    columns: tuple[str, ...] = ()
    """All of them where it is empty. With ``group``: what tells the groups apart."""
    order: tuple[str, ...] = ()
    """Columns, the first counts most; with ``-`` in front, the highest comes first."""
    limit: int | None = None
    span: str | None = None
    """Group the rows by ``columns``; each answer has ``rows``, how many they are, and the column's ``least`` and ``most``."""


Terms: TypeAlias = tuple[str, ...]
"""Terms of which any stands for the same word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Passages that have some of these terms; the answer is rows of ``passages``.

    First come those whose terms weigh most together, whatever their number in each; of equals, the newest.
    """

    terms: tuple[str, ...]
    """One of them at least has to be there."""
    weights: tuple[tuple[Terms, float], ...]
    """What it counts that a passage has any of some terms; not negative."""
    streams: tuple[str, ...] | None
    """Only of these; ``None`` for all."""
    above_id: int
    """Only rows with a higher number: the newest."""
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TermCounts:
    """How common terms are, so that a search can go by the rare ones. An estimate where counting would take long."""

    passages: int
    """How many there are."""
    in_scope: int
    """How many there are in the streams that were asked for."""
    newest_id: int
    """The highest number of a row; 0 without any."""
    with_any: dict[Terms, int]
    """How many of those in all streams have any of some terms; they may be counted more than once."""


class KeyTaken(Exception):
    """An inserted row has the key of one that says something else."""


class OwnershipLost(Exception):
    """Other bridges have what was this one's."""


def of_stream(stream_id: str) -> Where:
    """The condition that a row is a stream's."""
    return (("stream_id", "=", stream_id),)


def streams_in(write: Write) -> set[str]:
    """The streams that a write names."""
    named: set[Value] = {write.values["stream_id"]} if "stream_id" in write.values else set()
    for column, _, value in write.where:
        if column == "stream_id":
            named.update(value if isinstance(value, tuple) else (value,))
    return {str(each) for each in named}
