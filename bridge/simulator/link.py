"""One socket that a client has opened: frames in, frames out, keep-alives. The only file that sends."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING

from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.protocol import State

from bridge.rtms.messages import JsonObject, MediaType, MessageType, StatusCode, decode
from bridge.simulator.handshake import RefusedError, Socket
from bridge.simulator.keepalive import KeepAlive
from bridge.simulator.wire import encode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from websockets.asyncio.server import ServerConnection

SEND_SECONDS = 10
"""How long a client may leave its socket full before it counts as gone."""


class Link:
    """A socket of one client, before and after its handshake.

    Args:
        socket: The accepted connection.
        side: Signaling or media.
        binary_frames: Send JSON in binary frames, as Zoom may; else in text frames.
        phase: From 0 to 1, when in the second half of its interval the first keep-alive is sent: sockets that
            were opened together are not asked together, as they are not by Zoom's many servers.
    """

    def __init__(self, socket: ServerConnection, side: Socket, *, binary_frames: bool, phase: float) -> None:
        self.side = side
        self.carries = MediaType(0)
        """Which media it carries; set by the handshake of a media socket."""
        self.media_params: JsonObject = {}
        """With which parameters; set by the same."""
        self.keep_alive = KeepAlive()
        self._socket = socket
        self._binary_frames = binary_frames
        self._phase = phase
        self._trickling: deque[tuple[int, float]] = deque()
        self.muted = False
        """Whether it has gone silent, as half of a broken connection does."""

    @property
    def closed(self) -> bool:
        """Whether either side has closed it."""
        return self._socket.state is not State.OPEN

    async def receive(self, timeout_seconds: float) -> JsonObject:
        """The client's first message.

        Raises:
            RefusedError: The frame holds no message.
            ConnectionClosed: The client left.
            TimeoutError: It said nothing in time.
        """
        async with asyncio.timeout(timeout_seconds):
            frame = await self._socket.recv()
        return _message(frame)

    async def messages(self) -> AsyncIterator[JsonObject | RefusedError]:
        """Everything else the client sends, until either side closes; keep-alive answers are taken here.

        A frame without a message, and a wrong keep-alive answer, come out as the refusal they deserve.
        """
        try:
            async for frame in self._socket:
                try:
                    message = _message(frame)
                    if message["msg_type"] != MessageType.KEEP_ALIVE_RESP:
                        yield message
                    elif fault := self.keep_alive.answer(message, _now_ms()):
                        yield RefusedError(StatusCode.INVALID_PAYLOAD, fault)
                except RefusedError as error:
                    yield error
        except ConnectionClosed:
            return

    async def send(self, messages: Sequence[JsonObject]) -> bool:
        """Send messages in order; whether all of them were written to a live socket.

        A client that does not read for ten seconds is cut off, as it would be by its unanswered keep-alives.
        """
        return await self.send_frames([encode(message) for message in messages])

    async def send_frames(self, frames: Sequence[str | bytes]) -> bool:
        """Send frames, whatever is in them; texts become binary frames where those are used."""
        if self.muted:
            return False
        try:
            async with asyncio.timeout(SEND_SECONDS):
                for frame in frames:
                    if self._binary_frames and isinstance(frame, str):
                        frame = frame.encode()
                    await self._send_one(frame)
        except ConnectionClosed:
            return False
        except TimeoutError:
            self.abort()
            return False
        return True

    def trickle(self, messages: int, *, size_bytes: int, seconds: float) -> None:
        """Let the next messages go out in frames of so many bytes (characters, in text frames), each over some seconds."""
        self._trickling.extend([(size_bytes, seconds)] * messages)

    async def _send_one(self, frame: str | bytes) -> None:
        if not self._trickling or not frame:
            await self._socket.send(frame)
            return
        size, seconds = self._trickling.popleft()
        pieces = [frame[at : at + size] for at in range(0, len(frame), size)]

        async def slowly() -> AsyncIterator[str | bytes]:
            for piece in pieces:
                yield piece
                await asyncio.sleep(seconds / len(pieces))

        await self._socket.send(slowly())

    async def ask(self, every_seconds: float) -> None:
        """Send keep-alives until three in a row stay unanswered; returns then, or when the socket is gone."""
        wait_seconds = every_seconds * (1 + self._phase) / 2
        while True:
            await asyncio.sleep(wait_seconds)
            wait_seconds = every_seconds
            question = self.keep_alive.ask(_now_ms())
            if question is None or not await self.send([question]):
                return

    def mute(self) -> None:
        """Go silent for good: nothing is sent or read any more, and no closing handshake answered."""
        self.muted = True
        self._socket.transport.pause_reading()

    async def close(self, code: int = CloseCode.NORMAL_CLOSURE) -> None:
        """Close in good order; at the end of a stream Zoom does with code 1000."""
        await self._socket.close(code)

    async def wait_closed(self) -> None:
        """Wait until either side has closed it."""
        await self._socket.wait_closed()

    def abort(self) -> None:
        """Cut the connection without a word; the client sees code 1006."""
        self._socket.transport.abort()


def _message(frame: str | bytes) -> JsonObject:
    message = decode(frame)
    if message is None:
        raise RefusedError(StatusCode.INVALID_PAYLOAD, "the frame holds no JSON object with a msg_type")
    return message


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
