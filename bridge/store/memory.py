"""A store in plain lists and dictionaries: for tests, and for nothing that has to last.

It takes and refuses what SQLite takes and refuses, so that the same tests hold for it.
"""

from __future__ import annotations

import operator
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import UniqueConstraint

from bridge.store import schema
from bridge.store.leases import Sole
from bridge.store.pace import HOLD_SECONDS
from bridge.store.query import KeyTaken, Op, TermCounts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bridge.store.query import Query, Row, Sought, Terms, Value, Where, Write

_TESTS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda value, many: value in many,
}
_Key = tuple[Any, ...]


class MemoryEngine:
    """Tables of rows by their primary key."""

    hold_seconds = HOLD_SECONDS

    def __init__(self) -> None:
        self.leases = Sole()
        self._tables: dict[str, dict[_Key, Row]] = {name: {} for name in schema.TABLES}
        self._places: dict[tuple[str, tuple[str, ...]], dict[_Key, _Key]] = {}
        self._numbers: dict[str, int] = {}
        self._mark = 0
        self._undo: list[Callable[[], object]] = []

    async def hold(self) -> None:
        """Nobody else can have it."""

    async def mark(self) -> int:
        """The number of the newest write that is committed."""
        return self._mark

    async def commit(self, writes: Sequence[Write], mark: int) -> None:
        """Make all of the writes, or none."""
        self._undo = []
        try:
            for write in writes:
                self._make(write)
        except BaseException:
            for undo in reversed(self._undo):
                undo()
            raise
        self._mark = mark

    async def read(self, query: Query) -> list[Row]:
        """Answer a question."""
        for _, _, value in query.where:
            _fits(value)
        rows = [row for _, row in self._matching(query.table, query.where)]
        columns = query.columns or tuple(column.name for column in schema.TABLES[query.table].columns)
        rows = _spans(rows, columns, query.span) if query.span is not None else rows
        for name in reversed(query.order):
            rows = sorted(rows, key=operator.itemgetter(name.lstrip("-")), reverse=name[0] == "-")
        chosen = columns if query.span is None else (*columns, "rows", "least", "most")
        return [{name: row[name] for name in chosen} for row in rows[: query.limit]]

    async def term_counts(self, words: Sequence[Terms], streams: Sequence[str] | None) -> TermCounts:
        """Count."""
        rows = list(self._tables["passages"].values())
        held = [set(str(row["terms"]).split()) for row in rows]
        return TermCounts(
            passages=len(rows),
            in_scope=sum(streams is None or row["stream_id"] in streams for row in rows),
            newest_id=max((int(row["id"] or 0) for row in rows), default=0),
            with_any={terms: sum(not one.isdisjoint(terms) for one in held) for terms in words},
        )

    async def search(self, sought: Sought) -> list[Row]:
        """Look at every passage."""
        found = []
        for row in self._tables["passages"].values():
            held = set(str(row["terms"]).split())
            in_scope = sought.streams is None or row["stream_id"] in sought.streams
            if in_scope and int(row["id"] or 0) > sought.above_id and not held.isdisjoint(sought.terms):
                score = sum(weight for terms, weight in sought.weights if not held.isdisjoint(terms))
                found.append((-score, -int(row["id"] or 0), row))
        return [dict(row) for *_, row in sorted(found, key=lambda one: one[:2])[: sought.limit]]

    async def erase(self) -> None:
        """There is no journal."""

    async def close(self, *, leave: bool = True) -> None:
        """Nothing has to be given back."""

    def absence(self, error: Exception) -> str:
        """Memory is always there; a test may say otherwise by an ``OSError``."""
        return f"{type(error).__name__}: {error}" if isinstance(error, OSError | MemoryError) else ""

    def _make(self, write: Write) -> None:
        _check(write)
        if write.op.adds or write.op is Op.UPSERT:
            self._add(write)
            return
        for key, row in self._matching(write.table, write.where):
            if write.op is Op.DELETE:
                self._put(write.table, key, None)
            else:
                self._put(write.table, key, {**row, **write.values})

    def _add(self, write: Write) -> None:
        table, row = write.table, dict(write.values)
        if schema.numbered(table):
            self._numbers[table] = number = self._numbers.get(table, 0) + 1
            row["id"] = number
        there = self._rival(table, row)
        if there is None:
            self._put(table, tuple(row[name] for name in schema.keys(table)), row)
        elif write.op is Op.UPSERT:
            replaced = {name: value for name, value in row.items() if name not in schema.kept(table)}
            self._put(table, tuple(there[name] for name in schema.keys(table)), {**there, **replaced})
        elif any(there[name] != row[name] for name in schema.same(table) if name in row):
            raise KeyTaken("another row has this key")

    def _rival(self, table: str, row: Row) -> Row | None:
        """The row that has one of this row's unique keys."""
        for columns in _unique(table):
            key = self._places.get((table, columns), {}).get(tuple(row[name] for name in columns))
            if key is not None:
                return self._tables[table][key]
        return None

    def _put(self, table: str, key: _Key, row: Row | None) -> None:
        """Set or take away a row, and remember how to undo it."""
        before = self._tables[table].get(key)
        self._undo.append(lambda: self._set(table, key, before))
        self._set(table, key, row)

    def _set(self, table: str, key: _Key, row: Row | None) -> None:
        before = self._tables[table].pop(key, None) if row is None else self._tables[table].get(key)
        for columns in _unique(table):
            places = self._places.setdefault((table, columns), {})
            if before is not None:
                places.pop(tuple(before[name] for name in columns), None)
            if row is not None:
                places[tuple(row[name] for name in columns)] = key
        if row is not None:
            self._tables[table][key] = row

    def _matching(self, table: str, where: Where) -> list[tuple[_Key, Row]]:
        tests = [(column, _TESTS[test], value) for column, test, value in where]
        return [
            (key, row)
            for key, row in self._tables[table].items()
            if all(test(row[column], value) for column, test, value in tests)
        ]


@cache
def _unique(table: str) -> tuple[tuple[str, ...], ...]:
    """The primary key, and what else no two rows may share."""
    constraints = [
        tuple(column.name for column in constraint.columns)
        for constraint in schema.TABLES[table].constraints
        if isinstance(constraint, UniqueConstraint)
    ]
    return (schema.keys(table), *constraints)


def _spans(rows: list[Row], columns: tuple[str, ...], span: str) -> list[Row]:
    groups: dict[_Key, list[Any]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in columns), []).append(row[span])
    return [
        {
            **dict(zip(columns, key, strict=True)),
            "rows": len(values),
            "least": min(values),
            "most": max(values),
        }
        for key, values in groups.items()
    ]


def _check(write: Write) -> None:
    columns = schema.TABLES[write.table].columns
    for name, value in write.values.items():
        if value is None and not columns[name].nullable:
            raise ValueError(f"{write.table}.{name} has to have a value")
        _fits(value)
    for name, _, known in write.where:
        columns[name]
        _fits(known)


def _fits(value: Value | tuple[Value, ...]) -> None:
    """Raise for what SQLite cannot keep: half a character, and numbers beyond 64 bits."""
    for one in value if isinstance(value, tuple) else (value,):
        if isinstance(one, str):
            one.encode()
        elif isinstance(one, int) and not -(2**63) <= one < 2**63:
            raise OverflowError("the number is beyond 64 bits")
        elif one is not None and not isinstance(one, int):
            raise TypeError("neither text nor number")
