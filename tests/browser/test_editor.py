"""The flow in Langflow's editor, seen by a browser."""

from __future__ import annotations

import os
import uuid
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.async_api import Page, async_playwright, expect

from bridge.flow import graph
from bridge.flow.library import load_flows
from bridge.flow.server import Action, FlowServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.demo.langflow import LangflowServer
    from bridge.flow.library import Flow

pytestmark = [pytest.mark.browser, pytest.mark.timeout(360)]

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE_MS = 60_000
"""Longest wait for something to show; the editor is eight megabytes of script."""

TITLES = [
    "Chat Input",
    "Zoom Context Buffer",
    "Zoom Meeting Insights",
    "Zoom Insight Ledger",
    "Zoom Chat Output",
    "Chat Output",
]


@pytest.fixture
async def page(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Page]:
    """A tab of a fresh browser, as large as a laptop's screen; its last sight is kept in a file."""
    if not os.access(CHROMIUM, os.X_OK):
        pytest.skip(f"there is no {CHROMIUM}")
    screenshot = Path(os.environ.get("SCREENSHOTS_DIR") or tmp_path) / f"{request.node.name}.png"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        tab = await browser.new_page(viewport={"width": 1600, "height": 900})
        tab.set_default_timeout(PATIENCE_MS)
        yield tab
        await tab.screenshot(path=screenshot)
        await browser.close()


@pytest.fixture
async def client(langflow: LangflowServer) -> AsyncIterator[httpx.AsyncClient]:
    """Langflow's API beside its pages."""
    headers = {"x-api-key": langflow.api_key}
    async with httpx.AsyncClient(
        base_url=langflow.url, headers=headers, timeout=60, trust_env=False
    ) as opened:
        yield opened


def copied() -> Flow:
    """The action items flow under names of the test's own."""
    [found] = [flow for flow in load_flows() if flow.endpoint_name == "zoom-action-items"]
    mark = uuid.uuid4()
    names = {"id": str(mark), "name": f"Test {mark}", "endpoint_name": f"test-{mark}"}
    return replace(found, content={**deepcopy(found.content), **names})


@pytest.fixture
async def flow(client: httpx.AsyncClient) -> Flow:
    """A flow as it is after a push, never opened."""
    pushed = copied()
    await FlowServer(client).push(pushed)
    return pushed


async def see(page: Page, langflow: LangflowServer, flow: Flow) -> None:
    """Open the flow and wait until its last component and the side bar's components show."""
    await page.goto(f"{langflow.url}/flow/{flow.id}")
    await expect(page.get_by_text("Flow Control")).to_be_visible(timeout=PATIENCE_MS)
    await expect(page.get_by_test_id(f"title-{TITLES[-1]}")).to_be_visible(timeout=PATIENCE_MS)


async def test_it_opens_as_a_picture(page: Page, langflow: LangflowServer, flow: Flow) -> None:
    """Six titled components, five wires and the notes show, without error and without marks of age."""
    await see(page, langflow, flow)

    for title in TITLES:
        node = page.locator(".react-flow__node-genericNode").filter(has=page.get_by_test_id(f"title-{title}"))
        await expect(node).to_have_count(1)
        await expect(node).to_be_in_viewport()
    await expect(page.locator(".react-flow__node-genericNode")).to_have_count(6)
    await expect(page.locator(".react-flow__edge")).to_have_count(5)
    await expect(page.get_by_role("heading", name="Zoom action items")).to_be_in_viewport()
    boxes = [await page.get_by_test_id(f"title-{title}").bounding_box() for title in TITLES]
    lefts = [box["x"] for box in boxes if box]
    assert len(lefts) == 6
    assert lefts == sorted(lefts)
    await expect(page.get_by_test_id("update-all-button")).to_have_count(0)
    await expect(page.get_by_test_id("update-button")).to_have_count(0)
    await expect(page.get_by_test_id("dismiss-warning-bar")).to_have_count(0)
    await expect(page.locator(".error-build-message, .noflow-error, [data-testid*='error']")).to_have_count(0)
    await expect(page.get_by_text("Error", exact=False)).to_have_count(0)


async def test_an_aged_component_would_show(
    page: Page, langflow: LangflowServer, client: httpx.AsyncClient
) -> None:
    """The control for the test above: with a component of another Langflow the marks are there at once."""
    aged = copied()
    [chat_input] = [c for c in graph.components(aged.data) if c["type"] == "ChatInput"]
    chat_input["node"]["template"]["code"]["value"] += "\n# of another version\n"
    await FlowServer(client).push(aged)

    await see(page, langflow, aged)

    await expect(page.get_by_test_id("update-button")).to_have_count(1)
    await expect(page.get_by_test_id("update-all-button")).to_have_count(1)


async def test_moving_a_box_does_not_count_as_a_change(
    page: Page, langflow: LangflowServer, client: httpx.AsyncClient, flow: Flow
) -> None:
    """After the editor has saved the flow its seal still holds, so the next version comes whole."""
    await see(page, langflow, flow)
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
    assert (await FlowServer(client).push(flow)).action is Action.UNCHANGED


async def test_it_runs_in_the_playground(page: Page, langflow: LangflowServer, flow: Flow) -> None:
    """A line typed by a person is answered with what was understood."""
    await see(page, langflow, flow)
    await page.get_by_test_id("playground-btn-flow-io").click()

    await page.get_by_test_id("input-chat-playground").fill("Dana: I will send the report by Friday.")
    await page.keyboard.press("Enter")

    answer = page.get_by_test_id("div-chat-message").filter(has_text="Action item")
    await expect(answer).to_contain_text("send the report", timeout=PATIENCE_MS)
