from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.pages import events
from bridge.pages.events import EventStream, event

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.types import Message


def parsed(raw: bytes) -> dict[str, str]:
    """One event as a browser reads it."""
    found: dict[str, Any] = {"data": []}
    *lines, end, rest = raw.decode().split("\n")
    assert (end, rest) == ("", "")
    for line in lines:
        name, _, value = line.partition(": ")
        found["data"].append(value) if name == "data" else found.update({name: value})
    return found | {"data": "\n".join(found["data"])}


@given(st.text(), st.from_regex(r"\d+\.\d+\.\d+\.[0-9a-f]*", fullmatch=True))
def test_an_event(data: str, cursor: str) -> None:
    """Whatever is in its data, it is one event, and no line of it is taken for anything else."""
    assume = data.encode(errors="replace").decode()
    found = parsed(event("news", assume, cursor))
    assert (found["event"], found["id"]) == ("news", cursor)
    assert found["data"] == assume.replace("\r\n", "\n").replace("\r", "\n")


def test_an_event_without_a_cursor() -> None:
    """It leaves the reader where it stood."""
    assert "id" not in parsed(event("over", ""))


class Connection:
    """An ASGI server whose client takes so many messages and then no more, or leaves."""

    def __init__(self, takes: int = 99) -> None:
        self.sent: list[Message] = []
        self.left = asyncio.Event()
        self.full = asyncio.Event()
        self._takes = takes

    async def send(self, message: Message) -> None:
        if len(self.sent) >= self._takes:
            self.full.set()
            await asyncio.Event().wait()
        self.sent.append(message)

    async def receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def answer(self, stream: EventStream) -> None:
        await stream({"type": "http"}, self.receive, self.send)


class Source:
    """Events without an end, which notes when nobody wants more of them."""

    def __init__(self) -> None:
        self.closed = False

    async def events(self) -> AsyncGenerator[bytes, None]:
        try:
            while True:
                yield b"data: x\n\n"
                await asyncio.sleep(0)
        finally:
            self.closed = True


async def test_a_reader_who_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose connection is full for too long is let go, and the events with them."""
    monkeypatch.setattr(events, "SEND_SECONDS", 0.01)
    source, connection = Source(), Connection(takes=3)
    async with asyncio.timeout(30):
        await connection.answer(EventStream(source.events(), {}))
    assert source.closed
    assert len(connection.sent) == 3


async def test_a_reader_who_leaves() -> None:
    """The events end with them, also while their connection is full."""
    for takes in (3, 10**9):
        source, connection = Source(), Connection(takes)
        answering = asyncio.create_task(connection.answer(EventStream(source.events(), {})))
        if takes == 3:
            await connection.full.wait()
        connection.left.set()
        async with asyncio.timeout(30):
            await answering
        assert source.closed


async def test_a_reader_whose_time_is_over() -> None:
    """The answer is ended in good order, also where nothing comes, and the events with it."""
    nothing = asyncio.Event()

    async def quiet() -> AsyncGenerator[bytes, None]:
        yield b"a"
        await nothing.wait()

    busy, source = Connection(10**9), Source()
    for connection, told in ((Connection(), quiet()), (busy, source.events())):
        async with asyncio.timeout(30):
            await connection.answer(EventStream(told, {}, seconds=0.05))
        assert connection.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
    assert source.closed


async def test_all_of_it() -> None:
    """Events that end make a whole answer; a bug in them is told to who runs the server."""

    async def few() -> AsyncGenerator[bytes, None]:
        yield b"a"
        yield b"b"

    async def bad() -> AsyncGenerator[bytes, None]:
        yield b"a"
        raise RuntimeError("a bug")

    connection = Connection()
    await connection.answer(EventStream(few(), {"cache-control": "no-store"}))
    start, *bodies = connection.sent
    assert (b"content-type", b"text/event-stream; charset=utf-8") in start["headers"]
    assert (b"cache-control", b"no-store") in start["headers"]
    assert not [name for name, _ in start["headers"] if name == b"content-length"]
    assert [(each["body"], each["more_body"]) for each in bodies] == [
        (b"a", True),
        (b"b", True),
        (b"", False),
    ]
    with pytest.raises(RuntimeError):
        await Connection().answer(EventStream(bad(), {}))
