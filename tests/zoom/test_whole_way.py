"""Zoom's REST beside the journey: topics choose routes, commands start streams, lost streams are started again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from bridge.domain import WindowKind
from bridge.flow.routes import Match, Route
from bridge.rtms.messages import StopReason
from bridge.simulator.chat import SERVER_ERROR
from bridge.simulator.rest import RestMeeting, RtmsWish
from bridge.simulator.webhooks import WebhookSender
from tests.fakes.journey import FLOW, QUICK, ROUTE, SECRET_TOKEN, Journey, kinds, meeting, simulator
from tests.fakes.run_api import RunApi
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bridge.app import Bridge

PLANNING = Route(name="planning", flow=FLOW, window=QUICK, match=Match(topic="*planning*"))
SALES = Route(name="sales", flow=FLOW, window=QUICK, match=Match(topic="sales*"))


@pytest.fixture
async def journey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Journey]:
    """A simulated Zoom with REST, a stand-in for Langflow, and settings for both."""
    monkeypatch.setattr("bridge.session.restart.WAITS", (0.01, 0.02, 0.03))
    async with RunApi().listening() as api, simulator() as zoom:
        journey = Journey(zoom, api, tmp_path / "bridge.db")
        journey.settings_changes = {
            "zoom_account_id": zoom.rest.account_id,
            "zoom_api_url": zoom.api_url,
            "zoom_oauth_url": zoom.oauth_url,
        }
        yield journey
    assert not api.faults


async def command(bridge: Bridge, listed: RestMeeting, **wish: Any) -> httpx.Response:
    """What the private API answers to a wish about a meeting, which is named by its UUID."""
    async with httpx.AsyncClient(base_url=bridge.admin_url, trust_env=False) as http:
        return await http.post(httpx.URL(f"/api/meetings/{listed.uuid.replace('/', '%2F')}/rtms"), json=wish)


async def test_the_topic_chooses_routes(journey: Journey) -> None:
    """Routes for other meetings hear nothing; the others hear everything, and the topic."""
    async with journey.bridge(ROUTE, PLANNING, SALES) as bridge:
        outcome = await journey.play(bridge, meeting(title="Weekly Planning"))
        await journey.settled(bridge.store)
    for route in (ROUTE.name, PLANNING.name):
        told = journey.check(outcome, route=route)[0]["meeting"]
        assert told["topic"] == "Weekly Planning"
        assert told["id"] == journey.zoom.rest.find(outcome.meeting_uuid).number
    assert journey.api.windows(route=SALES.name) == []


async def test_the_start_window_knows_the_topic(journey: Journey) -> None:
    """It is the first that a flow hears of a meeting."""
    route = Route(name="start", flow=FLOW, on=(WindowKind.START,))
    async with journey.bridge(route) as bridge:
        await journey.play(bridge, meeting(title="Weekly"))
        await journey.settled(bridge.store)
    assert [window["meeting"]["topic"] for window in journey.api.windows()] == ["Weekly"]


async def test_nobody_waits_for_the_topic(journey: Journey) -> None:
    """While Zoom does not answer, every word is taken; the windows follow, and none is lost or doubled."""
    journey.zoom.rest.script.extend([SERVER_ERROR] * 2)
    async with journey.bridge(PLANNING, SALES) as bridge, asyncio.TaskGroup() as tasks:
        playing = tasks.create_task(journey.play(bridge, meeting(title="planning")), name="play")

        async def heard() -> bool:
            streams = await bridge.store.stream_summaries(limit=1)
            return bool(streams) and streams[0].utterances > 5

        await until(heard)
        assert journey.api.runs == []
        outcome = await playing
        await journey.settled(bridge.store)
    journey.check(outcome, route=PLANNING.name)
    assert journey.api.windows(route=SALES.name) == []


async def test_a_topic_that_cannot_be_learned(journey: Journey) -> None:
    """Routes that do not ask for it go on; those that do are not meant."""
    journey.zoom.rest.scopes.clear()
    async with journey.bridge(ROUTE, PLANNING) as bridge:
        outcome = await journey.play(bridge, meeting(title="planning"))
        await journey.settled(bridge.store)
    assert journey.check(outcome)[0]["meeting"]["topic"] == ""
    assert journey.api.windows(route=PLANNING.name) == []


async def test_a_restarted_bridge_keeps_the_topic(journey: Journey) -> None:
    """It is stored, and not asked for again."""
    async with asyncio.TaskGroup() as tasks:
        async with journey.bridge(PLANNING) as bridge:
            playing = tasks.create_task(journey.play(bridge, meeting(120, title="planning")), name="play")
            await journey.live_windows(1)
            port = int(bridge.webhook_url.rsplit(":", 1)[1].removesuffix("/webhook"))
        journey.zoom.rest.scopes.clear()
        journey.zoom.rest.expire_tokens()
        journey.settings_changes["bridge_port"] = port
        async with journey.bridge(PLANNING) as bridge:
            outcome = await playing
            await journey.settled(bridge.store)
    windows = journey.check(outcome, route=PLANNING.name, in_flight=2)
    assert {window["meeting"]["topic"] for window in windows} == {"planning"}


async def test_start_by_command(journey: Journey) -> None:
    """A meeting that nobody streams yet is started through the private API, and heard to its end."""
    rest = journey.zoom.rest
    listed = rest.add(RestMeeting(uuid="/aB3//xY+z9Q==", number="81234567890", topic="planning"))
    wishes: asyncio.Queue[RtmsWish] = asyncio.Queue()
    rest.on_rtms = wishes.put_nowait
    async with journey.bridge(ROUTE) as bridge:
        answer = await command(bridge, listed, action="start")
        assert (answer.status_code, answer.json()) == (202, {"accepted": True, "action": "start"})
        wish = wishes.get_nowait()
        outcome = await journey.play(bridge, meeting_uuid=wish.meeting_uuid)
        await journey.settled(bridge.store)
    assert kinds(journey.check(outcome))[-1] == "final"


async def test_a_lost_stream_is_started_again(journey: Journey) -> None:
    """Zoom is asked for a new one, and what is said in it is the same meeting's."""
    rest = journey.zoom.rest
    listed = rest.add(RestMeeting(uuid="aB3/xY+z9Q==", number="81234567890"))
    journey.settings_changes["bridge_restart"] = True
    wishes: asyncio.Queue[RtmsWish] = asyncio.Queue()
    rest.on_rtms = wishes.put_nowait
    payload = {
        "meeting_uuid": listed.uuid,
        "rtms_stream_id": "lost",
        "stop_reason": int(StopReason.DATA_CONNECTION_INTERRUPTED),
    }
    async with journey.bridge(ROUTE) as bridge, httpx.AsyncClient(trust_env=False) as http:
        await WebhookSender(http, secret_token=SECRET_TOKEN).deliver(
            bridge.webhook_url, "meeting.rtms_stopped", payload
        )
        async with asyncio.timeout(30):
            wish = await wishes.get()
        assert wish == RtmsWish(action="start", meeting_uuid=listed.uuid, user_id=listed.host_id)
        outcome = await journey.play(bridge, meeting_uuid=wish.meeting_uuid)
        await journey.settled(bridge.store)
    assert outcome.stream_id != "lost"
    journey.check(outcome)


async def test_a_meeting_that_ended_is_left_alone(journey: Journey) -> None:
    """Only what nobody wanted is started again."""
    journey.settings_changes["bridge_restart"] = True
    async with journey.bridge(ROUTE) as bridge:
        await journey.play(bridge)
        await journey.settled(bridge.store)
    assert journey.zoom.rest.wishes == []


async def test_without_rest(journey: Journey) -> None:
    """Nothing is asked of Zoom, and a command says which setting it needs."""
    journey.settings_changes = {}
    async with journey.bridge(ROUTE) as bridge:
        outcome = await journey.play(bridge)
        await journey.settled(bridge.store)
        answer = await command(bridge, RestMeeting(uuid="u==", number="1"), action="start")
    journey.check(outcome)
    assert journey.zoom.rest.replies == []
    assert answer.status_code == 501
    assert "ZOOM_ACCOUNT_ID" in answer.json()["detail"]
