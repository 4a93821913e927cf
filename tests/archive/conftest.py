from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.archive.indexer import Indexer
from bridge.archive.search import Archive

if TYPE_CHECKING:
    from bridge.store.store import Store


@pytest.fixture
def archive(any_store: Store) -> Archive:
    return Archive(any_store)


@pytest.fixture
async def indexer(any_store: Store) -> Indexer:
    """An indexer of a store that was empty before."""
    indexer = Indexer(any_store)
    assert not await indexer.turn()
    assert indexer.caught_up
    return indexer
