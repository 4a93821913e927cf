from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import httpx
import pytest

from bridge.errors import ZoomApiAway, ZoomApiBusy, ZoomApiError, ZoomApiFailed, ZoomApiRefused
from bridge.zoom.exchange import Patience, body_of, send

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Attempts:
    """Fails with what it is given, then succeeds."""

    def __init__(self, *errors: ZoomApiError) -> None:
        self._errors = list(errors)
        self.made = 0

    async def __call__(self) -> str:
        self.made += 1
        if self._errors:
            raise self._errors.pop(0)
        return "done"


async def ask(attempts: Attempts) -> list[float]:
    """The waits on the way to the answer."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    assert await Patience(chance=lambda: 1.0, sleep=sleep).ask(attempts) == "done"
    return waits


async def test_waits_grow() -> None:
    """Passing faults are tried again after one, two and four seconds."""
    assert await ask(Attempts(*[ZoomApiFailed("5xx")] * 3)) == [1, 2, 4]


async def test_tries_are_spread() -> None:
    """Half of each wait is left to chance."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    await Patience(chance=lambda: 0.0, sleep=sleep).ask(Attempts(*[ZoomApiAway("away")] * 3))
    assert waits == [0.5, 1, 2]


async def test_tries_end() -> None:
    """The fourth fault in a row is the caller's."""
    attempts = Attempts(*[ZoomApiFailed("5xx")] * 4)
    with pytest.raises(ZoomApiFailed):
        await ask(attempts)
    assert attempts.made == 4


async def test_a_refusal_is_final() -> None:
    """What nobody can mend by waiting is not tried again."""
    attempts = Attempts(ZoomApiRefused("no", status=400, code=4711))
    with pytest.raises(ZoomApiRefused):
        await ask(attempts)
    assert attempts.made == 1


async def test_zoom_is_waited_for_as_it_asks() -> None:
    """Never less than it asked for."""
    assert await ask(Attempts(ZoomApiBusy("429", retry_after_seconds=10))) == [10.5]


async def test_a_long_wait_is_left_to_the_caller() -> None:
    """A daily limit is not waited out."""
    attempts = Attempts(ZoomApiBusy("429", retry_after_seconds=86_400))
    with pytest.raises(ZoomApiBusy):
        await ask(attempts)
    assert attempts.made == 1


@pytest.mark.parametrize(
    ("raised", "error", "words"),
    [
        (httpx.ConnectError("x"), ZoomApiAway, "nobody answers at api.zoom.us"),
        (httpx.ConnectTimeout("x"), ZoomApiAway, "nobody answers at api.zoom.us"),
        (httpx.ReadTimeout("x"), ZoomApiFailed, "no answer from Zoom within"),
        (httpx.RemoteProtocolError("s3cret"), ZoomApiFailed, "RemoteProtocolError"),
    ],
)
async def test_connections_that_fail(raised: Exception, error: type[ZoomApiError], words: str) -> None:
    """Each is an error that another try may mend, and tells nothing of the request."""

    def broken(_: httpx.Request) -> httpx.Response:
        raise raised

    async with httpx.AsyncClient(transport=httpx.MockTransport(broken)) as http:
        with pytest.raises(error, match=words) as caught:
            await send(http, "GET", "https://api.zoom.us/v2/meetings/1")
    assert caught.value.retryable
    assert "s3cret" not in str(caught.value)


async def test_redirects_are_not_followed() -> None:
    """A token goes nowhere but to the address that was set."""
    asked: list[str] = []

    def elsewhere(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(302, headers={"location": "https://example.com/"})

    transport = httpx.MockTransport(elsewhere)
    async with httpx.AsyncClient(transport=transport, follow_redirects=True) as http:
        assert (await send(http, "GET", "https://api.zoom.us/v2/meetings/1")).status_code == 302
    assert asked == ["api.zoom.us"]


async def test_a_long_answer() -> None:
    """It is not read any further than any answer of Zoom's can be long, whatever it is packed in."""
    given = 0

    async def long() -> AsyncIterator[bytes]:
        nonlocal given
        packer = zlib.compressobj(wbits=31)
        while given < 40:
            given += 1
            yield packer.compress(bytes(1024 * 1024)) + packer.flush(zlib.Z_SYNC_FLUSH)

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-encoding": "gzip"}, content=long())

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        with pytest.raises(ZoomApiFailed):
            await send(http, "GET", "https://api.zoom.us/v2/meetings/1")
    assert given <= 5


async def test_what_an_answer_says_of_itself() -> None:
    """How long Zoom asks to be left alone is in its headers; a packed answer is read as what it holds."""

    def answer(_: httpx.Request) -> httpx.Response:
        headers = {"retry-after": "7", "content-encoding": "gzip"}
        return httpx.Response(429, headers=headers, content=gzip.compress(b'{"code": 429}'))

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        response = await send(http, "GET", "https://api.zoom.us/v2/meetings/1")
    assert (response.headers["retry-after"], body_of(response)) == ("7", {"code": 429})
