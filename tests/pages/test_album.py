from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.pages.album import Album
from bridge.pages.watches import Watches
from tests.pages.following import Follower
from tests.pages.stage import said, stream, whole_meeting

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
def album(templates: Templates, watches: Watches) -> Album:
    return Album(templates, watches)


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
