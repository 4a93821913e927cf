"""A live run of a bridge's session on a virtual clock, recorded: what a replay of it has to match."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from bridge.clock import Clock
from bridge.domain import Output, Product, Stream, StreamState, Window
from bridge.export.data import as_json
from bridge.export.meeting import told
from bridge.flow.worker import Worker
from bridge.rtms.connection import tls_context
from bridge.rtms.messages import ChatOperation, EventType, MessageType, WireStreamState
from bridge.session import link
from bridge.session.link import Zoom
from bridge.session.session import Session
from bridge.store.memory import MemoryEngine
from bridge.store.store import Store
from bridge.tasks import beside
from tests.fakes.quiet_zoom import URL, QuietZoom

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from bridge.domain import Run
    from bridge.flow.routes import Route

BEGAN_MS = 1_795_946_400_000
STREAM = Stream(
    stream_id="5f0e3c9d",
    product=Product.MEETING,
    meeting_uuid="aB3/xY+z9Q==",
    server_urls=URL,
    event_ts=BEGAN_MS,
    meeting_id="81234567890",
    topic="Weekly",
    started_at_ms=BEGAN_MS,
    state=StreamState.STARTING,
)
PHRASES = ("hey assistant",)
TLS = tls_context(None)


class ScriptedZoom(QuietZoom):
    """Zoom's sockets of a meeting in which what a script tells happens at its second."""

    def __init__(self, script: Sequence[tuple[float, dict[str, Any] | None]], *, seconds: float) -> None:
        """``script``: each frame with its second; those with ``media`` come on the media socket. ``None`` drops that."""
        super().__init__(seconds=seconds)
        self._script = script
        self._began = False

    def ready(self) -> None:
        if not self._began:
            self._began = True
            loop = asyncio.get_running_loop()
            for at, frame in self._script:
                loop.call_at(at, self._frame, frame)
            for second in range(10, int(self._ends), 10):
                loop.call_at(second, self._come, None, True, second * 1000)
            loop.call_at(self._ends, self._end)

    def _come(self, n: int | None, keep_alive: bool, at_ms: int) -> None:
        for socket in (self._sockets[0], self._sockets[-1]):
            socket.say(MessageType.KEEP_ALIVE_REQ, timestamp=at_ms, sequence=at_ms)

    def _frame(self, frame: dict[str, Any] | None) -> None:
        if frame is None:
            self._sockets[-1].close()
            return
        fields = {name: value for name, value in frame.items() if name not in ("number", "media")}
        self._sockets[-1 if frame.get("media") else 0].say(frame["number"], **fields)

    def _end(self) -> None:
        self._sockets = [self._sockets[0], self._sockets[-1]]
        super()._end()


Frame = tuple[float, dict[str, Any] | None]


def says(who: int, begins: float, ends: float, text: str, name: str = "") -> Frame:
    """Somebody speaks; the words come when they are over."""
    content = {"user_id": who, "user_name": name or f"Speaker {who}", "data": text, "language": 9}
    times = {"start_time": BEGAN_MS + int(begins * 1000), "end_time": BEGAN_MS + int(ends * 1000)}
    number = MessageType.MEDIA_DATA_TRANSCRIPT
    return ends, {"number": number, "media": True, "content": content | times | {"timestamp": BEGAN_MS}}


def writes(
    who: int, at: float, text: str, message_id: str, operation: ChatOperation = ChatOperation.NEW
) -> Frame:
    """Somebody writes a chat message, edits one or deletes one."""
    content = {"user_id": who, "user_name": f"Speaker {who}", "data": text, "message_id": message_id}
    told = {"timestamp": BEGAN_MS + int(at * 1000), "operation_type": operation}
    return at, {"number": MessageType.MEDIA_DATA_CHAT, "media": True, "content": content | told}


def comes(at: float, *who: int, left: bool = False) -> Frame:
    """People come, or leave."""
    people = [{"user_id": each, "user_name": f"Speaker {each}"} for each in who]
    kind = EventType.PARTICIPANT_LEAVE if left else EventType.PARTICIPANT_JOIN
    event = {"event_type": kind, "timestamp": BEGAN_MS + int(at * 1000), "participants": people}
    return at, {"number": MessageType.EVENT_UPDATE, "event": event}


def pauses(at: float, *, over: bool = False) -> Frame:
    """The stream is paused, or goes on."""
    state = WireStreamState.RESUMED if over else WireStreamState.PAUSED
    return at, {"number": MessageType.STREAM_STATE_UPDATE, "state": state}


class Langflow:
    """Takes longer for some windows than for others, and keeps them."""

    def __init__(self) -> None:
        self.windows: list[Window] = []

    async def run(self, window: Window, *, timeout_seconds: float) -> Output:
        self.windows.append(window)
        await asyncio.sleep((0.5, 9.0, 1.25)[window.seq % 3])
        return Output("")

    async def give_up(self, window: Window) -> None:
        raise AssertionError("nothing is given up")

    async def trouble(self, window: Window) -> str:
        raise AssertionError("nothing is in trouble")


class Metrics:
    """Counts nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


@dataclass(frozen=True)
class LiveRun:
    """What a live bridge sent, and what its API tells of the meeting afterwards."""

    windows: list[Window]
    exported: str
    runs: list[Run]


async def live_run(zoom: ScriptedZoom, routes: Sequence[Route], monkeypatch: pytest.MonkeyPatch) -> LiveRun:
    """Play a script to a session as the bridge makes it, with everything but sockets and SQL."""
    loop = asyncio.get_running_loop()
    clock = Clock(wall=lambda: BEGAN_MS / 1000 + loop.time(), steady=loop.time, chance=lambda: 0.5)
    store = Store(MemoryEngine(), clock=clock.wall, monotonic=loop.time)
    langflow, metrics = Langflow(), Metrics()
    monkeypatch.setattr(link, "dial", zoom.dial)

    async def forget(meeting_uuid: str, why: str) -> None:
        raise AssertionError("nothing is forgotten")

    async with beside(store.run(), name="store", stop=store.close):
        store.put_stream(STREAM)
        session = Session(
            STREAM,
            routes=routes,
            zoom=Zoom(client_id="c", client_secret=SecretStr("s"), allowed_hosts=("127.0.0.1",), tls=TLS),
            store=store,
            worker=Worker(langflow, store, metrics),
            metrics=metrics,
            forget=forget,
            phrases=PHRASES,
            clock=clock,
        )
        await session.run()
        await store.flush()
        stream_id = STREAM.stream_id
        runs = await store.runs(stream_id)
        meeting = told(
            STREAM,
            utterances=await store.utterances(stream_id),
            gaps=await store.gaps(stream_id),
            happenings=await store.happenings(stream_id),
        )
    return LiveRun(langflow.windows, as_json(meeting), runs)
