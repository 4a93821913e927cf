"""One stream's sockets, dialled and dialled again until the stream is over."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, TypeVarTuple, Unpack

import structlog

from bridge.clock import CLOCK, Clock
from bridge.domain import StreamState
from bridge.errors import ConnectionLost, HandshakeRefused, ZoomError
from bridge.logs import places_of
from bridge.proxy import DIRECT, Proxies
from bridge.rtms.connection import MAX_FRAME_BYTES, MAX_MEDIA_FRAME_BYTES, dial
from bridge.rtms.conversation import Ignored, KeptAlive, Refused, Silent, StreamEnded
from bridge.rtms.media import ChatChanged, Media, MediaReady, Packet, Said
from bridge.rtms.messages import MediaType, handshake_signature
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
from bridge.rtms.urls import choose_signaling_url, kind_name
from bridge.session.end import End, StreamOver
from bridge.session.outage import Outage
from bridge.session.trial import Trial

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from pydantic import SecretStr

    from bridge.rtms.connection import Connection
    from bridge.rtms.conversation import AnyEvent
    from bridge.rtms.messages import JsonObject
    from bridge.rtms.urls import MediaServers
    from bridge.session.record import Record

_Given = TypeVarTuple("_Given")

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


class LinkMetrics(Protocol):
    """What a link reports."""

    def frame_ignored(self, socket: str, why: str) -> None:
        """A frame was not for us."""

    def keep_alive(self, socket: str) -> None:
        """A keep-alive was answered."""

    def link_lost(self, socket: str) -> None:
        """A socket was lost."""


class Listener(Protocol):
    """Who is told what people say; never waits, as keep-alives are answered by the task that calls it."""

    def said(self, said: Said) -> None:
        """Somebody said or typed something."""

    def chat_changed(self, change: ChatChanged) -> None:
        """A chat message was edited or deleted."""

    def received(self, packet: Packet) -> None:
        """A piece of sound, or a picture."""

    def resumed(self) -> None:
        """The stream goes on after a pause."""


class Link:
    """Keeps a stream's sockets, and the record of what they tell of the stream."""

    def __init__(
        self, record: Record, zoom: Zoom, listener: Listener, metrics: LinkMetrics, clock: Clock = CLOCK
    ) -> None:
        self._record = record
        self._zoom = zoom
        self._listener = listener
        self._metrics = metrics
        self._clock = clock
        self._outage = self._new_outage(zoom.patience.signaling_seconds)
        self._media: set[Connection[AnyEvent]] = set()
        self._lost_media: set[MediaType] = set()
        self._media_since = 0.0
        """When the newest media socket's handshake was done, by the event loop's clock."""
        self._media_since_ms = 0
        self._ready_ms = 0
        """When the newest transcript socket's handshake was done, UTC milliseconds."""
        self._hears = False
        """Whether words can arrive, as the record has been told."""
        self._closed = asyncio.Event()
        self._attempt: asyncio.Task[ZoomError] | None = None
        self._end: End | None = None
        self._moved = False
        """Whether Zoom has moved the stream since the sockets were dialled: what became of them tells nothing then."""
        self._stopping = False
        self._told: set[str] = set()
        """Places where an event could not be taken; each is told once."""
        self._log = log.bind(stream_id=record.stream.stream_id)

    async def run(self) -> End | None:
        """Listen until the stream is over, and say why it is; ``None`` after :meth:`stop`.

        May be called again when it broke: the sockets are dialled anew.
        """
        delay = 0.0
        self._lost_media.clear()
        try:
            async with asyncio.TaskGroup() as tasks:
                while self._end is None and not self._stopping:
                    self._moved = False
                    self._attempt = tasks.create_task(self._connect(delay), name="link")
                    await asyncio.wait({self._attempt})
                    delay = 0.0
                    if not self._attempt.cancelled() and self._end is None and not self._moved:
                        delay = self._judge(self._attempt.result())
        except BaseException:
            self._hears = False
            self._record.unheard()
            raise
        if self._end is None:
            self._record.unheard()
            return None
        return self._end if self._hears else replace(self._end, unheard=True)

    def end(self, end: End) -> None:
        """Zoom says elsewhere that the stream is over; its last words may still be on their way."""
        self._end = end
        if end.consent_revoked:
            self._interrupt()
        else:
            asyncio.get_running_loop().call_later(self._zoom.patience.farewell_seconds, self._interrupt)

    def fail_over(self) -> None:
        """Zoom moved the stream: drop both sockets and dial the record's new addresses at once."""
        self._moved = True
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
        if isinstance(fault, StreamOver):
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
        faults: list[ZoomError] = [ConnectionLost("the connection ended")]
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._signal(tasks)
        except* ZoomError as group:
            faults = list(_flatten(group))
        # The end of the stream explains the sockets' closing, and a refusal the retries around it.
        return min(faults, key=lambda fault: (not isinstance(fault, StreamOver), fault.retryable))

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

            def on_event(event: AnyEvent) -> Awaitable[None] | None:
                if not isinstance(event, SignalingReady):
                    return self._signaled(event)
                for kind in event.servers.sockets(self._zoom.recorded):
                    listening = self._listen_to(kind, event.servers, ready)
                    tasks.create_task(listening, name=kind_name(kind))
                return None

            await connection.run(on_event)

    def _signaled(self, event: AnyEvent) -> Awaitable[None] | None:
        """Act on what the signaling socket tells, once it stands; gives what has to be waited for."""
        match event:
            case ParticipantsJoined() | ParticipantsLeft() | ActiveSpeaker() | Sharing():
                self._guarded(self._note, event)
            case MediaInterrupted(at_ms=at_ms):
                # It names no socket; one that we know to be lost, or have again, explains it.
                if not self._lost_media and (not at_ms or self._is_news(at_ms)):
                    for media in self._media:
                        media.abort()
            case StreamEnded(reason=reason):
                return self._over(End.by_zoom(reason))
            case StreamPaused():
                self._record.enter(StreamState.PAUSED)
            case StreamResumed():
                self._record.enter(StreamState.LIVE if self._hears else StreamState.INTERRUPTED)
                self._guarded(self._listener.resumed)
            case _:
                self._common(event, "signaling")
        return None

    async def _over(self, end: End) -> None:
        """The signaling socket tells of the stream's end."""
        if end.consent_revoked:
            self._end = end  # nothing more is heard
        else:
            await self._last_words()
        raise StreamOver(end)

    async def _listen_to(
        self, kind: MediaType, servers: MediaServers, ready: Callable[[], Awaitable[None]]
    ) -> None:
        """Keep one media socket while the signaling socket stands."""
        patience = self._zoom.patience
        outage = self._new_outage(patience.media_seconds)
        while True:
            fault = await self._media_fault(kind, servers, ready, outage)
            now = asyncio.get_running_loop().time()
            delay = outage.lost(now) if fault.retryable else None
            if delay is None:
                if kind is MediaType.TRANSCRIPT or isinstance(fault, StreamOver):
                    raise fault
                self._lost_media.discard(kind)
                self._log.warning("media.without", kind=kind_name(kind), reason=str(fault))
                return
            self._lost_media.add(kind)
            if isinstance(fault, ConnectionLost) and fault.closed:
                # Most often the stream's end, of which the signaling socket is about to tell.
                await asyncio.sleep(patience.farewell_seconds)
            if kind is MediaType.TRANSCRIPT:
                self._lost(str(fault))
            self._guarded(self._metrics.link_lost, kind_name(kind))
            await asyncio.sleep(delay)

    async def _media_fault(
        self, kind: MediaType, servers: MediaServers, ready: Callable[[], Awaitable[None]], outage: Outage
    ) -> ZoomError:
        """One media socket from dialling to its loss; returns why it was lost."""
        try:
            await self._media_socket(kind, servers, ready, outage)
        except ZoomError as error:
            return error
        return ConnectionLost("the connection ended")

    async def _media_socket(
        self, kind: MediaType, servers: MediaServers, ready: Callable[[], Awaitable[None]], outage: Outage
    ) -> None:
        stream, patience = self._record.stream, self._zoom.patience
        recorded = kind in self._zoom.recorded
        words, name = kind is MediaType.TRANSCRIPT, kind_name(kind)
        media = Media(
            product=stream.product,
            instance_id=stream.meeting_uuid,
            stream_id=stream.stream_id,
            signature=self._signature(),
            media_type=kind,
            params=self._zoom.transcript_params if words else self._zoom.recorded.get(kind),
            now=asyncio.get_running_loop().time(),
            patience=patience,
        )
        async with dial(
            servers.url(kind, self._zoom.allowed_hosts),
            tls=self._zoom.tls,
            proxies=self._zoom.proxies,
            conversation=media,
            closing_seconds=patience.closing_seconds,
            max_frame_bytes=MAX_MEDIA_FRAME_BYTES if recorded else MAX_FRAME_BYTES,
        ) as connection:
            trial = Trial(lambda: self._good(kind, outage))

            async def taken() -> None:
                await ready()
                self._taken(kind, outage, trial)

            def on_event(event: AnyEvent) -> Awaitable[None] | None:
                if isinstance(event, MediaReady):
                    return taken()
                trial.passed()
                match event:
                    case Said():
                        self._guarded(self._listener.said, event)
                    case ChatChanged():
                        self._guarded(self._listener.chat_changed, event)
                    case Packet():
                        self._guarded(self._listener.received, event)
                    case _:
                        self._common(event, name)
                return None

            self._media.add(connection)
            try:
                await connection.run(on_event)
            except asyncio.CancelledError:
                trial.broken_off()
                if self._end is None or not self._end.consent_revoked:
                    await connection.rest(on_event)
                raise
            finally:
                trial.broken_off()
                self._media.discard(connection)
                self._closed.set()

    def _taken(self, kind: MediaType, outage: Outage, trial: Trial) -> None:
        """Zoom took a media socket's handshake; whether it is good, time or the first message tells."""
        outage.taken()
        self._lost_media.discard(kind)
        self._media_since, self._media_since_ms = asyncio.get_running_loop().time(), self._clock.now_ms()
        trial.begin(self._zoom.patience.steady_seconds)
        if kind is MediaType.TRANSCRIPT:
            self._outage.taken()
            self._ready_ms = self._media_since_ms
            if self._record.unheard_of:  # no gap ends that another dial could prolong
                self._live()

    def _good(self, kind: MediaType, outage: Outage) -> None:
        """A media socket has stood for a while, or has brought something."""
        outage.over()
        if kind is MediaType.TRANSCRIPT:
            self._outage.over()
            if not self._hears:
                self._live()

    def _live(self) -> None:
        self._hears = True
        self._record.live(self._ready_ms)

    async def _last_words(self) -> None:
        """Let the media sockets be read until Zoom closes them, for a moment at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._zoom.patience.farewell_seconds):
                while self._media:
                    self._closed.clear()
                    await self._closed.wait()

    def _note(self, event: AnyEvent) -> None:
        """Record what Zoom tells of people."""
        match event:
            case ParticipantsJoined(participants=people, at_ms=at_ms, roster=roster):
                self._record.joined(people, at_ms, roster=roster)
            case ParticipantsLeft(user_ids=user_ids, at_ms=at_ms):
                self._record.left(user_ids, at_ms)
            case ActiveSpeaker(name=name):
                self._record.active_speaker = name
            case Sharing(user_id=user_id, name=name, at_ms=at_ms, started=started):
                self._record.sharing(user_id, name, at_ms, started=started)

    def _common(self, event: AnyEvent, socket: str) -> None:
        """What means the same on every socket."""
        match event:
            case KeptAlive():
                if socket == kind_name(MediaType.TRANSCRIPT) and self._hears:
                    self._record.alive()
                self._guarded(self._metrics.keep_alive, socket)
            case Ignored(why=why):
                self._guarded(self._metrics.frame_ignored, socket, why)
            case StreamEnded(reason=reason):
                raise StreamOver(End.by_zoom(reason))
            case Silent(waiting_for=what):
                raise ConnectionLost(f"the {socket} connection waited in vain for {what}")
            case Refused(fault=fault):
                raise HandshakeRefused(
                    socket=socket, status=fault.status, advice=fault.advice, retryable=fault.retryable
                )

    def _guarded(self, take: Callable[[Unpack[_Given]], None], *given: *_Given) -> None:
        """Take one event; where that fails, this event is passed over and the socket goes on being read."""
        try:
            take(*given)
        except Exception as error:  # the boundary of one event
            where = places_of(error)
            if str(where) not in self._told:
                self._told.add(str(where))
                self._log.error("event.not_taken", where=where)

    def _is_news(self, at_ms: int) -> bool:
        """Whether Zoom has lost the media socket that there is now, and not one before it.

        Zoom's clock tells when it was, and ours may be another. What is told so long after the handshake can only be news:
        a socket that was lost before would have ended the stream by now.
        """
        if asyncio.get_running_loop().time() - self._media_since >= self._zoom.patience.media_seconds:
            return True
        return at_ms > self._media_since_ms and self._record.is_news(at_ms)

    def _new_outage(self, seconds: float) -> Outage:
        return Outage(seconds, chance=self._clock.chance, patience=self._zoom.patience)

    def _lost(self, reason: str) -> None:
        self._hears = False
        if self._record.enter(StreamState.INTERRUPTED):
            self._log.warning("stream.interrupted", reason=reason)
            self._guarded(self._metrics.link_lost, "stream")

    def _signature(self) -> str:
        return handshake_signature(
            client_id=self._zoom.client_id,
            client_secret=self._zoom.client_secret.get_secret_value(),
            instance_id=self._record.stream.meeting_uuid,
            stream_id=self._record.stream.stream_id,
        )


def _flatten(group: BaseExceptionGroup[ZoomError]) -> list[ZoomError]:
    faults: list[ZoomError] = []
    for error in group.exceptions:
        faults.extend(_flatten(error) if isinstance(error, BaseExceptionGroup) else [error])
    return faults
