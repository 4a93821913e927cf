"""0.3: events told apart by what they say, failures of a flow counted, deletions as work, longer ids."""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "v2"
down_revision = "v1"


def upgrade() -> None:
    """Change what is there; nothing that was kept goes."""
    _events()
    _windows()
    with op.batch_alter_table("streams") as streams:
        streams.alter_column(
            "meeting_id", type_=sa.String(255), existing_type=sa.String(64), existing_nullable=False
        )
        streams.drop_index("streams_to_settle")
        streams.create_index("streams_to_settle", ["settled", "started_at_ms"])
        streams.create_index("streams_of_meeting", ["meeting_uuid"])
        streams.create_index("streams_by_age", ["started_at_ms"])
    with op.batch_alter_table("gaps") as gaps:
        gaps.alter_column(
            "reason", type_=sa.String(200), existing_type=sa.String(64), existing_nullable=False
        )
    op.create_table(
        "deletions",
        sa.Column("meeting_uuid", sa.String(255), primary_key=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("requested_ms", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("stream_ids", sa.Text(), nullable=False),
    )
    op.create_table(
        "marks",
        sa.Column("name", sa.String(16), primary_key=True),
        sa.Column("value", sa.BigInteger(), nullable=False),
    )
    op.execute("UPDATE schema_version SET version = 2")


def _events() -> None:
    op.add_column("events", sa.Column("digest", sa.String(64), nullable=False, server_default=""))
    op.add_column("events", sa.Column("put_aside", sa.Text(), nullable=False, server_default=""))
    database = op.get_bind()
    events = sa.table(
        "events", sa.column("id", sa.Integer), sa.column("body", sa.Text), sa.column("digest", sa.Text)
    )
    for row in database.execute(sa.select(events.c.id, events.c.body)).all():
        digest = hashlib.sha256(row.body.encode()).hexdigest()
        database.execute(sa.update(events).where(events.c.id == row.id).values(digest=digest))
    with op.batch_alter_table("events") as changed:
        changed.alter_column("digest", server_default=None)
        changed.alter_column("put_aside", server_default=None)
        changed.drop_constraint("one_row_per_event", type_="unique")
        changed.create_unique_constraint("one_row_per_event", ["event", "stream_id", "event_ts", "digest"])
        changed.create_index("events_of_stream", ["stream_id"])


def _windows() -> None:
    """A window belongs to its stream by its id; the database need not look whether the stream is there."""
    inspected = sa.inspect(op.get_bind())
    keys = {"fk": "fk_%(table_name)s_%(column_0_name)s"}
    op.add_column("windows", sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("windows", naming_convention=keys) as windows:
        windows.alter_column("failures", server_default=None)
        for key in inspected.get_foreign_keys("windows"):
            windows.drop_constraint(key["name"] or "fk_windows_stream_id", type_="foreignkey")
        windows.create_index(
            "windows_failed",
            ["created_ms"],
            sqlite_where=sa.text("status = 'failed'"),
            postgresql_where=sa.text("status = 'failed'"),
        )
