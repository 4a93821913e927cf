"""Both sockets of a meeting in as few lines as Zoom takes: what the bare loop and the sample's way have in common."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from benchmarks.announced import announced
from benchmarks.probe import answer_orders
from bridge.rtms.messages import PROTOCOL_VERSION, MediaType, MessageType, decode, encode, handshake_signature
from bridge.rtms.signaling import SUBSCRIBED

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.rtms.messages import JsonObject

_ASKED = f'{{"msg_type":{MessageType.KEEP_ALIVE_REQ:d},'.encode()
_ANSWERED = f'{{"msg_type":{MessageType.KEEP_ALIVE_RESP:d},'.encode()


async def hear_all(
    client_id: str, client_secret: str, new_listener: Callable[[], Callable[[bytes], None]]
) -> None:
    """Join every meeting that is announced, until standard input is closed.

    ``new_listener`` makes, for each meeting, what gets every frame but keep-alives: these are answered here, by the
    frame itself with its number changed.
    """
    async with asyncio.TaskGroup() as meetings:

        def join(payload: JsonObject) -> None:
            identity = {
                "meeting_uuid": payload["meeting_uuid"],
                "rtms_stream_id": payload["rtms_stream_id"],
                "signature": handshake_signature(
                    client_id=client_id,
                    client_secret=client_secret,
                    instance_id=payload["meeting_uuid"],
                    stream_id=payload["rtms_stream_id"],
                ),
            }
            meetings.create_task(_join(identity, payload["server_urls"], new_listener()))

        await answer_orders({"webhook_url": await announced(join)}, lambda _: {})


async def _join(identity: JsonObject, signaling_url: str, listener: Callable[[bytes], None]) -> None:
    """Hear a meeting to its end, or until its sockets break: nobody dials again."""
    with contextlib.suppress(OSError, WebSocketException, KeyError, ExceptionGroup):
        await _hear(identity, signaling_url, listener)


async def _hear(identity: JsonObject, signaling_url: str, listener: Callable[[bytes], None]) -> None:
    """The same frames as a bridge gets, so the same events are asked for."""
    handshake = identity | {"protocol_version": PROTOCOL_VERSION, "sequence": 1}
    wanted = [{"event_type": event, "subscribe": True} for event in SUBSCRIBED]
    async with connect(signaling_url, compression=None, ping_interval=None) as signaling:
        await signaling.send(encode({"msg_type": MessageType.SIGNALING_HAND_SHAKE_REQ, **handshake}))
        answer = decode(await signaling.recv()) or {}
        await signaling.send(encode({"msg_type": MessageType.EVENT_SUBSCRIPTION, "events": wanted}))
        media_url = answer["media_server"]["server_urls"]["transcript"]
        async with connect(media_url, compression=None, ping_interval=None) as media:
            asked = {"msg_type": MessageType.DATA_HAND_SHAKE_REQ, "media_type": MediaType.TRANSCRIPT}
            await media.send(encode(asked | handshake))
            await media.recv()
            ready = {"msg_type": MessageType.CLIENT_READY_ACK, "rtms_stream_id": identity["rtms_stream_id"]}
            await signaling.send(encode(ready))
            async with asyncio.TaskGroup() as sockets:
                sockets.create_task(_read(signaling, listener))
                sockets.create_task(_read(media, listener))


async def _read(socket: ClientConnection, listener: Callable[[bytes], None]) -> None:
    try:
        async for frame in socket:
            if not isinstance(frame, bytes):
                continue
            if frame.startswith(_ASKED):
                await socket.send(_ANSWERED + frame[len(_ASKED) :])
            else:
                listener(frame)
    except ConnectionClosed:
        return
