"""How the archive is filled: soon, once, without anybody's waiting, whatever comes in between."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import importlib
import threading
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from bridge.archive.indexer import (
    AT_ONCE,
    CROWD,
    CROWD_SECONDS,
    EVERY_SECONDS,
    LONGEST_REST_SECONDS,
    PIECE,
    PIECES,
    REST,
    WALK,
    Indexer,
)
from bridge.archive.passages import passages_of
from bridge.archive.search import Archive
from bridge.clock import CLOCK
from bridge.domain import PassageKind
from bridge.errors import StoreAway
from bridge.store.memory import MemoryEngine
from bridge.store.query import Op, Query
from bridge.store.store import Store, open_store
from tests.archive.talk import begin, insight, say, tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.domain import Passage
    from bridge.store.query import Row, Write

WORDS = [f"Sentence {n} is about subject{n} and takes some words to say so." for n in range(300)]


async def kept(store: Store, stream_id: str = "s") -> list[Passage]:
    """A stream's passages of words, each found by where it begins."""
    await store.flush()
    found, before = [], None
    while (passage := await store.last_passage(stream_id, before=before)) is not None:
        found.append(passage)
        rows = await store._read(
            Query("passages", (("stream_id", "=", stream_id), ("kind", "=", "words"), ("first_n", "<", passage.first_n)), ("last_n",), ("-first_n",), 1)
        )  # fmt: skip
        if not rows:
            break
        before = int(rows[0]["last_n"] or 0) + 1
    return found[::-1]


async def whole(store: Store, stream_id: str = "s") -> list[Passage]:
    """What the passages of a stream have to be."""
    return passages_of(await store.utterances(stream_id))


async def test_piece_by_piece(any_store: Store, indexer: Indexer) -> None:
    """A long meeting is indexed in pieces, and the passages are those that it has as a whole."""
    say(any_store, *WORDS)
    assert len(WORDS) > 3 * PIECE
    while await indexer.turn():
        pass
    assert await kept(any_store) == await whole(any_store)


async def test_a_long_meeting_keeps_no_other_waiting(any_store: Store, indexer: Indexer) -> None:
    """A turn takes a part of a long meeting, of which a message was amended too; the others' turn comes meanwhile."""
    say(any_store, *(WORDS * 4), stream_id="long")
    while await indexer.turn():
        pass
    any_store.amend_utterance("long", 2, "Another sentence.")
    say(any_store, "The budget.", stream_id="short")
    assert await indexer.turn()
    assert await kept(any_store, "short") == await whole(any_store, "short")
    made = await kept(any_store, "long")
    assert 0 < made[-1].last_n <= PIECE * PIECES
    say(any_store, *WORDS[:5], stream_id="long", first_n=4 * len(WORDS) + 1)
    while await indexer.turn():
        pass
    assert await kept(any_store, "long") == await whole(any_store, "long")


async def test_long_words_keep_no_socket_waiting(
    any_store: Store, indexer: Indexer, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Megabytes of chat, or of what a flow found, are made into passages, ranked and marked in threads; what is usual is not."""
    at: dict[str, list[bool]] = {}

    def watched(module: str, name: str) -> None:
        work = getattr(importlib.import_module(module), name)

        def watch(*given: Any, **more: Any) -> Any:
            at.setdefault(name, []).append(threading.current_thread() is threading.main_thread())
            return work(*given, **more)

        monkeypatch.setattr(f"{module}.{name}", watch)

    for name in ("passages_of", "findings_of"):
        watched("bridge.archive.indexer", name)
    for name in ("ranked", "_hit"):
        watched("bridge.archive.search", name)
    begin(any_store)
    say(any_store, "The oven is new.")
    await tell(any_store, insight("Buy the oven."))
    await indexer.turn()
    assert await archive.search("oven", limit=9)
    assert all(map(all, at.values()))
    at.clear()
    say(any_store, *(f"oven {' '.join(f'a{n}b{i}' for i in range(2_000))}" for n in range(9)), first_n=2)
    await tell(any_store, *(insight(f"oven {'x y ' * 500}", name=f"i{n}") for n in range(9)), seq=2)
    await indexer.turn()
    assert await archive.search("oven", limit=50)
    assert at.keys() == {"passages_of", "findings_of", "ranked", "_hit"}
    assert not any(map(any, at.values()))


async def test_a_fault_in_the_middle(
    any_store: Store, indexer: Indexer, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was in hand when something broke, an amended message before all others, is done in the next turn."""
    begin(any_store)
    say(any_store, *WORDS[:60])
    while await indexer.turn():
        pass
    any_store.amend_utterance("s", 10, "")
    await tell(any_store, insight("The plan."))
    read, told = any_store.utterances, any_store.runs_that_told

    def broken(*_: object, **__: object) -> Any:
        raise StoreAway

    for name, whole_one in (("utterances", read), ("runs_that_told", told)):
        monkeypatch.setattr(any_store, name, broken)
        with pytest.raises(StoreAway):
            await indexer.turn()
        monkeypatch.setattr(any_store, name, whole_one)
    await indexer.turn()
    assert await kept(any_store) == await whole(any_store)
    assert len(await archive.search("plan", limit=5)) == 1


async def test_a_meeting_that_breaks_it(
    any_store: Store, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is left out and told by place, in the walk and afterwards; all others are found."""
    read = any_store.utterances

    async def breaks(stream_id: str, **options: Any) -> Any:
        if stream_id == "bad":
            raise ValueError("secret words")
        return await read(stream_id, **options)

    monkeypatch.setattr(any_store, "utterances", breaks)
    for stream_id in ("bad", "good"):
        begin(any_store, stream_id)
        say(any_store, "The budget.", stream_id=stream_id)
    await any_store.flush()
    any_store.take_changed()
    indexer = Indexer(any_store)
    with structlog.testing.capture_logs() as logs:
        while await indexer.turn():
            pass
        for stream_id in ("bad", "good"):
            say(any_store, "The plan.", stream_id=stream_id, first_n=2)
        any_store.amend_utterance("bad", 1, "")
        await indexer.turn()
    assert len(await archive.search("budget plan", limit=5)) == 1
    assert [each["stream_id"] for each in logs if each["event"] == "archive.left_out"] == ["bad", "bad"]
    assert "secret" not in repr(logs)


async def test_word_by_word(any_store: Store, indexer: Indexer) -> None:
    """A live meeting is indexed as it goes, and the passages are those that it has in the end."""
    for n in range(0, 60, 4):
        say(any_store, *WORDS[n : n + 4], first_n=n + 1)
        await indexer.turn()
        assert (await kept(any_store))[-1].last_n == n + 4
    assert await kept(any_store) == await whole(any_store)


async def test_short_utterances(any_store: Store, indexer: Indexer) -> None:
    """Where a piece holds no whole passage, a larger one is taken."""
    say(any_store, *["Yes."] * (4 * PIECE))
    await indexer.turn()
    assert await kept(any_store) == await whole(any_store)
    assert (await kept(any_store))[0].last_n > PIECE


async def test_nothing_new_writes_nothing() -> None:
    """A turn without anything new writes nothing; one more utterance writes the last passages only."""
    written: list[Write] = []

    class Watched(MemoryEngine):
        async def commit(self, writes: Sequence[Write], mark: int) -> None:
            written.extend(write for write in writes if write.table == "passages")
            await super().commit(writes, mark)

    async with _running(Store(Watched())) as store:
        indexer = Indexer(store)
        say(store, *WORDS)
        while await indexer.turn():
            pass
        await store.flush()
        written.clear()
        assert not await indexer.turn()
        await tell(store, insight("Ship."))
        await indexer.turn()
        await tell(store, insight("Ship."), seq=2)
        await indexer.turn()
        await store.flush()
        assert [write.op for write in written] == [Op.DELETE, Op.INSERT]
        written.clear()
        say(store, "One more.", first_n=len(WORDS) + 1)
        await indexer.turn()
        await store.flush()
        assert [write.op for write in written] in ([Op.DELETE, Op.INSERT], [Op.DELETE, Op.INSERT, Op.INSERT])


async def test_the_cost_of_a_thousand_utterances() -> None:
    """A thousand utterances cost a statement each twenty-five, however long the meeting is."""
    asked: list[Query] = []

    class Watched(MemoryEngine):
        async def read(self, query: Query) -> list[Row]:
            asked.append(query)
            return await super().read(query)

    async with _running(Store(Watched())) as store:
        indexer = Indexer(store)
        await indexer.turn()
        say(store, *(WORDS * 4)[:1000])
        await store.flush()
        asked.clear()
        turns = 1
        while await indexer.turn():
            turns += 1
        passages = [query for query in asked if query.table == "passages"]
        utterances = [query for query in asked if query.table == "utterances"]
        assert turns <= 6
        assert len(passages) <= turns
        assert len(utterances) <= 50
        assert all(query.limit is not None and query.limit <= PIECE for query in utterances)
        assert len(asked) == len(passages) + len(utterances)


async def test_amended_messages(any_store: Store, indexer: Indexer, archive: Archive) -> None:
    """An edited message is found by its new words only, and what was said around it as before."""
    begin(any_store)
    say(any_store, *WORDS)
    await indexer.turn()
    any_store.amend_utterance("s", 150, "The zebra.")
    any_store.amend_utterance("s", 290, "")
    await indexer.turn()
    assert await kept(any_store) == await whole(any_store)
    assert len(await archive.search("zebra", limit=5)) == 1
    assert await archive.search("subject149", limit=5) == []
    assert len(await archive.search("subject299", limit=5)) == 1


async def test_a_message_amended_while_it_is_read(
    any_store: Store, indexer: Indexer, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that is deleted while the indexer has its old words in hand is found no more after the next turn."""
    begin(any_store)
    say(any_store, *WORDS[:3])
    read = any_store.utterances

    async def read_and_deleted(stream_id: str, **options: Any) -> Any:
        said = await read(stream_id, **options)
        monkeypatch.setattr(any_store, "utterances", read)
        for n in (1, 2, 3):
            any_store.amend_utterance("s", n, "")
        return said

    monkeypatch.setattr(any_store, "utterances", read_and_deleted)
    for _ in range(2):
        await indexer.turn()
    await any_store.flush()
    assert await archive.search("subject1", limit=5) == []


async def test_a_meeting_deleted_while_it_is_read(
    any_store: Store, indexer: Indexer, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a meeting that is deleted while the indexer has its words in hand nothing is written."""
    begin(any_store)
    say(any_store, *WORDS[:3])
    read = any_store.utterances

    async def read_and_deleted(stream_id: str, **options: Any) -> Any:
        said = await read(stream_id, **options)
        await any_store.purge("s==")
        return said

    monkeypatch.setattr(any_store, "utterances", read_and_deleted)
    await indexer.turn()
    await any_store.flush()
    assert await archive.search("subject1", limit=5) == []
    assert (await any_store.term_counts([("subject1",)], None)).passages == 0


async def test_what_earlier_processes_left(any_store: Store, archive: Archive) -> None:
    """Meetings from before are walked over in parts, and what they have is found, half-indexed ones included."""
    count = 2 * WALK + 3
    for n in range(count):
        begin(any_store, f"s{n}")
        say(any_store, f"About subject{n}.", stream_id=f"s{n}")
    plans = (tell(any_store, insight(f"Plan{n}."), stream_id=f"s{n}") for n in range(count))
    await asyncio.gather(*plans)
    say(any_store, *WORDS, stream_id="s0", first_n=2)
    await any_store.flush()
    any_store.replace_passages("s0", PassageKind.WORDS, (await whole(any_store, "s0"))[:3])
    any_store.take_changed()
    await any_store.take_told()
    indexer = Indexer(any_store)
    turns = 1
    while await indexer.turn():
        assert not indexer.caught_up
        turns += 1
    assert (turns, indexer.caught_up) == (4, True)  # one more for the long one
    assert await kept(any_store, "s0") == await whole(any_store, "s0")
    assert len(await archive.search(f"subject{count - 1}", limit=50)) == 2
    assert len(await archive.search(f"plan{count - 1}", limit=50)) == 1


async def test_the_newest_words_do_not_wait_for_the_oldest(any_store: Store, archive: Archive) -> None:
    """While a large archive is walked over, what is said now can be found at once."""
    for n in range(2 * WALK):
        begin(any_store, f"a{n:03}")
    begin(any_store, "z")
    await any_store.flush()
    indexer = Indexer(any_store)
    await indexer.turn()
    say(any_store, "The budget.", stream_id="z")
    assert await indexer.turn()
    assert len(await archive.search("budget", limit=5)) == 1


async def test_after_a_restart(any_store_url: str, tmp_path: Any) -> None:
    """A next process goes on where the last one was, and finds what the last one had indexed."""
    if any_store_url == "memory://":
        pytest.skip("memory does not outlast its process")
    async with open_store(any_store_url, folder=tmp_path) as store:
        begin(store)
        say(store, *WORDS[:100])
        await Indexer(store).turn()
        say(store, *WORDS[100:], first_n=101)  # nobody indexes these
    async with open_store(any_store_url, folder=tmp_path) as store:
        assert len(await Archive(store).search("subject1", limit=5)) == 1
        assert await Archive(store).search("subject299", limit=5) == []
        await Indexer(store).turn()
        assert await kept(store) == await whole(store)


async def test_its_pace() -> None:
    """It looks every few seconds, rests for many times as long as it worked, and walks anew when it is run again."""
    now, slept = 0.0, list[float]()

    async def sleep(seconds: float) -> None:
        if seconds:
            slept.append(seconds)
            if len(slept) == 3:
                raise asyncio.CancelledError

    clock = dataclasses.replace(CLOCK, steady=lambda: now, sleep=sleep)
    async with _running(Store(MemoryEngine())) as store:
        indexer = Indexer(store, clock)
        turn = indexer.turn
        took, answers = 0.5, iter([False, True, False])

        async def works() -> bool:
            nonlocal now
            now += took
            await turn()
            return next(answers)

        indexer.turn = works  # type: ignore[method-assign]
        with pytest.raises(asyncio.CancelledError):
            await indexer.run()
        assert slept == [0.5 * REST] * 3
        slept.clear()
        took, answers = 300.0, iter([True, True, True])
        with pytest.raises(asyncio.CancelledError):
            await indexer.run()
        assert slept == [LONGEST_REST_SECONDS] * 3
        slept.clear()
        begin(store)
        say(store, "The budget.")
        await store.flush()
        store.take_changed()
        indexer.turn = turn  # type: ignore[method-assign]
        with pytest.raises(asyncio.CancelledError):
            await indexer.run()
        assert slept == [EVERY_SECONDS] * 3
        await store.flush()
        assert len(await Archive(store).search("budget", limit=5)) == 1


@contextlib.asynccontextmanager
async def _running(store: Store) -> Any:
    """A store of one's own with its writer."""
    task = asyncio.create_task(store.run())
    try:
        yield store
    finally:
        store.close()
        await task


async def test_many_meetings_are_many_transactions() -> None:
    """The windows of all meetings wait behind a transaction of passages, so each has a few meetings' only."""
    streams_of: list[set[str]] = []

    class Watched(MemoryEngine):
        async def commit(self, writes: Sequence[Write], mark: int) -> None:
            streams_of.append(
                {
                    str(write.values["stream_id"])
                    for write in writes
                    if write.op is Op.INSERT and write.table == "passages"
                }
            )
            await super().commit(writes, mark)

    ids, now = [f"s{n:03}" for n in range(CROWD + 1)], 0.0
    async with _running(Store(Watched())) as store:
        indexer = Indexer(store, dataclasses.replace(CLOCK, steady=lambda: now))
        while await indexer.turn():
            pass
        for stream_id in ids:
            say(store, *WORDS[:3], stream_id=stream_id)
        await store.flush()
        streams_of.clear()
        turns = 1
        while await indexer.turn():
            say(store, "One more.", stream_id=ids[0], first_n=3 + turns)
            turns += 1
        assert max(map(len, streams_of)) <= AT_ONCE
        assert turns == len(ids) // AT_ONCE + 1
        now = CROWD_SECONDS
        await indexer.turn()
        for stream_id in ids:
            assert await kept(store, stream_id) == await whole(store, stream_id)


async def test_a_crowd_is_visited_less_often() -> None:
    """While many meetings go on, each is looked at anew after half a minute; a few are every time."""
    now = 0.0
    async with _running(Store(MemoryEngine())) as store:
        indexer = Indexer(store, dataclasses.replace(CLOCK, steady=lambda: now))

        async def found(stream_id: str, text: str) -> bool:
            say(store, text, stream_id=stream_id, first_n=len(await store.utterances(stream_id)) + 1)
            while await indexer.turn():
                pass
            return await kept(store, stream_id) == await whole(store, stream_id)

        assert await found("few", "The budget.")
        assert await found("few", "The lease.")
        for n in range(CROWD):
            say(store, "Something.", stream_id=f"s{n}")
        assert await found("few", "The roof.")
        assert not await found("few", "The fence.")
        now = CROWD_SECONDS
        assert await found("few", "The gate.")
        assert await found("few", "The hedge.")


async def test_messages_amended_while_their_meeting_waits(
    any_store: Store, indexer: Indexer, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that was amended while the indexer had it in hand is found no more, also where a later one is amended
    before the turn of its meeting comes.
    """
    begin(any_store, "z")
    say(any_store, *WORDS[:30], stream_id="z")
    read = any_store.utterances

    async def read_and_deleted(stream_id: str, **options: Any) -> Any:
        said = await read(stream_id, **options)
        monkeypatch.setattr(any_store, "utterances", read)
        for n in range(AT_ONCE):
            say(any_store, "Of another meeting.", stream_id=f"a{n:02}")
        any_store.amend_utterance("z", 10, "")
        return said

    monkeypatch.setattr(any_store, "utterances", read_and_deleted)
    for _ in range(2):
        await indexer.turn()
    any_store.amend_utterance("z", 29, "")
    await indexer.turn()
    assert await archive.search("subject9", limit=5) == []
    assert await archive.search("subject28", limit=5) == []
    assert len(await archive.search("subject8", limit=5)) == 1
