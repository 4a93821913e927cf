from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest

from bridge.domain import StreamState
from bridge.pages.finding import element_id
from bridge.pages.wording import quoted
from bridge.panel import site
from bridge.panel.ticket import COOKIE, TICKET_SECONDS
from tests.fakes.waiting import until
from tests.fakes.zoom_client import why_blocked
from tests.pages.stage import Windows, insight, news, said, stream, whole_meeting
from tests.pages.test_meeting_routes import ALL, HOSTILE, hostile_meeting, read
from tests.panel.conftest import PUBLIC, SECRET

if TYPE_CHECKING:
    import httpx

    from bridge.domain import Stream
    from bridge.store.store import Store

HERE = {"origin": PUBLIC}
OWASP = {
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "content-security-policy": (
        "default-src 'none'; script-src 'self' https://appssdk.zoom.us; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self' zoom.us *.zoom.us *.zoom.com"
    ),
    "referrer-policy": "same-origin",
}
SECRET_WORDS = "The number of the vault is nine."


async def two_meetings(store: Store) -> None:
    """The one that is open, and another that nobody here may see."""
    await whole_meeting(store, state=StreamState.LIVE, end_reason="")
    store.put_stream(stream("other", topic="Secret board", meeting_id="812 3456 7890"))
    store.add_utterance(said(1, SECRET_WORDS, stream_id="other"))
    await Windows(store, "other").done("secret", news(insight(1, "decision", SECRET_WORDS, 1)))


def checked(answer: httpx.Response) -> httpx.Response:
    """An answer that Zoom's client shows, with exactly the headers of every answer of the panel."""
    assert why_blocked(answer.status_code, answer.headers) == []
    assert {name: answer.headers.get(name) for name in OWASP} == OWASP
    assert "x-frame-options" not in answer.headers
    return answer


async def test_the_meeting_that_is_open(serve: Any, store: Store) -> None:
    """A good context opens its meeting, with a ticket for what the page asks for; nothing is kept by caches."""
    await two_meetings(store)
    async with serve() as opened:
        answer = checked(await opened.home(opened.context()))
        assert answer.status_code == 200
        assert "Pilot at Harbor Clinics" in answer.text
        assert "Secret" not in answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["set-cookie"].startswith(f"{COOKIE}=")
        assert opened.visits == ["admitted"]
        links = [link for link in read(answer.text).links if link.startswith("/")]
        assert links
        assert all(link.startswith("/panel") for link in links)


async def test_nothing_of_who_runs_the_bridge(serve: Any, store: Store) -> None:
    """Viewers see words and findings, not what flows answered, what broke, nor how to delete, export or run anything."""
    await two_meetings(store)
    async with serve() as opened:
        page = (await opened.home(opened.context())).text
        for words in ("429 three times", "What the flows did", "Delete", "export.", "/archive", "/series", "Run it again", "Sign out"):  # fmt: skip
            assert words not in page
        assert "run-" not in page
        assert "Fix the date import" in page
        ticket = await opened.cookie()
        (failed,) = await store.failed_runs()
        for what in (f"whole?run={quoted(failed.window_id)}", "delete", "export.vtt", "export.json"):
            assert (await opened.http.get(f"/panel/meetings/s/{what}", headers=ticket)).status_code == 404
        assert (await opened.http.post("/panel/meetings/s/delete", headers=ticket | HERE)).status_code in (404, 405)  # fmt: skip


async def test_nothing_crosses(serve: Any, store: Store) -> None:
    """With the ticket of one meeting nothing of another is to be had, in the same series or not; nor that there is one."""
    await two_meetings(store)
    found = await store.runs("other")
    async with serve() as opened:
        ticket = await opened.cookie()
        for what in (
            "",
            "?at=1",
            "/events?after=0.0.0.",
            "/words?before=9",
            "/words?after=0",
            "/whole?u=1",
            "/whole?summary=1",
            f"/whole?found={element_id('found', found[0].route, 'i-1')}",
            f"/whole?run={quoted(found[0].window_id)}",
            "/export.md",
            "/delete",
        ):
            async with asyncio.timeout(20):
                answer = checked(await opened.http.get(f"/panel/meetings/other{what}", headers=ticket))
            nothing = await opened.http.get(f"/panel/meetings/unheard-of{what}", headers=ticket)
            assert answer.status_code == nothing.status_code == 404, what
            assert answer.text == nothing.text
            assert SECRET_WORDS not in answer.text


async def test_there_is_nothing_else(serve: Any, store: Store) -> None:
    """No page, search or API of the private listener is below the panel, with a ticket or without."""
    await two_meetings(store)
    async with serve() as opened:
        for path in (
            "/", "/archive", "/now", "/login", "/series?number=812+3456+7890", "/api/streams", "/mcp", "/readyz", "/metrics",
            "/meetings/s", "/panel/archive", "/panel/series?number=1", "/panel/now", "/panel/api/streams", "/panel/login",
            "/panel/../archive", "/panel/meetings/..%2f..%2farchive", "/panel/static/x/../../router.py", "/panel/static/x/router.py",
        ):  # fmt: skip
            for headers in ({}, await opened.cookie()):
                answer = await opened.http.get(path, headers=headers)
                assert answer.status_code in (401, 404), path
                assert "Harbor" not in answer.text


async def test_without_a_good_ticket(serve: Any, store: Store) -> None:
    """What belongs to a meeting needs a ticket of ours that is not over; a context is none."""
    await two_meetings(store)
    async with serve() as opened:
        ticket = await opened.cookie()
        forged = {"cookie": ticket["cookie"][:-1] + ("0" if ticket["cookie"][-1] != "0" else "1")}
        for headers in (
            {},
            forged,
            {"x-zoom-app-context": opened.context()},
            {"cookie": f"{COOKIE}={SECRET}"},
        ):
            for path in ("/panel/meeting", "/panel/next", "/panel/meetings/s", "/panel/meetings/s/events"):
                answer = checked(await opened.http.get(path, headers=headers))
                assert answer.status_code == 401
                assert "Harbor" not in answer.text
        assert (await opened.http.get("/panel/meeting", headers=ticket)).status_code == 200
        opened.time.now += TICKET_SECONDS
        assert (await opened.http.get("/panel/meeting", headers=ticket)).status_code == 401


async def test_refused_contexts(serve: Any, store: Store) -> None:
    """Each is refused in words, with nothing of a meeting and no ticket, whatever ticket comes along."""
    await two_meetings(store)
    async with serve() as opened:
        good = opened.context()
        now_ms = int(opened.time.now * 1000)
        for sealed, code, outcome in (
            (opened.context(exp=now_ms), 401, "expired"),
            (opened.context(secret="another"), 403, "forged"),
            (opened.context(client_id="another"), 403, "forged"),
            (good[:-8], 400, "unreadable"),
            ("x" * 60_000, 400, "unreadable"),
            (opened.context(mid=None), 403, "elsewhere"),
            (opened.context(uid=None), 403, "guest"),
        ):
            opened.visits.clear()
            ticket = await opened.cookie()
            headers = {"x-zoom-app-context": sealed, **ticket}
            answer = checked(await opened.http.get("/panel", headers=headers))
            posted = checked(
                await opened.http.post("/panel/ticket", data={"context": sealed}, headers=ticket | HERE)
            )
            assert (answer.status_code, posted.status_code) == (code, code), outcome
            assert "set-cookie" not in answer.headers
            assert "set-cookie" not in posted.headers
            assert "Harbor" not in answer.text
            assert sealed not in answer.text
            assert posted.json()["refused"] in answer.text.replace("&#39;", "'")
            assert opened.visits == ["admitted", outcome, outcome]


async def test_guests(serve: Any, store: Store) -> None:
    """They see the meeting where the operator says so, and nothing more than others."""
    await two_meetings(store)
    async with serve(guests=True) as opened:
        assert "Harbor" in (await opened.home(opened.context(uid=None, iid="x"))).text
        ticket = await opened.cookie(uid=None)
        assert (await opened.http.get("/panel/meetings/other", headers=ticket)).status_code == 404


async def test_without_a_context(serve: Any, store: Store) -> None:
    """The page asks Zoom's SDK for one and says where it belongs; an older ticket shows no meeting that may be over."""
    await two_meetings(store)
    async with serve() as opened:
        for headers in ({}, await opened.cookie()):
            answer = checked(await opened.http.get("/panel", headers=headers))
            assert answer.status_code == 200
            assert "Harbor" not in answer.text
            assert "This page belongs into Zoom" in answer.text
            assert 'data-panel="entrance"' in answer.text


async def test_a_ticket_for_a_context(serve: Any, store: Store) -> None:
    """The SDK's context is as good as the header's; the page hears whether its meeting is still the one that is open."""
    await two_meetings(store)
    async with serve() as opened:
        first = await opened.http.post("/panel/ticket", data={"context": opened.context()}, headers=HERE)
        assert first.json() == {"same": False}
        ticket = {"cookie": first.headers["set-cookie"].partition(";")[0]}
        assert "Harbor" in (await opened.http.get("/panel/meeting", headers=ticket)).text
        again = await opened.http.post(
            "/panel/ticket", data={"context": opened.context()}, headers=HERE | ticket
        )
        assert again.json() == {"same": True}
        moved = await opened.http.post(
            "/panel/ticket", data={"context": opened.context("other-uuid==")}, headers=HERE | ticket
        )
        assert moved.json() == {"same": False}
        assert opened.visits == ["admitted", "renewed", "admitted"]


async def test_pages_of_others(serve: Any, store: Store) -> None:
    """No other site has a ticket made or anything read with one."""
    await two_meetings(store)
    async with serve() as opened:
        ticket = await opened.cookie()
        for headers in ({}, {"origin": "https://evil.example"}, {"origin": "null"},
                        HERE | {"sec-fetch-site": "cross-site"}, HERE | {"sec-fetch-site": "same-site"}):  # fmt: skip
            answer = await opened.http.post(
                "/panel/ticket", data={"context": opened.context()}, headers=headers
            )
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers
        for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
            for path in ("/panel/meeting", "/panel/meetings/s/events", "/panel/next"):
                assert (await opened.http.get(path, headers=ticket | headers)).status_code == 403
        assert (await opened.http.get("/panel/meeting", headers=ticket | {"sec-fetch-site": "same-origin"})).status_code == 200  # fmt: skip


async def test_bodies_are_bounded(serve: Any) -> None:
    """Nobody sends more than a form, and who does is hung up on."""
    async with serve() as opened:
        answer = await opened.http.post("/panel/ticket", content=b"context=" + b"A" * 70_000, headers=HERE)
        assert (answer.status_code, answer.headers["connection"]) == (413, "close")
        checked(answer)


async def test_too_many_at_once(serve: Any, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Zoom's webhooks share the listener: so many are answered at once, others are told to wait, and then it goes on."""
    await two_meetings(store)
    monkeypatch.setattr(site, "MOST_AT_ONCE", 2)
    gate, waiting = asyncio.Event(), 0
    of_meeting = store.of_meeting

    async def slow(meeting_uuid: str) -> list[Stream]:
        nonlocal waiting
        waiting += 1
        await gate.wait()
        return await of_meeting(meeting_uuid)

    async with serve() as opened:
        ticket = await opened.cookie()
        monkeypatch.setattr(store, "of_meeting", slow)
        asked = [asyncio.create_task(opened.http.get("/panel/meeting", headers=ticket)) for _ in range(2)]
        await until(lambda: waiting == 2)
        busy = checked(await opened.http.get("/panel/meeting", headers=ticket))
        assert (busy.status_code, busy.headers["retry-after"]) == (429, "2")
        gate.set()
        assert [answer.status_code for answer in await asyncio.gather(*asked)] == [200, 200]
        assert (await opened.http.get("/panel/meeting", headers=ticket)).status_code == 200


async def test_readers_are_counted(serve: Any, store: Store) -> None:
    """Live pages hold a place of the public listener each."""
    await two_meetings(store)
    async with serve(most_readers=0) as opened:
        answer = await opened.http.get("/panel/meetings/s/events", headers=await opened.cookie())
        assert answer.status_code == 503


async def test_events_end_with_the_ticket(serve: Any, store: Store) -> None:
    """Who is no longer in the meeting hears no more of it: a stream of events is no longer than the ticket that opened it."""
    await two_meetings(store)
    async with serve() as opened:
        ticket = await opened.cookie()
        opened.time.now += TICKET_SECONDS - 0.4
        async with asyncio.timeout(30):
            answer = checked(await opened.http.get("/panel/meetings/s/events", headers=ticket))
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "run-" not in answer.text
        assert SECRET_WORDS not in answer.text


async def test_before_anything_is_heard(serve: Any, store: Store) -> None:
    """The page says so and waits; when a stream begins, and when another follows it, it is led there."""
    async with serve() as opened:
        ticket = await opened.cookie()
        page = checked(await opened.http.get("/panel/meeting", headers=ticket))
        assert "Nothing is heard yet" in page.text
        assert (await opened.http.get("/panel/next", headers=ticket)).status_code == 204
        store.put_stream(stream("one/1", meeting_uuid="s-uuid==", state=StreamState.ENDED))
        store.put_stream(stream("elsewhere", meeting_uuid="other"))
        await store.flush()
        found = checked(await opened.http.get("/panel/next", headers=ticket))
        assert (found.status_code, found.headers["hx-redirect"]) == (200, "/panel/meeting")
        shown = (await opened.http.get("/panel/meeting", headers=ticket)).text
        (asks,) = {link for link in read(shown).links if "next" in link}
        assert asks == "/panel/next?than=one/1"
        assert (await opened.http.get(asks, headers=ticket)).status_code == 204
        store.put_stream(stream("two", meeting_uuid="s-uuid==", started_at_ms=stream().started_at_ms + 1))
        await store.flush()
        assert (await opened.http.get(asks, headers=ticket)).status_code == 200
        newest = (await opened.http.get("/panel/meeting", headers=ticket)).text
        assert 'href="/panel/meetings/one%2F1"' in newest
        earlier = checked(await opened.http.get("/panel/meetings/one%2F1", headers=ticket)).text
        assert 'href="/panel/meeting"' in earlier


async def test_a_deleted_meeting(serve: Any, store: Store) -> None:
    """Nothing of it is shown any more, to whoever has a ticket."""
    await two_meetings(store)
    async with serve() as opened:
        ticket = await opened.cookie()
        store.put_stream(stream(state=StreamState.ENDED, server_urls="", topic=""))
        await store.flush()
        assert "Nothing is heard yet" in (await opened.http.get("/panel/meeting", headers=ticket)).text
        assert (await opened.http.get("/panel/meetings/s", headers=ticket)).status_code == 404


@pytest.mark.parametrize("state", [StreamState.LIVE, StreamState.ENDED])
async def test_hostile_words_show_as_text(serve: Any, store: Store, state: StreamState) -> None:
    """Whatever people and flows say is text, also in what would be posted to the chat."""
    await hostile_meeting(store, state=state)
    async with serve() as opened:
        answer = checked(await opened.home(opened.context()))
        page = read(answer.text)
        assert not page.tags & {"img", "style", "iframe", "base", "object", "embed"}
        assert not [name for name in page.attributes if name.startswith("on") or name in ("style", "srcdoc")]
        assert not [
            link
            for link in page.links
            if not link.startswith(("/", "#", "https://good.example", site.SDK_HOST + "/sdk.min.js"))
        ]
        assert answer.text.count("<script") == 5
        assert "\x1b" not in answer.text
        assert "\u202e" not in answer.text
        for words in HOSTILE[:2]:
            assert words in page.text
        ticket = await opened.cookie()
        for path in (f"/panel/next?than={quoted(ALL)[:200]}", f"/panel/meetings/{quoted(ALL)}"):
            assert "onerror=" not in (await opened.http.get(path, headers=ticket)).text
        whole = await opened.http.get("/panel/meetings/s/whole?summary=1", headers=ticket)
        assert whole.headers["content-type"].startswith("text/plain")
        checked(whole)


async def test_what_would_be_posted(serve: Any, store: Store) -> None:
    """Each finding can be posted as it reads, marked as none of the person's own words; a long one is cut as Zoom takes it."""
    store.put_stream(stream())
    long = "\U0001f600" * 3_900
    await Windows(store).done(
        "x",
        news(
            insight(1, "action_item", 'Send "it" & <more>', 1, owner="Tomás Rey", due="Wednesday"),
            insight(2, "question", "Who knows?", answer={"text": "Maya does."}),
            insight(3, "decision", long),
        ),
    )
    async with serve() as opened:
        page = (await opened.home(opened.context())).text
        posts = [each.replace("&#34;", '"').replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
                 for each in re.findall(r'data-post="([^"]*)"', page)]  # fmt: skip
    by_kind = {each.split(":")[0]: each for each in posts}
    assert by_kind["🤖 Action item"] == '🤖 Action item: Send "it" & <more> (Tomás Rey, Wednesday)'
    assert by_kind["🤖 Question"] == "🤖 Question: Who knows?\nMaya does."
    cut = by_kind["🤖 Decision"]
    assert len(cut.encode("utf-16-le")) // 2 <= 4_000
    assert cut.endswith("\U0001f600…")


async def test_asking_needs_somebody_who_answers(serve: Any, store: Store) -> None:
    """Where nobody can call the assistant there is no field for a question."""
    store.put_stream(stream())
    await store.flush()
    for call, there in (("@assistant", True), ("", False)):
        async with serve(call=call) as opened:
            assert ('id="ask"' in (await opened.home(opened.context())).text) is there


async def test_its_files(serve: Any) -> None:
    """Scripts and style come from the package, with the headers of everything else."""
    async with serve() as opened:
        page = (await opened.home(None)).text
        own = [link for link in read(page).links if link.startswith("/panel/static/")]
        assert {link.rpartition("/")[2] for link in own} >= {"panel.js", "panel.css", "pages.js", "pages.css", "htmx.min.js"}  # fmt: skip
        for link in own:
            assert checked(await opened.http.get(link)).status_code == 200
