"""Jobs of Langflow: one per window, whatever gets lost on the way."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bridge.domain import NO_OUTPUT, Output, PendingWindow, RunStatus, Window, WindowKind
from bridge.errors import (
    DecisionRefused,
    FlowFailed,
    FlowMissing,
    FlowRefused,
    KeyRefused,
    LangflowAway,
    LangflowBusy,
    RunLost,
    RunSuspended,
)
from bridge.flow import background, forgetting, worker
from bridge.flow.background import BackgroundRuns
from bridge.flow.call import Calls
from bridge.flow.client import LangflowClient, open_langflow
from bridge.flow.http import Answer as HttpAnswer
from bridge.flow.routes import Route
from bridge.flow.runner import Runners
from bridge.publish.server import FlowServer
from tests.fakes.run_api import API_KEY, FLOW, Answer, RunApi
from tests.fakes.virtual import in_virtual_time
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.demo.langflow import LangflowServer
    from bridge.publish.library import Flow

WORDS = "the merger is off"
WINDOW = Window(
    window_id="s:r:1",
    stream_id="s",
    meeting_uuid="m",
    route="r",
    flow=FLOW,
    seq=1,
    kind=WindowKind.LIVE,
    first_n=1,
    last_n=1,
    input_value=f"Dana: {WORDS}",
)
NEXT = replace(WINDOW, window_id="s:r:2", seq=2)
SUBMIT, LOOK, LIST = "POST /api/v2/workflows", "GET /api/v2/workflows", "GET /api/v1/flows/"
STOP = "POST /api/v2/workflows/stop"


class Stored:
    """How windows ended."""

    def __init__(self) -> None:
        self.ended: list[RunStatus] = []

    def run_tried(self, window_id: str, *, attempts: int, failures: int, error: str) -> None:
        """Nothing that matters here."""

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
        self.ended.append(status)


class Uncounted:
    """Metrics that nobody reads."""

    def run_ended(self, route: str, status: RunStatus, seconds: float) -> None:
        """Nothing that matters here."""

    def run_retried(self, route: str, error: str) -> None:
        """Nothing that matters here."""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "FIRST_LOOK_SECONDS", 0.01)


@pytest.fixture
def api() -> RunApi:
    return RunApi(windows=False)


@pytest.fixture
async def listening(api: RunApi) -> AsyncIterator[RunApi]:
    async with api.listening():
        yield api
    assert not api.faults


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(auto_decompress=False) as client:
        yield client


def runs_of(http: aiohttp.ClientSession, api: RunApi, key: str = API_KEY) -> BackgroundRuns:
    return BackgroundRuns(
        LangflowClient(http, url=api.url, api_key=SecretStr(key), clock=lambda: 1_763_769_600.0)
    )


@pytest.fixture
def runs(http: aiohttp.ClientSession, listening: RunApi) -> BackgroundRuns:
    return runs_of(http, listening)


@pytest.mark.parametrize("text", ["One action item.", ""])
async def test_run(runs: BackgroundRuns, api: RunApi, text: str) -> None:
    """The window becomes one job of the flow that has the route's name, and the job's answer comes back."""
    api.answers.append(Answer(text=text))
    assert await runs.run(WINDOW, timeout_seconds=60) == Output(text)
    (run,) = api.runs
    assert (run.flow, run.session_id, run.input_value) == (FLOW, "zoom-m", WINDOW.input_value)
    assert [job.key for job in api.jobs.all] == ["s:r:1"]


async def test_by_id(runs: BackgroundRuns, api: RunApi) -> None:
    """A route that names the flow's id needs no list of flows."""
    api.lost[LIST] = 99
    assert await runs.run(replace(WINDOW, flow=api.ids[FLOW]), timeout_seconds=60) == Output("done")


async def test_lost_look(runs: BackgroundRuns, api: RunApi) -> None:
    """A look at the job that fails is no failed run."""
    api.lost[LOOK] = 2
    assert await runs.run(WINDOW, timeout_seconds=60) == Output("done")
    assert not api.lost[LOOK]


async def test_lost_answer(runs: BackgroundRuns, api: RunApi) -> None:
    """When it gets lost on the way that a job was made, asking again gets the answer of the same job."""
    api.lost[SUBMIT] = 1
    with pytest.raises(RunLost, match="connection broke"):
        await runs.run(WINDOW, timeout_seconds=60)
    assert await runs.run(WINDOW, timeout_seconds=60) == Output("done")
    assert len(api.jobs.all) == len(api.runs) == 1


async def test_long_after(runs: BackgroundRuns, api: RunApi, http: aiohttp.ClientSession) -> None:
    """A bridge that starts again asks for the job that its former life began, also when it has ended."""
    assert await runs.run(WINDOW, timeout_seconds=60) == Output("done")
    assert await runs_of(http, api).run(WINDOW, timeout_seconds=60) == Output("done")
    assert len(api.runs) == 1


async def test_too_slow(runs: BackgroundRuns, api: RunApi) -> None:
    """A job that outlives its time goes on, and the next try waits for it again."""
    finish = asyncio.Event()
    api.answers.append(Answer(text="late", after=finish))
    with pytest.raises(RunLost, match=r"no answer within 1 s .*timeout_seconds"):
        await runs.run(WINDOW, timeout_seconds=1)
    finish.set()
    assert await runs.run(WINDOW, timeout_seconds=60) == Output("late")
    assert len(api.runs) == 1


async def test_never_begun(runs: BackgroundRuns, api: RunApi) -> None:
    """A job that is still queued when its time is up is taken back, as it may never begin; the next try makes another."""
    api.jobs.closed = True
    with pytest.raises(RunLost, match=r"no answer within 1 s .*taken back"):
        await runs.run(WINDOW, timeout_seconds=1)
    api.jobs.closed = False
    assert await runs.run(WINDOW, timeout_seconds=60) == Output("done")
    assert [job.status for job in api.jobs.all] == ["cancelled", "completed"]
    assert len(api.runs) == 1


async def test_given_up(runs: BackgroundRuns, api: RunApi) -> None:
    """The job of a window that is given up is stopped, and the next window does not run beside it."""
    api.answers.append(Answer(after=asyncio.Event()))
    with pytest.raises(RunLost, match="still running"):
        await runs.run(WINDOW, timeout_seconds=1)
    await runs.give_up(WINDOW)
    assert await runs.run(NEXT, timeout_seconds=60) == Output("done")
    assert [job.status for job in api.jobs.all] == ["cancelled", "completed"]
    assert set(api.most_at_once.values()) == {1}


async def test_given_up_on_a_bad_line(runs: BackgroundRuns, api: RunApi) -> None:
    """A stop whose answer gets lost is asked for again; one of a job that ended meanwhile does no harm."""
    finish = asyncio.Event()
    api.answers.append(Answer(text="late", after=finish))
    api.lost[STOP] = 2
    with pytest.raises(RunLost):
        await runs.run(WINDOW, timeout_seconds=1)
    finish.set()
    await until(lambda: api.jobs.all[0].status == "completed")
    await runs.give_up(WINDOW)
    assert not api.lost[STOP]
    assert api.jobs.all[0].status == "completed"


async def test_not_stopped(runs: BackgroundRuns, api: RunApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Langflow that does not stop a job is asked for a limited time, and the log names the job."""
    monkeypatch.setattr(background, "STOP_SECONDS", 0.2)
    api.answers.append(Answer(after=asyncio.Event()))
    api.stop_status = 500
    with pytest.raises(RunLost):
        await runs.run(WINDOW, timeout_seconds=1)
    with capture_logs() as logs:
        await runs.give_up(WINDOW)
    [job] = api.jobs.all
    assert [log for log in logs if log["event"] == "job.not_stopped"] == [
        {
            "event": "job.not_stopped",
            "log_level": "error",
            "window_id": WINDOW.window_id,
            "job_id": job.id,
            "why": "Langflow answered 500",
        }
    ]
    assert len(api.refused) > 1


async def test_nothing_to_stop(runs: BackgroundRuns, api: RunApi) -> None:
    """For a window that was answered, or never got as far as a job, Langflow is not asked."""
    await runs.run(WINDOW, timeout_seconds=60)
    api.stop_status = 500
    await runs.give_up(WINDOW)
    await runs.give_up(NEXT)
    assert not api.refused


async def test_one_at_a_time(
    runs: BackgroundRuns, api: RunApi, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker's windows of a route follow one another in Langflow too, when it gives one up that still runs."""
    monkeypatch.setattr(worker, "FAILED_TRIES", 2)
    monkeypatch.setattr(worker, "FIRST_DELAY_SECONDS", 0.01)
    route = Route(name="r", flow=FLOW, run="background", timeout_seconds=1)
    other = LangflowClient(http, url=api.url, api_key=None, clock=lambda: 0)
    ways = Runners([route], sync=other, background=runs, calls=Calls({}, texts=frozenset()))
    api.answers.append(Answer(after=asyncio.Event()))
    store = Stored()
    one = worker.Worker(ways, store, Uncounted())
    one._answered["r"] = True  # the flow has answered before
    for window in (WINDOW, NEXT):
        pending = PendingWindow(window=window, attempts=0, failures=0)
        async with one.turn("m", route, lambda: WindowKind.LIVE) as turn:
            assert await one.run(pending, route, turn) is None
    assert store.ended == [RunStatus.FAILED, RunStatus.DONE]
    assert len(api.runs) == 2
    assert set(api.most_at_once.values()) == {1}


async def test_broken_then_well(runs: BackgroundRuns, api: RunApi) -> None:
    """A job that failed is a failed run, without what people said; the next try makes another."""
    api.answers.append(Answer(status=500, text=WORDS))
    with pytest.raises(FlowFailed, match="500") as error:
        await runs.run(WINDOW, timeout_seconds=60)
    assert WORDS not in str(error.value)
    assert await runs.run(WINDOW, timeout_seconds=60) == Output("done")
    assert [job.status for job in api.jobs.all] == ["failed", "completed"]


@pytest.mark.parametrize("ended", ["cancelled", "timed_out"])
async def test_ended_in_langflow(runs: BackgroundRuns, api: RunApi, ended: str) -> None:
    """A job that somebody stops, or that Langflow stops, is a failed run; the next try makes another."""
    api.answers.append(Answer(after=asyncio.Event()))
    waiting = asyncio.create_task(runs.run(WINDOW, timeout_seconds=60))
    await until(lambda: bool(api.runs))
    api.jobs.all[0].status = ended
    with pytest.raises(RunLost):
        await waiting
    assert await runs.run(WINDOW, timeout_seconds=60) == Output("done")


async def test_langflow_restarts(http: aiohttp.ClientSession, api: RunApi) -> None:
    """While Langflow is away nobody answers; afterwards the job that went down with it is made again."""
    api.answers.append(Answer(after=asyncio.Event()))
    async with api.listening():
        runs = runs_of(http, api)
        waiting = asyncio.create_task(runs.run(WINDOW, timeout_seconds=60))
        await until(lambda: bool(api.runs))
    with pytest.raises((LangflowAway, RunLost)):
        await waiting
    with pytest.raises(LangflowAway):
        await runs.run(WINDOW, timeout_seconds=60)
    async with api.listening():
        assert await runs.run(WINDOW, timeout_seconds=60) == Output("done")
    assert [job.status for job in api.jobs.all] == ["failed", "completed"]


async def test_lost_job(runs: BackgroundRuns, api: RunApi) -> None:
    """A Langflow that came back with another database knows no job, and gets the window anew."""
    api.answers.append(Answer(after=asyncio.Event()))
    waiting = asyncio.create_task(runs.run(WINDOW, timeout_seconds=60))
    await until(lambda: bool(api.runs))
    await api.jobs.stop(forget=True)
    with pytest.raises(RunLost, match="lost the job"):
        await waiting
    assert await runs.run(WINDOW, timeout_seconds=60) == Output("done")


@pytest.mark.parametrize("status", [409, 429, 503])
async def test_full(runs: BackgroundRuns, api: RunApi, status: int) -> None:
    """A queue that takes nothing now is waited for: nothing was begun."""
    api.submit_status = status
    with pytest.raises(LangflowBusy, match=str(status)):
        await runs.run(WINDOW, timeout_seconds=60)
    assert not api.jobs.all


async def test_pushed_anew(runs: BackgroundRuns, api: RunApi) -> None:
    """A flow that comes back under another id is found by its name again."""
    await runs.run(WINDOW, timeout_seconds=60)
    api.ids[FLOW] = "6a059ad8-1941-46c4-9b11-916796c73487"
    assert await runs.run(replace(WINDOW, window_id="s:r:2"), timeout_seconds=60) == Output("done")


async def test_unknown_flow(runs: BackgroundRuns, api: RunApi) -> None:
    """A flow that is not there is named, with what to do."""
    with pytest.raises(FlowMissing, match=r"'other'.*flows push"):
        await runs.run(replace(WINDOW, flow="other"), timeout_seconds=60)
    with pytest.raises(FlowMissing, match="404"):
        await runs.run(replace(WINDOW, flow="6a059ad8-1941-46c4-9b11-916796c73487"), timeout_seconds=60)
    assert not api.jobs.all


async def test_key(http: aiohttp.ClientSession, listening: RunApi) -> None:
    """A wrong key is said to be that, and never shown."""
    with pytest.raises(KeyRefused, match="LANGFLOW_API_KEY") as error:
        await runs_of(http, listening, "another").run(WINDOW, timeout_seconds=60)
    assert "another" not in str(error.value)


async def test_long_ids(runs: BackgroundRuns, api: RunApi) -> None:
    """An id that is too long for a key still makes one job, and other ids make others."""
    long = replace(WINDOW, window_id=f"{'s' * 300}:r:1")
    await runs.run(long, timeout_seconds=60)
    await runs.run(long, timeout_seconds=60)
    await runs.run(replace(long, window_id=f"{'s' * 300}:r:2"), timeout_seconds=60)
    assert len(api.runs) == 2


async def test_lfx_serve_has_none(http: aiohttp.ClientSession) -> None:
    """That lfx serve has no jobs is said, with the setting to change."""
    async with RunApi(windows=False, lfx=True).listening() as api:
        with pytest.raises(FlowRefused, match="run = 'sync'"):
            await runs_of(http, api).run(WINDOW, timeout_seconds=60)


async def test_looks_grow_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job is looked at soon and then ever more rarely, up to a limit."""
    pauses = [pause for pause, _ in zip(background._pauses(), range(30), strict=False)]
    assert 0.008 <= pauses[0] <= 0.01
    assert all(later > earlier for earlier, later in pairwise(pauses[:10]))
    longest = background.LONGEST_LOOK_SECONDS
    assert all(0.8 * longest <= pause <= longest for pause in pauses[-5:])


async def test_on_langflow(langflow: LangflowServer, flow: Flow) -> None:
    """A real Langflow runs the job once, however often the window comes, and tells a broken one from a lost one."""
    window = replace(
        WINDOW,
        window_id="background-s:r:1",
        meeting_uuid="background",
        flow=flow.endpoint_name,
        input_value="Dana: I will send the report to Bob by Friday.",
    )
    headers = {"x-api-key": langflow.api_key}
    async with (
        httpx.AsyncClient(base_url=langflow.url, headers=headers, timeout=60, trust_env=False) as http,
        open_langflow(langflow.url, langflow.api_key) as client,
    ):
        await FlowServer(http).push(flow)
        told = [await BackgroundRuns(client).run(window, timeout_seconds=60) for _ in range(2)]
        messages = await http.get("/api/v1/monitor/messages", params={"session_id": "zoom-background"})
        broken = replace(window, window_id="background-s:r:2", input_value='{"schema": "zoom-window/1"}')
        with pytest.raises(FlowFailed, match="500"):
            await BackgroundRuns(client).run(broken, timeout_seconds=60)
    assert "send the report" in told[0].text.lower()
    assert told[1] == told[0]
    assert [message["text"] for message in messages.json()] == [told[0].text]


ASKS = {
    "request_id": "HumanInput-1:r",
    "prompt": "Post <this>?",
    "options": [
        {"action_id": "approve", "label": "Approve"},
        {"action_id": "reject", "label": "Not\nnow"},
        {"label": 7},
    ],
}


async def test_a_job_that_waits_for_a_person(runs: BackgroundRuns, api: RunApi) -> None:
    """It is no time-out; what it asks is known with its branches, and once it was answered its answer comes."""
    api.asks = ASKS
    for _ in range(2):
        with pytest.raises(RunSuspended):
            await runs.run(WINDOW, timeout_seconds=60)
    (question,) = runs.questions("s")
    assert (question.prompt, question.branches) == (
        "Post <this>?",
        (("approve", "Approve"), ("reject", "Not now")),
    )
    assert runs.questions("another") == ()
    for stream_id, request_id, action in (
        ("s", ASKS["request_id"], "other"),
        ("s", "stale", "approve"),
        ("another", ASKS["request_id"], "approve"),
    ):
        with pytest.raises(DecisionRefused):
            await runs.answer(stream_id, str(request_id), action)
    await runs.answer("s", str(ASKS["request_id"]), "reject")
    assert runs.questions("s") == ()
    assert await runs.run(WINDOW, timeout_seconds=60) == Output("done")
    (job,) = api.jobs.all
    assert job.decision == "reject"


async def test_two_people_answer_a_job(http: aiohttp.ClientSession, listening: RunApi) -> None:
    """As on two bridges: the second is told that nobody asks any more."""
    listening.asks = ASKS
    one, other = runs_of(http, listening), runs_of(http, listening)
    for each in (one, other):
        with pytest.raises(RunSuspended):
            await each.run(WINDOW, timeout_seconds=60)
    await one.answer("s", str(ASKS["request_id"]), "approve")
    with pytest.raises(DecisionRefused, match="somebody may have answered"):
        await other.answer("s", str(ASKS["request_id"]), "approve")
    assert other.questions("s") == ()


async def test_a_job_that_nobody_decides_on(runs: BackgroundRuns, api: RunApi) -> None:
    """Given up, it is stopped, and asks nobody any more."""
    api.asks = ASKS
    with pytest.raises(RunSuspended):
        await runs.run(WINDOW, timeout_seconds=60)
    await runs.give_up(WINDOW)
    assert (runs.questions("s"), api.jobs.all[0].status) == ((), "cancelled")


async def waits(runs: BackgroundRuns, window: Window = WINDOW) -> asyncio.Task[None]:
    """A worker's wait for a suspended job, which has begun."""
    with pytest.raises(RunSuspended) as told:
        await runs.run(window, timeout_seconds=60)
    return asyncio.create_task(told.value.goes_on())


async def test_what_is_answered_here_goes_on_at_once(
    runs: BackgroundRuns, api: RunApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for the next look, and the window is not sent again."""
    monkeypatch.setattr(background, "FIRST_HUMAN_LOOK_SECONDS", 600.0)
    monkeypatch.setattr(background, "LONGEST_HUMAN_LOOK_SECONDS", 600.0)
    api.asks = ASKS
    waiting = await waits(runs)
    await runs.answer("s", str(ASKS["request_id"]), "approve")
    async with asyncio.timeout(60):
        await waiting
    api.lost[SUBMIT] = 1
    assert await runs.run(WINDOW, timeout_seconds=60) == Output("done")
    assert api.lost[SUBMIT] == 1


async def test_what_is_answered_elsewhere_is_seen(
    runs: BackgroundRuns, api: RunApi, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a look, one that gets lost aside; meanwhile, and until its turn has come, nobody is asked any more."""
    monkeypatch.setattr(background, "FIRST_HUMAN_LOOK_SECONDS", 0.01)
    api.asks, api.lost[LOOK] = ASKS, 1
    waiting, other = await waits(runs), runs_of(http, api)
    assert not waiting.done()
    with pytest.raises(RunSuspended):
        await other.run(WINDOW, timeout_seconds=60)
    await other.answer("s", str(ASKS["request_id"]), "approve")
    async with asyncio.timeout(60):
        await waiting
    assert runs.questions("s") == ()
    assert await runs.run(WINDOW, timeout_seconds=60) == Output("done")
    assert len(api.jobs.all) == 1


async def test_a_job_that_breaks_after_it_was_suspended(runs: BackgroundRuns, api: RunApi) -> None:
    """It is a failed run, which costs its try, and the next try makes another job."""
    api.asks = ASKS
    api.answers.append(Answer(status=500))
    waiting = await waits(runs)
    await runs.answer("s", str(ASKS["request_id"]), "approve")
    await waiting
    api.asks = None
    with pytest.raises(FlowFailed):
        await runs.run(WINDOW, timeout_seconds=60)
    assert await runs.run(WINDOW, timeout_seconds=60) == Output("done")


async def test_who_waits_no_more_leaves_no_question(runs: BackgroundRuns, api: RunApi) -> None:
    """Where the wait is cancelled nobody is asked here any more, nothing of the window is kept, and the job goes on asking."""
    api.asks = ASKS
    waiting = await waits(runs)
    await asyncio.sleep(0)
    assert len(runs.questions("s")) == 1
    waiting.cancel()
    await asyncio.wait([waiting])
    assert runs.questions("s") == ()
    assert WORDS not in repr(vars(runs))
    assert "Post <this>?" not in repr(vars(runs))
    assert [job.status for job in api.jobs.all] == ["suspended"]
    with pytest.raises(RunSuspended):  # of whoever takes the meeting over
        await runs.run(WINDOW, timeout_seconds=60)
    assert len(runs.questions("s")) == 1


async def test_jobs_of_a_deleted_meeting_are_stopped(
    runs: BackgroundRuns, http: aiohttp.ClientSession, api: RunApi
) -> None:
    """Those that wait for a person, whoever began them; those of other meetings wait on."""
    api.asks = ASKS
    others = replace(NEXT, meeting_uuid="other")
    for window in (WINDOW, others, replace(NEXT, window_id="s:r:3", seq=3)):
        with pytest.raises(RunSuspended):
            await runs.run(window, timeout_seconds=60)
    bystander = LangflowClient(http, url=api.url, api_key=SecretStr(API_KEY), clock=lambda: 0.0)
    api.stop_status = 500
    with pytest.raises(FlowRefused, match="may not have stopped"):
        await forgetting.forget(bystander, "m", (FLOW,), settle_seconds=0)
    api.stop_status = 200
    await forgetting.forget(bystander, "m", (FLOW,), settle_seconds=0)
    assert [job.status for job in api.jobs.all] == ["cancelled", "suspended", "cancelled"]


class Counting:
    """A Langflow whose only job asks for ever; counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def ask(self, method: str, path: str, **request: Any) -> HttpAnswer:
        asked = f"{method} {path}"
        self.asked.append(asked)
        content: Any = {"object": "job", "job_id": "j", "status": "suspended"}
        if path.endswith("/pending"):
            content = [ASKS | {"job_id": "j"}]
        return HttpAnswer(asked=asked, status=200, body=b"", content=content)

    def insist(self, *_: object) -> None:
        """All is well."""


@in_virtual_time
async def test_a_long_wait_asks_little() -> None:
    """The window is sent once, and in an hour some four hundred looks are taken, each of one small request and no turn."""
    langflow = Counting()
    runs = BackgroundRuns(langflow)  # type: ignore[arg-type]
    flow = "6a059ad8-1941-46c4-9b11-916796c73487"
    route, store = Route(name="r", flow=flow, run="background", human_seconds=3_600), Stored()
    one = worker.Worker(runs, store, Uncounted(), clock=asyncio.get_running_loop().time)
    pending = PendingWindow(window=replace(WINDOW, flow=flow), attempts=0, failures=0)
    async with one.turn("m", route, lambda: WindowKind.LIVE) as turn:
        assert await one.run(pending, route, turn) is None
    assert store.ended == [RunStatus.FAILED]
    assert {each: langflow.asked.count(each) for each in (SUBMIT, f"{LOOK}/pending", STOP)} == {
        SUBMIT: 1,
        f"{LOOK}/pending": 1,
        STOP: 1,
    }
    assert 3_600 / background.LONGEST_HUMAN_LOOK_SECONDS < langflow.asked.count(LOOK) < 470
    assert len(langflow.asked) == langflow.asked.count(LOOK) + 3
