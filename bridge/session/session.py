"""One stream, from its announcement to the last answer of its last window.

The tasks of a session, all in one group:

* *listen* keeps the link to Zoom: dials, and dials again, until the stream is over. Its *link*
  holds the signaling socket and one task per media socket.
* *deliver*, one per route, closes windows and takes each through Langflow. While a run is under
  way the route's open window grows; nothing queues up and nothing is dropped.

What is said goes to the store and into the open windows in the task that reads the socket, without
waiting for either; see :class:`bridge.store.store.Store` for what is committed when.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from bridge.domain import Gap, StreamState, WindowKind
from bridge.errors import ConnectionLost, HandshakeRefused, ZoomError
from bridge.flow.request import compose_window
from bridge.rtms.connection import dial
from bridge.rtms.conversation import Ignored, KeptAlive, Refused, Silent, StreamEnded
from bridge.rtms.media import Media, MediaReady, Said
from bridge.rtms.messages import MediaType, handshake_signature
from bridge.rtms.signaling import (
    MediaInterrupted,
    ParticipantsJoined,
    Signaling,
    SignalingReady,
    StreamPaused,
    StreamResumed,
)
from bridge.rtms.status import stop_words
from bridge.rtms.urls import choose_media_url, choose_signaling_url
from bridge.session.outage import MEDIA_SECONDS, SIGNALING_SECONDS, Outage
from bridge.transcript.utterance import Transcript
from bridge.transcript.window import OpenWindow

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from pydantic import SecretStr

    from bridge.domain import Stream, Utterance
    from bridge.flow.routes import Route
    from bridge.flow.worker import Worker
    from bridge.rtms.connection import Connection
    from bridge.rtms.conversation import AnyEvent
    from bridge.store.store import Store

SEEN_SECONDS: Final = 10.0
"""How often the store is told that a media socket lives; Zoom's keep-alives come as often."""
END_SECONDS: Final = 0.5
"""Wait for news of the stream's end before a socket is dialled again that Zoom closed in good order."""

log = structlog.get_logger(__name__)


class SessionMetrics(Protocol):
    """What a session reports."""

    def frame_ignored(self, socket: str, why: str) -> None:
        """A frame was not for us."""

    def keep_alive(self, socket: str) -> None:
        """A keep-alive was answered."""

    def utterance(self, source: str) -> None:
        """An utterance was taken."""

    def duplicate(self) -> None:
        """Something said was known already, or held no words."""

    def window(self, route: str, kind: str, delay_seconds: float) -> None:
        """A window goes to Langflow, so long after it was due."""

    def link_lost(self, socket: str) -> None:
        """A socket was lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Zoom:
    """What it takes to dial a stream."""

    client_id: str
    client_secret: SecretStr
    allowed_hosts: Sequence[str]
    tls: ssl.SSLContext


class _Line:
    """One route's place in a stream: its open window and how far it has come."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self.window = OpenWindow(route.window)
        self.changed = asyncio.Event()
        self.seq = 0
        self.gaps_told = 0
        self.started = False
        self.finished = False
        self._asleep_until = float("inf")

    def add(self, utterance: Utterance, now: float) -> None:
        """Take an utterance; wakes the route's task only when it has to look earlier than planned."""
        if WindowKind.LIVE not in self.route.on:
            return
        self.window.add(utterance, now)
        due_at = self.window.due_at()
        if due_at is not None and due_at < self._asleep_until:
            self.changed.set()

    async def sleep_until(self, due_at: float | None) -> None:
        """Wait until a time, or until something changes."""
        self._asleep_until = float("inf") if due_at is None else due_at
        self.changed.clear()
        try:
            async with asyncio.timeout_at(due_at):
                await self.changed.wait()
        except TimeoutError:
            return


class Session:
    """One stream's handling, until nothing is left to do for it."""

    def __init__(
        self,
        stream: Stream,
        *,
        routes: Sequence[Route],
        zoom: Zoom,
        store: Store,
        worker: Worker,
        metrics: SessionMetrics,
    ) -> None:
        self.stream = stream
        self._zoom = zoom
        self._store = store
        self._worker = worker
        self._metrics = metrics
        self._lines = [_Line(route) for route in routes if route.match.accepts(stream.topic)]
        self._transcript = Transcript(stream.stream_id)
        self._gaps: list[Gap] = []
        self._link: asyncio.Task[ZoomError] | None = None
        self._outage = Outage(SIGNALING_SECONDS, chance=random.random)
        self._media: set[Connection] = set()
        self._heard_ms = 0
        self._seen_ms = 0
        self._live_since_ms = 0
        self._over = ""
        self._ended = stream.state is StreamState.ENDED
        self._stopping = False
        self._log = log.bind(stream_id=stream.stream_id)

    async def run(self, *, resumed: bool) -> None:
        """Listen and deliver until the stream has ended and every window is settled, or :meth:`stop`.

        ``resumed`` says that the stream was known before this process, so its past is in the store.
        """
        if resumed:
            await self._restore()
        async with asyncio.TaskGroup() as tasks:
            for line in self._lines:
                tasks.create_task(self._deliver(line, resumed=resumed), name=f"deliver {line.route.name}")
            if not self._ended:
                tasks.create_task(self._listen(tasks), name="listen")
        if self._ended and not self._stopping:
            self._store.stream_settled(self.stream.stream_id)
            self._log.info("stream.settled")

    # What the registry says

    def end(self, reason: str) -> None:
        """Zoom says that the stream is over."""
        self._over = reason
        self._interrupt()

    def fail_over(self, stream: Stream) -> None:
        """Zoom moved the stream to another server: drop both sockets and dial the new one at once."""
        self.stream = stream
        self._store.put_stream(stream)
        self._outage.over()
        self._interrupt()

    def reconnect(self, event_ts: int) -> None:
        """Zoom lost our sockets at a time (UTC ms); of no meaning when they have come back since."""
        if event_ts > self._live_since_ms:
            self._interrupt()

    def stop(self) -> None:
        """Hang up without ending the stream: another process, or this one's next life, goes on with it."""
        self._stopping = True
        self._interrupt()
        for line in self._lines:
            line.changed.set()

    def _interrupt(self) -> None:
        if self._link is not None:
            self._link.cancel()

    # Listening to Zoom

    async def _listen(self, tasks: asyncio.TaskGroup) -> None:
        delay = 0.0
        while not self._over and not self._stopping:
            self._link = tasks.create_task(self._connect(delay), name="link")
            await asyncio.wait({self._link})
            if self._link.cancelled():
                delay = 0.0
                continue
            fault = self._link.result()
            if isinstance(fault, _StreamOver):
                self._over = str(fault)
                break
            next_delay = self._outage.lost(asyncio.get_running_loop().time()) if fault.retryable else None
            if next_delay is None:
                self._over = str(fault)
                self._log.error("stream.given_up", reason=str(fault))
                break
            delay = next_delay
            self._lost(str(fault))
        if not self._stopping:
            await self._end()

    async def _connect(self, delay: float) -> ZoomError:
        """Dial, shake hands and listen until the link breaks; returns why it did."""
        await asyncio.sleep(delay)
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._signal(tasks)
        except* ZoomError as group:
            faults = list(_flatten(group))
        # The end of the stream explains the sockets' closing, and a refusal the retries around it.
        return min(faults, key=lambda fault: (not isinstance(fault, _StreamOver), fault.retryable))

    async def _signal(self, tasks: asyncio.TaskGroup) -> None:
        url = choose_signaling_url(self.stream.server_urls, self._zoom.allowed_hosts)
        signaling = Signaling(
            product=self.stream.product,
            instance_id=self.stream.meeting_uuid,
            stream_id=self.stream.stream_id,
            signature=self._signature(),
            now=asyncio.get_running_loop().time(),
        )
        async with dial(url, tls=self._zoom.tls, conversation=signaling) as connection:

            async def ready() -> None:
                signaling.client_ready()
                await connection.flush()

            async def on_event(event: AnyEvent) -> None:
                match event:
                    case SignalingReady(server_urls=server_urls):
                        for kind in _media_kinds(server_urls):
                            tasks.create_task(self._listen_to(kind, server_urls, ready), name=kind)
                    case StreamPaused():
                        self._set_state(StreamState.PAUSED)
                    case StreamResumed():
                        self._set_state(StreamState.LIVE)
                    case MediaInterrupted():
                        for media in self._media:
                            media.abort()
                    case ParticipantsJoined(participants=participants):
                        for user_id, name in participants:
                            self._transcript.met(user_id, name)
                    case _:
                        self._common(event, "signaling")

            await connection.run(on_event)

    async def _listen_to(self, kind: str, server_urls: object, ready: _Ready) -> None:
        """Keep one media socket while the signaling socket stands."""
        outage = Outage(MEDIA_SECONDS, chance=random.random)
        while True:
            try:
                await self._media_socket(kind, server_urls, ready, outage)
            except ZoomError as error:
                fault = error
            now = asyncio.get_running_loop().time()
            delay = outage.lost(now) if fault.retryable else None
            if delay is None:
                if kind == "transcript" or isinstance(fault, _StreamOver):
                    raise fault
                self._log.warning("media.without", kind=kind, reason=str(fault))
                return
            if isinstance(fault, ConnectionLost) and fault.closed:
                # Most often the stream's end, of which the signaling socket is about to tell.
                delay = max(delay, END_SECONDS)
            if kind == "transcript":
                self._lost(str(fault))
            self._metrics.link_lost(kind)
            await asyncio.sleep(delay)

    async def _media_socket(self, kind: str, server_urls: object, ready: _Ready, outage: Outage) -> None:
        media = Media(
            product=self.stream.product,
            instance_id=self.stream.meeting_uuid,
            stream_id=self.stream.stream_id,
            signature=self._signature(),
            media_type=MediaType[kind.upper()],
            now=asyncio.get_running_loop().time(),
        )
        url = choose_media_url(server_urls, kind, self._zoom.allowed_hosts)
        async with dial(url, tls=self._zoom.tls, conversation=media) as connection:

            async def on_event(event: AnyEvent) -> None:
                match event:
                    case Said():
                        await self._heard(event)
                    case MediaReady():
                        await ready()
                        outage.over()
                        if kind == "transcript":
                            self._live()
                    case _:
                        self._common(event, kind)

            self._media.add(connection)
            try:
                await connection.run(on_event)
            finally:
                self._media.discard(connection)

    def _common(self, event: AnyEvent, socket: str) -> None:
        """What means the same on every socket."""
        match event:
            case KeptAlive():
                self._metrics.keep_alive(socket)
                if socket == "transcript":
                    self._alive()
            case Ignored(why=why):
                self._metrics.frame_ignored(socket, why)
            case StreamEnded(reason=reason):
                raise _StreamOver(stop_words(reason))
            case Silent(waiting_for=what):
                raise ConnectionLost(f"the {socket} connection waited in vain for {what}")
            case Refused(fault=fault):
                raise HandshakeRefused(
                    socket=socket, status=fault.status, advice=fault.advice, retryable=fault.retryable
                )

    async def _heard(self, said: Said) -> None:
        utterance = self._transcript.add(said, _now_ms())
        self._alive()
        if utterance is None:
            self._metrics.duplicate()
            return
        self._store.add_utterance(utterance)
        now = asyncio.get_running_loop().time()
        for line in self._lines:
            line.add(utterance, now)
        self._metrics.utterance(utterance.source)
        await self._store.room()

    def _signature(self) -> str:
        return handshake_signature(
            client_id=self._zoom.client_id,
            client_secret=self._zoom.client_secret.get_secret_value(),
            instance_id=self.stream.meeting_uuid,
            stream_id=self.stream.stream_id,
        )

    # What is known of the stream

    async def _restore(self) -> None:
        stream_id = self.stream.stream_id
        earlier = await self._store.utterances(stream_id)
        self._transcript = Transcript(stream_id, earlier)
        self._gaps = await self._store.gaps(stream_id)
        spoken_ms = max((utterance.end_ms for utterance in earlier[-20:]), default=0)
        self._heard_ms = min(max(await self._store.last_seen_ms(stream_id), spoken_ms), _now_ms())
        now = asyncio.get_running_loop().time()
        for line in self._lines:
            progress = await self._store.progress(stream_id, line.route.name)
            line.seq, line.gaps_told = progress.seq, progress.gaps_told
            line.started, line.finished = progress.started, progress.finished
            for utterance in earlier:
                if utterance.n > progress.last_n:
                    line.add(utterance, now)

    def _alive(self) -> None:
        self._heard_ms = _now_ms()
        if self._heard_ms - self._seen_ms >= SEEN_SECONDS * 1000:
            self._seen_ms = self._heard_ms
            self._store.stream_seen(self.stream.stream_id, self._seen_ms)

    def _live(self) -> None:
        """Words can arrive, for the first time or again; what was missed meanwhile is a gap."""
        now_ms = _now_ms()
        if self._heard_ms:
            gap = Gap(
                stream_id=self.stream.stream_id, from_ms=self._heard_ms, to_ms=now_ms, reason="reconnect"
            )
            self._gaps.append(gap)
            self._store.add_gap(gap)
            self._log.info("stream.gap", seconds=round((gap.to_ms - gap.from_ms) / 1000, 1))
        self._outage.over()
        self._live_since_ms = now_ms
        self._alive()
        self._set_state(StreamState.LIVE)

    def _lost(self, reason: str) -> None:
        if self.stream.state is not StreamState.INTERRUPTED:
            self._log.warning("stream.interrupted", reason=reason)
            self._metrics.link_lost("stream")
        self._set_state(StreamState.INTERRUPTED)

    def _set_state(self, state: StreamState, end_reason: str = "") -> None:
        if state is self.stream.state:
            return
        self.stream = replace(self.stream, state=state, end_reason=end_reason)
        self._store.put_stream(self.stream)
        self._log.info("stream.state", state=state.value)

    async def _end(self) -> None:
        self._set_state(StreamState.ENDED, self._over)
        await self._store.flush()
        self._ended = True
        for line in self._lines:
            line.changed.set()

    # Delivering to Langflow

    async def _deliver(self, line: _Line, *, resumed: bool) -> None:
        route = line.route
        lane = self._worker.lane(self.stream.meeting_uuid, route.name)
        if resumed:
            for window, attempts in await self._store.pending_windows(self.stream.stream_id, route.name):
                async with lane:
                    await self._worker.run(window, route, attempts=attempts)
        if WindowKind.START in route.on and not line.started:
            async with lane:
                await self._send(line, WindowKind.START)
        while await self._until_due(line):
            due_at = line.window.due_at()
            waited = lane.locked()
            async with lane:
                if self._stopping:
                    return
                now = asyncio.get_running_loop().time()
                await self._send(line, WindowKind.LIVE, due_at=now if waited or due_at is None else due_at)
        if self._ended and not self._stopping and WindowKind.FINAL in route.on and not line.finished:
            async with lane:
                await self._send(line, WindowKind.FINAL)

    async def _until_due(self, line: _Line) -> bool:
        """Wait for the open window to close; false when no live window will come any more."""
        loop = asyncio.get_running_loop()
        while not self._stopping:
            if self._ended:
                return bool(line.window)
            due_at = line.window.due_at()
            if due_at is not None and due_at <= loop.time():
                return True
            await line.sleep_until(due_at)
        return False

    async def _send(self, line: _Line, kind: WindowKind, *, due_at: float | None = None) -> None:
        """Close a window, store it, and take it through Langflow. The caller holds the route's lane."""
        loop = asyncio.get_running_loop()
        since = loop.time() if due_at is None else min(due_at, loop.time())
        gaps = self._gaps if kind is WindowKind.FINAL else self._gaps[line.gaps_told :]
        window = compose_window(
            stream=self.stream,
            route=line.route,
            seq=line.seq + 1,
            kind=kind,
            utterances=await self._utterances(line, kind),
            gaps=gaps,
            participants=self._transcript.participants(),
            now_ms=_now_ms(),
        )
        line.seq += 1
        line.gaps_told = len(self._gaps)
        await self._store.add_window(window, gaps_told=line.gaps_told)
        self._metrics.window(line.route.name, kind, loop.time() - since)
        await self._worker.run(window, line.route)

    async def _utterances(self, line: _Line, kind: WindowKind) -> list[Utterance]:
        if kind is WindowKind.LIVE:
            return line.window.flush()
        if kind is not WindowKind.FINAL:
            return []
        await self._store.flush()
        everything = await self._store.utterances(self.stream.stream_id)
        return sorted(everything, key=lambda utterance: (utterance.start_ms, utterance.n))


class _Ready(Protocol):
    async def __call__(self) -> None: ...


class _StreamOver(ZoomError):
    """Zoom said on a socket that the stream has ended."""


def _media_kinds(server_urls: object) -> list[str]:
    """The media sockets to open: the transcript's always, the chat's where Zoom offers one of its own."""
    offers_chat = isinstance(server_urls, dict) and bool(server_urls.get("chat"))
    return ["transcript", "chat"] if offers_chat else ["transcript"]


def _flatten(group: BaseExceptionGroup[ZoomError]) -> list[ZoomError]:
    faults: list[ZoomError] = []
    for error in group.exceptions:
        faults.extend(_flatten(error) if isinstance(error, BaseExceptionGroup) else [error])
    return faults


def _now_ms() -> int:
    return int(time.time() * 1000)
