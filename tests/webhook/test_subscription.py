from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from structlog.testing import capture_logs
from websockets.asyncio.server import ServerConnection, serve

from bridge.admin.metrics import Metrics
from bridge.errors import BridgeError, ConfigurationError, WriteRefused, ZoomApiRefused
from bridge.rtms.connection import MAX_FRAME_BYTES, tls_context
from bridge.settings import Settings, read_settings
from bridge.simulator import rest
from bridge.simulator import subscription as simulated
from bridge.tasks import beside
from bridge.webhook import event_socket
from bridge.webhook import subscription as module
from bridge.webhook.events import STREAM_EVENTS
from bridge.webhook.subscription import Subscription
from tests.fakes.certificates import Certificate
from tests.fakes.journey import Journey, admin_json, meeting, simulator
from tests.fakes.run_api import RunApi
from tests.fakes.waiting import until

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from pathlib import Path

    from websockets.http11 import Request, Response

    from bridge.simulator.outcome import Outcome
    from bridge.webhook.events import StreamEvent

ZOOMS_LOG = logging.Logger("zoom", logging.CRITICAL)
"""What Zoom's side says when it is hung up on is not the bridge's log."""
PAYLOAD_KEYS = (
    "meeting_uuid",
    "rtms_stream_id",
    "server_urls",
    "stop_reason",
    "meeting_id",
    "session_id",
    "engagement_id",
    "object",
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(PAYLOAD_KEYS) | st.text(max_size=3), inner, max_size=8)
    ),
    max_leaves=12,
)
STARTED = {"meeting_uuid": "aB3/xY+z9Q==", "server_urls": "wss://signal.rtms.example.test:443"}
BUILT = json.dumps({"module": "build_connection", "success": True})
SUBSCRIPTION_ID = "the-subscription"


class Tokens:
    """Tokens as Zoom gives them: a new one leaves the old ones good."""

    def __init__(self) -> None:
        self.given: list[str] = []
        self.good: set[str] = set()
        self.faults: deque[BridgeError] = deque()
        """Raised, one each, instead of giving a new token."""

    async def token(self, *, renew: bool = False) -> str:
        if renew or not self.given:
            if self.faults:
                raise self.faults.popleft()
            self.given.append(f"secret-token-{len(self.given)}")
            self.good.add(self.given[-1])
        return self.given[-1]


class Sink:
    """Keeps events, as soon as the gate is open."""

    def __init__(self) -> None:
        self.stream_ids: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()

    def accept(self, event: StreamEvent) -> asyncio.Future[None]:
        return asyncio.ensure_future(self._keep(event))

    async def _keep(self, event: StreamEvent) -> None:
        await self.gate.wait()
        self.stream_ids.append(event.stream_id)


class Stage:
    """A subscription of ours, at Zoom's or at whatever answers in its place."""

    def __init__(self) -> None:
        self.tokens, self.sink, self.metrics = Tokens(), Sink(), Metrics()
        self.zoom = simulated.Subscription(self.tokens.good.__contains__)
        self.raised = 0
        self.may_dial = asyncio.Event()
        self.may_dial.set()
        self.asked = 0
        """How often it was asked whether a socket may be opened where none stands."""

    @asynccontextmanager
    async def zooms(self, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
        """Zoom's side; gives the endpoint URL."""
        async with self.server(self.zoom.serve, tls=tls, process_request=self.zoom.screen) as url:
            yield url.replace(SUBSCRIPTION_ID, self.zoom.id)

    @asynccontextmanager
    async def server(
        self,
        handler: Callable[[ServerConnection], Awaitable[None]],
        *,
        tls: ssl.SSLContext | None = None,
        **options: Any,
    ) -> AsyncIterator[str]:
        """Somebody who answers at the endpoint URL."""
        async with serve(
            handler,
            "127.0.0.1",
            0,
            ssl=tls,
            ping_interval=None,
            close_timeout=0.5,
            logger=ZOOMS_LOG,
            **options,
        ) as running:
            port = next(iter(running.sockets)).getsockname()[1]
            yield f"{'wss' if tls else 'ws'}://127.0.0.1:{port}/ws?subscriptionId={SUBSCRIPTION_ID}"

    @asynccontextmanager
    async def subscribed(self, url: str, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Subscription]:
        """Our side, while the block runs."""
        subscription = self.subscription(url, tls=tls)
        async with beside(subscription.run(), name="subscription"):
            yield subscription

    def subscription(self, url: str, *, tls: ssl.SSLContext | None = None) -> Subscription:
        """Our side, at rest."""
        return Subscription(
            SecretStr(url),
            tokens=self.tokens,
            tls=tls or tls_context(None),
            sink=self.sink,
            metrics=self.metrics,
            may_dial=self._until_it_may,
            chance=lambda: 0.0,
        )

    async def _until_it_may(self) -> None:
        self.asked += 1
        await self.may_dial.wait()

    async def start(self, stream_id: str = "") -> str:
        """Raise the start of a new stream; gives its id."""
        self.raised += 1
        stream_id = stream_id or f"stream-{self.raised}"
        await self.zoom.deliver("meeting.rtms_started", {**STARTED, "rtms_stream_id": stream_id})
        return stream_id

    def counted(self, name: str) -> float:
        """A metric's value, by its name and labels as they are shown; 0 where it is not."""
        for line in self.metrics.exposition().decode().splitlines():
            if line.startswith(f"bridge_{name} "):
                return float(line.rsplit(" ", 1)[1])
        return 0.0


@pytest.fixture
async def stage() -> Stage:
    return Stage()


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    """What was logged; no line of it holds a token or the subscription's id."""
    with capture_logs() as lines:
        yield lines
    assert "secret-token" not in str(lines)
    assert SUBSCRIPTION_ID not in str(lines)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow each other quickly; that they grow is tested without sockets."""
    monkeypatch.setattr(module, "wait_seconds", lambda failures, chance: 0.01 if failures > 1 else 0.0)


def named(logs: list[Any]) -> list[str]:
    """The events in order, without what libraries say, such as asyncio of a machine that is busy."""
    return [line["event"] for line in logs if line["event"] != "library.says"]


async def test_events_arrive(stage: Stage, logs: list[Any]) -> None:
    """What Zoom raises reaches the sink in order, over one socket, opened with one token."""
    async with stage.zooms() as url, stage.subscribed(url) as subscription:
        assert subscription.away
        await until(lambda: stage.zoom.connected and not subscription.away)
        assert stage.counted("event_socket_open") == 1
        ids = [await stage.start() for _ in range(20)]
        await until(lambda: len(stage.sink.stream_ids) == 20)
    assert stage.sink.stream_ids == ids
    assert stage.counted('socket_events_total{outcome="accepted"}') == 20
    assert (stage.zoom.connections, stage.tokens.given, stage.zoom.refusals) == (1, ["secret-token-0"], [])
    assert named(logs) == ["event_socket.open"]


async def test_leaving(stage: Stage) -> None:
    """When the bridge stops, it closes the socket in good order."""
    left: list[int | None] = []

    async def zoom(socket: ServerConnection) -> None:
        await socket.send(BUILT)
        await socket.wait_closed()
        left.append(socket.close_code)

    async with stage.server(zoom) as url:
        async with stage.subscribed(url) as subscription:
            await until(lambda: not subscription.away)
        await until(lambda: left)
    assert left == [1000]


async def test_a_lost_socket(stage: Stage, logs: list[Any]) -> None:
    """It is dialled again at once; the log has one line when it is lost and one when it is back."""
    async with stage.zooms() as url, stage.subscribed(url) as subscription:
        for n in range(1, 4):
            await until(
                lambda n=n: stage.zoom.connections == n and stage.zoom.connected and not subscription.away
            )
            stage.zoom.drop()
        await until(lambda: stage.zoom.connections == 4 and not subscription.away)
        stream_id = await stage.start()
        await until(lambda: stage.sink.stream_ids == [stream_id])
        assert stage.counted("event_socket_open") == 1
    assert named(logs) == ["event_socket.open", *["event_socket.away", "event_socket.back"] * 3]
    assert stage.counted('links_lost_total{socket="events"}') == 3
    assert stage.tokens.given == ["secret-token-0"]


async def test_nobody_there(stage: Stage, logs: list[Any], unused_tcp_port: int) -> None:
    """An address where nobody listens is tried until somebody does; the log has one line for all of it."""
    url = f"ws://127.0.0.1:{unused_tcp_port}/ws?subscriptionId={stage.zoom.id}"
    tries: list[int] = []
    stage.tokens.token = _counting(stage.tokens.token, tries)  # type: ignore[method-assign]
    async with stage.subscribed(url) as subscription:
        await until(lambda: len(tries) > 5)
        assert "could not be opened" in subscription.away
        assert str(unused_tcp_port) not in subscription.away
        assert stage.counted("event_socket_open") == 0
        async with serve(
            stage.zoom.serve,
            "127.0.0.1",
            unused_tcp_port,
            process_request=stage.zoom.screen,
            close_timeout=0.5,
            logger=ZOOMS_LOG,
        ):
            await until(lambda: not subscription.away)
    assert named(logs)[:2] == ["event_socket.away", "event_socket.back"]
    assert stage.tokens.given == ["secret-token-0"]


def _counting(token: Callable[..., Awaitable[str]], tries: list[int]) -> Callable[..., Awaitable[str]]:
    async def counted(*, renew: bool = False) -> str:
        tries.append(1)
        return await token(renew=renew)

    return counted


async def test_a_token_that_is_good_no_longer(
    stage: Stage, logs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When Zoom says so on an open socket, the next one is opened with a new token."""
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0.02)
    async with stage.zooms() as url, stage.subscribed(url) as subscription:
        await until(lambda: stage.zoom.heartbeats)
        stage.tokens.good.clear()
        await until(lambda: stage.zoom.connections == 2 and not subscription.away)
    assert stage.tokens.given == ["secret-token-0", "secret-token-1"]
    assert stage.zoom.refusals == ["Invalid Token"]
    assert named(logs) == ["event_socket.open", "event_socket.away", "event_socket.back"]


async def refuse(socket: ServerConnection) -> None:
    """As Zoom was seen to say no: with a frame."""
    await socket.send(
        json.dumps({"module": "build_connection", "success": False, "content": "Invalid Token"})
    )
    await socket.close(1008)


async def hang_up(socket: ServerConnection) -> None:
    """As Zoom was seen to say no: without a word."""
    await socket.close(1008)


@pytest.mark.parametrize("say_no", [refuse, hang_up])
async def test_a_token_that_is_never_good(
    stage: Stage, logs: list[Any], say_no: Callable[[ServerConnection], Awaitable[None]]
) -> None:
    """After a new token was refused too, the log says once what to look at; the tries go on."""
    async with stage.server(say_no) as url, stage.subscribed(url) as subscription:
        await until(lambda: len(stage.tokens.given) > 4)
        assert "ZOOM_CLIENT_ID" in subscription.away
    assert named(logs) == ["event_socket.away", "event_socket.refused"]
    assert "ZOOM_CLIENT_SECRET" in logs[1]["reason"]


@pytest.mark.parametrize("status", [401, 403])
async def test_denied_before_the_upgrade(stage: Stage, logs: list[Any], status: int) -> None:
    """A token can be refused with an HTTP status too."""

    async def deny(socket: ServerConnection, request: Request) -> Response:
        return socket.respond(HTTPStatus(status), "")

    async with stage.server(hang_up, process_request=deny) as url, stage.subscribed(url) as subscription:
        await until(lambda: len(stage.tokens.given) > 3)
        assert "ZOOM_CLIENT_ID" in subscription.away
    assert named(logs) == ["event_socket.away", "event_socket.refused"]


@pytest.mark.parametrize("status", [301, 307, 404, 429, 503])
async def test_other_answers_than_an_upgrade(stage: Stage, status: int) -> None:
    """Redirects are not followed, and no other status says anything about the token."""
    visits: list[str] = []

    async def answer(socket: ServerConnection, request: Request) -> Response:
        visits.append(request.path)
        response = socket.respond(HTTPStatus(status), "")
        response.headers["location"] = request.path
        return response

    async with stage.server(hang_up, process_request=answer) as url, stage.subscribed(url) as subscription:
        await until(lambda: len(visits) > 3 and "InvalidStatus" in subscription.away)
    assert stage.tokens.given == ["secret-token-0"]


async def test_no_token_to_be_had(stage: Stage, logs: list[Any]) -> None:
    """What stands in the way of a token is what the subscription says, until there is one."""
    refusal = ZoomApiRefused("client id and secret are not a pair", status=400, code=0)
    stage.tokens.faults.extend([refusal] * 4)
    async with stage.zooms() as url, stage.subscribed(url) as subscription:
        await until(lambda: subscription.away == "client id and secret are not a pair")
        await until(lambda: not subscription.away)
    assert named(logs) == ["event_socket.away", "event_socket.back"]


async def test_no_first_frame(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket on which Zoom says nothing is given up and dialled again, with the same token."""
    monkeypatch.setattr(event_socket, "OPENING_SECONDS", 0.05)
    dialled: list[ServerConnection] = []

    async def mute(socket: ServerConnection) -> None:
        dialled.append(socket)
        await socket.wait_closed()

    async with stage.server(mute) as url, stage.subscribed(url) as subscription:
        await until(lambda: len(dialled) > 2 and "first frame" in subscription.away)
    assert stage.tokens.given == ["secret-token-0"]


async def test_silence(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket on which nothing comes, not even answers to heartbeats, is dead and dialled again."""
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0.02)
    monkeypatch.setattr(event_socket, "OPENING_SECONDS", 0.1)
    monkeypatch.setattr(event_socket, "SILENCE_SECONDS", 0.1)
    heard: list[list[str | bytes]] = []

    async def deaf(socket: ServerConnection) -> None:
        heard.append([])
        await socket.send(BUILT)
        async for frame in socket:
            heard[-1].append(frame)

    async with stage.server(deaf) as url, stage.subscribed(url):
        await until(lambda: len(heard) > 2)
    assert {frame for frames in heard for frame in frames} == {'{"module":"heartbeat"}'}
    assert stage.counted('links_lost_total{socket="events"}') >= 2


async def test_heartbeats_go_on_beside_a_slow_store(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the store is slow Zoom still hears from us, and nothing that came meanwhile is lost."""
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0.02)
    stage.sink.gate.clear()
    async with stage.zooms() as url, stage.subscribed(url) as subscription:
        await until(lambda: not subscription.away)
        ids = [await stage.start() for _ in range(5)]
        before = stage.zoom.heartbeats
        await until(lambda: stage.zoom.heartbeats > before + 5)
        await until(lambda: stage.counted('keep_alives_total{socket="events"}') > 5)
        assert stage.sink.stream_ids == []
        stage.sink.gate.set()
        await until(lambda: len(stage.sink.stream_ids) == 5)
    assert stage.sink.stream_ids == ids
    assert stage.zoom.connections == 1


async def test_a_store_that_is_away_for_long(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Meanwhile the socket is read, so that it lives, and one that is lost is dialled again: no event is missed."""
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0.02)
    monkeypatch.setattr(event_socket, "SILENCE_SECONDS", 0.3)
    stage.sink.gate.clear()
    heartbeats = 'keep_alives_total{socket="events"}'
    async with stage.zooms() as url, stage.subscribed(url) as subscription:
        await until(lambda: not subscription.away)
        ids = [await stage.start() for _ in range(3)]
        await until(lambda: stage.counted(heartbeats) > 30)
        assert (stage.zoom.connections, subscription.away) == (1, "")
        stage.zoom.drop()
        await until(lambda: stage.zoom.connections == 2 and stage.zoom.connected and not subscription.away)
        ids += [await stage.start() for _ in range(3)]
        before = stage.counted(heartbeats)
        await until(lambda: stage.counted(heartbeats) > before)
        assert stage.counted('socket_events_total{outcome="accepted"}') == 0
        stage.sink.gate.set()
        await until(lambda: stage.counted('socket_events_total{outcome="accepted"}') == 6)
    assert stage.sink.stream_ids == ids


async def test_an_event_that_the_store_refuses(stage: Stage, logs: list[Any]) -> None:
    """It is counted, and costs no socket."""
    keep = stage.sink.accept

    def refuse(event: StreamEvent) -> asyncio.Future[None]:
        stage.sink.accept = keep  # type: ignore[method-assign]
        refused: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        refused.set_exception(WriteRefused("It was put aside."))
        return refused

    stage.sink.accept = refuse  # type: ignore[method-assign]
    async with stage.zooms() as url, stage.subscribed(url) as subscription:
        await until(lambda: not subscription.away)
        await stage.start()
        stream_id = await stage.start()
        await until(lambda: stage.sink.stream_ids == [stream_id])
    assert stage.counted('socket_events_total{outcome="not_stored"}') == 1
    assert stage.zoom.connections == 1
    assert named(logs) == ["event_socket.open"]


async def test_a_bridge_that_others_may_take_for_dead(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The socket that stands is read on, and replaced when its token grows old."""
    monkeypatch.setattr(module, "RENEWAL_SECONDS", 0.05)
    async with stage.zooms() as url, stage.subscribed(url) as subscription:
        await until(lambda: not subscription.away)
        stage.may_dial.clear()
        before = stage.zoom.connections
        await until(lambda: stage.zoom.connections > before + 2)
        stream_id = await stage.start()
        await until(lambda: stage.sink.stream_ids == [stream_id])


async def test_a_bridge_that_begins_to_lead(stage: Stage) -> None:
    """While another has the socket open nothing is missed; from then on it is this one's, which says so until it is open."""
    stage.may_dial.clear()
    async with stage.zooms() as url:
        subscription = stage.subscription(url)
        subscription.stand_by()
        assert not subscription.away
        async with beside(subscription.run(), name="subscription"):
            await until(lambda: stage.asked)
            assert subscription.away
            stage.may_dial.set()
            await until(lambda: stage.zoom.connected and not subscription.away)


async def test_another_bridge_may_have_a_socket(stage: Stage) -> None:
    """Once the socket is lost, as where another bridge opened one, none is opened before that is known not to be so."""
    async with stage.zooms() as url, stage.subscribed(url) as subscription:
        await until(lambda: not subscription.away)
        stage.may_dial.clear()
        stage.zoom.drop()
        await until(lambda: stage.asked == 2)
        assert subscription.away
        assert (stage.zoom.connections, stage.counted("event_socket_open")) == (1, 0)
        stage.may_dial.set()
        await until(lambda: stage.zoom.connections == 2 and not subscription.away)


async def test_renewal(stage: Stage, logs: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a token expires the next socket stands beside the first: no event is lost, nothing is away."""
    monkeypatch.setattr(module, "RENEWAL_SECONDS", 0.05)
    async with stage.zooms() as url, stage.subscribed(url) as subscription:
        await until(lambda: not subscription.away)
        while stage.zoom.connections < 6:
            await stage.start()
            await asyncio.sleep(0)
        await until(lambda: len(set(stage.sink.stream_ids)) == stage.raised)
    assert all(event.delivered for event in stage.zoom.raised)
    assert len(stage.sink.stream_ids) == stage.raised > 20
    assert len(stage.tokens.given) >= 6
    assert stage.zoom.refusals == []
    assert named(logs) == ["event_socket.open"]
    assert stage.counted('links_lost_total{socket="events"}') == 0


async def test_the_old_socket_is_read_to_its_end(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Zoom still sends on a socket that another has replaced is taken, until Zoom closes it."""
    monkeypatch.setattr(module, "RENEWAL_SECONDS", 0.05)
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0.02)
    sockets: list[ServerConnection] = []
    late = {"event": "meeting.rtms_started", "event_ts": 1, "payload": {**STARTED, "rtms_stream_id": "late"}}

    async def zoom(socket: ServerConnection) -> None:
        sockets.append(socket)
        await socket.send(BUILT)
        await socket.recv()  # a heartbeat: by now the client knows that this socket stands
        if len(sockets) == 2:
            await sockets[0].send(json.dumps({"module": "message", "content": late}))
            await sockets[0].close()
        await socket.wait_closed()

    async with stage.server(zoom) as url, stage.subscribed(url) as subscription:
        await until(lambda: stage.sink.stream_ids)
        assert not subscription.away
    assert stage.sink.stream_ids == ["late"]


async def test_a_socket_that_zoom_forgets_to_close(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket that another has replaced is not kept for ever."""
    monkeypatch.setattr(module, "RENEWAL_SECONDS", 0.05)
    monkeypatch.setattr(module, "RETIRE_SECONDS", 0.1)
    standing: list[ServerConnection] = []
    most = 0

    async def forgetful(socket: ServerConnection) -> None:
        nonlocal most
        standing.append(socket)
        most = max(most, len(standing))
        await socket.send(BUILT)
        await socket.wait_closed()
        standing.remove(socket)

    async with stage.server(forgetful) as url, stage.subscribed(url) as subscription:
        await until(lambda: len(stage.tokens.given) > 6)
        assert not subscription.away
    assert 2 <= most <= 4


async def test_a_renewal_that_fails(stage: Stage, logs: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """While no new token is to be had, the socket that stands goes on serving."""
    monkeypatch.setattr(module, "RENEWAL_SECONDS", 0.05)
    async with stage.zooms() as url, stage.subscribed(url) as subscription:
        await until(lambda: not subscription.away)
        stage.tokens.faults.extend([ZoomApiRefused("not now", status=500, code=0)] * 3)
        await until(lambda: not stage.tokens.faults)
        assert not subscription.away
        stream_id = await stage.start()
        await until(lambda: stream_id in stage.sink.stream_ids)
        before = stage.zoom.connections
        await until(lambda: stage.zoom.connections > before)
    assert named(logs) == ["event_socket.open"]


async def test_a_socket_lost_in_mid_renewal(
    stage: Stage, logs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the old socket goes and no new one comes, that is told, and over as soon as one stands."""
    monkeypatch.setattr(module, "RENEWAL_SECONDS", 0.1)
    async with stage.zooms() as url, stage.subscribed(url) as subscription:
        await until(lambda: not subscription.away)
        stage.tokens.faults.extend([ZoomApiRefused("not now", status=500, code=0)] * 50)
        await until(lambda: len(stage.tokens.faults) < 50)
        assert not subscription.away
        stage.zoom.drop()
        await until(lambda: subscription.away == "not now")
        stage.tokens.faults.clear()
        await until(lambda: not subscription.away)
    assert named(logs) == ["event_socket.open", "event_socket.away", "event_socket.back"]


@pytest.mark.parametrize(
    ("steady_seconds", "expected"), [(60.0, [0, 1, 2, 3, 4, 5]), (0.0, [0, 1, 1, 1, 1, 1])]
)
async def test_sockets_that_do_not_last(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, steady_seconds: float, expected: list[int]
) -> None:
    """A socket that is lost soon after it stood makes the waits grow; one that lasted begins them anew."""
    failures: list[int] = []

    def wait_seconds(count: int, chance: float) -> float:
        failures.append(count)
        return 0.0

    monkeypatch.setattr(module, "wait_seconds", wait_seconds)
    monkeypatch.setattr(module, "STEADY_SECONDS", steady_seconds)

    async def take_over(socket: ServerConnection) -> None:
        await socket.send(BUILT)
        await socket.close()

    async with stage.server(take_over) as url, stage.subscribed(url):
        await until(lambda: len(failures) > 6)
    assert failures[:6] == expected


async def test_what_is_passed_over(stage: Stage, logs: list[Any]) -> None:
    """Frames of unknown modules, events of other kinds and events that cannot be read change nothing."""
    async with stage.zooms() as url, stage.subscribed(url) as subscription:
        await until(lambda: not subscription.away)
        await stage.zoom.send({"module": "weather"})
        await stage.zoom.send({"module": "message", "content": "no JSON"})
        await stage.zoom.deliver("user.created", {"object": {"id": "1"}})
        await stage.zoom.deliver("meeting.rtms_started", {"rtms_stream_id": "s", "meeting_uuid": "Q3 plans"})
        stream_id = await stage.start()
        await until(lambda: stage.sink.stream_ids)
    assert stage.sink.stream_ids == [stream_id]
    assert stage.counted('frames_ignored_total{socket="events",why="unknown"}') == 1
    assert stage.counted('frames_ignored_total{socket="events",why="undecodable"}') == 1
    assert stage.counted('socket_events_total{outcome="passed_over"}') == 1
    assert stage.counted('socket_events_total{outcome="unreadable"}') == 1
    assert [line["fields"] for line in logs if line["event"] == "event_socket.unreadable"] == ["server_urls"]
    assert "Q3 plans" not in str(logs)


async def test_a_fault_of_our_own(stage: Stage, logs: list[Any]) -> None:
    """An error that nobody foresaw costs a socket, not the bridge; the log says where, not what."""

    def broken(event: StreamEvent) -> asyncio.Future[None]:
        stage.sink.accept = Sink.accept.__get__(stage.sink)  # type: ignore[method-assign]
        raise RuntimeError(f"about {event.meeting_uuid}")

    stage.sink.accept = broken  # type: ignore[method-assign]
    async with stage.zooms() as url, stage.subscribed(url) as subscription:
        await until(lambda: not subscription.away)
        await stage.start()
        await until(lambda: stage.zoom.connections == 2 and not subscription.away)
        stream_id = await stage.start()
        await until(lambda: stage.sink.stream_ids == [stream_id])
    (broke,) = [line for line in logs if line["event"] == "event_socket.broke"]
    assert "RuntimeError in" in str(broke["where"])
    assert STARTED["meeting_uuid"] not in str(logs)


@settings(max_examples=40, deadline=None)
@given(event=st.sampled_from(sorted(STREAM_EVENTS)), payload=_JSON, event_ts=_JSON)
@example(event="meeting.rtms_started", payload={**STARTED, "rtms_stream_id": "\ud800"}, event_ts=1)
@example(
    event="meeting.rtms_stopped",
    payload={**STARTED, "rtms_stream_id": "s", "stop_reason": 10**400},
    event_ts=1,
)
async def test_events_of_any_shape(event: str, payload: Any, event_ts: Any) -> None:
    """Whatever an event holds, it is stored, or counted as one that cannot be read."""
    sent, stored = asyncio.Event(), []

    class Serializing:
        def accept(self, event: StreamEvent) -> asyncio.Future[None]:
            stored.append(event.model_dump_json())
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            done.set_result(None)
            return done

    async def zoom(socket: ServerConnection) -> None:
        body = {"event": event, "event_ts": event_ts, "payload": payload}
        await socket.send(BUILT)
        await socket.send(json.dumps({"module": "message", "content": json.dumps(body)}))
        sent.set()
        await socket.wait_closed()

    stage = Stage()
    stage.sink = Serializing()  # type: ignore[assignment]

    def counted(outcome: str) -> float:
        return stage.counted(f'socket_events_total{{outcome="{outcome}"}}')

    with capture_logs() as logs:
        async with stage.server(zoom) as url, stage.subscribed(url):
            await until(lambda: counted("accepted") + counted("unreadable") == 1)
    assert len(stored) == counted("accepted")
    assert "event_socket.broke" not in named(logs)


async def test_a_frame_too_large(stage: Stage) -> None:
    """A frame that no event can need ends the socket, and with it nothing else."""
    async with stage.zooms() as url, stage.subscribed(url) as subscription:
        await until(lambda: not subscription.away)
        await stage.zoom.send({"module": "x" * MAX_FRAME_BYTES})
        await until(lambda: stage.zoom.connections == 2 and not subscription.away)


async def test_tls(stage: Stage, tmp_path: Path) -> None:
    """Zoom's certificate is verified, with the operator's authorities where there are any."""
    certificate = Certificate(tmp_path)
    async with stage.zooms(tls=certificate.server_context) as url:
        async with stage.subscribed(url) as stranger:
            await until(lambda: "SSLCertVerificationError" in stranger.away)
        async with stage.subscribed(url, tls=tls_context(certificate.path)) as subscription:
            await until(lambda: not subscription.away)
    assert stage.zoom.connections == 1


# The setting


def _read(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    for name in ("ZOOM_SECRET_TOKEN", "ZOOM_CLIENT_ID", "ZOOM_CLIENT_SECRET"):
        monkeypatch.setenv(name, "x")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return read_settings(Settings)


def test_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address is taken as Zoom shows it, and treated as a secret."""
    url = "wss://ws.zoom.us/ws?subscriptionId=abc123"
    settings = _read(monkeypatch, ZOOM_EVENT_SOCKET_URL=url)
    assert settings.zoom_event_socket_url is not None
    assert settings.zoom_event_socket_url.get_secret_value() == url
    assert "abc123" not in repr(settings)


@pytest.mark.parametrize(
    "url",
    [
        "ws://ws.zoom.us/ws?subscriptionId=abc123",
        "https://ws.zoom.us/ws?subscriptionId=abc123",
        "wss://ws.zoom.us.example.com/ws?subscriptionId=abc123",
        "wss://user:pass@ws.zoom.us/ws?subscriptionId=abc123",
        "wss://127.0.0.1/ws?subscriptionId=abc123",
        "ws://127.0.0.1/ws?subscriptionId=abc123",
        "wss://ws.zoom.us/ws",
        "wss://ws.zoom.us/ws?subscriptionId=",
        "wss://ws.zoom.us/ws?subscriptionId=abc123&access_token=t0ken",
        "wss://ws.zoom.us/ws?subscriptionId=abc123#here",
    ],
)
def test_a_setting_that_cannot_be(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Any other address stops the start with a sentence that names the setting, not its value."""
    with pytest.raises(ConfigurationError, match="ZOOM_EVENT_SOCKET_URL") as refused:
        _read(monkeypatch, ZOOM_EVENT_SOCKET_URL=url)
    assert "abc123" not in str(refused.value)
    assert "t0ken" not in str(refused.value)


# The whole way


@asynccontextmanager
async def journey(tmp_path: Path) -> AsyncIterator[Journey]:
    """Zoom, Langflow and a bridge that has no public address."""
    async with simulator() as zoom, RunApi().listening() as api:
        travellers = Journey(zoom, api, tmp_path / "bridge.db")
        travellers.settings_changes |= {
            "zoom_event_socket_url": zoom.event_socket_url,
            "zoom_oauth_url": zoom.oauth_url,
        }
        yield travellers


async def play(way: Journey) -> Outcome:
    """A whole meeting, of which only the subscription tells."""
    return await way.zoom.play(meeting(), webhook_url=None, progress=way.progress.append)


async def test_a_meeting_without_a_public_address(tmp_path: Path) -> None:
    """A meeting starts and ends through the subscription, and all of it is in Langflow's hands."""
    async with journey(tmp_path) as way, way.bridge() as bridge:
        await until(lambda: way.zoom.subscription.connected)
        outcome = await play(way)
        await way.settled(bridge.store)
        ready = await admin_json(bridge, "/readyz")
        stream = await way.stream(bridge.store, outcome)
    way.check(outcome)
    assert outcome.complete
    assert [(event.event, event.delivered) for event in way.zoom.subscription.raised] == [
        ("meeting.rtms_started", True),
        ("meeting.rtms_stopped", True),
    ]
    assert stream.end_reason == "the meeting ended"
    assert ready["status"] == "ok"
    assert ready["checks"] == {"store": "ok", "langflow": "ok", "event_socket": "ok"}
    assert way.zoom.rest.tokens_given == 1
    assert way.zoom.subscription.refusals == []


async def test_the_subscription_is_lost_in_mid_meeting(tmp_path: Path) -> None:
    """The meeting goes on, and its end is heard on the next socket."""
    async with journey(tmp_path) as way, way.bridge() as bridge:
        await until(lambda: way.zoom.subscription.connected)
        async with asyncio.TaskGroup() as tasks:
            playing = tasks.create_task(play(way))
            await way.said(10)
            way.zoom.subscription.drop()
        outcome = playing.result()
        await way.settled(bridge.store)
    way.check(outcome)
    assert outcome.complete
    assert way.zoom.subscription.connections == 2


async def test_the_subscription_cannot_be_reached(tmp_path: Path) -> None:
    """The bridge runs on, says why in /readyz, and hears the meetings that begin once it can be."""
    async with journey(tmp_path) as way:
        refusal = rest.answer(
            400, {"reason": "Invalid client_id or client_secret", "error": "invalid_client"}
        )
        way.zoom.rest.token_script.extend([refusal] * 1000)
        async with way.bridge() as bridge:

            async def degraded() -> Any:
                ready = await admin_json(bridge, "/readyz")
                return ready if "gave no token" in ready["checks"]["event_socket"] else None

            ready = await until(degraded)
            way.zoom.rest.token_script.clear()
            await until(lambda: way.zoom.subscription.connected)
            outcome = await play(way)
            await way.settled(bridge.store)
    way.check(outcome)
    assert ready["status"] == "degraded"
    assert outcome.complete
