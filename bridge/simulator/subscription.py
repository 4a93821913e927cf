"""Zoom's WebSocket event subscription: hands an app's events to the one socket that is open, or to nobody.

Sources: developers.zoom.us "Using WebSockets" (one socket, nothing is delivered later) and public clients of it,
such as ``Jericho/ZoomNet``, for the frames: ``build_connection`` first, events as text inside ``content``, and
``success: false`` with "Invalid Token" on whatever frame follows the end of a token.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from bridge.rtms.messages import decode_json_object, encode
from bridge.simulator.link import SEND_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request, Response

    from bridge.rtms.messages import JsonObject

PATH = "/ws"
HEARTBEAT_SECONDS = 30.0
"""A client that lets twice as much go by without a heartbeat is cut off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaisedEvent:
    """An event, and whether anybody was there to hear it."""

    event: str
    event_ts: int
    """UTC milliseconds."""
    delivered: bool
    """Whether it was written to an open socket. Zoom does not try again."""


class Subscription:
    """The WebSocket event subscription of one app.

    Args:
        is_token: Whether an access token of the app is good now.
        heartbeat_seconds: How often a client has to give a sign of life.
    """

    def __init__(
        self, is_token: Callable[[str], bool], *, heartbeat_seconds: float = HEARTBEAT_SECONDS
    ) -> None:
        self.id = secrets.token_urlsafe(16)
        self.raised: list[RaisedEvent] = []
        """Every event, in order."""
        self.refusals: list[str] = []
        """What clients did wrong, in words without their tokens."""
        self.connections = 0
        """Sockets that were built."""
        self.heartbeats = 0
        """Heartbeats that were answered."""
        self._is_token = is_token
        self._heartbeat_seconds = heartbeat_seconds
        self._socket: ServerConnection | None = None

    @property
    def connected(self) -> bool:
        """Whether a socket is open."""
        return self._socket is not None

    def drop(self) -> None:
        """Cut the socket without a word, as when Zoom's server is lost."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def deliver(self, event: str, payload: JsonObject) -> None:
        """Raise an event: whoever is connected hears of it, and nobody else ever will."""
        event_ts = time.time_ns() // 1_000_000
        content = json.dumps({"event": event, "event_ts": event_ts, "payload": payload})
        delivered = await self.send({"module": "message", "header": {}, "content": content})
        self.raised.append(RaisedEvent(event=event, event_ts=event_ts, delivered=delivered))

    async def send(self, frame: JsonObject) -> bool:
        """Send any frame; whether it was written to an open socket."""
        return self._socket is not None and await _send(self._socket, frame)

    def screen(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer requests for another path than the subscription's; the hook of the WebSocket server."""
        if urlsplit(request.path).path == PATH:
            return None
        self.refusals.append("another path than /ws")
        return connection.respond(404, "Not Found")

    async def serve(self, connection: ServerConnection) -> None:
        """A client's whole stay."""
        assert connection.request is not None  # noqa: S101 - set once a handshake succeeded
        query = parse_qs(urlsplit(connection.request.path).query)
        token = query.get("access_token", [""])[0]
        if query.get("subscriptionId") != [self.id]:
            await self._refuse(connection, "build_connection", "Invalid Subscription")
        elif not self._is_token(token):
            await self._refuse(connection, "build_connection", "Invalid Token")
        elif await _send(connection, {"module": "build_connection", "success": True}):
            self.connections += 1
            older, self._socket = self._socket, connection
            if older is not None:
                await older.close(CloseCode.NORMAL_CLOSURE)
            await self._listen(connection, token)

    async def _listen(self, connection: ServerConnection, token: str) -> None:
        try:
            while True:
                async with asyncio.timeout(2 * self._heartbeat_seconds):
                    await self._await_heartbeat(connection)
                if not self._is_token(token):
                    await self._refuse(connection, "heartbeat", "Invalid Token")
                    return
                self.heartbeats += 1
                await _send(connection, {"module": "heartbeat", "success": True})
        except TimeoutError:
            self.refusals.append("no heartbeat")
            await connection.close(CloseCode.POLICY_VIOLATION)
        except ConnectionClosed:
            pass
        finally:
            if self._socket is connection:
                self._socket = None

    async def _await_heartbeat(self, connection: ServerConnection) -> None:
        while True:
            message = decode_json_object(await connection.recv())
            if message is not None and message.get("module") == "heartbeat":
                return
            self.refusals.append("a frame that is no heartbeat")

    async def _refuse(self, connection: ServerConnection, module: str, why: str) -> None:
        self.refusals.append(why)
        await _send(connection, {"module": module, "success": False, "content": why})
        await connection.close(CloseCode.POLICY_VIOLATION)


async def _send(connection: ServerConnection, frame: JsonObject) -> bool:
    try:
        async with asyncio.timeout(SEND_SECONDS):
            await connection.send(encode(frame))
    except ConnectionClosed:
        return False
    except TimeoutError:
        connection.transport.abort()
        return False
    return True
