"""Approval on a whole bridge: from the run that finds something to the window that takes it out."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from bridge.approval.approvals import Approvals
from bridge.approval.count import WaitingCount
from bridge.approval.standing import standing_of
from bridge.approval.wish import Wish
from bridge.clock import Clock
from bridge.domain import Decision, WindowKind
from bridge.errors import DecisionRefused
from bridge.flow.routes import Route, WindowRule
from bridge.hooks.changes import changes
from bridge.pages.reading import look_again, read_sight
from bridge.store.store import open_store
from tests.approval.values import finding, run, waiting_news
from tests.fakes.journey import Journey, meeting, simulator
from tests.fakes.quick import quick
from tests.fakes.run_api import Answer, RunApi, run_answer
from tests.fakes.waiting import until
from tests.pages.stage import Windows, stream, whole_meeting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bridge.app import Bridge
    from bridge.store.store import Store
    from tests.fakes.run_api import Run

QUICK = WindowRule(max_seconds=1, max_words=20, pause_seconds=1, min_words=0)
ROUTE = Route(name="notes", flow="the-flow", approve=True, window=QUICK)


def answer(sent: Run) -> Answer:
    """As our flows answer: what is found waits where the window says so, and what was approved has gone out."""
    window = sent.window
    told: dict[str, Any] = {"schema": "zoom-news/1", "insights": []}
    if window["kind"] == "live" and window["seq"] == 1:
        told["insights"] = [finding("i-1", "send the contract", owner="Dana")]
    if window["kind"] == "approved":
        told |= {name: window["approved"][name] for name in ("insights", "summary", "notes")}
    if window.get("approve"):
        told["approve"] = True
    body = run_answer("found")
    body["outputs"][0]["outputs"][0]["results"]["message"]["session_metadata"] = {"news": told}
    return Answer(body=json.dumps(body).encode())


@pytest.fixture
async def journey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Journey]:
    quick(monkeypatch)
    async with RunApi().listening() as api, simulator() as zoom:
        api.otherwise = answer
        yield Journey(zoom, api, tmp_path / "bridge.db")
    assert not api.faults


def sent(journey: Journey) -> list[dict[str, Any]]:
    return [each.window for each in journey.api.runs if each.window["kind"] == "approved"]


async def ask(bridge: Bridge, method: str, stream_id: str, body: Any = None) -> httpx.Response:
    async with httpx.AsyncClient(base_url=bridge.admin_url, trust_env=False) as http:
        return await http.request(method, f"/api/streams/{stream_id}/approvals", json=body)


async def test_what_is_approved_goes_to_its_flow_once(journey: Journey) -> None:
    """After the meeting is over, and by two people at once: one of them is refused with what there is now."""
    async with journey.bridge(ROUTE) as bridge:
        outcome = await journey.play(bridge, meeting(6, every_ms=40))
        await journey.settled(bridge.store)
        assert all(each.window.get("approve") for each in journey.api.runs)
        stands = (await ask(bridge, "GET", outcome.stream_id)).json()
        [waits] = stands["waiting"]
        assert (waits["text"], waits["owner"], stands["decided"]) == ("send the contract", "Dana", [])

        wish = {name: waits[name] for name in ("route", "item", "digest")} | {"decision": "post"}
        edited = wish | {"text": "send the signed contract", "due": "Monday", "who": "Ines"}
        answers = await asyncio.gather(
            *[ask(bridge, "POST", outcome.stream_id, each) for each in (edited, wish)]
        )
        assert sorted(each.status_code for each in answers) == [200, 409]
        [refused] = [each.json() for each in answers if each.status_code == 409]
        assert (refused["now"], "already" in refused["detail"]) == (None, True)
        await until(lambda: sent(journey))
        await journey.settled(bridge.store)

        [window] = sent(journey)
        assert window["approved"]["insights"][0]["id"] == "i-1"
        assert "approve" not in window
        stands = (await ask(bridge, "GET", outcome.stream_id)).json()
        assert stands["waiting"] == []
        [decided] = stands["decided"]
        assert (decided["state"], decided["window_id"]) == ("went out", window["window_id"])
        assert decided["who"] in ("Ines", "the API")
    async with journey.bridge(ROUTE) as bridge:
        await journey.settled(bridge.store)
        assert len(sent(journey)) == 1


async def test_what_was_approved_while_nobody_could_send_it_goes_after_a_restart(journey: Journey) -> None:
    """The verdict is stored; the next bridge finds it though nobody wakes it, and its stream was settled."""
    async with journey.bridge(ROUTE) as bridge:
        outcome = await journey.play(bridge, meeting(6, every_ms=40))
        await journey.settled(bridge.store)

        async def nobody() -> None:
            """The bridge stops before it looks."""

        approvals = Approvals(bridge.store, routes={"notes"}, wake=nobody)
        [waits] = (await approvals.of(outcome.stream_id)).waiting
        wish = Wish(route="notes", item=waits.item.id, digest=waits.item.digest, decision=Decision.POST)
        await approvals.decide(outcome.stream_id, wish, "Dana")
        bridge.store.stream_settled(outcome.stream_id)
    assert sent(journey) == []
    async with journey.bridge(ROUTE) as bridge:
        await until(lambda: sent(journey))
        await journey.settled(bridge.store)
    assert len(sent(journey)) == 1


async def test_a_run_that_asks_waits_in_nobodys_way(journey: Journey) -> None:
    """It holds no place at Langflow: another route's run, of one at a time, passes it; a click lets it go on, and its answer comes."""
    asking = Route(name="asking", flow="the-flow", run="background", window=QUICK)
    asks = {"request_id": "r", "prompt": "Post <this>?", "options": [{"action_id": "yes", "label": "Yes"}]}
    journey.api.asks = asks
    journey.settings_changes["bridge_langflow_runs"] = 1
    async with journey.bridge(asking, ROUTE) as bridge:
        outcome = await journey.play(bridge, meeting(6, every_ms=40))
        async with httpx.AsyncClient(base_url=bridge.admin_url, trust_env=False) as http:
            page = f"/meetings/{outcome.stream_id}"

            async def asked() -> str:
                html = (await http.get(page)).text
                others = [each for each in journey.api.runs if each.window["route"] == "notes"]
                return (
                    html
                    if "Post &lt;this&gt;?" in html and "final" in {each.window["kind"] for each in others}
                    else ""
                )

            html = await until(asked)
            assert ">Yes</button>" in html
            journey.api.asks = None
            headers = {"origin": bridge.admin_url, "content-type": "application/x-www-form-urlencoded"}
            other = await http.post(f"{page}/questions", content="request=r&action=no", headers=headers)
            assert other.status_code == 409
            done = await http.post(f"{page}/questions", content="request=r&action=yes", headers=headers)
            assert done.status_code == 303
            assert "Post &lt;this&gt;?" not in (await http.get(done.headers["location"])).text
        await journey.settled(bridge.store)
        answered = [each for each in await bridge.store.runs(outcome.stream_id) if each.route == "asking"]
        assert {each.status.value for each in answered} == {"done"}
        assert answered[0].attempts == 1


async def test_nobody_waits_for_a_person_for_ever(journey: Journey) -> None:
    """Behind the route's own limit its window is given up with the reason, and the job is stopped."""
    journey.api.asks = {"request_id": "r", "prompt": "", "options": []}
    asking = Route(name="asking", flow="the-flow", run="background", human_seconds=0.1, window=QUICK)
    async with journey.bridge(asking) as bridge:
        outcome = await journey.play(bridge, meeting(2, every_ms=20))
        await journey.settled(bridge.store)
        runs = await bridge.store.runs(outcome.stream_id)
    assert {each.error for each in runs} == {
        "nobody has decided within 0.1 s; human_seconds of the route is that limit"
    }
    assert {job.status for job in journey.api.jobs.all} == {"cancelled"}


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    async with open_store("memory://") as opened:
        yield opened


async def _nothing() -> None:
    """Nobody is woken."""


async def waiting_meeting(store: Store) -> None:
    """A past meeting with one finding that waits."""
    await whole_meeting(store)
    told = json.dumps(waiting_news(finding("i-1", "send the contract")))
    await Windows(store, route="notes").done("found", told)


async def test_a_route_that_is_gone_can_only_be_declined(store: Store) -> None:
    """Nothing would take it to its flow."""
    await waiting_meeting(store)
    heard: list[str] = []
    approvals = Approvals(store, routes=(), wake=_nothing, on_decision=heard.append)
    [waits] = (await approvals.of("s")).waiting
    wish = {"route": "notes", "item": waits.item.id, "digest": waits.item.digest}
    with pytest.raises(DecisionRefused, match="route is not set up"):
        await approvals.decide("s", Wish(**wish, decision=Decision.POST), "Dana")
    await approvals.decide("s", Wish(**wish, decision=Decision.NO), "Dana")
    assert ((await approvals.of("s")).waiting, heard) == ((), ["refused", "no"])


async def test_verdicts_go_with_their_meeting(store: Store) -> None:
    """And none is written afterwards."""
    await waiting_meeting(store)
    approvals = Approvals(store, routes={"notes"}, wake=_nothing)
    [waits] = (await approvals.of("s")).waiting
    wish = Wish(route="notes", item=waits.item.id, digest=waits.item.digest, decision=Decision.POST)
    await approvals.decide("s", wish, "Dana")
    assert await store.streams_decided({"notes"}) == {"s": 1}
    assert (await store.streams_decided({"other"}), await store.streams_decided(())) == ({}, {})
    await store.add_deletion("s-uuid==", "asked")
    await store.purge("s-uuid==")
    assert (await store.verdicts("s"), await store.streams_decided({"notes"})) == ([], {})


async def test_a_meeting_that_is_being_deleted(store: Store) -> None:
    """A verdict on it is refused to whoever decides, and tells of no store that is away."""
    await waiting_meeting(store)
    heard: list[str] = []
    approvals = Approvals(store, routes={"notes"}, wake=_nothing, on_decision=heard.append)
    [waits] = (await approvals.of("s")).waiting
    wish = Wish(route="notes", item=waits.item.id, digest=waits.item.digest, decision=Decision.POST)
    await store.close_streams("s-uuid==")
    with pytest.raises(DecisionRefused, match="being deleted"):
        await approvals.decide("s", wish, "Dana")
    assert heard == ["refused"]


async def test_meetings_are_decided_on_beside_each_other(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one stream one after the other; what is slow in one holds up no press in another."""
    await waiting_meeting(store)
    store.put_stream(stream("other"))
    told = json.dumps(waiting_news(finding("i-1", "send the contract")))
    await Windows(store, "other", route="notes").done("found", told)
    approvals = Approvals(store, routes={"notes"}, wake=_nothing)
    [waits] = (await approvals.of("s")).waiting
    wish = Wish(route="notes", item=waits.item.id, digest=waits.item.digest, decision=Decision.POST)
    slow, began, runs = asyncio.Event(), asyncio.Event(), store.runs

    async def slowly(stream_id: str) -> Any:
        if stream_id == "s":
            began.set()
            await slow.wait()
        return await runs(stream_id)

    monkeypatch.setattr(store, "runs", slowly)
    first = asyncio.create_task(approvals.decide("s", wish, "Dana"))
    await began.wait()
    second = asyncio.create_task(approvals.decide("s", wish, "Ines"))
    async with asyncio.timeout(10):
        await approvals.decide("other", wish, "Eli")
    slow.set()
    assert (await first).who == "Dana"
    with pytest.raises(DecisionRefused):
        await second
    assert [each.who for each in await store.verdicts("s")] == ["Dana"]


async def test_a_meeting_with_very_much_that_waits_keeps_no_loop(store: Store, monkeypatch: Any) -> None:
    """How it stands is worked out in a thread, for a press, a page and its next look alike; of a small one at once."""
    where: list[bool] = []

    def noted(*given: Any) -> Any:
        where.append(threading.current_thread() is threading.main_thread())
        return standing_of(*given)

    monkeypatch.setattr("bridge.approval.approvals.standing_of", noted)
    await waiting_meeting(store)
    approvals = Approvals(store, routes={"notes"}, wake=_nothing)
    await approvals.of("s")
    sight = await read_sight(store, "s")
    assert where == [True, True]
    told = waiting_news(*(finding(f"i-{n}", f"send contract {n}") for n in range(300)))
    await Windows(store, route="notes", seq=6).done("found", json.dumps(told))
    [*_, last] = (await approvals.of("s")).waiting
    wish = Wish(route="notes", item=last.item.id, digest=last.item.digest, decision=Decision.NO)
    await approvals.decide("s", wish, "Dana")
    assert sight is not None
    sight.take(await look_again(store, sight, slow=True))
    assert len(sight.standing.waiting) == len((await read_sight(store, "s")).standing.waiting) == 299
    assert where[2:] == [False] * 4


async def test_how_many_wait_is_counted_where_something_changed(store: Store) -> None:
    """A verdict changes it; older meetings are left out."""
    await waiting_meeting(store)
    now = Clock(wall=lambda: stream().started_at_ms / 1000 + 60)
    count = WaitingCount(store, now)
    await count.count()
    assert count.waiting == 1
    approvals = Approvals(store, routes={"notes"}, wake=_nothing)
    [waits] = (await approvals.of("s")).waiting
    wish = Wish(route="notes", item=waits.item.id, digest=waits.item.digest, decision=Decision.NO)
    await approvals.decide("s", wish, "Dana")
    await count.count()
    assert count.waiting == 0
    late = WaitingCount(store, Clock(wall=lambda: stream().started_at_ms / 1000 + 8 * 86_400))
    await late.count()
    assert late.waiting == 0


def test_webhook_endpoints_hear_of_it_when_it_went_out() -> None:
    """Not when it is found; then as something new, in the words that were approved."""
    found = run(1, {})
    waits = json.dumps(waiting_news(finding("i-1", "send it")))
    assert changes([], found, waits) == []
    went = run(2, {}, kind=WindowKind.APPROVED)
    told = json.dumps({"schema": "zoom-news/1", "insights": [finding("i-1", "send it signed")]})
    [message] = changes([run(1, waiting_news(finding("i-1", "send it"))), went], went, told)
    assert message.event.value == "finding.created"
    assert "send it signed" in str(message)
