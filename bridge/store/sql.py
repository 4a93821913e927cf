"""Writes and questions become SQL, each shape of them once. SQLite and PostgreSQL differ in what :class:`Dialect` tells."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, Boolean, Integer

from bridge.store import schema
from bridge.store.query import Op

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bridge.store.query import Query, Row, Where, Write

COMMITTED: Final = "committed"
"""Name of the mark that each transaction moves: the number of the newest write that is committed or refused."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a database wants its SQL."""

    name: str
    numbered: bool
    """Parameters are ``$1``, ``$2`` instead of ``?``."""
    equal: str
    """The equality that holds for two NULLs as well."""

    def place(self, n: int) -> str:
        """The place of the n-th parameter, from 1."""
        return f"${n}" if self.numbered else "?"


SQLITE: Final = Dialect(name="sqlite", numbered=False, equal="IS")
POSTGRES: Final = Dialect(name="postgresql", numbered=True, equal="IS NOT DISTINCT FROM")

Shape = tuple[Op, str, tuple[str, ...], tuple[tuple[str, str], ...]]
"""What writes have in common that one statement makes: operation, table, columns, and the conditions' columns and tests."""


@dataclass(slots=True)
class Batch:
    """Writes of one shape, one behind the other."""

    shape: Shape
    writes: list[Write]

    def parameters(self, dialect: Dialect) -> list[tuple[Any, ...]]:
        """Of each write: its values, then those of its conditions."""
        return [
            (*write.values.values(), *(value_of(test, value, dialect) for _, test, value in write.where))
            for write in self.writes
        ]


def batches(writes: Iterable[Write]) -> list[Batch]:
    """Writes by table, in their order within each; tables do not depend on each other."""
    by_table: dict[str, list[Batch]] = {}
    for write in writes:
        if not all(value is None or isinstance(value, str | int) for value in write.values.values()):
            raise TypeError("neither text nor number")  # each database would make something else of it
        shape = (write.op, write.table, tuple(write.values), _conditions(write.where))
        of_table = by_table.setdefault(write.table, [])
        if of_table and of_table[-1].shape == shape:
            of_table[-1].writes.append(write)
        else:
            of_table.append(Batch(shape, [write]))
    return [batch for of_table in by_table.values() for batch in of_table]


@cache
def statement(shape: Shape, dialect: Dialect) -> str:
    """The SQL of a batch, but for insertions on PostgreSQL, which are :func:`insert_many`."""
    op, table, columns, conditions = shape
    _check(table, (*columns, *(column for column, _ in conditions)))
    if op.adds or op is Op.UPSERT:
        places = ", ".join(dialect.place(n) for n in range(1, len(columns) + 1))
        return (
            f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places}) {_on_conflict(op, table, columns)}"  # noqa: S608
        )
    where = where_clause(conditions, table, dialect, behind=len(columns))
    if op is Op.DELETE:
        return f"DELETE FROM {table}{where}"  # noqa: S608
    assignments = ", ".join(f"{column} = {dialect.place(n)}" for n, column in enumerate(columns, 1))
    return f"UPDATE {table} SET {assignments}{where}"  # noqa: S608


@cache
def insert_many(shape: Shape) -> str:
    """PostgreSQL's insertion of many rows by one statement, whose parameters are arrays, one for each column."""
    op, table, columns, _ = shape
    _check(table, columns)
    arrays = ", ".join(f"${n}::{_array(table, column)}" for n, column in enumerate(columns, 1))
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM unnest({arrays}) {_on_conflict(op, table, columns)}"  # noqa: S608


@cache
def is_there(shape: Shape, dialect: Dialect) -> str:
    """Whether a row is there that says the same; the parameters are those of :func:`said`."""
    _, table, columns, _ = shape
    tests = " AND ".join(
        f"{column} {dialect.equal} {dialect.place(n)}" for n, column in enumerate(_same(table, columns), 1)
    )
    return f"SELECT 1 FROM {table} WHERE {tests} LIMIT 1"  # noqa: S608


def said(write: Write) -> tuple[Any, ...]:
    """What an inserted row is about, for :func:`is_there`."""
    return tuple(write.values[column] for column in _same(write.table, tuple(write.values)))


def mark(dialect: Dialect) -> str:
    """Move a mark."""
    return (
        f"INSERT INTO marks (name, value) VALUES ({dialect.place(1)}, {dialect.place(2)}) "  # noqa: S608
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    )


def question(query: Query, dialect: Dialect) -> tuple[str, tuple[Any, ...]]:
    """A question's SQL and parameters."""
    shape = (query.table, query.columns, _conditions(query.where), query.order, query.limit, query.span)
    values = (value_of(test, value, dialect) for _, test, value in query.where)
    return _question(shape, dialect), tuple(values)


def answer(query: Query, rows: Sequence[Sequence[Any]]) -> list[Row]:
    """The rows that a question brought."""
    columns = query.columns or tuple(column.name for column in schema.TABLES[query.table].columns)
    if query.span is not None:
        columns = (*columns, "rows", "least", "most")
    return [dict(zip(columns, row, strict=True)) for row in rows]


@cache
def _question(shape: tuple[Any, ...], dialect: Dialect) -> str:
    table, columns, conditions, order, limit, span = shape
    chosen = columns or tuple(column.name for column in schema.TABLES[table].columns)
    _check(table, (*chosen, *(column for column, _ in conditions)))
    counted = f", COUNT(*) AS rows, MIN({span}) AS least, MAX({span}) AS most" if span is not None else ""
    parts = [f"SELECT {', '.join(chosen)}{counted} FROM {table}{where_clause(conditions, table, dialect)}"]  # noqa: S608
    if span is not None:
        parts.append(f"GROUP BY {', '.join(chosen)}")
    if order:
        parts.append(
            "ORDER BY " + ", ".join(f"{name[1:]} DESC" if name[0] == "-" else name for name in order)
        )
    if limit is not None:
        parts.append(f"LIMIT {int(limit)}")
    return " ".join(parts)


def where_clause(
    conditions: tuple[tuple[str, str], ...], table: str, dialect: Dialect, *, behind: int = 0
) -> str:
    """The conditions (column and test each) on a table's rows; ``behind`` counts the parameters before them."""
    if not conditions:
        return ""
    tests = []
    for n, (column, test) in enumerate(conditions, behind + 1):
        if test == "in":
            # One parameter, however many values.
            many = (
                f"= ANY(${n}::{_array(table, column)})"
                if dialect.numbered
                else "IN (SELECT value FROM json_each(?))"
            )
            tests.append(f"{column} {many}")
        else:
            tests.append(f"{column} {test} {dialect.place(n)}")
    return " WHERE " + " AND ".join(tests)


def value_of(test: str, value: Any, dialect: Dialect) -> Any:
    """A condition's value as its parameter."""
    if test != "in":
        return value
    return list(value) if dialect.numbered else json.dumps(value)


def _on_conflict(op: Op, table: str, columns: tuple[str, ...]) -> str:
    if op.adds:
        return "ON CONFLICT DO NOTHING"
    replaced = [column for column in columns if column not in schema.kept(table)]
    assignments = ", ".join(f"{column} = excluded.{column}" for column in replaced)
    return f"ON CONFLICT ({', '.join(schema.keys(table))}) DO UPDATE SET {assignments}"


def _conditions(where: Where) -> tuple[tuple[str, str], ...]:
    return tuple((column, test) for column, test, _ in where)


def _same(table: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(column for column in schema.same(table) if column in columns)


def _array(table: str, column: str) -> str:
    """``text`` for every text: a cast to a bounded one would cut what is too long, instead of refusing it."""
    kind = schema.TABLES[table].columns[column].type
    if isinstance(kind, Boolean):
        return "boolean[]"
    if isinstance(kind, BigInteger):
        return "bigint[]"
    return "integer[]" if isinstance(kind, Integer) else "text[]"


def _check(table: str, columns: Iterable[str]) -> None:
    """Names go into the SQL as they are, so they must be ours."""
    unknown = [column for column in columns if column not in schema.TABLES[table].columns]
    if unknown:
        raise KeyError(f"{table} has no column {unknown[0]}")
