"""The limit: ``python -m benchmarks.bare_loop IDENTITY_JSON`` reads the same sockets and does nothing with it.

Two sockets a meeting, the shortest handshake that Zoom takes, then ``async for`` over each. Keep-alives
have to be answered, or the stream would end: the frame goes back with its number changed, unparsed.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks.probe import answer_orders, usage
from bridge import loop
from bridge.rtms.messages import PROTOCOL_VERSION, MediaType, MessageType, encode, handshake_signature

if TYPE_CHECKING:
    from bridge.rtms.messages import JsonObject

_ASKED = f'{{"msg_type":{MessageType.KEEP_ALIVE_REQ:d},'.encode()
_ANSWERED = f'{{"msg_type":{MessageType.KEEP_ALIVE_RESP:d},'.encode()


async def _read(socket: ClientConnection) -> None:
    try:
        async for frame in socket:
            if isinstance(frame, bytes) and frame.startswith(_ASKED):
                await socket.send(_ANSWERED + frame[len(_ASKED) :])
    except ConnectionClosed:
        return


async def _join(identity: JsonObject, *, signaling_url: str, media_url: str) -> None:
    handshake = identity | {"protocol_version": PROTOCOL_VERSION, "sequence": 1}
    async with (
        connect(signaling_url, compression=None, ping_interval=None) as signaling,
        connect(media_url, compression=None, ping_interval=None) as media,
    ):
        await signaling.send(encode({"msg_type": MessageType.SIGNALING_HAND_SHAKE_REQ, **handshake}))
        await signaling.recv()
        await media.send(
            encode(
                {"msg_type": MessageType.DATA_HAND_SHAKE_REQ, "media_type": MediaType.TRANSCRIPT, **handshake}
            )
        )
        await media.recv()
        ready = {"msg_type": MessageType.CLIENT_READY_ACK, "rtms_stream_id": identity["rtms_stream_id"]}
        await signaling.send(encode(ready))
        async with asyncio.TaskGroup() as sockets:
            sockets.create_task(_read(signaling))
            sockets.create_task(_read(media))


async def _main(client_id: str, client_secret: str, signaling_url: str, media_url: str) -> None:
    async with asyncio.TaskGroup() as meetings:

        def obey(order: JsonObject) -> JsonObject:
            """``{}`` asks what was used so far; with a ``stream_id`` and ``meeting_uuid`` it is joined before."""
            if order:
                signature = handshake_signature(
                    client_id=client_id,
                    client_secret=client_secret,
                    instance_id=order["meeting_uuid"],
                    stream_id=order["stream_id"],
                )
                identity = {
                    "meeting_uuid": order["meeting_uuid"],
                    "rtms_stream_id": order["stream_id"],
                    "signature": signature,
                }
                meetings.create_task(_join(identity, signaling_url=signaling_url, media_url=media_url))
            return usage()

        await answer_orders({}, obey)


if __name__ == "__main__":
    loop.run(_main(**json.loads(sys.argv[1])))
