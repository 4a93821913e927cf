"""SQLite: its files, its threads, its faults."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from bridge.domain import RunStatus
from bridge.errors import StoreError
from bridge.store import journal, sqlite
from bridge.store.journal import Journal
from bridge.store.pace import Pace
from bridge.store.sqlite import SqliteEngine
from bridge.store.store import open_store
from tests.fakes.kept_windows import keep_windows, kept_windows
from tests.fakes.locked import locked
from tests.fakes.waiting import until
from tests.store.values import SECRET_WORDS, STREAM, utterance, window

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.store.store import Store

QUICK = Pace(first_pause_seconds=0.01, longest_pause_seconds=0.02)


@pytest.fixture
async def quick_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    """A store on a file that does not wait long for others."""
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.01)
    async with open_store(f"sqlite:///{tmp_path / 'bridge.db'}", pace=QUICK) as store:
        yield store


def database_of(store: Store) -> Any:
    """The writer's connection, for statements that a test makes in its thread."""
    return store._engine._writer  # type: ignore[attr-defined]


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


# Files


@pytest.mark.parametrize("umask", [0o000, 0o077])
async def test_files_are_the_owners_alone(tmp_path: Path, umask: int) -> None:
    """Nobody else can read what people said, whatever the umask is, also in a file that an older bridge made."""
    before = os.umask(umask)
    try:
        path = tmp_path / "bridge.db"
        path.touch(0o644)
        path.chmod(0o644)
        async with open_store(f"sqlite:///{path}") as store:
            store.put_stream(STREAM)
            await store.flush()
            modes = {file.name: file.stat().st_mode & 0o777 for file in files_in(tmp_path)}
    finally:
        os.umask(before)
    assert modes.keys() >= {"bridge.db", "bridge.db-wal", "bridge.db-shm", "bridge.db.lock"}
    assert set(modes.values()) == {0o600}


async def test_no_folder(tmp_path: Path) -> None:
    """A path that cannot be opened is the operator's to mend."""
    with pytest.raises(StoreError, match=r"BRIDGE_STORE_URL.*there is no folder .*nowhere"):
        async with open_store(f"sqlite+aiosqlite:///{tmp_path / 'nowhere' / 'a.db'}"):
            raise AssertionError("opened")


async def test_no_database(tmp_path: Path) -> None:
    """A file that is no database is not taken for one, is left as it is, and leaves no thread and no lock behind."""
    path = tmp_path / "a.db"
    path.write_text("not a database, but long enough to look like one to nobody" * 20)
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(StoreError, match="BRIDGE_STORE_URL"):
            async with open_store(f"sqlite:///{path}"):
                raise AssertionError("opened")
    assert path.read_bytes() == before
    await until(lambda: not any(thread.name.startswith("store ") for thread in threading.enumerate()))


async def test_a_death_loses_nothing_committed(tmp_path: Path) -> None:
    """A process that dies at once leaves what it was told was kept, whole."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'a.db'}"
    script = f"""
import asyncio, os
from bridge.store.store import open_store
from tests.store.values import utterance, window
async def main():
    async with open_store({url!r}) as store:
        store.add_utterance(utterance(1))
        await store.add_window(window(last_n=1), gaps_told=0)
        store.add_utterance(utterance(2))
        os._exit(9)
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, cwd=Path(__file__).parents[2]
    )
    assert await asyncio.wait_for(process.wait(), 100) == 9
    async with open_store(url) as store:
        assert (await store.utterances("s"))[:1] == [utterance(1)]
        assert [each.window for each in await store.pending_windows("s", "r")] == [window(last_n=1)]


async def test_another_program_looks_into_the_database(tmp_path: Path) -> None:
    """Somebody who opens and closes the file beside us takes nothing of what is written before and afterwards."""
    path = tmp_path / "bridge.db"
    look = "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); print(*d.execute('SELECT n FROM utterances')); d.close()"

    async def seen_from_outside() -> bytes:
        looking = await asyncio.create_subprocess_exec(
            sys.executable, "-c", look, path, stdout=asyncio.subprocess.PIPE
        )
        return (await looking.communicate())[0]

    async with open_store(f"sqlite:///{path}") as store:
        store.add_utterance(utterance(1))
        await store.flush()
        assert await seen_from_outside() == b"(1,)\n"
        store.add_utterance(utterance(2))
        await store.flush()
        assert await seen_from_outside() == b"(1,) (2,)\n"


async def test_purged_words_are_in_no_file(tmp_path: Path) -> None:
    """What was purged is overwritten in the database and gone from its journal."""
    async with open_store(f"sqlite:///{tmp_path / 'a.db'}") as store:
        store.put_stream(STREAM)
        store.add_utterance(utterance(1, words=SECRET_WORDS))
        await store.add_window(window(), gaps_told=0)
        await store.purge(STREAM.meeting_uuid)
        for file in files_in(tmp_path):
            assert SECRET_WORDS.encode() not in file.read_bytes()


# What it costs


async def test_budget(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand utterances in a hundred bursts cost a hundred transactions at most, each a hop and four statements."""
    statements: list[str] = []
    hops: list[None] = []
    submit = ThreadPoolExecutor.submit

    def counted(pool: ThreadPoolExecutor, *arguments: Any, **named: Any) -> Any:
        hops.append(None)
        return submit(pool, *arguments, **named)

    await database_of(store).run(lambda database: database.set_trace_callback(statements.append))
    monkeypatch.setattr(ThreadPoolExecutor, "submit", counted)
    for n in range(1, 1001):
        store.add_utterance(utterance(n))
        if n % 10 == 0:
            await store.flush()
    monkeypatch.undo()
    assert len(hops) <= 100
    kinds = [statement.split()[0] for statement in statements]
    assert (kinds.count("BEGIN"), kinds.count("COMMIT")) == (len(hops), len(hops))
    assert kinds.count("INSERT") == 1000 + len(hops)  # one for each row as SQLite sees it, one for the mark
    assert len(kinds) == 1000 + 3 * len(hops)


async def test_a_window_is_never_there_without_its_utterances(store: Store, tmp_path: Path) -> None:
    """Whoever sees a window in the database sees what it carries."""
    with sqlite3.connect(tmp_path / "bridge.db") as other:
        for n in range(1, 21):
            store.add_utterance(utterance(n))
            adding = asyncio.create_task(store.add_window(window(n, last_n=n), gaps_told=0))
            while not adding.done():
                query = (
                    "SELECT (SELECT coalesce(max(last_n), 0) FROM windows), (SELECT count(*) FROM utterances)"
                )
                windows, utterances = other.execute(query).fetchone()
                assert utterances >= windows
                await asyncio.sleep(0)
    other.close()


async def test_write_ahead(store: Store) -> None:
    """SQLite's journal is a write-ahead log, so that readers and the writer do not wait for each other."""
    for pragma, value in (
        ("journal_mode", "wal"),
        ("synchronous", 1),
        ("secure_delete", 1),
        ("wal_autocheckpoint", sqlite.JOURNAL_PAGES),
    ):
        found = await database_of(store).run(
            lambda database, pragma=pragma: database.execute(f"PRAGMA {pragma}").fetchone()
        )
        assert found == (value,)


# Faults


async def test_opened_while_somebody_writes(tmp_path: Path) -> None:
    """A bridge starts beside a program that holds the file for long, and writes once that lets go."""
    url = f"sqlite:///{tmp_path / 'bridge.db'}"
    async with open_store(url):
        pass
    async with locked(tmp_path / "bridge.db"), open_store(url, pace=QUICK) as store:
        assert await store.check() == ""


async def test_locked_by_another_process(quick_store: Store, tmp_path: Path) -> None:
    """While another program holds the file writes wait, reads go on, and all is kept in order behind it."""
    quick_store.add_utterance(utterance(1))
    await quick_store.flush()
    async with locked(tmp_path / "bridge.db"):
        quick_store.add_utterance(utterance(2))
        adding = asyncio.create_task(quick_store.add_window(window(), gaps_told=0))
        await until(lambda: "locked" in quick_store.fault)
        assert await quick_store.utterances("s") == [utterance(1)]
        quick_store.add_utterance(utterance(3))
        assert not adding.done()
    await adding
    await quick_store.flush()
    assert await quick_store.utterances("s") == [utterance(n) for n in (1, 2, 3)]
    assert quick_store.put_aside() == {}


async def test_disk_full(quick_store: Store) -> None:
    """A database that cannot grow is away, not poisoned: what was written waits for room."""
    pages = await database_of(quick_store).run(
        lambda database: database.execute("PRAGMA page_count").fetchone()[0]
    )
    await database_of(quick_store).run(lambda database: database.execute(f"PRAGMA max_page_count = {pages}"))
    for n in range(1, 501):
        quick_store.add_utterance(utterance(n, words="x" * 500))
    await until(lambda: "full" in quick_store.fault)
    assert "full" in await quick_store.check()
    await database_of(quick_store).run(lambda database: database.execute("PRAGMA max_page_count = 1000000"))
    await quick_store.flush()
    assert [each.n for each in await quick_store.utterances("s")] == list(range(1, 501))
    assert (quick_store.put_aside(), await quick_store.check()) == ({}, "")


async def test_read_only(quick_store: Store) -> None:
    """A database that has become read-only is away until it can be written again."""
    await database_of(quick_store).run(lambda database: database.execute("PRAGMA query_only = ON"))
    quick_store.add_utterance(utterance(1))
    await until(lambda: "readonly" in quick_store.fault)
    await database_of(quick_store).run(lambda database: database.execute("PRAGMA query_only = OFF"))
    await quick_store.flush()
    assert await quick_store.utterances("s") == [utterance(1)]


async def test_a_journal_that_is_being_read(quick_store: Store, tmp_path: Path) -> None:
    """A purge returns when nothing is left in the journal, which waits for whoever reads an older state."""
    quick_store.put_stream(STREAM)
    quick_store.add_utterance(utterance(1, words=SECRET_WORDS))
    await quick_store.flush()
    reader = sqlite3.connect(tmp_path / "bridge.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM utterances").fetchall()
    with structlog.testing.capture_logs() as logs:
        purging = asyncio.create_task(quick_store.purge(STREAM.meeting_uuid))
        await until(lambda: [log["event"] for log in logs] == ["store.not_erased"])
    assert not purging.done()
    reader.close()
    await purging
    assert (tmp_path / "bridge.db-wal").stat().st_size == 0


async def test_nothing_is_erased_of_what_is_not_there(quick_store: Store, tmp_path: Path) -> None:
    """A meeting without streams, as that of a rehearsal, has nothing in the file: nobody who reads it is waited for."""
    quick_store.put_stream(STREAM)
    await quick_store.flush()
    reader = sqlite3.connect(tmp_path / "bridge.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM streams").fetchall()
    with structlog.testing.capture_logs() as logs:
        await quick_store.purge("rehearsal-1")
    assert logs == []
    reader.close()


async def test_windows_kept_for_a_test(store: Store, tmp_path: Path) -> None:
    """What the scenarios look at is each window as it was stored, also behind its answer."""
    keep_windows(tmp_path / "bridge.db")
    store.put_stream(STREAM)
    await store.add_window(window(), gaps_told=0)
    await store.run_ended("s:r:1", status=RunStatus.DONE, attempts=1)
    store.stream_settled("s")
    await store.flush()
    assert kept_windows(tmp_path / "bridge.db", "s") == [window().input_value]


async def test_a_file_that_is_taken_away(tmp_path: Path) -> None:
    """Who writes into a file that nobody finds any more is told, and what is said is kept for the one that is put there."""
    path, url = tmp_path / "a.db", f"sqlite:///{tmp_path / 'a.db'}"
    async with open_store(url, pace=Pace(first_pause_seconds=0.01, closing_tries=1)) as store:
        store.add_utterance(utterance(1))
        await store.flush()
        await asyncio.to_thread(path.rename, tmp_path / "backup.db")
        store.add_utterance(utterance(2))
        await until(lambda: "taken away" in store.fault)
        assert "put it back, or start the bridge again with another" in await store.check()
    await asyncio.to_thread((tmp_path / "backup.db").rename, path)
    async with open_store(url) as store:
        assert [each.n for each in await store.utterances("s")] == [1, 2]


async def test_a_file_that_is_put_back(tmp_path: Path) -> None:
    """What was said meanwhile is written into it, without a new start."""
    path, url = tmp_path / "a.db", f"sqlite:///{tmp_path / 'a.db'}"
    async with open_store(url, pace=Pace(first_pause_seconds=0.01)) as store:
        await asyncio.to_thread(path.rename, tmp_path / "backup.db")
        store.add_utterance(utterance(1))
        await until(lambda: "taken away" in store.fault)
        await asyncio.to_thread((tmp_path / "backup.db").rename, path)
        await store.flush()
        assert [each.n for each in await store.utterances("s")] == [1]


async def test_a_power_cut_goes_back_a_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal is handed to the disk behind commits, and not while nothing is written; its thread ends with the store."""
    synced: list[Path] = []
    monkeypatch.setattr(
        journal, "_sync", lambda file: synced.append(Path(f"/proc/self/fd/{file}").readlink())
    )
    database = tmp_path / "a.db"
    async with open_store(f"sqlite:///{database}", pace=Pace(group_rows=100)) as store:
        store.add_utterance(utterance(1))
        await store.flush()
        await until(lambda: synced == [tmp_path / "a.db-wal"])
        kept: Any = store._engine
        assert not kept._journal._is_written.is_set()
    assert not any(thread.name == "store journal" for thread in threading.enumerate())


async def test_the_journal_and_locks(tmp_path: Path) -> None:
    """Handing the journal to the disk drops no lock: the next program that looks does not take itself for the last one."""
    path = tmp_path / "a.db"
    async with open_store(f"sqlite:///{path}") as store:
        store.add_utterance(utterance(1))
        await store.flush()
        beside = Journal(path)
        beside._hand_over()
        beside.close()
        look = "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); print(*d.execute('SELECT n FROM utterances')); d.close()"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", look, path, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
        assert out == b"(1,)\n"
        assert (tmp_path / "a.db-wal").stat().st_size > 0


async def test_a_journal_that_the_disk_does_not_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told once."""

    def broken(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(journal, "_sync", broken)
    (tmp_path / "a.db-wal").touch()
    told: list[str] = []
    monkeypatch.setattr(journal.log, "error", lambda event, **_: told.append(event), raising=False)
    kept = Journal(tmp_path / "a.db", every_seconds=0)
    for _ in range(3):
        kept.written()
        await until(lambda: not kept._is_written.is_set())
    kept.close()
    assert told == ["store.not_synced"]


async def test_a_disk_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a store does not wait for it for ever, and says so."""
    answered, asked = threading.Event(), threading.Event()

    def hanging(_: int) -> None:
        asked.set()
        answered.wait()

    monkeypatch.setattr(journal, "_sync", hanging)
    monkeypatch.setattr(journal, "CLOSE_SECONDS", 0.01)
    (tmp_path / "a.db-wal").touch()
    told: list[str] = []
    monkeypatch.setattr(journal.log, "error", lambda event, **_: told.append(event), raising=False)
    kept = Journal(tmp_path / "a.db", every_seconds=0)
    try:
        kept.written()
        await until(asked.is_set)
        async with asyncio.timeout(10):
            await asyncio.to_thread(kept.close)
    finally:
        answered.set()
    assert told == ["store.not_synced"]
    kept._thread.join()


@pytest.mark.parametrize("knows", [True, False])
def test_a_disk_with_a_memory_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, knows: bool
) -> None:
    """On macOS that is emptied too, where the file system knows how."""
    done: list[object] = []

    def full(_: int, command: int) -> None:
        if not knows:
            raise OSError(45, "Operation not supported")
        done.append(command)

    monkeypatch.setattr(journal, "fcntl", SimpleNamespace(F_FULLFSYNC=51, fcntl=full))
    monkeypatch.setattr(journal, "_fsync", lambda _: done.append("fsync"))
    journal._sync(0)
    assert done == [51 if knows else "fsync"]


async def test_a_closing_that_is_cancelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both connections are closed all the same."""
    engine = await SqliteEngine.open(tmp_path / "a.db", busy_seconds=1)
    close, closing, goes_on = engine._journal.close, threading.Event(), threading.Event()

    def slow() -> None:
        closing.set()
        goes_on.wait()
        close()

    monkeypatch.setattr(engine._journal, "close", slow)
    task = asyncio.create_task(engine.close())
    try:
        await until(closing.is_set)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    finally:
        goes_on.set()
    assert (engine._reader._database, engine._writer._database) == (None, None)
    await asyncio.to_thread(engine._journal._thread.join)


async def test_an_opening_that_breaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that goes at that moment leaves no connection open."""
    closed: list[object] = []
    close = sqlite._Connection.close

    async def closing(connection: Any) -> None:
        closed.append(connection)
        await close(connection)

    def broken(_: Path) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(sqlite._Connection, "close", closing)
    monkeypatch.setattr(sqlite, "Journal", broken)
    with pytest.raises(FileNotFoundError):
        await SqliteEngine.open(tmp_path / "a.db", busy_seconds=1)
    assert len(closed) == 2
