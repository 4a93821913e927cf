"""What the last meeting of a series left to do."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from bridge.archive.memory import LONGEST_OPEN, MOST_OPEN, SeriesMemory
from bridge.archive.search import Archive
from bridge.domain import StillOpen, Stream, StreamState
from bridge.errors import StoreAway
from bridge.store.store import open_store
from tests.archive.talk import BEGAN_MS, tell
from tests.archive.test_memory import NOW

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.store.store import Store

WEEK_MS = 604_800_000


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    async with open_store("memory://") as opened:
        yield opened


def before(store: Store, stream_id: str, weeks: int = 1, **changes: Any) -> Stream:
    """A meeting of the series so many weeks before."""
    stream = replace(
        NOW,
        stream_id=stream_id,
        meeting_uuid=f"{stream_id}==",
        started_at_ms=NOW.started_at_ms - weeks * WEEK_MS,
        state=StreamState.ENDED,
    )
    store.put_stream(replace(stream, **changes))
    return replace(stream, **changes)


def task(n: int, text: str, **more: Any) -> dict[str, Any]:
    return {"id": f"t{n}", "kind": "action_item", "text": text} | more


async def left(store: Store, stream: Stream = NOW) -> StillOpen | None:
    """What is told at the start of a meeting."""
    await store.flush()
    return await SeriesMemory(store, Archive(store), seconds=60).still_open(stream)


async def texts(store: Store, stream: Stream = NOW) -> list[str]:
    found = await left(store, stream)
    return [text for text, *_ in found.items] if found else []


async def test_what_was_left_to_do(store: Store) -> None:
    """Action items with owner and date in their latest wording; neither decisions nor what is done or off."""
    last = before(store, "a")
    await tell(
        store, task(1, "Send the order", owner="Mia", due="Friday"), task(2, "Call Eli"), stream_id="a"
    )
    await tell(
        store,
        task(1, "Send the order to Hamburg", owner="Mia", due="Monday", status="changed"),
        task(2, "Call Eli", status="Done"),
        task(3, "Paint it", status="cancelled"),
        {"id": "d", "kind": "decision", "text": "Order it"},
        stream_id="a",
        seq=2,
    )
    assert await left(store) == StillOpen(
        stream=last, items=(("Send the order to Hamburg", "Mia", "Monday"),), more=0, language=""
    )


async def test_the_last_meeting_alone(store: Store) -> None:
    """Older meetings tell nothing where the last one found anything; one in which nothing was found is passed over."""
    before(store, "old", 3)
    before(store, "last", 2)
    before(store, "empty", 1)
    await tell(store, task(1, "Of old"), stream_id="old")
    await tell(store, task(1, "Of last"), stream_id="last")
    assert await texts(store) == ["Of last"]
    await tell(store, {"id": "d", "kind": "decision", "text": "Nothing to do"}, stream_id="empty")
    assert await left(store) is None


async def test_nothing_crosses(store: Store) -> None:
    """Another series, a meeting without a number, a deleted one, a later one and this one itself leave nothing here."""
    for stream_id, changes in {
        "other": {"meeting_id": "813"},
        "nameless": {"meeting_id": ""},
        "deleted": {"server_urls": ""},
        "later": {"started_at_ms": NOW.started_at_ms + 1},
        "again": {"meeting_uuid": NOW.meeting_uuid, "started_at_ms": BEGAN_MS},
    }.items():
        before(store, stream_id, **changes)
        await tell(store, task(1, f"Secret of {stream_id}"), stream_id=stream_id)
    assert await left(store) is None
    assert await left(store, replace(NOW, meeting_id="")) is None
    assert await texts(store, replace(NOW, meeting_id="813")) == ["Secret of other"]


async def test_a_meeting_of_two_streams(store: Store) -> None:
    """Of a meeting that was heard in two parts all of it is told, each thing once, with the day on which it began."""
    first = before(store, "a1", meeting_uuid="a==")
    before(store, "a2", meeting_uuid="a==", started_at_ms=first.started_at_ms + 60_000)
    await tell(store, task(1, "Send it"), task(2, "Call Eli"), stream_id="a1")
    await tell(store, task(1, "send it", owner="Mia"), task(2, "Paint it"), stream_id="a2")
    found = await left(store)
    assert found is not None
    assert found.stream == first
    assert [(text, owner) for text, owner, _ in found.items] == [
        ("send it", "Mia"),
        ("Call Eli", ""),
        ("Paint it", ""),
    ]


async def test_no_more_than_is_read(store: Store) -> None:
    """Very many are counted, and very long ones cut."""
    before(store, "a")
    await tell(store, *(task(n, f"{n} {'x' * 999}") for n in range(MOST_OPEN + 4)), stream_id="a")
    found = await left(store)
    assert found is not None
    assert (len(found.items), found.more) == (MOST_OPEN, 4)
    assert {len(text) for text, *_ in found.items} == {LONGEST_OPEN}


async def test_nobody_waits_for_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that is slow or away costs the meeting nothing but what was left to do."""

    async def away(_meeting_id: str) -> list[Stream]:
        raise StoreAway("disk I/O error")

    async def slow(_meeting_id: str) -> list[Stream]:
        await asyncio.Event().wait()
        return []

    for broken, reason in ((away, "disk I/O error"), (slow, "it takes longer than 0.05 s")):
        monkeypatch.setattr(store, "series", broken)
        with structlog.testing.capture_logs() as logs:
            assert await SeriesMemory(store, Archive(store), seconds=0.05).still_open(NOW) is None
        assert [(each["event"], each["reason"]) for each in logs] == [("memory.not_asked", reason)]
