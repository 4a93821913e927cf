"""A live page in Debian's Chromium, over what becomes of its connection, its place on the screen and its buttons."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import Request, expect

from bridge.domain import StreamState
from bridge.flow.routes import Route
from bridge.pages import events, private, watch
from tests.approval.values import finding, waiting_news
from tests.fakes.journey import QUICK, Journey, simulator
from tests.fakes.quick import quick
from tests.fakes.run_api import FLOW, RunApi
from tests.fakes.waiting import at_work, until
from tests.pages.browsing import faults_of, tab
from tests.pages.stage import BEGAN_MS, Windows, said, stream, whole_meeting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser

    from bridge.store.store import Store

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
ROUTE = Route(name="notes", flow=FLOW, window=QUICK, approve=True)
CONNECTIONS = 6
"""That a browser has to one host."""
UNSEEN = """
Object.defineProperty(document, "hidden", { get: () => Boolean(window.unseen) });
window.see = (seen) => { window.unseen = !seen; document.dispatchEvent(new Event("visibilitychange")); };
"""

TWICE = "each => { setTimeout(() => each.click()); setTimeout(() => { each.click(); console.log('twice'); }, 200); }"


@pytest.fixture
async def journey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Journey]:
    quick(monkeypatch)
    monkeypatch.setattr(watch, "TICK_SECONDS", 0.1)
    async with RunApi().listening() as api, simulator() as zoom:
        yield Journey(zoom, api, tmp_path / "bridge.db")


async def live_meeting(store: Store) -> None:
    """A meeting that somebody may yet speak in, with two findings that wait; nobody dials it."""
    await at_work(store)
    await whole_meeting(store, state=StreamState.LOST, end_reason="")
    told = waiting_news(finding("i-1", "Fix the date import"), finding("i-2", "Write to the front desks"))
    await Windows(store, route="notes").done("found", json.dumps(told))
    store.stream_unsettled("s")
    await store.flush()


async def test_pages_that_nobody_sees(browser: Browser, journey: Journey) -> None:
    """However many are open in a browser, the next one opens; and whoever is looked at again has missed nothing."""
    async with journey.bridge() as bridge, tab(browser) as first:
        await live_meeting(bridge.store)
        await first.context.add_init_script(UNSEEN)
        pages = [first, *[await first.context.new_page() for _ in range(CONNECTIONS)]]
        for page in pages:
            await page.clock.install()
            await page.goto(f"{bridge.admin_url}/meetings/s?at=22")
            await page.wait_for_function("() => document.getElementById('talk')")
            await page.evaluate("() => see(false)")
            await page.clock.fast_forward(11_000)
        bridge.store.add_utterance(said(23, "One more thing.", at_s=400))
        await bridge.store.flush()
        await first.evaluate("() => see(true)")
        await expect(first.get_by_text("One more thing.")).to_have_count(1)
        await expect(first.locator("#cut")).to_be_hidden()
        assert await pages[1].get_by_text("One more thing.").count() == 0


async def test_a_connection_that_breaks_changes_nothing(
    browser: Browser, journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What somebody types stays, nobody is told of a change where there is none, and the keyboard stays where it is."""
    monkeypatch.setattr(private, "seconds_left", lambda *_, **__: 0.5)
    monkeypatch.setattr(events, "RETRY_MS", 50)
    connected: list[Request] = []
    broke = "[object Event]"  # what htmx says of a stream of events that broke
    async with journey.bridge(ROUTE) as bridge, tab(browser, forgives=[broke]) as page:
        await live_meeting(bridge.store)
        page.on("request", lambda each: connected.append(each) if "/events" in each.url else None)
        await page.goto(f"{bridge.admin_url}/meetings/s")
        typed, read = (page.locator(".waits").nth(n) for n in (0, 1))
        await typed.get_by_text("Edit and post").click()
        await typed.get_by_label("Words").fill("Fix the import of dates")
        await read.locator("button[value=post]").focus()
        await page.evaluate("() => { window.found = document.querySelector('#found .found'); }")
        before = len(connected)
        await until(lambda: len(connected) >= before + 3)
        assert await typed.get_by_text("The flow has changed").is_hidden()
        assert await read.locator("button[value=post]").evaluate("each => each === document.activeElement")
        assert await page.evaluate("() => window.found.isConnected"), "a screen reader reads no finding again"

        changed = waiting_news(finding("i-2", "Write to the front desks and the doctors"))
        await Windows(bridge.store, route="notes", seq=1).done("found", json.dumps(changed))
        await expect(read.get_by_text("and the doctors").first).to_be_visible()
        assert await read.locator("button[value=post]").evaluate("each => each === document.activeElement")
        assert await faults_of(page) == []


async def test_two_clicks_are_one_press(browser: Browser, journey: Journey) -> None:
    """Nobody is told that somebody has decided already, when that was themselves."""
    sent, go = list[Request](), asyncio.Event()

    async def slow(route: Any, request: Request) -> None:
        sent.append(request)
        await go.wait()
        await route.continue_()

    async with journey.bridge(ROUTE) as bridge, tab(browser) as page:
        await live_meeting(bridge.store)
        await page.goto(f"{bridge.admin_url}/meetings/s")
        await page.route("**/approvals", slow)
        button = page.locator("button[value=no]").first
        async with page.expect_console_message(lambda told: told.text == "twice"):
            await button.evaluate(TWICE)
        await until(lambda: sent)
        go.set()
        await expect(page.locator("#decided .decision")).to_have_count(1)
        assert len(sent) == 1
        assert page.url.endswith("?decided=1#approvals")


async def test_a_button_that_nobody_answers(browser: Browser, journey: Journey) -> None:
    """It says so, and works once somebody does."""
    async with journey.bridge() as bridge, tab(browser, forgives=["Failed to load", "htmx"]) as page:
        bridge.store.put_stream(stream(state=StreamState.ENDED))
        bridge.store.stream_settled("s")
        for n in range(1, 311):
            bridge.store.add_utterance(said(n))
        await bridge.store.flush()
        await page.goto(f"{bridge.admin_url}/meetings/s")
        await page.route("**/words?*", lambda route: route.abort())
        await page.get_by_role("button", name="Show later words").click()
        await expect(page.get_by_role("alert")).to_contain_text("did not answer")
        assert await faults_of(page) == []
        await page.unroute("**/words?*")
        await page.get_by_role("button", name="Show later words").click()
        await expect(page.locator("#rows > .said")).to_have_count(310)
        await expect(page.get_by_role("alert")).to_have_count(0)


async def test_days_are_utcs_and_times_are_the_readers(browser: Browser, journey: Journey) -> None:
    """Below a day of UTC a time of another day names that day."""
    late = BEGAN_MS + 13 * 3600 * 1000 + 1800 * 1000
    async with journey.bridge() as bridge, tab(browser, timezone_id="Asia/Tokyo") as page:
        for name, began in (("s", BEGAN_MS), ("t", late)):
            told = stream(name, state=StreamState.ENDED, started_at_ms=began, event_ts=began)
            bridge.store.put_stream(told)
            bridge.store.stream_settled(name)
        await bridge.store.flush()
        await page.goto(f"{bridge.admin_url}/archive")
        await expect(page.locator("h2")).to_have_text("Saturday, 22 November 2025")
        assert await page.locator(".past-card time").all_inner_texts() == ["Sun 08:30", "19:00"]
