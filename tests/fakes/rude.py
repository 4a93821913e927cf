"""Servers that answer anything but what was asked for: what stands in Langflow's place, or before it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from ssl import SSLContext


def response(status: int, body: bytes = b"", content_type: str = "application/json", *headers: str) -> bytes:
    """An HTTP response as bytes."""
    head = [f"HTTP/1.1 {status} X", f"content-type: {content_type}", f"content-length: {len(body)}", *headers]
    return "\r\n".join([*head, "connection: close", "", ""]).encode() + body


GATEWAY = response(502, b"<html><h1>502 Bad Gateway</h1></html>", "text/html")
LOGIN_PAGE = response(200, b"<!doctype html><html><form>Sign in</form></html>", "text/html; charset=utf-8")
REDIRECT = response(302, b"", "text/html", "location: http://127.0.0.1:9/login")
CUT_SHORT = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"
NOTHING = b""


async def silence(writer: asyncio.StreamWriter) -> None:
    """Nothing at all, for as long as the client waits."""
    await asyncio.Event().wait()


async def trickle(writer: asyncio.StreamWriter) -> None:
    """A byte now and then."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9999999\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def flood(writer: asyncio.StreamWriter) -> None:
    """A body without end."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b"[" * 0x10000 + b"\r\n")
        await writer.drain()


@contextlib.asynccontextmanager
async def answering(
    how: bytes | Callable[[asyncio.StreamWriter], Coroutine[None, None, None]],
    *,
    tls: SSLContext | None = None,
    asked: list[bytes] | None = None,
) -> AsyncIterator[str]:
    """A server that answers every request the same way; gives its URL. ``asked`` gets the heads of requests."""
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if asked is not None:
                asked.append(head)
            if isinstance(how, bytes):
                writer.write(how)
                await writer.drain()
            else:
                await how(writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            tasks.discard(task)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
