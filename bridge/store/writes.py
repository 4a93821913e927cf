"""Every write of the store, each prepared once; SQLite and Postgres take the same statements.

The inserts that may meet a row of theirs are text: SQLAlchemy compiles its own ``ON CONFLICT``
anew each time it runs, and that took longer than the write. Texts and updates it keeps compiled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, insert, select, text, update

from bridge.store import schema

if TYPE_CHECKING:
    from sqlalchemy import Executable, Table


def _insert(table: Table, on_conflict: str = "DO NOTHING") -> Executable:
    columns = [column for column in table.columns if column.autoincrement is not True]
    names = ", ".join(column.name for column in columns)
    places = ", ".join(f":{column.name}" for column in columns)
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({places}) ON CONFLICT {on_conflict}"  # noqa: S608
    return text(statement).bindparams(*(bindparam(column.name, type_=column.type) for column in columns))


def _upsert(table: Table, *key: str, owned_by_others: frozenset[str] = frozenset()) -> Executable:
    """Insert, or replace all but the columns that other writes own."""
    replaced = [column.name for column in table.columns if column.name not in {*key, *owned_by_others}]
    assignments = ", ".join(f"{name} = excluded.{name}" for name in replaced)
    return _insert(table, f"({', '.join(key)}) DO UPDATE SET {assignments}")


def _update(table: Table, key: str, *columns: str) -> Executable:
    """Set columns from parameters ``new_...`` where the key is ``key``."""
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in columns}
    return update(table).where(table.c[key] == bindparam("key")).values(values)


ADD_EVENT: Final = _insert(schema.events)
HANDLE_EVENT: Final = _update(schema.events, "id", "handled")
SET_ASIDE_EVENT: Final = _update(schema.events, "id", "handled", "set_aside")
PUT_STREAM: Final = _upsert(
    schema.streams, "stream_id", owned_by_others=frozenset({"started_at_ms", "last_seen_ms", "settled"})
)
SAW_STREAM: Final = _update(schema.streams, "stream_id", "last_seen_ms")
SETTLE_STREAM: Final = _update(schema.streams, "stream_id", "settled")
ADD_UTTERANCE: Final = _insert(schema.utterances)
AMEND_UTTERANCE: Final = (
    update(schema.utterances)
    .where(
        schema.utterances.c.stream_id == bindparam("of_stream"), schema.utterances.c.n == bindparam("at_n")
    )
    .values(text=bindparam("new_text"))
)
ADD_GAP: Final = insert(schema.gaps)
ADD_HAPPENING: Final = insert(schema.happenings)
PUT_RECORDING: Final = _upsert(schema.recordings, "stream_id", "name")
REMOVE_RECORDINGS: Final = delete(schema.recordings).where(
    schema.recordings.c.stream_id == bindparam("of_stream")
)
ADD_WINDOW: Final = _insert(schema.windows)
SET_ATTEMPT: Final = _update(schema.windows, "window_id", "attempts", "error")
END_RUN: Final = _update(schema.windows, "window_id", "status", "attempts", "output", "error")

ADD_DELETION: Final = _insert(schema.deletions)
TRIED_DELETION: Final = _update(schema.deletions, "meeting_uuid", "attempts", "error")
END_DELETION: Final = delete(schema.deletions).where(
    schema.deletions.c.meeting_uuid == bindparam("of_meeting")
)
CLEAR_TOPIC: Final = (
    update(schema.streams)
    .where(schema.streams.c.meeting_uuid == bindparam("of_meeting"))
    .values(topic="", last_seen_ms=0)
)

PURGES: Final = tuple(
    delete(table).where(
        table.c.stream_id.in_(
            select(schema.streams.c.stream_id).where(schema.streams.c.meeting_uuid == bindparam("of_meeting"))
        )
    )
    for table in (schema.utterances, schema.windows, schema.gaps, schema.happenings)
)
"""Everything that was said or done in a meeting; its streams stay, as tombstones."""

IN_ORDER: Final = (
    ADD_EVENT,
    HANDLE_EVENT,
    SET_ASIDE_EVENT,
    PUT_STREAM,
    SAW_STREAM,
    SETTLE_STREAM,
    ADD_UTTERANCE,
    AMEND_UTTERANCE,
    ADD_GAP,
    ADD_HAPPENING,
    PUT_RECORDING,
    REMOVE_RECORDINGS,
    ADD_WINDOW,
    SET_ATTEMPT,
    END_RUN,
    *PURGES,
    CLEAR_TOPIC,
    ADD_DELETION,
    TRIED_DELETION,
    END_DELETION,
)
"""The order in which one transaction makes them: what a write needs to find comes before it."""
