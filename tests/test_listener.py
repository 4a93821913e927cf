from __future__ import annotations

import asyncio
import signal
import socket
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bridge import listener
from bridge.errors import ConfigurationError
from bridge.listener import http_listener

if TYPE_CHECKING:
    from starlette.requests import Request


async def hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


APP = Starlette(routes=[Route("/", hello)])


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_listens_at_once(host: str) -> None:
    """The server answers from the first line of the block, on a free port of its own, and not behind it."""
    try:
        async with http_listener(APP, host=host, port=0) as port, httpx.AsyncClient(trust_env=False) as http:
            url = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
            answer = await http.get(url)
            assert (answer.text, "server" in answer.headers) == ("hello", False)
    except ConfigurationError as error:
        if host == "::1":
            pytest.skip(f"this machine has no IPv6: {error}")
        raise
    async with httpx.AsyncClient(trust_env=False) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(url)


async def test_a_port_that_is_taken() -> None:
    """An address that somebody else listens on is told in one sentence."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            ConfigurationError, match=rf"cannot listen on 127\.0\.0\.1:{port}: Address already in use"
        ):
            async with http_listener(APP, host="127.0.0.1", port=port):
                raise AssertionError("listened")


async def test_no_such_address() -> None:
    """An address that is not this machine's is told in one sentence."""
    with pytest.raises(ConfigurationError, match=r"cannot listen on 192\.0\.2\.1"):
        async with http_listener(APP, host="192.0.2.1", port=0):
            raise AssertionError("listened")


async def test_signals_are_left_alone() -> None:
    """Whoever owns the loop decides what a signal does."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    async with http_listener(APP, host="127.0.0.1", port=0):
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


async def test_a_request_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that takes too long does not keep the server from ending."""
    monkeypatch.setattr(listener, "GRACE_SECONDS", 0)
    began = asyncio.Event()

    async def endless(request: Request) -> PlainTextResponse:
        began.set()
        await asyncio.Event().wait()
        return PlainTextResponse("never")

    app = Starlette(routes=[Route("/", endless)])
    async with asyncio.timeout(30), httpx.AsyncClient(trust_env=False) as http:
        async with http_listener(app, host="127.0.0.1", port=0) as port:
            asking = asyncio.create_task(http.get(f"http://127.0.0.1:{port}/"))
            await began.wait()
        results = await asyncio.gather(asking, return_exceptions=True)
    assert isinstance(results[0], httpx.TransportError | httpx.Response)


async def test_a_head_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who sends a header a byte at a time is cut off; who asks again on an old connection is not."""
    monkeypatch.setattr(listener, "HEAD_SECONDS", 1)
    async with http_listener(APP, host="127.0.0.1", port=0) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(30):
            for _ in range(2):  # two whole requests on one connection
                writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
                assert b"hello" in await reader.readuntil(b"hello")
            writer.write(b"GET / HTTP/1.1\r\nx-slow: ")
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await reader.readexactly(1)
        writer.close()


async def test_a_connection_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket that is only held open is cut off."""
    monkeypatch.setattr(listener, "HEAD_SECONDS", 0.2)
    async with http_listener(APP, host="127.0.0.1", port=0) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(30):
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await reader.readexactly(1)
        writer.close()
