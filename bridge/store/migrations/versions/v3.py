"""0.3: what a flow found and when it answered, beside a window's answer."""

import sqlalchemy as sa
from alembic import op

revision = "v3"
down_revision = "v2"


def upgrade() -> None:
    """Answers from before have told nothing but their text."""
    op.add_column("windows", sa.Column("news", sa.Text(), nullable=False, server_default=""))
    op.add_column("windows", sa.Column("ended_ms", sa.BigInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("windows") as windows:
        windows.alter_column("news", server_default=None)
        windows.alter_column("ended_ms", server_default=None)
