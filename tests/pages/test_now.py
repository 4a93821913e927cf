from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from bridge.domain import StreamState
from bridge.pages import now
from bridge.pages.now import FRESH_SECONDS, Now
from tests.pages.conftest import WELL
from tests.pages.stage import Windows, gap, said, stream

if TYPE_CHECKING:
    from bridge.store.store import Store
    from tests.pages.conftest import Wishes
    from tests.pages.ticks import Ticks


async def _well() -> tuple[dict[str, Any], bool]:
    return WELL, True


@pytest.fixture
def looked(store: Store, wishes: Wishes, ticks: Ticks) -> Now:
    return Now(store, live=wishes, readiness=_well, clock=ticks.clock)


async def test_what_is_live(looked: Now, store: Store, wishes: Wishes) -> None:
    """A live meeting with who speaks, its words, people, gaps and windows; none that is over and answered."""
    store.put_stream(stream())
    store.put_stream(stream("over", state=StreamState.ENDED))
    store.stream_settled("over")
    store.put_stream(stream("last", state=StreamState.ENDED, started_at_ms=1))
    store.add_utterance(said(1, "Three more words."))
    store.add_utterance(said(2, "Two words.", who=1))
    store.add_gap(gap(1, 2))
    windows = Windows(store)
    await windows.add()
    await windows.failed("it broke")
    await windows.done("ok")
    wishes.speaker = "Maya"
    view = await looked.look()
    first, last = view.meetings
    assert (first.stream.stream_id, last.stream.stream_id, view.live, view.finishing) == ("s", "last", 1, 1)
    assert (first.speaking, first.tally.words, len(first.tally.people), first.pulse.gaps) == ("Maya", 5, 2, 1)
    assert (first.waits, first.failed, first.hears, last.hears) == (1, 1, True, False)
    assert first.pulse.last_window_ms > 0
    assert [run.window_id for run in view.failed] == ["s:action-items:2"]
    assert set(view.streams) == {"s"}


async def test_everybody_shares_a_look(looked: Now, store: Store, ticks: Ticks, reads: list[str]) -> None:
    """Fifty who look within a moment are one look, however many meetings are live; the next moment it is another."""
    for n in range(30):
        store.put_stream(stream(f"s{n}"))
    await store.flush()
    reads.clear()
    views = await asyncio.gather(*(looked.look() for _ in range(50)))
    assert len({id(view) for view in views}) == 1
    assert len([table for table in reads if table != "utterances"]) <= 7
    assert reads.count("utterances") == 30
    ticks.now += FRESH_SECONDS
    reads.clear()
    await looked.look()
    assert reads


async def test_words_are_counted_on_in_turns(
    looked: Now, store: Store, ticks: Ticks, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One look asks for the words of so many meetings; every meeting has its turn, and is counted to the end."""
    monkeypatch.setattr(now, "READS", 2)
    monkeypatch.setattr(now, "WORDS_AT_ONCE", 3)
    for stream_id in ("a", "b", "c"):
        store.put_stream(stream(stream_id))
        for n in range(1, 6):
            store.add_utterance(said(n, "one two", stream_id=stream_id))
    await store.flush()
    seen = []
    for _ in range(4):
        reads.clear()
        view = await looked.look()
        assert reads.count("utterances") == 2
        seen.append(sum(each.tally.words for each in view.meetings))
        ticks.now += FRESH_SECONDS
    assert seen == [12, 22, 30, 30]
    assert all(each.tally.whole for each in view.meetings)


async def test_a_meeting_that_ended_is_forgotten(looked: Now, store: Store, ticks: Ticks) -> None:
    """Nothing is kept of meetings that are no longer live."""
    store.put_stream(stream())
    await store.flush()
    await looked.look()
    store.put_stream(stream(state=StreamState.ENDED))
    store.stream_settled("s")
    await store.flush()
    ticks.now += FRESH_SECONDS
    assert (await looked.look()).meetings == []
    assert looked._tallies == {}
