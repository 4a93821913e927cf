from __future__ import annotations

import re
import shlex
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import PlainTextResponse, Response

from bridge.domain import StreamState, Usage
from bridge.listener import http_listener
from bridge.pages.finding import MOST_RUNS
from bridge.pages.meeting_routes import replay_command
from bridge.pages.private import CSP
from bridge.pages.wording import ANSWER, LONG, quoted
from tests.fakes.quick import quick
from tests.pages.stage import Windows, insight, news, said, stream, whole_meeting

if TYPE_CHECKING:
    from bridge.domain import Stream
    from bridge.store.store import Store
    from tests.pages.conftest import Wishes

HERE = {"origin": "http://127.0.0.1:8081"}
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "[click](javascript:alert(1))",
    "{{ 7 * 7 }}{% raw %}",
    "\x1b[31mred\x1b[0m",
    "\u202egnp.exe\u2066",
    "]]><!--",
    "&lt;b&gt;",
    "data: x\n\nevent: gone\ndata: y",
)
ALL = " ".join(HOSTILE)


class Reader(HTMLParser):
    """Notes every element and attribute, and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name in ("href", "src", "action", "hx-get", "sse-connect"):
                self.links.append(value or "")

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


def harmless(html: str) -> Reader:
    """A page that holds nothing but what its templates have."""
    page = read(html)
    assert not page.tags & {"img", "style", "iframe", "base", "object", "embed"}
    assert not [name for name in page.attributes if name.startswith("on") or name in ("style", "srcdoc")]
    assert not [link for link in page.links if not link.startswith(("/", "#", "https://good.example"))]
    assert html.count("<script") == 3
    assert "\x1b" not in html
    assert "\u202e" not in html
    return page


async def hostile_meeting(store: Store, **changes: Any) -> None:
    store.put_stream(stream(topic=ALL, end_reason="ended", **changes))
    store.add_utterance(said(1, ALL, speaker=ALL[:190], user_id='"><b>'))
    store.add_utterance(said(2, "x" * 19_000, who=1))
    await Windows(store).done(
        ALL,
        news(
            insight(
                1, '"><b>', ALL, 1, owner=ALL, due=ALL, record={"name": ALL, "url": "javascript:alert(1)"}
            ),
            insight(
                2,
                "decision",
                "kept",
                1,
                record={"name": ALL, "url": 'https://good.example/"><b>'},
                answer={"text": ALL},
            ),
            summary={"text": ALL},
        ),
    )
    await Windows(store, route="big").done("y" * 1_000_000)
    await Windows(store, route="third").failed(ALL)


@pytest.mark.parametrize("state", [StreamState.LIVE, StreamState.ENDED])
async def test_hostile_words_show_as_text(http: httpx.AsyncClient, store: Store, state: StreamState) -> None:
    """Whatever people or flows say in names, words, topic and findings, it is text, on every page."""
    await hostile_meeting(store, state=state)
    page = harmless((await http.get("/meetings/s")).text)
    for words in (
        "<script>alert(1)</script>",
        "[click](javascript:alert(1))",
        "{{ 7 * 7 }}{% raw %}",
        "&lt;b&gt;",
    ):
        assert words in page.text
    for path in ("/", "/archive", "/meetings/s/delete"):
        harmless((await http.get(path)).text)


async def test_hostile_addresses(http: httpx.AsyncClient) -> None:
    """What is asked for is text too."""
    for path in (
        f"/archive?named={quoted(ALL)}&words={quoted(ALL)}",
        f"/meetings/{quoted(ALL)}",
        f"/login?back={quoted(ALL)}",
    ):
        answer = await http.get(path, headers={"accept": "text/html"}, follow_redirects=True)
        harmless(answer.text)


async def test_a_long_text_is_cut_with_a_way_to_the_whole(http: httpx.AsyncClient, store: Store) -> None:
    """A page stays small enough to read, and nothing is out of reach."""
    await hostile_meeting(store)
    html = (await http.get("/meetings/s")).text
    assert len(html) < 400_000
    whole = [link for link in read(html).links if "/whole?run=" in link]
    assert len(whole) == 1
    answer = await http.get(whole[0])
    assert (answer.text, answer.headers["content-type"]) == ("y" * 1_000_000, "text/plain; charset=utf-8")
    assert (await http.get("/meetings/s/whole?u=2")).text == "x" * 19_000
    assert "y" * (LONG + 1) not in html
    for nothing in ("u=3", "u=0", "run=other", "found=found-0", ""):
        assert (await http.get(f"/meetings/s/whole?{nothing}")).status_code == 404


async def test_a_page_of_a_long_meeting(http: httpx.AsyncClient, store: Store) -> None:
    """The last windows stand on it, and those that were given up, which can be run again; it says how many there are."""
    store.put_stream(stream())
    windows = Windows(store)
    await windows.failed("the flow broke")
    for n in range(2, MOST_RUNS + 12):
        await windows.done(f"Answer {n}. " + "y" * 2 * ANSWER if n > MOST_RUNS + 9 else f"Answer {n}.")
    await store.flush()
    html = (await http.get("/meetings/s")).text
    shown = re.findall(r'<li id="run-\w+" class="run (\w+)"(?:.|\n)*?<b>Window (\d+)</b>', html)
    assert shown == [*(("done", str(n)) for n in range(MOST_RUNS + 11, 11, -1)), ("failed", "1")]
    assert f"{MOST_RUNS + 11} windows, of which the last {MOST_RUNS} are shown" in html
    assert "y" * (ANSWER + 1) not in html
    whole = [link for link in read(html).links if "/whole?run=" in link]
    assert (await http.get(whole[0])).text.endswith("y" * 2 * ANSWER)


async def test_headers_of_every_page(http: httpx.AsyncClient, store: Store) -> None:
    """A strict policy, and nothing kept by browsers or told to other sites; errors too."""
    await whole_meeting(store)
    for path in ("/", "/now", "/archive", "/meetings/s", "/meetings/s/words?after=1", "/meetings/s/whole?u=1", "/meetings/s/delete", "/meetings/none",
                 "/meetings/s?at=nonsense"):  # fmt: skip
        headers = (await http.get(path)).headers
        assert headers["content-security-policy"] == CSP
        assert (headers["x-content-type-options"], headers["referrer-policy"], headers["cache-control"]) == (
            "nosniff",
            "same-origin",
            "no-store",
        )
    assert CSP.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in CSP


async def test_what_a_meeting_shows(http: httpx.AsyncClient, store: Store) -> None:
    """Words, gap, chat, shares, findings with the way to their words, talk time and runs."""
    await whole_meeting(store)
    html = (await http.get("/meetings/s")).text
    page = read(html)
    for words in ("Pilot at Harbor Clinics", "Not heard for 11 s", "began to share a screen", "This chat message was deleted.",
                  "Fix the date import", "Wednesday", "Who signs off", "Run it again", "3 attempts", "40 %", "4 spoke, 1 listened"):  # fmt: skip
        assert words in re.sub(r"\s+", " ", page.text)
    assert "/meetings/s?at=12#u-000012" in page.links
    rows = re.findall(r'<li id="((?:u|gaps|happenings)-\d+)"', html)
    assert rows.index("u-000013") < rows.index("gaps-1") < rows.index("u-000014")
    assert "sse-connect" not in html, "nothing more can come"


async def test_an_id_may_hold_anything(http: httpx.AsyncClient, store: Store) -> None:
    """Ids of Zoom's hold slashes, pluses and equals signs; every link of such a page leads to it."""
    await whole_meeting(store, "a/b+c==")
    answer = await http.get("/meetings/a%2Fb%2Bc%3D%3D")
    assert answer.status_code == 200
    links = {link for link in read(answer.text).links if link.startswith("/meetings/")}
    assert links
    for link in links:
        assert (await http.get(link)).status_code == 200, link


async def test_a_long_meeting_comes_in_parts(http: httpx.AsyncClient, store: Store) -> None:
    """A page has some hundred sentences and ways to the others, which follow without a hole; a finding's words are among them."""
    store.put_stream(stream(state=StreamState.ENDED))
    store.stream_settled("s")
    for n in range(1, 701):
        store.add_utterance(said(n))
    await store.flush()
    ids = re.compile(r'<li id="u-(\d+)"')
    html, found = (await http.get("/meetings/s")).text, []
    while True:
        found += [int(n) for n in ids.findall(html)]
        [*more] = [link for link in read(html).links if "/words?after=" in link]
        if not more:
            break
        html = (await http.get(more[0])).text
    assert found == list(range(1, 701))
    around = (await http.get("/meetings/s?at=500")).text
    assert 'id="u-000500"' in around
    [earlier] = [link for link in read(around).links if "/words?before=" in link]
    first = int(ids.findall(around)[0])
    before = (await http.get(earlier)).text
    assert int(ids.findall(before)[-1]) == first - 1
    assert "words?after" not in before, "what follows is on the page"


async def test_a_live_meeting_opens_at_its_end(http: httpx.AsyncClient, store: Store) -> None:
    """It goes on from what the page shows; a page of earlier words does not."""
    store.put_stream(stream())
    for n in range(1, 701):
        store.add_utterance(said(n))
    await store.flush()
    html = (await http.get("/meetings/s")).text
    assert 'id="u-000700"' in html
    [events] = [link for link in read(html).links if "/events" in link]
    assert re.fullmatch(r"/meetings/s/events\?after=700\.0\.0\.[0-9a-f]{16}", events)
    assert "sse-connect" not in (await http.get("/meetings/s?at=5")).text


async def test_deleting(http: httpx.AsyncClient, store: Store, wishes: Wishes) -> None:
    """The page says what goes, and a press of the button asks for it."""
    await whole_meeting(store, meeting_uuid="the-meeting")
    store.put_stream(stream("other", meeting_uuid="the-meeting"))
    await store.flush()
    told = re.sub(r"\s+", " ", read((await http.get("/meetings/s/delete")).text).text)
    for words in ("22 utterances", "4 runs", "0 recordings", "1 other part", "Langflow"):
        assert words in told
    assert wishes.forgotten == []
    answer = await http.post(
        "/meetings/s/delete", headers=HERE | {"content-type": "application/x-www-form-urlencoded"}
    )
    assert (answer.status_code, wishes.forgotten) == (303, ["the-meeting"])
    assert "is being deleted" in (await http.get(answer.headers["location"])).text


async def test_what_is_not_there(http: httpx.AsyncClient, store: Store) -> None:
    """An unknown meeting, a deleted one and an id that nothing can have are pages that say so."""
    store.put_stream(stream("gone", state=StreamState.ENDED, server_urls=""))
    await store.flush()
    for name in ("none", "gone", "x" * 300, "a%00b", "%EF%BF%BD"):
        answer = await http.get(f"/meetings/{name}")
        assert answer.status_code == 404
        assert "There is nothing here" in answer.text


async def test_the_store_is_away(
    http: httpx.AsyncClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every page says what that means and what to do."""

    async def away(_: object) -> None:
        raise OSError("disk")

    monkeypatch.setattr(store._engine, "read", away)
    for path in ("/", "/archive", "/meetings/s"):
        answer = await http.get(path)
        assert answer.status_code == 503
        assert "The store does not answer" in answer.text
        assert "doctor" in answer.text


async def test_events_over_the_wire(serve: Any, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser's event stream: its type, its cursor, and where ``Last-Event-ID`` takes it up again."""
    quick(monkeypatch)
    await whole_meeting(store, state=StreamState.LIVE, end_reason="")
    async with serve() as served:
        app = FastAPI()
        app.include_router(served.pages.router)
        async with (
            http_listener(app, host="127.0.0.1", port=0) as port,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http,
        ):
            url = "/meetings/s/events?after=5.0.0."
            told = await _first_events(http, url, {}, "u-000022")
            assert told.startswith("retry: ")
            assert 'id="u-000005"' not in told
            assert 'id="u-000006"' in told
            again = await _first_events(http, url, {"last-event-id": "21.1.6."}, "u-000022")
            assert re.findall(r'id="u-(\d+)"', again)[:1] == ["000022"]
            assert (await http.get("/meetings/s/events", headers={"host": "evil.example"})).status_code == 400
            served.pages.watches._is_open = False  # as while the bridge stops
            quiet = await http.get(url)
            assert (quiet.text, quiet.headers["content-type"]) == (
                "retry: 2000\n\n",
                "text/event-stream; charset=utf-8",
            )


async def _first_events(http: httpx.AsyncClient, url: str, headers: dict[str, str], until: str) -> str:
    told = ""
    async with http.stream("GET", url, headers=headers) as answer:
        assert answer.headers["cache-control"] == "no-store"
        async for text in answer.aiter_text():
            told += text
            if until in told:
                break
    return told


async def test_readers_are_counted(serve: Any, store: Store) -> None:
    """The listener keeps places for others: so many read live, and no more."""
    async with serve() as served:
        served.pages.watches.most_readers = 0
        assert (await served.http.get("/meetings/s/events")).status_code == 503


@pytest.mark.parametrize("stream_id", ["s", "--help", "it's; rm -rf $HOME", "a b/c=="])
def test_the_command_for_a_replay(stream_id: str) -> None:
    """A shell takes the meeting's id as it is, whatever it looks like."""
    words = shlex.split(replay_command(stream_id))
    assert words[:2] == ["zoom-bridge", "replay"]
    assert words[-2:] == ["--", stream_id]


async def test_trying_another_flow(http: httpx.AsyncClient, store: Store) -> None:
    """The page of a meeting that is over tells how it is given to other flows."""
    await whole_meeting(store)
    assert replay_command("s") in (await http.get("/meetings/s")).text


async def test_export_links(serve: Any, store: Store) -> None:
    """Where somebody can write files, the page leads to each form, and to no other."""
    await whole_meeting(store)

    async def export(meeting: Stream, form: str) -> Response:
        return PlainTextResponse(f"{meeting.stream_id} as {form}")

    async with serve(export=export) as served:
        links = [
            link for link in read((await served.http.get("/meetings/s")).text).links if "/export." in link
        ]
        assert links == [f"/meetings/s/export.{form}" for form in ("vtt", "srt", "md", "txt", "json")]
        assert (await served.http.get(links[0])).text == "s as vtt"
        assert (await served.http.get("/meetings/s/export.exe")).status_code == 404
    async with serve() as served:
        assert "/export." not in (await served.http.get("/meetings/s")).text


async def test_what_models_took(http: httpx.AsyncClient, store: Store) -> None:
    """Beside each run that is over and in all, also where nobody knows."""
    store.put_stream(stream())
    windows = Windows(store)
    await windows.done("Hi.", took=Usage(1204, 96, 4200))
    await windows.done()
    await windows.add()
    page = (await http.get("/meetings/s")).text
    told = re.findall(r'<span class="soft took">([^<]*)</span>', page)
    assert told == ["tokens not known", "1,204 tokens in, 96 out, $0.0042"]
    [whole] = re.findall(r'<p id="took" class="soft">([^<]*)</p>', page)
    assert whole == "All runs: 1,204 tokens in, 96 out, $0.0042; not known of 1 run"
