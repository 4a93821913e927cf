"""A webhook in a few lines, for subjects that have none: it takes everything and tells of streams that have started."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from bridge.rtms.messages import decode_json_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.rtms.messages import JsonObject

_TAKEN = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


async def announced(on_started: Callable[[JsonObject], None]) -> str:
    """Listen while the loop runs; gives the URL. ``on_started`` gets the payload of each ``meeting.rtms_started``."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: *([0-9]+)", head)
        event = decode_json_object(await reader.readexactly(int(length[1]) if length else 0)) or {}
        writer.write(_TAKEN)
        writer.close()
        if event.get("event") == "meeting.rtms_started":
            on_started(event["payload"])

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/webhook"
