"""A simulated Zoom, the real bridge in a process of its own and a stand-in for Langflow, on which schedules are played."""

from __future__ import annotations

import asyncio
import contextlib
import random
import tempfile
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.demo.langflow import free_port
from bridge.rtms.messages import StopReason
from bridge.simulator.stream import Patience
from bridge.simulator.zoom import Simulator
from bridge.store.pace import Pace
from bridge.store.query import Query
from bridge.store.reads import Reads
from bridge.store.sqlite import SqliteEngine
from tests.fakes.run_api import API_KEY, Answer, Run, RunApi
from tests.fakes.waiting import until
from tests.scenarios.checks import Course, Seen, problems
from tests.scenarios.process import BridgeProcess, Given
from tests.scenarios.schedules import compressed, meeting
from tests.scenarios.weather import Weather

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bridge.store.engine import Engine
    from tests.postgres_fixture import PostgresServer
    from tests.scenarios.schedules import Schedule

SPEED = 30.0
"""How many times faster than life, unless told otherwise: meeting, keep-alives, Zoom's patience and the bridge's."""
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where the database lies: at this speed, two seconds that a disk stalls are more than Zoom waits for anybody."""
RETRY_SECONDS = 5.0
"""After which Zoom sends a webhook again in bad weather, in seconds of the meeting: a start that is five minutes late saves no stream."""
SETTLING_SECONDS = 60
BLINK_SECONDS = 0.05
STALL_MS = 500
"""A schedule that failed tells nothing about the bridge where the machine stood still for longer."""
_WORDS = ("utterances", "windows", "happenings", "gaps", "recordings")


class Watchdog:
    """How long the machine stands still for those that are played on it.

    That is how late the event loop is that Zoom and the watchdog share, and how long within one second the system
    let the bridge's loop wait for a processor (Linux tells that; it is not what the bridge itself is busy with).
    """

    def __init__(self, bridge: BridgeProcess) -> None:
        self._bridge = bridge
        self._late: list[tuple[float, float]] = []

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._watch(), name="watchdog")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def worst_ms(self, since: float) -> float:
        """The longest since a time of the loop's clock."""
        return 1000 * max((late for at, late in self._late if at >= since), default=0.0)

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        starved = deque([self._bridge.starved_seconds], maxlen=round(1 / BLINK_SECONDS))
        while True:
            due = loop.time() + BLINK_SECONDS
            await asyncio.sleep(BLINK_SECONDS)
            starved.append(self._bridge.starved_seconds)
            late = max(loop.time() - due, starved[-1] - starved[0])
            if late > BLINK_SECONDS:
                self._late.append((loop.time(), late))


class Stage:
    """What :func:`staged` gives."""

    def __init__(
        self,
        zoom: Simulator,
        api: RunApi,
        engine: Engine,
        *,
        bridge: BridgeProcess,
        weather: Weather,
        webhook_url: str,
        speed: float,
        rough: bool,
    ) -> None:
        self.weather = weather
        self.watchdog = Watchdog(bridge)
        self.worst_keep_alive_ms = 0.0
        """The latest answer to a keep-alive beyond what the machine stood still."""
        self.revoked: list[int] = []
        """Seeds of meetings whose consent was revoked."""
        self._zoom, self._speed, self._rough = zoom, speed, rough
        self._engine, self._store = engine, Reads(engine, Pace())
        self._webhook_url = webhook_url
        self._courses: dict[str, Course] = {}
        api.otherwise = self._run_came

    def _run_came(self, run: Run) -> Answer:
        if self.weather.langflow is not None and self.weather.langflow.after is None:
            return self.weather.langflow
        self._courses[run.window["stream_id"]].came(run.window, time.time())
        return self.weather.langflow or Answer()

    async def play(self, plan: Schedule) -> list[str]:
        """Play a schedule to its end; what the bridge did wrong."""
        stream_id, course = f"stream-{plan.seed}", Course()
        self._courses[stream_id] = course
        began, kills = asyncio.get_running_loop().time(), len(self.weather.kills)
        outcome = await self._zoom.play(
            meeting(plan.seed, self._speed),
            webhook_url=self._webhook_url,
            stream_id=stream_id,
            meeting_uuid=f"meeting-{plan.seed}==",
            webhook_retry_seconds=(RETRY_SECONDS / self._speed,) * 200 if self._rough else None,
            faults=compressed(plan.script, self._speed),
            progress=lambda progress: course.tell(progress, time.time()),
        )
        if outcome.stop_reason is StopReason.STREAM_REVOKED:
            self.revoked.append(plan.seed)
        try:
            await until(
                lambda: plan.unheard or outcome.stop_reason is StopReason.STREAM_REVOKED or course.reported,
                seconds=SETTLING_SECONDS,
            )
            await until(lambda: self._is_settled(stream_id, outcome.meeting_uuid), seconds=SETTLING_SECONDS)
        except AssertionError:
            return [f"it was not settled; the stream is {await self._store.stream(stream_id)}"]
        stalled_ms = self.watchdog.worst_ms(began)
        late = max(outcome.keep_alive_answer_ms, default=0) - stalled_ms
        self.worst_keep_alive_ms = max(self.worst_keep_alive_ms, late)
        seen = Seen(
            plan=plan,
            course=course,
            outcome=outcome,
            heard=self._zoom.playbacks[stream_id].heard,
            stream=await self._store.stream(stream_id),
            utterances=await self._store.utterances(stream_id),
            marked=await self._store.gaps(stream_id),
            left=await self._left(stream_id),
            speed=self._speed,
            rough=self._rough,
            kills=self.weather.kills[kills:],
            stalled_ms=stalled_ms,
        )
        return list(problems(seen))

    async def _is_settled(self, stream_id: str, meeting_uuid: str) -> bool:
        left = {stream.stream_id for stream in await self._store.streams_to_settle()}
        left |= {event.stream_id for event in await self._store.events_to_handle()}
        deleting = {deletion.meeting_uuid for deletion in await self._store.deletions()}
        return stream_id not in left and meeting_uuid not in deleting

    async def _left(self, stream_id: str) -> Counter[str]:
        of_stream = ("stream_id", "=", stream_id)
        rows = {
            table: len(await self._engine.read(Query(table, (of_stream,), ("stream_id",))))
            for table in _WORDS
        }
        events = await self._engine.read(Query("events", (of_stream,), ("body",)))
        return +Counter({**rows, "events": sum(bool(row["body"]) for row in events)})


def zoom_at(speed: float) -> Simulator:
    """A Zoom whose clocks run so many times as fast."""
    return Simulator(
        client_id="client",
        client_secret="client-secret",
        secret_token="secret-token",
        keep_alive_seconds=10 / speed,
        farewell_seconds=6 / speed,
        patience=Patience().scaled(speed),
    )


def settings(api: RunApi, port: int, store_url: str) -> dict[str, Any]:
    """Those of a bridge that :func:`zoom_at` knows, with a stand-in for Langflow."""
    return {
        "zoom_secret_token": "secret-token",
        "ZOOM_CLIENT_ID": "client",
        "ZOOM_CLIENT_SECRET": "client-secret",
        "langflow_url": api.url,
        "langflow_api_key": API_KEY,
        "bridge_port": port,
        "bridge_admin_port": 0,
        "bridge_store_url": store_url,
        "bridge_allowed_hosts": "127.0.0.1",
    }


@contextlib.asynccontextmanager
async def staged(
    folder: Path, *, speed: float, storms: int | None = None, postgres: PostgresServer | None = None
) -> AsyncIterator[Stage]:
    """A stage whose every clock runs ``speed`` times as fast.

    ``storms`` is the seed of bad weather, if there is any; the store is a SQLite file, or on the server that is given.
    """
    zoom = zoom_at(speed)
    database = folder / "bridge.db"
    store_url = f"sqlite:///{database}" if postgres is None else postgres.database()
    async with zoom, RunApi().listening() as api:
        port = free_port()
        bridge = BridgeProcess(Given(settings=settings(api, port, store_url), speed=speed))
        await bridge.start()
        chance = random.Random(storms)  # noqa: S311 - a seed must give the same again
        weather = Weather(chance, bridge, database=None if postgres else database, postgres=postgres)
        try:
            async with looking(store_url, database) as engine:
                stage = Stage(
                    zoom,
                    api,
                    engine,
                    bridge=bridge,
                    weather=weather,
                    webhook_url=f"http://127.0.0.1:{port}/webhook",
                    speed=speed,
                    rough=storms is not None,
                )
                async with stage.watchdog.watching():
                    yield stage
        finally:
            await bridge.stop()
        if api.faults:
            raise AssertionError(f"windows that break promises: {api.faults[:3]}")


@contextlib.asynccontextmanager
async def looking(store_url: str, database: Path) -> AsyncIterator[Engine]:
    """The database as another program sees it, which only reads."""
    engine: Engine
    if store_url.startswith("sqlite"):
        engine = await SqliteEngine.open(database, busy_seconds=5)
    else:
        from sqlalchemy import make_url

        from bridge.store.opening import _options
        from tests.scenarios.onlooker import Onlooker

        engine = Onlooker(_options(make_url(store_url)))
        await engine.start()
    try:
        yield engine
    finally:
        await engine.close()


@dataclass(kw_only=True)
class Played:
    """How schedules went."""

    wrong: dict[int, list[str]] = field(default_factory=dict)
    """What the bridge did wrong, by seed; empty where it did nothing wrong."""
    void: dict[int, list[str]] = field(default_factory=dict)
    """What was wrong where it tells nothing, as the machine stood still."""
    storms: Counter[str] = field(default_factory=Counter)
    worst_keep_alive_ms: float = 0.0
    slowest_start_seconds: float = 0.0
    """From a kill to the next process that listens."""


async def play_all(
    plans: Sequence[Schedule],
    *,
    at_once: int,
    speed: float = SPEED,
    storms: int | None = None,
    postgres: PostgresServer | None = None,
) -> Played:
    """Play schedules, so many at once. The rest as for :func:`staged`."""
    played, free = Played(), asyncio.Semaphore(at_once)

    async def one(stage: Stage, plan: Schedule) -> None:
        async with free:
            began = asyncio.get_running_loop().time()
            if not (wrong := await stage.play(plan)):
                return
            if stage.watchdog.worst_ms(began) > STALL_MS:
                played.void[plan.seed] = wrong
            else:
                played.wrong[plan.seed] = wrong

    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        async with staged(Path(folder), speed=speed, storms=storms, postgres=postgres) as stage:
            async with (
                stage.weather.blowing() if storms is not None else contextlib.nullcontext(),
                asyncio.TaskGroup() as group,
            ):
                for plan in plans:
                    group.create_task(one(stage, plan), name=f"schedule {plan.seed}")
            played.storms, played.worst_keep_alive_ms = stage.weather.storms, stage.worst_keep_alive_ms
            played.slowest_start_seconds = max(stage.weather.starts, default=0.0)
            revoked = stage.revoked
        for seed in _told_by_files(Path(folder), revoked):
            played.wrong.setdefault(seed, []).append("consent was revoked, and a file still has words of it")
    return played


def _told_by_files(folder: Path, seeds: Sequence[int]) -> list[int]:
    """Of which meetings the files hold words."""
    content = b"".join(file.read_bytes() for file in folder.iterdir())
    return [seed for seed in seeds if f"of meeting {seed}.".encode() in content]
