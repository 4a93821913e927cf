"""Searches become SQL: what FTS5 does on SQLite, and ``tsvector`` on PostgreSQL."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from bridge.store import schema
from bridge.store.sql import value_of, where_clause

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.store.query import Row, Sought, Terms
    from bridge.store.sql import Dialect

FTS5_BEST: Final = 500
"""Passages that FTS5's ranking leaves to be ordered by weights, which takes four times as long for each."""
COUNT_PASSAGES: Final = "SELECT COUNT(*), COALESCE(MAX(id), 0) FROM passages"
EXTENT_OF_PASSAGES: Final = (
    "SELECT pg_relation_size('passages') / current_setting('block_size')::int, "
    "(SELECT COALESCE(MAX(id), 0) FROM passages)"
)
"""How many pages they take on PostgreSQL, which counts rows by reading all of them, and the highest number."""
_PASSAGE: Final = tuple(column.name for column in schema.TABLES["passages"].columns)


def count_in_scope(streams: Sequence[str], dialect: Dialect) -> tuple[str, tuple[Any, ...]]:
    """How many passages some streams have: SQL and parameters."""
    where = where_clause((("stream_id", "in"),), "passages", dialect)
    return f"SELECT COUNT(*) FROM passages{where}", (value_of("in", tuple(streams), dialect),)  # noqa: S608


def count_sample(words: Sequence[Terms], share: float) -> tuple[str, tuple[Any, ...]]:
    """How many passages of a sample there are, and how many of them have each word, on PostgreSQL."""
    counts = [f"COUNT(*) FILTER (WHERE passage_words @@ ${n}::tsquery)" for n in range(1, len(words) + 1)]
    sample = f" TABLESAMPLE SYSTEM ({100 * share:.6f}) REPEATABLE (1)" if share < 1 else ""
    return f"SELECT {', '.join(['COUNT(*)', *counts])} FROM passages{sample}", tuple(  # noqa: S608
        _tsquery(terms) for terms in words
    )


def search(sought: Sought, dialect: Dialect) -> tuple[str, tuple[Any, ...]]:
    """A search's SQL and parameters. Terms are letters, marks and digits, so none of them says anything to a database."""
    return _search_postgres(sought) if dialect.numbered else _search_sqlite(sought)


def passages(rows: Sequence[Sequence[Any]]) -> list[Row]:
    """The rows that a search brought."""
    return [dict(zip(_PASSAGE, row, strict=True)) for row in rows]


def _search_sqlite(sought: Sought) -> tuple[str, tuple[Any, ...]]:
    """FTS5 finds the rows, the best of them by its own bm25 where there are very many; then the weights order those.

    Terms are blanks apart, so that a weight counts where a term stands between two.
    """
    match = f"terms : ({' OR '.join(map(_quoted, sought.terms))})"
    values: list[Any] = [match, sought.above_id]
    in_scope = ""
    if sought.streams is not None:
        # What is between quotes is compared without case and blanks, so it narrows, and the row itself decides.
        values[0] = f"stream_id : ({' OR '.join(map(_quoted, sought.streams))}) AND {match}"
        in_scope = " AND p.stream_id IN (SELECT value FROM json_each(?))"
        values.append(json.dumps(sought.streams))
    scores = []
    for terms, weight in sought.weights:
        tests = " OR ".join("instr(' ' || p.terms || ' ', ?) > 0" for _ in terms)
        scores.append(f"({tests}) * {float(weight)!r}")
        values += [f" {term} " for term in terms]
    columns = ", ".join(f"p.{column}" for column in _PASSAGE)
    return (
        f"SELECT {columns} FROM (SELECT rowid AS id FROM passage_index WHERE passage_index MATCH ? AND rowid > ? "  # noqa: S608
        f"AND rank MATCH 'bm25(0.0, 1.0)' ORDER BY rank LIMIT {FTS5_BEST}) JOIN passages p USING (id) WHERE 1{in_scope} "
        f"ORDER BY {' + '.join(scores) or '0'} DESC, p.id DESC LIMIT {int(sought.limit)}",
        tuple(values),
    )


def _search_postgres(sought: Sought) -> tuple[str, tuple[Any, ...]]:
    values: list[Any] = [_tsquery(sought.terms)]
    narrowed = ""
    if sought.above_id:
        values.append(sought.above_id)
        narrowed += f" AND id > ${len(values)}"
    if sought.streams is not None:
        values.append(list(sought.streams))
        narrowed += f" AND stream_id = ANY(${len(values)}::text[])"
    scores = []
    for terms, weight in sought.weights:
        values.append(_tsquery(terms))
        scores.append(f"(passage_words @@ ${len(values)}::tsquery)::int * {float(weight)!r}::float8")
    return (
        f"SELECT {', '.join(_PASSAGE)} FROM passages "  # noqa: S608
        f"WHERE passage_words @@ $1::tsquery{narrowed} "
        f"ORDER BY {' + '.join(scores) or '0'} DESC, id DESC LIMIT {int(sought.limit)}",
        tuple(values),
    )


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _tsquery(terms: Sequence[str]) -> str:
    return " | ".join(f"'{term}'" for term in terms)
