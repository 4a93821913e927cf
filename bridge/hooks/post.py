"""One attempt: a POST whose answer's status is all that is read.

The addresses are the operator's own, from the file of routes, and may lead to this machine or into its network on purpose;
nothing that people in a meeting say becomes an address. Redirects are not followed, so that no answer leads anywhere else.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import httpx

from bridge.clock import CLOCK
from bridge.errors import ConfigurationError
from bridge.hooks.outcome import Answer
from bridge.hooks.signature import signed_headers
from bridge.retry_after import retry_after_seconds

if TYPE_CHECKING:
    from bridge.clock import Clock
    from bridge.hooks.endpoint import Endpoint

ATTEMPT_SECONDS: Final = 20.0
"""Longest wait for the status of an answer, connecting included."""
CONNECT_SECONDS: Final = 5.0


class Post:
    """Sends deliveries over a client, which may be shared."""

    def __init__(self, http: httpx.AsyncClient, clock: Clock = CLOCK) -> None:
        self._http = http
        self._clock = clock

    async def __call__(self, endpoint: Endpoint, delivery_id: str, body: bytes) -> Answer:
        """The answer of an endpoint; that there is none is one, too."""
        now = self._clock.wall()
        headers = {
            "content-type": "application/json",
            "user-agent": "zoom-bridge",
            **signed_headers(delivery_id, int(now), body, endpoint.keys),
        }
        limits = httpx.Timeout(ATTEMPT_SECONDS, connect=CONNECT_SECONDS)
        request = self._http.build_request(
            "POST", endpoint.url, content=body, headers=headers, timeout=limits
        )
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                response = await self._http.send(request, stream=True, follow_redirects=False)
        except httpx.ProxyError as error:
            return Answer(why=str(error))  # our own words
        except ConfigurationError as error:
            return Answer(why=str(error))
        except (TimeoutError, httpx.TimeoutException) as error:
            connecting = isinstance(error, httpx.ConnectTimeout)
            seconds = CONNECT_SECONDS if connecting else ATTEMPT_SECONDS
            return Answer(why=f"no {'connection' if connecting else 'answer'} within {seconds:g} s")
        except httpx.ConnectError as error:
            return Answer(why=f"nobody answers at {endpoint.address} ({type(error).__name__})")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Answer(why=f"the connection broke before an answer was there ({type(error).__name__})")
        await response.aclose()
        asked = retry_after_seconds(response.headers, now)
        return Answer(status=response.status_code, retry_after_seconds=asked)
