"""One stream's sockets, dialled and dialled again until the stream is over."""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import structlog

from bridge.domain import StreamState
from bridge.errors import ConnectionLost, HandshakeRefused, ZoomError
from bridge.proxy import DIRECT, Proxies
from bridge.rtms.connection import MAX_FRAME_BYTES, MAX_MEDIA_FRAME_BYTES, dial
from bridge.rtms.conversation import Ignored, KeptAlive, Refused, Silent, StreamEnded
from bridge.rtms.media import ChatChanged, Media, MediaReady, Packet, Said
from bridge.rtms.messages import MediaType, StopReason, handshake_signature
from bridge.rtms.patience import PATIENCE, Patience
from bridge.rtms.signaling import (
    ActiveSpeaker,
    MediaInterrupted,
    ParticipantsJoined,
    ParticipantsLeft,
    Sharing,
    Signaling,
    SignalingReady,
    StreamPaused,
    StreamResumed,
)
from bridge.rtms.status import RESTART_CANDIDATES, stop_words
from bridge.rtms.urls import choose_media_url, choose_signaling_url
from bridge.session.outage import Outage
from bridge.session.record import now_ms

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

    from pydantic import SecretStr

    from bridge.rtms.connection import Connection
    from bridge.rtms.conversation import AnyEvent
    from bridge.rtms.messages import JsonObject
    from bridge.session.record import Record

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Zoom:
    """What it takes to dial a stream."""

    client_id: str
    client_secret: SecretStr
    allowed_hosts: Sequence[str]
    tls: ssl.SSLContext
    transcript_params: JsonObject | None = None
    """Media parameters for the transcript; ``None`` leaves Zoom's defaults."""
    recorded: Mapping[MediaType, JsonObject] = field(default_factory=dict)
    """Sound and pictures that are wanted, each with its media parameters; none by default."""
    patience: Patience = PATIENCE
    proxies: Proxies = DIRECT
    """What leads to Zoom's sockets from here."""


@dataclass(frozen=True, slots=True)
class End:
    """Why a stream is over."""

    words: str
    stop_reason: int | None = None
    """RTMS_STOP_REASON, where Zoom gave one."""
    given_up: bool = False
    """Whether it was the bridge that saw no way to go on."""

    @classmethod
    def by_zoom(cls, stop_reason: int | None) -> End:
        """Zoom ended it."""
        return cls(stop_words(stop_reason), stop_reason)

    @property
    def while_lost(self) -> bool:
        """Whether the meeting may have gone on unheard since the sockets were lost."""
        return self.given_up or self.stop_reason in RESTART_CANDIDATES

    @property
    def consent_revoked(self) -> bool:
        """Whether everything stored of the meeting has to be deleted at once."""
        return self.stop_reason == StopReason.STREAM_REVOKED


class LinkMetrics(Protocol):
    """What a link reports."""

    def frame_ignored(self, socket: str, why: str) -> None:
        """A frame was not for us."""

    def keep_alive(self, socket: str) -> None:
        """A keep-alive was answered."""

    def link_lost(self, socket: str) -> None:
        """A socket was lost."""


class Listener(Protocol):
    """Who is told what people say."""

    async def said(self, said: Said) -> None:
        """Somebody said or typed something."""

    def chat_changed(self, change: ChatChanged) -> None:
        """A chat message was edited or deleted."""

    def received(self, packet: Packet) -> None:
        """A piece of sound, or a picture; must not wait for anything."""

    def resumed(self) -> None:
        """The stream goes on after a pause."""


class Link:
    """Keeps a stream's sockets, and the record of what they tell of the stream."""

    def __init__(self, record: Record, zoom: Zoom, listener: Listener, metrics: LinkMetrics) -> None:
        self._record = record
        self._zoom = zoom
        self._listener = listener
        self._metrics = metrics
        self._outage = Outage(zoom.patience.signaling_seconds, chance=random.random, patience=zoom.patience)
        self._media: set[Connection[AnyEvent]] = set()
        self._lost_media: set[str] = set()
        self._media_since_ms = 0
        self._closed = asyncio.Event()
        self._attempt: asyncio.Task[ZoomError] | None = None
        self._end: End | None = None
        self._stopping = False
        self._log = log.bind(stream_id=record.stream.stream_id)

    async def run(self) -> End | None:
        """Listen until the stream is over, and say why it is; ``None`` after :meth:`stop`."""
        delay = 0.0
        async with asyncio.TaskGroup() as tasks:
            while self._end is None and not self._stopping:
                self._attempt = tasks.create_task(self._connect(delay), name="link")
                await asyncio.wait({self._attempt})
                delay = 0.0
                if not self._attempt.cancelled() and self._end is None:
                    delay = self._judge(self._attempt.result())
        return self._end

    def end(self, end: End) -> None:
        """Zoom says elsewhere that the stream is over; its last words may still be on their way."""
        self._end = end
        if end.consent_revoked:
            self._interrupt()
        else:
            asyncio.get_running_loop().call_later(self._zoom.patience.farewell_seconds, self._interrupt)

    def fail_over(self) -> None:
        """Zoom moved the stream: drop both sockets and dial the record's new addresses at once."""
        self._outage.over()
        self._lost("Zoom moved the stream to another server")
        self._interrupt()

    def reconnect(self) -> None:
        """Zoom lost our sockets: dial again, unless that is being done already.

        To drop a fresh signaling socket for it would make Zoom tell of one more loss, and so on.
        """
        if self._record.stream.state in (StreamState.LIVE, StreamState.PAUSED):
            self._outage.lost(asyncio.get_running_loop().time())
            self._lost("Zoom interrupted the connection")
            self._interrupt()

    def stop(self) -> None:
        """Hang up without ending the stream."""
        self._stopping = True
        self._interrupt()

    def _interrupt(self) -> None:
        if self._attempt is not None:
            self._attempt.cancel()

    def _judge(self, fault: ZoomError) -> float:
        """Take a broken link for the stream's end, or say in how many seconds to dial again."""
        if isinstance(fault, _StreamOver):
            self._end = fault.end
            return 0.0
        delay = self._outage.lost(asyncio.get_running_loop().time()) if fault.retryable else None
        if delay is None:
            self._end = End(str(fault), given_up=True)
            self._log.error("stream.given_up", reason=str(fault))
            return 0.0
        self._lost(str(fault))
        return delay

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
        self._lost_media.clear()
        stream = self._record.stream
        url = choose_signaling_url(stream.server_urls, self._zoom.allowed_hosts)
        signaling = Signaling(
            product=stream.product,
            instance_id=stream.meeting_uuid,
            stream_id=stream.stream_id,
            signature=self._signature(),
            now=asyncio.get_running_loop().time(),
            patience=self._zoom.patience,
        )
        async with dial(
            url,
            tls=self._zoom.tls,
            proxies=self._zoom.proxies,
            conversation=signaling,
            closing_seconds=self._zoom.patience.closing_seconds,
        ) as connection:

            async def ready() -> None:
                signaling.client_ready()
                await connection.flush()

            async def on_event(event: AnyEvent) -> None:
                match event:
                    case SignalingReady(server_urls=server_urls):
                        for kind in _media_kinds(server_urls, self._zoom.recorded):
                            tasks.create_task(self._listen_to(kind, server_urls, ready), name=kind)
                    case MediaInterrupted(at_ms=at_ms):
                        # It names no socket; one that we know to be lost, or have again, explains it.
                        if not self._lost_media and (not at_ms or self._is_news(at_ms)):
                            for media in self._media:
                                media.abort()
                    case StreamEnded(reason=reason):
                        end = End.by_zoom(reason)
                        if not end.consent_revoked:
                            await self._last_words()
                        raise _StreamOver(end)
                    case StreamPaused():
                        self._record.enter(StreamState.PAUSED)
                    case StreamResumed():
                        self._record.enter(StreamState.LIVE)
                        self._listener.resumed()
                    case _ if not self._note(event):
                        self._common(event, "signaling")

            await connection.run(on_event)

    async def _listen_to(self, kind: str, server_urls: object, ready: Callable[[], Awaitable[None]]) -> None:
        """Keep one media socket while the signaling socket stands."""
        patience = self._zoom.patience
        outage = Outage(patience.media_seconds, chance=random.random, patience=patience)
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
                self._lost_media.discard(kind)
                self._log.warning("media.without", kind=kind, reason=str(fault))
                return
            self._lost_media.add(kind)
            if isinstance(fault, ConnectionLost) and fault.closed:
                # Most often the stream's end, of which the signaling socket is about to tell.
                await asyncio.sleep(patience.farewell_seconds)
            if kind == "transcript":
                self._lost(str(fault))
            self._metrics.link_lost(kind)
            await asyncio.sleep(delay)

    async def _media_socket(
        self, kind: str, server_urls: object, ready: Callable[[], Awaitable[None]], outage: Outage
    ) -> None:
        stream = self._record.stream
        recorded = MediaType[kind.upper()] in self._zoom.recorded
        media = Media(
            product=stream.product,
            instance_id=stream.meeting_uuid,
            stream_id=stream.stream_id,
            signature=self._signature(),
            media_type=MediaType[kind.upper()],
            params=self._params(kind),
            now=asyncio.get_running_loop().time(),
            patience=self._zoom.patience,
        )
        url = choose_media_url(server_urls, kind, self._zoom.allowed_hosts)
        async with dial(
            url,
            tls=self._zoom.tls,
            proxies=self._zoom.proxies,
            conversation=media,
            closing_seconds=self._zoom.patience.closing_seconds,
            max_frame_bytes=MAX_MEDIA_FRAME_BYTES if recorded else MAX_FRAME_BYTES,
        ) as connection:

            async def on_event(event: AnyEvent) -> None:
                match event:
                    case Packet():
                        self._listener.received(event)
                    case Said():
                        await self._listener.said(event)
                    case ChatChanged():
                        self._listener.chat_changed(event)
                    case MediaReady():
                        await ready()
                        outage.over()
                        self._lost_media.discard(kind)
                        self._media_since_ms = now_ms()
                        if kind == "transcript":
                            self._outage.over()
                            self._record.live()
                    case _:
                        self._common(event, kind)

            self._media.add(connection)
            try:
                await connection.run(on_event)
            finally:
                self._media.discard(connection)
                self._closed.set()

    async def _last_words(self) -> None:
        """Let the media sockets be read until Zoom closes them, for a moment at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._zoom.patience.farewell_seconds):
                while self._media:
                    self._closed.clear()
                    await self._closed.wait()

    def _note(self, event: AnyEvent) -> bool:
        """Record what Zoom tells of people; false for an event about something else."""
        match event:
            case ParticipantsJoined(participants=people, at_ms=at_ms, roster=roster):
                self._record.joined(people, at_ms, roster=roster)
            case ParticipantsLeft(user_ids=user_ids, at_ms=at_ms):
                self._record.left(user_ids, at_ms)
            case ActiveSpeaker(name=name):
                self._record.active_speaker = name
            case Sharing(user_id=user_id, name=name, at_ms=at_ms, started=started):
                self._record.sharing(user_id, name, at_ms, started=started)
            case _:
                return False
        return True

    def _common(self, event: AnyEvent, socket: str) -> None:
        """What means the same on every socket."""
        match event:
            case KeptAlive():
                self._metrics.keep_alive(socket)
                if socket == "transcript":
                    self._record.alive()
            case Ignored(why=why):
                self._metrics.frame_ignored(socket, why)
            case StreamEnded(reason=reason):
                raise _StreamOver(End.by_zoom(reason))
            case Silent(waiting_for=what):
                raise ConnectionLost(f"the {socket} connection waited in vain for {what}")
            case Refused(fault=fault):
                raise HandshakeRefused(
                    socket=socket, status=fault.status, advice=fault.advice, retryable=fault.retryable
                )

    def _is_news(self, at_ms: int) -> bool:
        return at_ms > self._media_since_ms and self._record.is_news(at_ms)

    def _params(self, kind: str) -> JsonObject | None:
        if kind == "transcript":
            return self._zoom.transcript_params
        return self._zoom.recorded.get(MediaType[kind.upper()])

    def _lost(self, reason: str) -> None:
        if self._record.enter(StreamState.INTERRUPTED):
            self._log.warning("stream.interrupted", reason=reason)
            self._metrics.link_lost("stream")

    def _signature(self) -> str:
        return handshake_signature(
            client_id=self._zoom.client_id,
            client_secret=self._zoom.client_secret.get_secret_value(),
            instance_id=self._record.stream.meeting_uuid,
            stream_id=self._record.stream.stream_id,
        )


class _StreamOver(ZoomError):
    """Zoom said on a socket that the stream has ended."""

    def __init__(self, end: End) -> None:
        self.end = end
        super().__init__(end.words)


def _media_kinds(server_urls: object, recorded: Collection[MediaType]) -> list[str]:
    """The media sockets to open, the transcript's always.

    Chat has one where Zoom offers one of its own. Sound and pictures have one where Zoom offers one, or
    nothing but a unified address; Zoom leaves out the media that the app has no scope for.
    """
    offered = server_urls if isinstance(server_urls, dict) else {}
    unified = not any(url for kind, url in offered.items() if kind != "all")
    wanted = [(kind.name or "").lower() for kind in recorded]
    chat = ["chat"] if offered.get("chat") else []
    return ["transcript", *chat, *(kind for kind in wanted if unified or offered.get(kind))]


def _flatten(group: BaseExceptionGroup[ZoomError]) -> list[ZoomError]:
    faults: list[ZoomError] = []
    for error in group.exceptions:
        faults.extend(_flatten(error) if isinstance(error, BaseExceptionGroup) else [error])
    return faults
