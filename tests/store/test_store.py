from __future__ import annotations

import asyncio
import sqlite3
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from bridge.domain import Gap, Product, RunStatus, Source, Stream, StreamState, Utterance, Window, WindowKind
from bridge.errors import StoreError
from bridge.store import store as module
from bridge.store.schema import SCHEMA_VERSION
from bridge.store.store import RouteProgress, Store, open_store
from tests.fakes.locked import locked
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

STREAM = Stream(
    stream_id="s",
    product=Product.MEETING,
    meeting_uuid="m==",
    server_urls="wss://a",
    event_ts=5,
    meeting_id="812",
    topic="Weekly",
    started_at_ms=5,
)
SECRET_WORDS = "the merger is off"


def utterance(n: int, *, stream_id: str = "s", words: str = "Yes — 日本語.") -> Utterance:
    return Utterance(
        stream_id=stream_id,
        n=n,
        speaker="Dana",
        user_id="7",
        start_ms=n,
        end_ms=n + 1,
        text=words,
        language=9,
    )


def window(
    seq: int = 1,
    *,
    kind: WindowKind = WindowKind.LIVE,
    route: str = "r",
    last_n: int = 1,
    stream_id: str = "s",
) -> Window:
    return Window(
        window_id=f"{stream_id}:{route}:{seq}",
        stream_id=stream_id,
        meeting_uuid="m==",
        route=route,
        flow="f",
        seq=seq,
        kind=kind,
        first_n=min(1, last_n),
        last_n=last_n,
        input_value=f"{SECRET_WORDS} {seq}",
    )


def url_of(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


@contextmanager
def counted_commits(store: Store) -> Iterator[list[None]]:
    """The transactions that the store commits during the block."""
    commits: list[None] = []

    def count(_connection: Any) -> None:
        commits.append(None)

    event.listen(store._engine.sync_engine, "commit", count)
    try:
        yield commits
    finally:
        event.remove(store._engine.sync_engine, "commit", count)


@contextmanager
def broken_database(store: Store, *, statements: str = "INSERT") -> Iterator[None]:
    """Statements of a kind fail, as they do when the disk is full, until the block ends."""

    def fail(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith(statements):
            raise OperationalError(
                statement, parameters, sqlite3.OperationalError("database or disk is full")
            )

    event.listen(store._engine.sync_engine, "before_cursor_execute", fail)
    try:
        yield
    finally:
        event.remove(store._engine.sync_engine, "before_cursor_execute", fail)


def no_database_thread() -> bool:
    """Whether aiosqlite's threads have ended; it does not wait for that of a connection that failed."""
    return not any("_connection_worker_thread" in thread.name for thread in threading.enumerate())


# What is kept


async def test_stream(store: Store) -> None:
    """A stream is kept whole, and replaced by what is known later."""
    assert await store.stream("s") is None
    store.put_stream(STREAM)
    await store.flush()
    assert await store.stream("s") == STREAM
    ended = replace(
        STREAM, state=StreamState.ENDED, end_reason="the meeting ended", server_urls="wss://b", event_ts=9
    )
    store.put_stream(ended)
    await store.flush()
    assert await store.stream("s") == ended


async def test_seen_and_settled_survive_a_change_of_state(store: Store) -> None:
    """What others write of a stream is not undone by its next state."""
    store.put_stream(STREAM)
    store.stream_seen("s", 77)
    store.stream_settled("s")
    store.put_stream(replace(STREAM, state=StreamState.LIVE))
    await store.flush()
    assert await store.last_seen_ms("s") == 77
    assert await store.streams_to_settle() == []


async def test_last_seen_of_nothing(store: Store) -> None:
    """A stream that was never seen was last seen at no time."""
    assert await store.last_seen_ms("s") == 0


async def test_streams_to_settle(store: Store) -> None:
    """What is left to do comes oldest first, live or ended."""
    for n, state in enumerate((StreamState.ENDED, StreamState.LIVE, StreamState.ENDED)):
        store.put_stream(replace(STREAM, stream_id=f"s{n}", started_at_ms=10 - n, state=state))
    store.stream_settled("s2")
    await store.flush()
    assert [stream.stream_id for stream in await store.streams_to_settle()] == ["s1", "s0"]


async def test_utterances(store: Store) -> None:
    """Utterances are kept whole, come in order of arrival, and each once."""
    said = [utterance(n) for n in range(1, 5)]
    said[2] = replace(said[2], source=Source.CHAT, language=None)
    for each in [said[1], said[0], said[3], said[2], said[0]]:
        store.add_utterance(each)
    store.add_utterance(utterance(1, stream_id="other"))
    await store.flush()
    assert await store.utterances("s") == said
    assert await store.utterances("s", after=2) == said[2:]


async def test_gaps(store: Store) -> None:
    """Gaps come in the order in which they were found."""
    gaps = [Gap(stream_id="s", from_ms=n, to_ms=n + 1, reason="reconnect") for n in (5, 3)]
    for gap in gaps:
        store.add_gap(gap)
    await store.flush()
    assert await store.gaps("s") == gaps
    assert await store.gaps("other") == []


async def test_events(store: Store) -> None:
    """An event is there on return, once however often it came, and until it is handled."""
    for stream_id in ("s", "t", "s"):
        await store.add_event(event="started", stream_id=stream_id, event_ts=5, body=f"{{{stream_id}}}")
    await store.add_event(event="stopped", stream_id="s", event_ts=5, body="{stop}")
    await store.add_event(event="started", stream_id="s", event_ts=6, body="{again}")
    events = await store.events_to_handle()
    assert [each.body for each in events] == ["{s}", "{t}", "{stop}", "{again}"]
    store.event_handled(events[0].id)
    await store.flush()
    assert [each.body for each in await store.events_to_handle()] == ["{t}", "{stop}", "{again}"]
    await store.add_event(event="started", stream_id="s", event_ts=5, body="{s}")
    assert len(await store.events_to_handle()) == 3


async def test_windows(store: Store) -> None:
    """A window is there on return with its exact text, and waits until it is answered or given up."""
    store.put_stream(STREAM)
    first, second, other = window(1), window(2, last_n=4), window(1, route="other")
    for each in (second, first, other):
        await store.add_window(each, gaps_told=0)
    assert await store.window(first.window_id) == first
    assert await store.pending_windows("s", "r") == [(first, 0), (second, 0)]
    store.run_tried(first.window_id, attempts=2, error="broke")
    await store.flush()
    assert await store.pending_windows("s", "r") == [(first, 2), (second, 0)]
    await store.run_ended(first.window_id, status=RunStatus.DONE, attempts=3, output="Hi.")
    await store.run_ended(second.window_id, status=RunStatus.FAILED, attempts=1, error="no key")
    assert await store.pending_windows("s", "r") == []
    runs = {run.window_id: run for run in await store.runs("s")}
    assert (runs["s:r:1"].status, runs["s:r:1"].output, runs["s:r:1"].error) == (RunStatus.DONE, "Hi.", "")
    assert (runs["s:r:2"].status, runs["s:r:2"].attempts, runs["s:r:2"].error) == (
        RunStatus.FAILED,
        1,
        "no key",
    )
    assert runs["s:other:1"].status is RunStatus.PENDING


async def test_progress(store: Store) -> None:
    """How far a route has come is what its windows say."""
    nothing = RouteProgress(seq=0, last_n=0, gaps_told=0, started=False, finished=False)
    assert await store.progress("s", "r") == nothing
    await store.add_window(window(1, kind=WindowKind.START, last_n=0), gaps_told=0)
    await store.add_window(window(2, last_n=7), gaps_told=1)
    assert await store.progress("s", "r") == RouteProgress(
        seq=2, last_n=7, gaps_told=1, started=True, finished=False
    )
    await store.add_window(window(3, kind=WindowKind.FINAL, last_n=9), gaps_told=2)
    assert await store.progress("s", "r") == RouteProgress(
        seq=3, last_n=7, gaps_told=2, started=True, finished=True
    )
    await store.add_window(replace(window(4, kind=WindowKind.ASK, last_n=12), first_n=11), gaps_told=2)
    await store.add_window(replace(window(5, kind=WindowKind.ASK, last_n=8), first_n=8), gaps_told=2)
    assert await store.progress("s", "r") == RouteProgress(
        seq=5, last_n=7, gaps_told=2, started=True, finished=True, asked=(8, 11)
    )
    assert await store.progress("s", "other") == nothing


async def test_summaries(store: Store) -> None:
    """The list of streams is newest first, with counts of its own."""
    for n in range(3):
        store.put_stream(replace(STREAM, stream_id=f"s{n}", started_at_ms=n))
    store.add_utterance(utterance(1, stream_id="s1"))
    store.add_utterance(utterance(2, stream_id="s1"))
    await store.add_window(window(stream_id="s1"), gaps_told=0)
    summaries = await store.stream_summaries(limit=2)
    assert [(each.stream.stream_id, each.utterances, each.windows) for each in summaries] == [
        ("s2", 0, 0),
        ("s1", 2, 1),
    ]
    assert await store.stream_summary("s1") == summaries[1]
    assert await store.stream_summary("nobody") is None


# When it is kept


async def test_flush_waits_for_what_is_being_committed(store: Store, tmp_path: Path) -> None:
    """A flush returns after the commit that is under way, not only after what is still queued."""
    async with locked(tmp_path / "bridge.db"):
        store.add_utterance(utterance(1))
        await until(lambda: not store._queue)
        flushing = asyncio.create_task(store.flush())
        done, _ = await asyncio.wait({flushing}, timeout=0.1)
    assert not done
    await asyncio.wait_for(flushing, 30)
    assert await store.utterances("s") == [utterance(1)]


async def test_nothing_to_flush(store: Store) -> None:
    """A flush of nothing returns, and costs no transaction."""
    with counted_commits(store) as commits:
        await store.flush()
    assert commits == []


async def test_writes_are_grouped(store: Store) -> None:
    """A thousand utterances cost a handful of transactions, and keep their order behind and before others."""
    with counted_commits(store) as commits:
        for n in range(1, 1001):
            store.add_utterance(utterance(n))
            if n % 100 == 0:
                await asyncio.sleep(0)
        await store.add_window(window(last_n=1000), gaps_told=0)
    assert 1 <= len(commits) <= 3
    assert len(await store.utterances("s")) == 1000


async def test_waiters_share_a_commit(store: Store) -> None:
    """Those who wait at the same time wait for the same transaction."""
    store.put_stream(STREAM)
    with counted_commits(store) as commits:
        async with asyncio.TaskGroup() as tasks:
            for n in range(100):
                tasks.create_task(store.add_window(window(n + 1), gaps_told=0))
    assert len(commits) <= 3
    assert len(await store.runs("s")) == 100


async def test_unwatched_writes_are_committed_soon(store: Store, tmp_path: Path) -> None:
    """What nobody waits for is in the database in a moment all the same."""
    store.add_utterance(utterance(1))
    with sqlite3.connect(tmp_path / "bridge.db") as other:
        count = "SELECT count(*) FROM utterances"
        await until(lambda: other.execute(count).fetchone()[0] == 1)
    other.close()


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


async def test_closing_commits_the_rest(tmp_path: Path) -> None:
    """What is queued when the store is closed is kept."""
    async with open_store(url_of(tmp_path / "a.db")) as store:
        store.add_utterance(utterance(1))
    async with open_store(url_of(tmp_path / "a.db")) as store:
        assert await store.utterances("s") == [utterance(1)]


async def test_a_death_loses_nothing_committed(tmp_path: Path) -> None:
    """A process that dies at once leaves what it was told was kept, whole."""
    url = url_of(tmp_path / "a.db")
    script = f"""
import asyncio, os
from tests.store.test_store import open_store, utterance, window
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
    assert await asyncio.wait_for(process.wait(), 60) == 9
    async with open_store(url) as store:
        assert (await store.utterances("s"))[:1] == [utterance(1)]
        assert await store.pending_windows("s", "r") == [(window(last_n=1), 0)]


async def test_write_ahead(store: Store, tmp_path: Path) -> None:
    """SQLite's journal is a write-ahead log, so that readers and the writer do not wait for each other."""
    async with store._engine.connect() as connection:
        assert (await connection.execute(text("PRAGMA journal_mode"))).scalar_one() == "wal"
        assert (await connection.execute(text("PRAGMA synchronous"))).scalar_one() == 1


# When it cannot be kept


async def test_a_fault_is_waited_out(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the database cannot be written, writes wait in order; it is said once, and nothing is lost."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.02)
    with structlog.testing.capture_logs() as logs:
        with broken_database(store):
            store.add_utterance(utterance(1, words=SECRET_WORDS))
            adding = asyncio.create_task(store.add_window(window(), gaps_told=0))
            await until(lambda: bool(store.fault))
            for n in range(2, 6):
                store.add_utterance(utterance(n))
            assert "disk is full" in await store.check()
            assert not adding.done()
        await asyncio.wait_for(adding, 30)
    assert store.fault == ""
    assert await store.check() == ""
    await store.flush()
    assert [each.n for each in await store.utterances("s")] == [1, 2, 3, 4, 5]
    assert [log["event"] for log in logs] == ["store.away", "store.back"]
    assert SECRET_WORDS not in repr(logs)


async def test_reads_wait_out_a_fault(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream's past is read once the database can be read again: a fault does not break its session."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.02)
    store.add_utterance(utterance(1))
    await store.flush()
    with broken_database(store, statements="SELECT"):
        reading = asyncio.create_task(store.utterances("s"))
        with structlog.testing.capture_logs() as logs:
            await until(lambda: len(logs) > 1)
        assert not reading.done()
    assert await asyncio.wait_for(reading, 30) == [utterance(1)]
    assert await store.check() == ""


async def test_check_does_not_wait(store: Store) -> None:
    """A readiness check tells of a fault at once."""
    with broken_database(store, statements="SELECT"):
        assert "disk is full" in await asyncio.wait_for(store.check(), 10)


async def test_a_full_queue(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """With too many writes waiting, those who ask for room wait until they are committed."""
    monkeypatch.setattr(module, "MAX_QUEUED", 3)
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.02)
    await asyncio.wait_for(store.room(), 10)
    with broken_database(store):
        for n in range(1, 5):
            store.add_utterance(utterance(n))
        asking = asyncio.create_task(store.room())
        await until(lambda: bool(store.fault))
        assert not asking.done()
    await asyncio.wait_for(asking, 30)


@pytest.mark.parametrize("unkind", ["x" * 100_000, "'; DROP TABLE utterances; --", "🙂", "%s :key ?"])
async def test_any_answer(store: Store, unkind: str) -> None:
    """No text that a flow may answer takes the writer down."""
    await store.add_window(window(), gaps_told=0)
    await asyncio.wait_for(store.run_ended("s:r:1", status=RunStatus.DONE, attempts=1, output=unkind), 30)
    store.add_utterance(utterance(1))
    await store.flush()
    assert await store.utterances("s") == [utterance(1)]


# Opening


async def test_another_version(tmp_path: Path) -> None:
    """A database of another version is left alone, and both versions are named."""
    path = tmp_path / "a.db"
    async with open_store(url_of(path)):
        pass
    with sqlite3.connect(path) as database:
        database.execute("UPDATE schema_version SET version = 99")
    database.close()
    with pytest.raises(StoreError, match=rf"99.*{SCHEMA_VERSION}"):
        async with open_store(url_of(path)):
            raise AssertionError("opened")


async def test_no_folder(tmp_path: Path) -> None:
    """A path that cannot be opened is the operator's to mend."""
    with pytest.raises(StoreError, match=r"BRIDGE_STORE_URL.*there is no folder .*nowhere"):
        async with open_store(url_of(tmp_path / "nowhere" / "a.db")):
            raise AssertionError("opened")
    await until(no_database_thread)


async def test_no_driver() -> None:
    """Postgres has a driver of its own, which has to be installed."""
    with pytest.raises(
        StoreError, match=r"^BRIDGE_STORE_URL needs a package that is not installed: pip install asyncpg\.$"
    ):
        async with open_store("postgresql+asyncpg://127.0.0.1/bridge"):
            raise AssertionError("opened")


async def test_no_database(tmp_path: Path) -> None:
    """A file that is no database is not taken for one."""
    path = tmp_path / "a.db"
    path.write_text("not a database, but long enough to look like one to nobody" * 20)
    with pytest.raises(StoreError, match="BRIDGE_STORE_URL"):
        async with open_store(url_of(path)):
            raise AssertionError("opened")
    await until(no_database_thread)


async def test_opened_twice(tmp_path: Path) -> None:
    """Opening again changes nothing."""
    for _ in range(3):
        async with open_store(url_of(tmp_path / "a.db")) as store:
            assert await store.check() == ""
