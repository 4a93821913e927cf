"""The pages in Debian's Chromium, on a real bridge that hears a simulated Zoom."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from bridge.domain import StreamState
from bridge.pages import watch
from bridge.simulator.faults import FaultScript
from tests.fakes.journey import Journey, meeting, simulator
from tests.fakes.quick import quick
from tests.fakes.run_api import Answer, Run, RunApi, run_answer
from tests.fakes.waiting import at_work, until
from tests.pages.browsing import PATIENCE_MS, TEXTS, WIDTH, faults_of, tab
from tests.pages.stage import Windows, insight, news, said, stream, whole_meeting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser, Page

    from bridge.app import Bridge

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
LINES, DROPPED, HELD = 30, 12, 14
"""Of a meeting: how many; before which the sockets are cut; before which it waits until the bridge is back."""


@pytest.fixture
async def journey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Journey]:
    """A simulated Zoom, and a Langflow that finds something in every window."""
    quick(monkeypatch)
    monkeypatch.setattr(watch, "TICK_SECONDS", 0.1)
    async with RunApi().listening() as api, simulator() as zoom:
        api.otherwise = found
        yield Journey(zoom, api, tmp_path / "bridge.db")


def found(run: Run) -> Answer:
    """An action item of the window's first sentence, as our flows give it beside their text."""
    utterances = run.window["utterances"]
    first = int(utterances[0]["id"].removeprefix("u-")) if utterances else 1
    answer = run_answer("One action item.")
    told = json.loads(news(insight(first, "action_item", f"Look into sentence {first}", first, owner="Dana")))
    answer["outputs"][0]["outputs"][0]["results"]["message"]["session_metadata"] = {"news": told}
    return Answer(body=json.dumps(answer).encode())


async def same(one: Page, other: Page) -> bool:
    """Whether two readers see the same rows."""
    return bool(await one.evaluate(TEXTS) == await other.evaluate(TEXTS))


async def test_a_meeting_watched(browser: Browser, journey: Journey) -> None:
    """Words, a gap and findings appear without a reload; who comes late sees the same; a finding leads to its words; the end is told."""
    faults = FaultScript.model_validate({"fault": [{"kind": "drop", "at_line": DROPPED, "sockets": "both"}]})
    async with journey.bridge() as bridge, tab(browser) as early, tab(browser) as late:
        await early.goto(bridge.admin_url)
        await expect(early.get_by_text("Nothing is being heard")).to_be_visible()
        playing = asyncio.create_task(
            journey.play(bridge, meeting(LINES, every_ms=30), topic="Weekly", hold_before=HELD, faults=faults)
        )
        await early.get_by_role("link", name="Weekly").click()
        await early.evaluate("() => { window.sameDocument = true; }")
        await expect(early.get_by_text(f"sentence number {DROPPED - 4}.")).to_be_visible()
        await expect(early.get_by_text("Not heard for")).to_be_visible()
        await expect(early.locator("#found-action .found").first).to_contain_text("Look into sentence")

        (playback,) = journey.zoom.playbacks.values()
        await late.goto(early.url)
        await expect(late.get_by_text(f"sentence number {DROPPED - 4}.")).to_be_visible()
        await until(lambda: same(early, late))
        playback.go_on()
        for page in (early, late):
            await expect(page.get_by_text(f"sentence number {LINES - 1}.")).to_be_visible()
            await expect(page.locator(".badge.ended")).to_be_visible()
            await expect(page.locator(".listening")).to_have_count(0)
        await until(lambda: same(early, late))
        assert await early.evaluate("() => window.sameDocument")
        await playing

        place = early.locator("#found-action a.place").first
        anchor = await place.get_attribute("data-place")
        await place.click()
        await expect(early.locator(f"#{anchor}:target")).to_be_focused()
        await expect(early.locator(f"#{anchor}:target")).to_be_in_viewport()
        said = await early.evaluate(TEXTS)
        await early.goto(early.url.partition("#")[0])
        assert await early.evaluate(TEXTS) == said, "a page that is read anew has the rows in the same order"


async def test_everybody_can_use_them(browser: Browser, journey: Journey) -> None:
    """No fault that axe can find, light or dark; nothing to scroll sideways on a phone; the keyboard goes where the eye goes."""
    async with journey.bridge() as bridge:
        await at_work(bridge.store)
        await whole_meeting(bridge.store, state=StreamState.LIVE, end_reason="", meeting_uuid="m")
        await whole_meeting(bridge.store, "past", topic="A topic-that-is-one-very-long-word" * 8)
        await Windows(bridge.store, "past", route="notes").failed("it broke " * 30)
        async with tab(browser, reduced_motion="reduce") as page:
            for path in ("/", "/meetings/s", "/archive", "/series?number=812+3456+7890"):
                await page.goto(bridge.admin_url + path)
                assert await faults_of(page) == [], path
        bridge.store.put_stream(stream("long", state=StreamState.ENDED))
        bridge.store.stream_settled("long")
        for n in range(1, 401):
            bridge.store.add_utterance(said(n, stream_id="long", who=n // 2 % 2))
        await bridge.store.flush()
        async with tab(browser) as page:
            await page.goto(f"{bridge.admin_url}/meetings/long?at=390#u-000390")
            await expect(page.locator("#u-000390:target")).to_be_in_viewport()
            words = page.locator("#rows > .said")
            for _ in range(2):
                shown = await words.count()
                await page.get_by_role("button", name="Show earlier words").click()
                await expect(words).not_to_have_count(shown)
            await expect(words).to_have_count(400)
            assert await page.evaluate(
                "() => [...document.querySelectorAll('.said')].map(row => +row.id.slice(2))"
            ) == list(range(1, 401))
            assert await page.locator(".said.again").count() == 199
        for width in (375, 2560):
            async with tab(browser, viewport={"width": width, "height": 800}) as page:
                for path in ("/", "/meetings/past", "/meetings/past/delete", "/archive"):
                    await page.goto(bridge.admin_url + path)
                    await page.evaluate(
                        "() => document.querySelectorAll('details').forEach(each => each.open = true)"
                    )
                    assert await page.evaluate(WIDTH) <= width, path
        async with tab(browser) as page:
            await page.goto(f"{bridge.admin_url}/meetings/past")
            order = []
            for _ in range(7):
                await page.keyboard.press("Tab")
                order.append(
                    await page.evaluate("() => document.activeElement.innerText.trim().split('\\n')[0]")
                )
            assert order == [
                "Skip to the content",
                "Zoom bridge",
                "Now",
                "Archive",
                "Archive",
                "All meetings of this series",
                "The words",
            ]


async def test_signing_in(browser: Browser, journey: Journey) -> None:
    """The token once; then every button does what it says, and signing out closes the door."""
    journey.settings_changes["bridge_admin_token"] = "the-admin-token"
    async with journey.bridge() as bridge:
        await whole_meeting(bridge.store, meeting_uuid="m")
        context = await browser.new_context()
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        await page.goto(f"{bridge.admin_url}/meetings/s")
        await page.get_by_label("Token").fill("a guess")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_have_text("This is not the token.")
        await page.get_by_label("Token").fill("the-admin-token")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("heading", name="What was said")).to_be_visible()

        (failed,) = await bridge.store.failed_runs()
        await page.get_by_role("button", name="Run it again").click()
        await expect(page.get_by_role("button", name="Run it again")).to_have_count(0)
        assert page.url == f"{bridge.admin_url}/meetings/s"
        assert failed not in await bridge.store.failed_runs()

        await page.get_by_role("link", name="Delete this meeting").click()
        await page.get_by_role("button", name="Delete it").click()
        await expect(page.get_by_text("is being deleted")).to_be_visible()
        await until(lambda: _forgotten(bridge))
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_label("Token")).to_be_visible()
        assert await context.cookies() == []
        await context.close()


async def _forgotten(bridge: Bridge) -> bool:
    return not await bridge.store.utterances("s")
