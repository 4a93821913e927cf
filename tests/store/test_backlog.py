"""What waits to be committed: in memory, and in a file where it is too much."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
import structlog

from bridge.store.backlog import OVERHEAD_BYTES, PEEK_BYTES, Backlog
from bridge.store.query import Op, Write
from bridge.store.spill import Spill

if TYPE_CHECKING:
    from pathlib import Path


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def write(text: str = "x") -> Write:
    return Write(Op.INSERT, "gaps", {"stream_id": text, "from_ms": 1})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def spill(tmp_path: Path) -> Spill:
    spill = Spill(tmp_path / "spill")
    spill.open()
    return spill


async def test_writes_are_numbered_and_weighed(clock: Clock) -> None:
    """Each has the next number behind the database's newest, and weighs its texts and what a row costs beside them."""
    backlog = Backlog(None, newest=41, clock=clock)
    assert [backlog.add(write()), backlog.add(write("Dana"))] == [42, 43]
    assert backlog.newest == 43
    assert (backlog.rows, backlog.queued, backlog.spilled) == (2, 2, 0)
    assert backlog.bytes == 2 * OVERHEAD_BYTES + sys.getsizeof("x") + sys.getsizeof("Dana")
    backlog.clear()
    assert (backlog.rows, backlog.bytes, backlog.newest) == (0, 0, 43)


async def test_what_is_committed_goes(clock: Clock) -> None:
    """Writes are looked at in order, stay until they are dropped, and the age is that of the oldest left."""
    backlog = Backlog(None, newest=0, clock=clock)
    for _ in range(3):
        backlog.add(write())
        clock.now += 1
    assert [number for number, _ in await backlog.peek(2)] == [1, 2]
    assert backlog.oldest_seconds == 3
    assert await backlog.drop(2) == 2
    assert backlog.oldest_seconds == 1
    assert await backlog.drop(2) == 0
    assert await backlog.drop(99) == 1
    assert (backlog.bytes, backlog.oldest_seconds, await backlog.peek(9)) == (0, 0, [])


async def test_a_group_is_short(clock: Clock) -> None:
    """Of enormous writes a group has what fits; one that is larger than a group goes alone."""
    backlog = Backlog(None, newest=0, clock=clock)
    for size in (PEEK_BYTES + 1, PEEK_BYTES // 2, PEEK_BYTES // 4, PEEK_BYTES // 2):
        backlog.add(write("x" * size))
    groups = []
    while group := await backlog.peek(100):
        groups.append([number for number, _ in group])
        await backlog.drop(group[-1][0])
    assert groups == [[1], [2, 3], [4]]


async def test_what_is_too_much_goes_into_the_file(clock: Clock, spill: Spill) -> None:
    """It is moved once, in order, told once, counts once, and comes back before what is written later."""
    backlog = Backlog(spill, newest=0, clock=clock)
    backlog.add(write("a"))
    clock.now += 5
    backlog.add(write("b"))
    with structlog.testing.capture_logs() as logs:
        assert await backlog.spill()
        assert await backlog.spill()
        backlog.add(write("c"))
        assert await backlog.spill()
    assert [(line["event"], line["rows"]) for line in logs] == [("store.spilled", 2)]
    assert (backlog.rows, backlog.spilled, backlog.queued, backlog.bytes) == (3, 3, 0, 0)
    assert backlog.spilled_bytes > 0
    backlog.add(write("d"))
    assert backlog.rows == 4
    clock.now += 2
    assert backlog.oldest_seconds == 7
    assert [kept.values["stream_id"] for _, kept in await backlog.peek(10)] == ["a", "b", "c"]
    assert await backlog.drop(3) == 3
    assert [number for number, _ in await backlog.peek(10)] == [4]


async def test_a_file_that_takes_nothing(clock: Clock, spill: Spill, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing goes from memory; that is told once until it works again, in counts."""

    def full(_: object) -> None:
        raise OSError(28, "SECRET")

    backlog = Backlog(spill, newest=0, clock=clock)
    backlog.add(write("a"))
    with structlog.testing.capture_logs() as logs:
        for _ in range(2):
            with monkeypatch.context() as patched:
                patched.setattr(spill, "append", full)
                assert not await backlog.spill()
                assert not await backlog.spill()
            assert (backlog.rows, backlog.queued) == (1, 1)
            assert await backlog.spill()
            assert await backlog.drop(backlog.newest) == 1
            backlog.add(write("b"))
    told = [line for line in logs if line["event"] == "store.not_spilled"]
    assert [(line["reason"], line["queued"]) for line in told] == [("OSError", 1), ("OSError", 1)]
    assert "SECRET" not in str(logs)


async def test_without_a_file(clock: Clock) -> None:
    """Nothing can be moved; only of nothing is all moved."""
    backlog = Backlog(None, newest=0, clock=clock)
    assert await backlog.spill()
    backlog.add(write())
    assert not await backlog.spill()
    assert backlog.queued == 1


async def test_an_earlier_process_has_left_something(clock: Clock, spill: Spill) -> None:
    """Numbers go on behind what the file holds, also where the database has seen fewer."""
    earlier = Backlog(spill, newest=6, clock=clock)
    earlier.add(write("a"))
    await earlier.spill()
    later = Backlog(spill, newest=3, clock=clock)
    assert later.rows == 1
    assert later.add(write("b")) == 8
