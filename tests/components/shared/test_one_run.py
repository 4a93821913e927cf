"""One run of a window at a time, and none held up by a run that is over."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from tests.components.contracts import SESSION

NOW = 1_795_341_600.0
WINDOW = "s1:action-items:7"


def node(run: str = "run-1") -> Any:
    """A component in a run of a flow, as far as a claim sees it."""
    return SimpleNamespace(_vertex=object(), graph=SimpleNamespace(_run_id=run, context={}))


@pytest.fixture
def door(piece: Any) -> Any:
    return piece("one_run")


@pytest.fixture
def claim(door: Any) -> Any:
    def make(component: Any, window_id: str = WINDOW, now: float = NOW, seconds: float = 100) -> Any:
        return door.claim_run(
            component,
            session_id=SESSION,
            route="action-items",
            window_id=window_id,
            now=now,
            seconds=seconds,
        )

    return make


@pytest.fixture
def claims(piece: Any) -> Any:
    async def read() -> list[tuple[str, str]]:
        rows = await piece("message_table").Rows(SESSION, "zoom-run:action-items").all()
        return [(row.name, row.content["run"]) for row in rows]

    return read


async def test_a_second_run_is_refused_until_the_first_is_over(door, claim, claims):
    """The sentence is the one that the bridge knows; the refused run leaves nothing and takes nothing away."""
    first, second = node("run-1"), node("run-2")
    await claim(first)

    with pytest.raises(RuntimeError) as refused:
        await claim(second)
    assert str(refused.value).startswith("Zoom Context Buffer: another run of this window is under way")
    assert type(refused.value).__name__ == "RunUnderWayError"
    await door.give_up_run(second)
    assert await claims() == [(WINDOW, "run-1")]

    await door.give_up_run(first)
    await claim(second)
    assert await claims() == [(WINDOW, "run-2")]


async def test_what_went_wrong_is_told_where_the_claim_cannot_be_given_up(door, claim, monkeypatch):
    """A table that is locked is not what people have to know, and stands in the node's log; the claim lapses."""
    first, logged = node("run-1"), list[str]()
    first.log = lambda said, *, name: logged.append(f"{name}: {said}")
    await claim(first)

    async def locked(*_: Any) -> None:
        msg = "database is locked"
        raise OSError(msg)

    monkeypatch.setattr(door.Rows, "remove", locked)

    async def fail() -> None:
        async with door.within_run(first):
            msg = "its own"
            raise ValueError(msg)

    with pytest.raises(ValueError, match="its own"):
        await fail()
    assert logged == ["Run: The run of this window was not given up (OSError)."]


async def test_other_windows_are_nobodys_business(claim, claims):
    """Windows of one route may be run side by side, if somebody wants that."""
    await claim(node("run-1"))
    await claim(node("run-2"), "s1:action-items:8")

    assert len(await claims()) == 2


async def test_of_many_at_once_at_most_one_gets_in(claim, claims):
    """Whoever is refused leaves nothing; whoever got in has the only claim."""
    runs = [node(f"run-{n}") for n in range(6)]
    outcome = await asyncio.gather(*map(claim, runs), return_exceptions=True)

    went_in = [run.graph._run_id for run, error in zip(runs, outcome, strict=True) if error is None]
    assert len(went_in) <= 1
    assert await claims() == [(WINDOW, run) for run in went_in]


async def test_a_claim_lapses(claim, claims):
    """A run that died with its Langflow holds the window up until its time is over, not longer."""
    await claim(node("dead"), seconds=100)

    with pytest.raises(RuntimeError):
        await claim(node("run-2"), now=NOW + 99)
    await claim(node("run-2"), now=NOW + 100)

    assert await claims() == [(WINDOW, "run-2")]


async def test_the_same_run_comes_in_twice(claim, claims):
    """Both outputs of the door belong to one run."""
    run = node()
    await claim(run)
    await claim(run)

    assert await claims() == [(WINDOW, "run-1")]


async def test_a_component_used_alone_claims_nothing(claim, claims):
    """Without a graph there is no run that could be told from another."""
    await claim(SimpleNamespace(_vertex=None))

    assert await claims() == []


async def test_a_run_that_may_keep_nothing_gets_in(door, claim, anonymous_run):
    """Nobody can meet it, as it leaves no trace."""
    run = node()
    await claim(run)
    await claim(node("run-2"))
    await door.give_up_run(run)


@pytest.mark.parametrize("after", ["aget_messages", "astore_message"])
async def test_a_run_cancelled_at_the_door_leaves_no_claim(piece, claim, claims, monkeypatch, after):
    """Neither while the claim is being written nor while others are looked for."""
    table = piece("message_table")
    reached, do = asyncio.Event(), getattr(table, after)

    async def reach(*arguments: Any, **named: Any) -> Any:
        found = await do(*arguments, **named)
        if not reached.is_set():
            reached.set()
            await asyncio.sleep(0)
        return found

    monkeypatch.setattr(table, after, reach)
    run = asyncio.ensure_future(claim(node()))
    await reached.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run

    assert await claims() == []


@pytest.mark.parametrize("error", [RuntimeError, asyncio.CancelledError])
async def test_a_part_that_does_not_end_well_gives_the_run_up(door, claim, claims, error):
    """Whichever component it is."""
    run = node()
    await claim(run)

    with pytest.raises(error):
        async with door.within_run(run):
            raise error
    assert await claims() == []


async def test_the_last_part_gives_the_run_up(door, claim, claims):
    """The parts before it do not."""
    run = node()
    await claim(run)
    async with door.within_run(run):
        pass
    assert await claims() == [(WINDOW, "run-1")]

    async with door.within_run(run, last=True):
        pass
    assert await claims() == []
