"""PostgreSQL by asyncpg: one connection writes, a pool reads.

Several bridges share a database; see :mod:`bridge.store.leases`. Each commit renews this one's row among the replicas, and
fails where that is gone. Besides, the writer holds a lock that all replicas share (``pg_advisory_lock_shared``): bridges that
know a schema before v5, of which a database has only one, hold the same lock alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from bridge.errors import StoreError
from bridge.store import schema, search_sql, sql
from bridge.store.pace import LEASE_SECONDS
from bridge.store.postgres_leases import PostgresLeases
from bridge.store.query import KeyTaken, Op, TermCounts, streams_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from asyncpg.pool import PoolConnectionProxy

    from bridge.store.query import Query, Row, Sought, Terms, Write

CONNECT_SECONDS: Final = 10.0
COMMAND_SECONDS: Final = 30.0
"""Longest wait for an answer of the server; after it the connection is given up."""
SAMPLE_PAGES: Final = 250
"""Pages of passages, some ten on each, by which is estimated how many there are and how common a term is."""
READERS: Final = 8
"""Connections that read at most; who finds none waits for one, without a limit of its own."""

TRIES: Final = 4
"""How often at most a group is committed that the server gives up for another bridge's: each has waited for the other."""

_AWAY_CLASSES: Final = frozenset({"08", "25", "28", "3D", "40", "53", "55", "57", "58"})
"""SQLSTATE classes that tell of the server and not of a row (PostgreSQL's appendix A): connections, transactions
(read-only, given up), who may connect, no such database, rolled back, resources, not ready, operator, system."""
_DATA: Final = "22"
"""The class of values that are none."""
_LOCK: Final = "hashtextextended('zoom-bridge store in ' || current_schema(), 0)"
_SERVER: Final = {
    "statement_timeout": f"{COMMAND_SECONDS:.0f}s",
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "idle_in_transaction_session_timeout": "5s",
}
"""After which the server gives up a bridge that is gone without a word, or frozen, and what it has locked with it.

A time-out for statements that the role has may be shorter than what a group of writes takes, so this one goes before it."""


class PostgresEngine:
    """One PostgreSQL schema."""

    def __init__(
        self, options: Mapping[str, Any], *, former: str = "", lease_seconds: float = LEASE_SECONDS
    ) -> None:
        """``options`` are those of ``asyncpg.connect``; ``former`` is an earlier process's life, which is over."""
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        """What this bridge is called among the replicas."""
        self._options = {
            "timeout": CONNECT_SECONDS,
            "command_timeout": COMMAND_SECONDS,
            **options,
            "server_settings": {
                **_SERVER,
                **options.get("server_settings", {}),
                "application_name": f"zoom-bridge {self.name}",
            },
        }
        self._writer: asyncpg.Connection | None = None
        self._pool: asyncpg.Pool | None = None
        self.leases = PostgresLeases(
            name=self.name,
            former=former,
            lease_seconds=lease_seconds,
            reading=self._reading,
            connect=self._connect,
        )

    @property
    def hold_seconds(self) -> float:
        """How often this bridge's row is renewed while nothing is written."""
        return self.leases.look_seconds

    async def take(self) -> str:
        """Try to share the database; gives who has it alone, in words, and nothing when it is shared now."""
        if self._writer is None or self._writer.is_closed():
            self._writer = await self._connect()
        if (encoding := self._writer.get_settings().server_encoding) != "UTF8":
            raise StoreError(
                f"BRIDGE_STORE_URL: the database has the encoding {encoding}, which lacks letters that people write; "
                "make one with ENCODING 'UTF8' TEMPLATE template0."
            )
        if await self._writer.fetchval(f"SELECT pg_try_advisory_lock_shared({_LOCK})"):
            return ""
        holder = await self._writer.fetchrow(
            "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid) "  # noqa: S608
            f"WHERE l.locktype = 'advisory' AND l.granted AND l.database = a.datid AND ((l.classid::bigint << 32) | l.objid::bigint) = {_LOCK}"
        )
        return str(holder["application_name"] or "another program") if holder else "another bridge"

    async def start(self) -> None:
        """Make the pool of readers, once the tables are there."""
        self._pool = await asyncpg.create_pool(min_size=0, max_size=READERS, **self._options)

    async def join(self) -> None:
        """Be one of the replicas from now on."""
        await self.leases.join(await self._connected())

    async def hold(self) -> None:
        """Live on among the replicas."""
        async with self._writing() as writer:
            self.leases.renewed_since(await self.leases.renew(writer))

    async def mark(self) -> int:
        """The number of the newest write of this bridge that is committed."""
        async with self._writing() as writer:
            return await self.leases.committed(writer)

    async def commit(self, writes: Sequence[Write], mark: int) -> None:
        """Make all of the writes, or none; none where the others have taken this bridge for dead."""
        async with self._writing() as writer:
            for left in reversed(range(TRIES)):
                try:
                    await self._commit(writer, writes, mark)
                except asyncpg.DeadlockDetectedError:
                    if not left:
                        raise
                else:
                    return

    async def _commit(self, writer: asyncpg.Connection, writes: Sequence[Write], mark: int) -> None:
        async with writer.transaction():
            began = await self.leases.renew(writer, mark)  # whoever wants to take over waits for this commit
            for batch in sql.batches(await _without_deleted(writer, writes)):
                await _make(writer, batch)
        self.leases.renewed_since(began)

    async def read(self, query: Query) -> list[Row]:
        """Answer a question on one of the readers."""
        statement, values = sql.question(query, sql.POSTGRES)
        try:
            return sql.answer(query, await self._fetch(statement, *values))
        except asyncpg.PostgresError as error:
            if _state(error).startswith(_DATA):
                return []  # a value that PostgreSQL cannot keep is in no row
            raise

    async def term_counts(self, words: Sequence[Terms], streams: Sequence[str] | None) -> TermCounts:
        """Count in a sample of the pages, which is all of them where there are few."""
        pages, newest = (await self._fetch(search_sql.EXTENT_OF_PASSAGES))[0]
        share = min(1.0, SAMPLE_PAGES / max(pages, 1))
        statement, values = search_sql.count_sample(words, share)
        sampled, *found = (await self._fetch(statement, *values))[0]
        number = round(sampled / share)
        with_any = {terms: round(count / share) for terms, count in zip(words, found, strict=True)}
        in_scope = number
        if streams is not None:
            scope, chosen = search_sql.count_in_scope(streams, sql.POSTGRES)
            in_scope = (await self._fetch(scope, *chosen))[0][0]
        return TermCounts(passages=number, in_scope=in_scope, newest_id=newest, with_any=with_any)

    async def search(self, sought: Sought) -> list[Row]:
        """Let the GIN index find, on one of the readers."""
        statement, values = search_sql.search(sought, sql.POSTGRES)
        return search_sql.passages(await self._fetch(statement, *values))

    async def erase(self) -> None:
        """PostgreSQL's journal is its operator's; rows that are deleted go with the next vacuum."""

    async def close(self, *, leave: bool = True) -> None:
        """Leave the replicas, if so, and give all connections up, the lock with them."""
        self.leases.deaf()
        if self._pool is not None:
            self._pool.terminate()
        writer, self._writer = self._writer, None
        if writer is not None:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                if leave:
                    await self.leases.leave(writer)
                await writer.close(timeout=CONNECT_SECONDS)

    def absence(self, error: Exception) -> str:
        """What asyncpg's errors and PostgreSQL's SQLSTATE say."""
        return absence(error)

    async def _fetch(self, statement: str, *values: Any) -> list[Any]:
        async with self._reading() as reader:
            return list(await reader.fetch(statement, *values))

    @contextlib.asynccontextmanager
    async def _reading(self) -> AsyncIterator[asyncpg.Connection]:
        if self._pool is None:
            raise ConnectionError("the store is closed")
        async with self._pool.acquire() as reader:
            try:
                yield reader
            except Exception as error:
                if absence(error):  # the next one may lead to another server
                    reader.terminate()
                    self.leases.deaf()
                raise

    async def _connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(**self._options)

    async def _connected(self) -> asyncpg.Connection:
        """The connection that writes, made anew where it was lost."""
        if (self._writer is None or self._writer.is_closed()) and (rival := await self.take()):
            raise ConnectionError(f"{rival} has the store to itself")
        if self._writer is None:
            raise ConnectionError("the store is closed")
        return self._writer

    @contextlib.asynccontextmanager
    async def _writing(self) -> AsyncIterator[asyncpg.Connection]:
        """The connection that writes, given up where the database turns out to be away.

        Whoever is interrupted or unanswered does not know what it is in the middle of. And one that leads to a server that
        takes nothing, such as one that has become another's replica, would lead there for ever; the next one goes where
        the address leads by then.
        """
        writer = await self._connected()
        try:
            yield writer
        except BaseException as error:
            if not isinstance(error, Exception) or absence(error):
                writer.terminate()  # :meth:`take` makes another
            raise


def absence(error: BaseException) -> str:
    """Why PostgreSQL cannot be used, without a statement's values; empty where it can."""
    if isinstance(error, asyncpg.PostgresError):
        state = _state(error)
        return f"{type(error).__name__} ({state})" if state[:2] in _AWAY_CLASSES else ""
    if isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError):
        # A value that its column does not take is an InterfaceError too, and a ValueError besides.
        return "" if isinstance(error, ValueError) else type(error).__name__
    if isinstance(error, TimeoutError | asyncio.IncompleteReadError):
        return "PostgreSQL does not answer"
    return f"{type(error).__name__}: {error}" if isinstance(error, OSError | MemoryError) else ""


def _state(error: asyncpg.PostgresError) -> str:
    return str(getattr(error, "sqlstate", "") or "")


async def _without_deleted(
    writer: asyncpg.Connection | PoolConnectionProxy, writes: Sequence[Write]
) -> Sequence[Write]:
    """The writes, but for rows of meetings that are deleted in tables that every bridge fills.

    Who has a stream knows that its meeting is deleted; of the others one may have its words in hand. Their streams stay
    locked to the end of the transaction, so that whoever deletes finds what was written before, as does a bridge that
    replaces the same rows. With them, in one order that all bridges have, go the streams that the group itself changes:
    of two bridges neither waits for the other in the middle.

    Raises:
        KeyTaken: One of those is a claim.
    """
    shared = [each for each in writes if each.op.adds and schema.filled_by_all(each.table)]
    changed = [each for each in writes if each.table == "streams"]
    ids = {stream_id for each in (*shared, *changed) for stream_id in streams_in(each)}
    if not ids:
        return writes
    rows = await writer.fetch(
        "SELECT stream_id, server_urls FROM streams WHERE stream_id = ANY($1::text[]) ORDER BY stream_id FOR NO KEY UPDATE",
        list(ids),
    )
    buried = {row["stream_id"] for row in rows if not row["server_urls"]}
    late = [each for each in shared if each.values["stream_id"] in buried]
    if any(each.op is Op.CLAIM for each in late):
        raise KeyTaken("its meeting is deleted")
    return [each for each in writes if each not in late] if late else writes


async def _make(writer: asyncpg.Connection | PoolConnectionProxy, batch: sql.Batch) -> None:
    if not batch.shape[0].adds:
        await writer.executemany(sql.statement(batch.shape, sql.POSTGRES), batch.parameters(sql.POSTGRES))
        return
    columns = [list(column) for column in zip(*batch.parameters(sql.POSTGRES), strict=True)]
    done = await writer.execute(sql.insert_many(batch.shape), *columns)
    if int(done.rpartition(" ")[2]) < len(batch.writes):
        there = sql.is_there(batch.shape, sql.POSTGRES)
        for write in batch.writes:
            if await writer.fetchval(there, *sql.said(write)) is None:
                raise KeyTaken("another row has this key")
