"""Several bridges on one PostgreSQL: who has which stream, who is dead, and what a dead one may still write."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain import Decision, Passage, PassageKind, Verdict
from bridge.errors import StoreInUse, StoreTakenOver, WriteRefused
from bridge.store.leases import RETRY, Sole, shares
from bridge.store.pace import Pace
from bridge.store.query import Op, Write
from bridge.store.rows import to_row
from bridge.store.salvage import HEARD, heard_in
from bridge.store.spill import Spill
from bridge.store.store import open_store
from tests.fakes.waiting import until
from tests.store.values import STREAM, utterance, window

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bridge.store.store import Store
    from tests.postgres_fixture import PostgresServer

PASSAGE = Passage(
    stream_id="s", kind=PassageKind.WORDS, first_n=1, last_n=1, item="", label="", text="", terms="merger"
)
VERDICT = Verdict(
    stream_id="s",
    n=1,
    route="r",
    item="i",
    digest="d",
    decision=Decision.NO,
    text="x",
    owner="",
    due="",
    who="Dana",
    at_ms=1,
)
QUICK = Pace(first_pause_seconds=0.01, longest_pause_seconds=0.05)


@asynccontextmanager
async def operator(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Somebody who looks into the database, and sets clocks."""
    connection = await asyncpg.connect(
        host=url.partition("host=")[2], user="postgres", database=url.partition("@/")[2].partition("?")[0]
    )
    try:
        yield connection
    finally:
        await connection.close()


async def take_for_dead(url: str, store: Store) -> None:
    """As if a bridge had not renewed its row in time."""
    async with operator(url) as database:
        await database.execute("UPDATE replicas SET until_ms = 0 WHERE replica = $1", store.leases.life)


def put(store: Store, *stream_ids: str) -> None:
    for stream_id in stream_ids:
        store.put_stream(replace(STREAM, stream_id=stream_id))


# Spreading


async def test_everybody_gets_a_share(postgres_url: str) -> None:
    """Streams go to whoever has fewest, each to one bridge, and a bridge that comes later gets its share of new ones."""
    async with open_store(postgres_url) as one, open_store(postgres_url) as two:
        put(one, *"abcd")
        await one.flush()
        await asyncio.gather(one.spread(), two.spread())
        has = [await each.mine() for each in (one, two)]
        assert sorted(map(len, has)) == [2, 2]
        assert has[0] | has[1] == set("abcd")
        assert {stream.stream_id for stream in await one.streams_to_settle()} == has[0]
        async with open_store(postgres_url) as three:
            put(two, *"ef")
            await two.flush()
            await two.spread()
            assert await three.mine() == set("ef")
            assert await three.leases.elsewhere("abcdef") == set("abcd")


@given(
    st.lists(st.text(min_size=1), unique=True),
    st.dictionaries(st.text(min_size=1, max_size=3), st.integers(0, 50), min_size=1),
)
def test_shares(orphans: list[str], held: dict[str, int]) -> None:
    """Every stream is given once, and nobody gets one who has more than another by then."""
    given_out = shares(orphans, held)
    assert [stream_id for stream_id, _ in given_out] == orphans
    counts = Counter(held)
    for _, replica in given_out:
        assert counts[replica] == min(counts[each] for each in held)
        counts[replica] += 1
    assert shares(orphans, {}) == []


async def test_an_event_goes_to_one(postgres_url: str) -> None:
    """What one bridge's webhook took is acted on by whoever gets the stream, and nobody else."""
    async with open_store(postgres_url) as one, open_store(postgres_url) as two:
        for stream_id in "ab":
            await one.add_event(event="started", stream_id=stream_id, event_ts=1, body="{}")
        await two.spread()
        found = [[event.stream_id for event in await each.events_to_handle()] for each in (one, two)]
        assert sorted(found) == [["a"], ["b"]]


async def test_given_back(postgres_url: str) -> None:
    """A stream that is given back goes to another bridge where it has something to do, and to nobody else."""
    async with open_store(postgres_url) as one:
        put(one, "a", "b")
        one.stream_settled("b")
        await one.spread()
        await one.flush()
        await one.spread()
        assert await one.mine() == {"a"}
        async with open_store(postgres_url) as two:
            one.leave()
            await one.release("a")
            await two.spread()
            assert await two.mine() == {"a"}
            assert await one.mine() == set()


async def test_told_of(postgres_url: str) -> None:
    """Bridges are woken when leases change, and for what is told to all; also behind a connection that was cut."""
    async with open_store(postgres_url) as one, open_store(postgres_url) as two:
        heard: list[str] = []
        woken = asyncio.Event()

        def wake(what: str) -> None:
            heard.append(what)
            woken.set()

        two.leases.listen(wake)
        await two.spread()
        heard.clear()
        await one.leases.tell(RETRY)
        await until(lambda: RETRY in heard)
        woken.clear()
        put(one, "a")
        await one.flush()
        await one.spread()
        await woken.wait()
        async with operator(postgres_url) as database:
            await database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'listen%'"
            )
        heard.clear()

        async def told_anew() -> bool:
            await two.spread()
            return bool(heard)

        await until(told_anew)


# Leaders


async def test_the_oldest_leads(postgres_url: str) -> None:
    """One bridge leads; when it goes, the next one does."""
    async with AsyncExitStack() as later:
        async with open_store(postgres_url) as one:
            await one.spread()
            two = await later.enter_async_context(open_store(postgres_url))
            await two.spread()
            assert (one.leases.leader, two.leases.leader) == (True, False)
            assert [(each.leader, each.here) for each in two.leases.replicas] == [
                (True, False),
                (False, True),
            ]
            waiting = asyncio.create_task(two.leases.led())
            await one.leases.led()
        assert not waiting.done()
        await two.spread()
        await waiting


async def test_a_bridge_of_its_own() -> None:
    """Who shares with nobody has everything, and leads."""
    async with open_store("memory://") as store:
        put(store, "a")
        await store.flush()
        await store.spread()
        await store.release("a")
        store.leave()
        assert [stream.stream_id for stream in await store.streams_to_settle()] == ["a"]
        assert store.leases.held()
        await store.leases.led()
        await store.leases.renewed()
    assert await Sole().elsewhere("ab") == set()


# Death


async def test_a_dead_one(postgres_url: str) -> None:
    """What a bridge had that is taken for dead goes to the others; from then on it writes nothing, and says so."""
    async with open_store(postgres_url, pace=QUICK) as one, open_store(postgres_url, pace=QUICK) as two:
        put(one, "s")
        await one.flush()
        await one.spread()
        await take_for_dead(postgres_url, one)
        await two.spread()
        assert await two.mine() == {"s"}
        one.add_utterance(utterance(1))
        with pytest.raises(StoreTakenOver):
            await one.add_window(window(), gaps_told=0)
        assert one.lost.is_set()
        assert not one.leases.held()
        assert await two.utterances("s") == []
        assert [each.name for each in two.leases.replicas if not each.here] != []
        await two.spread()
        assert len(two.leases.replicas) == 1


async def test_one_that_is_only_late(postgres_url: str) -> None:
    """A bridge that nobody has taken for dead goes on, however late it is."""
    async with open_store(postgres_url, pace=QUICK) as one:
        put(one, "s")
        await one.flush()
        await one.spread()
        await take_for_dead(postgres_url, one)
        await one.spread()
        one.add_utterance(utterance(1))
        await one.flush()
        assert await one.mine() == {"s"}
        assert not one.lost.is_set()


async def test_hanging_up_in_time(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was not renewed in time knows it before the others act, unless nobody else was there."""
    async with open_store(postgres_url) as one:
        await one.spread()
        loop = asyncio.get_running_loop()
        now = loop.time
        monkeypatch.setattr("bridge.store.postgres_leases._now", lambda: now() + 6)
        assert one.leases.held()  # it is alone
        monkeypatch.undo()
        async with open_store(postgres_url):
            await one.spread()
            assert one.leases.held()
            monkeypatch.setattr("bridge.store.postgres_leases._now", lambda: now() + 6)
            await one.leases.lapsed()
            monkeypatch.undo()
            await one.leases.renewed()


# The next life


@pytest.mark.usefixtures("_own_folder")
async def test_a_process_that_is_started_again(postgres_server: PostgresServer) -> None:
    """Who starts again before anybody took over is the same bridge: its streams are its own, and what was spilled is written."""
    url = postgres_server.database()
    async with open_store(url, pace=QUICK) as one:
        put(one, "s")
        await one.flush()
        await one.spread()
        life = one.leases.life
        await asyncio.to_thread(postgres_server.stop)
        one.add_utterance(utterance(1))
        await until(lambda: bool(one.fault))
    await asyncio.to_thread(postgres_server.start)
    async with open_store(url, pace=QUICK) as again:
        assert again.leases.life == life
        assert await again.mine() == {"s"}
        assert await again.utterances("s") == [utterance(1)]


@pytest.mark.usefixtures("_own_folder")
async def test_one_from_whom_was_taken(postgres_server: PostgresServer) -> None:
    """Of what it could not write before others took over, the words are handed in, and nothing else is written."""
    url = postgres_server.database()
    async with open_store(url, pace=QUICK) as one:
        put(one, "s")
        await one.flush()
        await one.spread()
        dead = one.leases.life
        await asyncio.to_thread(postgres_server.stop)
        one.add_utterance(utterance(1))
        one.stream_settled("s")
        await until(lambda: bool(one.fault))
    await asyncio.to_thread(postgres_server.start)
    async with operator(url) as database:
        await database.execute("DELETE FROM replicas WHERE replica = $1", dead)
    async with open_store(url, pace=QUICK) as again:
        assert again.leases.life != dead
        await again.spread()
        assert await again.utterances("s") == []
        [event] = await again.events_to_handle()
        assert (event.event, heard_in(event.body)) == (HEARD, utterance(1))
        assert [stream.stream_id for stream in await again.streams_to_settle()] == ["s"]


async def test_one_of_which_is_not_known_who_it_was(postgres_url: str, tmp_path: Path) -> None:
    """What is spilled beside no note of a life, as where that was tidied away, is handed in and not written as it was meant."""
    async with open_store(postgres_url, folder=tmp_path) as one:
        put(one, "s")
        await one.flush()
        [lock] = [name for name in os.listdir(tmp_path) if name.endswith(".spill.lock")]
    spill = Spill(tmp_path / lock.removesuffix(".lock"))
    spill.append([(1001, Write(Op.INSERT, "utterances", to_row(utterance(1))))])
    async with open_store(postgres_url, folder=tmp_path) as again:
        assert await again.utterances("s") == []
        await again.spread()
        [event] = await again.events_to_handle()
        assert heard_in(event.body) == utterance(1)


@pytest.mark.usefixtures("_own_folder")
async def test_two_on_one_machine(postgres_url: str, tmp_path: Path) -> None:
    """Each has a spill file of its own."""
    async with (
        open_store(postgres_url, folder=tmp_path) as one,
        open_store(postgres_url, folder=tmp_path) as two,
    ):
        assert one.leases.life != two.leases.life
        assert len([path for path in os.listdir(tmp_path) if path.endswith(".spill.lock")]) == 2


@pytest.fixture
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))


async def test_what_another_bridge_has_in_hand_of_a_deleted_meeting(postgres_url: str) -> None:
    """Words that one bridge makes into passages while another deletes their meeting do not come back, and nobody decides on it."""
    async with (
        open_store(postgres_url) as one,
        open_store(postgres_url) as two,
        operator(postgres_url) as late,
    ):
        put(one, "s", "t")
        await one.flush()
        await one.add_deletion(STREAM.meeting_uuid, "asked")  # of both streams
        put(one, "kept")
        one.put_stream(replace(STREAM, stream_id="kept", meeting_uuid="other=="))
        transaction = late.transaction()
        await transaction.start()  # as a commit of the other that is under way
        await late.execute("SELECT 1 FROM streams WHERE stream_id = 's' FOR NO KEY UPDATE")
        await late.execute(
            "INSERT INTO passages (stream_id, kind, first_n, last_n, item, label, text, terms) "
            "VALUES ('s', 'words', 1, 1, '', '', '', 'merger')"
        )
        purging = asyncio.create_task(one.purge(STREAM.meeting_uuid))
        async with operator(postgres_url) as looker:
            await until(lambda: looker.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))
        await transaction.commit()
        await purging
        for stream_id in ("s", "t", "kept"):
            two.replace_passages(stream_id, PassageKind.WORDS, [replace(PASSAGE, stream_id=stream_id)])
        await two.flush()
        with pytest.raises(WriteRefused):
            await two.add_verdict(replace(VERDICT, stream_id="s"))
        await two.add_verdict(replace(VERDICT, stream_id="kept"))
        assert two.put_aside() == {}
        rows = await late.fetch("SELECT stream_id FROM passages UNION ALL SELECT stream_id FROM verdicts")
        assert [row["stream_id"] for row in rows] == ["kept", "kept"]


async def test_all_at_once(postgres_url: str) -> None:
    """Bridges that start together on an empty database make its tables once."""
    async with AsyncExitStack() as stack:
        stores = await asyncio.gather(
            *(stack.enter_async_context(open_store(postgres_url)) for _ in range(4))
        )
        await stores[0].spread()
        assert len(stores[0].leases.replicas) == 4


# Bridges that share nothing


async def test_an_older_bridge(postgres_url: str) -> None:
    """A bridge that has the database to itself, as older ones do, is waited for; and none of those begins beside this one."""
    async with operator(postgres_url) as older:
        key = "hashtextextended('zoom-bridge store in ' || current_schema(), 0)"
        await older.execute(f"SELECT pg_advisory_lock({key})")
        with pytest.raises(StoreInUse, match="another bridge"):
            async with open_store(postgres_url):
                raise AssertionError("opened")
        await older.execute(f"SELECT pg_advisory_unlock({key})")
        async with open_store(postgres_url):
            assert not await older.fetchval(f"SELECT pg_try_advisory_lock({key})")


async def test_a_commit_that_is_rolled_back_renews_nothing(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does the bridge believe it: others may take it for dead by what is committed alone."""

    async def refuse(*_: object) -> None:
        raise asyncpg.NumericValueOutOfRangeError("too large")

    async with open_store(postgres_url, folder=tmp_path, pace=Pace(lease_seconds=600)) as store:
        until_then = store._engine.leases._held_until
        with monkeypatch.context() as patch:
            patch.setattr("bridge.store.postgres._make", refuse)
            with pytest.raises(asyncpg.NumericValueOutOfRangeError):
                await store._engine.commit([Write(Op.UPSERT, "streams", to_row(STREAM))], 1)
        assert store._engine.leases._held_until == until_then
        await store._engine.hold()
        assert store._engine.leases._held_until > until_then
