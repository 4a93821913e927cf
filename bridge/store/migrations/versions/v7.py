"""0.4: where the people of a meeting are."""

import sqlalchemy as sa
from alembic import op

revision = "v7"
down_revision = "v6"


def upgrade() -> None:
    """Add the column; of streams that were before it is not known."""
    op.add_column("streams", sa.Column("timezone", sa.Text(), nullable=False, server_default=""))
