from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.admin.guard import refusal

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
