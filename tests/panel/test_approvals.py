"""What waits, in Zoom's side bar."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from bridge.approval.approvals import Approvals
from bridge.domain import StreamState
from bridge.errors import DecisionRefused, LangflowError
from bridge.pages.approvals import NOT_TAKEN
from tests.approval.values import finding, waiting_news
from tests.pages.stage import Windows, stream, whole_meeting
from tests.panel.conftest import PUBLIC
from tests.panel.test_router import HERE, checked

if TYPE_CHECKING:
    from bridge.store.store import Store

FORM = HERE | {"content-type": "application/x-www-form-urlencoded"}


async def _nobody() -> None:
    """Nobody is woken."""


async def filled(store: Store) -> Any:
    """A meeting that is live, in which two things wait, and another one."""
    await whole_meeting(store, state=StreamState.LIVE, end_reason="")
    told = waiting_news(finding("i-1", "Fix the date import"), finding("i-2", "Write to the desks"))
    await Windows(store, route="notes").done("found", json.dumps(told))
    store.put_stream(stream("other", topic="Secret board"))
    await Windows(store, "other", route="notes").done("found", json.dumps(told))
    return Approvals(store, routes={"notes"}, wake=_nobody)


def body(html: str, text: str, do: str = "post") -> str:
    part = next(each for each in html.split('class="waits"')[1:] if text in unescape(each))
    hidden = re.findall(r'hidden" name="(\w+)" value="([^"]*)"', part)
    return urlencode({name: unescape(value) for name, value in hidden} | {"do": do})


async def test_who_decides_is_whom_zoom_names(serve: Any, store: Store) -> None:
    """The user of the context, also with the ticket alone; guests are called so, where they may look at all."""
    approvals = await filled(store)
    async with serve(approvals=approvals, guests=True) as opened:
        html = (await opened.home(opened.context())).text
        assert (
            re.findall(r'<form method="post" action="([^"]*)"', html) == ["/panel/meetings/s/approvals"] * 2
        )
        for text, cookie in (
            ("Fix the date", await opened.cookie()),
            ("Write to the desks", await opened.cookie(uid=None)),
        ):
            answer = await opened.http.post(
                "/panel/meetings/s/approvals", content=body(html, text), headers=FORM | cookie
            )
            assert (answer.status_code, answer.headers["location"]) == (
                303,
                "/panel/meetings/s?decided=1#approvals",
            )
            checked(answer)
        page = checked(await opened.http.get(answer.headers["location"], headers=await opened.cookie()))
        assert [each.who for each in await store.verdicts("s")] == [
            "Zoom user UIhTkdB5Q0aKzC3xYw71Bg",
            "a guest in Zoom",
        ]
        assert "Approved by <bdi>a guest in Zoom</bdi>" in page.text
        again = await opened.http.post(
            "/panel/meetings/s/approvals",
            content=body(html, "Fix the date"),
            headers=FORM | await opened.cookie(),
        )
        assert (again.status_code, "decided on this already" in again.text) == (409, True)
        checked(again)


async def test_nobody_decides_on_another_meeting_or_from_another_site(serve: Any, store: Store) -> None:
    """Nor without a ticket, nor without saying where the form stands."""
    approvals = await filled(store)
    async with serve(approvals=approvals) as opened:
        html = (await opened.home(opened.context())).text
        cookie, wish = await opened.cookie(), body(html, "Fix the date")
        unnamed = {"content-type": FORM["content-type"]}
        for stream_id, headers, status in (
            ("other", FORM | cookie, 404),
            ("s", FORM, 401),
            ("s", unnamed | cookie, 403),
            ("s", FORM | cookie | {"origin": "https://evil.example"}, 403),
            ("s", FORM | cookie | {"sec-fetch-site": "cross-site"}, 403),
        ):
            path = f"/panel/meetings/{stream_id}/approvals"
            answer = await opened.http.post(path, content=wish, headers=headers)
            assert answer.status_code == status, (stream_id, headers)
        assert (await store.verdicts("s"), await store.verdicts("other")) == ([], [])
        assert FORM["origin"] == PUBLIC


async def test_what_is_wrong_behind_the_bridge_is_told_to_nobody_in_the_meeting(
    serve: Any, store: Store
) -> None:
    """An answer that Langflow does not take names neither its address nor a setting; why it is too late is said."""
    approvals = await filled(store)
    faults: list[Exception] = [
        LangflowError("nobody answers at http://langflow-1:7860"),
        DecisionRefused("Nobody asks this any more."),
    ]

    async def answers(stream_id: str, request_id: str, action: str) -> None:
        raise faults.pop(0)

    async with serve(approvals=approvals, answers=answers) as opened:
        for told in (NOT_TAKEN, "Nobody asks this any more."):
            answer = await opened.http.post(
                "/panel/meetings/s/questions",
                content="request=r&action=yes",
                headers=FORM | await opened.cookie(),
            )
            assert (answer.status_code, told in unescape(answer.text)) == (409, True)
            assert "langflow" not in answer.text.lower()
