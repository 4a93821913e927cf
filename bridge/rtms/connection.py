"""The only file that does I/O with Zoom's sockets."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import websockets
from websockets.asyncio.client import connect

from bridge.errors import ConfigurationError, ConnectionLost

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from websockets.asyncio.client import ClientConnection

    from bridge.rtms.conversation import AnyEvent, Conversation

OPEN_SECONDS: Final = 10.0
"""Longest wait for TCP, TLS and the WebSocket upgrade together."""
CLOSE_SECONDS: Final = 2.0
"""Longest wait for the peer's side of the closing handshake."""
MAX_FRAME_BYTES: Final = 1024 * 1024
"""Largest frame taken from a socket that carries text; a transcript message is a few hundred bytes."""


class Connection:
    """One open socket and its conversation.

    Reading, answering and watching the deadline happen in the one task that is in :meth:`run`;
    :meth:`flush` may be called by others after they queued something on the conversation.
    """

    def __init__(self, socket: ClientConnection, conversation: Conversation) -> None:
        self._socket = socket
        self._conversation = conversation

    async def flush(self) -> None:
        """Send what the conversation has queued.

        Raises:
            ConnectionLost: The socket is closed.
        """
        try:
            for text in self._conversation.texts_to_send():
                await self._socket.send(text)
        except websockets.ConnectionClosed as error:
            raise _lost(error) from None

    def abort(self) -> None:
        """Drop the socket at once; :meth:`run` ends."""
        self._socket.transport.abort()

    async def run(self, on_event: Callable[[AnyEvent], Awaitable[None]]) -> None:
        """Read until the socket is closed.

        Answers, keep-alives above all, leave before an event is handed to ``on_event``. While that
        is awaited nothing more is read: the socket's own flow control holds the peer back.

        Raises:
            ConnectionLost: In the end always: the socket was closed, by whichever side.
        """
        loop = asyncio.get_running_loop()
        conversation, socket = self._conversation, self._socket
        failures: list[AnyEvent] = []
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
            await self.flush()
            while True:
                frame = await socket.recv()
                events = conversation.receive(frame, loop.time())
                await self.flush()
                for event in events:
                    await on_event(event)
        except websockets.ConnectionClosed as error:
            for event in failures:
                await on_event(event)
            raise _lost(error) from None
        finally:
            watchdog.cancel()


@asynccontextmanager
async def dial(url: str, *, tls: ssl.SSLContext, conversation: Conversation) -> AsyncIterator[Connection]:
    """Open a socket for a conversation and close it at the end; ``url`` must have been allowed.

    Raises:
        ConnectionLost: The socket could not be opened.
    """
    dialling = _Dialling(
        url,
        ssl=tls if url.lower().startswith("wss:") else None,
        compression=None,
        max_size=MAX_FRAME_BYTES,
        open_timeout=OPEN_SECONDS,
        close_timeout=CLOSE_SECONDS,
        ping_interval=None,  # RTMS has keep-alives of its own
    )
    try:
        socket = await dialling
    except (OSError, websockets.InvalidHandshake, websockets.InvalidURI) as error:
        # The text of the error could hold the address; its type says enough.
        raise ConnectionLost(f"the connection could not be opened ({type(error).__name__})") from None
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
    if error.rcvd is not None:
        return ConnectionLost(f"Zoom closed the connection with code {error.rcvd.code}", closed=True)
    return ConnectionLost("the connection broke")
