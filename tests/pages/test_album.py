from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.domain import StreamState
from bridge.pages.album import MOST_KEPT, Album
from bridge.pages.watches import Watches
from tests.pages.following import Follower
from tests.pages.stage import Windows, said, stream, whole_meeting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.pages.look import Templates
    from bridge.store.store import Store
    from tests.pages.conftest import Wishes
    from tests.pages.ticks import Ticks


@pytest.fixture
async def watches(store: Store, templates: Templates, wishes: Wishes, ticks: Ticks) -> AsyncIterator[Watches]:
    opened = Watches(store, templates, wishes, ticks.clock)
    async with opened.open():
        yield opened


@pytest.fixture
def album(store: Store, templates: Templates, watches: Watches) -> Album:
    return Album(store, templates, watches)


async def test_what_cannot_have_changed_is_not_read_again(
    album: Album, store: Store, reads: list[str]
) -> None:
    """A meeting that is over is read once; the next page asks whether anything has become of it, and sees what has."""
    await whole_meeting(store)
    first = await album.find("s")
    reads.clear()
    assert await album.find("s") is first
    assert sorted(reads) == ["gaps", "happenings", "streams", "windows"]
    await Windows(store, route="notes").done("late")
    again = await album.find("s")
    assert again is not None
    assert len(again.sight.runs) == 5


async def test_a_live_one_is_read_anew(album: Album, store: Store) -> None:
    """Words may have come."""
    store.put_stream(stream())
    await store.flush()
    await album.find("s")
    store.add_utterance(said(1))
    await store.flush()
    found = await album.find("s")
    assert found is not None
    assert found.cursor.words == 1


async def test_a_watched_one_is_not_read_at_all(
    album: Album, store: Store, watches: Watches, reads: list[str]
) -> None:
    """Its page stands where its readers stand."""
    store.put_stream(stream())
    store.add_utterance(said(1))
    await store.flush()
    async with Follower(watches) as reader:
        await reader.heard("u-000001")
        reads.clear()
        found = await album.find("s")
        assert found is not None
        assert str(found.cursor) == reader.cursor
        assert reads == []


async def test_what_there_is_not(album: Album, store: Store) -> None:
    """An unknown meeting and a deleted one are none, also where it was read before."""
    await whole_meeting(store, meeting_uuid="m")
    assert await album.find("s") is not None
    await store.add_deletion("m", "somebody asked for it")
    await store.purge("m")
    assert await album.find("s") is None
    assert await album.find("never") is None


async def test_few_are_kept(album: Album, store: Store) -> None:
    """Memory holds those alone whose pages are being read."""
    for n in range(MOST_KEPT + 2):
        store.put_stream(stream(f"s{n}", state=StreamState.ENDED))
    await store.flush()
    for n in range(MOST_KEPT + 2):
        await album.find(f"s{n}")
    assert list(album._kept) == [f"s{n}" for n in range(2, MOST_KEPT + 2)]
