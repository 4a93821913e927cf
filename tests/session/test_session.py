from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from bridge.domain import Output, RunStatus, StreamState, WindowKind
from bridge.flow.client import LangflowClient
from bridge.flow.routes import Match, Route, WindowRule
from bridge.logs import configure_logs
from bridge.rtms.messages import MediaType, StatusCode, StopReason
from bridge.simulator.playback import Step
from tests.fakes.journey import QUICK, ROUTE, Journey, admin_json, kinds, meeting, simulator
from tests.fakes.locked import locked
from tests.fakes.run_api import FLOW, Answer, Run, RunApi
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.app import Bridge
    from bridge.domain import Window
    from bridge.simulator.playback import Outcome

MANY = meeting(100)
"""A meeting long enough for something to happen in the middle of it."""
LONG = meeting(160, every_ms=15)
"""A meeting long enough for bridges to come and go."""
ASKED_SECONDS = 0.15
"""Between two keep-alives, where it matters that each is answered."""


def complete(outcome: Outcome) -> bool:
    """Whether Zoom has nothing to complain of, but for lines that were said while nobody could listen."""
    return not outcome.refusals and outcome.stop_reason is StopReason.MEETING_ENDED


async def given_up(journey: Journey, bridge: Bridge) -> Outcome:
    """The outcome of a meeting for a bridge that cannot join it; once it has given up, Zoom waits no longer."""
    playing = asyncio.create_task(journey.play(bridge))
    await until(lambda: any(each.step is Step.ANNOUNCED for each in journey.progress))
    await journey.settled(bridge.store)
    (playback,) = journey.zoom.playbacks.values()
    await playback.end(StopReason.CONNECTION_TIMEOUT)
    return await playing


@pytest.mark.parametrize("binary", [True, False])
async def test_whole_way(journey: Journey, tmp_path: Path, binary: bool) -> None:
    """Every line reaches the flow in one live window and in the final one, and every answer is kept."""
    # Asked so that a busy machine has answered one question before the next.
    async with simulator(binary_frames=binary, keep_alive_seconds=ASKED_SECONDS) as zoom:
        journey = Journey(zoom, journey.api, tmp_path / "other.db")
        async with journey.bridge() as bridge:
            outcome = await journey.play(bridge)
            await journey.settled(bridge.store)
            assert outcome.complete
            # The last on each of three sockets can meet the end.
            assert outcome.keep_alives_sent - 3 <= outcome.keep_alives_answered >= 1
            windows = journey.check(outcome)
            runs = await bridge.store.runs(outcome.stream_id)
            stream = await journey.stream(bridge.store, outcome)
    assert len(windows) >= 2
    assert {(run.status, run.output, run.attempts) for run in runs} == {(RunStatus.DONE, "done", 1)}
    assert [run.window_id for run in runs] == [window["window_id"] for window in windows]
    assert (stream.state, stream.end_reason) == (StreamState.ENDED, "the meeting ended")
    assert windows[-1]["gaps"] == []
    assert {each["name"] for each in windows[-1]["participants"]} == {
        line.speaker for line in outcome.delivered
    }


async def test_chat(journey: Journey, tmp_path: Path) -> None:
    """Where the app may hear the meeting's chat, it stands among the words with its source."""
    async with simulator(granted=MediaType.TRANSCRIPT | MediaType.CHAT) as zoom:
        journey = Journey(zoom, journey.api, tmp_path / "other.db")
        async with journey.bridge() as bridge:
            outcome = await journey.play(bridge, meeting(30, chat=True))
            await journey.settled(bridge.store)
    final = journey.check(outcome)[-1]
    assert Counter(said["source"] for said in final["utterances"])["chat"] == len(outcome.delivered) // 5 > 0
    assert outcome.media_connections == 2
    assert complete(outcome)


async def test_a_slow_flow_makes_windows_larger(journey: Journey) -> None:
    """While a run is under way nothing queues up: all that is said meanwhile is one window."""
    gate = asyncio.Event()
    journey.api.answers.append(Answer(after=gate))
    async with journey.bridge() as bridge:
        outcome = await journey.play(bridge, LONG)
        gate.set()
        await journey.settled(bridge.store)
    windows = journey.check(outcome)
    assert kinds(windows) == ["live", "live", "final"]
    assert len(windows[1]["utterances"]) > len(windows[0]["utterances"])


async def test_meetings_do_not_wait_for_each_other(journey: Journey) -> None:
    """A meeting whose flow hangs holds up no other."""
    gate = asyncio.Event()
    hangs = "zoom-hangs"

    def otherwise(run: Run) -> Answer:
        return Answer(after=gate if run.session_id == hangs else None)

    journey.api.otherwise = otherwise
    async with journey.bridge() as bridge:
        first = asyncio.create_task(journey.play(bridge, meeting(title="first"), meeting_uuid="hangs"))
        others = await asyncio.gather(
            *(journey.play(bridge, meeting(20, title=f"number {n}")) for n in range(5))
        )
        await until(lambda: len(journey.api.windows("final")) == 5)
        outcome = await first
        assert journey.api.windows(session_id=hangs) == []
        gate.set()
        await journey.settled(bridge.store)
    for each in (outcome, *others):
        journey.check(each)


async def test_routes_do_not_wait_for_each_other(journey: Journey) -> None:
    """Of two routes of a meeting the slow one misses nothing and the quick one waits for nothing."""
    gate = asyncio.Event()

    def otherwise(run: Run) -> Answer:
        return Answer(after=gate if run.window["route"] == "slow" else None)

    journey.api.otherwise = otherwise
    slow = ROUTE.model_copy(update={"name": "slow"})
    async with journey.bridge(ROUTE, slow) as bridge:
        outcome = await journey.play(bridge, MANY)
        await until(lambda: journey.api.windows("final", route=ROUTE.name))
        assert journey.api.windows(route="slow") == []
        gate.set()
        await journey.settled(bridge.store)
    quick_windows, slow_windows = journey.check(outcome), journey.check(outcome, route="slow")
    assert kinds(slow_windows) == ["live", "live", "final"]
    assert len(quick_windows) >= 2


async def test_two_streams_of_one_meeting(journey: Journey) -> None:
    """Two streams of a meeting live side by side, and their runs on a route follow each other."""
    async with journey.bridge() as bridge:
        both = [
            journey.play(bridge, meeting(30, title=f"view {n}"), meeting_uuid="one+and/the=")
            for n in range(2)
        ]
        outcomes = await asyncio.gather(*both)
        await journey.settled(bridge.store)
    for outcome in outcomes:
        journey.check(outcome)
    assert journey.api.most_at_once == {("zoom-one-and_the", ROUTE.name): 1}


async def test_kinds(journey: Journey) -> None:
    """A route is sent the kinds of window that it asks for, a start before everything."""
    every = Route(
        name="every",
        flow=FLOW,
        on=tuple(each for each in WindowKind if each is not WindowKind.APPROVED),
        window=QUICK,
    )
    ends = Route(name="ends", flow=FLOW, on=(WindowKind.START, WindowKind.FINAL), window=QUICK)
    async with journey.bridge(every, ends) as bridge:
        outcome = await journey.play(bridge)
        await journey.settled(bridge.store)
    windows = journey.check(outcome, route="every")
    assert kinds(windows)[0] == "start"
    assert windows[0]["utterances"] == []
    assert set(kinds(windows)[1:-1]) == {"live"}
    start, final = journey.api.windows(route="ends")
    assert (start["kind"], final["kind"]) == ("start", "final")
    assert len(final["utterances"]) == outcome.lines


async def test_match(journey: Journey) -> None:
    """A route for other meetings hears nothing of this one."""
    other = Route(name="other", flow=FLOW, match=Match(topic="*planning*"))
    async with journey.bridge(ROUTE, other) as bridge:
        outcome = await journey.play(bridge)
        await journey.settled(bridge.store)
    journey.check(outcome)
    assert journey.api.windows(route="other") == []


async def test_nobody_says_anything(journey: Journey) -> None:
    """A meeting without words has a final window without words, and nothing else."""
    async with journey.bridge() as bridge:
        outcome = await journey.play(bridge, meeting(0))
        await journey.settled(bridge.store)
    assert kinds(journey.check(outcome)) == ["final"]


async def test_text_route(journey: Journey, tmp_path: Path) -> None:
    """Any flow can be sent plain lines."""
    async with RunApi(windows=False).listening() as api:
        journey = Journey(journey.zoom, api, tmp_path / "other.db")
        async with journey.bridge(ROUTE.model_copy(update={"input": "text"})) as bridge:
            outcome = await journey.play(bridge)
            await journey.settled(bridge.store)
    assert api.runs[-1].input_value.splitlines() == [
        f"{line.speaker}: {line.text}" for line in outcome.delivered
    ]


# Langflow


async def test_langflow_away_at_first(journey: Journey, tmp_path: Path) -> None:
    """With Langflow away the bridge starts and records; when it is back, everything is delivered."""
    api = RunApi()
    async with api.listening():
        pass
    journey = Journey(journey.zoom, api, tmp_path / "other.db")
    async with journey.bridge() as bridge:
        outcome = await journey.play(bridge, MANY)
        assert outcome.complete
        ready = await admin_json(bridge, "/readyz")
        assert (ready["status"], ready["checks"]["store"]) == ("degraded", "ok")
        assert len(await admin_json(bridge, f"/api/streams/{outcome.stream_id}/utterances")) == outcome.lines
        async with api.listening():
            await journey.settled(bridge.store)
            assert (await admin_json(bridge, "/readyz"))["status"] == "ok"
            windows = journey.check(outcome)
    assert kinds(windows) == ["live", "live", "final"]


async def test_langflow_away_in_the_middle(journey: Journey, tmp_path: Path) -> None:
    """When Langflow goes away under a run and comes back, nothing is lost and no window changes."""
    api = RunApi()
    journey = Journey(journey.zoom, api, tmp_path / "other.db")
    hangs = asyncio.Event()
    async with api.listening():
        api.answers.extend([Answer(), Answer(after=hangs)])
        stack = journey.bridge()
        bridge = await stack.__aenter__()
        playing = asyncio.create_task(journey.play(bridge, MANY))
        await journey.live_windows(2)
    try:
        await journey.said(60)
        async with api.listening():
            outcome = await playing
            await journey.settled(bridge.store)
            windows = journey.check(outcome)
            runs = await bridge.store.runs(outcome.stream_id)
    finally:
        await stack.__aexit__(None, None, None)
    assert outcome.complete
    assert runs[1].attempts > 1
    assert api.runs[1].input_value == api.runs[2].input_value
    assert kinds(windows)[-1] == "final"


@pytest.mark.parametrize("broken", [Answer(status=500), Answer(status=503), Answer(drop=True)])
async def test_a_flow_that_breaks_and_recovers(journey: Journey, broken: Answer) -> None:
    """A run that breaks is repeated with the same bytes until it succeeds."""
    journey.api.answers.extend([broken, broken])
    async with journey.bridge() as bridge:
        outcome = await journey.play(bridge)
        await journey.settled(bridge.store)
        runs = await bridge.store.runs(outcome.stream_id)
    journey.check(outcome)
    first = journey.api.runs[0].input_value
    assert [run.input_value == first for run in journey.api.runs[:4]] == [True, True, True, False]
    assert [run.attempts for run in runs[:2]] == [3, 1]


async def test_a_window_that_breaks_its_flow(journey: Journey) -> None:
    """A window that never succeeds in a flow that works is given up with its reason, and the others go their way."""
    journey.api.otherwise = lambda run: Answer(status=500 if run.window["seq"] == 2 else 200)
    async with journey.bridge() as bridge:
        outcome = await journey.play(bridge, MANY)
        await journey.settled(bridge.store)
        runs = await admin_json(bridge, f"/api/streams/{outcome.stream_id}/runs")
    failed = runs.pop(1)
    assert (failed["status"], failed["attempts"], failed["output"]) == ("failed", 4, "")
    assert "500" in failed["error"]
    assert {run["status"] for run in runs} == {"done"}


async def test_the_first_window_breaks_its_flow(journey: Journey) -> None:
    """Whether the window is at fault or the flow, the next window tells, also where there is one meeting only."""
    journey.api.otherwise = lambda run: Answer(status=422 if run.window["seq"] == 1 else 200)
    async with journey.bridge() as bridge:
        outcome = await journey.play(bridge, MANY)
        await journey.settled(bridge.store)
        runs = await bridge.store.runs(outcome.stream_id)
    assert [run.status for run in runs] == [RunStatus.FAILED, *[RunStatus.DONE] * (len(runs) - 1)]
    assert "422" in runs[0].error


async def test_a_broken_flow(journey: Journey) -> None:
    """While a flow breaks on every window none fails, few are closed, and all are answered once it is mended."""
    journey.api.otherwise = lambda _: Answer(status=500)
    async with journey.bridge() as bridge:
        outcome = await journey.play(bridge, MANY)
        await until(lambda: len(journey.api.runs) >= 12)
        stored = await bridge.store.runs(outcome.stream_id)
        journey.api.otherwise = lambda _: Answer()
        await journey.settled(bridge.store)
        runs = await bridge.store.runs(outcome.stream_id)
    assert [run.status for run in stored] == [RunStatus.PENDING] * 2
    assert {run.status for run in runs} == {RunStatus.DONE}
    live = [said["id"] for window in journey.api.windows("live") for said in window["utterances"]]
    assert sorted(live) == [f"u-{n + 1:06d}" for n in range(outcome.lines)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"flows": set()}, "no flow 'the-flow'"),
        ({"api_key": "another"}, "LANGFLOW_API_KEY"),
    ],
)
async def test_a_refusal_passes(journey: Journey, changes: dict[str, Any], words: str) -> None:
    """While a key or a flow is not there windows wait, told with what to do, and are delivered once it is mended."""
    right = {name: getattr(journey.api, name) for name in changes}
    for name, value in changes.items():
        setattr(journey.api, name, value)
    async with journey.bridge() as bridge:
        outcome = await journey.play(bridge, MANY)
        await until(lambda: len(journey.api.refused) > 5)
        [waiting] = await bridge.store.runs(outcome.stream_id)
        for name, value in right.items():
            setattr(journey.api, name, value)
        await journey.settled(bridge.store)
        runs = await bridge.store.runs(outcome.stream_id)
    assert (waiting.status, waiting.attempts > 1) == (RunStatus.PENDING, True)
    assert words in waiting.error
    assert {run.status for run in runs} == {RunStatus.DONE}
    journey.check(outcome)


async def test_a_delivery_that_breaks(journey: Journey, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody expected of a run ends neither hearing nor the route: no word is lost, and every window is answered."""
    run, broken = LangflowClient.run, []

    async def breaks(self: LangflowClient, window: Window, *, timeout_seconds: float) -> Output:
        if not broken:
            broken.append(window.window_id)
            raise UnicodeEncodeError("ascii", "sk-\u200b", 3, 4, "what a header does not take")
        return await run(self, window, timeout_seconds=timeout_seconds)

    monkeypatch.setattr(LangflowClient, "run", breaks)
    with structlog.testing.capture_logs() as logs:
        async with journey.bridge() as bridge:
            outcome = await journey.play(bridge, MANY)
            await journey.settled(bridge.store)
            runs = await bridge.store.runs(outcome.stream_id)
            stream = await journey.stream(bridge.store, outcome)
    journey.check(outcome)
    assert outcome.complete
    assert stream.state is StreamState.ENDED
    assert outcome.signaling_connections == 1
    assert {run.status for run in runs} == {RunStatus.DONE}
    assert broken[0] in {run.window_id for run in runs}
    assert [log["part"] for log in logs if log["event"] == "part.broke"] == ["deliver notes"]


async def test_busy(journey: Journey) -> None:
    """A Langflow that asks for a second gets it, and then the same window."""
    times: list[float] = []

    def otherwise(run: Run) -> Answer:
        times.append(time.monotonic())
        return Answer(status=429, headers={"retry-after": "1"}) if len(times) == 1 else Answer()

    journey.api.otherwise = otherwise
    async with journey.bridge() as bridge:
        outcome = await journey.play(bridge)
        await journey.settled(bridge.store)
    journey.check(outcome)
    assert times[1] - times[0] >= 1
    assert journey.api.runs[0].input_value == journey.api.runs[1].input_value


# Zoom


async def test_media_lost(journey: Journey) -> None:
    """A lost media socket is dialled again, once; what was missed is a gap that one live window and the final tell of."""
    async with journey.bridge() as bridge:
        playing = asyncio.create_task(journey.play(bridge, LONG, hold_before=120))
        playback = await journey.said(20)
        playback.drop_media()
        await journey.ready(bridge, 2)
        playback.go_on()
        outcome = await playing
        await journey.settled(bridge.store)
        gaps = await bridge.store.gaps(outcome.stream_id)
    windows = journey.check(outcome, in_flight=2)
    assert complete(outcome)
    assert (outcome.signaling_connections, outcome.media_connections) == (1, 2)
    assert [gap.reason for gap in gaps] == ["reconnect"]
    assert gaps[0].from_ms <= gaps[0].to_ms
    assert [len(window["gaps"]) for window in windows if window["kind"] == "live"].count(1) == 1
    assert len(windows[-1]["gaps"]) == 1
    assert len(outcome.delivered) > 20


async def test_signaling_lost(journey: Journey) -> None:
    """A lost signaling socket is dialled again with its media socket, once, and the meeting goes on behind a gap."""
    async with journey.bridge() as bridge:
        playing = asyncio.create_task(journey.play(bridge, LONG, hold_before=120))
        playback = await journey.said(20)
        playback.drop_signaling()
        await journey.ready(bridge, 2)
        playback.go_on()
        outcome = await playing
        await journey.settled(bridge.store)
    windows = journey.check(outcome, in_flight=2)
    assert outcome.stop_reason is StopReason.MEETING_ENDED
    assert {refusal.status for refusal in outcome.refusals} <= {StatusCode.DUPLICATE_SIGNAL_REQUEST}
    assert len(windows[-1]["gaps"]) >= 1
    assert len(outcome.delivered) > 20
    assert [each.event for each in outcome.webhooks][1:2] == ["meeting.rtms_interrupted"]


async def test_wrong_credentials(journey: Journey, tmp_path: Path) -> None:
    """Credentials that Zoom refuses are not tried again, and the stream says what is wrong."""
    async with simulator(client_secret="another") as zoom:
        journey = Journey(zoom, journey.api, tmp_path / "other.db")
        async with journey.bridge() as bridge:
            outcome = await given_up(journey, bridge)
            await journey.settled(bridge.store)
            stream = await journey.stream(bridge.store, outcome)
    assert [refusal.status for refusal in outcome.refusals] == [StatusCode.INVALID_SIGNATURE]
    assert "status 3" in stream.end_reason
    assert "ZOOM_CLIENT_SECRET" in stream.end_reason


async def test_scope_missing(journey: Journey, tmp_path: Path) -> None:
    """An app without the transcript's scope is told which one."""
    async with simulator(granted=MediaType.AUDIO) as zoom:
        journey = Journey(zoom, journey.api, tmp_path / "other.db")
        async with journey.bridge() as bridge:
            outcome = await given_up(journey, bridge)
            await journey.settled(bridge.store)
            stream = await journey.stream(bridge.store, outcome)
    assert "meeting:read:meeting_transcript" in stream.end_reason


async def test_a_host_that_is_not_allowed(journey: Journey, tmp_path: Path) -> None:
    """A server outside the allow-list is never dialled, and the stream says why."""
    async with simulator() as zoom:
        journey = Journey(zoom, journey.api, tmp_path / "other.db")
        journey.settings_changes = {"bridge_allowed_hosts": "*.zoom.us"}
        async with journey.bridge() as bridge:
            outcome = await given_up(journey, bridge)
            await journey.settled(bridge.store)
            stream = await journey.stream(bridge.store, outcome)
    assert outcome.signaling_connections == 0
    assert zoom.refusals == []
    assert "BRIDGE_ALLOWED_HOSTS" in stream.end_reason


async def test_keep_alives_do_not_wait_for_the_store(journey: Journey, tmp_path: Path) -> None:
    """While the database is locked, keep-alives are answered and words are taken."""
    # Asked so that a busy machine has answered one question before the next.
    async with simulator(keep_alive_seconds=ASKED_SECONDS) as zoom:
        journey = Journey(zoom, journey.api, tmp_path / "other.db")
        async with journey.bridge() as bridge:
            playing = asyncio.create_task(journey.play(bridge, MANY, hold_before=90))
            await journey.said(20)
            async with locked(tmp_path / "other.db"):
                locked_at = asyncio.get_running_loop().time()
                playback = await journey.said(80)
                await until(lambda: asyncio.get_running_loop().time() > locked_at + 4 * ASKED_SECONDS)
                playback.go_on()
            outcome = await playing
            await journey.settled(bridge.store)
        # Zoom ends a stream that leaves three questions in a row unanswered, and the lock was longer than that.
        assert outcome.complete
        # The last on each of three sockets can meet the end.
        assert outcome.keep_alives_sent - outcome.keep_alives_answered <= 3
        journey.check(outcome)


# Restarts


async def test_restart_in_the_middle(journey: Journey, unused_tcp_port: int) -> None:
    """A bridge that goes on with the store of another numbers on, tells the gap, and sends unanswered windows again, byte for byte."""
    journey.settings_changes = {"bridge_port": unused_tcp_port}
    journey.api.answers.extend([Answer(), Answer(after=asyncio.Event())])
    async with journey.bridge() as bridge:
        playing = asyncio.create_task(journey.play(bridge, LONG, hold_before=120))
        await journey.live_windows(2)
    unanswered = journey.api.runs[1].input_value
    assert [step.step for step in journey.progress if step.step is not Step.SAID][:2] == [
        Step.ANNOUNCED,
        Step.READY,
    ]
    async with journey.bridge() as bridge:
        await journey.ready(bridge, 2)
        (await journey.said(1)).go_on()
        outcome = await playing
        await journey.settled(bridge.store)
        runs = await bridge.store.runs(outcome.stream_id)
    windows = journey.check(outcome, in_flight=2)
    assert complete(outcome)
    assert outcome.signaling_connections == 2
    assert journey.api.runs[2].input_value == unanswered
    assert {run.status for run in runs} == {RunStatus.DONE}
    assert [gap["reason"] for gap in windows[-1]["gaps"]] == ["reconnect"]
    assert len(outcome.delivered) < outcome.lines


async def test_restart_after_the_end(journey: Journey, unused_tcp_port: int) -> None:
    """What a bridge could not deliver before it stopped, the next one delivers, though the meeting is over."""
    journey.settings_changes = {"bridge_port": unused_tcp_port}
    journey.api.otherwise = lambda _: Answer(after=asyncio.Event())
    async with journey.bridge() as bridge:
        outcome = await journey.play(bridge, MANY)
        await until(lambda: journey.api.runs)
    journey.api.otherwise = lambda _: Answer()
    async with journey.bridge() as bridge:
        await journey.settled(bridge.store)
    windows = journey.check(outcome)
    assert outcome.complete
    assert outcome.signaling_connections == 1
    assert kinds(windows) == ["live", "live", "final"]


async def test_restart_after_everything(journey: Journey) -> None:
    """A bridge finds nothing to do where everything is settled, and sends nothing again."""
    async with journey.bridge() as bridge:
        await journey.play(bridge)
        await journey.settled(bridge.store)
    sent = len(journey.api.runs)
    async with journey.bridge() as bridge:
        assert await bridge.store.streams_to_settle() == []
    assert len(journey.api.runs) == sent


async def test_many_restarts(journey: Journey, unused_tcp_port: int) -> None:
    """However often the bridge is restarted, no utterance is lost that it had, and none comes twice."""
    journey.settings_changes = {"bridge_port": unused_tcp_port}
    playing: asyncio.Task[Outcome] | None = None
    for times, said in enumerate((20, 60, 100), start=1):
        async with journey.bridge() as bridge:
            playing = playing or asyncio.create_task(journey.play(bridge, LONG, hold_before=120))
            await journey.ready(bridge, times)
            await journey.said(said)
    assert playing is not None
    async with journey.bridge() as bridge:
        await journey.ready(bridge, 4)
        (await journey.said(1)).go_on()
        outcome = await playing
        await journey.settled(bridge.store)
    windows = journey.check(outcome, in_flight=6)
    assert complete(outcome)
    assert outcome.signaling_connections == 4
    assert [gap["reason"] for gap in windows[-1]["gaps"]] == ["reconnect"] * 3


# Silence about people


async def test_logs_and_metrics_are_silent_about_people(
    journey: Journey,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    unused_tcp_port: int,
) -> None:
    """Over a whole eventful session no log line and no metric holds words, names, tokens or keys."""
    configure_logs(json=True, level=0)
    caplog.set_level(0)
    journey.settings_changes = {"bridge_port": unused_tcp_port}
    journey.api.answers.extend(
        [Answer(status=500), Answer(status=422), Answer(drop=True), Answer(body=b"what?")]
    )
    async with journey.bridge() as bridge:
        playing = asyncio.create_task(journey.play(bridge, LONG, hold_before=120))
        (await journey.said(20)).drop_media()
        await journey.ready(bridge, 2)
        (await journey.said(40)).drop_signaling()
        await journey.ready(bridge, 3)
        await journey.said(60)
    async with journey.bridge() as bridge:
        await journey.ready(bridge, 4)
        (await journey.said(1)).go_on()
        outcome = await playing
        await journey.settled(bridge.store)
        exposition = bridge.metrics.exposition().decode()
    structlog.reset_defaults()
    logs = capsys.readouterr().err
    events = {json.loads(line)["event"] for line in logs.splitlines()}
    assert {
        "stream.event",
        "stream.state",
        "stream.interrupted",
        "stream.gap",
        "route.parked",
        "stream.settled",
    } <= events
    assert not {"part.broke", "event.not_taken", "stream.event_set_aside"} & events
    secrets = {"client-secret-K7", "secret-token-Q4", "sk-run-api", "sentence number"}
    secrets |= {name for line in outcome.delivered for name in (*line.speaker.split(), line.text)}
    from_bridge = [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith(("bridge", "uvicorn", "sqlalchemy"))
    ]
    everything = "\n".join([logs, exposition, *from_bridge])
    assert [secret for secret in secrets if secret in everything] == []


async def test_metrics(journey: Journey) -> None:
    """A session is counted: words, windows, runs, keep-alives, and nothing is left open."""
    async with journey.bridge() as bridge:
        outcome = await journey.play(bridge)
        await journey.settled(bridge.store)
        await until(lambda: b"bridge_sessions 0.0" in bridge.metrics.exposition())
        exposition = bridge.metrics.exposition().decode()
    windows = journey.check(outcome)
    assert f'bridge_utterances_total{{source="speech"}} {outcome.lines}.0' in exposition
    assert f'bridge_windows_total{{kind="live",route="notes"}} {len(windows) - 1}.0' in exposition
    assert f'bridge_runs_total{{route="notes",status="done"}} {len(windows)}.0' in exposition
    answered = sum(
        float(line.rsplit(" ", 1)[1])
        for line in exposition.splitlines()
        if line.startswith("bridge_keep_alives_total")
    )
    assert 0 <= answered - outcome.keep_alives_answered <= 2  # the last on each socket can meet the end


async def test_windows_close_by_words(journey: Journey) -> None:
    """A window closes at once when it has its words, long before its time."""
    rule = WindowRule(max_seconds=60, max_words=35, pause_seconds=60, min_words=1)
    lines = [
        replace(line, start_ms=n * 7 + n // 5 * 500, end_ms=n * 7 + n // 5 * 500 + 7)
        for n, line in enumerate(meeting(20).lines)
    ]
    in_fives = replace(meeting(), lines=tuple(lines))
    async with journey.bridge(ROUTE.model_copy(update={"window": rule})) as bridge:
        outcome = await journey.play(bridge, in_fives)
        await journey.settled(bridge.store)
    live = [window for window in journey.check(outcome) if window["kind"] == "live"]
    assert [len(window["utterances"]) for window in live] == [5, 5, 5, 5]
