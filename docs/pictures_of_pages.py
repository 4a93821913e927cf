"""Make the pictures of the bridge's own pages in ``docs/images`` anew: ``python docs/pictures_of_pages.py``.

Pages on a store with made-up meetings, in a real Chromium. Needs the development environment and Chromium, no Langflow.
Look at each picture before it is committed.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI
from pictures import save
from playwright.async_api import async_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from bridge.admin.api import Actions
from bridge.clock import Clock
from bridge.domain import StreamState
from bridge.listener import http_listener
from bridge.pages.router import Pages
from bridge.store.store import open_store
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.pages.conftest import WELL
from tests.pages.stage import BEGAN_MS, PEOPLE, Windows, said, stream, whole_meeting

if TYPE_CHECKING:
    from bridge.store.store import Store

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
    "page_archive": ("/archive", {"viewport": {"width": 1360, "height": 620}}),
}
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


async def main() -> None:
    """Serve the pages, look at each in its way, keep what is seen."""

    async def readiness() -> tuple[dict[str, Any], bool]:
        return REPORT, True

    async def nothing(_: str) -> None:
        return

    async with open_store("memory://") as store:
        await fill(store)
        now = (BEGAN_MS + 2 * MINUTE) / 1000
        pages = Pages(
            store=store,
            live=Speaking(),
            readiness=readiness,
            actions=Actions(forget=nothing),
            token=None,
            clock=Clock(wall=lambda: now),
        )
        app = FastAPI()
        app.include_router(pages.router)
        async with (
            http_listener(app, host="127.0.0.1", port=0) as port,
            pages.watching(),
            async_playwright() as playwright,
        ):
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for name, (path, look) in PICTURES.items():
                context = await browser.new_context(**look, timezone_id="UTC", reduced_motion="reduce")
                page = await context.new_page()
                await page.goto(f"http://127.0.0.1:{port}{path}")
                await page.evaluate("scrollTo(0, 0)")
                save(name, await page.screenshot())
                await context.close()
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
