"""An HTTP server inside the caller's event loop, without signal handlers of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.types import ASGIApp

GRACE_SECONDS: Final = 2
"""How long requests under way may take when the server is told to stop."""
HEAD_SECONDS: Final = 10.0
"""How long a request's line and headers may take; its body is the application's to limit."""


class _Protocol(H11Protocol):
    """uvicorn's own, with a limit on how long a request's head may take: nobody holds a socket for nothing."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._head_is_there()
        elif self._late is None:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_there()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._late = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _head_is_there(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Whoever runs the loop decides what a signal does."""
        yield


@contextlib.asynccontextmanager
async def http_listener(app: ASGIApp, *, host: str, port: int) -> AsyncIterator[int]:
    """Serve an application while the block runs; gives the port, a free one where ``port`` is 0.

    The socket listens before the block begins, so nobody has to wait for the server to be up.

    Raises:
        ConfigurationError: The address cannot be listened on.
    """
    try:
        listening = socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError as error:
        raise ConfigurationError(f"cannot listen on {host}:{port}: {error.strerror}.") from None
    config = uvicorn.Config(
        app,
        access_log=False,
        http=_Protocol,
        lifespan="off",
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        ws="none",
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]), name=f"http {host}:{port}")
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        await serving
