"""One request to Zoom, and how often it is tried."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any, Final, TypeVar

import httpx

from bridge.errors import ZoomApiAway, ZoomApiBusy, ZoomApiError, ZoomApiFailed
from bridge.http import read_whole
from bridge.text import decode_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CONNECT_SECONDS: Final = 5.0
"""Longest wait for a connection to Zoom."""
ANSWER_SECONDS: Final = 15.0
"""Longest wait for a whole answer behind that."""
ANSWER_BYTES: Final = 4 * 1024 * 1024
"""Longest answer that is read; what is asked here is answered with kilobytes."""
WAITS: Final = (1.0, 2.0, 4.0)
"""Seconds between tries, each spread over half of its length."""
LONGEST_WAIT_SECONDS: Final = 30.0
"""Zoom may ask for more, as its daily limit does; then the call fails at once and says until when."""

_Answer = TypeVar("_Answer")


class Patience:
    """Tries again what may pass by itself: 429, 5xx, broken connections. Everything asked here may be asked twice."""

    def __init__(
        self,
        *,
        chance: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``chance`` gives numbers from 0 to 1 and spreads the tries of many meetings."""
        self._chance = chance
        self._sleep = sleep

    async def ask(self, attempt: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """The answer of the first attempt that succeeds.

        Raises:
            ZoomApiError: What the last attempt raised, or the first that no other try can mend.
        """
        for wait in WAITS:
            try:
                return await attempt()
            except ZoomApiError as error:
                asked = error.retry_after_seconds if isinstance(error, ZoomApiBusy) else None
                if not error.retryable or (asked or 0) > LONGEST_WAIT_SECONDS:
                    raise
                spread = wait * (0.5 + self._chance() / 2)
            await self._sleep(spread if asked is None else asked + spread / 2)
        return await attempt()


async def send(http: httpx.AsyncClient, method: str, url: str, **parts: Any) -> httpx.Response:
    """Send one request and read the whole answer, whatever its status; redirects are not followed.

    ``http`` is made by :func:`bridge.http.open_http`.

    Raises:
        ZoomApiAway: Nobody answers, or a proxy does.
        ZoomApiFailed: The connection broke, or no answer came in time, or one without an end.
    """
    try:
        return await read_whole(
            http,
            method,
            url,
            most=ANSWER_BYTES,
            seconds=CONNECT_SECONDS + ANSWER_SECONDS,
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            follow_redirects=False,
            **parts,
        )
    except httpx.ProxyError as error:
        raise ZoomApiAway(str(error)) from None  # a sentence of bridge.http
    except (httpx.ConnectError, httpx.ConnectTimeout):
        raise ZoomApiAway(f"nobody answers at {httpx.URL(url).host}") from None
    except httpx.TimeoutException:
        raise ZoomApiFailed(f"no answer from Zoom within {ANSWER_SECONDS:g} s") from None
    except httpx.RequestError as error:
        raise ZoomApiFailed(f"the connection to Zoom broke ({type(error).__name__})") from None


def body_of(response: httpx.Response) -> object:
    """An answer's JSON; ``None`` where it is none, as in front of Zoom's gateways."""
    try:
        return decode_json(response.content)
    except ValueError:
        return None
