"""A client of the simulator that tests steer by hand: it does what it is told, right or wrong."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bridge.rtms.messages import MessageType, handshake_signature
from bridge.simulator.zoom import Simulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

CLIENT_ID = "test-client"
CLIENT_SECRET = "test-client-secret"
SECRET_TOKEN = "test-secret-token"
STREAM_ID = "5f0e3c9d2b7a4416b1c80a9d7e6f5a43"
MEETING_UUID = "aB3/xY+z9Q=="
WAIT_SECONDS = 30.0


def simulator(**changes: Any) -> Simulator:
    """A simulator that this client's app is registered with."""
    options: dict[str, Any] = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "secret_token": SECRET_TOKEN,
        "farewell_seconds": 0.05,
    }
    return Simulator(**(options | changes))


async def until(condition: Callable[[], bool]) -> None:
    """Wait, for a bounded time, until something holds."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event to set
            await asyncio.sleep(0.005)


class Conversation:
    """One socket of a client; reads everything, answers keep-alives where told to, and remembers all."""

    def __init__(self, socket: ClientConnection, *, answers: bool = True) -> None:
        self.socket = socket
        self.received: list[dict[str, Any]] = []
        self.frames: list[str | bytes] = []
        self.answers = answers
        self._arrived = asyncio.Event()
        self._closed = False

    async def read(self) -> None:
        """Read until the socket is closed."""
        try:
            async for frame in self.socket:
                message = json.loads(frame)
                self.frames.append(frame)
                self.received.append(message)
                self._arrived.set()
                if message["msg_type"] == MessageType.KEEP_ALIVE_REQ and self.answers:
                    await self.send({**message, "msg_type": 13})
        except ConnectionClosed:
            pass
        finally:
            self._closed = True
            self._arrived.set()

    async def send(self, message: object) -> None:
        """Send JSON as Zoom's own client does: a binary frame, tab-indented, with a trailing newline."""
        await self.socket.send((json.dumps(message, indent="\t") + "\n").encode())

    def of(self, kind: MessageType) -> list[dict[str, Any]]:
        """Messages of one type that arrived so far."""
        return [message for message in self.received if message["msg_type"] == kind]

    async def wait_for(self, kind: MessageType, count: int = 1) -> list[dict[str, Any]]:
        """Wait, for a bounded time, until that many messages of one type have arrived."""
        async with asyncio.timeout(WAIT_SECONDS):
            while len(self.of(kind)) < count:
                assert not self._closed, f"closed with {self.code} before {count} of {kind.name} had arrived"
                self._arrived.clear()
                await self._arrived.wait()
        return self.of(kind)

    async def wait_closed(self) -> int | None:
        """Wait until the server has closed the socket; its close code."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not self._closed:
                self._arrived.clear()
                await self._arrived.wait()
        return self.code

    @property
    def code(self) -> int | None:
        return self.socket.close_code


def handshake(kind: MessageType, **changes: Any) -> dict[str, Any]:
    """A right message 1 or 3, with fields changed, or left out where the change is ``None``."""
    message: dict[str, Any] = {
        "msg_type": kind,
        "protocol_version": 1,
        "sequence": 4711,
        "meeting_uuid": MEETING_UUID,
        "rtms_stream_id": STREAM_ID,
        "signature": handshake_signature(
            client_id=CLIENT_ID, client_secret=CLIENT_SECRET, instance_id=MEETING_UUID, stream_id=STREAM_ID
        ),
    }
    if kind is MessageType.DATA_HAND_SHAKE_REQ:
        message["media_type"] = 8
    return {name: value for name, value in (message | changes).items() if value is not None}


@contextlib.asynccontextmanager
async def open_socket(url: str, first: object = None, *, answers: bool = True) -> AsyncIterator[Conversation]:
    """A socket on which a first message, if any, was sent."""
    async with connect(url, proxy=None) as socket:
        conversation = Conversation(socket, answers=answers)
        reading = asyncio.create_task(conversation.read())
        try:
            if first is not None:
                await conversation.send(first)
            yield conversation
        finally:
            await socket.close()
            await reading


def joined(
    zoom: Simulator, *, answers: bool = True, media_type: int = 8
) -> contextlib.AbstractAsyncContextManager[tuple[Conversation, Conversation]]:
    """Signaling and media of the test's own stream, after right handshakes, and ready."""
    payload = {"meeting_uuid": MEETING_UUID, "rtms_stream_id": STREAM_ID, "server_urls": zoom.signaling_url}
    return join_from(payload, answers=answers, media_type=media_type)


@contextlib.asynccontextmanager
async def join_from(
    payload: dict[str, Any], *, answers: bool = True, media_type: int = 8
) -> AsyncIterator[tuple[Conversation, Conversation]]:
    """Signaling and media of the stream that a start event told of, after right handshakes, and ready."""
    meeting_uuid, stream_id = payload["meeting_uuid"], payload["rtms_stream_id"]
    credentials = {
        "meeting_uuid": meeting_uuid,
        "rtms_stream_id": stream_id,
        "signature": handshake_signature(
            client_id=CLIENT_ID, client_secret=CLIENT_SECRET, instance_id=meeting_uuid, stream_id=stream_id
        ),
    }
    hello = handshake(MessageType.SIGNALING_HAND_SHAKE_REQ, **credentials)
    async with open_socket(payload["server_urls"], hello, answers=answers) as signaling:
        (told,) = await signaling.wait_for(MessageType.SIGNALING_HAND_SHAKE_RESP)
        assert told["status_code"] == 0, told
        url = told["media_server"]["server_urls"]["all"]
        hello = handshake(MessageType.DATA_HAND_SHAKE_REQ, media_type=media_type, **credentials)
        async with open_socket(url, hello, answers=answers) as media:
            (told,) = await media.wait_for(MessageType.DATA_HAND_SHAKE_RESP)
            assert told["status_code"] == 0, told
            await signaling.send({"msg_type": MessageType.CLIENT_READY_ACK, "rtms_stream_id": stream_id})
            yield signaling, media
