"""The stores that an hour is measured on: their URL, their size, and how far the search index has come."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any, Protocol

from tests.postgres_fixture import running_postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgres_fixture import PostgresServer

_INDEXED = (
    "SELECT coalesce(sum(upto), 0) FROM "
    "(SELECT max(last_n) AS upto FROM passages WHERE kind = 'words' GROUP BY stream_id) AS of_stream"
)


class Database(Protocol):
    """Where a bridge keeps everything."""

    url: str

    async def size(self) -> int:
        """Bytes on disk, with the journal that is not yet in the file."""

    async def indexed(self) -> int:
        """Utterances that can be found."""

    async def tables(self) -> dict[str, int]:
        """Bytes of each table and index, once the bridge is stopped."""


class SqliteFile:
    """A file of its own."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "bridge.db"
        self.url = f"sqlite+aiosqlite:///{self._file}"

    async def size(self) -> int:
        """The file and its write-ahead log."""
        return sum(
            file.stat().st_size
            for name in ("", "-wal")
            if (file := self._file.with_name(self._file.name + name)).exists()
        )

    async def indexed(self) -> int:
        """Asked by a connection of its own."""
        return await asyncio.to_thread(lambda: int(self._ask(_INDEXED)[0][0]))

    async def tables(self) -> dict[str, int]:
        """By SQLite's own dbstat, after a checkpoint."""
        await asyncio.to_thread(self._ask, "PRAGMA wal_checkpoint(TRUNCATE)")
        found = await asyncio.to_thread(self._ask, "SELECT name, sum(pgsize) FROM dbstat GROUP BY name")
        return {str(name): int(size) for name, size in found}

    def _ask(self, statement: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self._file, timeout=60)) as database:
            return database.execute(statement).fetchall()


class PostgresDatabase:
    """A database of a server of its own."""

    def __init__(self, server: PostgresServer) -> None:
        self.url = server.database()
        self._server = server
        self._name = self.url.partition("@/")[2].partition("?")[0]
        self._empty = int(self._ask(f"SELECT pg_database_size('{self._name}')"))

    async def size(self) -> int:
        """What the database has grown by since it was made."""
        return int(await self._asked(f"SELECT pg_database_size('{self._name}')")) - self._empty

    async def indexed(self) -> int:
        """Asked beside the bridge."""
        return int(await self._asked(_INDEXED))

    async def tables(self) -> dict[str, int]:
        """Each relation with what it has out of line; indexes apart."""
        told = await self._asked(
            "SELECT relname, CASE relkind WHEN 'i' THEN pg_relation_size(oid) ELSE pg_table_size(oid) END "
            "FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')"
        )
        rows = (line.rsplit("|", 1) for line in told.splitlines())
        return {name: int(size) for name, size in rows}

    async def _asked(self, statement: str) -> str:
        return await asyncio.to_thread(self._ask, statement)

    def _ask(self, statement: str) -> str:
        return self._server.execute(statement, self._name)


@contextlib.contextmanager
def database(kind: str, folder: Path) -> Iterator[Database]:
    """An empty one, ``sqlite`` or ``postgres``, while the block runs."""
    if kind == "sqlite":
        yield SqliteFile(folder)
        return
    with running_postgres(durable=True) as server:
        yield PostgresDatabase(server)
