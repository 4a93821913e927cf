"""A stream's sockets under faults that come together."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from pydantic import SecretStr
from websockets.asyncio.messages import Assembler
from websockets.asyncio.server import ServerConnection, serve

from bridge.clock import CLOCK, Clock
from bridge.domain import Product, Stream, StreamState
from bridge.errors import ConnectionLost, HandshakeRefused, ZoomError
from bridge.rtms.connection import tls_context
from bridge.rtms.messages import EventType, MediaType, MessageType, StopReason
from bridge.rtms.patience import PATIENCE, Patience
from bridge.rtms.urls import kind_name
from bridge.session.end import End, StreamOver
from bridge.session.link import Link, Zoom
from bridge.session.outage import Outage
from bridge.session.record import Record
from bridge.simulator.faults import FaultScript
from bridge.simulator.playback import Step
from tests.fakes.journey import Journey, meeting, simulator
from tests.fakes.run_api import RunApi
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from websockets.frames import Frame

    from bridge.rtms.media import Said
    from bridge.store.store import Store


def script(*faults: dict[str, object]) -> FaultScript:
    return FaultScript.model_validate({"fault": faults})


async def test_an_interrupted_webhook_joins_a_reconnection_that_is_under_way(tmp_path: Path) -> None:
    """To dial signaling once more for it would make Zoom tell of one more loss, and so on without end."""
    faults = script(
        {"kind": "drop", "at_line": 20},
        {"kind": "refuse", "socket": "media", "status": 16, "count": 3, "at_line": 20},
    )
    async with simulator() as zoom, RunApi().listening() as api:
        journey = Journey(zoom, api, tmp_path / "bridge.db")
        async with journey.bridge() as bridge:
            outcome = await journey.play(bridge, meeting(100, every_ms=60), faults=faults)
            await journey.settled(bridge.store)
            journey.check(outcome, in_flight=2)
    assert [each.event for each in outcome.webhooks].count("meeting.rtms_interrupted") == 1
    assert outcome.signaling_connections == 2
    assert outcome.stop_reason is StopReason.MEETING_ENDED


async def test_a_dead_old_server_does_not_hold_up_a_failover(tmp_path: Path) -> None:
    """Its sockets go silent without a closing handshake, and the new server is dialled within a second."""
    faults = script({"kind": "failover", "at_line": 20, "old": "silent"})
    spoken = meeting(60, every_ms=60)
    async with simulator() as zoom, RunApi().listening() as api:
        journey = Journey(zoom, api, tmp_path / "bridge.db")
        async with journey.bridge() as bridge:
            outcome = await journey.play(bridge, spoken, faults=faults)
            await journey.settled(bridge.store)
            journey.check(outcome, in_flight=2)
            (gap,) = await bridge.store.gaps(outcome.stream_id)
    assert gap.to_ms - gap.from_ms < 2000
    assert spoken.lines[-1] in outcome.delivered


async def test_an_interrupted_webhook_joins_the_reconnection_of_a_restarted_bridge(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    """Zoom repeats its word of the loss while the next process dials: it does not dial once more."""
    faults = script({"kind": "slow_handshake", "socket": "media", "seconds": 1.5, "at_line": 30})
    async with simulator() as zoom, RunApi().listening() as api:
        journey = Journey(zoom, api, tmp_path / "bridge.db")
        journey.settings_changes = {"bridge_port": unused_tcp_port}
        async with journey.bridge() as bridge:
            spoken, retries = meeting(120, every_ms=60), (0.5,) * 10
            playing = asyncio.create_task(
                journey.play(bridge, spoken, faults=faults, webhook_retry_seconds=retries)
            )
            await journey.said(32)
        await until(lambda: any(each.step is Step.INTERRUPTED for each in journey.progress))
        async with journey.bridge() as bridge:
            outcome = await playing
            await journey.settled(bridge.store)
            journey.check(outcome, in_flight=2)
    assert [each.attempts > 1 for each in outcome.webhooks if each.event == "meeting.rtms_interrupted"] == [
        True
    ]
    assert outcome.signaling_connections == 2
    assert spoken.lines[-1] in outcome.delivered


class Rude:
    """A Zoom that takes every handshake, and drops so many media sockets at once before it keeps one."""

    def __init__(self, drops: int) -> None:
        self.drops = drops
        self.dialled: list[float] = []
        self.url = ""
        self.over = asyncio.Event()

    async def __call__(self, connection: ServerConnection) -> None:
        request = json.loads(await connection.recv())
        if request["msg_type"] == MessageType.SIGNALING_HAND_SHAKE_REQ:
            servers = {"media_server": {"server_urls": {"all": self.url}}}
            await self._say(connection, MessageType.SIGNALING_HAND_SHAKE_RESP, **servers)
            await connection.wait_closed()
            return
        self.dialled.append(time.monotonic())
        await self._say(connection, MessageType.DATA_HAND_SHAKE_RESP)
        if len(self.dialled) <= self.drops:
            connection.transport.abort()
            return
        for n in range(3):
            content = {"user_id": 7, "user_name": "Dana", "data": f"Line {n}.", "start_time": 1000 + n}
            await self._say(connection, MessageType.MEDIA_DATA_TRANSCRIPT, content=content)
        await self.over.wait()
        await self._say(connection, MessageType.STREAM_STATE_UPDATE, state=4, reason=6)

    async def _say(self, connection: ServerConnection, kind: MessageType, **fields: Any) -> None:
        await connection.send(json.dumps({"msg_type": kind, "status_code": 0, **fields}))


class Deaf(Rude):
    """A Zoom whose first media socket stays open and brings nothing more, of which the signaling socket tells."""

    def __init__(self) -> None:
        super().__init__(drops=0)

    async def __call__(self, connection: ServerConnection) -> None:
        request = json.loads(await connection.recv())
        if request["msg_type"] == MessageType.SIGNALING_HAND_SHAKE_REQ:
            servers = {"media_server": {"server_urls": {"all": self.url}}}
            await self._say(connection, MessageType.SIGNALING_HAND_SHAKE_RESP, **servers)
            while json.loads(await connection.recv())["msg_type"] != MessageType.CLIENT_READY_ACK:
                pass
            lost = {"event_type": EventType.MEDIA_CONNECTION_INTERRUPTED}
            while len(self.dialled) < 2:
                lost["timestamp"] = round(time.time() * 1000)
                await self._say(connection, MessageType.EVENT_UPDATE, event=lost)
                await asyncio.sleep(0.02)
            await connection.wait_closed()
            return
        self.dialled.append(time.monotonic())
        await self._say(connection, MessageType.DATA_HAND_SHAKE_RESP)
        while len(self.dialled) < 2:
            await self._say(connection, MessageType.KEEP_ALIVE_REQ)
            await asyncio.sleep(0.02)
        for n in range(3):
            content = {"user_id": 7, "user_name": "Dana", "data": f"Line {n}.", "start_time": 1000 + n}
            await self._say(connection, MessageType.MEDIA_DATA_TRANSCRIPT, content=content)
        await self.over.wait()
        await self._say(connection, MessageType.STREAM_STATE_UPDATE, state=4, reason=6)


class Hears:
    """Keeps what is said in the record, and breaks at every second line where it is told to."""

    def __init__(self, record: Record, *, breaks: bool = False) -> None:
        self.record = record
        self.breaks = breaks
        self.heard: list[str] = []

    def said(self, said: Said) -> None:
        self.heard.append(said.text)
        self.record.said(said)
        if self.breaks:
            raise ValueError(f"nobody may read that {said.speaker} said {said.text}")

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


async def heard_by(
    rude: Rude,
    store: Store,
    state: StreamState,
    *,
    breaks: bool = False,
    heard: bool = False,
    clock: Clock = CLOCK,
    patience: Patience = PATIENCE.scaled(50),  # noqa: B008 - a frozen value
) -> tuple[Record, Hears]:
    """Let a link hear a rude Zoom to the stream's end."""
    async with serve(rude, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        rude.url = f"ws://127.0.0.1:{port}"
        stream = Stream(
            stream_id="s",
            product=Product.MEETING,
            meeting_uuid="m",
            server_urls=rude.url,
            event_ts=1,
            started_at_ms=1,
            state=state,
        )
        store.put_stream(stream)
        record = Record(stream, store, clock)
        if heard:  # by an earlier process
            store.stream_seen("s", 1)
            await store.flush()
            await record.restore()
        hears = Hears(record, breaks=breaks)
        zoom = Zoom(
            client_id="c",
            client_secret=SecretStr("s"),
            allowed_hosts=("127.0.0.1",),
            tls=tls_context(None),
            patience=patience,
        )
        running = asyncio.create_task(Link(record, zoom, hears, hears, clock).run())
        await until(lambda: len(hears.heard) == 3)
        assert record.stream.state is StreamState.LIVE
        rude.over.set()
        async with asyncio.timeout(60):
            end = await running
        assert end is not None
        assert end.words == "the meeting ended"
    return record, hears


async def test_a_server_that_takes_the_handshake_and_drops(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is dialled ever more slowly, and all the dials are one gap, as no word could come between them."""
    rude = Rude(drops=7)
    waits: list[float] = []

    class Told(Outage):
        def lost(self, now: float) -> float | None:
            delay = super().lost(now)
            assert delay is not None
            waits.append(delay)
            return delay

    monkeypatch.setattr("bridge.session.link.Outage", Told)
    record, _ = await heard_by(rude, store, StreamState.STARTING)
    assert len(rude.dialled) == 8
    at_once, *delays = waits
    assert (at_once, len(delays)) == (0, 6)
    for n, delay in enumerate(delays):
        assert delay >= 0.5 * min(2.0**n, PATIENCE.longest_delay_seconds) / 50
    (gap,) = record.gaps
    assert gap.reason == "reconnect"
    assert gap.to_ms - gap.from_ms >= 1000 * sum(delays) - 1


async def test_a_lost_media_socket_where_the_clock_is_ahead(store: Store) -> None:
    """Zoom tells it by its own clock: an hour behind ours, it is dialled again all the same."""
    ahead = Clock(wall=lambda: time.time() + 3600)
    deaf = Deaf()
    patience = replace(PATIENCE, media_seconds=0.5, farewell_seconds=0.01, closing_seconds=0.01)
    await heard_by(deaf, store, StreamState.STARTING, clock=ahead, patience=patience)
    assert len(deaf.dialled) == 2


async def test_a_restarted_bridge_is_not_live_before_words_can_come(store: Store) -> None:
    """A stream that was interrupted is live once its socket has brought something, not with each handshake."""
    with structlog.testing.capture_logs() as logs:
        await heard_by(Rude(drops=3), store, StreamState.INTERRUPTED, heard=True)
    states = [log["state"] for log in logs if log["event"] == "stream.state"]
    assert states == ["live"]


async def test_what_is_missed_behind_the_first_handshake(store: Store) -> None:
    """A stream that was interrupted before anybody could hear it has a gap from the first handshake that Zoom took."""
    rude = Rude(drops=2)
    record, _ = await heard_by(rude, store, StreamState.INTERRUPTED)
    (gap,) = record.gaps
    assert gap.to_ms - gap.from_ms >= 1000 * (rude.dialled[2] - rude.dialled[1]) * 0.5


@pytest.mark.parametrize(("heard", "gaps"), [(True, 0), (False, 1)])
async def test_the_end_of_a_stream_that_nobody_hears(
    store: Store, monkeypatch: pytest.MonkeyPatch, heard: bool, gaps: int
) -> None:
    """What was said since it was last heard is a gap, also where the meeting went on to its end."""
    stream = Stream(
        stream_id="s", product=Product.MEETING, meeting_uuid="m", server_urls="wss://a.zoom.us", event_ts=1
    )
    record = Record(stream, store)
    zoom = Zoom(
        client_id="c", client_secret=SecretStr("s"), allowed_hosts=("*.zoom.us",), tls=tls_context(None)
    )
    link = Link(record, zoom, Hears(record), Hears(record))
    if heard:
        link._live()
    else:
        record.live(1)  # as an earlier process left it

    async def dialled(delay: float) -> ZoomError:
        link.end(End.by_zoom(StopReason.MEETING_ENDED))  # by webhook
        return ConnectionLost("the connection ended")

    monkeypatch.setattr(link, "_connect", dialled)
    end = await link.run()
    assert end is not None
    record.ended(end.words, while_lost=end.while_lost)
    assert [gap.reason for gap in record.gaps] == ["lost"] * gaps
    assert (end.words, end.given_up) == ("the meeting ended", False)


async def test_an_event_that_breaks_who_hears_it(store: Store) -> None:
    """What breaks while one event is taken is told once, by place; the socket is read on and every word is kept."""
    with structlog.testing.capture_logs() as logs:
        record, hears = await heard_by(Rude(drops=0), store, StreamState.STARTING, breaks=True)
    assert (record.count, len(hears.heard)) == (3, 3)
    assert [log["event"] for log in logs].count("event.not_taken") == 1
    assert "Line" not in repr(logs)
    assert "Dana" not in repr(logs)


class Moved(Rude):
    """A Zoom that says a line more over each media socket: two over the first, one over the second."""

    def __init__(self) -> None:
        super().__init__(drops=0)

    async def _say(self, connection: ServerConnection, kind: MessageType, **fields: Any) -> None:
        line = fields.get("content", {}).get("data")
        if line is None or (line == "Line 2.") == (len(self.dialled) == 2):
            await super()._say(connection, kind, **fields)


async def test_words_that_cross_a_failover(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What had come over the old socket in the moment in which Zoom moved the stream is heard."""
    links: list[Link] = []
    signal, arrive = Link._signal, Assembler.put

    async def noted(self: Link, tasks: asyncio.TaskGroup) -> None:
        links.append(self)
        await signal(self, tasks)

    def put(self: Assembler, frame: Frame) -> None:
        arrive(self, frame)
        if b"Line 1." in bytes(frame.data):
            links[0].fail_over()
            for task in asyncio.all_tasks():  # at once, as where the other socket breaks in the same moment
                if task.get_name() == kind_name(MediaType.TRANSCRIPT):
                    task.cancel()

    monkeypatch.setattr(Link, "_signal", noted)
    monkeypatch.setattr(Assembler, "put", put)
    _, hears = await heard_by(Moved(), store, StreamState.STARTING)
    assert hears.heard == ["Line 0.", "Line 1.", "Line 2."]
    assert len(links) == 2


async def test_a_refusal_that_crosses_a_failover(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the old server refused in the moment in which Zoom moved the stream ends nothing: the new one is dialled."""
    stream = Stream(
        stream_id="s", product=Product.MEETING, meeting_uuid="m", server_urls="wss://a.zoom.us", event_ts=1
    )
    record = Record(stream, store)
    zoom = Zoom(
        client_id="c", client_secret=SecretStr("s"), allowed_hosts=("*.zoom.us",), tls=tls_context(None)
    )
    link = Link(record, zoom, Hears(record), Hears(record))
    ends = [
        HandshakeRefused(socket="signaling", status=2, advice="it has probably ended", retryable=False),
        StreamOver(End.by_zoom(StopReason.MEETING_ENDED)),
    ]

    async def dialled(delay: float) -> ZoomError:
        if len(ends) == 2:
            link.fail_over()  # before the task that dialled has been looked at, and too late to cut it short
        return ends.pop(0)

    monkeypatch.setattr(link, "_connect", dialled)
    end = await link.run()
    assert end is not None
    assert (end.given_up, end.stop_reason, ends) == (False, StopReason.MEETING_ENDED, [])


@pytest.mark.parametrize("proxy", ["http://[", "socks9://nowhere", "nonsense"])
async def test_a_proxy_that_is_written_wrongly(
    store: Store, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    """Whatever the environment makes the library raise is a lost connection, which is tried again and then given up."""
    for name in ("http_proxy", "https_proxy", "ws_proxy", "wss_proxy", "all_proxy"):
        monkeypatch.setenv(name, proxy)
    stream = Stream(
        stream_id="s", product=Product.MEETING, meeting_uuid="m", server_urls="wss://x.zoom.us", event_ts=1
    )
    store.put_stream(stream)
    record = Record(stream, store)
    zoom = Zoom(
        client_id="c",
        client_secret=SecretStr("s"),
        allowed_hosts=("*.zoom.us",),
        tls=tls_context(None),
        patience=PATIENCE.scaled(1000),
    )
    hears = Hears(record)
    async with asyncio.timeout(60):
        end = await Link(record, zoom, hears, hears).run()
    assert end is not None
    assert end.given_up
    assert "could not be opened" in end.words
