"""The report in a real Chromium, as a file: what is accepted becomes a reference."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import async_playwright

from bridge.replay.compare import side_by_side
from bridge.replay.outcome import Between
from bridge.replay.reference import read_reference
from bridge.replay.report import html
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.pages.browsing import AXE, RUN_AXE
from tests.replay.made import CONTRACT, FAX, QUOTED, answer, outcome, trial
from tests.replay.test_report import BETWEEN

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


async def test_what_is_accepted_becomes_a_reference(tmp_path: Path) -> None:
    """A click on each finding and one to save: the file is a reference. Nothing is asked for, nothing complains, axe-core
    finds nothing, and the page is no wider than a phone.
    """
    if not os.access(CHROMIUM, os.X_OK):
        pytest.skip(f"there is no {CHROMIUM}")
    made = outcome(
        trial("rules", answer(1, QUOTED, FAX, minutes="They met.")),
        trial("model", answer(1, CONTRACT)),
        between=(BETWEEN, Between(one="rules", other="x", differences=(), note="not known")),
    )
    (tmp_path / "report.html").write_text(html(made, side_by_side(made)), encoding="utf-8")
    asked: list[str] = []
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for scheme in ("light", "dark"):
            page = await browser.new_page(
                viewport={"width": 375, "height": 800},
                color_scheme=scheme,  # type: ignore[arg-type]
                bypass_csp=scheme == "dark",
            )
            page.on("request", lambda request: asked.append(request.url))
            page.on("console", lambda message: complaints.append(message.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            await page.goto((tmp_path / "report.html").as_uri())
            assert await page.evaluate("document.documentElement.scrollWidth") <= 375
            if scheme == "dark":
                await page.evaluate(AXE)
                assert await page.evaluate(RUN_AXE, {"runOnly": ["wcag2a", "wcag2aa"]}) == []
                continue
            await page.get_by_role("button", name="Accept").nth(0).click()
            await page.get_by_role("button", name="Reject").nth(1).click()
            assert await page.get_by_role("status").inner_text() == "1 accepted, 1 rejected"
            async with page.expect_download() as started:
                await page.get_by_role("button", name="Save as a reference").click()
            saved = await (await started.value).path()
            [told] = read_reference(saved.read_text(encoding="utf-8"), "it").meetings
        await browser.close()

    assert (told.meeting, [each.kind for each in told.findings]) == ("weekly", ["action_item"])
    assert told.findings[0].evidence == ["u-000001"]
    assert [each.kind for each in told.rejected] == ["decision"]
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []
    assert complaints == []
