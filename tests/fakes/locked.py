"""A SQLite file that somebody else is writing to."""

from __future__ import annotations

import sqlite3
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@asynccontextmanager
async def locked(database: Path) -> AsyncIterator[None]:
    """Nobody can write to the database while the block runs; reading goes on."""
    # Without a time-out of its own: a wait in here would hold the event loop, and with it who has the lock.
    other = sqlite3.connect(database, isolation_level=None, timeout=0)

    def begun() -> bool:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        return True

    try:
        await until(begun)
        yield
    finally:
        other.close()
