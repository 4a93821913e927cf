from __future__ import annotations

import asyncio
import json
import ssl
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.messages import Assembler
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from bridge.domain import Product
from bridge.errors import ConfigurationError, ConnectionLost
from bridge.rtms import connection as module
from bridge.rtms.connection import MAX_FRAME_BYTES, dial, tls_context
from bridge.rtms.conversation import KeptAlive, Silent
from bridge.rtms.media import Media, MediaReady, Said
from bridge.rtms.messages import MediaType
from bridge.rtms.patience import PATIENCE, Patience
from tests.fakes.certificates import Certificate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from websockets.asyncio.server import Request, Response, ServerConnection
    from websockets.frames import Frame

pytestmark = pytest.mark.both_loops

ACCEPTED = json.dumps({"msg_type": 4, "status_code": 0})
KEEP_ALIVE = json.dumps({"msg_type": 12, "sequence": 1, "timestamp": 5})
WORDS = json.dumps({"msg_type": 17, "content": {"user_id": 7, "user_name": "Dana", "data": "Yes."}})


@asynccontextmanager
async def server(
    handler: Callable[[ServerConnection], Awaitable[None]], tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[str]:
    """A WebSocket server for the block; gives its URL."""
    async with serve(handler, "127.0.0.1", 0, ssl=tls, ping_interval=None, **options) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        yield f"{'wss' if tls else 'ws'}://127.0.0.1:{port}"


HASTE = Patience(handshake_seconds=0.2)
BRIEF = Patience(handshake_seconds=3, silence_seconds=3)
"""Long enough that a busy machine is not taken for a silent peer."""


def media(patience: Patience = PATIENCE) -> Media:
    return Media(
        product=Product.MEETING,
        instance_id="m",
        stream_id="s",
        signature="x",
        media_type=MediaType.TRANSCRIPT,
        now=asyncio.get_running_loop().time(),
        patience=patience,
    )


async def listen(
    url: str, tls: ssl.SSLContext | None = None, patience: Patience = PATIENCE
) -> tuple[list[Any], ConnectionLost]:
    """Everything a socket brings until it is lost, and how it was."""
    events: list[Any] = []

    async def on_event(event: Any) -> None:
        events.append(event)

    with pytest.raises(ConnectionLost) as lost:
        async with (
            asyncio.timeout(30),
            dial(url, tls=tls or tls_context(None), conversation=media(patience)) as connection,
        ):
            await connection.run(on_event)
    return events, lost.value


async def test_conversation() -> None:
    """The handshake goes out, keep-alives are answered, words come in, and the end is told from a failure."""
    said: list[Any] = []

    async def zoom(socket: ServerConnection) -> None:
        said.append(json.loads(await socket.recv()))
        await socket.send(ACCEPTED.encode())
        await socket.send(KEEP_ALIVE)
        said.append(json.loads(await socket.recv()))
        await socket.send(WORDS.encode())
        await socket.close()

    async with server(zoom) as url:
        events, lost = await listen(url)
    assert [message["msg_type"] for message in said] == [3, 13]
    assert [type(event) for event in events] == [MediaReady, KeptAlive, Said]
    assert lost.closed
    assert lost.retryable
    assert "1000" in str(lost)


async def test_answers_before_anything_else() -> None:
    """A keep-alive's answer is out before anybody acts on what the frame meant, however long that takes."""
    answered = asyncio.Event()

    async def zoom(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(KEEP_ALIVE)
        assert json.loads(await socket.recv()) == {"msg_type": 13, "sequence": 1, "timestamp": 5}
        answered.set()
        await socket.wait_closed()

    async def on_event(event: Any) -> None:
        await answered.wait()
        raise ConnectionLost("seen")

    async with server(zoom) as url:
        with pytest.raises(ConnectionLost, match="seen"):
            async with (
                asyncio.timeout(30),
                dial(url, tls=tls_context(None), conversation=media()) as connection,
            ):
                await connection.run(on_event)


async def test_what_had_come_when_nobody_listens_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words that had come when the listening was cancelled are not lost with it, and nothing is waited for."""
    arrive = Assembler.put
    listening: asyncio.Task[None] | None = None
    events: list[Any] = []
    go = asyncio.Event()

    def put(self: Assembler, frame: Frame) -> None:
        arrive(self, frame)
        if b"Last." in bytes(frame.data) and listening is not None:
            listening.cancel()

    async def zoom(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(ACCEPTED)
        await go.wait()
        for text in ("One.", "Last."):
            await socket.send(WORDS.replace("Yes.", text))
        await socket.wait_closed()

    def on_event(event: Any) -> None:
        events.append(event)
        go.set()

    monkeypatch.setattr(Assembler, "put", put)
    async with (
        server(zoom) as url,
        asyncio.timeout(30),
        dial(url, tls=tls_context(None), conversation=media()) as connection,
    ):
        listening = asyncio.create_task(connection.run(on_event))
        await asyncio.wait({listening})
        assert listening.cancelled()
        await connection.rest(on_event)
    assert [each.text for each in events if isinstance(each, Said)] == ["One.", "Last."]


async def test_no_answer() -> None:
    """A handshake that is not answered in time ends the socket, though keep-alives come."""

    async def zoom(socket: ServerConnection) -> None:
        try:
            while True:
                await socket.send(KEEP_ALIVE)
                await asyncio.sleep(0.02)
        except ConnectionClosed:
            return

    async with server(zoom) as url:
        events, lost = await listen(url, patience=HASTE)
    assert isinstance(events[-1], Silent)
    assert not lost.closed


async def test_silence() -> None:
    """A ready socket that goes silent is dropped, and one that is only kept alive is not."""
    kept = asyncio.Event()

    async def zoom(socket: ServerConnection) -> None:
        await socket.send(ACCEPTED)
        for _ in range(5):
            await asyncio.sleep(0.8)
            await socket.send(KEEP_ALIVE)
        kept.set()
        await socket.wait_closed()

    async with server(zoom) as url:
        events, lost = await listen(url, patience=BRIEF)
    assert kept.is_set()
    assert [type(event) for event in events] == [MediaReady, *[KeptAlive] * 5, Silent]
    assert not lost.closed


async def test_words_before_the_end() -> None:
    """What arrived before the socket was closed is heard, though a keep-alive among it can no longer be answered."""
    closed = asyncio.Event()

    async def zoom(socket: ServerConnection) -> None:
        for text in (ACCEPTED, KEEP_ALIVE, WORDS):
            await socket.send(text)
        await socket.close()
        closed.set()

    events: list[Any] = []

    async def on_event(event: Any) -> None:
        await closed.wait()
        events.append(event)

    async with server(zoom) as url:
        with pytest.raises(ConnectionLost):
            async with (
                asyncio.timeout(30),
                dial(url, tls=tls_context(None), conversation=media()) as connection,
            ):
                await connection.run(on_event)
    assert [type(event) for event in events] == [MediaReady, KeptAlive, Said]


@pytest.mark.parametrize("code", [1001, 1008, 1011, 1012])
async def test_closed_in_disorder(code: int) -> None:
    """Only a normal closure can mean that the stream is over."""

    async def zoom(socket: ServerConnection) -> None:
        await socket.close(code)

    async with server(zoom) as url:
        _, lost = await listen(url)
    assert not lost.closed
    assert str(code) in str(lost)


async def test_broken() -> None:
    """A socket that breaks is lost, and did not end in good order."""

    async def zoom(socket: ServerConnection) -> None:
        socket.transport.abort()

    async with server(zoom) as url:
        _, lost = await listen(url)
    assert not lost.closed


async def test_a_frame_too_large() -> None:
    """A frame beyond the limit ends the socket instead of filling the memory."""

    async def zoom(socket: ServerConnection) -> None:
        await socket.send(ACCEPTED)
        await socket.send(" " * (MAX_FRAME_BYTES + 1))

    async with server(zoom) as url:
        _, lost = await listen(url)
    assert not lost.closed


async def test_closed_by_us() -> None:
    """Leaving the block closes the socket in good order."""
    codes: list[int | None] = []
    gone = asyncio.Event()

    async def zoom(socket: ServerConnection) -> None:
        await socket.wait_closed()
        codes.append(socket.close_code)
        gone.set()

    async with server(zoom) as url:
        async with dial(url, tls=tls_context(None), conversation=media()):
            pass
        await asyncio.wait_for(gone.wait(), 30)
    assert codes == [1000]


async def test_flush_on_a_lost_socket() -> None:
    """Sending on a socket that is gone says that it is lost."""
    signaling_gone = media()

    async def zoom(socket: ServerConnection) -> None:
        await socket.close()

    async def on_event(event: Any) -> None:
        pass

    async with (
        server(zoom) as url,
        dial(url, tls=tls_context(None), conversation=signaling_gone) as connection,
    ):
        with pytest.raises(ConnectionLost):
            await connection.run(on_event)
        signaling_gone.receive(KEEP_ALIVE, 0)
        with pytest.raises(ConnectionLost):
            await connection.flush()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirects(status: int) -> None:
    """A redirect is not followed: nobody allowed the address it leads to."""
    visited = asyncio.Event()

    async def elsewhere(socket: ServerConnection) -> None:
        visited.set()

    async with server(elsewhere) as target:

        async def redirect(socket: ServerConnection, request: Request) -> Response:
            response = socket.respond(HTTPStatus(status), "")
            response.headers["location"] = target
            return response

        async with server(elsewhere, process_request=redirect) as url:
            events, lost = await listen(url)
    assert not visited.is_set()
    assert (events, lost.closed) == ([], False)


async def test_nobody_there(unused_tcp_port: int) -> None:
    """An address where nobody listens is a lost connection, and is not repeated in the error."""
    _, lost = await listen(f"ws://127.0.0.1:{unused_tcp_port}")
    assert str(unused_tcp_port) not in str(lost)


@pytest.mark.parametrize("url", ["wss://a..zoom.us", "wss://" + "a" * 70 + ".zoom.us"])
async def test_no_such_host(url: str) -> None:
    """A host that cannot exist is a lost connection like one that does not."""
    await listen(url)


async def test_no_upgrade(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes the connection and says nothing is not waited for without end."""
    monkeypatch.setattr(module, "OPEN_SECONDS", 0.1)
    closing = asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await closing.wait()
        writer.close()

    listening = await asyncio.start_server(mute, "127.0.0.1", 0)
    try:
        await listen(f"ws://127.0.0.1:{listening.sockets[0].getsockname()[1]}")
    finally:
        closing.set()
        listening.close()
        await listening.wait_closed()


async def hang_up(socket: ServerConnection) -> None:
    await socket.close()


async def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    """A self-signed certificate is refused."""
    async with server(hang_up, Certificate(tmp_path).server_context) as url:
        _, lost = await listen(url)
    assert "SSLCertVerificationError" in str(lost)


async def test_an_authority_of_the_operators(tmp_path: Path) -> None:
    """A certificate is accepted when the operator's authority vouches for it."""
    certificate = Certificate(tmp_path)
    async with server(hang_up, certificate.server_context) as url:
        _, lost = await listen(url, tls_context(certificate.path))
    assert lost.closed


def test_who_vouches_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file of the operator's, the machine's own authorities vouch for Zoom's servers."""
    asked: list[object] = []
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda _, purpose: asked.append(purpose))
    context = tls_context(None)
    assert (asked, context.verify_mode) == ([ssl.Purpose.SERVER_AUTH], ssl.CERT_REQUIRED)


async def test_a_certificate_for_another_host(tmp_path: Path) -> None:
    """A good certificate of another host is refused."""
    certificate = Certificate(tmp_path, "media.zoom.us")
    async with server(hang_up, certificate.server_context) as url:
        _, lost = await listen(url, tls_context(certificate.path))
    assert "SSLCertVerificationError" in str(lost)


def test_tls() -> None:
    """Nothing turns verification off, and nothing older than TLS 1.2 is spoken."""
    context = tls_context(None)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_no_authority(tmp_path: Path, content: bytes | None) -> None:
    """A file without certificates is the operator's to mend, before anything is dialled."""
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="BRIDGE_CA_FILE"):
        tls_context(path)
