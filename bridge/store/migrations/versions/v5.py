"""0.5: several bridges share a PostgreSQL database: who is there, and who has which stream."""

import sqlalchemy as sa
from alembic import op

revision = "v5"
down_revision = "v4"

_TOLD_OF = (
    """
    CREATE FUNCTION zoom_bridge_leases_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('zoom_bridge', '');
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER leases_changed AFTER INSERT OR DELETE ON leases
    FOR EACH STATEMENT EXECUTE FUNCTION zoom_bridge_leases_changed()
    """,
)


def upgrade() -> None:
    """Make the tables; a SQLite file has one bridge, and leaves them empty."""
    op.create_table(
        "replicas",
        sa.Column("replica", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("joined_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("committed", sa.BigInteger(), nullable=False),
        sa.Column("leaving", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "leases",
        sa.Column("stream_id", sa.String(255), primary_key=True),
        sa.Column(
            "replica", sa.String(32), sa.ForeignKey("replicas.replica", ondelete="CASCADE"), nullable=False
        ),
    )
    op.create_index("leases_of_replica", "leases", ["replica"])
    if op.get_bind().dialect.name == "postgresql":
        for statement in _TOLD_OF:
            op.execute(statement)
