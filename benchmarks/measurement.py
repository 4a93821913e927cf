"""One measurement: a subject under a load, from its start to a check that nothing was lost."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import tempfile
import time
import wave
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import Measured, Pair
from benchmarks.load import UTTERANCE_MS, meeting, new_identity, run_api
from benchmarks.subject import Subject
from bridge.rtms.messages import MediaType
from bridge.simulator.progress import Progress, Step
from bridge.simulator.zoom import Simulator

if TYPE_CHECKING:
    from benchmarks.load import RunApi
    from benchmarks.subject import Usage
    from bridge.simulator.meeting import Meeting
    from bridge.simulator.outcome import Outcome

SPREAD_SECONDS = 20.0
"""Over which the meetings begin: as long as a window, so that windows close evenly."""
SETTLE_SECONDS = 3.0
"""From the last meeting's begin to the steady state."""
END_SECONDS = 120.0
"""Longest wait for the last window after the last meeting."""


class MeasurementError(Exception):
    """The subject lost something, so its figures mean nothing."""


async def measure_pair(meetings: int, seconds: float, *, speed: float = 1.0) -> Pair:
    """The bridge and the bare loop under the same load, one after the other.

    Each meeting has ``speed`` utterances in two seconds.

    Raises:
        MeasurementError: Something was lost, or the machine is too slow for the load.
        SubjectError: A process died.
    """
    return Pair(
        bridge=await _measure("bridge_process", meetings, seconds, speed),
        bare=await _measure("bare_loop", meetings, seconds, speed),
    )


async def measure_with_sound(meetings: int, seconds: float, *, sounding: int) -> Measured:
    """The bridge alone, which records the sound of so many of the meetings: 50 packets a second each.

    Raises:
        MeasurementError: Words or sound were lost, or the machine is too slow for the load.
        SubjectError: The process died.
    """
    return await _measure("bridge_process", meetings, seconds, 1.0, sounding=sounding)


async def _measure(
    module: str, meetings: int, seconds: float, speed: float, *, sounding: int = 0
) -> Measured:
    # Next to the sources, not in /tmp, which may be memory: the store has to meet a disk.
    with tempfile.TemporaryDirectory(prefix=".run-", dir=Path(__file__).parent) as name:
        async with run_api() as api, _zoom() as zoom:
            directory = Path(name)
            argument = _argument(module, zoom, api, directory)
            if sounding:
                argument |= {"bridge_record": "audio", "bridge_data_dir": str(directory / "data")}
            async with Subject.start(module, argument, directory) as subject:
                run = _Run(subject, zoom, api, meetings, seconds, speed, sounding=sounding)
                measured = await run.measure()
            if sounding:
                check_sound(directory / "data", zoom, sounding)
            return measured


def _zoom() -> Simulator:
    return Simulator(
        client_id="bench", client_secret=secrets.token_hex(16), secret_token=secrets.token_hex(16)
    )


def _argument(module: str, zoom: Simulator, api: RunApi, directory: Path) -> dict[str, object]:
    if module == "bare_loop":
        return {
            "client_id": zoom.client_id,
            "client_secret": zoom.client_secret,
            "signaling_url": zoom.signaling_url,
            "media_url": zoom.media_url,
        }
    return {
        "zoom_secret_token": zoom.secret_token,
        "ZOOM_CLIENT_ID": zoom.client_id,
        "ZOOM_CLIENT_SECRET": zoom.client_secret,
        "langflow_url": api.url,
        "bridge_port": 0,
        "bridge_admin_port": 0,
        "bridge_store_url": f"sqlite+aiosqlite:///{directory / 'bridge.db'}",
        "bridge_allowed_hosts": "127.0.0.1",
    }


class _Run:
    """The load on a subject. A subject with a webhook is told of meetings as Zoom does, the bare loop by an order."""

    def __init__(
        self,
        subject: Subject,
        zoom: Simulator,
        api: RunApi,
        meetings: int,
        seconds: float,
        speed: float,
        *,
        sounding: int,
    ) -> None:
        self._subject = subject
        self._zoom = zoom
        self._api = api
        self._meetings = meetings
        self._seconds = seconds
        self._speed = speed
        self._sounding = sounding
        self._webhook_url: str | None = subject.hello.get("webhook_url")
        self._ready = asyncio.Semaphore(0)

    async def measure(self) -> Measured:
        """Warm up, bring the meetings up, measure, let them end, and check that nothing was lost.

        Raises:
            MeasurementError: Something was lost, or the machine is too slow for the load.
        """
        chance = random.Random(self._meetings)
        # What a process loads once, and keeps, belongs to no meeting.
        warm_up = await self._play(meeting(20, chance), speed=20)
        await self._until_settled([warm_up])
        before = await self._subject.order({})

        spread = SPREAD_SECONDS if self._meetings > 1 else 0.0
        # Long enough for the last meeting to begin, and for the first not to end before the steady state does.
        lines = int((spread + SETTLE_SECONDS + self._seconds + 2) * 1000 / UTTERANCE_MS * self._speed) + 1
        async with asyncio.TaskGroup() as tasks:
            playing = []
            for n in range(self._meetings):
                # Spread evenly: the next meeting sounds whenever its share is due.
                sounds = n * self._sounding // self._meetings < (n + 1) * self._sounding // self._meetings
                playing.append(
                    tasks.create_task(
                        self._play(
                            meeting(lines, chance), speed=self._speed, ready=self._ready, sounds=sounds
                        )
                    )
                )
                await asyncio.sleep(spread / self._meetings)
            async with asyncio.timeout(END_SECONDS):
                for _ in playing:
                    await self._ready.acquire()
            await asyncio.sleep(SETTLE_SECONDS)
            begin, begin_cpu, begin_busy = await self._subject.order({}), time.process_time(), _busy_seconds()
            await asyncio.sleep(self._seconds)
            end, end_cpu, end_busy = await self._subject.order({}), time.process_time(), _busy_seconds()
            if any(task.done() for task in playing):
                raise MeasurementError(
                    "the meetings could not be brought up in time: the machine is too slow"
                )
        outcomes = [task.result() for task in playing]
        await self._until_settled(outcomes)
        return self._measured(before, begin, end, outcomes, end_cpu - begin_cpu, end_busy - begin_busy)

    async def _play(
        self,
        content: Meeting,
        *,
        speed: float,
        ready: asyncio.Semaphore | None = None,
        sounds: bool = False,
    ) -> Outcome:
        identity = new_identity()
        joining: list[asyncio.Task[Usage]] = []

        def progress(step: Progress) -> None:
            if step.step is Step.ANNOUNCED and self._webhook_url is None:
                joining.append(tasks.create_task(self._subject.order(asdict(identity))))
            if step.step is Step.READY and ready is not None:
                ready.release()

        async with asyncio.TaskGroup() as tasks:
            return await self._zoom.play(
                content,
                webhook_url=self._webhook_url,
                speed=speed,
                stream_id=identity.stream_id,
                meeting_uuid=identity.meeting_uuid,
                granted=MediaType.TRANSCRIPT | (MediaType.AUDIO if sounds else MediaType(0)),
                progress=progress,
            )

    async def _until_settled(self, outcomes: list[Outcome]) -> None:
        """Wait for the meetings' final windows and check that every word of them arrived as it should."""
        for outcome in outcomes:
            if not outcome.complete:
                raise MeasurementError(
                    f"a meeting broke off: {outcome.stop_reason.name}, {outcome.refusals[:3]}"
                )
        if self._webhook_url is None:
            return
        await self._api.finals({outcome.stream_id for outcome in outcomes}, timeout_seconds=END_SECONDS)
        carried: dict[tuple[str, str], list[int]] = defaultdict(list)
        for arrival in self._api.arrivals:
            carried[arrival.stream_id, arrival.kind] += arrival.positions
        for outcome in outcomes:
            everything = list(range(1, outcome.lines + 1))
            for kind in ("live", "final"):
                if carried[outcome.stream_id, kind] != everything:
                    raise MeasurementError(f"not every utterance was in exactly one {kind} window, in order")

    def _measured(
        self,
        before: Usage,
        begin: Usage,
        end: Usage,
        outcomes: list[Outcome],
        load_cpu_seconds: float,
        busy_seconds: float,
    ) -> Measured:
        written = {
            outcome.stream_id: [heard.at for heard in self._zoom.playbacks[outcome.stream_id].heard]
            for outcome in outcomes
        }
        seconds = end.at - begin.at
        cpu_seconds = end.cpu_seconds - begin.cpu_seconds
        return Measured(
            meetings=self._meetings,
            seconds=seconds,
            utterances=sum(begin.at <= at < end.at for times in written.values() for at in times),
            cpu_seconds=cpu_seconds,
            memory_bytes=end.rss_bytes - before.rss_bytes,
            keep_alive_ms=tuple(ms for outcome in outcomes for ms in outcome.keep_alive_answer_ms),
            own_delay_ms=tuple(delay * 1000 for at, delay in end.delays if at >= begin.at),
            outer_delay_ms=tuple(
                (arrival.at - written[arrival.stream_id][arrival.positions[-1] - 1]) * 1000
                for arrival in self._api.arrivals
                if arrival.kind == "live" and begin.at <= arrival.at < end.at
            ),
            load_cpu_share=load_cpu_seconds / seconds,
            other_cpu_share=max(0.0, busy_seconds - cpu_seconds - load_cpu_seconds) / seconds,
        )


def check_sound(data: Path, zoom: Simulator, sounding: int) -> None:
    """Every second of sound is in a file.

    Raises:
        MeasurementError: Some of it is missing.
    """
    files = sorted(data.rglob("*.wav"))
    if len(files) != sounding:
        raise MeasurementError(f"{len(files)} recordings instead of {sounding}")
    for file in files:
        with wave.open(str(file)) as opened:
            recorded_ms = opened.getnframes() * 1000 / opened.getframerate()
        lasted_ms = zoom.playbacks[file.parent.name].stream.meeting.duration_ms
        if recorded_ms < lasted_ms:
            raise MeasurementError(f"a recording holds {recorded_ms:.0f} ms of {lasted_ms:.0f}")


def _busy_seconds() -> float:
    """CPU time that all cores together have not been idle, since the machine was started."""
    fields = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:9]
    user, nice, system, _idle, _iowait, *interrupts_and_stolen = map(int, fields)
    return (user + nice + system + sum(interrupts_and_stolen)) / os.sysconf("SC_CLK_TCK")
