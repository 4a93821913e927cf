from __future__ import annotations

import asyncio
import re
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any

import pytest

from bridge.admin.guard import PASS_COOKIE, PASS_SECONDS, new_pass
from bridge.clock import Clock
from bridge.domain import StreamState
from tests.pages.conftest import NOW_S
from tests.pages.stage import whole_meeting

if TYPE_CHECKING:
    import httpx

    from bridge.store.store import Store
    from tests.pages.conftest import Wishes

TOKEN = "the-admin-token"
HERE = {"origin": "http://127.0.0.1:8081"}


async def test_without_a_pass_there_is_the_login_page(serve: Any, store: Store) -> None:
    """Nothing of a meeting is shown to who has not signed in, and the page leads back to what was asked for."""
    await whole_meeting(store)
    async with serve(TOKEN) as served:
        for path in (
            "/",
            "/archive?named=x&before=5",
            "/meetings/s",
            "/meetings/s/whole?u=1",
            "/meetings/s/delete",
        ):
            answer = await served.http.get(path)
            assert answer.status_code == 401
            assert "Harbor" not in answer.text
            assert f'name="back" value="{path.replace("&", "&amp;")}"' in answer.text
        assert (await served.http.get("/meetings/s/events")).status_code == 401
        assert (await served.http.get("/now", headers={"hx-request": "true"})).status_code == 401
        assert (
            await served.http.post("/meetings/s/delete", headers=HERE, data={"a": "b"})
        ).status_code == 401


async def test_what_was_written_is_not_lost_with_the_pass(serve: Any, store: Store) -> None:
    """Who presses a button when their pass is over is told how to sign in and send the same once more."""
    await whole_meeting(store)
    async with serve(TOKEN) as served:
        told = await served.http.post("/runs/retry", headers=HERE, data={"window": "w"})
    assert told.status_code == 401
    assert "load this page again" in told.text
    assert 'href="/login" target="_blank"' in told.text
    assert "Sign out" not in told.text


async def test_a_live_page_ends_with_the_pass(serve: Any, store: Store) -> None:
    """Nobody reads on behind the twelve hours, as long as they leave the page open."""
    await whole_meeting(store, state=StreamState.LIVE, end_reason="")
    cookie = f"{PASS_COOKIE}={new_pass(TOKEN, NOW_S + 1 - PASS_SECONDS)}"
    async with serve(TOKEN, clock=Clock(wall=lambda: NOW_S + 0.9)) as served, asyncio.timeout(30):
        events = await served.http.get("/meetings/s/events", headers={"cookie": cookie})
    assert (events.status_code, "event: news" in events.text) == (200, True)


async def test_signing_in(serve: Any, wishes: Wishes) -> None:
    """The token once, then a cookie that scripts cannot read and other sites do not send; and out again."""
    async with serve(TOKEN) as served:
        form = {"token": f" {TOKEN}\n", "back": "/archive?named=x"}
        answer = await served.http.post("/login", data=form, headers=HERE)
        assert (answer.status_code, answer.headers["location"]) == (303, "/archive?named=x")
        cookie = SimpleCookie(answer.headers["set-cookie"])[PASS_COOKIE]
        assert (bool(cookie["httponly"]), cookie["samesite"].lower(), cookie["path"]) == (True, "strict", "/")
        assert (int(cookie["max-age"]), bool(cookie["secure"])) == (PASS_SECONDS, False)
        assert TOKEN not in cookie.value
        assert (await served.http.get("/")).status_code == 200
        assert wishes.logins == ["admitted"]
        out = await served.http.post("/logout", headers=HERE, data={})
        assert out.status_code == 422, "a form without fields is none"
        out = await served.http.post(
            "/logout", headers=HERE | {"content-type": "application/x-www-form-urlencoded"}
        )
        assert out.status_code == 303
        assert (await served.http.get("/")).status_code == 401


async def test_a_wrong_token(serve: Any, wishes: Wishes, capsys: pytest.CaptureFixture[str]) -> None:
    """It is counted and logged without what was typed, and the page says so."""
    async with serve(TOKEN) as served:
        answer = await served.http.post("/login", data={"token": "a-guess", "back": "/"}, headers=HERE)
        assert answer.status_code == 401
        assert "This is not the token" in answer.text
        assert "set-cookie" not in answer.headers
    assert wishes.logins == ["refused"]
    told = capsys.readouterr()
    assert "login_refused" in told.out + told.err
    assert "a-guess" not in answer.text + told.out + told.err


@pytest.mark.parametrize(
    "back",
    ["//evil.example/", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "/a\nb", "/ä"],
)
async def test_it_leads_back_to_us_alone(serve: Any, back: str) -> None:
    """Whatever a link says, signing in never leads to another site."""
    async with serve(TOKEN) as served:
        answer = await served.http.post("/login", data={"token": TOKEN, "back": back}, headers=HERE)
        assert answer.headers["location"] == "/"
        asked = await served.http.get("/login", params={"back": back})
        assert 'name="back" value="/"' in asked.text or asked.status_code == 303


async def test_a_form_of_another_site(serve: Any, wishes: Wishes) -> None:
    """Nobody is signed in or out, and nothing is deleted or run, by another site's page, or by one that says nothing."""
    async with serve(TOKEN) as served:
        served.http.cookies.set(PASS_COOKIE, new_pass(TOKEN, NOW_S))
        for path in ("/login", "/logout", "/runs/retry", "/meetings/s/delete"):
            for headers in (
                {"origin": "http://evil.example"},
                {"sec-fetch-site": "cross-site"},
                {"origin": "null"},
                {},
            ):
                answer = await served.http.post(path, data={"token": TOKEN, "window": "all"}, headers=headers)
                assert answer.status_code == 403, (path, headers)
        assert (wishes.logins, wishes.forgotten, wishes.retried) == ([], [], [])


async def test_a_pass_ends(serve: Any) -> None:
    """A pass of another token, an old one or one of the future opens nothing; a bridge that was restarted takes one that is good."""
    async with serve(TOKEN) as served:
        bad = [
            new_pass("another", NOW_S),
            new_pass(TOKEN, NOW_S - PASS_SECONDS - 1),
            new_pass(TOKEN, NOW_S + 99),
            "",
            "x",
            TOKEN,
        ]
        for value in bad:
            served.http.cookies.set(PASS_COOKIE, value)
            assert (await served.http.get("/")).status_code == 401
    async with serve(TOKEN, clock=Clock(wall=lambda: NOW_S + PASS_SECONDS - 1)) as served:
        served.http.cookies.set(PASS_COOKIE, new_pass(TOKEN, NOW_S))
        assert (await served.http.get("/")).status_code == 200


@pytest.mark.parametrize("told", ["https", "HTTPS", "https, http", "https,http"])
async def test_behind_https(serve: Any, told: str) -> None:
    """The cookie is for HTTPS alone where the browser came by it, through however many proxies: the first says how."""
    async with serve(TOKEN) as served:
        proxied = HERE | {"x-forwarded-proto": told}
        answer = await served.http.post("/login", data={"token": TOKEN}, headers=proxied)
        assert "secure" in answer.headers["set-cookie"].lower()


async def test_a_link_from_elsewhere(serve: Any) -> None:
    """A browser leaves the cookie out once where a link of another site was followed; the page asks again by itself."""
    async with serve(TOKEN) as served:
        linked = await served.http.get("/meetings/s", headers={"sec-fetch-site": "cross-site"})
        assert 'http-equiv="refresh"' in linked.text
        assert (
            'http-equiv="refresh"'
            not in (await served.http.get("/", headers={"sec-fetch-site": "same-origin"})).text
        )


async def test_without_a_token_names_of_ours_alone(http: httpx.AsyncClient) -> None:
    """A page whose own name leads to this machine sees no meeting; and there is nothing to sign in to."""
    assert (await http.get("/", headers={"host": "evil.example"})).status_code == 400
    assert (await http.get("/login")).headers["location"] == "/"


async def test_files(http: httpx.AsyncClient) -> None:
    """What every page needs is kept by browsers for as long as it is the same, and nothing else can be had."""
    page = (await http.get("/")).text
    names = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert {name.rpartition("/")[2] for name in names} == {
        "icon.svg",
        "pages.css",
        "htmx.min.js",
        "htmx-sse.min.js",
        "pages.js",
    }
    for name in names:
        answer = await http.get(name)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    old = await http.get("/static/000000000000/pages.css")
    assert old.headers["cache-control"] == "no-store"
    for name in ("README.md", "../look.py", "%2e%2e%2flook.py", "nothing.css"):
        assert (await http.get(f"{names[0].rpartition('/')[0]}/{name}")).status_code == 404


async def test_an_enormous_form(serve: Any) -> None:
    """It is not read to its end."""
    async with serve(TOKEN) as served:
        answer = await served.http.post("/login", data={"token": "x" * 100_000}, headers=HERE)
        assert answer.status_code == 413
        fields = "&".join(f"a{n}=1" for n in range(500))
        answer = await served.http.post(
            "/login", content=fields, headers=HERE | {"content-type": "application/x-www-form-urlencoded"}
        )
        assert answer.status_code == 422
