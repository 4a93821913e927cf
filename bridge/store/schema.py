"""The tables. Their columns are the fields of the values they keep; times are UTC milliseconds.

Texts that people write have no limit here: the edge cuts them, and what should get past it is kept all the same.
"""

from __future__ import annotations

import typing
from functools import cache
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bridge.domain import (
    LIMITS,
    Deletion,
    Delivery,
    Gap,
    Happening,
    Passage,
    Recording,
    RedactionKey,
    Stream,
    Usage,
    Utterance,
    Verdict,
    Window,
)
from bridge.store.columns import columns, row_id
from bridge.store.rows import fields

HEAD: Final = "v10"
"""The newest migration; a database that has it needs none."""

metadata = MetaData()

schema_version = Table(
    "schema_version",
    metadata,
    Column("version", Integer, primary_key=True, doc="What bridges before 0.3 look at, which know 1."),
)

marks = Table(
    "marks",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

events = Table(
    "events",
    metadata,
    row_id(),
    Column("event", String(64), nullable=False),
    Column("stream_id", String(LIMITS.id), nullable=False),
    Column("event_ts", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False, doc="SHA-256 of the body, which goes once it is handled."),
    Column("body", Text, nullable=False, doc="The event as our own JSON, without what we do not use."),
    Column("received_ms", BigInteger, nullable=False),
    Column("handled", Boolean, nullable=False),
    Column("put_aside", Text, nullable=False, doc="Why it could not be acted on; empty where it could."),
    # Zoom sends an event again when the 200 was late, and to each subscription of an app.
    UniqueConstraint("event", "stream_id", "event_ts", "digest", name="one_row_per_event"),
    Index("events_to_handle", "handled", "id"),
    Index("events_of_stream", "stream_id"),
    info={"same": ("event", "stream_id", "event_ts", "digest"), "names": ("event", "stream_id", "event_ts")},
)

streams = Table(
    "streams",
    metadata,
    *columns(Stream, "stream_id"),
    Column(
        "last_seen_ms",
        BigInteger,
        nullable=False,
        doc="When the media socket was last known to live; -1 where it was settled and taken up again.",
    ),
    Column("settled", Boolean, nullable=False, doc="Ended, and every window of it is answered or given up."),
    Index("streams_to_settle", "settled", "started_at_ms"),
    Index("streams_of_meeting", "meeting_uuid"),
    Index("streams_of_series", "meeting_id"),
    Index("streams_by_age", "started_at_ms"),
    info={"kept": ("started_at_ms", "last_seen_ms", "settled")},
)

utterances = Table("utterances", metadata, *columns(Utterance, "stream_id", "n"))

happenings = Table(
    "happenings",
    metadata,
    row_id(),
    *columns(Happening),
    Index("ix_happenings_stream_id", "stream_id"),
    info={"names": ("stream_id", "kind", "at_ms")},
)

gaps = Table(
    "gaps",
    metadata,
    row_id(),
    *columns(Gap),
    Index("ix_gaps_stream_id", "stream_id"),
    info={"names": ("stream_id", "from_ms", "to_ms")},
)

recordings = Table(
    "recordings",
    metadata,
    *columns(Recording, "stream_id", "name", name=String(255)),
    info={"names": ("stream_id",)},
)

windows = Table(
    "windows",
    metadata,
    *columns(Window, "window_id"),
    Column(
        "gaps_told", Integer, nullable=False, doc="How many of the stream's gaps are told up to this one."
    ),
    Column("created_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger, nullable=False, doc="When it was answered or given up; 0 before."),
    Column("status", String(8), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("output", Text, nullable=False),
    Column("news", Text, nullable=False, doc="What the flow found, as JSON; empty where it told none."),
    Column("error", Text, nullable=False),
    # What models took, -1 where that is not known; a row that a bridge of before had spilled has none of them.
    *(Column(name, BigInteger, nullable=False, server_default="-1") for name in fields(Usage)),
    UniqueConstraint("stream_id", "route", "seq", name="one_window_per_place"),
    Index(
        "windows_failed",
        "created_ms",
        sqlite_where=text("status = 'failed'"),
        postgresql_where=text("status = 'failed'"),
    ),
    info={"same": tuple(typing.get_type_hints(Window))},
)

redaction_keys = Table(
    "redaction_keys",
    metadata,
    # Several bridges may redact streams of one meeting: of two that write a version at once, one has to look again.
    *columns(RedactionKey, "meeting_uuid", "version"),
    Index("redaction_keys_of_stream", "stream_id"),
    info={"names": ("meeting_uuid", "version")},
)

passages = Table(
    "passages",
    metadata,
    row_id(),
    *columns(Passage),
    Index("passages_of_stream", "stream_id", "kind", "first_n"),
    # Besides, each database has an index of the terms, made by the migration: SQLite the FTS5 table ``passage_index``,
    # its vocabulary ``passage_terms`` and two triggers, PostgreSQL the generated column ``passage_words`` and a GIN index.
    info={"names": ("stream_id", "kind", "first_n", "last_n"), "filled_by_all": True},
)

deliveries = Table(
    "deliveries",
    metadata,
    row_id(),
    *columns(Delivery),
    # Told again after a crash it has the same id, and says the same but for when it was made.
    UniqueConstraint("delivery_id", name="one_row_per_delivery"),
    Index("deliveries_by_status", "endpoint", "status"),
    Index("deliveries_of_stream", "stream_id"),
    info={"same": ("delivery_id",), "names": ("delivery_id", "endpoint")},
)

verdicts = Table(
    "verdicts",
    metadata,
    # Of two people who decide at once the database refuses one: both would have the next number.
    *columns(Verdict, "stream_id", "n"),
    Index("verdicts_to_send", "decision", "window_id"),
    info={"names": ("stream_id", "n", "route"), "filled_by_all": True},
)

deletions = Table(
    "deletions",
    metadata,
    *columns(Deletion, "meeting_uuid"),
    Column("stream_ids", Text, nullable=False, doc="JSON: those that the meeting had when it was asked for."),
    info={"kept": ("requested_ms", "attempts", "error")},
)

replicas = Table(
    "replicas",
    metadata,
    Column("replica", String(32), primary_key=True, doc="One life of a bridge that shares the database."),
    Column("name", String(128), nullable=False),
    Column("joined_ms", BigInteger, nullable=False, doc="By the database's clock; the oldest leads."),
    Column("until_ms", BigInteger, nullable=False, doc="Until when it lives unless it is renewed."),
    Column("committed", BigInteger, nullable=False, doc="The number of its newest write."),
    Column("leaving", Boolean, nullable=False, doc="It stops, and is given nothing any more."),
)

leases = Table(
    "leases",
    metadata,
    Column("stream_id", String(LIMITS.id), primary_key=True),
    Column("replica", String(32), ForeignKey("replicas.replica", ondelete="CASCADE"), nullable=False),
    Index("leases_of_replica", "replica"),
)

TABLES: Final = {table.name: table for table in metadata.sorted_tables}


@cache
def keys(table: str) -> tuple[str, ...]:
    """Columns of a table's primary key."""
    return tuple(column.name for column in TABLES[table].primary_key)


def numbered(table: str) -> bool:
    """Whether the database gives rows their key."""
    return keys(table) == ("id",)


@cache
def same(table: str) -> tuple[str, ...]:
    """Columns that say what a row is about: those in which a row that comes twice must agree."""
    chosen: tuple[str, ...] = TABLES[table].info.get("same", ())
    return chosen or tuple(column.name for column in TABLES[table].columns if column.name != "id")


@cache
def kept(table: str) -> tuple[str, ...]:
    """Columns that a replacement leaves as they are, its key among them."""
    return (*keys(table), *TABLES[table].info.get("kept", ()))


def filled_by_all(table: str) -> bool:
    """Whether any bridge adds rows of a stream, and not only the one that has it."""
    return bool(TABLES[table].info.get("filled_by_all"))


def names(table: str) -> tuple[str, ...]:
    """Columns by which a row may be named in a log: nothing that people wrote."""
    chosen: tuple[str, ...] = TABLES[table].info.get("names", ())
    return chosen or keys(table)
