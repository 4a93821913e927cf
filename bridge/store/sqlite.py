"""SQLite by plain ``sqlite3``: one thread writes, one reads, as datasette does it.

The journal is a write-ahead log with ``synchronous=NORMAL``: a killed process loses nothing that was
committed; a power cut can lose the last second or two (:mod:`bridge.store.journal`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, TypeVar

from bridge.store import search_sql, sql
from bridge.store.journal import Journal
from bridge.store.leases import Sole
from bridge.store.pace import HOLD_SECONDS
from bridge.store.query import KeyTaken, TermCounts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from bridge.store.query import Query, Row, Sought, Terms, Write

BUSY_SECONDS: Final = 5.0
"""How long a statement waits for another process that has the database."""
MERGE_PAGES: Final = 100
"""Pages of the index of terms that are merged in one step: a few milliseconds in which nobody else writes."""
JOURNAL_PAGES: Final = 8000
"""Pages of the journal, 32 MB, after which a commit carries it over into the database and waits for the disk: 20 to 75 ms.
With SQLite's own 1,000 that was every other second of 500 meetings, and one in a hundred windows waited for it."""
_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA secure_delete=ON",  # what is deleted is overwritten, not only forgotten
    f"PRAGMA wal_autocheckpoint={JOURNAL_PAGES}",
)
_AWAY: Final = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_AUTH,
        sqlite3.SQLITE_NOTADB,
    }
)
"""Primary result codes that tell of the database and not of a row (https://www.sqlite.org/rescode.html)."""

_Result = TypeVar("_Result")


class SqliteEngine:
    """One SQLite file. Made by :meth:`open`."""

    hold_seconds = HOLD_SECONDS

    def __init__(self, path: Path, writer: _Connection, reader: _Connection) -> None:
        self.leases = Sole()
        self._path = path
        self._file = path.stat()
        self._writer = writer
        self._reader = reader
        self._journal = Journal(path)

    @classmethod
    async def open(cls, path: Path, *, busy_seconds: float) -> SqliteEngine:
        """Connect to a file, which is made where there is none."""
        async with contextlib.AsyncExitStack() as opened:
            writer = await _Connection.open("store writer", path, busy_seconds)
            opened.push_async_callback(writer.close)
            reader = await _Connection.open("store reader", path, busy_seconds)
            opened.push_async_callback(reader.close)
            engine = cls(path, writer, reader)
            opened.pop_all()
        return engine

    async def hold(self) -> None:
        """The lock beside the file is held for life; but somebody may have taken the file itself away.

        Raises:
            OSError: Whatever is written into the one that is open would be gone with it.
        """
        await self._writer.run(lambda _: self._look())

    async def mark(self) -> int:
        """The number of the newest write that is committed."""
        row = await self._writer.run(
            lambda db: db.execute("SELECT value FROM marks WHERE name = ?", (sql.COMMITTED,)).fetchone()
        )
        return int(row[0]) if row else 0

    async def commit(self, writes: Sequence[Write], mark: int) -> None:
        """Make all of the writes, or none: one hop to the writer's thread."""

        def work(database: sqlite3.Connection) -> None:
            self._look()
            _commit(database, writes, mark)

        await self._writer.run(work)
        self._journal.written()

    async def read(self, query: Query) -> list[Row]:
        """Answer a question in the reader's thread."""
        statement, values = sql.question(query, sql.SQLITE)
        return await self._reader.run(lambda db: sql.answer(query, db.execute(statement, values).fetchall()))

    async def term_counts(self, words: Sequence[Terms], streams: Sequence[str] | None) -> TermCounts:
        """Ask FTS5's own vocabulary."""
        return await self._reader.run(lambda db: _term_counts(db, words, streams))

    async def search(self, sought: Sought) -> list[Row]:
        """Let FTS5 find, in the reader's thread."""
        statement, values = search_sql.search(sought, sql.SQLITE)
        return await self._reader.run(
            lambda db: search_sql.passages(db.execute(statement, values).fetchall())
        )

    async def erase(self) -> None:
        """Merge the index of terms until nothing deleted is left in it, then empty the write-ahead log.

        The index is merged in steps, between which others write.

        Raises:
            sqlite3.OperationalError: Somebody reads an older state, so that a part of the log has to stay.
        """
        step = -MERGE_PAGES  # the first step, by its sign, says that all of it is to be merged
        while await self._writer.run(lambda db, step=step: _merge(db, step)):  # type: ignore[misc]
            step = MERGE_PAGES
        busy, _, _ = await self._writer.run(
            lambda db: db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        )
        if busy:
            error = sqlite3.OperationalError("the journal is being read")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error

    async def close(self, *, leave: bool = True) -> None:
        """End all threads."""
        async with contextlib.AsyncExitStack() as opened:  # which go on also where this is cancelled
            opened.push_async_callback(self._writer.close)
            opened.push_async_callback(self._reader.close)
            await asyncio.to_thread(self._journal.close)

    def _look(self) -> None:
        try:
            same = os.path.samestat(self._path.stat(), self._file)
        except FileNotFoundError:
            same = False
        if not same:
            raise OSError(
                f"{self._path} was taken away or replaced; put it back, or start the bridge again with another"
            )

    def absence(self, error: Exception) -> str:
        """What SQLite's result code, the disk or the memory says."""
        return absence(error)


def absence(error: BaseException) -> str:
    """Why SQLite cannot be used, without a statement's values; empty where it can."""
    away = isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _AWAY
    return f"{type(error).__name__}: {error}" if away or isinstance(error, OSError | MemoryError) else ""


class _Connection:
    """A connection and the thread that alone uses it."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._database: sqlite3.Connection | None = None

    @classmethod
    async def open(cls, name: str, path: Path, busy_seconds: float) -> _Connection:
        self = cls(name)
        try:
            self._database = await self._hop(lambda: connect(path, busy_seconds))
        except BaseException:
            self._thread.shutdown(wait=False)
            raise
        return self

    async def run(self, work: Callable[[sqlite3.Connection], _Result]) -> _Result:
        database = self._database
        if database is None:
            raise sqlite3.ProgrammingError("the store is closed")
        return await self._hop(lambda: work(database))

    async def close(self) -> None:
        database, self._database = self._database, None
        try:
            if database is not None:
                await asyncio.shield(self._hop(database.close))
        finally:
            self._thread.shutdown(wait=False)

    async def _hop(self, work: Callable[[], _Result]) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def connect(path: Path, busy_seconds: float) -> sqlite3.Connection:
    """A connection that begins and ends its transactions itself; the file is its owner's alone."""
    _make_file(path)
    database = sqlite3.connect(path, isolation_level=None, timeout=busy_seconds, check_same_thread=False)
    try:
        for pragma in _PRAGMAS:
            database.execute(pragma)
    except BaseException:
        database.close()
        raise
    return database


def _make_file(path: Path) -> None:
    """Make an empty file that is its owner's alone.

    A file that is there is never opened here: closing it would drop the locks of every connection that this process
    has to it (https://www.sqlite.org/howtocorrupt.html, 2.2), and the next program that looks into the database would
    take itself for the last one and delete the journal under us.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _commit(database: sqlite3.Connection, writes: Sequence[Write], mark: int) -> None:
    database.execute("BEGIN IMMEDIATE")
    try:
        for batch in sql.batches(writes):
            _make(database, batch)
        database.execute(sql.mark(sql.SQLITE), (sql.COMMITTED, mark))
        database.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(
            sqlite3.Error
        ):  # what went wrong first is the news; some faults have rolled back already
            database.execute("ROLLBACK")
        raise


def _term_counts(
    database: sqlite3.Connection, words: Sequence[Terms], streams: Sequence[str] | None
) -> TermCounts:
    with_any = {}
    for terms in words:
        found = (
            database.execute("SELECT doc FROM passage_terms WHERE term = ? AND col = 'terms'", (term,))
            for term in terms
        )
        with_any[terms] = sum(count for rows in found for (count,) in rows)
    (number, newest), scope = database.execute(search_sql.COUNT_PASSAGES).fetchone(), None
    if streams is not None:
        (scope,) = database.execute(*search_sql.count_in_scope(streams, sql.SQLITE)).fetchone()
    return TermCounts(
        passages=number, in_scope=number if scope is None else scope, newest_id=newest, with_any=with_any
    )


def _merge(database: sqlite3.Connection, pages: int) -> bool:
    """One step of FTS5's ``merge``; whether there is more to do: then it has changed two rows at least."""
    before = database.total_changes
    database.execute("INSERT INTO passage_index (passage_index, rank) VALUES ('merge', ?)", (pages,))
    return database.total_changes - before >= 2


def _make(database: sqlite3.Connection, batch: sql.Batch) -> None:
    parameters: list[tuple[Any, ...]] = batch.parameters(sql.SQLITE)
    done = database.executemany(sql.statement(batch.shape, sql.SQLITE), parameters)
    if batch.shape[0].adds and done.rowcount < len(parameters):
        there = sql.is_there(batch.shape, sql.SQLITE)
        for write in batch.writes:
            if database.execute(there, sql.said(write)).fetchone() is None:
                raise KeyTaken("another row has this key")
