"""The flows in the editor of a Langflow that has never heard of this project, seen by a browser."""

from __future__ import annotations

import uuid
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from bridge.publish import graph
from bridge.publish.library import load_flows
from bridge.publish.server import Action, FlowServer
from tests.browser.conftest import drop, expect_no_marks, node, see

if TYPE_CHECKING:
    import httpx
    from playwright.async_api import Page

    from bridge.demo.langflow import LangflowServer
    from bridge.publish.library import Flow

pytestmark = [pytest.mark.browser, pytest.mark.timeout(360)]

NARROWEST_PX = 80
"""A component that is drawn smaller cannot be read."""


def copied(endpoint_name: str) -> Flow:
    """A shipped flow under names of the test's own."""
    [found] = [flow for flow in load_flows() if flow.endpoint_name == endpoint_name]
    mark = uuid.uuid4()
    names = {"id": str(mark), "name": f"Test {mark}", "endpoint_name": f"test-{mark}"}
    return replace(found, content={**deepcopy(found.content), **names})


@pytest.fixture
async def flow(client: httpx.AsyncClient) -> Flow:
    """A flow as it is after a push, never opened."""
    pushed = copied("zoom-action-items")
    await FlowServer(client).push(pushed)
    return pushed


@pytest.mark.parametrize("shipped", load_flows(), ids=lambda flow: flow.path.stem)
async def test_a_dropped_file_is_a_picture(page: Page, langflow: LangflowServer, shipped: Flow) -> None:
    """Each flow's file, dropped, shows all components, wires and notes in sight, apart from each other, unmarked."""
    nodes = list(graph.components(shipped.data))

    flow_id = await drop(page, langflow, shipped)
    await see(page, langflow, flow_id, nodes=len(nodes))

    boxes = []
    for component in nodes:
        title = component["node"]["display_name"]
        boxes_of_title = node(page, title)
        await expect(boxes_of_title.first).to_be_in_viewport()
        boxes += [await box.bounding_box() for box in await boxes_of_title.all()]
    for one in boxes:
        assert one is not None
        assert one["width"] >= NARROWEST_PX
        overlapping = [
            other
            for other in boxes
            if other is not None
            and other != one
            and abs(other["x"] - one["x"]) < (one["width"] + other["width"]) / 2
            and other["y"] < one["y"] + one["height"]
            and one["y"] < other["y"] + other["height"]
        ]
        assert not overlapping
    await expect(page.locator(".react-flow__edge")).to_have_count(len(shipped.data["edges"]))
    notes = [note for note in shipped.data["nodes"] if note["type"] == "noteNode"]
    assert notes
    await expect(page.locator(".react-flow__node-noteNode")).to_have_count(len(notes))
    await expect(page.get_by_role("heading", name=shipped.name, exact=True)).to_be_in_viewport()
    await expect_no_marks(page)


async def test_an_aged_component_would_show(
    page: Page, langflow: LangflowServer, client: httpx.AsyncClient
) -> None:
    """The control for the test above: with a component of another Langflow the marks are there at once."""
    aged = copied("zoom-action-items")
    [chat_input] = [c for c in graph.components(aged.data) if c["type"] == "ChatInput"]
    chat_input["node"]["template"]["code"]["value"] += "\n# of another version\n"
    await FlowServer(client).push(aged)

    await see(page, langflow, aged.id, nodes=len(list(graph.components(aged.data))))

    await expect(page.get_by_test_id("update-button")).to_have_count(1)
    await expect(page.get_by_test_id("update-all-button")).to_have_count(1)


async def test_moving_a_box_does_not_count_as_a_change(
    page: Page, langflow: LangflowServer, client: httpx.AsyncClient, flow: Flow
) -> None:
    """After the editor has saved the flow its seal still holds, so the next version comes whole."""
    await see(page, langflow, flow.id, nodes=len(list(graph.components(flow.data))))
    title = await page.get_by_test_id("title-Zoom Insight Ledger").bounding_box()
    assert title is not None

    async with page.expect_response(
        lambda answer: answer.request.method == "PATCH" and answer.url.endswith(f"/flows/{flow.id}")
    ):
        await page.mouse.move(title["x"] + 5, title["y"] + 5)
        await page.mouse.down()
        await page.mouse.move(title["x"] + 5, title["y"] + 105, steps=5)
        await page.mouse.up()

    saved = (await client.get(f"/api/v1/flows/{flow.id}")).json()["data"]
    assert [n["position"] for n in saved["nodes"]] != [n["position"] for n in flow.data["nodes"]]
    assert graph.is_untouched(saved)
    assert graph.is_arranged(saved)
    assert (await FlowServer(client).push(flow)).action is Action.UNCHANGED


async def test_it_runs_in_the_playground(page: Page, langflow: LangflowServer, flow: Flow) -> None:
    """A line typed by a person is answered with what was understood."""
    await see(page, langflow, flow.id, nodes=len(list(graph.components(flow.data))))
    await page.get_by_test_id("playground-btn-flow-io").click()

    await page.get_by_test_id("input-chat-playground").fill("Dana: I will send the report by Friday.")
    await page.keyboard.press("Enter")

    answer = page.get_by_test_id("div-chat-message").filter(has_text="Action item")
    await expect(answer).to_contain_text("I will send the report")
