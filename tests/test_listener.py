from __future__ import annotations

import asyncio
import signal
import socket
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bridge import listener
from bridge.errors import ConfigurationError
from bridge.listener import http_listener
from tests.fakes.virtual import VirtualLoop, in_virtual_time
from tests.fakes.waiting import until

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


@in_virtual_time
async def test_an_idle_hour_costs_nothing() -> None:
    """A listener that nobody asks anything is never woken, and ends at once when it is told to."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    async with http_listener(APP, host="127.0.0.1", port=0):
        before = loop.wakes
        await asyncio.sleep(3600)
        assert loop.wakes - before == 1  # this test's own
    assert loop.time() < 3601


async def test_answers_are_dated() -> None:
    """An answer tells when it was given, as HTTP asks for, however long the server was idle before."""
    async with (
        http_listener(APP, host="127.0.0.1", port=0) as port,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        answer = await http.get(f"http://127.0.0.1:{port}/")
    assert abs(parsedate_to_datetime(answer.headers["date"]).timestamp() - time.time()) < 60


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


async def opened(port: int, said: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection on which so much was said."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    return reader, writer


async def is_dropped(reader: asyncio.StreamReader) -> bool:
    """Whether the server hangs up without a word."""
    try:
        return await reader.read(1) == b""
    except ConnectionError:
        return True


async def test_who_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that nobody takes is not kept for ever, though it is made and the server has closed; a slow reader has all of it."""
    monkeypatch.setattr(listener, "STUCK_SECONDS", 1)
    dropped: list[str] = []
    size = 16_000_000

    async def large(request: Request) -> PlainTextResponse:
        return PlainTextResponse("x" * size)

    app = Starlette(routes=[Route("/", large)])
    ask = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    async with (
        asyncio.timeout(60),
        http_listener(app, host="127.0.0.1", port=0, on_dropped=dropped.append) as port,
    ):
        loop = asyncio.get_running_loop()
        with socket.socket() as silent, socket.socket() as slow:
            for each in (silent, slow):
                each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
                each.setblocking(False)
                await loop.sock_connect(each, ("127.0.0.1", port))
                await loop.sock_sendall(each, ask)
            taken = 0
            while some := await loop.sock_recv(slow, 65_536):
                taken += len(some)
                await asyncio.sleep(0.01)  # in all longer than a client may take nothing
            assert taken > size
            await until(lambda: dropped == ["stuck"])


async def test_who_reads_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a client takes is seen as it takes it: half a megabyte a minute is no standstill, in front of any system's buffers."""
    monkeypatch.setattr(listener, "STUCK_SECONDS", 3600)
    made: list[listener._Protocol] = []
    connect = listener._Protocol.connection_made

    def noted(new: listener._Protocol, transport: asyncio.Transport) -> None:
        made.append(new)
        connect(new, transport)

    monkeypatch.setattr(listener._Protocol, "connection_made", noted)
    dropped: list[str] = []

    async def large(request: Request) -> PlainTextResponse:
        return PlainTextResponse("x" * 16_000_000)

    app = Starlette(routes=[Route("/", large)])
    async with (
        asyncio.timeout(60),
        http_listener(app, host="127.0.0.1", port=0, on_dropped=dropped.append) as port,
    ):
        loop = asyncio.get_running_loop()
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
            slow.setblocking(False)
            await loop.sock_connect(slow, ("127.0.0.1", port))
            await loop.sock_sendall(slow, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            await until(lambda: made and made[0]._stuck)
            (protocol,) = made
            accepted = protocol.transport.get_extra_info("socket")
            kept = accepted.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
            assert kept <= 2 * listener.SEND_BUFFER  # Linux tells the double
            for _ in range(4):
                left, taken = protocol.transport.get_write_buffer_size(), 0
                while taken < 500_000:
                    taken += len(await loop.sock_recv(slow, 65_536))
                await until(lambda left=left: protocol.transport.get_write_buffer_size() < left)
                protocol._look_at_reader(left)
            assert dropped == []


async def test_strangers_who_hold_the_port() -> None:
    """Many idle connections do not keep a request out: the oldest of them makes room, and each is counted."""
    dropped: list[str] = []
    async with (
        asyncio.timeout(60),
        http_listener(APP, host="127.0.0.1", port=0, most_connections=4, on_dropped=dropped.append) as port,
    ):
        strangers = [await opened(port, b"GET / HT") for _ in range(12)]
        for reader, _ in strangers[:8]:
            assert await is_dropped(reader)
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.get(f"http://127.0.0.1:{port}/")).text == "hello"
        assert await is_dropped(strangers[8][0])
        for _, writer in strangers:
            writer.close()
    assert dropped == ["crowded"] * 9


async def test_work_is_not_dropped_for_a_stranger() -> None:
    """Where every connection is being worked on, the next is refused; one whose body still comes makes room."""
    dropped: list[str] = []
    go, working = asyncio.Event(), asyncio.Semaphore(0)

    async def slow(request: Request) -> PlainTextResponse:
        await request.body()
        working.release()
        await go.wait()
        return PlainTextResponse("done")

    app = Starlette(routes=[Route("/", slow, methods=["POST"])])
    head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n"
    async with (
        asyncio.timeout(60),
        http_listener(app, host="127.0.0.1", port=0, most_connections=2, on_dropped=dropped.append) as port,
    ):
        first, writer = await opened(port, head + b"ab")
        await working.acquire()
        half, half_writer = await opened(port, head + b"a")
        second, second_writer = await opened(port, head + b"ab")
        await working.acquire()
        assert await is_dropped(half)
        refused, refused_writer = await opened(port)
        assert await is_dropped(refused)
        go.set()
        assert b"200" in await first.readuntil(b"done")
        assert b"200" in await second.readuntil(b"done")
        for each in (writer, half_writer, second_writer, refused_writer):
            each.close()
    assert dropped == ["crowded", "refused"]
