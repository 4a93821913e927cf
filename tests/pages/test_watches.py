from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING

import pytest
import structlog

from bridge.domain import HappeningKind, StreamState
from bridge.errors import StoreAway
from bridge.pages import watch
from bridge.pages.cursor import Cursor
from bridge.pages.watch import AT_ONCE, MOST_WAITING, SLOW_TICKS, Reader
from bridge.pages.watches import Watches
from tests.fakes.waiting import until
from tests.pages.following import Follower
from tests.pages.stage import (
    BEGAN_MS,
    Windows,
    chat,
    gap,
    happened,
    insight,
    news,
    said,
    stream,
    whole_meeting,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.pages.look import Templates
    from bridge.pages.row import Row
    from bridge.pages.sight import Sight
    from bridge.store.store import Store
    from tests.pages.conftest import Wishes
    from tests.pages.ticks import Ticks


@pytest.fixture
async def watches(store: Store, templates: Templates, wishes: Wishes, ticks: Ticks) -> AsyncIterator[Watches]:
    """A live meeting, ``s``, of which three sentences were said."""
    store.put_stream(stream())
    for n in range(1, 4):
        store.add_utterance(said(n))
    await store.flush()
    opened = Watches(store, templates, wishes, ticks.clock)
    async with opened.open():
        yield opened


async def test_words_as_they_come(watches: Watches, store: Store, ticks: Ticks) -> None:
    """What was there comes at once, what is said later with the next look, each once and in order."""
    async with Follower(watches) as reader:
        await reader.heard("u-000003")
        store.add_utterance(said(4))
        await store.flush()
        await ticks.tick()
        await reader.heard("u-000004")
        await ticks.tick(2 * SLOW_TICKS)
        assert reader.rows == ["u-000001", "u-000002", "u-000003", "u-000004"]


async def test_who_comes_back_misses_nothing(watches: Watches, store: Store, ticks: Ticks) -> None:
    """A reader whose connection broke goes on behind the last thing it had, also what came in between."""
    reader = Follower(watches)
    async with reader:
        await reader.heard("u-000003")
    for n in range(4, 7):
        store.add_utterance(said(n))
    store.add_gap(gap(30, 40))
    store.add_happening(happened(HappeningKind.JOINED, "Dana", 31))
    await store.flush()
    async with reader:
        await reader.heard("u-000006")
        await reader.heard("happenings-1")
        store.add_utterance(said(7))
        await store.flush()
        await ticks.tick(SLOW_TICKS)
        await reader.heard("u-000007")
    assert sorted(reader.rows) == ["gaps-1", "happenings-1", *(f"u-{n:06d}" for n in range(1, 8))]


async def test_a_reader_among_others_misses_nothing(watches: Watches, store: Store, ticks: Ticks) -> None:
    """Whoever joins a meeting that is watched gets from the store what the others had, then the same as they do."""
    async with Follower(watches) as first:
        await first.heard("u-000003")
        for n in range(4, 1_300):  # more than is read at once
            store.add_utterance(said(n))
        await store.flush()
        await ticks.tick()
        await first.heard("u-001299")
        async with Follower(watches, cursor="2.0.0.") as second:
            await second.heard("u-001299")
            store.add_utterance(said(1_300))
            await store.flush()
            await ticks.tick()
            for reader in (first, second):
                await reader.heard("u-001300")
            assert second.rows == first.rows[2:]
            assert len(set(first.rows)) == len(first.rows) == 1_300


async def test_a_page_that_was_read_later_than_the_last_look(
    watches: Watches, store: Store, ticks: Ticks
) -> None:
    """What such a page shows does not come again."""
    async with Follower(watches) as first:
        await first.heard("u-000003")
        store.add_utterance(said(4))
        await store.flush()
        async with Follower(watches, cursor="4.0.0.") as ahead:
            await until(lambda: watches.readers == 2)
            store.add_utterance(said(5))
            await store.flush()
            await ticks.tick()
            await ahead.heard("u-000005")
            assert ahead.rows == ["u-000005"]


async def test_readers_share_a_look(watches: Watches, store: Store, ticks: Ticks, reads: list[str]) -> None:
    """However many read, a look for words is one question to the store, and a slow one four more."""
    readers = [Follower(watches) for _ in range(20)]
    for reader in readers:
        await reader.__aenter__()
        await reader.heard("u-000003")
    reads.clear()
    await ticks.tick(SLOW_TICKS - 1)
    assert reads == ["utterances"] * (SLOW_TICKS - 1)
    reads.clear()
    await ticks.tick()
    assert sorted(reads) == ["gaps", "happenings", "streams", "utterances", "windows"]
    for reader in readers:
        await reader.__aexit__()


async def test_many_readers_are_told_in_turns(watches: Watches, store: Store, ticks: Ticks) -> None:
    """What many readers make of news would stop the meetings: a few at a time have it, and who comes meanwhile once too."""
    readers, late = [Follower(watches) for _ in range(2 * AT_ONCE + 1)], list[Follower]()

    def have() -> int:
        return sum("u-000004" in reader.rows for reader in readers)

    async with contextlib.AsyncExitStack() as stack:
        for reader in readers:
            await stack.enter_async_context(reader)
            await reader.heard("u-000003")
        store.add_utterance(said(4))
        await store.flush()
        await ticks.tick()
        for so_far in (AT_ONCE, 2 * AT_ONCE):
            await until(lambda so_far=so_far: have() >= so_far)  # type: ignore[misc]
            for _ in range(20):  # whoever was told too would have it by then
                await asyncio.sleep(0)
            assert have() == so_far
            late.append(await stack.enter_async_context(Follower(watches)))
            await late[-1].heard("u-000004")
            await ticks.tick()
        await until(lambda: have() == len(readers))
    for reader in (*readers, *late):
        assert reader.rows == [f"u-{n:06d}" for n in range(1, 5)]


async def test_rendered_once(
    watches: Watches, store: Store, ticks: Ticks, templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was said becomes HTML once, however many read it."""
    rendered: list[str] = []
    row = templates.row
    monkeypatch.setattr(templates, "row", lambda each, sight: rendered.append(each.id) or row(each, sight))
    async with Follower(watches, cursor="3.0.0.") as one, Follower(watches, cursor="3.0.0.") as other:
        await until(lambda: watches.readers == 2)
        await ticks.tick()
        store.add_utterance(said(4))
        await store.flush()
        await ticks.tick()
        for reader in (one, other):
            await reader.heard("u-000004")
    assert rendered == ["u-000004"]


async def test_nobody_reads_nobody_looks(watches: Watches, ticks: Ticks, reads: list[str]) -> None:
    """With the last reader the looking ends."""
    async with Follower(watches) as reader:
        await reader.heard("u-000003")
        await ticks.asleep()
    await until(lambda: watches.readers == 0)
    assert watches.picture("s") is None
    reads.clear()
    await asyncio.sleep(0)
    assert reads == []


async def test_a_slow_reader_is_dropped_alone(watches: Watches, store: Store, ticks: Ticks) -> None:
    """Who does not take what waits is let go, others read on, and coming back it misses nothing."""
    slow = watches.follow("s", Cursor(words=3))
    await anext(slow)  # how long to wait before coming back
    reading = asyncio.ensure_future(anext(slow))  # the figures, and then it asks for nothing more
    async with Follower(watches) as quick:
        await quick.heard("u-000003")
        for n in range(4, MOST_WAITING + 8):
            store.add_utterance(said(n))
            await store.flush()
            await ticks.tick()
        last = f"u-{MOST_WAITING + 7:06d}"
        await quick.heard(last)
        first = (await reading).decode()
        with pytest.raises(StopAsyncIteration):
            await anext(slow)
    again = Follower(watches, cursor=first.split("id: ")[1].split("\n")[0])
    async with again:
        await again.heard(last)
    assert again.rows == [f"u-{n:06d}" for n in range(4, MOST_WAITING + 8)]


async def test_amended_messages(watches: Watches, store: Store, ticks: Ticks) -> None:
    """A message that is edited or deleted shows so to those who read on, and to those who come back."""
    store.add_utterance(chat(4, "the first wording"))
    store.add_utterance(chat(5, "a slip"))
    await store.flush()
    async with Follower(watches) as reader:
        await reader.heard("a slip")
        left = Follower(watches, cursor=reader.cursor)
        store.amend_utterance("s", 4, "the second wording")
        store.amend_utterance("s", 5, "")
        await store.flush()
        await ticks.tick(SLOW_TICKS)
        await reader.heard("the second wording")
        await reader.heard("was deleted")
        assert reader.rows == [
            "u-000001",
            "u-000002",
            "u-000003",
            "u-000004",
            "u-000005",
            "u-000004",
            "u-000005",
        ]
        assert ">edited<" in reader.html
    async with left:
        await left.heard("the second wording")
        await left.heard("was deleted")
        assert left.rows == ["u-000004", "u-000005"]


async def test_messages_that_stay_do_not_come_again(
    watches: Watches, store: Store, ticks: Ticks, reads: list[str]
) -> None:
    """Who comes back is given the messages of before where one of them reads differently now; new ones are no such thing."""
    store.add_utterance(chat(4, "the first wording"))
    await store.flush()
    reader, other = Follower(watches), Follower(watches)
    async with other:
        async with reader:
            await reader.heard("the first wording")
            await other.heard("the first wording")
            store.add_utterance(chat(5, "a second message"))
            await store.flush()
            await ticks.tick()
            await reader.heard("a second message")
        store.add_utterance(chat(6, "a third message"))
        await store.flush()
        await ticks.tick(SLOW_TICKS)
        await other.heard("a third message")
        reader.html = ""
        async with reader:
            await reader.heard("a third message")
            assert reader.rows == ["u-000006"]
        store.amend_utterance("s", 5, "edited")
        await store.flush()
        await ticks.tick(SLOW_TICKS)
        await other.heard("edited")
        reader.html = ""
        async with reader:
            await reader.heard("edited")
            assert reader.rows == ["u-000004", "u-000005", "u-000006"]


async def test_messages_that_come_again_are_made_in_a_thread(
    watches: Watches, store: Store, ticks: Ticks, templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All messages of a long meeting, of which one was edited, keep no socket waiting."""
    for n in range(4, 8):
        store.add_utterance(chat(n, f"message {n}"))
    await store.flush()
    async with Follower(watches) as reader:
        await reader.heard("message 7")
        left = Follower(watches, cursor=reader.cursor)
        store.amend_utterance("s", 5, "edited")
        await store.flush()
        await ticks.tick(SLOW_TICKS)
        await reader.heard("edited")
        made: list[bool] = []
        row = templates.row

        def noted(each: Row, sight: Sight) -> str:
            made.append(threading.current_thread() is threading.main_thread())
            return row(each, sight)

        monkeypatch.setattr(templates, "row", noted)
        async with left:
            await left.heard("edited")
    assert left.rows == [f"u-{n:06d}" for n in range(4, 8)]
    assert made == [False] * 4


async def test_findings_and_runs(watches: Watches, store: Store, ticks: Ticks) -> None:
    """What a flow found comes once, and again where its wording changes."""
    windows = Windows(store)
    async with Follower(watches) as reader:
        await reader.heard("u-000003")
        await windows.done(
            "One action item.", news(insight(1, "action_item", "Send the report", 2, owner="Dana"))
        )
        await ticks.tick(SLOW_TICKS)
        await reader.heard("Send the report")
        reader.html = ""
        await ticks.tick(SLOW_TICKS)
        await windows.done("", news(insight(1, "action_item", "Send the report to Ravi", 2, owner="Dana")))
        await ticks.tick(SLOW_TICKS)
        await reader.heard("Send the report to Ravi")
        assert reader.html.count("<li ") == 2, "the finding and the new run, not the run of before"


async def test_the_end(watches: Watches, store: Store, ticks: Ticks) -> None:
    """Readers are told when nothing more can come, behind the last words; those who come later at once."""
    async with Follower(watches) as reader:
        await reader.heard("u-000003")
        store.add_utterance(said(4))
        store.put_stream(stream(state=StreamState.ENDED, end_reason="meeting ended"))
        await store.flush()
        await ticks.tick(SLOW_TICKS)
        await reader.heard("meeting ended")
        assert not reader.ended, "an answer may still come"
        store.add_utterance(said(5))
        store.stream_settled("s")
        await store.flush()
        await ticks.tick(SLOW_TICKS - 1)
        await ticks.wake()
        await reader.over()
    assert reader.names[-1] == "over"
    assert reader.rows[-2:] == ["u-000004", "u-000005"]
    async with Follower(watches, cursor="4.0.0.") as late:
        await late.over()
    assert (late.rows, late.names[-1]) == (["u-000005"], "over")


async def test_a_meeting_that_is_deleted(watches: Watches, store: Store, ticks: Ticks) -> None:
    """Its page has to go: readers are told, and so is who asks for one that never was."""
    async with Follower(watches) as reader:
        await reader.heard("u-000003")
        store.put_stream(stream(state=StreamState.ENDED, meeting_uuid="m"))
        store.stream_settled("s")
        await store.add_deletion("m", "somebody asked for it")
        await store.purge("m")
        await ticks.tick(SLOW_TICKS - 1)
        await ticks.wake()
        await reader.over()
    assert reader.names[-1] == "gone"
    async with Follower(watches, stream_id="never") as lost:
        await lost.over()
    assert lost.names == ["gone"]


async def test_a_meeting_of_which_nothing_is_left(watches: Watches, store: Store, ticks: Ticks) -> None:
    """Whoever reads on when the tombstone too is away is told that it is gone."""
    store.put_stream(stream(meeting_uuid="m"))
    await store.flush()
    async with Follower(watches) as reader:
        await reader.heard("u-000003")
        store.put_stream(stream(state=StreamState.ENDED, meeting_uuid="m"))
        store.stream_settled("s")
        await store.flush()
        await store.purge("m")
        await store.prune(BEGAN_MS * 2)
        await ticks.tick(SLOW_TICKS - 1)
        await ticks.wake()
        await reader.over()
    assert reader.names[-1] == "gone"


async def test_the_bridge_stops(store: Store, templates: Templates, wishes: Wishes, ticks: Ticks) -> None:
    """Every reader is let go at once, and comes back to nothing until there is a bridge again."""
    await whole_meeting(store, state=StreamState.LIVE, end_reason="")
    watches = Watches(store, templates, wishes, ticks.clock)
    reader = Follower(watches)
    opened = watches.open()
    await opened.__aenter__()
    async with reader:
        await reader.heard("u-000020")
        await opened.__aexit__(None, None, None)
        await reader.over()
    async with reader:
        await reader.over()
    assert "over" not in reader.names, "the browser shall come back"


async def test_an_error_of_the_block(
    store: Store, templates: Templates, wishes: Wishes, ticks: Ticks
) -> None:
    """It passes through as it is, also while somebody reads."""
    store.put_stream(stream())
    await store.flush()
    watches = Watches(store, templates, wishes, ticks.clock)
    reader = Follower(watches)

    async def break_while_somebody_reads() -> None:
        async with watches.open():
            await reader.__aenter__()
            await reader.heard("facts")
            raise KeyError

    with pytest.raises(KeyError):
        await break_while_somebody_reads()
    await reader.over()
    await reader.__aexit__()


async def test_a_fault_lets_readers_go_and_ends_nothing(
    watches: Watches, store: Store, ticks: Ticks, templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a look breaks, its readers come back, and nothing is missing."""
    reader = Follower(watches)
    async with reader:
        await reader.heard("u-000003")
        store.add_utterance(said(4))
        await store.flush()
        with monkeypatch.context() as broken:
            broken.setattr(watch, "look_again", _breaks)
            await ticks.wake()
            await reader.over()
    async with reader:
        await reader.heard("u-000004")
    assert reader.rows == [f"u-{n:06d}" for n in range(1, 5)]


async def test_the_database_is_away(
    watches: Watches, store: Store, ticks: Ticks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever writes tells of it, once; readers come back every two seconds, and none of them is a line in the log."""

    async def away(_: object) -> None:
        raise StoreAway("the disk is gone")

    reader = Follower(watches)
    with structlog.testing.capture_logs() as logged:
        with monkeypatch.context() as broken:
            broken.setattr(store._engine, "read", away)
            for _ in range(3):
                async with reader:
                    await reader.over()
        async with reader:
            await reader.heard("u-000003")
    assert logged == []


async def _breaks(*_: object, **__: object) -> None:
    raise RuntimeError("a bug")


async def test_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quiet meeting's connection is kept by comments."""
    monkeypatch.setattr(watch, "PING_SECONDS", 0.01)
    assert (await anext(Reader(Cursor()).events())).startswith(b":")


async def test_who_speaks(watches: Watches, wishes: Wishes, ticks: Ticks) -> None:
    """As somebody knows it who hears the meeting, with the next slow look."""
    async with Follower(watches) as reader:
        await reader.heard("u-000003")
        wishes.speaker = "Ingrid Bauer"
        await ticks.tick(SLOW_TICKS)
        await reader.heard("<dt>Speaks</dt><dd><bdi>Ingrid Bauer</bdi>")
