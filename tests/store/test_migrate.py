"""From 0.2's database to today's, from nothing to today's, and no further than this program knows."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from bridge.domain import Gap, Product, Recording, RunStatus, Source, Stream, StreamState
from bridge.errors import StoreError, StoreOutdated
from bridge.store.schema import HEAD, metadata
from bridge.store.store import open_store

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bridge.store.store import Store
    from tests.postgres_fixture import PostgresServer

DUMP = (Path(__file__).parent / "database-0.2.sql").read_text()
"""Made by a bridge of 0.2 (commit b0251cb), by ``sqlite3``'s ``iterdump``."""


def old_sqlite(path: Path) -> str:
    database = sqlite3.connect(path)
    database.executescript(DUMP)
    database.close()
    return f"sqlite+aiosqlite:///{path}"


def differences(connection: Connection) -> list[object]:
    """What the tables are, other than ``schema`` says."""

    def is_table_of_ours(
        _object: object, name: str | None, _kind: str, reflected: bool, compared: object
    ) -> bool:
        """An index of terms is each database's own: FTS5 and its tables, a generated column."""
        return not (reflected and compared is None and (name or "").startswith("passage_"))

    context = MigrationContext.configure(connection, opts={"include_object": is_table_of_ours})
    found = compare_metadata(context, metadata)
    return [each for each in found if "alembic_version" not in repr(each)]


async def look_at(store: Store) -> None:
    """Everything that 0.2 kept is there, and what it left to do is left to do."""
    await store.spread()
    assert [stream.stream_id for stream in await store.streams_to_settle()] == ["old-1"]
    assert await store.stream("old-1") == Stream(
        stream_id="old-1",
        product=Product.MEETING,
        meeting_uuid="aB3/xY+z9Q==",
        server_urls="wss://a",
        event_ts=5,
        meeting_id="812",
        topic="Weekly — 日本語",
        started_at_ms=5,
        state=StreamState.LIVE,
    )
    assert await store.last_seen_ms("old-1") == 77
    said = await store.utterances("old-1")
    assert [(each.n, each.text, each.language, each.source) for each in said] == [
        (1, "Line 1; it's — 日本語.", 9, Source.SPEECH),
        (2, "Line 2; it's — 日本語.", 9, Source.SPEECH),
        (3, "Line 3; it's — 日本語.", None, Source.CHAT),
    ]
    assert await store.gaps("old-1") == [Gap(stream_id="old-1", from_ms=100, to_ms=200, reason="reconnect")]
    assert [(each.user_id, each.name) for each in await store.happenings("old-1")] == [("7", "Dana")]
    [recording] = await store.recordings("old-1")
    assert isinstance(recording, Recording)
    [waiting] = await store.pending_windows("old-1", "r")
    assert (waiting.window.input_value, waiting.attempts, waiting.failures) == ('{"window": 2}', 1, 0)
    assert [run.output for run in await store.runs("old-1") if run.status is RunStatus.DONE] == ["Hi."]
    assert [event.body for event in await store.events_to_handle()] == ['{"old": 2}']
    # The same event, which Zoom sends once more after the upgrade, is known.
    await store.add_event(event="started", stream_id="old-2", event_ts=6, body='{"old": 2}')
    assert len(await store.events_to_handle()) == 1
    # New happenings get numbers of their own.
    await store.add_event(event="started", stream_id="new", event_ts=7, body="{}")
    await store.spread()
    assert [event.body for event in await store.events_to_handle()] == ['{"old": 2}', "{}"]


async def test_a_database_of_0_2(tmp_path: Path) -> None:
    """A SQLite file of 0.2 is brought up to date where it lies, with everything in it, and once."""
    url = old_sqlite(tmp_path / "old.db")
    for _ in range(2):
        async with open_store(url) as store:
            assert await store.check() == ""
    async with open_store(url) as store:
        await look_at(store)
    engine = create_engine(f"sqlite:///{tmp_path / 'old.db'}")
    with engine.connect() as connection:
        assert differences(connection) == []
    engine.dispose()
    with sqlite3.connect(tmp_path / "old.db") as database:  # what 0.2 looks at, and refuses
        assert database.execute("SELECT version FROM schema_version").fetchall() == [(2,)]
    database.close()


async def test_a_postgres_database_of_0_2(postgres_server: PostgresServer) -> None:
    """A PostgreSQL schema of 0.2 is brought up to date with everything in it."""
    url = postgres_server.database()
    name = url.partition("@/")[2].partition("?")[0]
    postgres_server.execute(postgres_dump(), name)
    async with open_store(url) as store:
        await look_at(store)
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


def postgres_dump() -> str:
    """The dump in PostgreSQL's words: 0.2 made the same tables there."""
    dump = DUMP.replace("BEGIN TRANSACTION;", "BEGIN;").replace("id INTEGER NOT NULL", "id SERIAL NOT NULL")
    booleans = re.compile(r"(INSERT INTO \"(?:events|streams)\" VALUES\(.*),([01])\);")
    tables = ("events", "happenings", "gaps")
    numbers = "".join(f"SELECT setval('{table}_id_seq', 10) FROM {table} LIMIT 1;\n" for table in tables)  # noqa: S608
    return booleans.sub(r"\1,'\2');", dump).replace("COMMIT;", numbers + "COMMIT;")


async def test_an_interrupted_upgrade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upgrade that fails half-way leaves the database as it was, for the next try or for the old bridge."""
    path = tmp_path / "old.db"
    url = old_sqlite(path)
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE marks (in_the_way INTEGER)")
        before = sorted(database.iterdump())
    with pytest.raises(StoreError, match="marks"):
        async with open_store(url):
            raise AssertionError("opened")
    assert sorted(database.iterdump()) == before
    database.execute("DROP TABLE marks")
    database.close()
    async with open_store(url) as store:
        await look_at(store)


async def test_a_fresh_database(tmp_path: Path, postgres_url: str) -> None:
    """The migrations make exactly the tables that the program knows, on both databases."""
    async with open_store(f"sqlite:///{tmp_path / 'a.db'}"), open_store(postgres_url):
        pass
    engine = create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    with engine.connect() as connection:
        assert differences(connection) == []
    engine.dispose()
    other = create_async_engine(postgres_url)
    async with other.connect() as connected:
        assert await connected.run_sync(differences) == []
    await other.dispose()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE alembic_version SET version_num = 'v99'",
        "DROP TABLE alembic_version; UPDATE schema_version SET version = 99",
    ],
)
async def test_a_newer_database(tmp_path: Path, change: str) -> None:
    """A database that a newer bridge made is left alone, and both versions are named."""
    path = tmp_path / "a.db"
    async with open_store(f"sqlite:///{path}"):
        pass
    with sqlite3.connect(path) as database:
        database.executescript(change)
    database.close()
    with pytest.raises(StoreError, match=rf"99.*newer.*{HEAD}"):
        async with open_store(f"sqlite:///{path}"):
            raise AssertionError("opened")


def test_the_newest_migration() -> None:
    """The program knows which migration is the newest, and there is one line of them."""
    config = Config()
    folder = Path(__file__).parents[2] / "bridge" / "store" / "migrations"
    config.set_main_option("script_location", str(folder))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


async def test_one_who_only_looks(tmp_path: Path, postgres_server: PostgresServer) -> None:
    """A database of an older version stays as it is, and a new one is made."""
    old = tmp_path / "bridge.db"
    url = old_sqlite(old)
    postgres = postgres_server.database()
    async with open_store(postgres, upgrade=False):
        pass
    database = postgres.partition("@/")[2].partition("?")[0]
    postgres_server.execute("UPDATE alembic_version SET version_num = 'v9'", database)
    for each in (url, postgres):
        with pytest.raises(StoreOutdated, match="schema version"):
            async with open_store(each, upgrade=False):
                raise AssertionError("opened")
    with sqlite3.connect(old) as left:
        assert left.execute(
            "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"
        ).fetchone() == (0,)
    left.close()
    assert postgres_server.execute("SELECT version_num FROM alembic_version", database) == "v9"
