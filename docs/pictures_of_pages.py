"""Make the pictures of the bridge's own pages in ``docs/images`` anew, all or those that are named: ``python docs/pictures_of_pages.py [NAME …]``.

Pages on a store with made-up meetings, in a real Chromium; the panel in the tests' stand-in for Zoom's client. Needs the development environment and Chromium, no Langflow.
Look at each picture before it is committed.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI
from pictures import save
from playwright.async_api import async_playwright
from pydantic import SecretStr

sys.path.insert(0, str(Path(__file__).parent.parent))

from bridge.admin.actions import Actions
from bridge.approval.approvals import Approvals
from bridge.approval.wish import Wish
from bridge.clock import Clock
from bridge.domain import Decision, StreamState, WindowKind
from bridge.listener import http_listener
from bridge.pages.router import Pages
from bridge.panel.router import Panel
from bridge.store.store import open_store
from tests.approval.values import finding, waiting_news
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.fakes.https_front import https_front
from tests.fakes.zoom_client import ZoomClient
from tests.fakes.zoom_client import context as sealed
from tests.pages.conftest import WELL
from tests.pages.stage import BEGAN_MS, PEOPLE, Windows, said, stream, whole_meeting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.async_api import Browser, Page

    from bridge.store.store import Store

MADE_UP: Final = "a client secret"
MINUTE: Final = 60_000
DAY: Final = 24 * 60 * MINUTE
PICTURES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "page_now": ("/", {"viewport": {"width": 1360, "height": 620}}),
    "page_meeting": ("/meetings/s", {"viewport": {"width": 1360, "height": 1180}}),
    "page_meeting_dark": (
        "/meetings/s",
        {"viewport": {"width": 1360, "height": 900}, "color_scheme": "dark"},
    ),
    "page_phone": ("/meetings/s", {"viewport": {"width": 375, "height": 760}, "color_scheme": "dark"}),
    "page_runs": ("/meetings/s", {"viewport": {"width": 1360, "height": 1180}}),
    "page_approval": ("/meetings/w#approvals", {"viewport": {"width": 1360, "height": 1180}}),
    "page_archive": ("/archive", {"viewport": {"width": 1360, "height": 620}}),
}
SIDE_BAR: Final[dict[str, Any]] = {
    "viewport": {"width": 372, "height": 860},
    "ignore_https_errors": True,
    "timezone_id": "UTC",
    "reduced_motion": "reduce",
}
PANELS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "panel": ("s-uuid==", {}),
    "panel_findings": ("s-uuid==", {}),
    "panel_approval": ("w-uuid==", {}),
    "panel_dark": ("s-uuid==", {"color_scheme": "dark"}),
    "panel_waiting": ("not-yet", {}),
}
"""Meetings in Zoom's side bar, and how each is looked at."""
REPORT: Final = WELL | {
    "setup": [
        {
            "ok": True,
            "level": "warning",
            "what": "zoom-action-items has no destination",
            "advice": "Set the webhook of a Zoom channel in Zoom Chat Output; until then what is found shows here alone.",
        }
    ]
}


class Speaking:
    """Who speaks in the meetings of the pictures."""

    def active_speaker(self, stream_id: str) -> str:
        """One of those who are there."""
        return PEOPLE[0] if stream_id == "s" else "Noor Rahimi"


async def fill(store: Store) -> None:
    """Three meetings that are live, and some that were."""
    live: dict[str, Any] = {"state": StreamState.LIVE, "end_reason": ""}
    await whole_meeting(store, **live)
    for n, topic in enumerate(("Support, tier two", "Roadmap for the spring")):
        state = StreamState.INTERRUPTED if n else StreamState.LIVE
        store.put_stream(
            stream(f"l{n}", topic=topic, state=state, started_at_ms=BEGAN_MS - (n + 1) * 7 * MINUTE)
        )
        for k in range(1, 60 + 30 * n):
            name = ("Noor Rahimi", "Eli Sørensen")[k % 2]
            store.add_utterance(
                said(
                    k,
                    "Some words of theirs, eight in this sentence.",
                    stream_id=f"l{n}",
                    speaker=name,
                    user_id=name,
                )
            )
        await Windows(store, f"l{n}").done()
    over = (
        ("Weekly planning", 1),
        ("Customer call: Northwind", 1),
        ("Retrospective", 2),
        ("Design review", 2),
        ("All hands", 5),
    )
    for n, (topic, days) in enumerate(over):
        await whole_meeting(
            store, f"o{n}", topic=topic, started_at_ms=BEGAN_MS - days * DAY - n * 47 * MINUTE
        )


async def fill_waiting(store: Store) -> Approvals:
    """A meeting that is live, of which something waits, something was declined and something went out."""
    await whole_meeting(store, "w", state=StreamState.LIVE, end_reason="")
    windows = Windows(store, "w", route="meeting-notes")
    told = waiting_news(
        finding("i-1", "Fix the date import and send a test report", owner="Tomás Rey", due="Wednesday"),
        finding("i-2", "The data moves over the long weekend", kind="decision"),
        finding("i-3", "Write to the front desks and tell them when to expect us", owner="Ingrid Bauer"),
        finding("i-4", "The drill next door is the kitchen's", kind="risk"),
    )
    await windows.done("", json.dumps(told))

    async def nobody() -> None:
        return

    clock = Clock(wall=lambda: (BEGAN_MS + 2 * MINUTE) / 1000)
    approvals = Approvals(store, routes={"meeting-notes"}, wake=nobody, clock=clock)
    for name, decision in (("insight:i-2", Decision.POST), ("insight:i-4", Decision.NO)):
        waiting = (await approvals.of("w")).waits("meeting-notes", name)
        if waiting is not None:
            digest = waiting.item.digest
            wish = Wish(route="meeting-notes", item=name, digest=digest, decision=decision)
            await approvals.decide("w", wish, "somebody on the bridge's pages")
    await windows.done("", json.dumps({"schema": "zoom-news/1"}), WindowKind.APPROVED)
    store.verdict_taken("w", 1, "w:meeting-notes:2")
    await store.flush()
    return approvals


async def pages(store: Store, browser: Browser, approvals: Approvals, names: Sequence[str]) -> None:
    """Serve the pages, look at each in its way, keep what is seen."""

    async def readiness() -> tuple[dict[str, Any], bool]:
        return REPORT, True

    async def nothing(_: str) -> None:
        return

    made = Pages(
        store=store,
        live=Speaking(),
        readiness=readiness,
        actions=Actions(forget=nothing),
        token=None,
        approvals=approvals,
        clock=Clock(wall=lambda: (BEGAN_MS + 2 * MINUTE) / 1000),
    )
    app = FastAPI()
    app.include_router(made.router)
    async with http_listener(app, host="127.0.0.1", port=0) as port, made.watching():
        for name, (path, look) in PICTURES.items():
            if name not in names:
                continue
            context = await browser.new_context(**look, timezone_id="UTC", reduced_motion="reduce")
            page = await context.new_page()
            await page.goto(f"http://127.0.0.1:{port}{path}")
            if "approval" in name:
                await open_up(page)
            else:
                await page.evaluate("scrollTo(0, 0)")
            seen = page.locator("#flows") if name == "page_runs" else page
            save(name, await seen.screenshot())
            await context.close()


async def open_up(page: Page) -> None:
    """Show what was decided, and the first thing that waits as somebody edits it."""
    await page.locator(".log > summary").click()
    await page.locator(".waits summary").first.click()


async def panels(store: Store, browser: Browser, approvals: Approvals, names: Sequence[str]) -> None:
    """Open the panel in Zoom's side bar, and keep what is seen."""
    with tempfile.TemporaryDirectory() as directory:
        async with https_front(Path(directory)) as front:
            made = Panel(
                store=store,
                live=Speaking(),
                client_id="client",
                client_secret=SecretStr(MADE_UP),
                public_url=front.url,
                call="@assistant",
                approvals=approvals,
            )
            app = FastAPI()
            app.include_router(made.router)
            async with http_listener(app, host="127.0.0.1", port=0) as front.upstream, made.watching():
                for name, (meeting_uuid, look) in PANELS.items():
                    if name in names:
                        save(name, await panel_picture(browser, front.url, name, meeting_uuid, look))


async def panel_picture(
    browser: Browser, url: str, name: str, meeting_uuid: str, look: dict[str, Any]
) -> bytes:
    """One look at the panel."""
    context = await browser.new_context(**(SIDE_BAR | look))
    page = await context.new_page()
    client = ZoomClient(page, f"{url}/panel")
    now_ms = time.time_ns() // 10**6
    client.sent_context = sealed(meeting_uuid, now_ms=now_ms, client_id="client", secret=MADE_UP)
    await client.start(running=meeting_uuid != "not-yet")
    await client.open()
    await page.locator("[data-rtms]:visible").first.wait_for()
    if name == "panel_approval":
        await open_up(page)
    parts = {"panel_findings": "#found", "panel_approval": "#approvals"}
    await page.locator(parts.get(name, "#main")).evaluate(
        "(element) => scrollTo(0, element.getBoundingClientRect().top + scrollY - 60)"
    )
    picture = await page.screenshot()
    await context.close()
    return picture


async def main(names: Sequence[str]) -> None:
    """Make those that are named."""
    if unknown := set(names) - {*PICTURES, *PANELS}:
        raise SystemExit(f"There is no picture {', '.join(sorted(unknown))}.")
    async with open_store("memory://") as store, async_playwright() as playwright:
        await fill(store)
        approvals = await fill_waiting(store)
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        await pages(store, browser, approvals, names)
        await panels(store, browser, approvals, names)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:] or [*PICTURES, *PANELS]))
