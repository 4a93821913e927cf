"""One route's windows of one stream, with a clock, a store and a Langflow of the test's own."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from bridge.clock import CLOCK
from bridge.domain import (
    Decision,
    Gap,
    Output,
    PendingWindow,
    Product,
    RunStatus,
    Source,
    Stream,
    StreamState,
    Utterance,
    Verdict,
    Window,
    WindowKind,
)
from bridge.errors import FlowFailed, LangflowAway, LangflowError, WriteRefused
from bridge.flow.parking import Parking
from bridge.flow.routes import Route, WindowRule
from bridge.flow.turns import Turns
from bridge.flow.worker import FAILED_TRIES, Worker
from bridge.session.delivery import Delivery
from bridge.session.pictures import Pictures
from bridge.session.record import Record
from bridge.store.store import RouteProgress
from bridge.transcript.ask import JOINED, MEETING, PERSON
from tests.fakes.virtual import in_virtual_time

if TYPE_CHECKING:
    from collections.abc import Callable

RULE = WindowRule(max_seconds=20, max_words=150, pause_seconds=4, min_words=0)
LIVE, ASK, FINAL, START = WindowKind.LIVE, WindowKind.ASK, WindowKind.FINAL, WindowKind.START
APPROVED = WindowKind.APPROVED


@dataclass
class Langflow:
    """Where windows go, and the store they come from; one for all meetings of a test."""

    answer: Callable[[Window], LangflowError | str] = lambda _: ""
    takes_seconds: float = 1.0
    refuses: set[str] = field(default_factory=set)
    """Ids of windows that the store does not take."""
    sent: list[Window] = field(default_factory=list)
    answered: list[Window] = field(default_factory=list)
    stored: dict[str, Window] = field(default_factory=dict)
    gaps_told: dict[str, int] = field(default_factory=dict)
    ended: dict[str, RunStatus] = field(default_factory=dict)
    tried: dict[str, tuple[int, int]] = field(default_factory=dict)
    heard: dict[str, list[Utterance]] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)

    async def run(self, window: Window, *, timeout_seconds: float) -> Output:
        assert window.window_id in self.stored, "sent before it was stored"
        self.sent.append(window)
        answer = self.answer(window)
        if isinstance(answer, LangflowError):
            raise answer
        await asyncio.sleep(self.takes_seconds)
        self.answered.append(window)
        return Output(answer)

    async def give_up(self, window: Window) -> None:
        """Nothing to do."""

    async def trouble(self, window: Window) -> str:
        return ""

    # The store

    async def add_window(self, window: Window, *, gaps_told: int) -> None:
        if window.window_id in self.refuses:
            raise WriteRefused("The database does not take it.")
        self.stored[window.window_id] = window
        self.gaps_told[window.window_id] = gaps_told

    def run_tried(self, window_id: str, *, attempts: int, failures: int, error: str) -> None:
        self.tried[window_id] = attempts, failures

    async def run_ended(self, window_id: str, *, status: RunStatus, **_: Any) -> None:
        self.ended[window_id] = status

    async def utterances(self, stream_id: str, *, after: int = 0) -> list[Utterance]:
        return [utterance for utterance in self.heard[stream_id] if utterance.n > after]

    async def flush(self) -> None:
        """Everything is there already."""

    async def pending_windows(self, stream_id: str, route: str) -> list[PendingWindow]:
        return [
            PendingWindow(window=window, attempts=tried[0], failures=tried[1])
            for window in self.stored.values()
            if window.stream_id == stream_id and window.route == route and window.window_id not in self.ended
            for tried in [self.tried.get(window.window_id, (0, 0))]
        ]

    async def verdicts_to_send(self, stream_id: str, route: str) -> list[Verdict]:
        return [each for each in self.verdicts if each.stream_id == stream_id and not each.window_id]

    def verdict_taken(self, stream_id: str, n: int, window_id: str) -> None:
        self.verdicts = [
            replace(each, window_id=window_id) if (each.stream_id, each.n) == (stream_id, n) else each
            for each in self.verdicts
        ]

    async def progress(self, stream_id: str, route: str) -> RouteProgress:
        own = [each for each in self.stored.values() if each.stream_id == stream_id and each.route == route]
        return RouteProgress(
            seq=len(own),
            last_n=max((each.last_n for each in own if each.kind is LIVE), default=0),
            gaps_told=max((self.gaps_told.get(each.window_id, 0) for each in own), default=0),
            started=any(each.kind is START for each in own),
            final=max(
                ((each.last_n, self.gaps_told.get(each.window_id, 0)) for each in own if each.kind is FINAL),
                default=None,
            ),
            asked=tuple(each.first_n for each in own if each.kind is ASK),
            approved=tuple((each.first_n, each.window_id) for each in own if each.kind is APPROVED),
        )

    def put_stream(self, stream: Stream) -> None:
        """Not looked at."""

    def run_retried(self, route: str, error: str) -> None:
        """Not looked at."""

    def window(self, route: str, kind: str, delay_seconds: float) -> None:
        assert delay_seconds >= 0


class Meetings:
    """Deliveries of many meetings beside one Langflow."""

    def __init__(self, *, most: int | None = 4) -> None:
        loop = asyncio.get_running_loop()
        self.langflow = Langflow()
        self.turns = Turns(most, clock=loop.time, parking=Parking(chance=lambda: 0.0))
        self._worker()

    def _worker(self) -> None:
        loop = asyncio.get_running_loop()
        metrics: Any = type("Metrics", (), {"run_ended": lambda *_: None, "run_retried": lambda *_: None})()
        self.worker = Worker(
            self.langflow, self.langflow, metrics, turns=self.turns, clock=loop.time, chance=lambda: 0.0
        )

    def begin(self, name: str = "m", *on: WindowKind, resumed: bool = False, route: str = "r") -> Meeting:
        return Meeting(self, name, on or (LIVE, FINAL), resumed=resumed, route=route)


class Meeting:
    """One meeting and one route."""

    def __init__(
        self, meetings: Meetings, name: str, on: tuple[WindowKind, ...], *, resumed: bool, route: str
    ) -> None:
        self.name = name
        self.langflow = meetings.langflow
        self.heard = self.langflow.heard.setdefault(name, [])
        stream = Stream(
            stream_id=name,
            product=Product.MEETING,
            meeting_uuid=name,
            server_urls="wss://x.zoom.us",
            event_ts=1,
            started_at_ms=1,
            state=StreamState.LIVE,
        )
        store: Any = self.langflow
        self.record = Record(stream, store)
        self.delivery = Delivery(
            Route(name=route, flow="f", on=on, window=RULE),
            record=self.record,
            store=store,
            worker=meetings.worker,
            pictures=Pictures(None),
            metrics=self.langflow,
            phrases=("hey assistant",),
        )
        self.resumed = resumed

    def start(self) -> asyncio.Task[None]:
        self.running = asyncio.create_task(self.delivery.run(resumed=self.resumed))
        return self.running

    def say(self, text: str = "We ship on Friday.", *, by: str = "7", chat: bool = False) -> None:
        at_ms = CLOCK.now_ms()
        utterance = Utterance(
            stream_id=self.name,
            n=len(self.heard) + 1,
            speaker=f"Person {by}",
            user_id=by,
            start_ms=at_ms,
            end_ms=at_ms,
            text=text,
            source=Source.CHAT if chat else Source.SPEECH,
        )
        self.heard.append(utterance)
        self.delivery.add(utterance, asyncio.get_running_loop().time())

    async def finish(self) -> None:
        self.delivery.end()
        await self.running

    def sent(self, kind: WindowKind | None = None) -> list[dict[str, Any]]:
        """Windows that were answered, in order."""
        return [
            json.loads(window.input_value)
            for window in self.langflow.answered
            if window.stream_id == self.name and kind in (None, window.kind)
        ]

    def check(self) -> None:
        """Every word is in one live window, in order, and in the final one; every window once."""
        windows = self.sent()
        assert [window["seq"] for window in windows] == list(range(1, len(windows) + 1))
        said = [each["id"] for window in self.sent(LIVE) for each in window["utterances"]]
        assert said == [utterance.id for utterance in self.heard]
        (final,) = self.sent(FINAL)
        assert [each["id"] for each in final["utterances"]] == said


@in_virtual_time
async def test_a_meeting() -> None:
    """What is said goes in windows by pauses and time, and at last as a whole."""
    meeting = Meetings().begin("m", START, LIVE, FINAL)
    meeting.start()
    for _ in range(30):
        meeting.say()
        await asyncio.sleep(3)
    await meeting.finish()
    assert [window["kind"] for window in meeting.sent()][:2] == ["start", "live"]
    assert 4 <= len(meeting.sent(LIVE)) <= 7
    windows = meeting.sent()
    assert [window["seq"] for window in windows] == list(range(1, len(windows) + 1))


@in_virtual_time
async def test_a_turn_comes_before_a_window_is_closed() -> None:
    """What waits for Langflow goes on growing: a crowd makes windows larger and fewer, and stores none of them early."""
    meetings = Meetings(most=1)
    meetings.langflow.takes_seconds = 30
    crowd = [meetings.begin(f"m{n}") for n in range(6)]
    for meeting in crowd:
        meeting.start()
    for _ in range(100):
        for meeting in crowd:
            meeting.say()
        await asyncio.sleep(3)
        assert len(meetings.langflow.stored) - len(meetings.langflow.ended) <= 1
    for meeting in crowd:
        await asyncio.sleep(0)
        meeting.delivery.end()
    await asyncio.gather(*[meeting.running for meeting in crowd])
    for meeting in crowd:
        meeting.check()
        assert len(meeting.sent(LIVE)) <= 4


@in_virtual_time
async def test_a_question_overtakes() -> None:
    """A question that comes up while its route waits for a turn is what the turn is used for, before others' windows."""
    meetings = Meetings(most=1)
    meetings.langflow.takes_seconds = 10
    others = [meetings.begin(f"o{n}", LIVE) for n in range(5)]
    asker = meetings.begin("a", LIVE, ASK)
    for meeting in (*others, asker):
        meeting.start()
        meeting.say()
    await asyncio.sleep(6)
    asker.say("Hey assistant, when do we ship?")
    await asyncio.sleep(20)
    assert [window["kind"] for window in asker.sent()] == ["ask"]
    assert len(meetings.langflow.answered) == 2
    for meeting in (*others, asker):
        meeting.delivery.end()
    await asyncio.gather(*[meeting.running for meeting in (*others, asker)])
    assert [window["kind"] for window in asker.sent()] == ["ask", "live"]


@in_virtual_time
async def test_an_hour_of_absence() -> None:
    """Langflow is away for an hour beside 200 meetings: nothing is lost or out of order, and memory holds the words once."""
    meetings = Meetings(most=None)
    away = True
    meetings.langflow.answer = lambda _: LangflowAway("away") if away else ""
    crowd = [meetings.begin(f"m{n}") for n in range(200)]
    for meeting in crowd:
        meeting.start()
    tracemalloc.start()
    try:
        for _ in range(120):
            for meeting in crowd:
                meeting.say(f"This is sentence number {len(meeting.heard)} of {meeting.name}, and no other.")
            await asyncio.sleep(30)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    words = sum(len(meeting.heard) for meeting in crowd)
    assert words == 24_000
    assert held < words * 1500
    assert len(meetings.langflow.sent) < 200, "one at a time looks"
    assert len(meetings.langflow.stored) <= 200, "a window of each meeting at most was closed"
    away = False
    for meeting in crowd:
        meeting.delivery.end()
    await asyncio.gather(*[meeting.running for meeting in crowd])
    for meeting in crowd:
        meeting.check()
        assert len(meeting.sent(LIVE)) <= 2


@in_virtual_time
async def test_a_flow_that_is_broken_for_a_while() -> None:
    """While a flow breaks on each window two are closed at most, the rest waits in one, and all come when it is mended."""
    meetings = Meetings()
    broken = True
    meetings.langflow.answer = lambda _: FlowFailed("500") if broken else ""
    meeting = meetings.begin()
    meeting.start()
    for _ in range(200):
        meeting.say()
        await asyncio.sleep(5)
    assert len(meetings.langflow.stored) == 2
    assert "500" in meetings.worker.parked()["r"]
    broken = False
    await meeting.finish()
    said = sorted(each["id"] for window in meeting.sent(LIVE) for each in window["utterances"])
    assert said == [utterance.id for utterance in meeting.heard]
    assert set(meetings.langflow.ended.values()) == {RunStatus.DONE}
    assert len(meetings.langflow.answered) == len(meetings.langflow.stored)


@pytest.mark.parametrize("seq", [1, 2, 5])
@pytest.mark.parametrize("kind", [LIVE, FINAL])
@in_virtual_time
async def test_a_window_that_breaks_its_flow(seq: int, kind: WindowKind) -> None:
    """One window that its flow cannot take fails after four tries, and keeps nothing else back; one meeting is enough."""
    meetings = Meetings()
    meetings.langflow.answer = lambda window: (
        FlowFailed("500") if window.kind is kind and (kind is FINAL or window.seq == seq) else ""
    )
    meeting = meetings.begin()
    meeting.start()
    for _ in range(40):
        meeting.say()
        await asyncio.sleep(5)
    await meeting.finish()
    failed = [name for name, status in meetings.langflow.ended.items() if status is RunStatus.FAILED]
    assert failed == [
        window.window_id for window in meetings.langflow.stored.values() if window.kind is kind
    ][-1:] or (kind is LIVE and failed == [f"m:r:{seq}"])
    tries = sum(window.window_id == failed[0] for window in meetings.langflow.sent)
    assert FAILED_TRIES <= tries <= FAILED_TRIES + 3, (
        "one that was put aside looks whether its flow is mended"
    )
    assert set(meetings.langflow.ended) == set(meetings.langflow.stored)


@in_virtual_time
async def test_stopped_before_it_begins() -> None:
    """A delivery that is stopped sends neither what was left to send nor the start window."""
    meetings = Meetings()
    meetings.langflow.stored["m:r:1"] = Window(
        window_id="m:r:1",
        stream_id="m",
        meeting_uuid="m",
        route="r",
        flow="f",
        seq=1,
        kind=LIVE,
        first_n=1,
        last_n=1,
        input_value="x",
    )
    for kinds in ((START, LIVE), (LIVE,)):
        meeting = meetings.begin("m", *kinds, resumed=True)
        await meeting.delivery.restore([])
        meeting.delivery.stop()
        await meeting.start()
    assert meetings.langflow.sent == []


@in_virtual_time
async def test_stopped_while_langflow_is_away() -> None:
    """A delivery whose window waits for Langflow stops at once, and the next life sends the same bytes again."""
    meetings = Meetings()
    meetings.langflow.answer = lambda _: LangflowAway("away")
    meeting = meetings.begin()
    meeting.start()
    meeting.say()
    await asyncio.sleep(600)
    meeting.delivery.stop()
    before = asyncio.get_running_loop().time()
    await meeting.running
    assert asyncio.get_running_loop().time() == before
    [pending] = meetings.langflow.stored.values()
    assert meetings.turns.waiting == meetings.turns.under_way == 0

    meetings.langflow.answer = lambda _: ""
    again = meetings.begin("m", resumed=True)
    await again.delivery.restore(again.heard)
    again.start()
    await again.finish()
    again.check()
    assert meetings.langflow.answered[0] is pending


@in_virtual_time
async def test_a_stream_that_went_on_behind_its_final_window() -> None:
    """Whoever is started again in the middle of it sends another one; behind that nobody does."""
    meetings = Meetings()
    meeting = meetings.begin()  # given up after the first words
    meeting.start()
    meeting.say()
    await meeting.finish()

    for words in (True, False, False):  # taken up, killed behind the next live window, killed in the end
        meeting = meetings.begin("m", resumed=True)
        await meeting.delivery.restore(meeting.heard)
        meeting.start()
        if words:
            meeting.say()
            await asyncio.sleep(30)
            meeting.delivery.stop()
            await meeting.running
        else:
            await meeting.finish()
    assert len(meeting.sent(LIVE)) == 2
    assert [len(final["utterances"]) for final in meeting.sent(FINAL)] == [1, 2]


@in_virtual_time
async def test_a_gap_behind_the_final_window() -> None:
    """A stream that was taken up again and heard no more words tells of what it missed in another final window."""
    meetings = Meetings()
    meeting = meetings.begin()
    meeting.start()
    meeting.say()
    await meeting.finish()
    meeting = meetings.begin("m", resumed=True)
    meeting.record.gaps.append(Gap(stream_id="m", from_ms=1, to_ms=2, reason="reconnect"))
    await meeting.delivery.restore(meeting.heard)
    meeting.start()
    await meeting.finish()
    assert [len(final["gaps"]) for final in meeting.sent(FINAL)] == [0, 1]


@in_virtual_time
async def test_failures_of_an_earlier_life() -> None:
    """The tries of earlier lives count: a window that kills its flow does not get four for each restart."""
    meetings = Meetings()
    meetings.langflow.answer = lambda window: FlowFailed("500") if window.seq == 2 else ""
    meeting = meetings.begin()
    meeting.start()
    meeting.say()
    await asyncio.sleep(10)
    meeting.say()
    await asyncio.sleep(5)
    meeting.delivery.stop()
    await meeting.running
    tries = sum(window.seq == 2 for window in meetings.langflow.sent)
    assert 1 <= tries <= 3

    again = meetings.begin("m", resumed=True)
    await again.delivery.restore(again.heard)
    again.start()
    await again.finish()
    assert meetings.langflow.ended["m:r:2"] is RunStatus.FAILED
    assert sum(window.seq == 2 for window in meetings.langflow.sent) == FAILED_TRIES


@in_virtual_time
async def test_a_failed_window_is_sent_again_when_somebody_asks() -> None:
    """After ``retry`` what the store has as waiting is sent, the same bytes, while the meeting goes on."""
    meetings = Meetings()
    broken = True
    meetings.langflow.answer = lambda window: FlowFailed("500") if broken and window.seq == 2 else ""
    meeting = meetings.begin()
    meeting.start()
    for _ in range(8):
        meeting.say()
        await asyncio.sleep(10)
    assert meetings.langflow.ended.pop("m:r:2") is RunStatus.FAILED
    del meetings.langflow.tried["m:r:2"]
    broken = False
    meeting.delivery.retry()
    await meeting.finish()
    assert set(meetings.langflow.ended) == set(meetings.langflow.stored)
    assert set(meetings.langflow.ended.values()) == {RunStatus.DONE}
    assert len(meetings.langflow.answered) == len(meetings.langflow.stored)


@in_virtual_time
async def test_a_window_that_the_store_does_not_take() -> None:
    """It is told by its id and the meeting goes on; nothing is sent that is not stored."""
    meetings = Meetings()
    meetings.langflow.refuses.add("m:r:1")
    meeting = meetings.begin()
    meeting.start()
    with capture_logs() as logs:
        meeting.say("A secret merger.")
        await asyncio.sleep(10)
        meeting.say()
        await meeting.finish()
    assert [log["window_id"] for log in logs if log["event"] == "window.not_stored"] == ["m:r:1"]
    assert "merger" not in str(logs)
    assert [window["seq"] for window in meeting.sent()] == [2, 3]


@in_virtual_time
async def test_a_very_long_meeting() -> None:
    """The final window of a long meeting is put together beside the loop, with everything in order."""
    meetings = Meetings()
    meeting = meetings.begin("m", FINAL)
    meeting.start()
    for n in range(5000):
        meeting.say(f"Sentence {n}.")
    await meeting.finish()
    (final,) = meeting.sent(FINAL)
    assert [each["id"] for each in final["utterances"]] == [utterance.id for utterance in meeting.heard]


@in_virtual_time
async def test_two_hundred_questions() -> None:
    """Somebody who asks without end costs a few runs, hears about everything they asked, and holds nobody up."""
    meetings = Meetings()
    meeting, other = meetings.begin("m", ASK), meetings.begin("o", LIVE, FINAL)
    meeting.start()
    other.start()
    with capture_logs() as logs:
        for n in range(200):
            meeting.say(f"hey assistant question {n}?", chat=True)
            other.say()
            await asyncio.sleep(1)
        await meeting.finish()
        await other.finish()
    asked = [line for window in meeting.sent(ASK) for line in window["ask"]["question"].splitlines()]
    assert asked == [f"question {n}?" for n in range(200)]
    most, seconds = PERSON
    assert len(meeting.sent(ASK)) <= most + 200 / seconds + 1 + 200 / JOINED
    assert sum(log["event"] == "asks.held" for log in logs) == 1
    other.check()


@in_virtual_time
async def test_a_second_question_at_once() -> None:
    """What a person asks while their question waits becomes one with it; another person's stays its own."""
    meetings = Meetings(most=1)
    blocker, meeting = meetings.begin("b", LIVE), meetings.begin("m", ASK)
    meetings.langflow.takes_seconds = 20
    blocker.start()
    meeting.start()
    blocker.say()
    await asyncio.sleep(5)
    meeting.say("Hey assistant, when do we ship?")
    await asyncio.sleep(1)
    meeting.say("Hey assistant, and who does it?")
    meeting.say("Hey assistant, what does it cost?", by="8")
    await meeting.finish()
    await blocker.finish()
    asks = [window["ask"] for window in meeting.sent(ASK)]
    assert [ask["question"] for ask in asks] == ["when do we ship?\nand who does it?", "what does it cost?"]
    assert asks[0]["utterances"] == ["u-000001", "u-000002"]


@in_virtual_time
async def test_a_meeting_full_of_questions() -> None:
    """All of a meeting together has a limit as well, and every question is asked in the end."""
    meetings = Meetings(most=100)
    meeting = meetings.begin("m", ASK)
    meeting.start()
    for n in range(60):
        meeting.say(f"Hey assistant, question {n}?", by=str(n))
    await asyncio.sleep(30)
    most, seconds = MEETING
    assert len(meeting.sent(ASK)) <= most + 30 / seconds + 1
    await meeting.finish()
    assert sorted(window["ask"]["question"] for window in meeting.sent(ASK)) == sorted(
        f"question {n}?" for n in range(60)
    )


def approved(n: int, name: str = "m", window_id: str = "") -> Verdict:
    """A verdict that lets something out."""
    told = {"insights": [], "summary": None, "notes": [{"key": "k", "text": f"note {n}"}]}
    return Verdict(
        stream_id=name,
        n=n,
        route="r",
        item="note:k",
        digest="d",
        decision=Decision.POST,
        text=f"note {n}",
        owner="",
        due="",
        who="API",
        at_ms=1,
        approved=json.dumps(told | {"language": "", "of": "live"}),
        window_id=window_id,
    )


@in_virtual_time
async def test_what_was_approved_goes_in_a_window_of_its_own() -> None:
    """It carries no words and no gaps, waits for no silence, and what is said goes on into the next live window."""
    meeting = Meetings().begin()
    meeting.start()
    meeting.say("first")
    meeting.langflow.verdicts = [approved(1), approved(2)]
    meeting.delivery.retry()
    await asyncio.sleep(3)
    assert [window["kind"] for window in meeting.sent()] == ["approved", "approved"]
    assert [window["approved"]["notes"][0]["text"] for window in meeting.sent()] == ["note 1", "note 2"]
    assert all(not window["utterances"] and "approve" not in window for window in meeting.sent())
    assert [verdict.window_id for verdict in meeting.langflow.verdicts] == ["m:r:1", "m:r:2"]

    await meeting.finish()
    assert [window["kind"] for window in meeting.sent()] == ["approved", "approved", "live", "final"]
    assert [each["text"] for each in meeting.sent()[2]["utterances"]] == ["first"]


@in_virtual_time
async def test_what_was_approved_is_sent_when_the_meeting_is_over() -> None:
    """A later process takes it up, and sends no second window of what has one, though a crash kept that from being noted."""
    meetings = Meetings()
    first = meetings.begin()
    first.start()
    meetings.langflow.verdicts = [approved(1)]
    first.delivery.retry()
    await first.finish()
    meetings.langflow.verdicts = [approved(1), approved(2)]

    later = meetings.begin(resumed=True)
    await later.delivery.restore([])
    later.start()
    await later.finish()

    windows = [window for window in later.sent() if window["kind"] == "approved"]
    assert [window["approved"]["notes"][0]["text"] for window in windows] == ["note 1", "note 2"]
    assert [verdict.window_id for verdict in meetings.langflow.verdicts] == [
        next(
            window["window_id"] for window in windows if window["approved"]["notes"][0]["text"] == f"note {n}"
        )
        for n in (1, 2)
    ]


@in_virtual_time
async def test_what_was_approved_stays_where_the_store_refuses_its_window() -> None:
    """It goes in the next place, ahead of what was approved after it; without end it is not tried."""
    meetings = Meetings()
    meetings.langflow.refuses |= {"m:r:1", "m:r:2"}
    meeting = meetings.begin()
    meeting.start()
    meetings.langflow.verdicts = [approved(1), approved(2)]
    meeting.delivery.retry()
    await asyncio.sleep(5)
    assert [window["approved"]["notes"][0]["text"] for window in meeting.sent()] == ["note 1", "note 2"]

    meetings.langflow.refuses |= {f"m:r:{seq}" for seq in range(5, 8)}
    meetings.langflow.verdicts.append(approved(3))
    meeting.delivery.retry()
    await asyncio.sleep(5)
    assert len(meeting.sent()) == 2
    meeting.delivery.retry()
    await asyncio.sleep(5)
    assert [window["approved"]["notes"][0]["text"] for window in meeting.sent()][2:] == ["note 3"]
    await meeting.finish()
