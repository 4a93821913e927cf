"""One measurement: a subject under a load, from its start to a look at what it lost."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import secrets
import tempfile
import time
import wave
from collections import Counter, defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Measured, broken
from benchmarks.load import UTTERANCE_MS, RunApi, run_api
from benchmarks.player import Order, Played
from benchmarks.reading import Readers
from benchmarks.subject import SilentError, Subject
from bridge.rtms.messages import StopReason

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from benchmarks.subject import Usage

BRIDGE, BARE, ZOOM_SDK, EACH = "bridge_process", "bare_loop", "zoom_sdk", "each_utterance"
SUBJECTS = (BARE, BRIDGE, ZOOM_SDK, EACH)
"""What is measured, by module."""
MEETINGS_OF_A_PLAYER = 500
"""More are played by more processes."""
SPREAD_SECONDS = 20.0
"""Over which the meetings begin: as long as a window, so that windows close evenly."""
SETTLE_SECONDS = 3.0
"""From the last meeting's begin to the steady state."""
BEGIN_SECONDS = 30.0
"""Longest wait for a meeting to be heard."""
OVER_SECONDS = 30.0
"""Longest wait for a meeting to be over after its last words: Zoom sends a webhook that was not taken again for 17."""
FINAL_SECONDS = 60.0
"""Longest wait for the last final window after the last meeting."""
READ_SECONDS = 10.0
"""Who reads is shown something at least as often: an utterance comes every two seconds."""


class MeasurementError(Exception):
    """There are no figures: what should have been measured was not there."""


class _BrokeError(Exception):
    """The subject broke under the load; says how."""


async def measure(
    subject: str,
    meetings: int,
    seconds: float,
    *,
    speed: float = 1.0,
    sounding: int = 0,
    readers: int = 0,
    idle: bool = False,
) -> Measured:
    """A subject under so many meetings, each of ``speed`` utterances in two seconds.

    Of so many of them the sound is recorded too, 50 packets a second each: by the bridge. So many people have one
    meeting's page open in the steady state. ``idle`` meetings say nothing in it, and only keep-alives come.

    Raises:
        MeasurementError: Sound is missing.
        SubjectError: A process died.
    """
    # Next to the sources, not in /tmp, which may be memory: the store has to meet a disk.
    with tempfile.TemporaryDirectory(prefix=".run-", dir=Path(__file__).parent) as name:
        directory = Path(name)
        async with run_api(RunApi()) as api:
            secret = new_app()
            argument = _argument(subject, secret, api, directory)
            if sounding:
                argument |= {"bridge_record": "audio", "bridge_data_dir": str(directory / "data")}
            async with Subject.start(subject, argument, directory) as process:
                secret["webhook_url"] = str(process.hello["webhook_url"])
                async with _players(meetings, secret, directory) as players:
                    run = _Run(process, players, api, meetings, seconds, speed, sounding, readers, idle=idle)
                    try:
                        measured, played = await run.measure()
                    except (_BrokeError, SilentError) as error:
                        for each in (process, *players):
                            each.kill()  # each would first bring to an end what nobody waits for
                        why = str(error) if isinstance(error, _BrokeError) else "it did not answer"
                        return broken(meetings, why)
        if sounding:
            check_sound(directory / "data", played, sounding)
        return measured


@contextlib.asynccontextmanager
async def _players(meetings: int, argument: dict[str, str], directory: Path) -> AsyncIterator[list[Subject]]:
    async with contextlib.AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(Subject.start("player", argument, directory))
            for _ in range(math.ceil(meetings / MEETINGS_OF_A_PLAYER))
        ]


def new_app() -> dict[str, str]:
    """What a Zoom app and its stand-in have in common."""
    return {
        "client_id": "bench",
        "client_secret": secrets.token_hex(16),
        "secret_token": secrets.token_hex(16),
    }


def bridge_settings(app: dict[str, str], api: RunApi, store_url: str) -> dict[str, object]:
    """Settings of a bridge of that app, on free ports."""
    return {
        "zoom_secret_token": app["secret_token"],
        "ZOOM_CLIENT_ID": app["client_id"],
        "ZOOM_CLIENT_SECRET": app["client_secret"],
        "langflow_url": api.url,
        "bridge_port": 0,
        "bridge_admin_port": 0,
        "bridge_store_url": store_url,
        "bridge_allowed_hosts": "127.0.0.1",
    }


def _argument(subject: str, secret: dict[str, str], api: RunApi, directory: Path) -> dict[str, object]:
    if subject != BRIDGE:
        return {
            "client_id": secret["client_id"],
            "client_secret": secret["client_secret"],
            "langflow_url": api.url,
        }
    return bridge_settings(secret, api, f"sqlite+aiosqlite:///{directory / 'bridge.db'}")


class _Run:
    """The load on a subject, which is told of meetings as Zoom does: by webhook."""

    def __init__(
        self,
        subject: Subject,
        players: list[Subject],
        api: RunApi,
        meetings: int,
        seconds: float,
        speed: float,
        sounding: int,
        readers: int,
        *,
        idle: bool,
    ) -> None:
        self._subject = subject
        self._is_bridge = subject.module == BRIDGE
        self._players = players
        self._api = api
        self._meetings = meetings
        self._seconds = seconds
        self._speed = speed
        self._sounding = sounding
        self._readers = readers
        self._idle = idle

    @property
    def _spread_seconds(self) -> float:
        return SPREAD_SECONDS if self._meetings > 1 else 0.0

    async def measure(self) -> tuple[Measured, list[Played]]:
        """Warm up, bring the meetings up, measure, let them end, and look what was lost."""
        # What a process loads once, and keeps, belongs to no meeting.
        self._players[0].tell(asdict(Order(lines=20, speed=20.0)))
        await self._begun(0.0, self._players[:1])
        if why := await self._missed(await self._over(0.0, self._players[:1])):
            raise _BrokeError(why)
        before = self._subject.usage()

        orders = self._orders()
        for player, order in zip(self._players, orders, strict=True):
            player.tell(asdict(order))
        await self._begun(self._spread_seconds, self._players)
        await asyncio.sleep(SETTLE_SECONDS)
        readers = Readers(str(self._subject.hello.get("admin_url", "")))
        async with readers.reading(self._readers):
            begin, load_begin, busy_begin = self._subject.usage(), self._load(), busy_seconds()
            await asyncio.sleep(self._seconds)
            end, load_end, busy_end = self._subject.usage(), self._load(), busy_seconds()
        # The last meeting ends so much later than the first.
        played = await self._over(self._spread_seconds, self._players)
        why = await self._missed(played)
        if not why and any(each.written[-1] < end.at for each in played):
            why = "the last meetings could be heard only when the first were over"
        delays = tuple(delay * 1000 for at, delay in await self._delays() if begin.at <= at < end.at)
        if readers.events < self._readers * self._seconds / READ_SECONDS:
            raise MeasurementError(f"{self._readers} readers were shown {readers.events} events")
        measured = self._measured(
            before, begin, end, played, delays, load_end - load_begin, busy_end - busy_begin, why
        )
        return measured, played

    def _orders(self) -> list[Order]:
        spread = self._spread_seconds
        # Long enough for the last meeting to begin, and for the first not to end before the steady state does.
        lasts = spread + SETTLE_SECONDS + self._seconds + 2
        share = math.ceil(self._meetings / len(self._players))
        return [
            Order(
                lines=2 if self._idle else int(lasts * 1000 / UTTERANCE_MS * self._speed) + 1,
                silent_seconds=lasts if self._idle else 0.0,
                count=min(share, self._meetings - first),
                first=first,
                of=self._meetings,
                spread_seconds=spread,
                speed=1.0 if self._idle else self._speed,
                sounding=self._sounding,
            )
            for first in range(0, self._meetings, share)
        ]

    async def _begun(self, spread_seconds: float, players: Sequence[Subject]) -> None:
        """Return when every meeting is heard."""
        async for answer in self._answers(
            players, spread_seconds + BEGIN_SECONDS, "not every meeting was heard"
        ):
            if "played" in answer:
                raise _BrokeError(_not_through(_played(answer)) or "not every meeting was heard")

    async def _over(self, seconds: float, players: Sequence[Subject]) -> list[Played]:
        """What became of the meetings, which have said their last words in so many seconds."""
        answers = self._answers(players, seconds + OVER_SECONDS, "not every meeting was over")
        return [each async for answer in answers for each in _played(answer)]

    async def _answers(
        self, players: Sequence[Subject], seconds: float, otherwise: str
    ) -> AsyncIterator[dict[str, Any]]:
        """What each player says next, all within so many seconds."""
        until = time.monotonic() + seconds
        for player in players:
            try:
                yield await player.answer(max(0.0, until - time.monotonic()))
            except SilentError:
                raise _BrokeError(f"{otherwise} within {seconds:.0f} seconds") from None

    def _load(self) -> float:
        """CPU time of the players."""
        return sum(player.usage().cpu_seconds for player in self._players)

    async def _missed(self, played: list[Played]) -> str:
        """Why the subject broke under the load; empty where every word came through.

        Of the bridge every utterance must have been in exactly one live window, and in the final one, in order.
        """
        if why := _not_through(played):
            return why
        if not self._is_bridge:
            return ""
        try:
            await self._api.finals({each.stream_id for each in played}, timeout_seconds=FINAL_SECONDS)
        except TimeoutError:
            return "not every meeting had its final window"
        carried: dict[tuple[str, str], list[int]] = defaultdict(list)
        for arrival in self._api.arrivals:
            carried[arrival.stream_id, arrival.kind] += arrival.positions
        for each in played:
            everything = list(range(1, each.lines + 1))
            for kind in ("live", "final"):
                if carried[each.stream_id, kind] != everything:
                    return f"not every utterance was in exactly one {kind} window, in order"
        return ""

    async def _delays(self) -> list[tuple[float, float]]:
        """Of each of the bridge's live windows: when it was handed to HTTP, and how long after it was due (s)."""
        return list((await self._subject.order({}))["delays"]) if self._is_bridge else []

    def _measured(
        self,
        before: Usage,
        begin: Usage,
        end: Usage,
        played: list[Played],
        delays: tuple[float, ...],
        load_seconds: float,
        busy_seconds: float,
        why: str,
    ) -> Measured:
        written = {each.stream_id: each.written for each in played}
        seconds = end.at - begin.at
        cpu_seconds = end.cpu_seconds - begin.cpu_seconds
        return Measured(
            meetings=self._meetings,
            seconds=seconds,
            utterances=sum(begin.at <= at < end.at for times in written.values() for at in times),
            cpu_seconds=cpu_seconds,
            memory_bytes=end.rss_bytes - before.rss_bytes,
            keep_alive_ms=tuple(ms for each in played for ms in each.keep_alive_ms),
            own_delay_ms=delays,
            outer_delay_ms=tuple(
                (arrival.at - written[arrival.stream_id][arrival.positions[-1] - 1]) * 1000
                for arrival in self._api.arrivals
                if arrival.kind == "live"
                and begin.at <= arrival.at < end.at
                and len(written.get(arrival.stream_id, ())) >= arrival.positions[-1]
            ),
            load_cpu_share=load_seconds / seconds,
            other_cpu_share=max(0.0, busy_seconds - cpu_seconds - load_seconds) / seconds,
            broke=why,
        )


def _not_through(played: list[Played]) -> str:
    broken = Counter(each.ended for each in played if not each.complete)
    if not broken:
        return ""
    reason, _ = broken.most_common(1)[0]
    if reason == StopReason.MEETING_ENDED.name:
        reason = "words or webhooks that were not taken in time"
    return f"{broken.total()} of {len(played)} meetings did not come through, most by {reason}"


def _played(answer: dict[str, list[dict[str, object]]]) -> list[Played]:
    return [Played(**each) for each in answer["played"]]  # type: ignore[arg-type]  # as it was written


def check_sound(data: Path, played: list[Played], sounding: int) -> None:
    """Every second of sound is in a file.

    Raises:
        MeasurementError: Some of it is missing.
    """
    files = sorted(data.rglob("*.wav"))
    if len(files) != sounding:
        raise MeasurementError(f"{len(files)} recordings instead of {sounding}")
    lasted_ms = {each.stream_id: each.duration_ms for each in played}
    for file in files:
        with wave.open(str(file)) as opened:
            recorded_ms = opened.getnframes() * 1000 / opened.getframerate()
        if recorded_ms < lasted_ms[file.parent.name]:
            raise MeasurementError(
                f"a recording holds {recorded_ms:.0f} ms of {lasted_ms[file.parent.name]:.0f}"
            )


def busy_seconds() -> float:
    """CPU time that all cores together have not been idle, since the machine was started."""
    fields = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:9]
    user, nice, system, _idle, _iowait, *interrupts_and_stolen = map(int, fields)
    return (user + nice + system + sum(interrupts_and_stolen)) / os.sysconf("SC_CLK_TCK")
