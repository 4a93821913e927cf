"""Debian's Chromium, and tabs of it that forgive nothing."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import async_playwright, expect

from tests.browser.conftest import CHROMIUM, FLAGS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from playwright.async_api import Browser, Page

PATIENCE_MS = 60_000
NO_PUBLIC_ADDRESS = "--disable-features=LocalNetworkAccessChecks"
"""A page of the internet may show one of this machine, as here nothing has an address of the internet."""
AXE = (Path(__file__).parent / "axe.min.js").read_text()
RUN_AXE = """async (options) =>
    (await axe.run(options)).violations.map(each => [each.id, each.nodes.map(node => node.html)])"""
WIDTH = "() => document.documentElement.scrollWidth"
TEXTS = "() => [...document.querySelectorAll('#rows > .row')].map(row => row.innerText.trim())"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A fresh one."""
    if not os.access(CHROMIUM, os.X_OK):
        pytest.skip(f"there is no {CHROMIUM}")
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, NO_PUBLIC_ADDRESS])
        yield opened
        await opened.close()


@asynccontextmanager
async def tab(browser: Browser, *, forgives: Sequence[str] = (), **options: Any) -> AsyncIterator[Page]:
    """A tab of its own; whatever it complains of, policy included, fails the test, but for what a test provokes."""
    context = await browser.new_context(**({"viewport": {"width": 1440, "height": 900}} | options))
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    complaints: list[str] = []
    page.on(
        "console", lambda message: message.type in ("error", "warning") and complaints.append(message.text)
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    await context.close()
    left = [each for each in complaints if not any(known in each for known in forgives)]
    assert left == [], left


async def faults_of(page: Page) -> list[Any]:
    """What axe finds wrong with a page, in light and in dark."""
    await page.evaluate(AXE)
    found: list[Any] = await page.evaluate(RUN_AXE, {})
    await page.emulate_media(color_scheme="dark")
    found += await page.evaluate(RUN_AXE, {"runOnly": ["color-contrast"]})
    await page.emulate_media(color_scheme="light")
    return found
