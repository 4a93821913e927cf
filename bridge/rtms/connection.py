"""The only file that does I/O with Zoom's sockets."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

import websockets
from websockets.asyncio.client import connect
from websockets.frames import CloseCode

from bridge.errors import ConfigurationError, ConnectionLost, ZoomError
from bridge.proxy import DIRECT
from bridge.rtms.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from pathlib import Path

    from websockets.asyncio.client import ClientConnection

    from bridge.proxy import Proxies, Proxy

OPEN_SECONDS: Final = 10.0
"""Longest wait for TCP, TLS and the WebSocket upgrade together."""
MAX_FRAME_BYTES: Final = 1024 * 1024
"""Largest frame taken from a socket that carries text; a transcript message is a few hundred bytes."""
MAX_MEDIA_FRAME_BYTES: Final = 16 * 1024 * 1024
"""Largest frame taken from a socket that carries sound or pictures: room for any picture of a screen."""

_Event = TypeVar("_Event")
_Told = TypeVar("_Told", covariant=True)


class Conversation(Protocol[_Told]):
    """What is said on a socket, decided without I/O; :class:`bridge.rtms.conversation.Conversation` is one."""

    def receive(self, frame: str | bytes, now: float) -> Sequence[_Told]:
        """Take one frame. Nothing a peer can send raises."""

    def texts_to_send(self) -> Sequence[str]:
        """Drain what has to go out, in order."""

    def next_deadline(self) -> float:
        """When :meth:`tick` must be called at the latest."""

    def tick(self, now: float) -> Sequence[_Told]:
        """Tell the time; events mean that the socket is of no more use."""


class Connection(Generic[_Event]):
    """One open socket and its conversation.

    Reading, answering and watching the deadline happen in the one task that is in :meth:`run`;
    :meth:`flush` may be called by others after they queued something on the conversation.
    """

    def __init__(self, socket: ClientConnection, conversation: Conversation[_Event]) -> None:
        self._socket = socket
        self._conversation = conversation

    async def flush(self) -> None:
        """Send what the conversation has queued.

        Raises:
            ConnectionLost: The socket is closed.
        """
        await self._send(self._conversation.texts_to_send())

    async def _send(self, texts: Sequence[str]) -> None:
        try:
            for text in texts:
                await self._socket.send(text)
        except websockets.ConnectionClosed as error:
            raise _lost(error) from None

    def abort(self) -> None:
        """Drop the socket at once; :meth:`run` ends."""
        self._socket.transport.abort()

    async def run(self, on_event: Callable[[_Event], Awaitable[None] | None]) -> None:
        """Read until the socket is closed.

        Answers, keep-alives above all, leave before an event is handed to ``on_event``, which gives what has to be
        awaited, if anything has. Meanwhile nothing more is read, and the deadline does not stand still: nobody may wait there for
        what takes long.

        Raises:
            ConnectionLost: In the end always: the socket was closed, by whichever side.
        """
        loop = asyncio.get_running_loop()
        conversation, socket = self._conversation, self._socket
        failures: list[_Event] = []
        events: Sequence[_Event] = ()
        watchdog: asyncio.TimerHandle

        def watch() -> None:
            nonlocal watchdog
            failures.extend(conversation.tick(loop.time()))
            if failures:
                self.abort()
            else:
                watchdog = loop.call_at(conversation.next_deadline(), watch)

        watchdog = loop.call_at(conversation.next_deadline(), watch)
        try:
            while True:
                if texts := conversation.texts_to_send():
                    # A socket that takes no more may still hold words that came before its end.
                    with suppress(ConnectionLost):
                        await self._send(texts)
                for event in events:
                    if (waiting := on_event(event)) is not None:
                        await waiting
                events = conversation.receive(await socket.recv(), loop.time())
        except websockets.ConnectionClosed as error:
            for event in failures:
                if (waiting := on_event(event)) is not None:
                    await waiting
            raise _lost(error) from None
        finally:
            watchdog.cancel()

    async def rest(self, on_event: Callable[[_Event], Awaitable[None] | None]) -> None:
        """Take what had come by the time at which :meth:`run` was cancelled, and wait for nothing.

        Where both sockets of a stream break at once, the last words stand here while the other one's loss is told.
        """
        loop = asyncio.get_running_loop()
        with suppress(TimeoutError, websockets.ConnectionClosed, ZoomError):
            async with asyncio.timeout(0):
                while True:
                    for event in self._conversation.receive(await self._socket.recv(), loop.time()):
                        if (waiting := on_event(event)) is not None:
                            await waiting


@asynccontextmanager
async def dial(
    url: str,
    *,
    tls: ssl.SSLContext,
    conversation: Conversation[_Event],
    closing_seconds: float = PATIENCE.closing_seconds,
    max_frame_bytes: int = MAX_FRAME_BYTES,
    proxies: Proxies = DIRECT,
) -> AsyncIterator[Connection[_Event]]:
    """Open a socket for a conversation and close it at the end; ``url`` must have been allowed.

    A frame of more than ``max_frame_bytes`` is not read: it closes the socket. ``proxies`` say whether a proxy
    leads there.

    Raises:
        ConnectionLost: The socket could not be opened.
    """
    proxy = proxies.to(url)
    dialling = _Dialling(
        url,
        ssl=tls if url.lower().startswith("wss:") else None,
        compression=None,
        max_size=max_frame_bytes,
        open_timeout=OPEN_SECONDS,
        close_timeout=closing_seconds,
        ping_interval=None,  # Zoom has keep-alives of its own
        proxy=proxy.url if proxy else None,
    )
    try:
        socket = await dialling
    except (websockets.InvalidProxy, websockets.ProxyError) as error:
        raise ConnectionLost(_refused_by(proxy, error)) from None
    except (OSError, EOFError, ImportError, ValueError, websockets.WebSocketException) as error:
        # Whatever an address or the peer makes the library raise, ImportError where a proxy's kind needs a
        # package. The text of the error could hold the address; its type says enough.
        raise ConnectionLost(
            f"the connection could not be opened ({type(error).__name__})", denied=_denied(error)
        ) from None
    try:
        yield Connection(socket, conversation)
    finally:
        await socket.close()


class _Dialling(connect):
    """``websockets.connect`` without redirects: nobody allowed the address they lead to."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


def tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Verification of Zoom's certificates, TLS 1.2 or newer as Zoom demands since November 2026.

    Raises:
        ConfigurationError: ``ca_file`` cannot be read or holds no certificates.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # ssl.SSLError included
        raise ConfigurationError(
            f"BRIDGE_CA_FILE: cannot read certificates from {ca_file}: {error.strerror}."
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _lost(error: websockets.ConnectionClosed) -> ConnectionLost:
    if error.rcvd is not None and error.rcvd_then_sent:
        code = error.rcvd.code
        return ConnectionLost(
            f"Zoom closed the connection with code {code}", closed=code == CloseCode.NORMAL_CLOSURE
        )
    return ConnectionLost("the connection broke")


def _refused_by(proxy: Proxy | None, error: Exception) -> str:
    """What a proxy did, without its own words and without credentials."""
    where = f"the proxy {proxy.shown} ({proxy.variable})" if proxy else "a proxy"
    if isinstance(error, websockets.InvalidProxyStatus):
        return f"{where} answered {error.response.status_code}"
    return f"{where} does not answer as a proxy ({type(error).__name__})"


def _denied(error: Exception) -> bool:
    refusals = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    return isinstance(error, websockets.InvalidStatus) and error.response.status_code in refusals
