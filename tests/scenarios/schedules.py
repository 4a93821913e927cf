"""Random schedules of faults over a ten-minute meeting, played at the real bridge, many at once.

``python -m tests.scenarios.schedules --count 500 --seed 1`` plays 500 and says which of them the bridge failed, with
the seed that plays each again on its own.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import re
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from bridge.app import running_bridge
from bridge.flow.routes import Route, WindowRule
from bridge.logs import configure_logs
from bridge.rtms import patience as bridge_patience
from bridge.rtms.connection import MAX_FRAME_BYTES
from bridge.rtms.messages import StatusCode, StopReason
from bridge.rtms.status import stop_words
from bridge.session.ruling import OVER
from bridge.settings import Settings
from bridge.simulator.fault_kinds import AcceptAndDrop, Fault, Garbage, Oddity
from bridge.simulator.faults import FaultScript
from bridge.simulator.meeting import FIRST_USER_ID, USER_ID_STEP, Line, Meeting
from bridge.simulator.progress import Progress, Step
from bridge.simulator.stream import Patience
from bridge.simulator.zoom import Simulator
from bridge.transcript.utterance import UNKNOWN_SPEAKER
from tests.fakes.run_api import API_KEY, FLOW, Answer, Run, RunApi
from tests.fakes.waiting import until
from tests.scenarios.weather import Weather

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from bridge.app import Bridge
    from bridge.simulator.outcome import Outcome

SPEED = 30.0
"""How many times faster than life, unless told otherwise: meeting, keep-alives, Zoom's patience and the bridge's."""
MEETING_SECONDS = 600
PASSING = (8, 45, 99, 130)
"""Status codes after which the same handshake may succeed."""
FATAL = (StatusCode.INVALID_RTMS_STREAM_ID, StatusCode.INVALID_SIGNATURE, StatusCode.INVALID_PAYLOAD)
SLACK_SECONDS = 4.5
"""How far apart the clocks of two tasks in one busy process may read, in seconds of the meeting; 0.15 real ones at thirty times its speed."""
ENDING_SECONDS = 60
"""From the stream's end to its final window, on a busy machine, in seconds of the meeting; two real ones."""
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where the database lies: at this speed, two seconds that a disk stalls are more than Zoom waits for anybody."""
LOSSES = {"drop", "half_open", "media_interrupted", "signal_interrupted", "interrupted_webhook", "failover"}
"""Kinds of faults that may cost a connection."""


_SENTENCE = re.compile(r"Sentence \d+ of meeting \d+\.")

Tables = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """What goes wrong in one meeting, and how that must end."""

    seed: int
    script: FaultScript
    reasons: tuple[str, ...]
    """Words of which one must be in the stored reason of the stream's end."""
    ends_by: float | None = None
    """When it has to be over at the latest, in seconds of the meeting; ``None`` where it recovers."""
    unheard: bool = False
    """Whether the bridge is never to dial at all."""
    revoked: bool = False
    """Whether everything has to be deleted in the end."""

    @property
    def losses(self) -> int:
        """How many connections faults may cost."""
        cut = sum(fault.count for fault in self.script.fault if isinstance(fault, AcceptAndDrop))
        return cut + sum(fault.kind in LOSSES or _is_too_large(fault) for fault in self.script.fault)

    @property
    def back_within(self) -> float:
        """How long the bridge may be away at a time, in seconds of the meeting.

        Only a silent socket takes longer, as nothing but 65 s of silence tells of it.
        """
        return 65 + 60 if any(fault.kind == "half_open" for fault in self.script.fault) else 60

    @property
    def recoverable(self) -> bool:
        """Whether the meeting goes on to its end."""
        return self.ends_by is None


def _is_too_large(fault: Fault) -> bool:
    return isinstance(fault, Garbage) and fault.shape == "huge" and fault.size_bytes > MAX_FRAME_BYTES


@dataclass(kw_only=True)
class Course:
    """What was seen while a schedule was played. Times are UTC seconds."""

    lost: list[tuple[float, Line]] = field(default_factory=list)
    begun: float = 0.0
    windows: list[dict[str, Any]] = field(default_factory=list)
    """Windows that came, each as often as it did."""
    reported: float = 0.0
    """When the final window arrived."""

    def tell(self, progress: Progress) -> None:
        """Take a step."""
        if progress.step is Step.READY and not self.begun:
            self.begun = time.time()
        if progress.step is Step.LOST and progress.line is not None:
            self.lost.append((time.time(), progress.line))


# What goes wrong


def schedule(seed: int) -> Schedule:
    """The schedule of a seed: about one in five cannot be recovered from."""
    chance = random.Random(seed)  # noqa: S311 - a seed must give the same schedule again
    light = [_light(chance) for _ in range(chance.randrange(5))]
    times = [at + chance.uniform(0, 40) for at in (50, 190, 330, 470)]
    heavy = [table for at in chance.sample(times, chance.randrange(4)) for table in _heavy(chance, at)]
    recovered = [*_start(chance), *light, *heavy, *_end(chance)]
    if chance.random() < 0.8:
        reasons = (stop_words(StopReason.MEETING_ENDED), "status 2")
        return Schedule(seed=seed, script=_script(recovered), reasons=reasons)
    return _unrecoverable(seed, chance, light)


def _script(tables: Tables) -> FaultScript:
    return FaultScript.model_validate({"fault": tables})


def _light(chance: random.Random) -> dict[str, Any]:
    """Something that costs no connection."""
    at = chance.uniform(5, MEETING_SECONDS - 30)
    oddities = [each for each in get_args(Oddity) if each != "no_times"]
    shapes = ("not_json", "truncated", "no_object", "deep", "huge", "wrong_types", "empty", "not_utf8")
    side = chance.choice(("signaling", "media"))
    kinds: Tables = [
        {"kind": "start_again", "count": chance.randrange(1, 3)},
        {"kind": "pause", "seconds": chance.uniform(5, 40)},
        {"kind": "repeat", "lines": chance.randrange(1, 10)},
        {"kind": "burst", "lines": chance.randrange(2, 15), "backwards": chance.random() < 0.5},
        *({"kind": "odd_lines", "oddity": each, "lines": chance.randrange(1, 20)} for each in oddities),
        {"kind": "unknown_messages", "socket": side},
        {"kind": "garbage", "socket": side, "shape": chance.choice(shapes)},
        {"kind": "bare_keep_alives", "socket": side, "count": chance.randrange(1, 4)},
        {"kind": "session_stopped"},
        {"kind": "odd_people"},
        {"kind": "odd_webhooks"},
        {
            "kind": "trickle",
            "socket": side,
            "messages": chance.randrange(1, 9),
            "size_bytes": chance.choice((1, 7)),
        },
    ]
    wanted = chance.choice(sorted({table["kind"] for table in kinds}))
    chosen = chance.choice([table for table in kinds if table["kind"] == wanted])
    return {"at_seconds": at, **chosen}


def _heavy(chance: random.Random, at: float) -> Tables:
    """Something that costs a connection, and perhaps more before it is back; over within Zoom's 60 s."""
    drop = {
        "at_seconds": at,
        "kind": "drop",
        "sockets": chance.choice(("signaling", "media", "both")),
        "told": chance.random() < 0.7,
        "repeat_lines": chance.choice((0, 0, 2, 5)),
    } | chance.choice(({}, {"code": 1000}, {"code": 1001}, {"code": 1011}))
    side = "media" if drop["sockets"] == "media" else chance.choice(("signaling", "media"))
    before, soon = at - 0.5, at + chance.uniform(0.1, 4)
    more: list[Tables] = [
        [],
        [
            {
                "at_seconds": before,
                "kind": "refuse",
                "socket": side,
                "status": chance.choice(PASSING),
                "count": 2,
            }
        ],
        [{"at_seconds": before, "kind": "slow_handshake", "socket": side, "seconds": chance.uniform(1, 8)}],
        [{"at_seconds": before, "kind": "no_handshake", "socket": side}],
        [{"at_seconds": before, "kind": "accept_and_drop", "socket": side, "count": chance.randrange(1, 4)}],
        [{"at_seconds": before, "kind": "early_messages", "socket": side}],
        [{"at_seconds": soon, "kind": "drop", "told": chance.random() < 0.5}],
        [{"at_seconds": soon, "kind": "failover", "old": chance.choice(("dropped", "silent"))}],
        [{"at_seconds": soon, "kind": "interrupted_webhook"}],
        [{"at_seconds": soon, "kind": "media_interrupted", "lost": False}],
    ]
    others: list[Tables] = [
        [drop | {"hold_seconds": chance.uniform(1, 25)}],
        [{"at_seconds": at, "kind": "half_open", "sockets": chance.choice(("signaling", "media", "both"))}],
        [{"at_seconds": at, "kind": "failover", "old": chance.choice(("dropped", "silent"))}],
        [{"at_seconds": at, "kind": "failover", "old": "silent", "same_time": True}],
        [{"at_seconds": at, "kind": "interrupted_webhook"}],
        [{"at_seconds": at, "kind": "signal_interrupted", "lost_after_seconds": chance.uniform(0, 10)}],
        [
            {
                "at_seconds": at,
                "kind": "media_interrupted",
                "lost": chance.random() < 0.7,
                "as_state": chance.random() < 0.4,
            }
        ],
        [{"at_seconds": at, "kind": "garbage", "shape": "huge", "size_bytes": 2_000_000}],
    ]
    return [drop, *chance.choice(more)] if chance.random() < 0.5 else chance.choice(others)


def _start(chance: random.Random) -> Tables:
    side = chance.choice(("signaling", "media"))
    refused = {
        "kind": "refuse",
        "socket": side,
        "status": chance.choice(PASSING),
        "count": chance.randrange(1, 4),
    }
    given_up = {"kind": "refuse", "status": int(chance.choice(FATAL))}
    choices: list[Tables] = [
        [],
        [],
        [refused],
        [{"kind": "slow_handshake", "socket": side, "seconds": chance.uniform(1, 10)}],
        [{"kind": "no_handshake", "socket": side}],
        [{"kind": "accept_and_drop", "socket": side, "count": chance.randrange(1, 4)}],
        [{"kind": "early_messages", "socket": side}],
        [given_up, {"kind": "start_anew", "after_seconds": chance.uniform(1, 20)}],
    ]
    return chance.choice(choices)


def _end(chance: random.Random) -> Tables:
    stops: list[Tables] = [
        [],
        [],
        [{"kind": "stop_webhook", "delay_seconds": chance.uniform(1, 60)}],
        [{"kind": "stop_webhook", "missing": True}],
        [{"kind": "stop_webhook", "message_missing": True}],
        [{"kind": "stop_webhook", "missing": True, "message_missing": True}],
    ]
    late: list[Tables] = [
        [],
        [{"kind": "late_webhooks", "started": chance.randrange(3), "stopped": chance.randrange(3)}],
        [{"kind": "late_words", "lines": chance.randrange(1, 5)}],
    ]
    return chance.choice(stops) + chance.choice(late)


def _unrecoverable(seed: int, chance: random.Random, light: Tables) -> Schedule:
    """Something after which the stream is over before the meeting is."""
    at = chance.uniform(60, MEETING_SECONDS - 150)
    before = [table for table in light if table["at_seconds"] < at]
    drop = {"at_seconds": at, "kind": "drop", "sockets": chance.choice(("signaling", "both"))}
    fatal = int(chance.choice(FATAL))
    passing = chance.choice(PASSING)
    awaited = stop_words(StopReason.AWAIT_RECONNECTION_TIMEOUT)
    reason = chance.choice([each for each in StopReason if each is not StopReason.MEETING_ENDED])
    connect = stop_words(StopReason.CONNECTION_TIMEOUT)
    choices: list[tuple[Tables, tuple[str, ...], float]] = [
        ([{"kind": "refuse", "status": fatal}], (f"status {fatal}:",), 5),
        ([{"kind": "refuse", "socket": "media", "status": 12}], ("status 12:",), 5),
        ([{"kind": "refuse", "status": passing, "count": 1000}], (f"status {passing}:", connect), 65),
        ([{"kind": "no_handshake", "count": 1000}], ("an answer to the handshake", connect), 80),
        ([drop, {"at_seconds": at - 0.5, "kind": "refuse", "status": fatal}], (f"status {fatal}:",), at + 5),
        ([drop | {"hold_seconds": 3600}], ("status 8:", awaited), at + 65),
        (
            [
                drop,
                {"at_seconds": at - 0.5, "kind": "refuse", "socket": "media", "status": 16, "count": 1000},
            ],
            ("status 16:", awaited),
            at + 70,
        ),
        (
            [drop, {"at_seconds": at - 0.5, "kind": "no_handshake", "count": 1000}],
            ("an answer to the handshake", awaited),
            at + 80,
        ),
        ([{"at_seconds": at, "kind": "end", "reason": int(reason)}], (stop_words(reason),), at + 5),
        ([{"kind": "stop_first"}], (stop_words(StopReason.MEETING_ENDED),), 5),
    ]
    tables, reasons, ends_by = chance.choice(choices)
    return Schedule(
        seed=seed,
        script=_script([*before, *tables]),
        reasons=reasons,
        ends_by=ends_by,
        unheard=tables[0]["kind"] == "stop_first",
        revoked=tables[0].get("reason") == StopReason.STREAM_REVOKED,
    )


def meeting(seed: int) -> Meeting:
    """Ten minutes of four people, a line every five seconds or so; no two lines are the same."""
    chance = random.Random(seed)  # noqa: S311 - a seed must give the same meeting again
    lines: list[Line] = []
    at = 0.0
    while at < MEETING_SECONDS:
        who = chance.randrange(4)
        end = at + chance.uniform(1, 8)
        lines.append(
            Line(
                start_ms=int(at * 1000),
                end_ms=int(end * 1000),
                user_id=FIRST_USER_ID + USER_ID_STEP * who,
                speaker=("Dana", "Eli", "Noor", "Sam")[who],
                text=f"Sentence {len(lines) + 1} of meeting {seed}.",
            )
        )
        at = end + chance.uniform(0, 1)
    return Meeting(title=f"meeting {seed}", lines=tuple(lines))


# Playing


class Stage:
    """A simulated Zoom, the real bridge and a stand-in for Langflow, on which schedules are played."""

    def __init__(
        self, zoom: Simulator, bridge: Bridge, api: RunApi, weather: Weather, *, speed: float
    ) -> None:
        self._zoom, self._bridge, self._speed = zoom, bridge, speed
        self.weather = weather
        self._courses: dict[str, Course] = {}
        api.otherwise = self._run_came

    def _run_came(self, run: Run) -> Answer:
        if self.weather.langflow is not None:
            return self.weather.langflow
        window = run.window
        course = self._courses[window["stream_id"]]
        course.windows.append(window)
        if window["kind"] == "final":
            course.reported = time.time()
        return Answer()

    async def play(self, plan: Schedule) -> list[str]:
        """Play a schedule to its end; what the bridge did wrong."""
        stream_id, course = f"stream-{plan.seed}", Course()
        self._courses[stream_id] = course
        outcome = await self._zoom.play(
            meeting(plan.seed),
            webhook_url=self._bridge.webhook_url,
            speed=self._speed,
            stream_id=stream_id,
            faults=plan.script,
            progress=course.tell,
        )
        try:
            await until(lambda: plan.unheard or course.reported, seconds=60)
        except AssertionError:
            stream = await self._bridge.store.stream(stream_id)
            return [f"no final window came; the stream's state is {stream and stream.state}"]

        async def settled() -> bool:
            store = self._bridge.store
            left = [stream.stream_id for stream in await store.streams_to_settle()]
            return (
                stream_id not in left and not await store.events_to_handle() and not await store.deletions()
            )

        try:
            await until(settled, seconds=30)
        except AssertionError:
            store = self._bridge.store
            left = [stream.stream_id for stream in await store.streams_to_settle()]
            return [
                f"not settled: {[(s.stream_id, s.state) for s in await store.streams_to_settle() if s.stream_id == stream_id]}, {len(left)} left, {len(await store.events_to_handle())} events, {await store.deletions()}"
            ]
        await self._bridge.store.flush()
        return [problem async for problem in self._problems(plan, course, outcome)]

    async def _problems(self, plan: Schedule, course: Course, outcome: Outcome) -> AsyncIterator[str]:
        store, stream_id = self._bridge.store, outcome.stream_id
        stream = await store.stream(stream_id)
        if stream is None:
            yield f"the bridge does not know it; its webhooks: {[each.status for each in outcome.webhooks]}"
            return
        if stream.state not in OVER:  # lost, where Zoom never told of the end
            yield f"its state is {stream.state}"
        if not any(reason in stream.end_reason for reason in plan.reasons):
            yield f"it ended because '{stream.end_reason}' instead of {plan.reasons}"
        if plan.unheard:
            if outcome.signaling_connections:
                yield "a stream that was over before it was announced was dialled"
            return
        utterances = await store.utterances(stream_id)
        if plan.revoked:
            if utterances or await store.gaps(stream_id):
                yield "consent was revoked, and not everything was deleted"
            return
        if [each.n for each in utterances] != list(range(1, len(utterances) + 1)):
            yield "the numbering has holes"
        texts = Counter(_sentence(each.text) for each in utterances)
        if twice := [text for text, count in texts.items() if count > 1]:
            yield f"stored twice: {twice}"
        slack = SLACK_SECONDS / self._speed
        heard = {line.text: line for line in outcome.delivered}
        if unknown := texts.keys() - heard.keys():
            yield f"stored and never delivered: {sorted(unknown)}"
        for each in utterances:
            line = heard.get(_sentence(each.text))
            if line is not None and not each.speaker.startswith((line.speaker, UNKNOWN_SPEAKER)):
                yield f"'{line.text}' was said by {line.speaker}, not by {each.speaker!r}"
        marked_gaps = await store.gaps(stream_id)
        gaps = [(gap.from_ms / 1000, gap.to_ms / 1000) for gap in marked_gaps]
        for each in self._zoom.playbacks[stream_id].heard:
            # What was written to a socket in the moment of its loss may not arrive; then it is in the gap.
            marked = any(start - slack <= each.at <= end for start, end in gaps)
            if each.line.text not in texts and not marked:
                yield f"delivered, not stored and in no gap: '{each.line.text}' at {each.at:.3f}; gaps {gaps}"
        for problem in _window_problems(
            course.windows,
            [each.id for each in utterances],
            gaps,
            given_up=any(fault.kind == "start_anew" for fault in plan.script.fault),
        ):
            yield problem
        if plan.ends_by is not None:
            if outcome.stop_reason is StopReason.MEETING_ENDED:
                yield "the meeting went on to its end"
            late = (course.reported - course.begun) * self._speed
            if late > plan.ends_by + ENDING_SECONDS and course.begun:
                yield f"it was over after {late:.0f} s of the meeting instead of {plan.ends_by:.0f}"
            return
        if outcome.stop_reason is not StopReason.MEETING_ENDED:
            late = [each.event for each in outcome.webhooks if each.attempts > 1]
            yield f"Zoom ended the stream: {outcome.stop_reason.name}; webhooks that were not taken at once: {late}"
        for at, line in course.lost:
            if not any(start - slack <= at <= end + slack for start, end in gaps):
                yield f"'{line.text}' was lost and is in no gap"
        told = [each.at for each in self._zoom.playbacks[stream_id].heard if each.line.text in texts]
        for start, end in gaps:
            if any(start + slack < at < end - slack for at in told):
                yield "words were heard in the middle of a gap"
        # One that learns of the end only from a refusal cannot know that nothing was said since it was cut off.
        reconnected = [gap for gap in marked_gaps if gap.reason == "reconnect"]
        if len(reconnected) > min(outcome.media_connections - 1, 2 * plan.losses):
            yield f"{len(reconnected)} gaps with {outcome.media_connections} media connections and {plan.losses} losses"
        longest = max((end - start for start, end in gaps), default=0.0) * self._speed
        if longest > plan.back_within:
            yield f"it was away for {longest:.0f} s of the meeting instead of {plan.back_within:.0f}"


def _sentence(text: str) -> str:
    """The sentence of the meeting in a stored text, without what an odd line has behind it."""
    found = _SENTENCE.match(text)
    return found[0] if found else text


def _window_problems(
    windows: list[dict[str, Any]], ids: list[str], gaps: list[tuple[float, float]], *, given_up: bool
) -> Iterable[str]:
    once = {window["window_id"]: window for window in windows}
    if (
        len(once) != len(windows) and not given_up
    ):  # a run under way when it was taken up is sent again, as it was
        yield "a window was sent twice"
    windows = list(once.values())
    live = [said["id"] for window in windows if window["kind"] == "live" for said in window["utterances"]]
    if sorted(live) != ids:
        yield f"live windows carry {len(live)} utterances, {len(set(live))} different ones, instead of {len(ids)}"
    final = [window for window in windows if window["kind"] == "final"]
    if len(final) not in ((1, 2) if given_up else (1,)):  # one when it was given up, one when it was over
        yield f"{len(final)} final windows"
        return
    if sorted(said["id"] for said in final[-1]["utterances"]) != ids:
        yield "the final window does not have all utterances"
    told = [(gap["from_ms"] / 1000, gap["to_ms"] / 1000) for gap in final[-1]["gaps"]]
    if told != gaps:
        yield "the final window does not have all gaps"
    told = [
        (gap["from_ms"] / 1000, gap["to_ms"] / 1000)
        for window in windows
        if window["kind"] == "live"
        for gap in window["gaps"]
    ]
    if told != gaps[: len(told)]:
        yield "live windows do not tell of each gap once, in order"


@contextlib.asynccontextmanager
async def staged(folder: Path, *, speed: float, storms: int | None = None) -> AsyncIterator[Stage]:
    """A stage whose every clock runs ``speed`` times as fast; ``storms`` is the seed of bad weather, if there is any."""
    weather = Weather(random.Random(storms), folder / "bridge.db")  # noqa: S311 - a seed must give the same again
    zoom = Simulator(
        client_id="client",
        client_secret="client-secret",
        secret_token="secret-token",
        keep_alive_seconds=10 / speed,
        farewell_seconds=6 / speed,
        patience=Patience().scaled(speed),
    )
    route = Route(name="notes", flow=FLOW, window=WindowRule().scaled(speed))
    async with zoom, RunApi().listening() as api:
        settings = Settings(
            zoom_secret_token="secret-token",
            ZOOM_CLIENT_ID="client",
            ZOOM_CLIENT_SECRET="client-secret",
            langflow_url=api.url,
            langflow_api_key=API_KEY,
            bridge_port=0,
            bridge_admin_port=0,
            bridge_store_url=f"sqlite+aiosqlite:///{folder / 'bridge.db'}",
            bridge_allowed_hosts="127.0.0.1",
        )
        async with running_bridge(
            settings, [route], patience=bridge_patience.PATIENCE.scaled(speed)
        ) as bridge:
            yield Stage(zoom, bridge, api, weather, speed=speed)
            if api.faults:
                raise AssertionError(f"windows that break promises: {api.faults[:3]}")


async def play_all(
    plans: Iterable[Schedule], *, at_once: int, speed: float = SPEED, storms: int | None = None
) -> dict[int, list[str]]:
    """What the bridge did wrong, by seed; empty where it did nothing wrong. ``storms`` as for :func:`staged`."""
    wrong: dict[int, list[str]] = {}
    free = asyncio.Semaphore(at_once)

    async def one(stage: Stage, plan: Schedule) -> None:
        async with free:
            if problems := await stage.play(plan):
                wrong[plan.seed] = problems

    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        async with staged(Path(folder), speed=speed, storms=storms) as stage:
            async with (
                stage.weather.blowing() if storms is not None else contextlib.nullcontext(),
                asyncio.TaskGroup() as group,
            ):
                for plan in plans:
                    group.create_task(one(stage, plan), name=f"schedule {plan.seed}")
            if storms is not None and not stage.weather.storms:
                raise AssertionError("there was no weather")
    return wrong


def main() -> int:
    """Play schedules as the command line says."""
    import logging

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=500, help="how many schedules")
    parser.add_argument("--seed", type=int, default=1, help="the first one; the others follow it")
    parser.add_argument("--at-once", type=int, default=40, help="how many meetings at the same time")
    parser.add_argument("--speed", type=float, default=SPEED, help="how many times faster than life")
    parser.add_argument(
        "--storms", action="store_true", help="a database and a Langflow that misbehave meanwhile"
    )
    wanted = parser.parse_args()
    configure_logs(json=False, level=logging.ERROR)
    logging.getLogger("websockets.server").setLevel(
        logging.CRITICAL
    )  # it calls a client that leaves an error
    plans = [schedule(seed) for seed in range(wanted.seed, wanted.seed + wanted.count)]
    began = time.monotonic()
    wrong = asyncio.run(
        play_all(
            plans,
            at_once=wanted.at_once,
            speed=wanted.speed,
            storms=wanted.seed if wanted.storms else None,
        )
    )
    for plan in plans:
        for problem in wrong.get(plan.seed, []):
            kinds = ", ".join(fault.kind for fault in plan.script.fault)
            sys.stdout.write(f"seed {plan.seed}: {problem}\n    {kinds}\n")
    recoverable = sum(plan.recoverable for plan in plans)
    sys.stdout.write(
        f"{len(plans)} schedules, {recoverable} of them recoverable, in {time.monotonic() - began:.0f} s: "
        f"the bridge failed {len(wrong)}\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
