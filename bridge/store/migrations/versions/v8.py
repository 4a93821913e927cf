"""0.4: keys of redaction, which tell what placeholders in windows stand for."""

import sqlalchemy as sa
from alembic import op

revision = "v8"
down_revision = "v7"


def upgrade() -> None:
    """Make the table; no window was redacted before."""
    op.create_table(
        "redaction_keys",
        sa.Column("meeting_uuid", sa.String(255), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("stream_id", sa.String(255), nullable=False),
    )
    op.create_index("redaction_keys_of_stream", "redaction_keys", ["stream_id"])
