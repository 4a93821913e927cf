"""The tables. Times are UTC milliseconds."""

from __future__ import annotations

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
)

SCHEMA_VERSION: Final = 1
"""Raised with every change of a table; a store of another version is not opened."""

metadata = MetaData()

schema_version = Table(
    "schema_version",
    metadata,
    Column("version", Integer, primary_key=True),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("event", String(64), nullable=False),
    Column("stream_id", String(255), nullable=False),
    Column("event_ts", BigInteger, nullable=False),
    Column("body", Text, nullable=False, doc="The event as our own JSON, without what we do not use."),
    Column("digest", String(32), nullable=False, doc="Of the body: two events may tell the same time."),
    Column("received_ms", BigInteger, nullable=False),
    Column("set_aside", Text, nullable=False, doc="Why nobody could act on it; empty otherwise."),
    Column("handled", Boolean, nullable=False, default=False),
    # Zoom sends an event again when the 200 was late, and to each subscription of an app.
    UniqueConstraint("event", "stream_id", "event_ts", "digest", name="one_row_per_event"),
    Index("events_to_handle", "handled", "id"),
)

streams = Table(
    "streams",
    metadata,
    Column("stream_id", String(255), primary_key=True),
    Column("product", String(32), nullable=False),
    Column("meeting_uuid", String(255), nullable=False),
    Column("meeting_id", String(64), nullable=False),
    Column("topic", Text, nullable=False),
    Column("server_urls", Text, nullable=False),
    Column("event_ts", BigInteger, nullable=False),
    Column("started_at_ms", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("end_reason", Text, nullable=False),
    Column("last_seen_ms", BigInteger, nullable=False, doc="When the media socket was last known to live."),
    Column("settled", Boolean, nullable=False, doc="Ended, and every window of it is answered or given up."),
    Index("streams_to_settle", "settled"),
)

deletions = Table(
    "deletions",
    metadata,
    Column("meeting_uuid", String(255), primary_key=True),
    Column("why", Text, nullable=False),
    Column("requested_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
)

utterances = Table(
    "utterances",
    metadata,
    Column("stream_id", String(255), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("user_id", String(64), nullable=False),
    Column("speaker", Text, nullable=False),
    Column("start_ms", BigInteger, nullable=False),
    Column("end_ms", BigInteger, nullable=False),
    Column("text", Text, nullable=False, doc="Empty for a chat message that was deleted."),
    Column("language", Integer),
    Column("source", String(8), nullable=False),
    Column("message_id", String(255), nullable=False),
)

happenings = Table(
    "happenings",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("stream_id", String(255), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("user_id", String(64), nullable=False),
    Column("name", Text, nullable=False),
)

gaps = Table(
    "gaps",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("stream_id", String(255), nullable=False, index=True),
    Column("from_ms", BigInteger, nullable=False),
    Column("to_ms", BigInteger, nullable=False),
    Column("reason", String(64), nullable=False),
)

recordings = Table(
    "recordings",
    metadata,
    Column("stream_id", String(255), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("user_id", String(64), nullable=False),
    Column("speaker", Text, nullable=False),
    Column("path", Text, nullable=False, doc="Below the data folder of the bridge that wrote it."),
    Column("from_ms", BigInteger, nullable=False),
    Column("to_ms", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
)

windows = Table(
    "windows",
    metadata,
    Column("window_id", String(400), primary_key=True),
    Column("stream_id", String(255), ForeignKey("streams.stream_id"), nullable=False),
    Column("meeting_uuid", String(255), nullable=False),
    Column("route", String(64), nullable=False),
    Column("flow", String(255), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("first_n", Integer, nullable=False),
    Column("last_n", Integer, nullable=False),
    Column(
        "gaps_told", Integer, nullable=False, doc="How many of the stream's gaps are told up to this window."
    ),
    Column("input_value", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("status", String(8), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("output", Text, nullable=False),
    Column("error", Text, nullable=False),
    UniqueConstraint("stream_id", "route", "seq", name="one_window_per_place"),
)
