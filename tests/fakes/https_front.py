"""What stands before a bridge on the internet: takes HTTPS, and passes on what comes, byte for byte."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from tests.fakes.certificates import Certificate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


class HttpsFront:
    """A proxy whose address is known before there is anything behind it."""

    def __init__(self, port: int) -> None:
        self.url = f"https://127.0.0.1:{port}"
        self.upstream = 0
        """The port behind it."""
        self.writers: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """End every connection, as a network that breaks."""
        for writer in self.writers:
            writer.transport.abort()


@contextlib.asynccontextmanager
async def https_front(directory: Path) -> AsyncIterator[HttpsFront]:
    """A front for as long as the block runs."""
    tasks: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while some := await reader.read(65_536):
                writer.write(some)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        try:
            behind, before = await asyncio.open_connection("127.0.0.1", front.upstream)
        except OSError:
            writer.close()
            return
        front.writers.update((before, writer))
        await asyncio.gather(pump(reader, before), pump(behind, writer))
        front.writers.difference_update((before, writer))

    certificate = Certificate(directory)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=certificate.server_context)
    front = HttpsFront(server.sockets[0].getsockname()[1])
    try:
        yield front
    finally:
        server.close()
        front.cut()
        await asyncio.gather(*tasks, return_exceptions=True)
