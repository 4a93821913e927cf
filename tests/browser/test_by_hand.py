"""What people do by hand: with our components in Langflow's side bar, a flow is changed, tried and taken away."""

from __future__ import annotations

import json
import uuid
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from bridge.publish import graph
from bridge.publish.library import load_flows
from bridge.publish.server import Action, FlowServer
from tests.browser.conftest import api_of, expect_no_marks, node, see
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx
    from playwright.async_api import Page

    from bridge.demo.langflow import LangflowServer
    from bridge.publish.library import Flow

pytestmark = [pytest.mark.browser, pytest.mark.timeout(360)]

LINE = "Dana: I will send the report by Friday."
WINDOW = json.dumps(
    {
        "schema": "zoom-window/1",
        "window_id": "by-hand:action-items:1",
        "seq": 1,
        "kind": "live",
        "route": "action-items",
        "meeting": {"uuid": "by-hand", "id": "8", "topic": "", "started_at": "2026-11-22T10:00:00Z"},
        "stream_id": "by-hand",
        "from_ms": 1_763_769_605_000,
        "to_ms": 1_763_769_607_000,
        "participants": [{"user_id": "1", "name": "Ravi"}],
        "utterances": [
            {
                "id": "u-000001",
                "speaker": "Ravi",
                "user_id": "1",
                "start_ms": 1_763_769_605_000,
                "end_ms": 1_763_769_607_000,
                "text": "I will book the big room for the workshop.",
                "language": 9,
                "source": "speech",
            }
        ],
        "gaps": [],
    }
)


@pytest.fixture
async def client(langflow_with_components: LangflowServer) -> AsyncIterator[httpx.AsyncClient]:
    """The API of the Langflow that has our components."""
    async with api_of(langflow_with_components) as opened:
        yield opened


@pytest.fixture
async def flow(page: Page, langflow_with_components: LangflowServer, client: httpx.AsyncClient) -> Flow:
    """The action items flow, open in the editor."""
    [found] = [flow for flow in load_flows() if flow.endpoint_name == "zoom-action-items"]
    mark = uuid.uuid4()
    names = {"id": str(mark), "name": f"Test {mark}", "endpoint_name": f"test-{mark}"}
    pushed = replace(found, content={**deepcopy(found.content), **names})
    await FlowServer(client).push(pushed)
    await see(page, langflow_with_components, pushed.id, nodes=len(list(graph.components(pushed.data))))
    return pushed


async def test_a_component_is_dragged_in_and_wired(page: Page, client: httpx.AsyncClient, flow: Flow) -> None:
    """A second ledger from the side bar, wired by hand, is saved with the flow, and a push leaves it there."""
    wires = len(flow.data["edges"])
    await page.get_by_test_id("disclosure-zoom").click()
    await page.get_by_test_id("zoom_zoom insight ledger_draggable").drag_to(
        page.locator(".react-flow__pane"), target_position={"x": 700, "y": 600}
    )
    ledgers = node(page, "Zoom Insight Ledger")
    await expect(ledgers).to_have_count(2)

    await (
        node(page, "Zoom Meeting Insights")
        .get_by_test_id("handle-zoommeetinginsights-shownode-insights-right")
        .drag_to(ledgers.last.get_by_test_id("handle-zoominsightledger-shownode-insights-left"))
    )

    await expect(page.locator(".react-flow__edge")).to_have_count(wires + 1)
    await expect_no_marks(page)

    async def saved() -> int:
        return len((await client.get(f"/api/v1/flows/{flow.id}")).json()["data"]["edges"])

    async def all_wires_are_saved() -> bool:
        return await saved() == wires + 1

    await until(all_wires_are_saved, seconds=30)
    assert (await FlowServer(client).push(flow)).action is not Action.CREATED
    assert await saved() == wires + 1


async def test_code_and_inputs_open(page: Page, flow: Flow) -> None:
    """A component shows its source, and its inputs with their explanations."""
    await page.get_by_test_id("title-Zoom Insight Ledger").click()
    await page.get_by_test_id("code-button-modal").click()
    await expect(page.get_by_text("so that it hears only news", exact=False).first).to_be_visible()
    await page.keyboard.press("Escape")

    await page.get_by_test_id("title-Zoom Context Buffer").click()
    await page.get_by_test_id("parameters-button").click()

    await expect(page.get_by_test_id("inspector-param-word_budget")).to_be_visible()


async def test_one_node_can_be_played(page: Page, flow: Flow) -> None:
    """Play on the buffer runs it and what stands before it; its output can be looked at."""
    await node(page, "Chat Input").locator("input, textarea").first.fill(LINE)

    await page.get_by_test_id("button_run_zoom context buffer").click()

    await expect(page.get_by_test_id("node_duration_zoom context buffer")).to_be_visible()
    await expect(page.get_by_test_id("node_duration_zoom meeting insights")).to_have_count(0)
    await page.get_by_test_id("output-inspection-context-zoomcontextbuffer").first.click()
    await expect(page.get_by_test_id("btn-close-modal")).to_be_visible()
    await expect(page.get_by_text("zoom-context/1", exact=False).first).to_be_visible()


async def test_a_window_can_be_pasted(page: Page, flow: Flow) -> None:
    """A window as the bridge sends it, pasted into the Playground, is answered like one from the bridge."""
    await page.get_by_test_id("playground-btn-flow-io").click()
    await page.get_by_test_id("input-chat-playground").fill(WINDOW)
    await page.keyboard.press("Enter")

    answer = page.get_by_test_id("div-chat-message").filter(has_text="Action item")
    await expect(answer).to_contain_text("Ravi")
    await expect(answer).to_contain_text("big room")


async def test_an_export_can_be_pushed(
    page: Page, client: httpx.AsyncClient, flow: Flow, tmp_path: Path
) -> None:
    """What the editor exports is a flow file that a push takes, and finds to be what is there."""
    await page.get_by_test_id("publish-button").click()
    await page.get_by_text("Export", exact=True).click()
    async with page.expect_download() as downloading:
        await page.get_by_test_id("modal-export-button").click()
    exported = tmp_path / "exported.json"
    await (await downloading.value).save_as(exported)

    [found] = load_flows(tmp_path)

    assert found.endpoint_name == flow.endpoint_name
    assert graph.fingerprint(found.data) == graph.fingerprint(flow.data)
    assert (await FlowServer(client).push(found)).action is Action.UNCHANGED
