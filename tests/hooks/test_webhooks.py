"""The whole way: a meeting of the stand-in for Zoom, through the bridge and a flow, to a receiver as strict as the standard."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import structlog

from bridge.domain import DeliveryStatus, EndpointEvent
from bridge.errors import ConfigurationError
from bridge.flow.routes import Match, Route, Webhook
from bridge.rtms.messages import StopReason
from tests.fakes.hook_receiver import OTHER_SECRET, SECRET, HookReceiver, Reply
from tests.fakes.journey import QUICK, meeting
from tests.fakes.run_api import FLOW, Answer, Run, run_answer
from tests.fakes.waiting import until
from tests.hooks.values import HOSTILE, insight, news

if TYPE_CHECKING:
    from bridge.app import Bridge
    from bridge.store.store import Store
    from tests.fakes.journey import Journey

WORDS = HOSTILE.replace("\ud83d", "")


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the operator has in the environment."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    monkeypatch.setenv("NEXT_SECRET", OTHER_SECRET)


def route(*receivers: HookReceiver, **changes: Any) -> Route:
    """A route whose endpoints are these, by the names ``a``, ``b`` and so on."""
    fields: dict[str, Any] = {"secret_env": ("HOOK_SECRET",)} | changes
    hooks = [
        Webhook(name=name, url=receiver.url, **fields)
        for name, receiver in zip("abc", receivers, strict=False)
    ]
    return Route(name="notes", flow=FLOW, window=QUICK, webhook=tuple(hooks))


def finding(run: Run) -> Answer:
    """One finding, which the final window words anew, and minutes in the end."""
    final = run.window["kind"] == "final"
    told = news(
        insight(1, f"{WORDS} again" if final else WORDS, owner=WORDS),
        **({"summary": {"text": "**Minutes**\nWe met.", "attendees": ["Dana"]}} if final else {}),
    )
    answer = run_answer("One action item.")
    metadata = {"news": json.loads(told)}
    answer["outputs"][0]["outputs"][0]["results"]["message"]["session_metadata"] = metadata
    return Answer(body=json.dumps(answer).encode())


async def delivered(store: Store, count: int) -> list[str]:
    """Wait until so many deliveries of the only meeting are settled; gives their types, in order."""
    (summary,) = await store.stream_summaries(limit=2)

    async def done() -> bool:
        found = await store.deliveries(summary.stream.stream_id)
        return sum(each.status is not DeliveryStatus.WAITING for each in found) >= count

    await until(done)
    return [each.event.value for each in reversed(await store.deliveries(summary.stream.stream_id))]


WHOLE = ["meeting.started", "finding.created", "finding.updated", "summary.created", "meeting.ended"]


async def test_a_meeting(journey: Journey, receiver: HookReceiver) -> None:
    """A receiver is told of a meeting's beginning and end, each finding and the summary, as text, although it fails at first."""
    journey.api.otherwise = finding
    journey.settings_changes["bridge_pages_url"] = "https://pages.example/bridge/"
    receiver.replies += [Reply(status=500), Reply(drop=True), Reply(status=307, headers={"location": "/x"})]
    with structlog.testing.capture_logs() as logs:
        async with journey.bridge(route(receiver)) as bridge:
            outcome = await journey.play(bridge, topic="Weekly")
            await journey.settled(bridge.store)
            assert sorted(await delivered(bridge.store, 5)) == sorted(WHOLE)
            shown = await looked_at(bridge, outcome.stream_id)
    assert receiver.types()[0] == "meeting.started"
    assert sorted(receiver.types()) == sorted(WHOLE)
    assert [each.delivery_id for each in receiver.tried[:4]] == [receiver.taken[0].delivery_id] * 4
    first, last = (each.said["data"]["finding"] for each in receiver.taken if "finding" in each.type)
    assert first["id"] == last["id"] == "i-1"
    assert last["text"] == f"{first['text']} again"
    assert "<script>alert(1)</script>" in first["text"]
    data = receiver.taken[-1].said["data"]
    assert data["link"] == f"https://pages.example/bridge/meetings/{outcome.stream_id}"

    listed, page, metrics = shown
    assert {each["status"] for each in listed} == {"delivered"}
    assert max(each["attempts"] for each in listed) == 4
    assert page.count("delivered</span>") == 5
    assert 'bridge_deliveries_total{endpoint="a",outcome="delivered"} 5.0' in metrics
    assert 'bridge_deliveries_total{endpoint="a",outcome="retried"} 3.0' in metrics
    told = str([each for each in logs if each["event"].startswith("webhook.")])
    assert "webhook.away" in told
    assert not any(secret in told for secret in ("script", "k-9", "whsec", "Weekly"))


async def looked_at(bridge: Bridge, stream_id: str) -> tuple[Any, str, str]:
    """The deliveries as the API, the page and the metrics tell them; the meeting's own page leads there."""
    async with httpx.AsyncClient(base_url=bridge.admin_url, trust_env=False) as http:
        assert f"/meetings/{stream_id}/webhooks" in (await http.get(f"/meetings/{stream_id}")).text
        listed = (await http.get(f"/api/streams/{stream_id}/deliveries")).json()
        page = (await http.get(f"/meetings/{stream_id}/webhooks")).text
        assert (await http.get("/api/streams/nobody/deliveries")).status_code == 404
        assert (await http.get("/meetings/nobody/webhooks")).status_code == 404
        return listed, page, (await http.get("/metrics")).text


async def test_nobody_waits_for_an_endpoint(journey: Journey, receiver: HookReceiver) -> None:
    """One endpoint never answers and one says 410: the meeting goes its way, and a third is told everything meanwhile."""
    journey.api.otherwise = finding
    async with HookReceiver().listening() as silent, HookReceiver().listening() as gone:
        silent.otherwise = Reply(after=asyncio.Event())
        gone.otherwise = Reply(status=410)
        async with journey.bridge(route(receiver, silent, gone)) as bridge:
            await journey.play(bridge)
            await journey.settled(bridge.store)
            await until(lambda: len(receiver.taken) == 5)
            ready = await readiness(bridge)
        assert len(silent.tried) == 1
        assert [each.type for each in gone.tried] == ["meeting.started"]
    assert ready["status"] == "degraded"
    assert ready["failing_webhooks"] == {"c": "it answered 410 Gone"}


async def readiness(bridge: Bridge) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=bridge.admin_url, trust_env=False) as http:
        told: dict[str, Any] = (await http.get("/readyz")).json()
        return told


async def test_over_restarts(journey: Journey, receiver: HookReceiver) -> None:
    """What a bridge left waiting or under way the next one delivers: the same bodies under the same ids, signed by both secrets."""
    journey.api.otherwise = finding
    receiver.otherwise = Reply(after=asyncio.Event())
    async with journey.bridge(route(receiver)) as bridge:
        await journey.play(bridge)
        await journey.settled(bridge.store)
        await until(lambda: len(receiver.tried) == 1)
    receiver.otherwise = Reply()
    async with journey.bridge(route(receiver, secret_env=("NEXT_SECRET", "HOOK_SECRET"))) as bridge:
        assert sorted(await delivered(bridge.store, 5)) == sorted(WHOLE)
    assert sorted(receiver.types()) == sorted(WHOLE)
    again = [each for each in receiver.tried if each.type == "meeting.started"]
    assert len(again) == 2
    assert {(each.delivery_id, each.body) for each in again} == {(again[0].delivery_id, again[0].body)}
    assert [len(each.signatures.split()) for each in again] == [1, 2]
    async with journey.bridge(route(receiver)) as bridge:
        await journey.settled(bridge.store)
    assert len(receiver.taken) == 5


async def test_a_deleted_meeting(journey: Journey) -> None:
    """With a meeting goes what endpoints were told of it and what waited for them, and none is told anything more."""
    journey.api.otherwise = finding
    receiver = HookReceiver()
    async with receiver.listening():
        pass  # a port where nobody listens now
    async with journey.bridge(route(receiver)) as bridge:
        outcome = await journey.play(bridge)
        await journey.settled(bridge.store)
        assert len(await bridge.store.deliveries(outcome.stream_id)) == 5
        stream = await journey.stream(bridge.store, outcome)
        await bridge.deletions.forget(stream.meeting_uuid, "somebody asked for it")
        await until(lambda: gone(bridge, outcome.stream_id))
        async with receiver.listening():
            again = await journey.play(bridge)
            await until(lambda: len(receiver.taken) >= 5)
    assert {each.said["data"]["stream_id"] for each in receiver.taken} == {again.stream_id}


async def gone(bridge: Bridge, stream_id: str) -> bool:
    return not await bridge.store.deliveries(stream_id)


async def test_who_is_not_meant(journey: Journey, receiver: HookReceiver) -> None:
    """A meeting that a route is not for is told to none of its endpoints; nor is the end of one whose consent was revoked."""
    meant = route(receiver, events=(EndpointEvent.MEETING_STARTED, EndpointEvent.MEETING_ENDED))
    meant = meant.model_copy(update={"match": Match(topic="*planning*")})
    async with journey.bridge(meant) as bridge:
        await journey.play(bridge, topic="Weekly")
        playing = asyncio.create_task(journey.play(bridge, meeting(100), topic="Planning"))
        await until(lambda: len(journey.zoom.playbacks) == 2 and len(receiver.taken) == 1)
        playback = [*journey.zoom.playbacks.values()][-1]
        await playback.end(StopReason.STREAM_REVOKED)
        outcome = await playing
        await journey.settled(bridge.store)
        await until(lambda: gone(bridge, outcome.stream_id))
    assert receiver.types() == ["meeting.started"]
    assert receiver.taken[0].said["data"]["meeting"]["topic"] == "Planning"


async def test_a_secret_that_is_missing(journey: Journey, receiver: HookReceiver) -> None:
    """A bridge whose endpoint has no secret says so and does not start."""
    with pytest.raises(ConfigurationError, match="webhook a: NOWHERE is not set"):
        async with journey.bridge(route(receiver, secret_env=("NOWHERE",))):
            raise AssertionError("started")
