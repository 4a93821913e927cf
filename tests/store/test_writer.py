"""The writer's task: groups, absences, refusals, the spill file. No test waits for time: pauses are the test's own."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain import Happening, HappeningKind
from bridge.errors import StoreAway, StoreError, StoreTakenOver
from bridge.store.naming import shown
from bridge.store.pace import Pace
from bridge.store.query import Op, Write
from bridge.store.rows import to_row
from bridge.store.spill import Spill
from bridge.store.store import Store, open_store
from bridge.tasks import beside
from tests.fakes.waiting import until
from tests.store.faulty import FaultyEngine
from tests.store.values import SECRET_WORDS, utterance, window

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

WEIGHT = 1000
"""About what an utterance weighs in the queue, in bytes."""


class Time:
    """A clock that moves only by the pauses that are made."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


class Steps(Time):
    """A clock whose pauses pass one by one, when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self._begun = asyncio.Event()
        self._over = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self._begun.set()
        await self._over.wait()
        self._over.clear()
        await super().sleep(seconds)

    async def pause_begun(self) -> None:
        await self._begun.wait()

    def pass_on(self) -> None:
        self._begun.clear()
        self._over.set()


@asynccontextmanager
async def running(
    engine: FaultyEngine, *, spill: Path | None = None, pace: Pace | None = None, time: Time | None = None
) -> AsyncIterator[Store]:
    """A store on an engine, with a clock of its own."""
    time = time or Time()
    file = None if spill is None else Spill(spill)
    if file is not None:
        file.open()
    committed = await engine.mark()
    store = Store(engine, spill=file, committed=committed, pace=pace, monotonic=time, sleep=time.sleep)
    async with beside(store.run(), name="store writer", stop=store.close):
        yield store


def said(engine: FaultyEngine) -> list[object]:
    """Positions of the utterances that are committed, in the order in which they came."""
    return [row["n"] for row in engine._tables["utterances"].values()]


# Groups


async def test_writes_are_grouped() -> None:
    """A thousand utterances cost one transaction, and those who wait share it."""
    engine = FaultyEngine()
    async with running(engine) as store:
        for n in range(1, 1001):
            store.add_utterance(utterance(n))
        async with asyncio.TaskGroup() as tasks:
            for n in range(100):
                tasks.create_task(store.add_window(window(n + 1), gaps_told=0))
    assert engine.groups == [1100]


async def test_a_crowd_is_committed_in_several_groups() -> None:
    """A transaction has a largest size, and the order goes through all of them."""
    engine = FaultyEngine()
    async with running(engine, pace=Pace(group_rows=100)) as store:
        for n in range(1, 251):
            store.add_utterance(utterance(n))
        await store.flush()
    assert engine.groups == [100, 100, 50]
    assert said(engine) == list(range(1, 251))


async def test_unwatched_writes_are_committed_soon() -> None:
    """What nobody waits for is committed in a moment all the same."""
    engine = FaultyEngine()
    async with running(engine) as store:
        store.add_utterance(utterance(1))
        await until(lambda: said(engine) == [1])


async def test_a_commit_is_no_cause_to_look_at_the_database() -> None:
    """What comes while others are committed, or goes with them, costs no hop of its own behind them."""
    engine = FaultyEngine()
    async with running(engine) as store:
        for n in range(1, 6):
            store.add_utterance(utterance(2 * n - 1))
            await asyncio.sleep(0)
            store.add_utterance(utterance(2 * n))
            await store.flush()
            for _ in range(10):  # a writer that has a cause goes on now
                await asyncio.sleep(0)
        assert engine.looks == 0


# The database away


async def test_an_absence_is_waited_out(tmp_path: Path) -> None:
    """While the database is away writes wait in order, tried with growing pauses; it is said once, and nothing is lost."""
    engine, time = FaultyEngine(), Time()
    async with running(engine, time=time) as store:
        with structlog.testing.capture_logs() as logs:
            engine.away = "database or disk is full"
            store.add_utterance(utterance(1, words=SECRET_WORDS))
            adding = asyncio.create_task(store.add_window(window(), gaps_told=0))
            await until(lambda: len(time.pauses) > 7)
            for n in range(2, 6):
                store.add_utterance(utterance(n))
            assert "disk is full" in await store.check()
            assert store.waiting()[2] >= sum(time.pauses[:7])
            assert not adding.done()
            engine.away = ""
            await adding
        assert (store.fault, await store.check()) == ("", "")
        await store.flush()
    assert said(engine) == [1, 2, 3, 4, 5]
    assert time.pauses[:7] == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert [log["event"] for log in logs] == ["store.away", "store.back"]
    assert SECRET_WORDS not in repr(logs)


async def test_an_answer_that_is_lost() -> None:
    """A commit that was made without an answer is not made again: nothing is doubled, and nothing refused."""
    engine = FaultyEngine()
    async with running(engine) as store:
        engine.unanswered = 1
        happening = Happening(stream_id="s", kind=HappeningKind.JOINED, at_ms=1, user_id="7", name="Dana")
        store.add_happening(happening)
        store.add_utterance(utterance(1))
        store.amend_utterance("s", 1, "Better.")
        await store.flush()
        store.add_utterance(utterance(2))
        await store.flush()
        assert await store.happenings("s") == [happening]
        assert [each.text for each in await store.utterances("s")] == ["Better.", utterance(2).text]
        assert store.put_aside() == {}


async def test_reads_wait_out_an_absence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream's past is read once the database can be read again; who looks on is told at once."""
    engine = FaultyEngine()
    async with running(engine, pace=Pace(first_pause_seconds=0.01, longest_pause_seconds=0.01)) as store:
        store.add_utterance(utterance(1))
        await store.flush()
        with structlog.testing.capture_logs() as logs:
            engine.away = "too many clients already"
            reading = asyncio.create_task(store.utterances("s"))
            purging = asyncio.create_task(store.purge("m=="))
            with pytest.raises(StoreAway, match="too many clients"):
                await store.stream_summaries(limit=1)
            assert "too many clients" in await store.check()
            await until(lambda: bool(logs))
            assert not reading.done()
            engine.away = ""
        assert await reading == [utterance(1)]
        await purging


async def test_closing_while_the_database_is_away(tmp_path: Path) -> None:
    """A bridge that ends in an outage leaves what it could not commit to the next one, and tells who waits."""
    engine, file = FaultyEngine(), tmp_path / "spill"
    async with running(engine, spill=file) as store:
        engine.away = "locked"
        for n in range(1, 6):
            store.add_utterance(utterance(n))
        adding = asyncio.create_task(store.add_window(window(), gaps_told=0))
        await until(lambda: bool(store.fault))
    with pytest.raises(StoreError, match="locked"):
        await adding
    engine.away = ""
    async with running(engine, spill=file) as store:
        await store.flush()
        assert said(engine) == [1, 2, 3, 4, 5]
        assert [each.window for each in await store.pending_windows("s", "r")] == [window()]
    assert not file.exists()


async def test_events_that_nobody_waits_for(tmp_path: Path) -> None:
    """They are the store's as soon as they are handed in: the next process has them, in order and each once."""
    engine, file = FaultyEngine(), tmp_path / "spill"

    def hand_in(store: Store, *stream_ids: str) -> list[asyncio.Future[None]]:
        return [store.add_event(event="x", stream_id=each, event_ts=5, body="{}") for each in stream_ids]

    async with running(engine, spill=file) as store:
        engine.away = "locked"
        told = hand_in(store, "c", "a", "c", "b")
        await until(lambda: store.fault)
        assert not any(each.done() for each in told)
    assert [type(each.exception()) for each in told] == [StoreError] * 4

    engine.away = ""
    async with running(engine, spill=file) as store:
        await asyncio.gather(*hand_in(store, "b", "d"))
        assert [each.stream_id for each in await store.events_to_handle()] == ["c", "a", "b", "d"]


async def test_closing_with_nowhere_to_put_the_rest() -> None:
    """A bridge that ends with words that it can put nowhere says so."""
    engine = FaultyEngine()

    async def end_in_an_outage() -> None:
        async with running(engine, pace=Pace(closing_tries=1)) as store:
            engine.away = "locked"
            store.add_utterance(utterance(1))
            store.add_utterance(utterance(2))

    with pytest.raises(StoreError, match="2 writes could not be committed"):
        await end_in_an_outage()


async def test_another_owner() -> None:
    """A store that another bridge has taken ends its writing, says so, and lets nobody wait."""
    engine = FaultyEngine()
    async with running(engine) as store:
        store.add_utterance(utterance(1))
        await store.flush()
        engine.taken = True
        store.add_utterance(utterance(2))
        with pytest.raises(StoreTakenOver):
            await store.add_window(window(), gaps_told=0)
        assert store.lost.is_set()
        with pytest.raises(StoreTakenOver):
            await store.flush()
        store.add_utterance(utterance(3))
        assert store.waiting()[0] == 0
    assert said(engine) == [1]


# Rows that are refused


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 20))
def test_any_mixture_of_good_and_bad_rows(mixture: list[bool], group_rows: int) -> None:
    """Exactly the good rows are stored, in order; each bad one is counted and told once, by its key."""
    engine = FaultyEngine()
    engine.bad = lambda write: write.values.get("text") == SECRET_WORDS

    async def play() -> None:
        async with running(engine, pace=Pace(group_rows=group_rows)) as store:
            for n, good in enumerate(mixture, 1):
                store.add_utterance(utterance(n, words="Yes." if good else SECRET_WORDS))
            await store.flush()
            assert store.put_aside() == ({"utterances": mixture.count(False)} if not all(mixture) else {})

    with structlog.testing.capture_logs() as logs:
        asyncio.run(play())
    assert said(engine) == [n for n, good in enumerate(mixture, 1) if good]
    assert [log["key"]["n"] for log in logs] == [n for n, good in enumerate(mixture, 1) if not good]
    assert SECRET_WORDS not in repr(logs)


async def test_one_bad_row_costs_few_transactions() -> None:
    """Finding one bad row among thousands takes tens of tries, and groups grow again behind it."""
    engine = FaultyEngine()
    engine.bad = lambda write: write.values.get("n") == 2500
    async with running(engine) as store:
        for n in range(1, 5001):
            store.add_utterance(utterance(n))
        await store.flush()
    assert len(said(engine)) == 4999
    assert engine.tries < 60


@pytest.mark.parametrize(
    ("key", "told"),
    [("s-1", "s-1"), (7, 7), (None, None), ("a\nb", "#"), ("Dana \ud83d", "#"), ("x" * 500, "#")],
)
def test_keys_in_logs(key: str | int | None, told: str | int | None) -> None:
    """A key that a log cannot show is shown by its digest."""
    assert shown(key) == told or (told == "#" and str(shown(key)).startswith("#"))


# The spill file


async def test_an_outage_of_ten_minutes(tmp_path: Path) -> None:
    """500 meetings go on for ten minutes without a database: memory stays bounded, nobody waits, and all is kept in order."""
    meetings, minutes, bound = 500, 10, 2 * 1024 * 1024
    engine, time, file = FaultyEngine(), Steps(), tmp_path / "spill"
    most, spoken = 0, 0
    async with running(engine, spill=file, pace=Pace(memory_bytes=bound), time=time) as store:
        engine.away = "connection refused"
        end = time.now + minutes * 60
        while time.now < end:
            spoken += 1  # everybody says something in each pause, of at most five seconds
            for meeting in range(meetings):
                store.add_utterance(utterance(spoken, stream_id=f"s{meeting}"))
            most = max(most, store._backlog.bytes)
            await time.pause_begun()
            time.pass_on()
            await asyncio.sleep(0)
        rows, size, oldest = store.waiting()
        assert rows == meetings * spoken
        assert size > 5 * bound
        assert oldest >= minutes * 60 - 5
        engine.away = ""
        await store.flush()
        assert store.waiting() == (0, 0, 0.0)
        for meeting in (0, 250, 499):
            heard = await store.utterances(f"s{meeting}")
            assert [each.n for each in heard] == list(range(1, spoken + 1))
    assert most < bound + 2 * meetings * WEIGHT
    assert len(engine._tables["utterances"]) == meetings * spoken
    assert not file.exists()


def in_file(file: Path) -> int:
    """How many writes a process that is killed now leaves behind."""
    try:
        return file.read_bytes().count(b"\n")  # to open it as a spill, and tidy it up, is its owner's
    except FileNotFoundError:
        return 0


async def test_an_outage_leaves_nothing_in_memory(tmp_path: Path) -> None:
    """What comes while the database is away is in the spill file a moment later, however little it is."""
    engine, time, file = FaultyEngine(), Steps(), tmp_path / "spill"
    async with running(engine, spill=file, time=time) as store:
        engine.away = "connection refused"
        store.add_utterance(utterance(1))
        await time.pause_begun()
        for n in range(2, 7):  # all within one pause
            store.add_utterance(utterance(n))
            await until(lambda n=n: in_file(file) == n)  # type: ignore[misc]
        await until(lambda: store._backlog.queued == 0)
        engine.away = ""
        time.pass_on()
        await store.flush()
    assert said(engine) == [1, 2, 3, 4, 5, 6]
    assert not file.exists()


async def test_a_commit_that_hangs(tmp_path: Path) -> None:
    """What a commit keeps waiting is in the spill file meanwhile, what is being committed too; each is kept once."""
    engine, file = FaultyEngine(), tmp_path / "spill"
    async with running(engine, spill=file) as store:
        engine.hangs = asyncio.Event()
        happened = Happening(stream_id="s", kind=HappeningKind.JOINED, at_ms=1, user_id="7", name="Dana")
        store.add_happening(happened)
        await until(lambda: in_file(file) == 1)
        for n in range(1, 5):
            store.add_utterance(utterance(n))
        await until(lambda: in_file(file) == 5)
        engine.hangs.set()
        await store.flush()
        assert await store.happenings("s") == [happened]
    assert said(engine) == [1, 2, 3, 4]
    assert engine.groups == [1, 4]
    assert not file.exists()


async def test_a_cancelled_writer_leaves_no_task(tmp_path: Path) -> None:
    """A writer that is cancelled in the middle of a commit takes that along."""
    engine = FaultyEngine()
    engine.hangs = asyncio.Event()
    store = Store(engine, spill=Spill(tmp_path / "spill"))
    task = asyncio.create_task(store.run())
    store.add_utterance(utterance(1))
    await until(lambda: store._backlog.spilled == 1)
    committing = [each for each in asyncio.all_tasks() if each.get_name() == "database"]
    assert len(committing) == 1
    task.cancel()
    await asyncio.wait({task, *committing})
    assert committing[0].cancelled()


async def test_what_is_spilled_is_there_before_anything_is_read(tmp_path: Path) -> None:
    """A store that is opened after a crash in an outage answers with what the outage kept from being committed."""
    url = f"sqlite:///{tmp_path / 'a.db'}"
    async with open_store(url) as store:
        store.add_utterance(utterance(1))
    spill = Spill(tmp_path / "a.db.spill")
    spill.append([(100 + n, upsert(n)) for n in range(2, 5)])
    async with open_store(url) as store:
        assert [each.n for each in await store.utterances("s")] == [1, 2, 3, 4]


def upsert(n: int) -> Write:
    """An utterance as it is queued."""
    return Write(Op.INSERT, "utterances", to_row(utterance(n)))


async def test_a_spill_file_that_cannot_be_written(tmp_path: Path) -> None:
    """With the spill file's disk full too, memory holds everything, and it is said once."""
    engine, time = FaultyEngine(), Time()
    with structlog.testing.capture_logs() as logs:
        async with running(
            engine, spill=tmp_path / "nowhere" / "spill", pace=Pace(memory_bytes=10), time=time
        ) as store:
            engine.away = "database or disk is full"
            for n in range(1, 6):
                store.add_utterance(utterance(n))
            await until(lambda: len(time.pauses) > 3)
            engine.away = ""
            await store.flush()
    assert said(engine) == [1, 2, 3, 4, 5]
    assert [log["event"] for log in logs] == ["store.not_spilled", "store.away", "store.back"]


async def test_refused_rows_in_the_spill_file(tmp_path: Path) -> None:
    """A poisonous row goes through the spill file as it is, and is refused behind it; its writer is told."""
    engine = FaultyEngine()
    async with running(engine, spill=tmp_path / "spill", pace=Pace(memory_bytes=10)) as store:
        engine.away = "locked"
        for n in range(1, 11):
            store.add_utterance(utterance(n, words="Dana \ud83d" if n == 5 else "Yes."))
        bad = store.add_event(event="x", stream_id=b"s", event_ts=5, body="{}")  # type: ignore[arg-type]
        await until(lambda: store._backlog.spilled > 10)
        engine.away = ""
        await store.flush()
        with pytest.raises(StoreError):
            await bad
        assert store.put_aside() == {"utterances": 1, "events": 1}
    assert said(engine) == [1, 2, 3, 4, 6, 7, 8, 9, 10]


async def test_spilled_and_killed(tmp_path: Path) -> None:
    """What a killed process had spilled is taken in by the next one, in order and once, also what it had committed already."""
    engine, file = FaultyEngine(), tmp_path / "spill"
    store = Store(engine, spill=Spill(file), pace=Pace(memory_bytes=10, group_rows=3), sleep=Time().sleep)
    task = asyncio.create_task(store.run())
    engine.away = "locked"
    for n in range(1, 8):
        store.add_utterance(utterance(n))
        store.add_happening(
            Happening(stream_id="s", kind=HappeningKind.LEFT, at_ms=n, user_id="7", name="Dana")
        )
    await until(lambda: store._backlog.spilled == 14)
    engine.dies_behind = 2
    engine.away = ""
    await until(lambda: engine.away == "killed")
    task.cancel()
    await asyncio.wait({task})
    assert 0 < len(said(engine)) < 7
    with file.open("ab") as left:
        left.write(b'[99, "insert", "utterances", {"stream')

    engine.away, engine.dies_behind = "", 0
    async with running(engine, spill=file) as store:
        store.add_utterance(utterance(8))
        await store.flush()
        assert said(engine) == list(range(1, 9))
        assert [each.at_ms for each in await store.happenings("s")] == list(range(1, 8))
        assert store.put_aside() == {}


async def test_killed_in_an_outage(tmp_path: Path) -> None:
    """A process that is killed while SQLite is locked by another leaves its spill file, and the next one has every word."""
    url = f"sqlite:///{tmp_path / 'a.db'}"
    script = f"""
import asyncio, os, sqlite3
from bridge.store.pace import Pace
from bridge.store.store import open_store
from tests.store.values import utterance
async def main():
    async with open_store({url!r}) as store:
        store.add_utterance(utterance(1))
        await store.flush()
        other = sqlite3.connect({str(tmp_path / "a.db")!r}, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for n in range(2, 200):
            store.add_utterance(utterance(n))
        while store._backlog.spilled < 198:
            await asyncio.sleep(0.01)
        os._exit(9)
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, cwd=Path(__file__).parents[2]
    )
    assert await asyncio.wait_for(process.wait(), 100) == 9
    file = tmp_path / "a.db.spill"
    assert file.stat().st_mode & 0o777 == 0o600
    async with open_store(url) as store:
        assert [each.n for each in await store.utterances("s")] == list(range(1, 200))
    assert not file.exists()


def test_somebody_elses_file(tmp_path: Path) -> None:
    """A link that lies where the spill file should be is not followed."""
    (tmp_path / "target").write_text("")
    (tmp_path / "spill").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="symbolic links"):
        Spill(tmp_path / "spill").open()


async def test_a_spill_file_that_is_taken_away(tmp_path: Path) -> None:
    """What was in it is told as lost, also to whoever waits for it; what comes later is kept, and nothing stands still."""
    engine, time, file = FaultyEngine(), Steps(), tmp_path / "spill"
    async with running(engine, spill=file, time=time) as store:
        engine.away = "connection refused"
        adding = asyncio.create_task(store.add_window(window(), gaps_told=0))
        await time.pause_begun()
        await until(lambda: store._backlog.spilled == 1)
        file.unlink()
        with structlog.testing.capture_logs() as logs:
            engine.away = ""
            time.pass_on()
            with pytest.raises(StoreError, match="taken away"):
                await adding
            store.add_utterance(utterance(1))
            await store.flush()
    assert said(engine) == [1]
    assert [(log["event"], log.get("rows")) for log in logs if log["event"] != "store.back"] == [
        ("store.spill_lost", 1)
    ]


async def test_a_spill_file_that_is_taken_away_in_a_commit(tmp_path: Path) -> None:
    """What is being committed at that moment is committed, and what is spilled behind it goes into a new file."""
    engine, file = FaultyEngine(), tmp_path / "spill"
    async with running(engine, spill=file) as store:
        engine.hangs = asyncio.Event()
        for n in range(1, 4):
            store.add_utterance(utterance(n))
        await until(lambda: in_file(file) == 3)
        file.unlink()
        store.add_utterance(utterance(4))
        await until(lambda: in_file(file) == 1)
        engine.hangs.set()
        await store.flush()
        assert store.waiting() == (0, 0, 0.0)
    assert said(engine) == [1, 2, 3, 4]


async def test_a_group_that_takes_too_long(tmp_path: Path) -> None:
    """Where a server gives up large groups, smaller ones go through."""

    class Impatient(FaultyEngine):
        async def commit(self, writes: Sequence[Write], mark: int) -> None:
            if len(writes) > 100:
                raise OSError("canceling statement due to statement timeout")
            await super().commit(writes, mark)

    engine = Impatient()
    async with running(engine) as store:
        for n in range(1, 1001):
            store.add_utterance(utterance(n))
        await store.flush()
    assert said(engine) == list(range(1, 1001))


async def test_rows_of_a_newer_bridge(tmp_path: Path) -> None:
    """A spill file that a newer bridge has left, for a table that is not known here, stops nobody."""
    spill = Spill(tmp_path / "spill")
    spill.append(
        [
            (1, Write(Op.INSERT, "moods", {"stream_id": "s"})),
            (2, upsert(1)),
        ]
    )
    engine = FaultyEngine()
    async with running(engine, spill=tmp_path / "spill") as store:
        await store.flush()
        assert store.put_aside() == {"moods": 1}
    assert said(engine) == [1]
