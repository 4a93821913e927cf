"""Three bridges on one PostgreSQL, behind a door that leads to those that live, and what befalls them.

``python -m tests.scenarios.replicas --minutes 30`` lets it befall them for as long as is wanted.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.demo.langflow import free_port
from bridge.logs import configure_logs
from bridge.rtms.messages import StopReason
from bridge.rtms.status import stop_words
from bridge.simulator.faults import FaultScript
from bridge.store.pace import Pace
from bridge.store.query import Query
from bridge.store.reads import Reads
from tests.fakes.run_api import Answer, Run, RunApi
from tests.fakes.waiting import until
from tests.postgres_fixture import running_postgres
from tests.scenarios.checks import Course, Seen, problems
from tests.scenarios.process import BridgeProcess, Given
from tests.scenarios.schedules import Schedule, meeting
from tests.scenarios.stage import looking, settings, zoom_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from bridge.simulator.outcome import Outcome
    from bridge.simulator.zoom import Simulator
    from bridge.store.engine import Engine
    from tests.postgres_fixture import PostgresServer

BRIDGES = 3
SPEED = 10.0
LEASE_SECONDS = 2.0
"""As long for a meeting at this speed as twenty seconds."""
CALM_SECONDS = (2.0, 4.0)
FROZEN = 1.2
"""For how many leases one is frozen: so long that others take over, and not so long that Zoom, whose three keep-alives
it leaves unanswered in thirty seconds of the meeting, ends its streams."""
SETTLING_SECONDS = 60
_ENDED = (stop_words(StopReason.MEETING_ENDED), "status 2")


class Wire:
    """A bridge's way to PostgreSQL, which can be cut: a socket of its own that leads to the server's."""

    def __init__(self, server: Path, folder: Path) -> None:
        self._server = server / ".s.PGSQL.5432"
        self.folder = folder
        self._listener: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._cut = False

    async def open(self) -> None:
        """Lead to the server from now on."""
        path = str(self.folder / ".s.PGSQL.5432")
        self._listener = await asyncio.start_unix_server(self._lead, path=path)

    def cut(self) -> None:
        """Drop what is connected, and whoever connects."""
        self._cut = True
        for end in self._ends:
            end.transport.abort()

    def mend(self) -> None:
        """Lead to the server again."""
        self._cut = False

    async def close(self) -> None:
        """Lead nowhere any more."""
        assert self._listener is not None
        self._listener.close()
        self.cut()

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.transport.abort()
            return
        there, back = await asyncio.open_unix_connection(str(self._server))
        await _join((reader, writer), (there, back), self._ends)


class Door:
    """One address for all bridges, as a load balancer's: each connection goes to one that lives, in turn."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.away: set[int] = set()
        """Ports that lead to nobody who answers, as health checks have found."""
        self._turn = itertools.cycle(ports)
        self._count = len(ports)
        self._listener: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()

    async def open(self) -> int:
        """Listen; gives the port."""
        self._listener = await asyncio.start_server(self._lead, "127.0.0.1", 0)
        return int(self._listener.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Listen no more."""
        assert self._listener is not None
        self._listener.close()

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for port in itertools.islice(self._turn, self._count):
            if port in self.away:
                continue
            with contextlib.suppress(OSError):
                await _join((reader, writer), await asyncio.open_connection("127.0.0.1", port), self._ends)
                return
        writer.transport.abort()


_Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _join(one: _Ends, other: _Ends, ends: set[asyncio.StreamWriter]) -> None:
    """Carry what either says to the other until one hangs up."""
    ends |= {one[1], other[1]}
    ways = [asyncio.create_task(_carry(one[0], other[1])), asyncio.create_task(_carry(other[0], one[1]))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for writer in (one[1], other[1]):
            writer.transport.abort() if writer.transport.is_closing() else writer.close()
            ends.discard(writer)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


@dataclass(kw_only=True)
class Replica:
    """One of the bridges."""

    process: BridgeProcess
    wire: Wire
    port: int


@dataclass(kw_only=True)
class Fate:
    """What befalls bridges, one at a time, whichever has the most meetings; at any moment two of three are well."""

    chance: random.Random
    replicas: Sequence[Replica]
    door: Door
    lease_seconds: float
    engine: Engine
    befallen: Counter[str] = field(default_factory=Counter)
    deaths: list[float] = field(default_factory=list)
    """When one was killed or frozen, UTC seconds."""
    killings: list[float] = field(default_factory=list)
    """When one was killed."""
    cuts: list[tuple[float, float]] = field(default_factory=list)
    """From when one was cut off until when it held its leases still."""
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @contextlib.asynccontextmanager
    async def befalling(self) -> AsyncIterator[None]:
        """Let it befall them while the block runs; all are well afterwards."""
        task = asyncio.create_task(self._befall(), name="fate")
        try:
            yield
        finally:
            self.over.set()
            await task

    async def _befall(self) -> None:
        fates: list[Callable[[Replica], Awaitable[None]]] = [
            self._killed, self._stopped, self._frozen, self._cut_off,
        ]  # fmt: skip
        self.chance.shuffle(fates)
        for fate in itertools.cycle(fates):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.over.wait(), self.chance.uniform(*CALM_SECONDS))
            if self.over.is_set():
                return
            await fate(await self._busiest())
            self.befallen[fate.__name__.strip("_")] += 1

    async def _busiest(self) -> Replica:
        """Which one has the most meetings."""
        pids = {
            row["replica"]: int(str(row["name"]).rpartition(":")[2])
            for row in await self.engine.read(Query("replicas", columns=("replica", "name")))
        }
        held = Counter(
            pids.get(row["replica"])
            for row in await self.engine.read(Query("leases", columns=("replica", "stream_id")))
        )
        return max(self.replicas, key=lambda replica: held[replica.process.pid])

    async def _killed(self, replica: Replica) -> None:
        self.killings.append(time.time())
        self.deaths.append(self.killings[-1])
        self.door.away.add(replica.port)
        await replica.process.kill()
        await self._a_while()
        await replica.process.start()
        self.door.away.discard(replica.port)

    async def _stopped(self, replica: Replica) -> None:
        self.door.away.add(replica.port)
        await replica.process.stop()
        await self._a_while()
        await replica.process.start()
        self.door.away.discard(replica.port)

    async def _frozen(self, replica: Replica) -> None:
        self.deaths.append(time.time())
        self.door.away.add(replica.port)
        replica.process.freeze()
        await asyncio.sleep(FROZEN * self.lease_seconds)
        replica.process.thaw()
        self.door.away.discard(replica.port)

    async def _cut_off(self, replica: Replica) -> None:
        now = time.time()
        self.cuts.append((now, now + self.lease_seconds / 2))
        self.door.away.add(replica.port)
        replica.wire.cut()
        await self._a_while()
        replica.wire.mend()
        self.door.away.discard(replica.port)

    async def _a_while(self) -> None:
        await asyncio.sleep(self.lease_seconds * self.chance.uniform(0.3, 2.5))


@dataclass(kw_only=True)
class Played:
    """How it went."""

    wrong: dict[int, list[str]] = field(default_factory=dict)
    befallen: Counter[str] = field(default_factory=Counter)
    meetings: int = 0
    utterances: int = 0
    sent_again: int = 0
    """Windows that came more than once, which they may when the bridge that had sent them died."""
    takeovers: list[float] = field(default_factory=list)
    """Seconds from a death to the moment from which another bridge heard a meeting of the dead one's."""


async def play(
    seeds: Sequence[int],
    *,
    seconds: float,
    fate: int,
    postgres: PostgresServer,
    speed: float = SPEED,
    lease_seconds: float = LEASE_SECONDS,
) -> Played:
    """Play meetings of so many seconds, all at once, while chance of a seed befalls the bridges that hear them."""
    played = Played(meetings=len(seeds))
    zoom = zoom_at(speed)
    courses: dict[str, Course] = {f"stream-{seed}": Course() for seed in seeds}
    with tempfile.TemporaryDirectory(prefix="zb-") as name:
        async with zoom, RunApi().listening() as api, contextlib.AsyncExitStack() as stack:
            url = postgres.database()

            def run_came(run: Run) -> Answer:
                courses[run.window["stream_id"]].came(run.window, time.time())
                return Answer()

            api.otherwise = run_came
            replicas = [
                await stack.enter_async_context(_replica(Path(name) / str(n), url, api, speed, lease_seconds))
                for n in range(BRIDGES)
            ]
            door = Door([replica.port for replica in replicas])
            webhook_url = f"http://127.0.0.1:{await door.open()}/webhook"
            stack.push_async_callback(door.close)
            engine = await stack.enter_async_context(looking(url, Path(name)))
            chance = random.Random(fate)  # noqa: S311 - the same again
            fates = Fate(
                chance=chance, replicas=replicas, door=door, lease_seconds=lease_seconds, engine=engine
            )

            async def one(seed: int) -> Outcome:
                course = courses[f"stream-{seed}"]
                return await zoom.play(
                    meeting(seed, speed, seconds=seconds),
                    webhook_url=webhook_url,
                    stream_id=f"stream-{seed}",
                    meeting_uuid=f"meeting-{seed}==",
                    webhook_retry_seconds=(0.5,) * 200,
                    progress=lambda progress: course.tell(progress, time.time()),
                )

            async with fates.befalling():
                outcomes = await asyncio.gather(*(one(seed) for seed in seeds))
            played.befallen = fates.befallen
            for seed, outcome in zip(seeds, outcomes, strict=True):
                heard = _Heard(seed, courses[f"stream-{seed}"], outcome, zoom, fates, speed)
                if wrong := await heard.wrong():
                    played.wrong[seed] = wrong
                windows = Counter(window["window_id"] for window in heard.course.windows)
                played.sent_again += sum(count > 1 for count in windows.values())
                played.utterances += len(outcome.delivered)
                played.takeovers += await heard.takeovers()
        if api.faults:
            raise AssertionError(f"windows that break promises: {api.faults[:3]}")
    return played


@dataclass
class _Heard:
    """A meeting that was played, and what is left of it."""

    seed: int
    course: Course
    outcome: Outcome
    zoom: Simulator
    fates: Fate
    speed: float

    async def wrong(self) -> list[str]:
        """What is wrong with it once all bridges had time to hand in what they had heard."""
        last: list[str] = ["it was never looked at"]

        async def is_right() -> bool:
            last[:] = await self._look()
            return not last

        with contextlib.suppress(AssertionError):
            await until(is_right, seconds=SETTLING_SECONDS)
        return last

    async def takeovers(self) -> list[float]:
        """How long each death within the meeting left it unheard, in seconds."""
        gaps = await Reads(self.fates.engine, Pace()).gaps(f"stream-{self.seed}")
        return [
            gap.to_ms / 1000 - death
            for gap in gaps
            for death in self.fates.killings
            if gap.from_ms / 1000 <= death + 1 / self.speed and death < gap.to_ms / 1000
        ]

    async def _look(self) -> list[str]:
        store, stream_id = Reads(self.fates.engine, Pace()), f"stream-{self.seed}"
        if any(stream.stream_id == stream_id for stream in await store.streams_to_settle()):
            return ["it is not settled"]
        seen = Seen(
            plan=Schedule(seed=self.seed, script=FaultScript(), reasons=_ENDED),
            course=self.course,
            outcome=self.outcome,
            heard=self.zoom.playbacks[stream_id].heard,
            stream=await store.stream(stream_id),
            utterances=await store.utterances(stream_id),
            marked=await store.gaps(stream_id),
            left=Counter(),
            speed=self.speed,
            rough=True,
            kills=self.fates.deaths,
            stalled_ms=0.0,
            handed_over=self.fates.befallen["cut_off"] + self.fates.befallen["stopped"],
            frozen_ms=1000 * FROZEN * self.fates.lease_seconds,
        )
        return [*problems(seen), *_not_handed_in(seen, self.fates.cuts), *_told_otherwise(self.course)]


def _not_handed_in(seen: Seen, cuts: Sequence[tuple[float, float]]) -> list[str]:
    """What reached a bridge that was cut off and had its leases still is stored, by whichever bridge."""
    texts = seen.texts
    return [
        f"'{each.line.text}' was heard by a bridge that was cut off, and is not stored"
        for each in seen.heard
        if each.line.text not in texts and any(since <= each.at <= until for since, until in cuts)
    ]


def _told_otherwise(course: Course) -> list[str]:
    """A window that comes again is the same, whichever bridge sends it."""
    first: dict[str, object] = {}
    return [
        f"{window['window_id']} came again as another window"
        for window in course.windows
        if first.setdefault(window["window_id"], window) != window
    ]


@contextlib.asynccontextmanager
async def _replica(
    folder: Path, url: str, api: RunApi, speed: float, lease_seconds: float
) -> AsyncIterator[Replica]:
    await asyncio.to_thread(folder.mkdir)
    base, _, server = url.partition("?host=")
    wire = Wire(Path(server), folder)
    await wire.open()
    port = free_port()
    given = settings(api, port, f"{base}?host={folder}")
    process = BridgeProcess(Given(settings=given, speed=speed, lease_seconds=lease_seconds))
    await process.start()
    try:
        yield Replica(process=process, wire=wire, port=port)
    finally:
        await process.stop()
        await wire.close()


def main() -> int:
    """Play as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.scenarios.replicas", description=__doc__)
    parser.add_argument(
        "--minutes", type=float, default=10, help="how long the meetings are, as they are played"
    )
    parser.add_argument("--meetings", type=int, default=20, help="how many at the same time")
    parser.add_argument("--seed", type=int, default=1, help="of meetings and of what befalls the bridges")
    parser.add_argument("--speed", type=float, default=SPEED, help="how many times faster than life")
    parser.add_argument(
        "--lease", type=float, default=LEASE_SECONDS, help="seconds that a bridge lives unrenewed"
    )
    wanted = parser.parse_args()
    configure_logs(json=False, level=logging.CRITICAL)
    with running_postgres() as server:
        played = asyncio.run(
            play(
                range(wanted.seed, wanted.seed + wanted.meetings),
                seconds=wanted.minutes * 60 * wanted.speed,
                speed=wanted.speed,
                lease_seconds=wanted.lease,
                fate=wanted.seed,
                postgres=server,
            )
        )
    for seed, wrong in played.wrong.items():
        sys.stdout.write(f"meeting {seed}: {'; '.join(wrong)}\n")
    befallen = ", ".join(f"{count} x {kind}" for kind, count in sorted(played.befallen.items()))
    sys.stdout.write(
        f"{played.meetings} meetings, {played.utterances} utterances; {befallen}; {played.sent_again} windows sent again; "
        f"the slowest takeover of a killed one's meeting {max(played.takeovers, default=0.0):.1f} s; {len(played.wrong)} meetings wrong\n"
    )
    return 1 if played.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
