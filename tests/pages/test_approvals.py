"""What waits, on the page of a meeting and by its forms."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from playwright.async_api import expect

from bridge.approval.approvals import Approvals
from bridge.clock import Clock
from bridge.domain import StreamState, WindowKind
from bridge.errors import LangflowError
from bridge.pages import watch
from tests.approval.test_approvals import ROUTE, answer
from tests.approval.values import finding, note, waiting_news
from tests.fakes.journey import Journey, simulator
from tests.fakes.quick import quick
from tests.fakes.run_api import RunApi
from tests.fakes.waiting import at_work
from tests.pages.browsing import faults_of, tab
from tests.pages.conftest import NOW_S
from tests.pages.following import Follower
from tests.pages.stage import Windows, whole_meeting
from tests.pages.test_meeting_routes import ALL, harmless
from tests.pages.test_router import FORM

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx
    from playwright.async_api import Browser

    from bridge.store.store import Store
    from tests.pages.conftest import Served

TOLD = waiting_news(
    finding("i-1", "Fix the date import", owner="Tomás", answer={"text": "See page 4.", "source": "FAQ"}),
    finding("i-2", "Write to the front desks"),
    notes=[note("budget", "The budget is used up.")],
)


@pytest.fixture
async def served(serve: Any, store: Store) -> AsyncIterator[Served]:
    """Pages of a meeting in which three things wait, and who is woken."""
    await whole_meeting(store)
    await Windows(store, route="notes").done("found", json.dumps(TOLD))
    store.stream_settled("s")
    await store.flush()
    woken: list[int] = []

    async def wake() -> None:
        woken.append(1)

    approvals = Approvals(store, routes={"notes"}, wake=wake, clock=Clock(wall=lambda: NOW_S))
    async with serve(approvals=approvals) as served:
        served.woken = woken
        yield served


async def form_of(http: httpx.AsyncClient, text: str) -> dict[str, str]:
    """The hidden fields beside a text that waits."""
    html = (await http.get("/meetings/s")).text
    part = next(each for each in html.split('class="waits"')[1:] if text in unescape(each))
    return {
        name: unescape(value) for name, value in re.findall(r'hidden" name="(\w+)" value="([^"]*)"', part)
    }


async def press(http: httpx.AsyncClient, form: dict[str, str], do: str, **fields: str) -> httpx.Response:
    body = urlencode({**form, "do": do, **fields})
    return await http.post("/meetings/s/approvals", content=body, headers=FORM)


def waiting(html: str) -> list[str]:
    """The first words of what waits."""
    return re.findall(r'class="waits"(?:.|\n)*?<p class="words" dir="auto">([^<]*)', html)


async def test_what_waits_stands_above_what_was_found(served: Served) -> None:
    """Each with its three ways, who and when, and the answer that goes out with it."""
    html = (await served.http.get("/meetings/s")).text
    assert waiting(html) == ["Fix the date import", "Write to the front desks", "The budget is used up."]
    assert html.index('id="approvals"') < html.index('id="found"')
    assert html.count('name="do" value="post"') == html.count('name="do" value="no"') == 3
    assert "See page 4." in html
    assert 'value="Tomás"' in html


async def test_all_three_ways(served: Served, store: Store) -> None:
    """Post, edit and post, and no: what was decided by whom and when is shown at once, and what goes out wakes its bridge."""
    for text, do, fields in (
        ("Fix the date import", "post", {"text": "of no meaning"}),
        ("Write to the front desks", "edit", {"text": "Call the front desks", "owner": "Ingrid", "due": ""}),
        ("The budget is used up.", "no", {}),
    ):
        answer = await press(served.http, await form_of(served.http, text), do, **fields)
        assert (answer.status_code, answer.headers["location"]) == (303, "/meetings/s?decided=1#approvals")
        assert text not in waiting((await served.http.get(answer.headers["location"])).text)
    verdicts = await store.verdicts("s")
    assert [(each.decision.value, each.text, each.owner, each.who) for each in verdicts] == [
        ("post", "Fix the date import", "Tomás", "somebody on the bridge's pages"),
        ("post", "Call the front desks", "Ingrid", "somebody on the bridge's pages"),
        ("no", "The budget is used up.", "", "somebody on the bridge's pages"),
    ]
    assert served.woken == [1, 1]
    html = (await served.http.get("/meetings/s")).text
    assert "Nothing waits now." in html
    decided = re.findall(r"(Approved|Edited and approved|Declined) by <bdi>([^<]*)</bdi>, <time", html)
    assert [unescape(" ".join(each)) for each in decided] == [
        "Declined somebody on the bridge's pages",
        "Edited and approved somebody on the bridge's pages",
        "Approved somebody on the bridge's pages",
    ]
    assert "10:10 UTC" in html


async def test_a_second_press_is_refused_with_what_there_is(served: Served, store: Store) -> None:
    """The words that somebody typed are not lost."""
    form = await form_of(served.http, "Fix the date import")
    await press(served.http, form, "no")
    answer = await press(served.http, form, "edit", text="Fix it <b>now</b>", owner="Zelda", due="May 5")
    assert answer.status_code == 409
    page = harmless(answer.text)
    assert "Somebody has decided on this already" in page.text
    assert "Fix it <b>now</b>" in page.text
    assert "Zelda" in page.text
    assert "May 5" in page.text
    assert waiting(answer.text) == ["Write to the front desks", "The budget is used up."]
    assert len(await store.verdicts("s")) == 1


async def test_a_press_on_older_words_is_refused(served: Served, store: Store) -> None:
    """The flow has changed it meanwhile; the page shows what it says now, as a change once that is one."""
    form = await form_of(served.http, "Fix the date import")
    changed = waiting_news(finding("i-1", "Fix the date import and send a report"))
    await Windows(store, route="notes", seq=1).done("found", json.dumps(changed))
    answer = await press(served.http, form, "post")
    assert answer.status_code == 409
    assert "changed this meanwhile" in answer.text
    assert "Fix the date import and send a report" in waiting(answer.text)
    assert (await store.verdicts("s"), served.woken) == ([], [])


async def test_words_are_needed_and_not_too_many(served: Served) -> None:
    """Blanks are none; of what is too long nothing is lost."""
    form = await form_of(served.http, "front desks")
    answer = await press(served.http, form, "edit", text=" \n ")
    assert (answer.status_code, "There are no words to post" in answer.text) == (422, True)
    answer = await press(served.http, form, "edit", text="word " * 900 + "the end")
    assert (answer.status_code, "at most 4,000 go out" in answer.text) == (422, True)
    assert "the end" in harmless(answer.text).text


async def test_an_edit_of_who_or_when_is_one(served: Served) -> None:
    """The log says what was pressed."""
    form = await form_of(served.http, "front desks")
    await press(served.http, form, "edit", text="Write to the front desks", owner="Ravi", due="")
    assert "Edited and approved by" in (await served.http.get("/meetings/s?decided=1")).text


@pytest.mark.parametrize(
    "body", ["", "do=post", "do=other&route=notes", "do=post&route=notes&item=insight:i-1&digest=x"]
)
async def test_other_forms_do_nothing(served: Served, store: Store, body: str) -> None:
    """Whatever they lack."""
    answer = await served.http.post("/meetings/s/approvals", content=body, headers=FORM)
    assert answer.status_code in (409, 422)
    assert await store.verdicts("s") == []


async def test_nobody_else_decides(served: Served, store: Store) -> None:
    """Not a form of another site, nor one without a meeting, nor where nothing decides."""
    form = await form_of(served.http, "front desks")
    body = urlencode({**form, "do": "post"})
    evil = FORM | {"origin": "https://evil.example"}
    assert (await served.http.post("/meetings/s/approvals", content=body, headers=evil)).status_code == 403
    assert (await served.http.post("/meetings/t/approvals", content=body, headers=FORM)).status_code == 404
    assert await store.verdicts("s") == []


async def test_hostile_words_show_as_text(served: Served, store: Store) -> None:
    """Those of a flow, and those that somebody types, whole and in the log."""
    hostile = waiting_news(
        finding('"><b>', ALL, owner=ALL, due=ALL, kind=ALL), notes=[note(ALL, ALL)], summary=ALL
    )
    await Windows(store, route="notes", seq=5).done("found", json.dumps(hostile), WindowKind.FINAL)
    harmless((await served.http.get("/meetings/s")).text)
    form = await form_of(served.http, "front desks")
    await press(served.http, form, "edit", text="</textarea>" + ALL, owner=ALL, due=ALL)
    page = harmless((await served.http.get("/meetings/s?decided=1")).text)
    assert "</textarea><script>alert(1)</script>" in page.text


async def test_who_runs_the_bridge_reads_what_is_wrong(serve: Any, store: Store) -> None:
    """An answer that Langflow does not take is told with the reason."""
    await whole_meeting(store)

    async def answers(stream_id: str, request_id: str, action: str) -> None:
        raise LangflowError("nobody answers at http://langflow-1:7860")

    async def wake() -> None:
        raise AssertionError("nobody is woken")

    approvals = Approvals(store, routes={"notes"}, wake=wake)
    async with serve(approvals=approvals, answers=answers) as served:
        told = await served.http.post("/meetings/s/questions", content="request=r&action=yes", headers=FORM)
    assert (told.status_code, "nobody answers at http://langflow-1:7860" in told.text) == (409, True)


async def test_it_comes_and_goes_on_pages_that_are_open(
    served: Served, store: Store, monkeypatch: Any
) -> None:
    """Without a reload: what waits, then an empty place for it, and who decided what."""
    monkeypatch.setattr("bridge.pages.watch.TICK_SECONDS", 0.01)
    store.stream_unsettled("s")
    await store.flush()
    async with Follower(served.pages.watches, cursor="99.9.9.") as reader:
        changed = waiting_news(finding("i-9", "Ask the vendor"))
        await Windows(store, route="notes", seq=6).done("found", json.dumps(changed))
        await reader.heard("Ask the vendor")
        await press(served.http, await form_of(served.http, "Ask the vendor"), "no")
        await reader.heard("Declined by")
        name = re.findall(r'<li id="(wait-\w+)"[^>]* hidden>', reader.html)
        assert name


@pytest.mark.browser
@pytest.mark.timeout(180)
async def test_in_a_browser(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Edited and posted on a past meeting's page, it goes to its flow; typed words stay while the flow changes what they are about."""
    quick(monkeypatch)
    monkeypatch.setattr(watch, "TICK_SECONDS", 0.1)
    async with RunApi().listening() as api, simulator() as zoom:
        journey = Journey(zoom, api, tmp_path / "bridge.db")
        api.otherwise = answer
        async with (
            journey.bridge(ROUTE) as bridge,
            tab(browser, forgives=["409"], reduced_motion="reduce") as page,
        ):
            await at_work(bridge.store)
            await whole_meeting(bridge.store, state=StreamState.LOST, end_reason="")
            windows = Windows(bridge.store, route="notes")
            await windows.done("found", json.dumps(TOLD))
            bridge.store.stream_unsettled("s")
            await bridge.store.flush()
            await page.goto(f"{bridge.admin_url}/meetings/s")
            assert await faults_of(page) == []
            first, second = (page.locator(".waits").nth(n) for n in (0, 1))
            await second.get_by_text("Edit and post").click()
            await second.get_by_label("Words").fill("Call the front desks")
            changed = waiting_news(finding("i-2", "Write to the front desks and the doctors"))
            await windows.done("found", json.dumps(changed))
            await expect(second.get_by_text("The flow has changed this meanwhile")).to_be_visible()
            await expect(second.get_by_label("Words")).to_have_value("Call the front desks")
            await second.get_by_role("button", name="Post as edited").click()
            await expect(page.get_by_role("alert")).to_contain_text("Call the front desks")
            assert await faults_of(page) == []

            await first.get_by_text("Edit and post").click()
            await first.get_by_label("Words").fill("Fix the import of dates")
            await first.get_by_role("button", name="Post as edited").click()
            await page.get_by_text("What was decided").click()
            await expect(page.locator("#decided")).to_contain_text("went out")
            await expect(page.locator("#decided")).to_contain_text("Fix the import of dates")
            assert await faults_of(page) == []
    [window] = [each.window for each in api.runs if each.window["kind"] == "approved"]
    assert window["approved"]["insights"][0]["text"] == "Fix the import of dates"
    assert not api.faults
