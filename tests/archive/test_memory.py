"""What earlier meetings of a series tell: the same for each kind of store."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import structlog

from bridge.archive.memory import MOST_MEETINGS, SeriesMemory, is_series
from bridge.domain import Product, Stream
from bridge.errors import StoreAway
from tests.archive.talk import BEGAN_MS, begin, insight, say, tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.archive.indexer import Indexer
    from bridge.archive.search import Archive, Hit
    from bridge.store.store import Store

NOW = Stream(
    stream_id="now",
    product=Product.MEETING,
    meeting_uuid="now==",
    server_urls="wss://x",
    event_ts=BEGAN_MS,
    meeting_id="812",
    topic="Weekly",
    started_at_ms=BEGAN_MS + 604_800_000,
)


@pytest.fixture
def memory(any_store: Store, archive: Archive) -> SeriesMemory:
    return SeriesMemory(any_store, archive, seconds=60)


async def test_last_week(any_store: Store, indexer: Indexer, memory: SeriesMemory) -> None:
    """What was found in the last meeting comes along whatever is asked, and the words where the question's stand."""
    begin(any_store)
    say(any_store, "Hello.", "The oven costs nine thousand.")
    await tell(
        any_store, insight("Order the oven"), {"id": "i2", "kind": "note", "text": "x", "owner": "Lee"}
    )
    await indexer.turn()
    [told] = await memory(NOW, "What did we agree last week?")
    assert told.stream.stream_id == "s"
    assert told.insights == (("decision", "Order the oven", "", ""), ("note", "x", "Lee", ""))
    [told] = await memory(NOW, "What does the oven cost?")
    assert "The oven costs nine thousand." in [said.text for said in told.passages[0]]


async def test_what_waits_is_not_told(any_store: Store, indexer: Indexer, memory: SeriesMemory) -> None:
    """What nobody has let out, or somebody has declined, the next meeting does not tell either; what went out it does."""
    begin(any_store)
    say(any_store, "Hello.")
    out, kept = (insight(text, name=text, kind="action_item") for text in ("Call the bank", "Sell the house"))
    await tell(any_store, out, kept, approve=True)
    await indexer.turn()
    assert await memory(NOW, "What did we agree last week?") == []
    assert await memory.still_open(NOW) is None
    await tell(any_store, out, seq=2)
    [told] = await memory(NOW, "What did we agree last week?")
    assert told.insights == (("action_item", "Call the bank", "", ""),)
    left = await memory.still_open(NOW)
    assert left is not None
    assert left.items == (("Call the bank", "", ""),)


async def test_only_the_series_and_only_before(
    any_store: Store, indexer: Indexer, memory: SeriesMemory
) -> None:
    """Another series, a meeting without a number, this meeting itself and later ones tell nothing."""
    any_store.put_stream(NOW)
    any_store.put_stream(replace(NOW, stream_id="again"))
    any_store.put_stream(
        replace(NOW, stream_id="later", meeting_uuid="l==", started_at_ms=NOW.started_at_ms + 1)
    )
    begin(any_store, "other", meeting_id="813")
    begin(any_store, "nameless", meeting_id="")
    for stream_id in ("now", "again", "later", "other", "nameless"):
        say(any_store, f"The oven of {stream_id} is secret.", stream_id=stream_id)
        await tell(any_store, insight(f"Oven of {stream_id}"), stream_id=stream_id)
    await indexer.turn()
    assert await memory(NOW, "What about the secret oven?") == []
    assert await memory(replace(NOW, meeting_id=""), "What about the secret oven?") == []


@pytest.mark.parametrize(
    ("number", "is_one"),
    [("81234567890", True), ("812345678", True), ("8123456789", False), ("", False), ("weekly-ops", True)],
)
def test_a_series(number: str, is_one: bool) -> None:
    """Zoom's numbers of planned meetings are of a series; a personal meeting id, under which anybody meets its owner, is of none."""
    assert is_series(number) is is_one


async def test_a_personal_room_tells_nobody_of_the_others(
    any_store: Store, indexer: Indexer, memory: SeriesMemory
) -> None:
    """What one customer said in somebody's personal room is told to the next neither when asked nor at the start."""
    room = "4155550100"
    begin(any_store, "first", meeting_id=room)
    say(any_store, "The oven of Acme is broken.", stream_id="first")
    await tell(any_store, insight("Mend Acme's oven", kind="action_item"), stream_id="first")
    await indexer.turn()
    second = replace(NOW, meeting_id=room)
    assert await memory(second, "What about the oven?") == []
    assert await memory.still_open(second) is None


async def test_newest_first(any_store: Store, indexer: Indexer, memory: SeriesMemory) -> None:
    """Of many meetings the latest tell what was found in them; older ones only where the question's words stand."""
    for n in range(10):
        begin(any_store, f"s{n}")
        stream = await any_store.stream(f"s{n}")
        await any_store.flush()
        stream = await any_store.stream(f"s{n}")
        assert stream is not None
        any_store.put_stream(
            replace(stream, stream_id=f"t{n}", meeting_uuid=f"t{n}==", started_at_ms=BEGAN_MS + n)
        )
        say(any_store, "The oven is new." if n == 2 else "Nothing else.", stream_id=f"t{n}")
        await tell(any_store, insight(f"Plan {n}"), stream_id=f"t{n}")
    await indexer.turn()
    told = await memory(NOW, "Is the oven new?")
    assert [each.stream.stream_id for each in told] == ["t9", "t8", "t7", "t2"]
    assert len(told) <= MOST_MEETINGS


async def test_what_cannot_be_looked_up_holds_nobody_up(any_store: Store) -> None:
    """A store that is away or slow, and a question without a word, leave a question without its memory, and the log tells."""
    begin(any_store)
    await any_store.flush()

    class Away:
        async def search(self, text: str, *, limit: int, **_: object) -> Sequence[Hit]:
            raise StoreAway("the database is away")

    class Slow:
        async def search(self, text: str, *, limit: int, **_: object) -> Sequence[Hit]:
            await asyncio.Event().wait()
            raise AssertionError

    for searcher, why in ((Away(), "the database is away"), (Slow(), "longer than 0.05 s")):
        with structlog.testing.capture_logs() as logs:
            assert (
                await SeriesMemory(any_store, searcher, seconds=0.05 if why[0] == "l" else 60)(NOW, "SECRET")
                == []
            )
        (told,) = [each for each in logs if each["event"] == "memory.not_asked"]
        assert why in told["reason"]
        assert "SECRET" not in str(told)
