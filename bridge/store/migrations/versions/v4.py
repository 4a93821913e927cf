"""0.4: passages, by whose terms meetings are found, with the index that each database has for it."""

import sqlalchemy as sa
from alembic import op

revision = "v4"
down_revision = "v3"

_SQLITE = (
    # The terms are made by the bridge and only split at blanks here. The column of the streams narrows a search down.
    """
    CREATE VIRTUAL TABLE passage_index USING fts5(
        stream_id, terms, content='passages', content_rowid='id',
        tokenize="unicode61 remove_diacritics 0 categories 'L* M* N* P* S* Co Cn'"
    )
    """,
    "CREATE VIRTUAL TABLE passage_terms USING fts5vocab('passage_index', 'col')",
    """
    CREATE TRIGGER passage_added AFTER INSERT ON passages BEGIN
        INSERT INTO passage_index (rowid, stream_id, terms) VALUES (new.id, new.stream_id, new.terms);
    END
    """,
    """
    CREATE TRIGGER passage_deleted AFTER DELETE ON passages BEGIN
        INSERT INTO passage_index (passage_index, rowid, stream_id, terms)
        VALUES ('delete', old.id, old.stream_id, old.terms);
    END
    """,
)
_POSTGRES = (
    "ALTER TABLE passages ADD COLUMN passage_words tsvector GENERATED ALWAYS AS (CAST(terms AS tsvector)) STORED",
    "CREATE INDEX passage_words_index ON passages USING gin (passage_words)",
)


def upgrade() -> None:
    """Make the table; the bridge fills it with what is there already, beside its other work."""
    op.create_table(
        "passages",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("stream_id", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("first_n", sa.Integer(), nullable=False),
        sa.Column("last_n", sa.Integer(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
    )
    op.create_index("passages_of_stream", "passages", ["stream_id", "kind", "first_n"])
    op.create_index("streams_of_series", "streams", ["meeting_id"])
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRES:
        op.execute(statement)
