"""The worker: what is tried again, what waits, what fails, and what is put aside."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import structlog

from bridge.domain import NO_OUTPUT, Output, PendingWindow, RunStatus, Window, WindowKind
from bridge.errors import (
    FlowFailed,
    FlowMissing,
    FlowRefused,
    KeyRefused,
    LangflowAway,
    LangflowBusy,
    LangflowError,
    RunLost,
    RunSuspended,
    WindowUnderWay,
)
from bridge.flow.admission import LEVELS
from bridge.flow.parking import LONGEST_ASKED_SECONDS, LONGEST_LOOK_SECONDS, Parking
from bridge.flow.routes import Route
from bridge.flow.turns import Turns
from bridge.flow.worker import ALL_ROUTES, FAILED_TRIES, FIRST_DELAY_SECONDS, Worker
from tests.fakes.virtual import in_virtual_time

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

ROUTE = Route(name="r", flow="f", timeout_seconds=7)
OTHER = Route(name="o", flow="g", timeout_seconds=7)


def window(
    seq: int = 1, *, meeting: str = "m", route: str = "r", kind: WindowKind = WindowKind.LIVE
) -> Window:
    return Window(
        window_id=f"{meeting}:{route}:{seq}",
        stream_id=meeting,
        meeting_uuid=meeting,
        route=route,
        flow="f",
        seq=seq,
        kind=kind,
        first_n=seq,
        last_n=seq,
        input_value="x",
    )


@dataclass
class Ways:
    """Langflow and the store: answers with texts or errors, in order or by a rule, and remembers everything."""

    outcomes: deque[str | LangflowError] = field(default_factory=deque)
    otherwise: Callable[[Window], str | LangflowError | Coroutine[None, None, str]] = lambda _: "done"
    ill: str = ""
    sent: list[str] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    tried: list[tuple[int, int, str]] = field(default_factory=list)
    ended: dict[str, tuple[RunStatus, int, int, str, str]] = field(default_factory=dict)
    given_up: list[str] = field(default_factory=list)
    retries: list[str] = field(default_factory=list)
    counted: list[RunStatus] = field(default_factory=list)

    async def run(self, window: Window, *, timeout_seconds: float) -> Output:
        assert timeout_seconds == 7
        self.sent.append(window.window_id)
        self.at.append(asyncio.get_running_loop().time())
        outcome = self.outcomes.popleft() if self.outcomes else self.otherwise(window)
        if isinstance(outcome, LangflowError):
            raise outcome
        return Output(outcome if isinstance(outcome, str) else await outcome)

    async def give_up(self, window: Window) -> None:
        assert window.window_id not in self.ended, "stored as failed while it may still run"
        self.given_up.append(window.window_id)

    async def trouble(self, window: Window) -> str:
        return self.ill

    def run_tried(self, window_id: str, *, attempts: int, failures: int, error: str) -> None:
        self.tried.append((attempts, failures, error))

    async def run_ended(
        self,
        window_id: str,
        *,
        status: RunStatus,
        attempts: int,
        failures: int = 0,
        output: Output = NO_OUTPUT,
        error: str = "",
    ) -> None:
        self.ended[window_id] = status, attempts, failures, output.text, error


@dataclass
class Metrics:
    ways: Ways

    def run_ended(self, route: str, status: RunStatus, seconds: float) -> None:
        assert self.ways.ended, "counted before it was stored"
        self.ways.counted.append(status)

    def run_retried(self, route: str, error: str) -> None:
        self.ways.retries.append(error)


class Bench:
    """A worker on a clock of its own, without chance."""

    def __init__(
        self, *outcomes: str | LangflowError, most: int | None = None, permit: Permit | None = None
    ) -> None:
        loop = asyncio.get_running_loop()
        self.ways = Ways(deque(outcomes))
        self.turns = Turns(most, clock=loop.time, parking=Parking(chance=lambda: 0.0))
        self.worker = Worker(
            self.ways, self.ways, Metrics(self.ways), turns=self.turns, clock=loop.time, chance=lambda: 0.0,
            permit=permit,
        )  # fmt: skip

    async def run(
        self, window: Window, route: Route = ROUTE, *, attempts: int = 0, failures: int = 0
    ) -> PendingWindow | None:
        pending = PendingWindow(window=window, attempts=attempts, failures=failures)
        async with self.worker.turn(window.meeting_uuid, route, lambda: window.kind) as turn:
            return await self.worker.run(pending, route, turn)


@in_virtual_time
async def test_answered() -> None:
    """An answer is stored, then counted."""
    bench = Bench("Hi.")
    assert await bench.run(window()) is None
    assert bench.ways.ended == {"m:r:1": (RunStatus.DONE, 1, 0, "Hi.", "")}
    assert (bench.ways.counted, bench.ways.tried) == ([RunStatus.DONE], [])
    assert bench.turns.under_way == 0


@in_virtual_time
async def test_broken_then_well() -> None:
    """A flow that broke is tried again after growing pauses, each attempt stored with why it failed."""
    bench = Bench(FlowFailed("a"), FlowFailed("b"), "Hi.")
    assert await bench.run(window()) is None
    assert bench.ways.tried == [(1, 1, "a"), (2, 2, "b")]
    assert bench.ways.ended == {"m:r:1": (RunStatus.DONE, 3, 2, "Hi.", "")}
    assert bench.ways.retries == ["FlowFailed", "FlowFailed"]
    first, second, third = bench.ways.at
    assert (second - first, third - second) == pytest.approx((FIRST_DELAY_SECONDS, 2 * FIRST_DELAY_SECONDS))


@in_virtual_time
async def test_a_window_that_breaks_a_good_flow() -> None:
    """Where the flow has answered the window before, one that it breaks on each time fails, with the reason."""
    bench = Bench("well", *[FlowFailed("broke")] * FAILED_TRIES)
    await bench.run(window(1))
    assert await bench.run(window(2)) is None
    assert bench.ways.ended["m:r:2"] == (RunStatus.FAILED, FAILED_TRIES, FAILED_TRIES, "", "broke")
    assert bench.ways.given_up == ["m:r:2"]
    assert not bench.worker.parked()


class Asked:
    """A run that is suspended until somebody decides."""

    def __init__(self) -> None:
        self.begun, self.decided = asyncio.Event(), asyncio.Event()
        self.waited_for = 0

    async def goes_on(self) -> None:
        self.waited_for += 1
        self.begun.set()
        try:
            await self.decided.wait()
        finally:
            self.waited_for -= 1

    @property
    def error(self) -> RunSuspended:
        return RunSuspended("asks", goes_on=self.goes_on)


async def suspended(bench: Bench, asked: Asked) -> asyncio.Task[PendingWindow | None]:
    """A meeting whose window waits for a person."""
    bench.ways.outcomes.appendleft(asked.error)
    waiting = asyncio.create_task(bench.run(window(meeting="asks")))
    await asked.begun.wait()
    return waiting


@in_virtual_time
async def test_a_window_that_hangs_fails_while_somebody_is_asked() -> None:
    """Who waits for a person sends nothing: a run beside is alone with Langflow, and costs its tries as ever."""
    bench, asked = Bench("well"), Asked()
    await bench.run(window(1))
    waiting = await suspended(bench, asked)
    bench.ways.outcomes.extend([RunLost("hangs")] * FAILED_TRIES)
    assert await bench.run(window(2)) is None
    assert bench.ways.ended["m:r:2"] == (RunStatus.FAILED, FAILED_TRIES, FAILED_TRIES, "", "hangs")
    asked.decided.set()
    assert await waiting is None
    assert bench.ways.ended["asks:r:1"] == (RunStatus.DONE, 1, 0, "done", "")


@in_virtual_time
async def test_nobody_decides() -> None:
    """Behind the route's limit the window is given up, however often its run was suspended by then, and nobody waits."""
    bench, asked, began = Bench(), Asked(), asyncio.get_running_loop().time()
    route = ROUTE.model_copy(update={"human_seconds": 3_600.0})
    bench.ways.otherwise = lambda _: asked.error
    waiting = asyncio.create_task(bench.run(window(), route))
    for _ in range(3):
        await asyncio.sleep(1_000)
        asked.decided.set()
        await asyncio.sleep(0)
        asked.decided.clear()
    assert await waiting is None
    assert asyncio.get_running_loop().time() - began == pytest.approx(3_600)
    assert bench.ways.ended["m:r:1"][:2] == (RunStatus.FAILED, 0)
    assert (bench.ways.given_up, bench.ways.tried, asked.waited_for) == (["m:r:1"], [], 0)


@in_virtual_time
async def test_who_is_stopped_waits_for_no_person() -> None:
    """A turn that is dropped ends the wait at once, and the window stays for the next process."""
    asked = Asked()
    bench = Bench(asked.error)
    pending = PendingWindow(window=window(), attempts=0, failures=0)
    async with bench.worker.turn("m", ROUTE, lambda: WindowKind.LIVE) as turn:
        waiting = asyncio.create_task(bench.worker.run(pending, ROUTE, turn))
        await asked.begun.wait()
        before = asyncio.get_running_loop().time()
        turn.drop()
        assert await waiting == pending
    assert asyncio.get_running_loop().time() == before
    assert (asked.waited_for, bench.ways.sent) == (0, ["m:r:1"])


@in_virtual_time
async def test_a_flow_that_breaks_is_known_at_once() -> None:
    """From the first failure until the next answer, and where a window fails for good until another is answered."""
    bench = Bench("well", FlowFailed("broke"), "well again", FlowRefused("no"), "well")
    seen = []
    run = bench.ways.run_tried
    bench.ways.run_tried = lambda *args, **how: (
        seen.append(dict(bench.worker.failing())),
        run(*args, **how),
    )[1]  # type: ignore[method-assign]

    for seq in (1, 2):
        await bench.run(window(seq))
    assert seen == [{"r": "broke"}]
    assert bench.worker.failing() == {}
    await bench.run(window(3))
    assert bench.worker.failing() == {"r": "no"}
    await bench.run(window(4))
    assert bench.worker.failing() == {}


@in_virtual_time
async def test_a_line_for_each_window_and_run() -> None:
    """In counts alone: neither what went to the flow nor what it answered is in the log."""
    bench = Bench(FlowFailed("broke"), "An answer.")
    with structlog.testing.capture_logs() as logs:
        await bench.run(window())

    told = [(line["event"], line["window_id"]) for line in logs if line["event"] != "route.parked"]
    assert told == [(event, "m:r:1") for event in ("window.sent", "run.broke", "run.done")]
    assert (logs[0]["kind"], logs[0]["characters"]) == ("live", 1)
    assert (logs[-1]["attempts"], logs[-1]["characters"]) == (2, len("An answer."))
    assert "An answer." not in str(logs)


@in_virtual_time
async def test_failures_count_over_restarts() -> None:
    """Tries before a restart are not forgotten: a window does not get four for each life of the bridge."""
    bench = Bench("well", FlowFailed("broke"))
    await bench.run(window(1))
    assert await bench.run(window(2), attempts=9, failures=FAILED_TRIES - 1) is None
    assert bench.ways.ended["m:r:2"] == (RunStatus.FAILED, 10, FAILED_TRIES, "", "broke")


@in_virtual_time
async def test_a_flow_that_breaks_on_every_window() -> None:
    """Without proof that the flow works no window fails: it is put aside, the route parked with the reason."""
    bench = Bench(*[FlowFailed("Verification Token is missing.")] * FAILED_TRIES)
    left = await bench.run(window(1))
    assert left is not None
    assert left.failures == FAILED_TRIES
    assert not bench.ways.ended
    assert "Verification Token is missing." in bench.worker.parked()["r"]


@in_virtual_time
async def test_what_was_put_aside_is_judged_by_the_next_window() -> None:
    """Is the next window answered, the one put aside has one more try and then fails; one meeting is enough for that."""
    bench = Bench(*[FlowFailed("broke")] * FAILED_TRIES, "well", FlowFailed("broke"))
    left = await bench.run(window(1))
    assert left is not None
    assert await bench.run(window(2)) is None
    assert await bench.run(left.window, attempts=left.attempts, failures=left.failures) is None
    assert [status for status, *_ in bench.ways.ended.values()] == [RunStatus.DONE, RunStatus.FAILED]
    assert not bench.worker.parked()


@in_virtual_time
async def test_a_mended_flow_answers_everything() -> None:
    """Once somebody has mended the flow, what was put aside is answered as well."""
    bench = Bench(*[FlowFailed("broke")] * (FAILED_TRIES + 3))
    left, next_left = await bench.run(window(1)), await bench.run(window(2))
    assert left is not None
    assert next_left is not None
    assert next_left.failures == 1, "the second is put aside at once: it says that the flow is broken"
    for each in (left, next_left, left, next_left):
        left_again = await bench.run(each.window, attempts=each.attempts, failures=each.failures)
    assert left_again is None
    assert {status for status, *_ in bench.ways.ended.values()} == {RunStatus.DONE}


@in_virtual_time
async def test_refused() -> None:
    """What will never be done is not tried again."""
    bench = Bench(FlowRefused("no text"))
    assert await bench.run(window()) is None
    assert bench.ways.ended == {"m:r:1": (RunStatus.FAILED, 1, 0, "", "no text")}
    assert bench.ways.given_up == ["m:r:1"]


@pytest.mark.parametrize(
    "error",
    [
        LangflowAway("away"),
        KeyRefused("403"),
        FlowMissing("404"),
        LangflowBusy("429", retry_after_seconds=None),
    ],
)
@in_virtual_time
async def test_a_fault_of_the_way(error: LangflowError) -> None:
    """However long something is wrong on the way, the window waits, is looked at ever more rarely, and costs no try."""
    bench = Bench(*[error] * 40, *[FlowFailed("broke")] * (FAILED_TRIES - 1), "Hi.")
    assert await bench.run(window()) is None
    assert bench.ways.ended["m:r:1"][:3] == (RunStatus.DONE, 40 + FAILED_TRIES, FAILED_TRIES - 1)
    pauses = [later - earlier for earlier, later in zip(bench.ways.at[:40], bench.ways.at[1:41], strict=True)]
    assert pauses[0] == pytest.approx(1)
    assert pauses[10:] == pytest.approx([LONGEST_LOOK_SECONDS] * 30)
    assert not bench.worker.parked()


@in_virtual_time
async def test_one_looks_for_all() -> None:
    """While Langflow is away only one window at a time looks, whichever its route; then all go, each once."""
    bench = Bench()
    away = True
    bench.ways.otherwise = lambda _: LangflowAway("away") if away else "done"
    running = [
        asyncio.create_task(bench.run(window(1, meeting=f"m{n}", route=route.name), route))
        for n in range(100)
        for route in (ROUTE, OTHER)
    ]
    await asyncio.sleep(3600)
    assert bench.worker.parked() == {ALL_ROUTES: "away"}
    assert len(bench.ways.sent) < 3600 / LONGEST_LOOK_SECONDS + 20
    away = False
    bench.ways.sent.clear()
    await asyncio.gather(*running)
    assert len(bench.ways.sent) == len(set(bench.ways.sent)) == 200
    assert bench.worker.parked() == {}


@in_virtual_time
async def test_a_fault_of_one_route() -> None:
    """A flow that is not there keeps no other route's windows waiting."""
    bench = Bench()
    bench.ways.otherwise = lambda sent: FlowMissing("404") if sent.route == "r" else "done"
    waiting = asyncio.create_task(bench.run(window()))
    await asyncio.sleep(60)
    for seq in range(20):
        assert await bench.run(window(seq, route="o"), OTHER) is None
    assert bench.worker.parked() == {"r": "404"}
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert bench.turns.waiting == bench.turns.under_way == 0


@in_virtual_time
async def test_wake() -> None:
    """Who has mended something need not wait for the next look."""
    bench = Bench(*[KeyRefused("403")] * 9)
    running = asyncio.create_task(bench.run(window()))
    await asyncio.sleep(150)
    looked, began = len(bench.ways.sent), asyncio.get_running_loop().time()
    bench.ways.outcomes.clear()
    bench.worker.wake()
    await running
    assert len(bench.ways.sent) == looked + 1
    assert bench.ways.at[-1] == began


@pytest.mark.parametrize(("asked", "waited"), [(60, 60), (10_000, LONGEST_ASKED_SECONDS), (0, 1)])
@in_virtual_time
async def test_busy(asked: float, waited: float) -> None:
    """A Langflow that asks to be left alone is, as long as it asks, within reason."""
    bench = Bench(LangflowBusy("busy", retry_after_seconds=asked), "Hi.")
    await bench.run(window())
    assert bench.ways.at[1] - bench.ways.at[0] == pytest.approx(waited)


@in_virtual_time
async def test_lost_in_a_crowd() -> None:
    """No answer in a crowd is never held against a window; fewer runs are under way afterwards."""
    bench = Bench()
    lost: set[str] = set()

    async def slow() -> str:
        await asyncio.sleep(7)
        raise RunLost("no answer within 7 s")

    async def quick() -> str:
        await asyncio.sleep(1)
        return "done"

    def crowded(sent: Window) -> Coroutine[None, None, str]:
        if bench.turns.under_way > 2:
            lost.add(sent.window_id)
            return slow()
        return quick()

    bench.ways.otherwise = crowded
    await asyncio.gather(*[bench.run(window(meeting=f"m{n}")) for n in range(30)])
    assert len(lost) > 3
    assert {status for status, *_ in bench.ways.ended.values()} == {RunStatus.DONE}
    assert len(bench.ways.ended) == 30
    assert all(failures == 0 for _, _, failures, _, _ in bench.ways.ended.values())
    assert bench.turns.limit < LEVELS[4]


@in_virtual_time
async def test_lost_alone() -> None:
    """A window that gets no answer although it has a healthy Langflow to itself costs tries."""
    bench = Bench("well", *[RunLost("no answer")] * FAILED_TRIES)
    await bench.run(window(1))
    await bench.run(window(2))
    assert bench.ways.ended["m:r:2"][0] is RunStatus.FAILED


@in_virtual_time
async def test_a_window_whose_earlier_run_is_under_way() -> None:
    """It waits its turn until that run is over, however often it is asked: no try is held against it, and its route's
    other windows, and other routes, go on meanwhile.
    """
    bench = Bench("well", *[WindowUnderWay("another run")] * (FAILED_TRIES + 3), "Hi.")
    await bench.run(window(1))
    running = asyncio.create_task(bench.run(window(2)))
    await asyncio.sleep(0.1)
    assert bench.ways.tried
    assert bench.worker.parked() == {}
    bench.ways.outcomes.appendleft("others")
    await bench.run(window(1, meeting="another"))
    assert bench.ways.ended["another:r:1"][0] is RunStatus.DONE
    assert "m:r:2" not in bench.ways.ended

    await running
    assert bench.ways.ended["m:r:2"] == (RunStatus.DONE, FAILED_TRIES + 4, 0, "Hi.", "")


@in_virtual_time
async def test_lost_at_a_silent_langflow() -> None:
    """A Langflow that accepts and says nothing is away, whatever it is asked: that costs no try."""
    bench = Bench(*[RunLost("no answer")] * 9, "Hi.")
    bench.ways.ill = "gives no sign of life"
    running = asyncio.create_task(bench.run(window()))
    await asyncio.sleep(1)
    assert bench.worker.parked() == {ALL_ROUTES: "gives no sign of life"}
    await running
    assert bench.ways.ended["m:r:1"][:3] == (RunStatus.DONE, 10, 0)


@in_virtual_time
async def test_a_turn_that_is_dropped() -> None:
    """A window whose turn is dropped while it waits stays as it is, for the next life of the bridge."""
    bench = Bench(*[LangflowAway("away")] * 99)
    pending = PendingWindow(window=window(), attempts=0, failures=0)
    async with bench.worker.turn("m", ROUTE, lambda: WindowKind.LIVE) as turn:
        running = asyncio.create_task(bench.worker.run(pending, ROUTE, turn))
        await asyncio.sleep(100)
        turn.drop()
        left = await running
    assert left is not None
    assert left.window == pending.window
    assert left.attempts > 3
    assert bench.turns.waiting == bench.turns.under_way == 0


@in_virtual_time
async def test_functions_have_turns_of_their_own() -> None:
    """What is in Langflow's way is not in that of a Python function."""
    call = Route(name="c", call="mine:work", timeout_seconds=7)
    bench = Bench()
    bench.ways.otherwise = lambda sent: LangflowAway("away") if sent.route == "r" else "done"
    waiting = asyncio.create_task(bench.run(window()))
    await asyncio.sleep(1)
    assert await bench.run(window(route="c"), call) is None
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


@in_virtual_time
async def test_lanes() -> None:
    """A meeting's route has one lane, others have theirs, and lanes that nobody holds are forgotten."""
    worker = Bench().worker
    lane = worker.lane("m", "r")
    assert isinstance(lane, asyncio.Lock)
    assert worker.lane("m", "r") is lane
    assert worker.lane("m", "s") is not lane
    assert worker.lane("n", "r") is not lane
    del lane
    assert not worker._lanes


class Permit:
    """The leases of a bridge that others may take for dead."""

    def __init__(self) -> None:
        self.renewal = asyncio.Event()

    def held(self) -> bool:
        return self.renewal.is_set()

    async def renewed(self) -> None:
        await self.renewal.wait()


@in_virtual_time
async def test_nothing_is_sent_without_leases() -> None:
    """A window that another bridge may be sending by now is not sent until the leases are renewed."""
    permit = Permit()
    bench = Bench("Hi.", permit=permit)
    running = asyncio.create_task(bench.run(window()))
    await asyncio.sleep(60)
    assert bench.ways.at == []
    permit.renewal.set()
    assert await running is None
    assert len(bench.ways.at) == 1
