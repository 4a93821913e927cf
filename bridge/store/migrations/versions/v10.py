"""0.3: what each run took of models."""

import sqlalchemy as sa
from alembic import op

revision = "v10"
down_revision = "v9"


def upgrade() -> None:
    """Add the columns; of runs that were before it is not known."""
    for name in ("input_tokens", "output_tokens", "cost_micros"):
        op.add_column("windows", sa.Column(name, sa.BigInteger(), nullable=False, server_default="-1"))
