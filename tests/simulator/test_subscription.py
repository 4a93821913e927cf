from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from tests.simulator.client import CLIENT_ID, CLIENT_SECRET, WAIT_SECONDS, simulator, until
from tests.simulator.test_zoom import ENDLESS, finished, meeting, playing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.simulator.zoom import Simulator

HEARTBEAT = json.dumps({"module": "heartbeat"})
BUILT = {"module": "build_connection", "success": True}


async def token_of(zoom: Simulator) -> str:
    """An access token of the app, fetched as apps do."""
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(
            zoom.oauth_url, data={"grant_type": "client_credentials"}, auth=(CLIENT_ID, CLIENT_SECRET)
        )
    token: str = answer.raise_for_status().json()["access_token"]
    return token


@asynccontextmanager
async def subscriber(zoom: Simulator, *, url: str = "", token: str = "") -> AsyncIterator[ClientConnection]:
    """A socket at the subscription's address."""
    token = token or await token_of(zoom)
    async with connect(f"{url or zoom.event_socket_url}&access_token={token}", proxy=None) as socket:
        yield socket


async def received(socket: ClientConnection) -> Any:
    async with asyncio.timeout(WAIT_SECONDS):
        return json.loads(await socket.recv())


async def closed(socket: ClientConnection) -> int | None:
    """Wait until the server has closed the socket; its close code."""
    async with asyncio.timeout(WAIT_SECONDS):
        await socket.wait_closed()
    return socket.close_code


async def test_a_meeting_is_told_to_the_subscriber(zoom: Simulator) -> None:
    """Start and stop come as text inside a frame, as their webhooks' bodies would."""
    async with subscriber(zoom) as socket:
        assert await received(socket) == BUILT
        async with playing(zoom, meeting(lines=1)) as task:
            frame = await received(socket)
            (playback,) = zoom.playbacks.values()
            assert not playback.stream.ended
            task.cancel()
    assert (frame["module"], frame["header"]) == ("message", {})
    started = json.loads(frame["content"])
    assert started["event"] == "meeting.rtms_started"
    assert started["payload"]["server_urls"] == zoom.signaling_url
    assert started["event_ts"] == zoom.subscription.raised[0].event_ts
    assert zoom.subscription.raised[0].delivered
    assert zoom.subscription.refusals == []


async def test_what_nobody_heard_is_never_told(zoom: Simulator) -> None:
    """An event raised while nobody is connected is gone, and Zoom does not mind."""
    async with playing(zoom, ENDLESS):
        await until(lambda: bool(zoom.subscription.raised))
        async with subscriber(zoom) as socket:
            assert await received(socket) == BUILT
            await socket.send(HEARTBEAT)
            assert (await received(socket))["module"] == "heartbeat"
    assert [(event.event, event.delivered) for event in zoom.subscription.raised] == [
        ("meeting.rtms_started", False)
    ]


async def test_a_new_socket_closes_the_old(zoom: Simulator) -> None:
    """One socket per subscription: events go to the newest."""
    async with subscriber(zoom) as first:
        assert await received(first) == BUILT
        async with subscriber(zoom) as second:
            assert await received(second) == BUILT
            assert await closed(first) == 1000
            await zoom.subscription.deliver("user.created", {})
            assert (await received(second))["module"] == "message"
    assert zoom.subscription.connections == 2
    await until(lambda: not zoom.subscription.connected)


@pytest.mark.parametrize("token", ["made-up", ""])
async def test_a_token_that_was_not_given(zoom: Simulator, token: str) -> None:
    """It is refused with a frame and a close code; the refusal does not repeat it."""
    async with connect(f"{zoom.event_socket_url}&access_token={token}", proxy=None) as socket:
        told = await received(socket)
        assert await closed(socket) == 1008
    assert told == {"module": "build_connection", "success": False, "content": "Invalid Token"}
    assert zoom.subscription.refusals == ["Invalid Token"]
    assert zoom.subscription.connections == 0


async def test_an_unknown_subscription(zoom: Simulator) -> None:
    """A good token opens no subscription but the app's own."""
    url = zoom.event_socket_url.replace(zoom.subscription.id, "another")
    async with subscriber(zoom, url=url) as socket:
        assert (await received(socket))["success"] is False
        assert await closed(socket) == 1008


async def test_another_path(zoom: Simulator) -> None:
    """Nothing else is served there."""
    url = zoom.event_socket_url.replace("/ws?", "/other?")
    with pytest.raises(InvalidStatus) as answered:
        async with subscriber(zoom, url=url):
            raise AssertionError("a socket opened")
    assert answered.value.response.status_code == 404


async def test_a_token_that_expires(zoom: Simulator) -> None:
    """The next heartbeat is told so, and the socket is closed."""
    async with subscriber(zoom) as socket:
        assert await received(socket) == BUILT
        zoom.rest.expire_tokens()
        await socket.send(HEARTBEAT)
        assert await received(socket) == {"module": "heartbeat", "success": False, "content": "Invalid Token"}
        assert await closed(socket) == 1008
    await until(lambda: not zoom.subscription.connected)


@pytest.mark.parametrize("noise", ["", '{"module": "message"}', "no JSON"])
async def test_a_client_without_heartbeats_is_cut_off(noise: str) -> None:
    """Only heartbeats are signs of life; whatever else is sent is held against the client."""
    async with simulator(heartbeat_seconds=0.3) as zoom, subscriber(zoom) as socket:
        assert await received(socket) == BUILT
        if noise:
            await socket.send(noise)
        assert await closed(socket) == 1008
        assert zoom.subscription.refusals == ["a frame that is no heartbeat"] * bool(noise) + ["no heartbeat"]


async def test_a_client_with_heartbeats_stays(zoom: Simulator) -> None:
    """Each heartbeat is answered."""
    async with subscriber(zoom) as socket:
        assert await received(socket) == BUILT
        for _ in range(3):
            await socket.send(HEARTBEAT.encode())
            assert await received(socket) == {"module": "heartbeat", "success": True}
        assert zoom.subscription.connected
    assert zoom.subscription.heartbeats == 3


async def test_a_dropped_socket(zoom: Simulator) -> None:
    """It can be cut without a word, and the client may come again."""
    async with subscriber(zoom) as socket:
        assert await received(socket) == BUILT
        zoom.subscription.drop()
        assert await closed(socket) == 1006
    await until(lambda: not zoom.subscription.connected)
    async with subscriber(zoom) as socket:
        assert await received(socket) == BUILT


async def test_a_meeting_with_a_webhook_is_not_told_twice(zoom: Simulator) -> None:
    """Where a meeting is played to a webhook, the subscriber hears nothing of it."""
    async with subscriber(zoom) as socket:
        assert await received(socket) == BUILT
        async with playing(
            zoom, meeting(lines=1), webhook_url="http://127.0.0.1:9/", webhook_retry_seconds=()
        ) as task:
            await finished(task)
    assert zoom.subscription.raised == []
