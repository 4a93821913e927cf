from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bridge.domain import StreamState
from bridge.errors import StoreAway
from bridge.pages.reading import MOST_AT_ONCE
from bridge.pages.sights import MOST_KEPT, Sights
from tests.pages.stage import BEGAN_MS, Windows, chat, gap, said, stream, whole_meeting

if TYPE_CHECKING:
    from bridge.store.store import Store


@pytest.fixture
def sights(store: Store) -> Sights:
    return Sights(store)


async def test_what_was_read_is_not_read_again(sights: Sights, store: Store, reads: list[str]) -> None:
    """A long meeting is read once; whoever comes next asks for what is new, live or over, and sees it."""
    store.put_stream(stream())
    for n in range(1, 4 * MOST_AT_ONCE):
        store.add_utterance(said(n))
    await store.flush()
    assert await sights.find("s") is not None
    assert reads.count("utterances") > 4
    reads.clear()
    store.add_utterance(said(4 * MOST_AT_ONCE))
    store.add_gap(gap(30, 40))
    await Windows(store).done("found")
    await store.flush()
    found = await sights.find("s")
    assert found is not None
    assert (found.words, len(found.gaps), len(found.runs)) == (4 * MOST_AT_ONCE, 1, 1)
    assert reads.count("utterances") == 1


async def test_a_crowd_reads_it_once(sights: Sights, store: Store, reads: list[str]) -> None:
    """A link to a meeting that everybody opens in the same moment."""
    store.put_stream(stream())
    for n in range(1, 8 * MOST_AT_ONCE):
        store.add_utterance(said(n))
    await store.flush()
    await Sights(store).find("s")
    alone = reads.count("utterances")
    reads.clear()
    found = await asyncio.gather(*(sights.find("s") for _ in range(20)))
    assert {each.words for each in found if each} == {8 * MOST_AT_ONCE - 1}
    assert reads.count("utterances") == alone + 19


async def test_each_has_its_own(sights: Sights, store: Store) -> None:
    """What one of two goes on to learn is news to the other."""
    await whole_meeting(store, state=StreamState.LIVE, end_reason="")
    one, other = await sights.find("s"), await sights.find("s")
    assert one is not None
    assert other is not None
    store.add_utterance(chat(23, "the first wording"))
    await store.flush()
    one = await sights.find("s")
    assert one is not None
    assert (one.words, other.words) == (23, 22)
    assert one.talk.words > other.talk.words
    assert one.cursor().chat != other.cursor().chat


async def test_the_database_is_away_for_a_moment(
    sights: Sights, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was known is known behind it."""
    await whole_meeting(store)
    await sights.find("s")

    async def away(_: object) -> None:
        raise StoreAway("the disk is gone")

    with monkeypatch.context() as broken:
        broken.setattr(store._engine, "read", away)
        with pytest.raises(StoreAway):
            await sights.find("s")
    found = await sights.find("s")
    assert found is not None
    assert found.words == 22


async def test_few_are_kept(sights: Sights, store: Store) -> None:
    """Memory holds those alone that somebody looks at; none that was deleted."""
    for n in range(MOST_KEPT + 2):
        store.put_stream(stream(f"s{n}", state=StreamState.ENDED, meeting_uuid=f"m{n}"))
    await store.flush()
    for n in range(MOST_KEPT + 2):
        await sights.find(f"s{n}")
    assert list(sights._kept) == [f"s{n}" for n in range(2, MOST_KEPT + 2)]
    await store.add_deletion("m2", "somebody asked for it")
    await store.purge("m2")
    gone = await sights.find("s2")
    assert gone is None or gone.deleted
    assert "s2" not in sights._kept
    assert await sights.find("never") is None


async def test_a_tombstone_goes_too(sights: Sights, store: Store) -> None:
    """A meeting that retention deleted is not shown again once nothing of it is left in the store, nor kept."""
    await whole_meeting(store, meeting_uuid="m")
    store.stream_settled("s")
    await store.flush()
    assert await sights.find("s") is not None
    await store.purge("m")
    await store.prune(BEGAN_MS * 2)
    assert await store.stream("s") is None
    assert await sights.find("s") is None
    assert "s" not in sights._kept
