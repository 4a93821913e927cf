"""Meetings through flows: in order, several at once, and with nothing left behind."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from bridge.clock import Clock
from bridge.domain import Output, RunStatus
from bridge.errors import FlowFailed, FlowMissing, KeyRefused, LangflowAway, LangflowError
from bridge.flow.routes import Route
from bridge.flow.turns import Turns
from bridge.replay.cut import Cut, cut
from bridge.replay.outcome import Flow
from bridge.replay.recorded import played
from bridge.replay.run import PATIENCE, Stuck, Task, replay
from bridge.replay.sides import Side
from bridge.simulator.meeting import Line, Meeting
from tests.fakes.virtual import in_virtual_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.domain import Window
    from bridge.replay.outcome import Trial

ROUTE = Route(name="items", flow="zoom-action-items")


def cuts(lines: int = 3) -> list[Cut]:
    """A window for each line, and the final one; cut before any loop runs."""
    spoken = [
        Line(
            start_ms=n * 60_000,
            end_ms=n * 60_000 + 5_000,
            user_id=1,
            speaker="Dana",
            text=f"This is line {n}.",
        )
        for n in range(1, lines + 1)
    ]
    return cut(played(Meeting(title="weekly", lines=tuple(spoken))), [ROUTE])


CUTS = cuts()
LONGER = cuts(6)


def side(n: int = 1, name: str = "f") -> Side:
    route = Route(name=f"flow-{n}", flow=name)
    return Side(flow=Flow(name=name, title=name), route=route, cut_for=ROUTE, data=None)


class Langflow:
    """Answers each window after a second, or as it is told; keeps what it was sent, and what it was told to forget."""

    def __init__(
        self, answer: Callable[[Window], str | LangflowError] = lambda window: f"said {window.seq}"
    ) -> None:
        self.answer = answer
        self.windows: list[Window] = []
        self.forgotten: list[tuple[str, str]] = []
        self.refusals = 0
        self.under_way = self.most = 0

    async def run(self, window: Window, *, timeout_seconds: float) -> Output:
        self.windows.append(window)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(1)
        finally:
            self.under_way -= 1
        answer = self.answer(window)
        if isinstance(answer, LangflowError):
            raise answer
        return Output(answer)

    async def give_up(self, window: Window) -> None: ...

    async def trouble(self, window: Window) -> str:
        return ""

    async def tokens(self, session: str) -> int:
        return 7

    async def expect(self, meeting_uuid: str) -> None: ...

    async def forget(self, meeting_uuid: str, flow: str) -> None:
        if self.refusals:
            self.refusals -= 1
            raise LangflowAway("nobody answers")
        self.forgotten.append((meeting_uuid, flow))


class Told:
    """Who is told how far it is."""

    def __init__(self) -> None:
        self.events: list[tuple[str, ...]] = []

    def begun(self, meeting: str, flow: str, windows: int) -> None:
        self.events.append(("begun", meeting, flow, str(windows)))

    def answered(self, meeting: str, flow: str) -> None:
        self.events.append(("answered", meeting, flow))

    def ended(self, trial: Trial) -> None:
        self.events.append(("ended", trial.meeting, trial.flow))


async def go(
    langflow: Langflow, *tasks: Task, most: int | None = None, told: Told | None = None
) -> list[Trial]:
    loop = asyncio.get_running_loop()
    clock = Clock(wall=loop.time, steady=loop.time, chance=lambda: 0.5)
    turns = Turns(most, clock=loop.time, chance=lambda: 0.5)
    return await replay(tasks, langflow, turns, langflow, told or Told(), clock=clock)


def task(meeting: str = "weekly", n: int = 1, name: str = "f") -> Task:
    return Task(meeting=meeting, side=side(n, name), cuts=CUTS)


@in_virtual_time
async def test_windows_go_in_order_and_are_marked() -> None:
    """Each is one of a rehearsal of its own, and says so; the rest of it is as it was cut."""
    langflow, told = Langflow(), Told()
    [trial] = await go(langflow, task(), told=told)

    assert [each.seq for each in langflow.windows] == [1, 2, 3, 4]
    assert [each.text for each in trial.answers] == ["said 1", "said 2", "said 3", "said 4"]
    for sent, made in zip(langflow.windows, CUTS, strict=True):
        value: dict[str, Any] = json.loads(sent.input_value)
        original = json.loads(made.window.input_value)
        assert value.pop("rehearsal") is True
        assert value["meeting"]["uuid"] == sent.meeting_uuid == value["stream_id"]
        assert sent.meeting_uuid.startswith("rehearsal-")
        assert value["window_id"] == sent.window_id == f"{sent.meeting_uuid}:items:{sent.seq}"
        for own in (value, original):
            for name in ("window_id", "stream_id"):
                del own[name]
            del own["meeting"]["uuid"]
        assert value == original
    assert (trial.tokens, trial.seconds, trial.failed, trial.stopped) == (7, 4.0, 0, "")
    assert told.events[0] == ("begun", "weekly", "f", "4")
    assert told.events[-1] == ("ended", "weekly", "f")


REDACTING = ROUTE.model_copy(update={"redact": ("names",)})
REDACTED = cut(
    played(
        Meeting(
            title="weekly",
            lines=(
                Line(start_ms=0, end_ms=5_000, user_id=1, speaker="Dana Whitfield", text="Dana is here."),
            ),
        )
    ),
    [REDACTING],
)


@in_virtual_time
async def test_a_route_that_redacts() -> None:
    """Windows go redacted to whichever flow is tried, and what it answers has the words, as live."""
    langflow = Langflow(lambda _: "PERSON_1 it is.")
    redacted = Task(meeting="weekly", side=side(), cuts=REDACTED)
    [one, other] = await go(langflow, redacted, task("other"))

    assert {each.text for each in one.answers} == {"Dana Whitfield it is."}
    assert {each.text for each in other.answers} == {"PERSON_1 it is."}
    sent = [window for window in langflow.windows if "PERSON_1" in window.input_value]
    assert len(sent) == len(REDACTED)
    assert not [window for window in sent if "Whitfield" in window.input_value]


@in_virtual_time
async def test_several_at_once_within_the_limit() -> None:
    """Meetings and flows do not wait for one another, Langflow's limit holds, and each has a session that is forgotten."""
    langflow = Langflow()
    tasks = [task(meeting, n, name) for meeting in ("a", "b", "c") for n, name in ((1, "f"), (2, "g"))]
    trials = await go(langflow, *tasks, most=3)

    assert langflow.most == 3
    assert [(each.meeting, each.flow) for each in trials] == [(m, f) for m in "abc" for f in "fg"]
    sessions = {each.meeting_uuid for each in langflow.windows}
    assert len(sessions) == 6
    assert {uuid for uuid, _ in langflow.forgotten} == sessions
    assert sorted(flow for _, flow in langflow.forgotten) == ["f", "f", "f", "g", "g", "g"]


@in_virtual_time
async def test_a_window_on_which_the_flow_breaks() -> None:
    """It is tried again, fails, and the ones after it are answered."""
    langflow = Langflow(lambda window: FlowFailed("it broke") if window.seq == 2 else "fine")
    [trial] = await go(langflow, task())

    assert [each.status for each in trial.answers] == [
        RunStatus.DONE,
        RunStatus.FAILED,
        RunStatus.DONE,
        RunStatus.DONE,
    ]
    assert (trial.answers[1].error, trial.answers[1].attempts) == ("it broke", 4)
    assert (trial.failed, trial.stopped) == (1, "")


@in_virtual_time
async def test_a_flow_that_breaks_on_every_window() -> None:
    """Nobody waits for it: that meeting ends there, and the other flow goes on."""
    langflow = Langflow(lambda window: FlowFailed("it broke") if window.flow == "f" else "fine")
    broken, fine = await go(langflow, task(), task(n=2, name="g"))

    assert broken.stopped == "the flow breaks on every window: it broke"
    assert len(broken.answers) == broken.failed == 1
    assert fine.failed == 0
    assert len(langflow.forgotten) == 2


@pytest.mark.parametrize("error", [FlowMissing("there is no flow f"), KeyRefused("the key is refused")])
def test_what_nobody_will_mend_ends_the_replay(error: LangflowError) -> None:
    """At once, with the reason, and every session is forgotten."""

    @in_virtual_time
    async def stuck() -> None:
        langflow = Langflow(lambda window: error if window.seq == 2 else "fine")
        with pytest.raises(Stuck, match=str(error)):
            await go(langflow, task(), task("other"))
        assert {uuid for uuid, _ in langflow.forgotten} == {each.meeting_uuid for each in langflow.windows}

    stuck()


@in_virtual_time
async def test_a_langflow_that_is_away() -> None:
    """It is waited for, but not for ever."""
    loop = asyncio.get_running_loop()
    away = Langflow(lambda window: LangflowAway("nobody answers") if loop.time() < 20 else "fine")
    [trial] = await go(away, task())
    assert trial.failed == 0

    gone = Langflow(lambda window: LangflowAway("nobody answers"))
    began = loop.time()
    with pytest.raises(Stuck, match="nobody answers"):
        await go(gone, task())
    assert PATIENCE.away_seconds <= loop.time() - began < 3 * PATIENCE.away_seconds


@in_virtual_time
async def test_who_breaks_it_off_leaves_nothing() -> None:
    """A replay that is cancelled forgets its sessions before it ends."""
    langflow = Langflow()
    running = asyncio.ensure_future(go(langflow, task(), task("other")))
    await asyncio.sleep(1.5)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert len(langflow.forgotten) == 2


@in_virtual_time
async def test_a_session_that_is_not_forgotten_at_once() -> None:
    """It is tried again; where it cannot be, the replay's results are not lost."""
    langflow = Langflow()
    langflow.refusals = 2
    await go(langflow, task())
    assert len(langflow.forgotten) == 1

    langflow.refusals = 3
    [trial] = await go(langflow, task())
    assert len(langflow.forgotten) == 1
    assert len(trial.answers) == 4


class Slow(Langflow):
    """Takes five seconds to forget."""

    async def forget(self, meeting_uuid: str, flow: str) -> None:
        await asyncio.sleep(5)
        await super().forget(meeting_uuid, flow)


@in_virtual_time
async def test_nobody_breaks_a_deletion_off() -> None:
    """What is being deleted when another is stuck, or somebody presses Ctrl-C again and again, is deleted."""
    langflow = Slow(lambda window: FlowMissing("gone") if (window.flow, window.seq) == ("g", 6) else "fine")
    longer = Task(meeting="other", side=side(2, "g"), cuts=LONGER)
    with pytest.raises(Stuck, match="gone"):
        await go(langflow, task(), longer)
    assert sorted(flow for _, flow in langflow.forgotten) == ["f", "g"]

    langflow = Slow()
    running = asyncio.ensure_future(go(langflow, task(), longer))
    await asyncio.sleep(5)  # the shorter one has been run, and is being forgotten
    for _ in range(3):
        running.cancel()
        await asyncio.sleep(1)
    with pytest.raises(asyncio.CancelledError):
        await running
    assert sorted(flow for _, flow in langflow.forgotten) == ["f", "g"]
