"""Make the pictures of a replay's report in ``docs/images`` anew: ``python docs/pictures_of_replay.py replay.json reference.json``.

From what ``zoom-bridge replay`` has kept, and a reference. Needs the development environment and Chromium.
Look at each picture before it is committed.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final

from pictures import save
from playwright.async_api import async_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from bridge.replay.outcome import from_json
from bridge.replay.reference import read_reference
from bridge.replay.report import html
from bridge.replay.score import scores
from tests.browser.conftest import CHROMIUM, FLAGS

TOP: Final = {"width": 1360, "height": 860}
ROWS: Final = {"width": 1360, "height": 900}


async def main(page: str) -> None:
    """Take both pictures of a report."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.html"
        report.write_text(page, encoding="utf-8")
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            light = await browser.new_page(viewport=TOP)  # type: ignore[arg-type]
            await light.goto(report.as_uri())
            save("replay", await light.screenshot())
            dark = await browser.new_page(viewport=ROWS, color_scheme="dark")  # type: ignore[arg-type]
            await dark.goto(report.as_uri())
            await dark.locator("#meeting-1").scroll_into_view_if_needed()
            await dark.evaluate("document.getElementById('meeting-1').scrollIntoView()")
            for accepted in (0, 1):
                await dark.locator("button[data-verdict='findings']").nth(accepted).click()
            save("replay_dark", await dark.screenshot())
            await browser.close()


def report_of(kept: Path, reference: Path) -> str:
    """The report of what was kept."""
    outcome = from_json(kept.read_text(encoding="utf-8"), str(kept))
    expected = read_reference(reference.read_text(encoding="utf-8"), str(reference))
    return html(outcome, scores(outcome, expected))


if __name__ == "__main__":
    asyncio.run(main(report_of(Path(sys.argv[1]), Path(sys.argv[2]))))
