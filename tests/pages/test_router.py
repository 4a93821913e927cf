from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from bridge.domain import StreamState
from bridge.errors import NotAMeeting
from bridge.listener import GRACE_SECONDS
from tests.fakes.journey import Journey, simulator
from tests.fakes.run_api import RunApi
from tests.fakes.waiting import at_work, until
from tests.pages.conftest import NOW_S
from tests.pages.stage import said, stream, whole_meeting

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.domain import Stream, Utterance
    from bridge.store.store import Store
    from tests.pages.conftest import Wishes

FORM = {"origin": "http://127.0.0.1:8081", "content-type": "application/x-www-form-urlencoded"}


async def test_a_bridge_stops_though_somebody_reads(tmp_path: Path) -> None:
    """Its real listener lets live readers go at once, well within the grace, and they see a whole answer."""
    async with RunApi().listening() as api, simulator() as zoom:
        journey = Journey(zoom, api, tmp_path / "bridge.db")
        running = journey.bridge()
        bridge = await running.__aenter__()
        await at_work(bridge.store)
        await whole_meeting(bridge.store, state=StreamState.LOST, end_reason="")
        async with httpx.AsyncClient(base_url=bridge.admin_url, trust_env=False, timeout=30) as http:
            assert (await http.get("/")).status_code == 200
            async with http.stream("GET", "/meetings/s/events") as answer:
                pieces = answer.aiter_text()
                told = await anext(pieces)
                while 'id="facts"' not in told:
                    told += await anext(pieces)
                began = time.monotonic()
                stopping = asyncio.ensure_future(running.__aexit__(None, None, None))
                assert [piece async for piece in pieces] == []
                ended = time.monotonic()
            await stopping
    assert ended - began < GRACE_SECONDS / 2


async def test_words_of_past_meetings_are_found(tmp_path: Path) -> None:
    """The box on the archive's page asks the bridge's own search, and its hits lead to their words; a meeting can be taken away."""
    async with RunApi().listening() as api, simulator() as zoom:
        journey = Journey(zoom, api, tmp_path / "bridge.db")
        async with (
            journey.bridge() as bridge,
            httpx.AsyncClient(base_url=bridge.admin_url, trust_env=False) as http,
        ):
            await whole_meeting(bridge.store)

            async def found() -> str:
                html = (await http.get("/archive", params={"words": "birthday in the future"})).text
                return html if "found for" in html and "Nothing found" not in html else ""

            html = await until(found)
            assert "<mark>birthday</mark>" in html
            assert re.search(r"/meetings/s\?at=\d+#u-0000\d\d", html)
            assert "there is no word to look for" in (await http.get("/archive?words=the")).text
            minutes = await http.get("/meetings/s/export.md")
            assert minutes.status_code == 200
            assert "Harbor Clinics" in minutes.text
            assert "attachment" in minutes.headers["content-disposition"]


async def test_now(http: httpx.AsyncClient, store: Store, wishes: Wishes) -> None:
    """The first page tells what is live, how the bridge is, and what was given up."""
    await whole_meeting(store)
    store.put_stream(stream("live", topic="Roadmap"))
    await store.flush()
    html = (await http.get("/")).text
    for words in (
        "1 meeting live",
        "Roadmap",
        "Langflow answers",
        "Pilot at Harbor Clinics",
        "it asks to wait",
        "Run all of them again",
    ):
        assert words in html


@pytest.mark.parametrize(
    ("ago_ms", "since"), [(-90_000, "under a minute"), (5_000, "under a minute"), (130_000, "2 min")]
)
async def test_since_when(http: httpx.AsyncClient, store: Store, ago_ms: int, since: str) -> None:
    """A meeting's age, in whole minutes; another machine's clock may be ahead of ours."""
    store.put_stream(stream(started_at_ms=int(1000 * NOW_S) - ago_ms))
    await store.flush()
    assert f"<dt>Since</dt><dd>{since}</dd>" in (await http.get("/")).text


async def test_only_news_is_swapped_in(http: httpx.AsyncClient, store: Store) -> None:
    """Who has the page as it is gets nothing; then the part, not the whole."""
    html = (await http.get("/")).text
    url = html.split('hx-get="')[1].split('"')[0]
    assert (await http.get(url)).status_code == 204
    part = await http.get("/now?was=other")
    assert part.status_code == 200
    assert part.text.lstrip().startswith('<div id="now"')


async def test_running_again(http: httpx.AsyncClient, wishes: Wishes) -> None:
    """One window or all of them, and back to where the button was."""
    one = await http.post("/runs/retry", content="window=s%3Anotes%3A1&back=%2Fmeetings%2Fs", headers=FORM)
    assert (one.status_code, one.headers["location"]) == (303, "/meetings/s")
    await http.post("/runs/retry", content="window=all&back=//evil.example", headers=FORM)
    assert wishes.retried == [["s:notes:1"], None]
    for nothing in ("", "window=", "window=%00"):
        assert (await http.post("/runs/retry", content=nothing, headers=FORM)).status_code == 404
    assert len(wishes.retried) == 2


async def test_the_archive(http: httpx.AsyncClient, store: Store) -> None:
    """Past meetings by day, found by topic or person; without somebody who can search there is no box for words."""
    await whole_meeting(store)
    await whole_meeting(store, "t", topic="Weekly")
    html = (await http.get("/archive", params={"named": "weekly"})).text
    assert "Weekly" in html
    assert "Harbor" not in html
    assert 'name="words"' not in html
    both = (await http.get("/archive", params={"named": "okafor"})).text
    assert "Weekly" in both
    assert "Harbor" in both
    assert "No meeting here" in (await http.get("/archive", params={"named": "nobody"})).text
    assert (await http.get("/archive?before=nonsense")).status_code == 404


@dataclass(frozen=True)
class Line:
    utterance: Utterance
    marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Hit:
    stream: Stream
    lines: tuple[Line, ...] = ()
    label: str = ""
    text: str = ""
    marks: tuple[tuple[int, int], ...] = ()


async def test_searching(serve: Any, store: Store) -> None:
    """Somebody who can search gives places, each shown in its surroundings, its words marked, with the way to it."""
    asked: list[tuple[str, int]] = []

    class Searcher:
        async def search(self, text: str, *, limit: int) -> list[Hit]:
            asked.append((text, limit))
            if text == "the":
                raise NotAMeeting("there is no word to look for")
            return [
                Hit(
                    stream(),
                    (Line(said(11, "<i>before</i>")), Line(said(12, "a <b>hit</b>"), ((2, 5), (5, 8)))),
                ),
                Hit(stream("t", topic=""), label="action_item", text="Send it", marks=((0, 4),)),
            ]

    async with serve(searcher=Searcher()) as served:
        assert 'name="words"' in (await served.http.get("/archive")).text
        html = (await served.http.get("/archive", params={"words": " date import "})).text
        refused = (await served.http.get("/archive", params={"words": "the"})).text
    assert asked == [("date import", 50), ("the", 50)]
    assert "2 places found for" in html
    assert 'href="/meetings/s?at=12#u-000012"' in html
    assert 'href="/meetings/t"' in html
    assert "&lt;i&gt;before" in html
    assert "a <mark>&lt;b&gt;</mark><mark>hit</mark>&lt;/b&gt;" in html
    assert "<mark>Send</mark> it" in html
    assert "there is no word to look for" in refused


@pytest.mark.parametrize(
    ("accept", "kind"), [("text/html,*/*", "text/html"), ("application/json", "application/json")]
)
async def test_an_address_that_there_is_not(http: httpx.AsyncClient, accept: str, kind: str) -> None:
    """People get a page, programs what they always got."""
    answer = await http.get("/nothing", headers={"accept": accept})
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (404, kind)
