"""The tables of 0.2. A database that a bridge of 0.2 or before made has them, or most of them, already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import op

if TYPE_CHECKING:
    from collections.abc import Callable

revision = "v1"
down_revision = None


def upgrade() -> None:
    """Make what is missing."""
    for name, columns in _TABLES.items():
        op.create_table(name, *columns(), if_not_exists=True)
    op.create_index("events_to_handle", "events", ["handled", "id"], if_not_exists=True)
    op.create_index("streams_to_settle", "streams", ["settled"], if_not_exists=True)
    op.create_index("ix_happenings_stream_id", "happenings", ["stream_id"], if_not_exists=True)
    op.create_index("ix_gaps_stream_id", "gaps", ["stream_id"], if_not_exists=True)
    if op.get_bind().execute(sa.text("SELECT count(*) FROM schema_version")).scalar_one() == 0:
        op.execute("INSERT INTO schema_version (version) VALUES (1)")


def _required(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _key(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=True)


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True)


_TABLES: dict[str, Callable[[], list[sa.schema.SchemaItem]]] = {
    "schema_version": lambda: [sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False)],
    "events": lambda: [
        _id(),
        _required("event", sa.String(64)),
        _required("stream_id", sa.String(255)),
        _required("event_ts", sa.BigInteger()),
        _required("body", sa.Text()),
        _required("received_ms", sa.BigInteger()),
        _required("handled", sa.Boolean()),
        sa.UniqueConstraint("event", "stream_id", "event_ts", name="one_row_per_event"),
    ],
    "streams": lambda: [
        _key("stream_id", sa.String(255)),
        _required("product", sa.String(32)),
        _required("meeting_uuid", sa.String(255)),
        _required("meeting_id", sa.String(64)),
        _required("topic", sa.Text()),
        _required("server_urls", sa.Text()),
        _required("event_ts", sa.BigInteger()),
        _required("started_at_ms", sa.BigInteger()),
        _required("state", sa.String(16)),
        _required("end_reason", sa.Text()),
        _required("last_seen_ms", sa.BigInteger()),
        _required("settled", sa.Boolean()),
    ],
    "utterances": lambda: [
        _key("stream_id", sa.String(255)),
        _key("n", sa.Integer()),
        _required("user_id", sa.String(64)),
        _required("speaker", sa.Text()),
        _required("start_ms", sa.BigInteger()),
        _required("end_ms", sa.BigInteger()),
        _required("text", sa.Text()),
        sa.Column("language", sa.Integer()),
        _required("source", sa.String(8)),
        _required("message_id", sa.String(255)),
    ],
    "happenings": lambda: [
        _id(),
        _required("stream_id", sa.String(255)),
        _required("kind", sa.String(16)),
        _required("at_ms", sa.BigInteger()),
        _required("user_id", sa.String(64)),
        _required("name", sa.Text()),
    ],
    "gaps": lambda: [
        _id(),
        _required("stream_id", sa.String(255)),
        _required("from_ms", sa.BigInteger()),
        _required("to_ms", sa.BigInteger()),
        _required("reason", sa.String(64)),
    ],
    "recordings": lambda: [
        _key("stream_id", sa.String(255)),
        _key("name", sa.String(255)),
        _required("kind", sa.String(8)),
        _required("user_id", sa.String(64)),
        _required("speaker", sa.Text()),
        _required("path", sa.Text()),
        _required("from_ms", sa.BigInteger()),
        _required("to_ms", sa.BigInteger()),
        _required("bytes", sa.BigInteger()),
    ],
    "windows": lambda: [
        _key("window_id", sa.String(400)),
        _required("stream_id", sa.String(255)),
        _required("meeting_uuid", sa.String(255)),
        _required("route", sa.String(64)),
        _required("flow", sa.String(255)),
        _required("seq", sa.Integer()),
        _required("kind", sa.String(8)),
        _required("first_n", sa.Integer()),
        _required("last_n", sa.Integer()),
        _required("gaps_told", sa.Integer()),
        _required("input_value", sa.Text()),
        _required("created_ms", sa.BigInteger()),
        _required("status", sa.String(8)),
        _required("attempts", sa.Integer()),
        _required("output", sa.Text()),
        _required("error", sa.Text()),
        sa.UniqueConstraint("stream_id", "route", "seq", name="one_window_per_place"),
    ],
}
