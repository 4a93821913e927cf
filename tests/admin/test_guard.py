from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.admin.guard import (
    PASS_COOKIE,
    PASS_SECONDS,
    is_pass,
    is_token,
    login_refusal,
    new_pass,
    page_refusal,
    refusal,
    seconds_left,
)

JSON = {"host": "127.0.0.1:8081", "content-type": "application/json"}


@pytest.mark.parametrize(
    "name", ["127.0.0.1", "127.0.0.1:8081", "localhost:8081", "LOCALHOST", "[::1]:8081", "[::1]", "127.1.2.3"]
)
def test_names_of_this_machine(name: str) -> None:
    """The listener is called by any name that only this machine has."""
    assert refusal("GET", {"host": name}, token=None, host="127.0.0.1") is None


@pytest.mark.parametrize(
    "name",
    ["", "evil.example:8081", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example#127.0.0.1", "[x",
     "127.0.0.1@evil.example", "10.0.0.1", "0.0.0.0"],  # noqa: S104
)  # fmt: skip
def test_other_names(name: str) -> None:
    """A page whose own name leads to this machine is not answered."""
    found = refusal("GET", {"host": name}, token=None, host="127.0.0.1")
    assert found is not None
    assert found.status == 400
    assert "evil" not in found.why


def test_the_name_that_was_set() -> None:
    """``BRIDGE_ADMIN_HOST`` is a name of the listener."""
    assert refusal("GET", {"host": "Bridge.Internal:8081"}, token=None, host="bridge.internal") is None


def test_who_knows_the_token_may_use_any_name() -> None:
    """A proxy in front keeps the name that people typed; no web page knows the token."""
    right = {"host": "bridge.example", "authorization": "Bearer the-token"}
    assert refusal("GET", right, token="the-token", host="0.0.0.0") is None  # noqa: S104
    for wrong in ("", "the-token", "Bearer other", "Basic the-token", "Bearer  the-token"):
        found = refusal("GET", {**right, "authorization": wrong}, token="the-token", host="0.0.0.0")  # noqa: S104
        assert found is not None
        assert found.status == 401


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"origin": "http://127.0.0.1:8081"}, None),
        ({"origin": "http://127.0.0.1:8081", "sec-fetch-site": "same-origin"}, None),
        ({"sec-fetch-site": "none"}, None),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"content-type": "text/plain"}, 422),
        ({"content-type": "application/x-www-form-urlencoded"}, 422),
        ({"content-type": ""}, 422),
        ({"content-type": "application/json; charset=utf-8"}, None),
    ],
)
def test_a_page_of_another_site(headers: dict[str, str], expected: int | None) -> None:
    """What changes something is asked for by programs and the listener's own pages, as JSON."""
    found = refusal("POST", {**JSON, **headers}, token=None, host="127.0.0.1")
    assert (found.status if found else None) == expected
    read = refusal("GET", {**JSON, **headers}, token=None, host="127.0.0.1")
    assert read is None, "reading is what the browser's own rules protect"


@given(
    st.dictionaries(
        st.sampled_from(["host", "origin", "authorization", "sec-fetch-site", "content-type"]), st.text()
    )
)
def test_any_headers(headers: dict[str, str]) -> None:
    """Whatever stands in the headers, there is an answer."""
    refusal("POST", headers, token=None, host="127.0.0.1")
    assert refusal("GET", headers, token="the-token-that-nobody-knows", host="127.0.0.1") is not None


FORM = {
    "host": "127.0.0.1:8081",
    "content-type": "application/x-www-form-urlencoded",
    "origin": "http://127.0.0.1:8081",
}
NOW = 1_763_806_200.0
TOKEN = "the-token"


def page(method: str, headers: dict[str, str], token: str | None = TOKEN) -> int | None:
    """How a request for a page is refused; ``None`` where it is answered."""
    found = page_refusal(method, headers, token=token, host="127.0.0.1", now_s=NOW)
    return found.status if found else None


def test_a_pass_opens_pages_and_not_the_api() -> None:
    """A browser shows its pass, under any name; programs show the token, to both."""
    cookie = {"host": "bridge.example", "cookie": f"other=1; {PASS_COOKIE}={new_pass(TOKEN, NOW)}; x"}
    bearer = {"host": "bridge.example", "authorization": f"Bearer {TOKEN}"}
    assert (page("GET", cookie), page("GET", bearer), page("GET", {"host": "127.0.0.1"})) == (None, None, 401)
    assert refusal("GET", bearer, token=TOKEN, host="127.0.0.1") is None
    found = refusal("GET", cookie, token=TOKEN, host="127.0.0.1")
    assert found is not None
    assert found.status == 401


def test_pages_without_a_token() -> None:
    """They ask for a name of this machine, as the API does."""
    assert page("GET", {"host": "localhost:8081"}, token=None) is None
    assert page("GET", {"host": "evil.example"}, token=None) == 400
    assert page("POST", FORM, token=None) is None
    assert page("POST", {**FORM, "host": "evil.example", "origin": "http://evil.example"}, token=None) == 400


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"sec-fetch-site": "same-origin"}, None),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"content-type": "application/json"}, 422),
        ({"content-type": "text/plain"}, 422),
        ({"content-type": "multipart/form-data; boundary=x"}, 422),
    ],
)
def test_forms(changes: dict[str, str], expected: int | None) -> None:
    """What a page changes is a form of a page of ours."""
    knows = {**FORM, "cookie": f"{PASS_COOKIE}={new_pass(TOKEN, NOW)}"}
    assert page("POST", {**knows, **changes}) == expected
    found = login_refusal({**FORM, **changes}, token=TOKEN, host="127.0.0.1")
    assert (found.status if found else None) == expected


def test_a_form_that_says_nothing_of_where_it_comes_from() -> None:
    """Every browser does; whoever does not is no page."""
    silent = {name: value for name, value in FORM.items() if name != "origin"}
    assert page("POST", {**silent, "authorization": f"Bearer {TOKEN}"}) == 403
    assert page("POST", {**silent, "sec-fetch-site": "same-origin"}, token=None) is None


def test_a_pass_is_good_for_its_time() -> None:
    """From when it was made, for twelve hours, with the token that it was made with, as it was made."""
    made = new_pass(TOKEN, NOW)
    assert is_pass(made, TOKEN, NOW)
    assert is_pass(made, TOKEN, NOW + PASS_SECONDS - 1)
    assert not is_pass(made, TOKEN, NOW + PASS_SECONDS)
    assert not is_pass(made, TOKEN, NOW - 10), "one of the future was made by another clock, or by nobody"
    assert not is_pass(made, "another", NOW)
    until, _, digest = made.partition(".")
    assert not is_pass(f"{int(until) + 1}.{digest}", TOKEN, NOW)
    assert not is_pass(f"{until}.{digest[:-1]}{'0' if digest[-1] != '0' else '1'}", TOKEN, NOW)
    assert TOKEN not in made


def test_who_was_let_in_stays_as_long_as_their_pass() -> None:
    """And without end where they need none, or have shown the token."""
    headers = {"cookie": f"a=b; {PASS_COOKIE}={new_pass(TOKEN, NOW)}"}
    assert seconds_left(headers, token=TOKEN, now_s=NOW + 100) == PASS_SECONDS - 100
    assert seconds_left(headers, token="another", now_s=NOW) == 0
    assert seconds_left({**headers, "authorization": f"Bearer {TOKEN}"}, token=TOKEN, now_s=NOW) is None
    assert seconds_left({}, token=None, now_s=NOW) is None


@given(st.text())
def test_no_text_is_a_pass(text: str) -> None:
    """Whatever stands in a cookie, it is looked at and refused."""
    assert not is_pass(text, TOKEN, NOW)
    assert page("GET", {"host": "x", "cookie": f"{PASS_COOKIE}={text}"}) == 401


@given(st.text())
def test_a_token_is_compared_whatever_it_is(text: str) -> None:
    """Half characters and other alphabets too."""
    assert is_token(text, TOKEN) == (text == TOKEN)
