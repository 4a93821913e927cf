"""PostgreSQL: values that it refuses, servers that go and come, connections that are cut."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
import structlog

from bridge.domain import Happening, HappeningKind, Passage, PassageKind
from bridge.errors import StoreAway, StoreError
from bridge.store import postgres
from bridge.store.pace import Pace
from bridge.store.postgres import absence
from bridge.store.store import open_store
from tests.fakes.waiting import until
from tests.store.values import SECRET_WORDS, STREAM, utterance, window

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.store.store import Store
    from tests.postgres_fixture import PostgresServer

QUICK = Pace(first_pause_seconds=0.01, longest_pause_seconds=0.05)


@pytest.fixture
async def pg(postgres_url: str) -> AsyncIterator[Store]:
    """A store on an empty database, quick to try again."""
    async with open_store(postgres_url, pace=QUICK) as store:
        yield store


def database_of(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


def cut(server: PostgresServer, url: str, *, which: str = "true") -> None:
    """End the database's connections, as an operator or a proxy does."""
    server.execute(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database_of(url)}' AND {which}",  # noqa: S608
        "postgres",
    )


# Values


@pytest.mark.parametrize(
    "poison",
    [
        {"name": "Dana \x00"},
        {"user_id": "7" * 65},
        {"stream_id": "s" * 256},
    ],
)
async def test_a_value_that_postgres_refuses(pg: Store, poison: dict[str, str]) -> None:
    """A NUL or a value longer than its column ends and blocks nothing: it is put aside, and nothing is cut to fit."""
    happening = Happening(stream_id="s", kind=HappeningKind.JOINED, at_ms=1, user_id="7", name="Dana")
    with structlog.testing.capture_logs() as logs:
        for n in range(1, 50):
            pg.add_utterance(utterance(n))
            pg.add_happening(replace(happening, at_ms=n, **(poison if n == 25 else {})))  # type: ignore[arg-type]
        await pg.flush()
    assert [each.at_ms for each in await pg.happenings("s")] == [n for n in range(1, 50) if n != 25]
    assert len(await pg.utterances("s")) == 49
    assert pg.put_aside() == {"happenings": 1}
    told = [log["event"] for log in logs if log["event"] != "store.spilled"]  # a busy server takes its time
    assert told == ["store.put_aside"]
    assert "Dana" not in repr(logs)


# The server away


async def test_stopped_and_started(postgres_server: PostgresServer) -> None:
    """A server that is stopped and started again costs nothing: writes wait in order, reads wait, those who look on are told."""
    url = postgres_server.database()
    async with open_store(url, pace=QUICK) as store:
        store.add_utterance(utterance(1))
        await store.flush()
        await asyncio.to_thread(postgres_server.stop)
        try:
            store.add_utterance(utterance(2, words=SECRET_WORDS))
            adding = asyncio.create_task(store.add_window(window(), gaps_told=0))
            reading = asyncio.create_task(store.utterances("s"))
            await until(lambda: bool(store.fault))
            with pytest.raises(StoreAway):
                await store.stream_summaries(limit=1)
            assert await store.check() != ""
            assert not adding.done()
            assert not reading.done()
        finally:
            await asyncio.to_thread(postgres_server.start)
        await adding
        assert (await reading)[0] == utterance(1)
        store.add_utterance(utterance(3))
        await store.flush()
        assert [each.n for each in await store.utterances("s")] == [1, 2, 3]
        assert (store.put_aside(), await store.check(), store.lost.is_set()) == ({}, "", False)


async def test_connections_that_are_cut(postgres_server: PostgresServer) -> None:
    """Connections that are cut in the middle of writing and reading are made anew; each row is there once."""
    url = postgres_server.database()
    async with open_store(url, pace=QUICK) as store:
        for n in range(1, 601):
            store.add_utterance(utterance(n))
            store.add_happening(
                Happening(stream_id="s", kind=HappeningKind.LEFT, at_ms=n, user_id="7", name="Dana")
            )
            if n % 100 == 0:
                flushing = asyncio.create_task(store.flush())
                reading = asyncio.create_task(store.utterances("s"))
                await asyncio.to_thread(cut, postgres_server, url)
                await asyncio.gather(flushing, reading)
        assert [each.n for each in await store.utterances("s")] == list(range(1, 601))
        assert sorted(each.at_ms for each in await _happenings(store)) == list(range(1, 601))
        assert store.put_aside() == {}
        assert not store.lost.is_set()


async def _happenings(store: Store) -> list[Happening]:
    """Those of a stream, by one who looks on and looks again: a connection that was cut is found out by using it."""
    while True:
        try:
            return await store.happenings("s")
        except StoreAway:
            continue


async def fill_up(crowd: list[Any], **options: str) -> None:
    """Take all the connections that the server has left."""
    with contextlib.suppress(asyncpg.TooManyConnectionsError):
        while True:
            crowd.append(await asyncpg.connect(**options))


async def test_out_of_connections(postgres_server: PostgresServer) -> None:
    """A server that takes no more connections is away until it does."""
    url = postgres_server.database()
    folder = url.partition("host=")[2]
    async with open_store(url, pace=QUICK) as store:
        store.add_utterance(utterance(1))
        await store.flush()
        crowd: list[Any] = []
        try:
            await fill_up(crowd, host=folder, user="postgres", database=database_of(url))
            reading = asyncio.gather(*(store.utterances("s") for _ in range(20)))
            store.add_utterance(utterance(2))
            await store.flush()
        finally:
            for connection in crowd:
                connection.terminate()
        assert all(found[0] == utterance(1) for found in await reading)


async def test_a_crowd_that_reads(pg: Store) -> None:
    """Hundreds who read at the same time all get their answers: nobody is turned away for others' sake."""
    for n in range(1, 301):
        pg.add_utterance(utterance(1, stream_id=f"s{n}"))
    await pg.flush()
    points = await asyncio.gather(*(pg.resume_point(f"s{n}") for n in range(1, 301)))
    assert all(point.count == 1 for point in points)


# Connections that the network lost


async def test_our_own_lost_connection(pg: Store) -> None:
    """A connection that the network lost, and that the server has still, is in nobody's way."""
    engine: Any = pg._engine
    half_dead, engine._writer = engine._writer, None
    await pg.add_window(window(), gaps_told=0)
    assert not pg.lost.is_set()
    assert [each.window for each in await pg.pending_windows("s", "r")] == [window()]
    half_dead.terminate()


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (asyncpg.AdminShutdownError(""), True),
        (asyncpg.CannotConnectNowError(""), True),
        (asyncpg.TooManyConnectionsError(""), True),
        (asyncpg.DiskFullError(""), True),
        (asyncpg.ReadOnlySQLTransactionError(""), True),
        (asyncpg.DeadlockDetectedError(""), True),
        (asyncpg.InvalidPasswordError(""), True),
        (asyncpg.InterfaceError("connection is closed"), True),
        (ConnectionRefusedError(), True),
        (TimeoutError(), True),
        (asyncpg.StringDataRightTruncationError(""), False),
        (asyncpg.CharacterNotInRepertoireError(""), False),
        (asyncpg.NotNullViolationError(""), False),
        (asyncpg.NumericValueOutOfRangeError(""), False),
        (asyncpg.exceptions._base.DataError("a value"), False),
        (KeyError("column"), False),
    ],
)
def test_absence(error: Exception, away: bool) -> None:
    """What tells of the server is waited out; what tells of a row is not."""
    assert bool(absence(error)) is away


# Servers that are another one by now


async def test_a_server_that_has_become_a_replica(postgres_server: PostgresServer) -> None:
    """Connections that lead to a server that takes nothing are given up: the next ones go where the address leads by then."""
    url = postgres_server.database()
    everybody = f"ALTER ROLE postgres IN DATABASE {database_of(url)}"
    async with open_store(url, pace=QUICK) as store:
        store.add_utterance(utterance(1))
        await store.flush()
        await store.spread()
        await asyncio.to_thread(
            postgres_server.execute, f"{everybody} SET default_transaction_read_only = on", "postgres"
        )
        await asyncio.to_thread(cut, postgres_server, url)
        store.put_stream(STREAM)
        writing, spreading = asyncio.create_task(store.flush()), asyncio.create_task(store.spread())
        await until(lambda: "ReadOnly" in store.fault)
        # Whoever is connected already is read-only for ever, as at a server that was demoted; new connections are not.
        await asyncio.to_thread(
            postgres_server.execute, f"{everybody} RESET default_transaction_read_only", "postgres"
        )
        async with asyncio.timeout(30):
            await writing
            await spreading
            await store.spread()
        assert [each.n for each in await store.utterances("s")] == [1]
        assert await store.mine() == {"s"}


async def test_a_commit_that_is_under_way_still(pg: Store, postgres_server: PostgresServer) -> None:
    """Who asks what is committed waits for a commit of its own of which it knows nothing, or would make it twice."""
    await pg.add_window(window(), gaps_told=0)
    engine: Any = pg._engine
    lost = await engine._connect()
    async with lost.transaction():
        await lost.execute("UPDATE replicas SET committed = 99 WHERE replica = $1", engine.leases.life)
        asking = asyncio.create_task(engine.mark())
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
        await until(lambda: asking.done() or postgres_server.execute(waits, "postgres") != "0")
    assert await asking == 99
    await lost.close()


# Bridges that write of the same streams


async def waiting_for_rows(server: PostgresServer, number: int) -> None:
    """Return once so many transactions wait for a row that another one has."""
    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')"
    await until(lambda: server.execute(waits, "postgres") == str(number))


WORDS = Passage(
    stream_id="s", kind=PassageKind.WORDS, first_n=1, last_n=1, item="", label="", text="", terms="x"
)


async def connection_of_another(store: Store) -> asyncpg.Connection:
    """One that may take its time within a transaction."""
    engine: Any = store._engine
    connection: asyncpg.Connection = await engine._connect()
    await connection.execute("SET idle_in_transaction_session_timeout = 0")
    return connection


@pytest.mark.parametrize("passages", [True, False])
async def test_bridges_that_write_of_the_same_streams(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch, passages: bool
) -> None:
    """Whatever each group is about, and in which order: one waits for the other, and neither for one that waits for it."""
    monkeypatch.setattr(postgres, "TRIES", 1)
    url = postgres_server.database()
    async with open_store(url, pace=QUICK) as a, open_store(url, pace=QUICK) as b:
        for stream_id in ("s1", "s2"):
            a.put_stream(replace(STREAM, stream_id=stream_id))
        await a.flush()
        third = await connection_of_another(a)
        with structlog.testing.capture_logs() as logs:
            async with third.transaction():
                await third.execute("UPDATE streams SET topic = 'x' WHERE stream_id = 's1'")
                for stream_id in ("s1", "s2"):
                    if passages:
                        a.replace_passages(stream_id, WORDS.kind, [replace(WORDS, stream_id=stream_id)])
                    else:
                        a.stream_seen(stream_id, 7)
                walking = asyncio.create_task(a.flush())
                await waiting_for_rows(postgres_server, 1)  # whoever asks first for a row has it next
                for stream_id in ("s2", "s1"):
                    b.stream_seen(stream_id, 8)
                hearing = asyncio.create_task(b.flush())
                await waiting_for_rows(postgres_server, 2)
            await asyncio.gather(walking, hearing)
        await third.close()
        assert [log["event"] for log in logs if log["event"] != "store.spilled"] == []
        assert await a.last_seen_ms("s2") == 8


async def test_a_commit_that_is_given_up_for_another(postgres_server: PostgresServer) -> None:
    """A deadlock is no absence: the server ends one of the two, which is made again at once on the same connection."""
    url = postgres_server.database()
    settings = f"ALTER DATABASE {database_of(url)} SET deadlock_timeout ="
    postgres_server.execute(f"{settings} '60s'", "postgres")
    async with open_store(url, pace=QUICK) as store:
        for stream_id in ("s1", "s2", "s3"):
            store.put_stream(replace(STREAM, stream_id=stream_id))
        await store.flush()
        engine: Any = store._engine
        writer, change = engine._writer, "UPDATE streams SET topic = 'x' WHERE stream_id = $1"
        await writer.execute("SET deadlock_timeout = '10ms'")  # who looks is the one that is ended
        other, third = await connection_of_another(store), await connection_of_another(store)
        with structlog.testing.capture_logs() as logs:
            async with other.transaction():
                await other.execute(change, "s3")
                async with third.transaction():
                    await third.execute(change, "s2")
                    for stream_id in ("s1", "s2", "s3"):
                        store.stream_seen(stream_id, 7)
                    flushing = asyncio.create_task(store.flush())
                    await waiting_for_rows(postgres_server, 1)
                    crossing = asyncio.create_task(other.execute(change, "s1"))
                    await waiting_for_rows(postgres_server, 2)
                await crossing
            await flushing
        assert [log["event"] for log in logs if log["event"] != "store.spilled"] == []
        assert engine._writer is writer
        assert [await store.last_seen_ms(each) for each in ("s1", "s2", "s3")] == [7, 7, 7]
        await other.close()
        await third.close()


# What a URL says


@pytest.mark.parametrize(
    "more", ["sslmode=disable", "ssl=disable", "application_name=x", "command_timeout=20"]
)
async def test_parameters_of_a_url(postgres_url: str, more: str) -> None:
    """Those of PostgreSQL's own programs are understood as well as asyncpg's."""
    async with open_store(f"{postgres_url}&{more}", pace=QUICK) as store:
        await store.add_window(window(), gaps_told=0)


async def test_a_parameter_that_is_none(postgres_url: str) -> None:
    """It is named."""
    with pytest.raises(StoreError, match='unrecognized configuration parameter "conect"'):
        async with open_store(f"{postgres_url}&conect=1"):
            raise AssertionError("opened")


async def test_a_schema_of_its_own(postgres_server: PostgresServer) -> None:
    """Tables are made and read where the URL's search path leads."""
    url = postgres_server.database()
    postgres_server.execute("CREATE SCHEMA bridge", database_of(url))
    async with open_store(f"{url}&options=-csearch_path%3Dbridge", pace=QUICK) as store:
        await store.add_window(window(), gaps_told=0)
        assert [each.window for each in await store.pending_windows("s", "r")] == [window()]
    assert postgres_server.execute("SELECT count(*) FROM bridge.windows", database_of(url)) == "1"


async def test_a_database_that_lacks_letters(postgres_server: PostgresServer) -> None:
    """It is refused at once; every utterance in another script would be."""
    url = postgres_server.database()
    postgres_server.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0", "postgres")
    with pytest.raises(StoreError, match="encoding LATIN1"):
        async with open_store(url.replace(database_of(url), "latin")):
            raise AssertionError("opened")
