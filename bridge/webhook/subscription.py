"""Zoom's WebSocket event subscription: the way in for events where no public address exists.

One socket is open at a time. Before its access token expires a second one is opened beside it, and
the first is read until Zoom closes it, as Zoom does once the second stands: no event falls between.
What is raised while no socket is open Zoom never tells, so a lost socket is dialled again at once.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol

import structlog
from pydantic import ValidationError

from bridge.errors import BridgeError, ConnectionLost, ZoomError
from bridge.logs import places_of
from bridge.proxy import DIRECT
from bridge.rtms.connection import dial
from bridge.rtms.conversation import Ignored, Silent
from bridge.tasks import beside
from bridge.webhook.event_socket import (
    HEARTBEAT_SECONDS,
    EventSocket,
    HeartbeatAnswered,
    Opened,
    Raised,
    Refused,
    State,
    socket_address,
    wait_seconds,
)
from bridge.webhook.events import parse_stream_event, wrong_fields

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable

    from pydantic import SecretStr

    from bridge.proxy import Proxies
    from bridge.rtms.connection import Connection
    from bridge.rtms.messages import JsonObject
    from bridge.webhook.event_socket import SocketEvent
    from bridge.webhook.sink import EventSink

RENEWAL_SECONDS: Final = 55 * 60.0
"""Age at which an access token, good for an hour, and the socket opened with it are replaced."""
STEADY_SECONDS: Final = 60.0
"""A socket that is lost sooner counts as one more failure in a row, so that two bridges with one
subscription, of which Zoom closes the one for the other, do not chase each other without pause."""
RETIRE_SECONDS: Final = 5.0
"""How long Zoom may take to close a socket that another has replaced."""

OPENING: Final = "it is being opened"
SOCKET: Final = "events"
"""The socket's name in metrics."""

log = structlog.get_logger(__name__)


class Tokens(Protocol):
    """Where access tokens come from."""

    async def token(self, *, renew: bool = False) -> str:
        """An access token; with ``renew`` a new one, whatever is in a cache.

        Raises:
            BridgeError: There is none to be had now.
        """


class SubscriptionMetrics(Protocol):
    """What the subscription reports."""

    def event_socket(self, is_open: bool) -> None:
        """A socket is open now, or none is."""

    def socket_event(self, outcome: str) -> None:
        """An event came in."""

    def keep_alive(self, socket: str) -> None:
        """A heartbeat was answered."""

    def frame_ignored(self, socket: str, why: str) -> None:
        """A frame was not for us."""

    def link_lost(self, socket: str) -> None:
        """The socket was lost."""


class Subscription:
    """Keeps an event socket open for as long as :meth:`run` runs.

    Args:
        endpoint_url: The subscription's address as Marketplace shows it; it must have been allowed.
        tokens: Where access tokens come from.
        tls: How Zoom's certificate is verified.
        sink: Where events go.
        metrics: Where things are counted.
        may_dial: Waited for before a socket is opened while none stands: another bridge may have one by now, which
            Zoom would close for it. One that stands is read on meanwhile, and replaced when its token grows old.
        proxies: Say whether a proxy leads there.
        chance: Gives numbers from 0 to 1 and spreads the tries.
    """

    def __init__(
        self,
        endpoint_url: SecretStr,
        *,
        tokens: Tokens,
        tls: ssl.SSLContext,
        sink: EventSink,
        metrics: SubscriptionMetrics,
        may_dial: Callable[[], Awaitable[None]],
        proxies: Proxies = DIRECT,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.away = OPENING
        """Why no socket is open; empty when one is."""
        self._endpoint_url = endpoint_url
        self._tokens = tokens
        self._tls = tls
        self._sink = sink
        self._metrics = metrics
        self._may_dial = may_dial
        self._proxies = proxies
        self._chance = chance
        self._renew_at = float("-inf")  # loop time from which on a token must be a new one
        self._serving: _Link | None = None
        self._failures = 0
        self._away_since: float | None = None
        self._told_refusal = False

    def stand_by(self) -> None:
        """Another bridge has the socket open, and nothing is missing here."""
        self.away = ""
        self._metrics.event_socket(False)

    async def run(self) -> None:
        """Dial, and dial again, until cancelled."""
        self.away = self.away or OPENING  # no other bridge has it any more
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._pause(wait_seconds(self._failures, self._chance()))
                link = _Link()
                link.task = tasks.create_task(self._listen(link), name="event socket")
                await link.settled.wait()
                if not link.over:
                    await self._serve(link)
                if link.over:
                    self._lost(link.fault)

    async def _pause(self, seconds: float) -> None:
        """Wait, but no longer than the socket that still serves; where none does, until one may be opened."""
        if self._serving is None or self._serving.over:
            await asyncio.sleep(seconds)
        else:
            await self._serving.wait(seconds)
        if self._serving is None or self._serving.over:
            await self._may_dial()

    async def _serve(self, link: _Link) -> None:
        """Take a socket that stands for the one before it, until it is lost or its token grows old."""
        now = asyncio.get_running_loop().time
        old, self._serving = self._serving, link
        since = now()
        self._back(since)
        if old is not None:
            await old.wait(RETIRE_SECONDS)
            old.abort()
        await link.wait(self._renew_at - now())
        if now() - since >= STEADY_SECONDS:
            self._failures = 0

    async def _listen(self, link: _Link) -> None:
        """One socket, from dialling to its loss."""
        try:
            url = socket_address(self._endpoint_url.get_secret_value(), await self._token())
            conversation = EventSocket(asyncio.get_running_loop().time())
            async with (
                dial(url, tls=self._tls, conversation=conversation, proxies=self._proxies) as link.connection,
                beside(_beat(link.connection, conversation), name="heartbeat"),
            ):
                await self._read(link, link.connection, conversation)
        except BridgeError as fault:
            denied = isinstance(fault, ConnectionLost) and fault.denied
            link.fault = _TokenRefused() if denied else fault
        except Exception as error:  # a task's boundary: meetings that run must live on
            log.error("event_socket.broke", where=places_of(error))
        finally:
            link.settled.set()

    async def _read(
        self, link: _Link, connection: Connection[SocketEvent], conversation: EventSocket
    ) -> None:
        def on_event(event: SocketEvent) -> None:
            match event:
                case Opened():
                    link.settled.set()
                case Raised(body=body):
                    self._take(body)
                case HeartbeatAnswered():
                    self._metrics.keep_alive(SOCKET)
                case Ignored(why=why):
                    self._metrics.frame_ignored(SOCKET, why)
                case Silent(waiting_for=what):
                    raise ConnectionLost(f"the event socket waited in vain for {what}")
                case Refused():
                    raise _TokenRefused

        try:
            await connection.run(on_event)
        except ConnectionLost:
            if conversation.state is State.OPENING:  # closed without a word: Zoom's other way to say no
                raise _TokenRefused from None
            raise

    async def _token(self) -> str:
        now = asyncio.get_running_loop().time()
        if now < self._renew_at:
            return await self._tokens.token()
        token = await self._tokens.token(renew=True)
        self._renew_at = now + RENEWAL_SECONDS
        return token

    def _take(self, body: JsonObject) -> None:
        """Have an event stored, however long that takes: Zoom raises it once, there is nobody to refuse it to.

        Meanwhile the socket is read on: one that is not read is given up, and what comes behind it missed.
        """
        try:
            event = parse_stream_event(body)
        except ValidationError as error:
            log.warning("event_socket.unreadable", fields=wrong_fields(error))
            self._metrics.socket_event("unreadable")
            return
        if event is None:
            self._metrics.socket_event("passed_over")
            return
        self._sink.accept(event).add_done_callback(self._stored)

    def _stored(self, stored: asyncio.Future[None]) -> None:
        lost = stored.cancelled() or stored.exception() is not None  # of which the store has told
        self._metrics.socket_event("not_stored" if lost else "accepted")

    def _lost(self, fault: BridgeError) -> None:
        now = asyncio.get_running_loop().time()
        self._failures += 1
        if isinstance(fault, _TokenRefused):
            self._renew_at = now
            if self._failures > 1 and not self._told_refusal:  # a new token did not help
                self._told_refusal = True
                log.error("event_socket.refused", reason=str(fault))
        if self._serving is not None and not self._serving.over:
            return
        self.away = str(fault)
        if self._away_since is None:
            self._away_since = now
            self._metrics.event_socket(False)
            self._metrics.link_lost(SOCKET)
            log.warning("event_socket.away", reason=str(fault))

    def _back(self, now: float) -> None:
        if self._away_since is not None:
            log.info("event_socket.back", away_seconds=round(now - self._away_since, 1))
        elif self.away:
            log.info("event_socket.open")
        self.away, self._away_since, self._told_refusal = "", None, False
        self._metrics.event_socket(True)


class _Link:
    """One socket and the task that reads it."""

    task: asyncio.Task[None]

    def __init__(self) -> None:
        self.settled = asyncio.Event()
        """Set once the connection is built, or has failed."""
        self.connection: Connection[SocketEvent] | None = None
        self.fault: BridgeError = ConnectionLost("the connection broke")
        """Why it was lost, when it is over."""

    @property
    def over(self) -> bool:
        return self.task.done()

    async def wait(self, seconds: float) -> None:
        """Wait for its end, for so long."""
        await asyncio.wait({self.task}, timeout=max(seconds, 0))

    def abort(self) -> None:
        """Drop the socket; what was read of it is still taken."""
        if self.connection is not None:
            self.connection.abort()


class _TokenRefused(ZoomError):
    """Zoom does not take the access token."""

    def __init__(self) -> None:
        super().__init__(
            "Zoom does not accept the access token for ZOOM_EVENT_SOCKET_URL: ZOOM_CLIENT_ID, ZOOM_CLIENT_SECRET "
            "and, for a server-to-server app, ZOOM_ACCOUNT_ID must be those of the app that the subscription belongs to"
        )


async def _beat(connection: Connection[SocketEvent], conversation: EventSocket) -> None:
    """Heartbeats come from a task of their own: a slow store must not hold them back."""
    with suppress(ConnectionLost):  # the reader tells why
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            conversation.heartbeat()
            await connection.flush()
