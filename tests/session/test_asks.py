"""Questions to the assistant, from the words that call it to the window that asks."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from bridge.clock import CLOCK
from bridge.domain import (
    NO_OUTPUT,
    Earlier,
    Output,
    Product,
    Source,
    StillOpen,
    Stream,
    StreamState,
    WindowKind,
)
from bridge.flow.client import LangflowClient
from bridge.flow.routes import Route, WindowRule
from bridge.flow.worker import Worker
from bridge.rtms.media import ChatChanged, Said
from bridge.session.delivery import ASK_AGAIN_SECONDS, Delivery
from bridge.session.pictures import Pictures
from bridge.session.record import Record
from bridge.simulator.meeting import FIRST_USER_ID, Line, Meeting
from tests.fakes.journey import PEOPLE, QUICK, Journey, kinds
from tests.fakes.run_api import FLOW
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from bridge.domain import Window
    from bridge.session.delivery import Memory
    from bridge.store.store import Store

PHRASES = ("hey assistant", "@assistant")
ASK_ONLY = (WindowKind.ASK,)
SLOW = WindowRule(max_seconds=1000, pause_seconds=1000)
STREAM = Stream(
    stream_id="s",
    product=Product.MEETING,
    meeting_uuid="m",
    server_urls="wss://x.zoom.us",
    event_ts=1,
    started_at_ms=1,
    state=StreamState.LIVE,
)


class Metrics:
    """Remembers the windows and counts nothing else."""

    def __init__(self) -> None:
        self.windows: list[str] = []

    def window(self, route: str, kind: str, delay_seconds: float) -> None:
        self.windows.append(kind)

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


class Sent(LangflowClient):
    """A Langflow that remembers what it was sent, and answers once its gate is open."""

    def __init__(self) -> None:
        self.sent: list[Window] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def run(self, window: Window, *, timeout_seconds: float) -> Output:
        self.sent.append(window)
        await self.gate.wait()
        return NO_OUTPUT

    @property
    def windows(self) -> list[dict[str, Any]]:
        return [json.loads(window.input_value) for window in self.sent]

    @property
    def asked(self) -> list[str]:
        return [window["ask"]["question"] for window in self.windows if window["kind"] == "ask"]


class Way:
    """One route's delivery of one stream, and the record that it reads."""

    def __init__(
        self,
        store: Store,
        *on: WindowKind,
        rule: WindowRule = SLOW,
        phrases: tuple[str, ...] = PHRASES,
        memory: Memory | None = None,
    ) -> None:
        store.put_stream(STREAM)
        self.record = Record(STREAM, store)
        self.langflow = Sent()
        self.metrics = Metrics()
        self.delivery = Delivery(
            Route(name="r", flow="f", on=on, window=rule, memory="series" if memory else "none"),
            record=self.record,
            store=store,
            worker=Worker(self.langflow, store, self.metrics),
            pictures=Pictures(None),
            metrics=self.metrics,
            phrases=phrases,
            memory=memory,
        )

    def say(self, text: str, *, by: str = "7", at_ms: int = 0, message_id: str = "") -> None:
        """Somebody says something, or writes it where it has an id."""
        at_ms = at_ms or CLOCK.now_ms()
        utterance = self.record.said(
            Said(
                text=text,
                user_id=by,
                speaker=f"Person {by}",
                start_ms=at_ms,
                end_ms=at_ms,
                timestamp_ms=at_ms,
                language=None,
                source=Source.CHAT if message_id else Source.SPEECH,
                message_id=message_id,
            )
        )
        assert utterance is not None
        self.delivery.add(utterance, asyncio.get_running_loop().time())

    def change(self, message_id: str, text: str) -> None:
        amended = self.record.changed(ChatChanged(message_id=message_id, text=text))
        assert amended is not None
        self.delivery.amend(*amended)

    async def restore(self) -> None:
        await self.delivery.restore(await self.record.restore())

    def start(self, *, resumed: bool = False) -> asyncio.Task[None]:
        return asyncio.create_task(self.delivery.run(resumed=resumed))


async def test_a_question_brings_what_the_series_tells(store: Store) -> None:
    """Only a window that asks is looked up in earlier meetings, by its question, and it is the same when sent again."""
    looked: list[str] = []

    async def memory(stream: Stream, question: str) -> list[Earlier]:
        assert stream == STREAM
        looked.append(question)
        return [Earlier(stream=STREAM, passages=(), insights=(("decision", "Ship it", "", ""),), summary="")]

    line = Way(store, WindowKind.LIVE, WindowKind.ASK, memory=memory)
    running = line.start()
    line.say("We ship on Friday.", by="8")
    line.say("Hey assistant, what did we agree last week?")
    await until(lambda: line.langflow.sent)
    line.delivery.end()
    await running

    ask, live = line.langflow.windows
    assert looked == ["what did we agree last week?"]
    assert [each["text"] for each in ask["earlier"][0]["insights"]] == ["Ship it"]
    assert "earlier" not in live


class LeftOpen:
    """A series whose last meeting left something to do, or nothing."""

    def __init__(self, *texts: str) -> None:
        self.looked = 0
        self._items = tuple((text, "", "") for text in texts)

    async def __call__(self, stream: Stream, question: str) -> list[Earlier]:
        return []

    async def still_open(self, stream: Stream) -> StillOpen | None:
        self.looked += 1
        return StillOpen(stream=STREAM, items=self._items, more=0, language="") if self._items else None


@pytest.mark.parametrize("left", [("Ship it",), ()])
async def test_a_meeting_begins_with_what_is_still_open(store: Store, left: tuple[str, ...]) -> None:
    """A route that hears questions has a start window only where the last meeting left something to do, once over restarts."""
    memory = LeftOpen(*left)
    for resumed in (False, True):
        line = Way(store, WindowKind.START, WindowKind.ASK, memory=memory)
        if resumed:
            await line.restore()
        running = line.start(resumed=resumed)
        line.say("Hey assistant, when do we ship?")
        await until(lambda line=line: line.langflow.asked)  # type: ignore[misc]
        line.delivery.end()
        await running
        starts = [window["still_open"] for window in line.langflow.windows if window["kind"] == "start"]
        assert [each["items"][0]["text"] for each in starts] == ([] if resumed else [*left])
    assert memory.looked == (1 if left else 2)


async def test_a_start_that_has_more_to_do(store: Store) -> None:
    """Where a route hears more than questions its start window comes in any case, and says only what there is to say."""
    line = Way(store, WindowKind.START, WindowKind.LIVE, memory=LeftOpen())
    running = line.start()
    await until(lambda: line.langflow.sent)
    line.delivery.end()
    await running
    (start,) = line.langflow.windows
    assert (start["kind"], "still_open" in start) == ("start", False)


async def test_nobody_begins_a_meeting_that_is_over(store: Store) -> None:
    """Of a meeting that ended before its start window went, what is still open is not told."""
    memory = LeftOpen("Ship it")
    line = Way(store, WindowKind.START, WindowKind.ASK, memory=memory)
    line.delivery.end()
    await line.start()
    assert (line.langflow.sent, memory.looked) == ([], 0)


async def test_a_question_does_not_wait_for_the_window(store: Store) -> None:
    """It is sent at once with the meeting so far, and its words are in the live window all the same."""
    line = Way(store, WindowKind.LIVE, WindowKind.ASK)
    running = line.start()
    line.say("We ship on Friday.", by="8")
    line.say("Hey assistant, when do we ship?")
    await until(lambda: line.langflow.sent)
    assert len(line.langflow.sent) == 1
    line.delivery.end()
    await running

    ask, live = line.langflow.windows
    assert [said["text"] for said in ask["utterances"]] == [
        "We ship on Friday.",
        "Hey assistant, when do we ship?",
    ]
    assert ask["ask"] == {
        "question": "when do we ship?",
        "speaker": "Person 7",
        "user_id": "7",
        "source": "speech",
        "utterances": ["u-000002"],
    }
    assert (line.langflow.sent[0].first_n, line.langflow.sent[0].last_n) == (2, 2)
    assert (live["kind"], len(live["utterances"])) == ("live", 2)
    assert line.metrics.windows == ["ask", "live"]


async def test_questions_go_before_what_is_open_and_in_turn(store: Store) -> None:
    """While a run is under way questions queue up; each is a window of its own, before the live one."""
    line = Way(store, WindowKind.LIVE, WindowKind.ASK)
    line.langflow.gate.clear()
    running = line.start()
    line.say("Hey assistant, who is first?")
    await until(lambda: line.langflow.sent)
    line.say("Hey assistant, who is second?", by="8")
    line.say("@assistant who is third", by="9", message_id="x")
    line.delivery.end()
    line.langflow.gate.set()
    await running

    assert kinds(line.langflow.windows) == ["ask", "ask", "ask", "live"]
    assert line.langflow.asked == ["who is first?", "who is second?", "who is third"]
    assert [window["ask"]["source"] for window in line.langflow.windows[:3]] == ["speech", "speech", "chat"]


async def test_a_route_that_only_answers(store: Store) -> None:
    """A route with nothing but ``ask`` is sent questions and no more, and ends with its stream."""
    line = Way(store, *ASK_ONLY)
    running = line.start()
    line.say("Fine.")
    line.say("Hey assistant, what did", by="8")
    line.delivery.end()
    await running
    assert (kinds(line.langflow.windows), line.langflow.asked) == (["ask"], ["what did"])


async def test_a_route_that_does_not_answer(store: Store) -> None:
    """A route without ``ask`` is sent no question."""
    line = Way(store, WindowKind.LIVE)
    line.say("Hey assistant, when do we ship?")
    line.delivery.end()
    await line.delivery.run(resumed=False)
    assert kinds(line.langflow.windows) == ["live"]


@pytest.mark.parametrize(
    "on",
    [
        (WindowKind.LIVE, WindowKind.FINAL),
        tuple(each for each in WindowKind if each is not WindowKind.APPROVED),
    ],
)
async def test_windows_tell_what_is_said_to_the_assistant(store: Store, on: tuple[WindowKind, ...]) -> None:
    """Every window names those of its utterances, also where the route answers no question."""
    line = Way(store, *on)
    line.say("We ship on Friday.", by="8")
    line.say("So, hey assistant, when do we")
    line.say("Not before.", by="8")
    line.say("ship?")
    line.delivery.end()
    await line.delivery.run(resumed=False)
    told = {window["kind"]: window.get("asked") for window in line.langflow.windows}
    assert told.pop("start", None) is None
    assert set(told) == {kind.value for kind in on} - {"start"}
    assert all(asked == ["u-000002", "u-000004"] for asked in told.values())


async def test_a_question_that_two_windows_share(store: Store) -> None:
    """What goes on with a question is known for it in a later window too, and behind a restart."""
    began_ms = CLOCK.now_ms()
    at_once = WindowRule(max_seconds=0.01, pause_seconds=0.01, min_words=0)
    before = Way(store, WindowKind.LIVE, rule=at_once)
    running = before.start()
    before.say("Fine. ", by="8", at_ms=began_ms)
    before.say("Hey assistant, when", at_ms=began_ms + 100)
    await until(lambda: before.langflow.sent)
    before.say("do", at_ms=began_ms + 200)
    before.say("we do", by="8", at_ms=began_ms + 250)
    await until(lambda: len(before.langflow.sent) == 2)
    before.delivery.stop()
    await running
    assert [window.get("asked") for window in before.langflow.windows] == [["u-000002"], ["u-000003"]]

    after = Way(store, WindowKind.LIVE, rule=at_once)
    await after.restore()
    running = after.start(resumed=True)
    after.say("we ship?", at_ms=began_ms + 300)
    await until(lambda: after.langflow.sent)
    after.say("Next slide.", at_ms=began_ms + 400)
    await until(lambda: len(after.langflow.sent) == 2)
    after.delivery.stop()
    await running
    assert [window.get("asked") for window in after.langflow.windows] == [["u-000005"], None]


async def test_nobody_to_call(store: Store) -> None:
    """Without phrases nothing is said to the assistant."""
    line = Way(store, WindowKind.LIVE, WindowKind.FINAL, phrases=())
    line.say("Hey assistant, when do we ship?")
    line.delivery.end()
    await line.delivery.run(resumed=False)
    assert kinds(line.langflow.windows) == ["live", "final"]
    assert not any("asked" in window for window in line.langflow.windows)


async def test_a_question_is_asked_while_the_stream_is_paused(store: Store) -> None:
    """A pause keeps the live window open, and no question waiting."""
    line = Way(store, WindowKind.LIVE, WindowKind.ASK)
    running = line.start()
    line.record.enter(StreamState.PAUSED)
    line.say("Hey assistant, when do we ship?")
    await until(lambda: line.langflow.asked)
    line.delivery.stop()
    await running
    assert kinds(line.langflow.windows) == ["ask"]


async def test_gaps(store: Store) -> None:
    """A question is told of every gap, and the next live window still of those it has not told."""
    line = Way(store, WindowKind.LIVE, WindowKind.ASK)
    line.record.live()
    line.record.live()
    line.say("Hey assistant, when do we ship?")
    line.say("@assistant and who does it", message_id="x")
    line.delivery.end()
    await line.delivery.run(resumed=False)
    assert [len(window["gaps"]) for window in line.langflow.windows] == [1, 1, 1]


async def test_deleted_and_edited(store: Store) -> None:
    """A chat question that waits is asked as it was last written, and not at all when it is gone."""
    line = Way(store, *ASK_ONLY)
    line.say("@assistant who is first", message_id="a")
    line.say("@assistant who is second", message_id="b")
    line.change("a", "")
    line.change("b", "@assistant who is next")
    line.delivery.end()
    await line.delivery.run(resumed=False)
    assert line.langflow.asked == ["who is next"]
    assert "first" not in line.langflow.sent[0].input_value


async def test_restart(store: Store) -> None:
    """What was stored but not asked is asked if it is young; nothing is asked twice, byte for byte the same if unanswered."""
    before = Way(store, WindowKind.LIVE, WindowKind.ASK)
    before.langflow.gate.clear()
    old_ms = CLOCK.now_ms() - int(ASK_AGAIN_SECONDS * 1000) - 60_000
    running = before.start()
    before.say("Hey assistant, who is first?", at_ms=CLOCK.now_ms() - 1000)
    await until(lambda: before.langflow.sent)
    before.say("Hey assistant, who was long ago?", by="8", at_ms=old_ms)
    before.say("Hey assistant, who is second?", by="9")
    before.say("@assistant who was deleted", by="9", message_id="x")
    before.change("x", "")
    await store.flush()
    before.delivery.stop()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    after = Way(store, WindowKind.LIVE, WindowKind.ASK)
    await after.restore()
    running = after.start(resumed=True)
    await until(lambda: len(after.langflow.sent) >= 2)
    after.delivery.stop()
    await running
    assert after.langflow.asked == ["who is first?", "who is second?"]
    assert after.langflow.sent[0].input_value == before.langflow.sent[0].input_value

    again = Way(store, WindowKind.LIVE, WindowKind.ASK)
    await again.restore()
    again.delivery.end()
    await again.delivery.run(resumed=True)
    assert again.langflow.asked == []
    assert [len(window["utterances"]) for window in again.langflow.windows] == [3]


async def test_restart_in_the_middle_of_a_question(store: Store) -> None:
    """A question that a restart cut goes on behind it."""
    before = Way(store, *ASK_ONLY)
    before.say("Hey assistant, who owns")
    await store.flush()
    after = Way(store, *ASK_ONLY)
    await after.restore()
    running = after.start(resumed=True)
    after.say("the report?")
    await until(lambda: after.langflow.asked)
    after.delivery.stop()
    await running
    assert after.langflow.asked == ["who owns the report?"]


@pytest.mark.parametrize("phrases", ["hey assistant", "off"])
async def test_whole_way(journey: Journey, phrases: str) -> None:
    """In a meeting that is played, a question reaches its flow with all that was said before it, if it may."""
    lines = [
        Line(
            start_ms=7 * n,
            end_ms=7 * n + 7,
            user_id=FIRST_USER_ID + 1024 * (n % 3),
            speaker=PEOPLE[n % 3],
            text="Hey, assistant, what was sentence three?" if n == 30 else f"This is sentence number {n}.",
            source=Source.SPEECH,
        )
        for n in range(40)
    ]
    journey.settings_changes = {"bridge_assistant_phrases": phrases}
    notes = Route(name="notes", flow=FLOW, window=QUICK)
    asks = Route(name="asks", flow=FLOW, on=ASK_ONLY)
    both = Route(
        name="both",
        flow=FLOW,
        on=tuple(each for each in WindowKind if each is not WindowKind.APPROVED),
        window=QUICK,
    )
    with capture_logs() as logs:
        async with journey.bridge(notes, asks, both) as bridge:
            outcome = await journey.play(bridge, Meeting(title="asked", lines=tuple(lines)))
            await journey.settled(bridge.store)
            exposition = bridge.metrics.exposition().decode()
    journey.check(outcome)
    everything = journey.check(outcome, route="both")
    windows = journey.api.windows(route="asks")
    if phrases == "off":
        assert windows == []
        return
    (window,) = windows
    assert window["ask"]["question"] == "what was sentence three?"
    assert window["ask"]["speaker"] == PEOPLE[0]
    assert window["ask"]["utterances"] == ["u-000031"]
    assert len(window["utterances"]) >= 31
    assert kinds(everything).count("ask") == 1
    assert 'bridge_windows_total{kind="ask",route="asks"} 1.0' in exposition
    assert [log["source"] for log in logs if log["event"] == "window.asked"] == ["speech", "speech"]
    assert not any(words in str(logs) for words in ("sentence", *PEOPLE))
    for route in ("notes", "both"):
        live = [window for window in journey.api.windows(route=route) if window["kind"] == "live"]
        assert [name for window in live for name in window.get("asked", ())] == ["u-000031"]
