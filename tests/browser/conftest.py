"""A browser, and Langflow's API beside its pages."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from playwright.async_api import Locator, Page, async_playwright, expect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.demo.langflow import LangflowServer
    from bridge.publish.library import Flow

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE_MS = 120_000
"""Longest wait for something to show; the editor is eight megabytes of script."""
COOKIES: dict[str, list[Any]] = {}
"""What tells who is signed in, by the server's address."""

DROP_FILE = """([text, name]) => {
    const files = new DataTransfer();
    files.items.add(new File([text], name, {type: "application/json"}));
    const [x, y] = [innerWidth / 2, innerHeight * 5 / 9];  // an empty list takes files on its cards only
    for (const happens of ["dragenter", "dragover", "drop"])
        document.elementFromPoint(x, y).dispatchEvent(
            new DragEvent(happens, {dataTransfer: files, bubbles: true, cancelable: true, clientX: x, clientY: y}));
}"""
"""What a person's hand does with a file; the page changes under it as soon as the file comes near."""


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
        expect.set_options(timeout=PATIENCE_MS)
        yield tab
        await tab.screenshot(path=screenshot)
        await browser.close()


@pytest.fixture
async def client(langflow: LangflowServer) -> AsyncIterator[httpx.AsyncClient]:
    """Langflow's API beside its pages."""
    async with api_of(langflow) as opened:
        yield opened


def api_of(server: LangflowServer) -> httpx.AsyncClient:
    """A client of a server's API."""
    headers = {"x-api-key": server.api_key}
    return httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60, trust_env=False)


async def sign_in(page: Page, server: LangflowServer) -> None:
    """Be known to a server that asks for a password, by the cookies that the first tab got: it counts who signs in."""
    if server.login is None:
        return
    if server.url not in COOKIES:
        form = {"username": server.login.username, "password": server.login.password}
        answer = await page.context.request.post(f"{server.url}/api/v1/login", form=form)
        assert answer.ok, answer.status
        COOKIES[server.url] = [{**cookie} for cookie in await page.context.cookies()]
    await page.context.add_cookies(COOKIES[server.url])


async def drop(page: Page, server: LangflowServer, flow: Flow) -> str:
    """Drop a flow's file on the list of flows; give the id that Langflow gives it."""
    await sign_in(page, server)
    await page.goto(f"{server.url}/flows")
    await expect(page.get_by_test_id("mainpage_title")).to_be_visible()
    async with page.expect_response(
        lambda answer: answer.request.method == "POST" and answer.url.rstrip("/").endswith("/api/v1/flows")
    ) as answering:
        await page.evaluate(DROP_FILE, [json.dumps(flow.content), flow.path.name])
    answer = await answering.value
    assert answer.status == httpx.codes.CREATED
    return str((await answer.json())["id"])


async def see(page: Page, server: LangflowServer, flow_id: str, *, nodes: int) -> None:
    """Open a flow and wait until all its components and the side bar's show."""
    await sign_in(page, server)
    await page.goto(f"{server.url}/flow/{flow_id}")
    await expect(page.get_by_text("Flow Control")).to_be_visible()
    await expect(page.locator(".react-flow__node-genericNode")).to_have_count(nodes)


def node(page: Page, title: str) -> Locator:
    """The components with a title."""
    return page.locator(".react-flow__node-genericNode").filter(has=page.get_by_test_id(f"title-{title}"))


async def expect_no_marks(page: Page) -> None:
    """Nothing on the canvas is outdated or broken."""
    await expect(page.get_by_test_id("update-all-button")).to_have_count(0)
    await expect(page.get_by_test_id("update-button")).to_have_count(0)
    await expect(page.get_by_test_id("dismiss-warning-bar")).to_have_count(0)
    await expect(page.locator(".error-build-message, .noflow-error, [data-testid*='error']")).to_have_count(0)
    await expect(page.get_by_text("Error", exact=False)).to_have_count(0)
