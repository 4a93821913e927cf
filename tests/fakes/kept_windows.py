"""What a bridge's SQLite file held of each window when it was stored, which the bridge itself drops once it is answered."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def keep_windows(database: Path) -> None:
    """From now on, keep a copy of every window's text. The bridge may be running."""
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript("""
            CREATE TABLE kept_windows (id INTEGER PRIMARY KEY, stream_id TEXT, input_value TEXT);
            CREATE TRIGGER keep_window AFTER INSERT ON windows BEGIN
                INSERT INTO kept_windows (stream_id, input_value) VALUES (new.stream_id, new.input_value);
            END;
        """)


def kept_windows(database: Path, stream_id: str) -> list[str]:
    """The texts of a stream's windows, in the order in which they were stored."""
    with closing(sqlite3.connect(database)) as connection:
        query = "SELECT input_value FROM kept_windows WHERE stream_id = ? ORDER BY id"
        return [text for (text,) in connection.execute(query, (stream_id,))]
