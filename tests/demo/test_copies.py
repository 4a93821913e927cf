"""The demo on somebody's own Langflow: whatever happens, the server is afterwards as it was before."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import httpx
import pytest

from bridge.demo.copies import copy_of, new_mark, pushed_copies
from bridge.errors import FlowFailed
from bridge.publish.library import Flow, load_flows
from bridge.publish.login import passing_key
from bridge.publish.server import FlowServer
from tests.fakes.langflow_server import FakeLangflow

MARK = "demo-0badcafe"
MINE = {
    "ZoomChatOutput.webhook_url": "https://integrations.zoom.us/chat/webhooks/incomingwebhook/mine",
    "ZoomChatOutput.verification_token": "my-token",
}
DEMO = {
    "ZoomChatOutput.webhook_url": "http://127.0.0.1:9/demo",
    "ZoomChatOutput.verification_token": "demo-token",
}
FLOWS = [flow for flow in load_flows() if flow.endpoint_name in ("zoom-action-items", "zoom-assistant")]


def state(server: FakeLangflow) -> dict[str, Any]:
    kept = (server.flows, server.variables, server.keys_made, server.messages)
    return dict(enumerate(copy.deepcopy(each) for each in kept))


@pytest.fixture
async def server() -> FakeLangflow:
    """Somebody's Langflow: our flows with their own webhook, a variable and a flow of theirs."""
    server = FakeLangflow()
    async with server.client() as client:
        for flow in FLOWS:
            await FlowServer(client).push(flow, MINE)
        await FlowServer(client).push(copy_of(FLOWS[0], "of-mine"))
    server.keys_made.append("mine")
    server.messages.append({"flow_id": next(iter(server.flows)), "session_id": "s", "text": "{}"})
    return server


async def test_copies_are_there_under_names_of_their_own(server: FakeLangflow) -> None:
    """They have the demo's webhook and their own variables; the flows of the same kind keep theirs."""
    before = state(server)
    async with server.client() as client, pushed_copies(client, FLOWS, DEMO, MARK, pytest.fail) as copies:
        assert {name: endpoint for name, (endpoint, _) in copies.items()} == {
            flow.endpoint_name: f"{flow.endpoint_name}-{MARK}" for flow in FLOWS
        }
        for endpoint, flow_id in copies.values():
            assert server.flows[flow_id]["endpoint_name"] == endpoint
            assert DEMO["ZoomChatOutput.webhook_url"] in str(server.flows[flow_id]) + str(server.variables)
        assert {each: server.flows[each] for each in before[0]} == before[0]
        assert {each: server.variables[each] for each in before[1]} == before[1]
        assert len(server.variables) > len(before[1])
    assert state(server) == before


async def test_a_failure_leaves_nothing(server: FakeLangflow) -> None:
    """Whatever breaks while the demo runs is raised, and the copies are gone."""
    before = state(server)
    async with server.client() as client:
        with pytest.raises(RuntimeError, match="broken"):
            async with pushed_copies(client, FLOWS, DEMO, MARK, pytest.fail):
                raise RuntimeError("broken")
    assert state(server) == before


async def test_a_push_that_breaks_half_way_leaves_nothing(server: FakeLangflow) -> None:
    """The copy that was made before, and the variables of the one that was not, are removed too."""
    before = state(server)
    server.flow_faults[f"{FLOWS[1].endpoint_name}-{MARK}"] = 500
    async with server.client() as client:
        with pytest.raises(FlowFailed):
            async with pushed_copies(client, FLOWS, DEMO, MARK, pytest.fail):
                pytest.fail("the second flow cannot be pushed")
    assert state(server) == before


async def test_an_interrupt_leaves_nothing(server: FakeLangflow) -> None:
    """Ctrl-C cancels the demo; it still removes what it has put there, key and all."""
    before = state(server)
    there = asyncio.Event()

    async def run(url: str) -> None:
        async with (
            httpx.AsyncClient(base_url=url, trust_env=False) as client,
            passing_key(client, f"zoom-bridge {MARK}", pytest.fail) as key,
            httpx.AsyncClient(base_url=url, headers={"x-api-key": key}, trust_env=False) as keyed,
            pushed_copies(keyed, FLOWS, DEMO, MARK, pytest.fail),
        ):
            assert f"zoom-bridge {MARK}" in server.keys_made
            there.set()
            await asyncio.Event().wait()

    async with server.listening() as url:
        demo = asyncio.create_task(run(url))
        async with asyncio.timeout(30):
            await there.wait()
        assert state(server) != before
        demo.cancel()
        with pytest.raises(asyncio.CancelledError):
            await demo
    assert state(server) == before


async def test_what_cannot_be_removed_is_told(server: FakeLangflow) -> None:
    """A Langflow that is gone by then is no failure of the demo; the sentence says what to look for."""
    told: list[str] = []
    async with server.client() as client, pushed_copies(client, FLOWS, DEMO, MARK, told.append):
        server.gone_with_flows = len(server.flows)
    (sentence,) = told
    assert MARK in sentence
    assert "ConnectError" in sentence


def test_a_copy_is_another_flow_with_the_same_graph() -> None:
    """Two demos at once do not meet."""
    one, two = (copy_of(FLOWS[0], new_mark()) for _ in range(2))
    assert one.data == two.data == FLOWS[0].data
    assert isinstance(one, Flow)
    assert len({one.id, two.id, FLOWS[0].id}) == 3
    assert len({one.endpoint_name, two.endpoint_name, FLOWS[0].endpoint_name}) == 3
    assert len({one.name, two.name, FLOWS[0].name}) == 3


@pytest.mark.parametrize(
    "answer",
    ["<html>Please sign in</html>", '{"detail": "no"}', "[1]", '[{"endpoint_name": "x-demo-0badcafe"}]'],
)
async def test_what_answers_in_langflows_place_hides_no_error(answer: str) -> None:
    """A login page of status 200 is told as what could not be removed; what broke is raised."""
    told: list[str] = []
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=answer))
    async with httpx.AsyncClient(base_url="http://langflow", transport=transport) as client:
        with pytest.raises(RuntimeError, match="broken"):
            async with pushed_copies(client, [], {}, MARK, told.append):
                raise RuntimeError("broken")
    assert [MARK in each for each in told] == [True]


async def test_an_interrupt_while_they_are_removed(server: FakeLangflow) -> None:
    """It waits until they are gone."""
    before = state(server)
    leaving = asyncio.Event()

    async def run(url: str) -> None:
        async with (
            httpx.AsyncClient(base_url=url, headers={"x-api-key": server.api_key}, trust_env=False) as client,
            pushed_copies(client, FLOWS, DEMO, MARK, pytest.fail),
        ):
            leaving.set()

    async with server.listening() as url:
        demo = asyncio.create_task(run(url))
        async with asyncio.timeout(30):
            await leaving.wait()
        for _ in range(3):
            demo.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await demo
    assert state(server) == before
