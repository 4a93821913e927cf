"""Zoom's two sockets of a meeting without a network: frames come at times of a virtual clock, and nothing else does."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from websockets.exceptions import ConnectionClosedOK
from websockets.frames import Close, CloseCode

from bridge.rtms.connection import Connection
from bridge.rtms.messages import MessageType, StopReason, WireStreamState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

URL = "ws://127.0.0.1:9"
KEEP_ALIVE_SECONDS = 10
_MEDIA_SERVERS = {"media_server": {"server_urls": {"transcript": URL}}}


class Socket:
    """What a connection needs of a socket."""

    def __init__(self, zoom: QuietZoom) -> None:
        self._zoom = zoom
        self._frames: asyncio.Queue[str | None] = asyncio.Queue()

    async def recv(self) -> str:
        frame = await self._frames.get()
        if frame is None:
            goodbye = Close(CloseCode.NORMAL_CLOSURE, "")
            raise ConnectionClosedOK(goodbye, goodbye, rcvd_then_sent=True)
        return frame

    async def send(self, text: str) -> None:
        match json.loads(text)["msg_type"]:
            case MessageType.SIGNALING_HAND_SHAKE_REQ:
                self.say(MessageType.SIGNALING_HAND_SHAKE_RESP, status_code=0, **_MEDIA_SERVERS)
            case MessageType.DATA_HAND_SHAKE_REQ:
                self.say(MessageType.DATA_HAND_SHAKE_RESP, status_code=0)
            case MessageType.CLIENT_READY_ACK:
                self._zoom.ready()
            case MessageType.KEEP_ALIVE_RESP:
                self._zoom.answered += 1

    def say(self, number: MessageType, **fields: Any) -> None:
        """A frame comes in."""
        self._frames.put_nowait(json.dumps({"msg_type": number, **fields}))

    def close(self) -> None:
        self._frames.put_nowait(None)


class QuietZoom:
    """A meeting of so many ``lines``, one ``every`` so many seconds, over when they are said or after ``seconds``."""

    def __init__(self, *, lines: int = 0, every: float = 2.0, seconds: float = 0.0) -> None:
        self.answered = 0
        """Keep-alives."""
        self.moments = 0
        """How often frames came: each wakes who reads them."""
        self._lines = lines
        self._every = every
        self._ends = max(seconds, lines * every)
        self._sockets: list[Socket] = []

    @asynccontextmanager
    async def dial(self, _url: str, *, conversation: Any, **_: object) -> AsyncIterator[Connection[Any]]:
        """Stands in for :func:`bridge.rtms.connection.dial`."""
        socket = Socket(self)
        self._sockets.append(socket)
        yield Connection(socket, conversation)  # type: ignore[arg-type]  # as far as it is used

    def ready(self) -> None:
        """The client can hear: the meeting begins."""
        loop = asyncio.get_running_loop()
        begin = loop.time()
        words = {int(1000 * n * self._every): n for n in range(1, self._lines + 1)}
        keep_alives = range(1000 * KEEP_ALIVE_SECONDS, int(self._ends * 1000), 1000 * KEEP_ALIVE_SECONDS)
        for at_ms in {*words, *keep_alives}:
            loop.call_at(begin + at_ms / 1000, self._come, words.get(at_ms), at_ms in keep_alives, at_ms)
        loop.call_at(begin + self._ends + 1, self._end)

    def _come(self, n: int | None, keep_alive: bool, at_ms: int) -> None:
        self.moments += 1
        _, media = self._sockets
        if keep_alive:
            for socket in self._sockets:
                socket.say(MessageType.KEEP_ALIVE_REQ, timestamp=at_ms, sequence=at_ms)
        if n is not None:
            start_ms = 1_763_769_600_000 + at_ms
            content = {
                "user_id": 16778240 + n % 4,
                "user_name": f"Speaker {n % 4}",
                "data": f"Word {n} and nine more that are said.",
            }
            times = {"start_time": start_ms, "end_time": start_ms + 1000, "timestamp": start_ms + 1100}
            media.say(MessageType.MEDIA_DATA_TRANSCRIPT, content=content | times)

    def _end(self) -> None:
        self.moments += 1
        signaling, media = self._sockets
        state = {"state": WireStreamState.TERMINATED, "reason": StopReason.MEETING_ENDED}
        signaling.say(MessageType.STREAM_STATE_UPDATE, **state)
        media.close()
