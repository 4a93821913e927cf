"""0.4: verdicts, which are what people decided about findings that waited."""

import sqlalchemy as sa
from alembic import op

revision = "v9"
down_revision = "v8"


def upgrade() -> None:
    """Make the table; what was posted before waited for nobody."""
    op.create_table(
        "verdicts",
        sa.Column("stream_id", sa.String(255), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("route", sa.String(64), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("decision", sa.String(8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("due", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("approved", sa.Text(), nullable=False),
        sa.Column("window_id", sa.String(400), nullable=False),
        sa.PrimaryKeyConstraint("stream_id", "n"),
    )
    op.create_index("verdicts_to_send", "verdicts", ["decision", "window_id"])
