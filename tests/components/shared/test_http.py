"""Requests that may or may not have been taken, and addresses that secrets may be sent to."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import httpx
import pytest

TIMEOUT = httpx.Timeout(5)
NOW = 1_795_341_600.0
"""2026-11-22 10:00:00 UTC."""


@pytest.fixture
def http(piece: Any) -> Any:
    return piece("http")


def answering(answer: httpx.Response | Exception) -> httpx.AsyncClient:
    def handle(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return httpx.AsyncClient(transport=httpx.MockTransport(handle))


async def ask(http: Any, answer: httpx.Response | Exception) -> httpx.Response:
    async with answering(answer) as client:
        return await http.ask_once(client, httpx.Request("POST", "https://zoom.test/secret"))


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 404, 409, 429, 503])
async def test_an_answer_is_one_be_it_yes_or_no(http, status):
    """Also a busy server's, which says that it did not take the request; nobody is led to another address."""
    headers = {"location": "https://elsewhere.test"} if status == 302 else {}
    reply = await ask(http, httpx.Response(status, headers=headers, json={"a": 1}))

    assert (reply.status_code, http.json_of(reply)) == (status, {"a": 1})


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError])
async def test_what_never_left_may_be_sent_again(http, error):
    """There was nobody to take it."""
    with pytest.raises(http.NotReachedError, match="cannot be reached"):
        await ask(http, error("x"))


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (httpx.ReadTimeout("x"), None),
        (httpx.RemoteProtocolError("x"), None),
        (httpx.WriteError("x"), None),
        (httpx.Response(500), 500),
        (httpx.Response(502), 502),
        (httpx.Response(507), 507),
    ],
)
async def test_what_left_and_got_no_clear_answer_may_have_arrived(http, answer, status):
    """Nobody knows, and nobody guesses."""
    with pytest.raises(http.FateUnknownError) as unknown:
        await ask(http, answer)
    assert unknown.value.status == status


async def test_an_enormous_answer_is_not_read_to_its_end(http):
    """It counts as an answer that says nothing."""
    read = []

    async def endless() -> Any:
        for n in range(1000):
            read.append(n)
            yield b"x" * 100_000

    reply = await ask(http, httpx.Response(201, content=endless()))

    assert (reply.status_code, reply.content, http.json_of(reply)) == (201, b"", {})
    assert len(read) < 20


async def broken_off() -> Any:
    """An answer that begins, and of which the rest does not come."""
    yield b"{"
    raise httpx.ReadError("x")


async def never_ending() -> Any:
    """An answer that begins, and comes byte by byte for ever."""
    while True:
        yield b" "
        await asyncio.sleep(0)


@pytest.mark.parametrize("rest", [broken_off, never_ending])
@pytest.mark.parametrize("status", [302, 400, 401, 404, 429, 503])
async def test_a_no_is_one_by_its_status(http, status, rest, monkeypatch):
    """Whatever becomes of the words behind it: that it was not taken is known, and how long to wait."""
    monkeypatch.setattr(http, "longest_wait", lambda _: 0.1)
    reply = await ask(http, httpx.Response(status, headers={"retry-after": "7"}, content=rest()))
    assert (reply.status_code, reply.content, reply.headers["retry-after"]) == (status, b"", "7")


@pytest.mark.parametrize(("status", "told"), [(200, None), (201, None), (502, 502)])
@pytest.mark.parametrize("rest", [broken_off, never_ending])
async def test_a_yes_that_does_not_come_whole_may_have_arrived(http, status, told, rest, monkeypatch):
    """What it told is not known. It is not waited for longer than for an answer."""
    monkeypatch.setattr(http, "longest_wait", lambda _: 0.1)
    with pytest.raises(http.FateUnknownError) as unknown:
        await ask(http, httpx.Response(status, content=rest()))
    assert unknown.value.status == told


def test_a_whole_answer_has_its_time(http):
    """That of the connection, its TLS and that of an answer; without one of them there is no limit."""
    assert http.longest_wait(httpx.Timeout(30, connect=10)) == 50
    assert http.longest_wait(httpx.Timeout(None)) is None


async def test_an_answer_may_be_packed(http):
    """It is unpacked, up to the same limit."""
    import gzip

    packed = httpx.Response(200, headers={"content-encoding": "gzip"}, content=gzip.compress(b'{"id": 7}'))
    assert http.json_of(await ask(http, packed)) == {"id": 7}


async def test_the_address_is_not_logged(http, caplog):
    """It may be a webhook's, which is a secret."""
    with caplog.at_level(logging.INFO, "httpx"):
        await ask(http, httpx.Response(200))

    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "2026-11-22T10:01:00Z"}, 60.0),
        ({"retry-after": "Sun, 22 Nov 2026 10:00:30 GMT"}, 30.0),
        ({"retry-after": "Sun, 22 Nov 2026 09:00:00 GMT"}, 0.0),
        ({"x-ratelimit-reset": "1795341610"}, 10.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"}, None),
        ({}, None),
    ],
)
def test_a_server_may_say_how_long_to_wait(http, headers, wait):
    """In all the forms that are in use; what cannot be read is as if it were not there."""
    assert http.asked_wait(httpx.Headers(headers), NOW) == wait


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://zoom.us/x", True),
        ("http://127.0.0.1:9/x", True),
        ("http://localhost/x", True),
        ("http://[::1]:9/x", True),
        ("http://zoom.us/x", False),
        ("https://user:pass@zoom.us/x", False),
        ("https://", False),
        ("ftp://zoom.us", False),
        ("https://zoom.us:x/", False),
        ("", False),
    ],
)
def test_secrets_go_by_https_or_stay_on_the_machine(http, url, safe):
    """Anything else is no address to send them to."""
    assert (http.safe_target(url) is not None) is safe


async def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(http, monkeypatch, langflow_services):
    """What is sent to 127.0.0.1 would else leave it, in clear text."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    async with http.open_client(None, TIMEOUT) as client:
        straight = client._transport
        for url in ("http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/"):
            assert client._transport_for_url(httpx.URL(url)) is straight
        assert client._transport_for_url(httpx.URL("https://api.zoom.us/")) is not straight


@pytest.mark.parametrize(
    "proxy",
    [
        {"HTTP_PROXY": "http://proxy.test:port"},
        {"HTTP_PROXY": "http://proxy.test:3128", "NO_PROXY": "localhost,127.0.0.0/8,::1,fe80::/10"},
    ],
)
def test_a_proxy_that_cannot_be_used_is_said(http, monkeypatch, proxy):
    """In words, and without its address."""
    for name, value in proxy.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(http.NotReachedError, match="HTTP_PROXY, ALL_PROXY or NO_PROXY") as told:
        http.open_client(None, TIMEOUT)
    assert "proxy.test" not in str(told.value)
