from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from bridge.domain import RunStatus, Window, WindowKind
from bridge.errors import FlowFailed, FlowRefused, LangflowAway, LangflowBusy, LangflowError
from bridge.flow import worker as module
from bridge.flow.routes import Route
from bridge.flow.worker import FAILED_TRIES, LONGEST_ASKED_SECONDS, LONGEST_DELAY_SECONDS, Worker

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUTE = Route(name="r", flow="f", timeout_seconds=7)
WINDOW = Window(
    window_id="s:r:1",
    stream_id="s",
    meeting_uuid="m",
    route="r",
    flow="f",
    seq=1,
    kind=WindowKind.LIVE,
    first_n=1,
    last_n=1,
    input_value="x",
)


@dataclass
class Client:
    """Answers with texts, or raises errors, one after the other."""

    outcomes: Iterator[str | LangflowError]
    kept: Kept
    timeouts: list[float] = field(default_factory=list)

    async def run(self, window: Window, *, timeout_seconds: float) -> str:
        assert window is WINDOW
        self.timeouts.append(timeout_seconds)
        outcome = next(self.outcomes)
        if isinstance(outcome, LangflowError):
            raise outcome
        return outcome

    async def give_up(self, window: Window) -> None:
        assert window is WINDOW
        assert not self.kept.ended, "stored as failed while it may still run"
        self.kept.given_up += 1


@dataclass
class Kept:
    """Remembers what the store and the metrics are told."""

    tried: list[tuple[int, str]] = field(default_factory=list)
    ended: list[tuple[RunStatus, int, str, str]] = field(default_factory=list)
    retries: list[str] = field(default_factory=list)
    given_up: int = 0
    counted: list[RunStatus] = field(default_factory=list)

    def run_tried(self, window_id: str, *, attempts: int, error: str) -> None:
        self.tried.append((attempts, error))

    async def run_ended(
        self, window_id: str, *, status: RunStatus, attempts: int, output: str = "", error: str = ""
    ) -> None:
        self.ended.append((status, attempts, output, error))


@dataclass
class Counted:
    kept: Kept

    def run_ended(self, route: str, status: RunStatus, seconds: float) -> None:
        assert self.kept.ended, "counted before it was stored"
        self.kept.counted.append(status)

    def run_retried(self, route: str, error: str) -> None:
        self.kept.retries.append(error)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between attempts, which take no time."""
    taken: list[float] = []

    async def wait(seconds: float) -> None:
        taken.append(seconds)

    monkeypatch.setattr(module.asyncio, "sleep", wait)
    return taken


async def run(*outcomes: str | LangflowError, attempts: int = 0) -> tuple[RunStatus, Kept]:
    kept = Kept()
    client = Client(iter(outcomes), kept)
    worker = Worker(client, kept, Counted(kept))  # type: ignore[arg-type]
    status = await worker.run(WINDOW, ROUTE, attempts=attempts)
    assert set(client.timeouts) == {7}
    return status, kept


async def test_answered(waits: list[float]) -> None:
    """An answer is stored, then counted."""
    status, kept = await run("Hi.")
    assert status is RunStatus.DONE
    assert kept.ended == [(RunStatus.DONE, 1, "Hi.", "")]
    assert (kept.counted, kept.tried, waits) == ([RunStatus.DONE], [], [])


async def test_broken_then_well(waits: list[float]) -> None:
    """A flow that broke is tried again, each attempt stored with why it failed."""
    status, kept = await run(FlowFailed("a"), FlowFailed("b"), "Hi.")
    assert status is RunStatus.DONE
    assert kept.tried == [(1, "a"), (2, "b")]
    assert kept.ended == [(RunStatus.DONE, 3, "Hi.", "")]
    assert not kept.given_up
    assert kept.retries == ["FlowFailed", "FlowFailed"]


async def test_broken_each_time(waits: list[float]) -> None:
    """A flow that breaks each time is given up where it ran, and then stored with the reason."""
    status, kept = await run(*[FlowFailed("broke")] * FAILED_TRIES)
    assert status is RunStatus.FAILED
    assert kept.ended == [(RunStatus.FAILED, FAILED_TRIES, "", "broke")]
    assert kept.given_up == 1


async def test_refused(waits: list[float]) -> None:
    """What Langflow refuses is not sent again."""
    status, kept = await run(FlowRefused("no key"))
    assert status is RunStatus.FAILED
    assert kept.ended == [(RunStatus.FAILED, 1, "", "no key")]
    assert kept.given_up == 1
    assert waits == []


async def test_away(waits: list[float]) -> None:
    """Langflow away is waited for without a limit, ever longer, and costs no try."""
    many = [LangflowAway("away")] * 40
    status, kept = await run(*many, *[FlowFailed("broke")] * (FAILED_TRIES - 1), "Hi.")
    assert status is RunStatus.DONE
    assert kept.ended[0][1] == 40 + FAILED_TRIES
    assert 0.5 <= waits[0] <= 1
    assert all(LONGEST_DELAY_SECONDS / 2 <= wait <= LONGEST_DELAY_SECONDS for wait in waits[6:40])


async def test_spread(waits: list[float]) -> None:
    """Waits are spread, so that meetings do not return together."""
    await run(*[LangflowAway("away")] * 30, "Hi.")
    assert len(set(waits)) == 30


@pytest.mark.parametrize(
    ("asked", "least", "most"), [(60, 60, 60), (10_000, LONGEST_ASKED_SECONDS, 300), (0, 0.5, 1)]
)
async def test_busy(waits: list[float], asked: float, least: float, most: float) -> None:
    """A Langflow that asks to wait is waited for as it asks, within reason."""
    status, _ = await run(LangflowBusy("busy", retry_after_seconds=asked), "Hi.")
    assert status is RunStatus.DONE
    assert least <= waits[0] <= most


async def test_busy_without_end(waits: list[float]) -> None:
    """Being asked to wait costs no try."""
    status, _ = await run(*[LangflowBusy("busy", retry_after_seconds=None)] * 40, "Hi.")
    assert status is RunStatus.DONE


async def test_goes_on_counting(waits: list[float]) -> None:
    """Attempts made before a restart are counted on."""
    _, kept = await run("Hi.", attempts=3)
    assert kept.ended == [(RunStatus.DONE, 4, "Hi.", "")]


async def test_lanes() -> None:
    """A meeting's route has one lane, others have theirs, and lanes that nobody holds are forgotten."""
    kept = Kept()
    worker = Worker(Client(iter(()), kept), kept, Counted(kept))  # type: ignore[arg-type]
    lane = worker.lane("m", "r")
    assert isinstance(lane, asyncio.Lock)
    assert worker.lane("m", "r") is lane
    assert worker.lane("m", "s") is not lane
    assert worker.lane("n", "r") is not lane
    del lane
    assert not worker._lanes
