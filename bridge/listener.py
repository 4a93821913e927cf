"""An HTTP server inside the caller's event loop, without signal handlers of its own, that strangers cannot fill.

uvicorn has no time limit for a request's head, nor for who does not read its answer, and turns a crowd away only after
it has taken its sockets, and there is no public place to add any of it: so this is a subclass of its h11 protocol, which
``uvicorn.Config`` takes by design, and which looks at ``cycle`` (the request under way) alone, and of its server, whose
loop wakes up without cause. What a body may take is the application's to limit.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from starlette.types import ASGIApp

GRACE_SECONDS: Final = 2
"""How long requests under way may take when the server is told to stop."""
HEAD_SECONDS: Final = 10.0
"""How long a request's line and headers may take."""
STUCK_SECONDS: Final = 60.0
"""How long a client may take nothing of what it is sent: a page that nobody reads is kept in memory, also once it is answered."""
SEND_BUFFER: Final = 131_072
"""Bytes of an answer that the system keeps for a client: asyncio hears of one that reads only once a third of it is free, and of
more than a megabyte, as systems have it, that is longer than a minute for a slow one. It is 2 MB/s still at 100 ms to the client."""
MOST_CONNECTIONS: Final = 512
"""Connections at once, unless told otherwise. Zoom's webhooks take milliseconds each."""

BACKLOG: Final = 64
"""Connections that the system keeps for us; asyncio takes as many of them in one go, before any of ours is asked."""


class Crowd:
    """The connections of one listener: never more than ``most``; whoever has waited longest for nothing makes room."""

    def __init__(self, most: int, on_dropped: Callable[[str], None]) -> None:
        """``on_dropped`` hears why each connection was dropped: ``slow_head``, ``stuck``, ``crowded`` or ``refused``."""
        self._most = most
        self._dropped = on_dropped
        self._inside: dict[_Protocol, None] = {}  # oldest first

    def enter(self, new: _Protocol) -> bool:
        """Take a connection in, if need be in the place of another; ``False`` where all are at work."""
        if len(self._inside) >= self._most:
            weakest = min(
                self._inside, key=lambda each: each.claim, default=None
            )  # the oldest of the weakest
            if weakest is None or weakest.claim == _AT_WORK:
                self._dropped("refused")
                return False
            self._dropped("crowded")
            self.leave(weakest)
            weakest.transport.abort()
        self._inside[new] = None
        return True

    def leave(self, gone: _Protocol) -> None:
        """It is closed, or about to be."""
        self._inside.pop(gone, None)

    def drop(self, late: _Protocol, why: str) -> None:
        """It has taken too long for something."""
        self._dropped(why)
        late.transport.abort()


_IDLE, _SENDING, _AT_WORK = range(3)
"""How good a connection's claim to its place is: no request yet; one whose body still comes; one that is worked on."""


class _Protocol(H11Protocol):
    """uvicorn's own, in a crowd, with a limit on how long a request's head may take, and on how long an answer is not."""

    crowd: Crowd
    _late: asyncio.TimerHandle | None = None
    _stuck: asyncio.TimerHandle | None = None

    @property
    def claim(self) -> int:
        """How good its claim to its place is."""
        if self.cycle is None or self.cycle.response_complete:
            return _IDLE
        return _SENDING if self.cycle.more_body else _AT_WORK

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        if self.crowd.enter(self):
            self._await_head()
        else:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        dated = (b"date", formatdate(time.time(), usegmt=True).encode())
        self.server_state.default_headers = [dated, *self.config.encoded_headers]
        super().data_received(data)
        if self.claim != _IDLE:
            self._head_is_there()
        elif self._late is None:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self.crowd.leave(self)
        self._head_is_there()
        self._goes_on()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_reader()

    def resume_writing(self) -> None:
        self._goes_on()
        super().resume_writing()

    def _await_reader(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._stuck = self.loop.call_later(STUCK_SECONDS, self._look_at_reader, left)

    def _look_at_reader(self, left: int) -> None:
        if self.transport.get_write_buffer_size() >= left:
            self.crowd.drop(self, "stuck")
        else:
            self._await_reader()

    def _goes_on(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def _await_head(self) -> None:
        self._late = self.loop.call_later(HEAD_SECONDS, self.crowd.drop, self, "slow_head")

    def _head_is_there(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class _Server(uvicorn.Server):
    """uvicorn's own, which wakes up ten times a second to see what time it is and whether it shall stop; this one does not."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """Take no more requests; :meth:`serve` ends when those under way have."""
        self.should_exit = True
        self._stopped.set()

    async def main_loop(self) -> None:
        """Until it is told to stop."""
        await self._stopped.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Whoever runs the loop decides what a signal does."""
        yield


def _not_told(why: str) -> None:
    """Nobody counts what is dropped."""


@contextlib.asynccontextmanager
async def http_listener(
    app: ASGIApp,
    *,
    host: str,
    port: int,
    most_connections: int = MOST_CONNECTIONS,
    on_dropped: Callable[[str], None] = _not_told,
) -> AsyncIterator[int]:
    """Serve an application while the block runs; gives the port, a free one where ``port`` is 0.

    The socket listens before the block begins, so nobody has to wait for the server to be up.

    Args:
        app: What answers.
        host: A name or address of this machine.
        port: Of it.
        most_connections: So many at once; the next takes the place of the one that waits longest for nothing.
        on_dropped: Hears why a connection was dropped; see :class:`Crowd`.

    Raises:
        ConfigurationError: The address cannot be listened on.
    """
    try:
        listening = socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError as error:
        raise ConfigurationError(f"cannot listen on {host}:{port}: {error.strerror}.") from None
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)  # those it accepts have it from it
    config = uvicorn.Config(
        app,
        access_log=False,
        backlog=BACKLOG,
        http=type("_CrowdedProtocol", (_Protocol,), {"crowd": Crowd(most_connections, on_dropped)}),
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
        server.stop()
        await serving
