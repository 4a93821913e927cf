from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from bridge.errors import ConnectionLost, ZoomApiAway
from bridge.http import open_http
from bridge.proxy import read
from bridge.rtms.connection import dial, tls_context
from bridge.zoom.exchange import send
from tests.rtms.test_connection import media

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def proxy(answer: bytes) -> AsyncIterator[tuple[str, list[str]]]:
    """A proxy that answers everything alike, its address, and the first lines of what it was asked."""
    asked: list[str] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).decode())
        while (await reader.readline()).strip():
            pass
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://user:the-key@127.0.0.1:{port}", asked


async def test_a_connection_that_is_closed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is accepted and cut in the same moment is told so by an error of HTTP's.

    In uvloop a few in a hundred such requests end in an error of another kind, from anyio's
    ``extra_attributes``: the socket whose name it asks for is gone.
    """

    async def as_anyio_does(*_: object) -> httpx.Response:
        gone: Any = None
        gone.getpeername()
        raise AssertionError

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", as_anyio_does)
    async with open_http(read({})) as http:
        with pytest.raises(httpx.ConnectError, match="closed at once"):
            await http.get("http://127.0.0.1:9/")


REFUSING = b"HTTP/1.1 503 Blocked the-words\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


async def test_a_proxy_that_refuses() -> None:
    """What a proxy answers is told as the proxy's, with its address and without its credentials or words."""
    async with proxy(REFUSING) as (url, asked), open_http(read({"HTTPS_PROXY": url})) as http:
        with pytest.raises(ZoomApiAway) as error:
            await send(http, "GET", "https://zoom.invalid/x")
    shown = url.replace("user:the-key@", "")
    assert str(error.value) == f"the proxy {shown} (HTTPS_PROXY) answered 503"
    assert asked == ["CONNECT zoom.invalid:443 HTTP/1.1\r\n"]


async def test_a_proxy_that_is_not_there() -> None:
    """A proxy that nobody can reach is told as that."""
    async with proxy(b"") as (url, _):
        pass
    async with open_http(read({"HTTPS_PROXY": url})) as http:
        with pytest.raises(
            ZoomApiAway, match=r"the proxy http://127\.0\.0\.1:\d+ \(HTTPS_PROXY\) cannot be reached"
        ):
            await send(http, "GET", "https://zoom.invalid/x")


async def test_a_proxy_that_leads_there() -> None:
    """A proxy that is meant is used."""
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"
    async with proxy(answer) as (url, asked), open_http(read({"HTTP_PROXY": url})) as http:
        assert (await http.get("http://langflow.invalid/health")).text == "ok"
    assert asked == ["GET http://langflow.invalid/health HTTP/1.1\r\n"]


async def test_nothing_for_this_machine_reaches_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP and WebSocket to a loopback address pass the environment's proxy by."""
    async with proxy(REFUSING) as (url, asked), proxy(REFUSING) as (direct, reached):
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, url)
        direct = direct.replace("user:the-key@", "")
        async with open_http(read({"ALL_PROXY": url})) as http:
            assert (await http.get(direct)).status_code == 503
        with pytest.raises(ConnectionLost, match="InvalidStatus"):
            async with dial(direct.replace("http:", "ws:"), tls=tls_context(None), conversation=media()):
                raise AssertionError("opened")
    assert asked == []
    assert len(reached) == 2


async def test_a_socket_through_a_proxy_that_refuses() -> None:
    """A socket that a proxy refuses is told as the proxy's refusal."""
    async with proxy(REFUSING) as (url, asked):
        proxies = read({"ALL_PROXY": url})
        with pytest.raises(ConnectionLost) as error:
            async with dial(
                "wss://a.zoom.invalid/x", tls=tls_context(None), conversation=media(), proxies=proxies
            ):
                raise AssertionError("opened")
    assert str(error.value).endswith("(ALL_PROXY) answered 503")
    assert "the-key" not in str(error.value)
    assert asked == ["CONNECT a.zoom.invalid:443 HTTP/1.1\r\n"]


async def test_somebody_who_is_no_proxy() -> None:
    """What answers in no known way is told as that."""
    async with proxy(b"hello") as (url, _):
        with pytest.raises(ConnectionLost, match="does not answer as a proxy"):
            async with dial(
                "wss://a.zoom.invalid/x",
                tls=tls_context(None),
                conversation=media(),
                proxies=read({"ALL_PROXY": url}),
            ):
                raise AssertionError("opened")
        async with open_http(read({"ALL_PROXY": url})) as http:
            with pytest.raises(httpx.TransportError):
                await http.get("https://zoom.invalid")
