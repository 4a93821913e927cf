"""The panel in Debian's Chromium, shown by a strict stand-in for Zoom's client: a real bridge behind HTTPS, a simulated Zoom."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from bridge.domain import Source, StreamState, WindowKind
from bridge.flow.routes import Route
from bridge.pages import watch
from bridge.transcript.ask import OWN_MARK, OpenAsks
from tests.fakes.https_front import https_front
from tests.fakes.journey import CLIENT_ID, CLIENT_SECRET, QUICK, Journey, meeting, simulator
from tests.fakes.quick import quick
from tests.fakes.run_api import FLOW, RunApi
from tests.fakes.waiting import at_work, until
from tests.fakes.zoom_client import SDK_URL, ZoomClient, context
from tests.pages.browsing import TEXTS, WIDTH, faults_of, tab
from tests.pages.stage import said, stream, whole_meeting
from tests.pages.test_in_a_browser import found

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser, Page

    from bridge.app import Bridge
    from tests.fakes.https_front import HttpsFront

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
UUID = "4XxPKb1bTzOj9+/Ab2cdEw=="
SIDE_BAR = {"viewport": {"width": 372, "height": 700}, "ignore_https_errors": True}
ASKS = Route(name="notes", flow=FLOW, window=QUICK, on=(WindowKind.LIVE, WindowKind.FINAL, WindowKind.ASK))
LINES, HELD = 24, 12
WIDE = "() => [...document.querySelectorAll('main *')].filter(each => each.getBoundingClientRect().right > 372.5).map(each => each.outerHTML)"
REFUSED = "Failed to load resource"
"""What Chromium says of every answer that is a refusal."""
BROKE = "[object Event]"
"""What htmx says of a stream of events that broke."""


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[HttpsFront]:
    """How the internet reaches the bridge."""
    async with https_front(tmp_path) as opened:
        yield opened


@pytest.fixture
async def journey(
    tmp_path: Path, front: HttpsFront, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Journey]:
    """A simulated Zoom, and a Langflow that finds something in every window, with a panel switched on."""
    quick(monkeypatch)
    monkeypatch.setattr(watch, "TICK_SECONDS", 0.1)
    async with RunApi().listening() as api, simulator() as zoom:
        api.otherwise = found
        made = Journey(zoom, api, tmp_path / "bridge.db")
        made.settings_changes |= {"bridge_panel": True, "bridge_public_url": front.url}
        yield made


@asynccontextmanager
async def bridge_behind(front: HttpsFront, journey: Journey) -> AsyncIterator[Bridge]:
    async with journey.bridge(ASKS) as bridge:
        front.upstream = int(bridge.webhook_url.rpartition(":")[2].partition("/")[0])
        await at_work(bridge.store)
        yield bridge


def made(meeting_uuid: str | None = UUID, **changes: Any) -> str:
    """A context that Zoom makes now."""
    options: dict[str, Any] = {
        "client_id": CLIENT_ID,
        "secret": CLIENT_SECRET,
        "now_ms": int(time.time() * 1000),
        "mid": meeting_uuid,
    }
    return context("", **(options | changes))


async def client(page: Page, front: HttpsFront, header: str | None, **behaves: Any) -> ZoomClient:
    """Zoom's client in a meeting."""
    shown = ZoomClient(page, f"{front.url}/panel")
    shown.sent_context, shown.sdk_context = header, made
    await shown.start(**behaves)
    return shown


async def test_a_meeting_in_the_side_bar(browser: Browser, journey: Journey, front: HttpsFront) -> None:
    """Started, watched, paused and stopped from the panel; findings and a question go to the chat under the person's name."""
    async with bridge_behind(front, journey) as bridge, tab(browser, **SIDE_BAR) as page:
        zoom = await client(page, front, made())
        await zoom.open()
        await expect(page.get_by_role("heading", name="Nothing is heard yet")).to_be_visible()
        await page.get_by_role("button", name="Start", exact=True).click()
        await expect(page.get_by_text("The bridge listens to this meeting.")).to_be_visible()
        playing = asyncio.create_task(
            journey.play(
                bridge, meeting(LINES, every_ms=30), topic="Weekly", meeting_uuid=UUID, hold_before=HELD
            )
        )
        await expect(page.get_by_role("heading", name="Weekly")).to_be_visible()
        await expect(page.get_by_text(f"sentence number {HELD - 4}.")).to_be_visible()
        item = page.locator("#found-action .found").first
        await expect(item).to_contain_text("Look into sentence")

        await item.get_by_role("button", name="Post to chat").click()
        await expect(item.get_by_role("button", name="Posted to chat")).to_be_disabled()
        await page.get_by_label("Ask the assistant").fill("what was decided?")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("The answer comes in the meeting's chat.")).to_be_visible()
        posted, asked = (await zoom.state())["sent"]
        assert posted.startswith(f"{OWN_MARK}Action item: Look into sentence")
        assert posted.endswith("(Dana)")
        asks = OpenAsks(("hey assistant", "@assistant"))
        assert [
            asks.add(said(n, text, source=Source.CHAT), 0.0) for n, text in enumerate((posted, asked))
        ] == [
            False,
            True,
        ]

        await page.get_by_role("button", name="Pause", exact=True).click()
        await page.get_by_role("button", name="Go on").click()
        await expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
        (playback,) = journey.zoom.playbacks.values()
        playback.go_on()
        await expect(page.get_by_text(f"sentence number {LINES - 1}.")).to_be_visible()
        await expect(page.locator(".badge.ended")).to_be_visible()
        await playing
        await page.get_by_role("button", name="Stop", exact=True).click()
        await expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
        assert await page.evaluate(WIDE) == []
        assert await page.evaluate(WIDTH) <= 372
        assert await faults_of(page) == []
        assert zoom.blocked == []
        assert zoom.elsewhere == []
        state = await zoom.state()
        assert len(state["configured"]) == 1

        again = {"topic": "Weekly, part two", "meeting_uuid": UUID, "started_at_ms": time.time_ns() // 10**6}
        bridge.store.put_stream(stream("again", **again))
        await bridge.store.flush()
        await page.get_by_role("button", name="Start", exact=True).click()
        await expect(page.get_by_role("heading", name="part two")).to_be_visible()


async def test_contexts(browser: Browser, journey: Journey, front: HttpsFront) -> None:
    """Without a good one nothing of the meeting is shown; where the client has a newer one, the panel opens all the same."""
    old = made(now_ms=int(time.time() * 1000) - 300_000)
    refused = (
        (old, lambda: old, "is too old"),
        (made(secret="another app's"), made, "not sealed by Zoom for this app"),
        (made()[:200], lambda: made()[:-40], "cannot be read"),
    )
    async with bridge_behind(front, journey) as bridge, tab(browser, forgives=[REFUSED], **SIDE_BAR) as page:
        await whole_meeting(bridge.store, meeting_uuid=UUID)
        zoom = await client(page, front, None)
        for zoom.sent_context, zoom.sdk_context, told in refused:
            await zoom.open()
            await expect(page.get_by_role("alert")).to_contain_text(told)
            assert await page.get_by_text("Harbor").count() == 0
            assert await page.context.cookies() == []
        zoom.sent_context, zoom.sdk_context = old, made
        await zoom.open()
        await expect(page.get_by_role("heading", name="Harbor Clinics")).to_be_visible()
        assert zoom.blocked == []
        assert zoom.elsewhere == []


async def test_in_zooms_web_client(browser: Browser, journey: Journey, front: HttpsFront) -> None:
    """In a frame of Zoom's, without a header, the meeting is shown and goes on; no other site can frame it."""
    async with bridge_behind(front, journey) as bridge:
        await whole_meeting(bridge.store, meeting_uuid=UUID, state=StreamState.LIVE, end_reason="")
        async with tab(browser, ignore_https_errors=True) as page:
            zoom = await client(page, front, None)
            await zoom.open_framed()
            panel = page.frame_locator("iframe")
            await expect(panel.get_by_role("heading", name="Harbor Clinics")).to_be_visible()
            bridge.store.add_utterance(said(99, "One more thing.", at_s=400))
            await bridge.store.flush()
            await expect(panel.get_by_text("One more thing.")).to_be_visible()
            assert zoom.blocked == []
        async with tab(browser, forgives=["frame-ancestors"], ignore_https_errors=True) as page:
            zoom = await client(page, front, made())
            async with page.expect_event("console", lambda message: "frame-ancestors" in message.text):
                await zoom.open_framed("https://zoom.us.evil.example/")
            assert await page.frame_locator("iframe").get_by_text("Harbor").count() == 0


async def test_clients_that_can_less(browser: Browser, journey: Journey, front: HttpsFront) -> None:
    """An older client, one that forbids, one without chat, and a browser that is not Zoom: each is told what is missing."""
    async with bridge_behind(front, journey) as bridge, tab(browser, forgives=[REFUSED], **SIDE_BAR) as page:
        await whole_meeting(bridge.store, meeting_uuid=UUID, state=StreamState.LIVE, end_reason="")
        zoom = await client(page, front, made(), unknown=["pauseRTMS", "onRTMSStatusChange"], denied=True)
        await zoom.open()
        await expect(page.get_by_text("does not tell whether the bridge listens")).to_be_visible()
        await page.get_by_role("button", name="Start", exact=True).click()
        await expect(page.get_by_role("alert")).to_contain_text("not allowed")
        assert [len(each) for each in (await zoom.state())["configured"]] == [4]

        await zoom.become(running=True, quiet=True)
        await zoom.open()
        await expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
        await page.locator(".post").first.click()
        await expect(page.get_by_role("alert")).to_contain_text("Chat is disabled")
        await expect(page.locator(".post").first).to_be_enabled()

        await zoom.become(unsupported=["sendMessageToChat"])
        await zoom.open()
        await expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
        await expect(page.locator(".post").first).to_be_disabled()
        await expect(page.get_by_label("Ask the assistant")).to_be_hidden()

        zoom.sent_context = None
        await zoom.become(outside=True)
        await zoom.open()
        await expect(page.get_by_role("alert")).to_contain_text("not open in Zoom")
        await expect(page.get_by_text("This page belongs into Zoom")).to_be_visible()
        await page.route(SDK_URL, lambda route: route.abort())
        await zoom.open()
        await expect(page.get_by_role("alert")).to_contain_text("did not load")
        assert await faults_of(page) == []


async def test_into_another_meeting(browser: Browser, journey: Journey, front: HttpsFront) -> None:
    """A panel that stays open goes on with a new ticket, or comes back with one; in another meeting it shows that one, and the first no more."""
    async with bridge_behind(front, journey) as bridge:
        await whole_meeting(bridge.store, meeting_uuid=UUID, state=StreamState.LIVE, end_reason="")
        await whole_meeting(bridge.store, "next", meeting_uuid="next==", topic="Budget")
        async with tab(browser, forgives=[REFUSED, BROKE], **SIDE_BAR) as page:
            await page.clock.install()
            zoom = await client(page, front, made())
            await zoom.open()
            await expect(page.get_by_text("The bridge does not listen.")).to_be_visible()
            (first,) = await page.context.cookies()
            assert (first["httpOnly"], first["secure"], first["sameSite"]) == (True, True, "None")
            before = await page.evaluate(TEXTS)
            await page.evaluate("() => { window.sameDocument = true; }")
            await page.context.clear_cookies()
            front.cut()
            await page.wait_for_function("() => !window.sameDocument")
            await expect(page.get_by_text("The bridge does not listen.")).to_be_visible()
            await page.clock.fast_forward(1_000 * 60 * 5)
            await until(lambda: 'visits_total{outcome="renewed"} 1.0' in bridge.metrics.exposition().decode())
            assert await page.evaluate(TEXTS) == before
            zoom.sdk_context = lambda: made("next==")
            await page.clock.fast_forward(1_000 * 60 * 5)
            await expect(page.get_by_role("heading", name="Budget")).to_be_visible()
            assert (await page.context.request.get(f"{front.url}/panel/meetings/s")).status == 404


async def test_a_bridge_that_does_not_go_on(
    browser: Browser, journey: Journey, front: HttpsFront, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With too many readers nobody's cookies are to blame; and what is told of a bridge that is away goes once it is back."""
    monkeypatch.setattr("bridge.assembly.listening.MOST_READERS", 0)
    refused: list[str] = []
    async with bridge_behind(front, journey) as bridge:
        await whole_meeting(bridge.store, meeting_uuid=UUID, state=StreamState.LIVE, end_reason="")
        async with tab(browser, forgives=[REFUSED, BROKE], **SIDE_BAR) as page:
            page.on("response", lambda each: refused.append(each.url) if each.status == 503 else None)
            await page.clock.install()
            zoom = await client(page, front, made())
            await zoom.open()
            await until(lambda: len(refused) >= 4)
            await expect(page.get_by_text("The connection to the bridge is broken")).to_be_visible()
            trouble = page.locator("#trouble")
            await expect(trouble).to_be_hidden()

            await page.route("**/panel/ticket", lambda route: route.abort())
            await page.clock.fast_forward(1_000 * 60 * 5)
            await expect(trouble).to_have_text("The bridge does not answer.")
            await page.unroute("**/panel/ticket")
            await page.clock.fast_forward(1_000 * 60 * 5)
            await expect(trouble).to_be_hidden()
