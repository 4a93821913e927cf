"""Requests to a server that may or may not have taken them."""

from __future__ import annotations

import contextlib
import logging
import re
import ssl
from collections.abc import Iterator
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Final

import anyio
import httpx
from lfx.services.deps import get_shared_component_cache_service

LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
IN_A_HEADER: Final = re.compile(r"[\x21-\x7e]+")
"""A key or token: what may stand in a header."""
LONGEST_ANSWER: Final = 1_000_000
"""Bytes; what is longer is not read to its end, and counts as an answer that says nothing."""
HTTPX_LOG: Final = logging.getLogger("httpx")


class NotReachedError(RuntimeError):
    """The server certainly has not got the request."""


class FateUnknownError(RuntimeError):
    """Nobody knows whether the server has taken the request.

    Attributes:
        status: The HTTP status of a server or gateway that broke; ``None`` where nothing came.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


async def ask_once(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    """Send a request once, and give the answer, be it yes or no; it is not led on to another address.

    The client's time is for the whole answer, which else might come byte by byte for ever. A no is one by its status,
    also where the rest of it does not come.

    Raises:
        NotReachedError: It may be sent again.
        FateUnknownError: No answer came, a yes that broke off, or one of a server or gateway that broke: any 5xx but 503.
    """
    begun: httpx.Response | None = None
    try:
        with unlogged(request.url), anyio.fail_after(longest_wait(client.timeout)):
            begun = await client.send(request, stream=True, follow_redirects=False)
            reply = await read_whole(begun)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError):
        msg = "cannot be reached"
        raise NotReachedError(msg) from None
    except (httpx.HTTPError, TimeoutError):
        if begun is None or begun.is_success:
            msg = "did not answer"
            raise FateUnknownError(msg) from None
        reply = with_content(begun, b"")
    if reply.is_server_error and reply.status_code != httpx.codes.SERVICE_UNAVAILABLE:
        msg = f"failed, or a gateway before it (HTTP {reply.status_code})"
        raise FateUnknownError(msg, reply.status_code)
    return reply


async def read_whole(reply: httpx.Response) -> httpx.Response:
    """Read an answer up to what an answer may be; one without content stands for a longer one."""
    body = b""
    try:
        async for part in reply.aiter_bytes():
            body += part
            if len(body) > LONGEST_ANSWER:
                body = b""
                break
    finally:
        await reply.aclose()
    return with_content(reply, body)


def with_content(reply: httpx.Response, body: bytes) -> httpx.Response:
    """Give an answer with what was read of it."""
    coded = ("content-encoding", "content-length", "transfer-encoding")
    headers = [(name, value) for name, value in reply.headers.multi_items() if name not in coded]
    return httpx.Response(reply.status_code, headers=headers, content=body, request=reply.request)


def longest_wait(timeout: httpx.Timeout) -> float | None:
    """Give the seconds that a whole answer may take, the connection and its TLS included; ``None`` where there is no limit.

    A connection that takes its time to the end is thus still told from an answer that does.
    """
    return None if timeout.connect is None or timeout.read is None else 2 * timeout.connect + timeout.read


def open_client(transport: httpx.AsyncBaseTransport | None, timeout: httpx.Timeout) -> httpx.AsyncClient:
    """Make a client that goes by the proxies of the server's environment, but straight to the machine it is on.

    Raises:
        NotReachedError: The environment names a proxy that cannot be used.
    """
    straight = {f"all://{f'[{host}]' if ':' in host else host}": None for host in LOOPBACK}
    try:
        return httpx.AsyncClient(transport=transport, timeout=timeout, verify=trusted(), mounts=straight)
    except (ImportError, ValueError, httpx.InvalidURL):
        msg = "cannot be reached: HTTP_PROXY, ALL_PROXY or NO_PROXY of the Langflow server cannot be used"
        raise NotReachedError(msg) from None


def safe_target(url: str) -> httpx.URL | None:
    """Read an address that secrets may be sent to: https, plain http for loopback only; ``None`` for any other."""
    try:
        target = httpx.URL(url)
    except httpx.InvalidURL:
        return None
    safe = target.scheme == "https" or (target.scheme == "http" and target.host in LOOPBACK)
    return target if target.host and safe and not target.userinfo else None


def asked_wait(headers: httpx.Headers, now: float) -> float | None:
    """Find out how long a server asks us to wait.

    Args:
        headers: Of a 429 or 503. ``Retry-After`` is seconds or an HTTP date (RFC 9110, 10.2.3), with Zoom also an
            ISO 8601 time; ``X-RateLimit-Reset`` is Unix seconds (developers.zoom.us, rate limits).
        now: Unix seconds.

    Returns:
        Seconds from now, or ``None`` where no header tells.
    """
    value = headers.get("retry-after", "").strip()
    reset = headers.get("x-ratelimit-reset", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        return float(value)
    when = None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        with contextlib.suppress(ValueError, TypeError, OverflowError):
            when = when or read(value.replace("Z", "+00:00"))
    if when:
        at = when if when.tzinfo else when.replace(tzinfo=timezone.utc)
        return max(0.0, at.timestamp() - now)
    return max(0.0, float(reset) - now) if reset.isdecimal() else None


def json_of(reply: httpx.Response) -> dict[str, Any]:
    """Read an answer; empty where it is no JSON object, as a gateway's is."""
    try:
        return object_of(reply.json())
    except (ValueError, RecursionError):
        return {}


def object_of(value: Any) -> dict[str, Any]:
    """Read a JSON object; empty where it is none."""
    return value if isinstance(value, dict) else {}


@contextlib.contextmanager
def unlogged(url: httpx.URL) -> Iterator[None]:
    """Keep an address out of httpx's log of requests: it names a webhook, a person or a meeting."""

    def tells_nothing(record: logging.LogRecord) -> bool:
        return str(url) not in record.getMessage()

    HTTPX_LOG.addFilter(tells_nothing)
    try:
        yield
    finally:
        HTTPX_LOG.removeFilter(tells_nothing)


def recall(key: str) -> Any:
    """Look up what this process remembers for an hour, over all runs; ``None`` where it does not."""
    cache = get_shared_component_cache_service()
    found = cache.get(key) if cache is not None else None
    return found if isinstance(found, (dict, float, ssl.SSLContext)) else None


def remember(key: str, value: Any) -> None:
    """Keep something for :func:`recall`."""
    cache = get_shared_component_cache_service()
    if cache is not None:
        cache.set(key, value)


def trusted() -> ssl.SSLContext:
    """Give the system's certificate authorities, which take as long to read as a whole run."""
    context = recall("zoom-tls") or httpx.create_ssl_context()
    remember("zoom-tls", context)
    return context
