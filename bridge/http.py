"""HTTP clients that take the environment's proxies by our own rule, and tell a proxy's messages as a proxy's."""

from __future__ import annotations

import asyncio
import functools
import re
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    import ssl

    from bridge.proxy import Proxies, Proxy


def open_http(
    proxies: Proxies, *, tls: ssl.SSLContext | None = None, timeout_seconds: float = 5.0
) -> httpx.AsyncClient:
    """A client for hosts anywhere; ``tls`` verifies them, the system's authorities do by default.

    Where a proxy is in the way and refuses, breaks off or is not there, requests raise :class:`httpx.ProxyError`
    whose text is a sentence that may be shown.
    """
    transport = _Transport(proxies, tls if tls is not None else _authorities())
    nobodys = CookieJar(
        DefaultCookiePolicy(allowed_domains=())
    )  # what one who answers sets is not told to the next
    return httpx.AsyncClient(transport=transport, trust_env=False, timeout=timeout_seconds, cookies=nobodys)


async def read_whole(
    client: httpx.AsyncClient, method: str, url: str, *, most: int, seconds: float, **request: Any
) -> httpx.Response:
    """An answer, read to its end, which does not go on for longer than ``most`` bytes and ``seconds``.

    Raises:
        httpx.HTTPError: There is none: :class:`httpx.ReadTimeout` of one that has not ended by then,
            :class:`httpx.ReadError` of one that is longer, :class:`httpx.DecodingError` of one that cannot be unpacked.
        httpx.InvalidURL: Nobody can be asked that.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(seconds), client.stream(method, url, **request) as answer:
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > most:
                    raise httpx.ReadError(f"longer than {most} bytes", request=answer.request)
    except TimeoutError:
        raise httpx.ReadTimeout(f"not ended within {seconds:g} s") from None
    headers = answer.headers.copy()
    headers.pop("content-encoding", None)  # it is unpacked
    return httpx.Response(answer.status_code, headers=headers, content=bytes(body), request=answer.request)


@functools.cache
def _authorities() -> ssl.SSLContext:
    """The system's, read once: it takes tens of milliseconds, in which no socket is read."""
    return httpx.create_ssl_context(trust_env=False)


class _Transport(httpx.AsyncBaseTransport):
    """A transport for each proxy that requests need, and one for the direct way."""

    def __init__(self, proxies: Proxies, verify: ssl.SSLContext) -> None:
        self._proxies = proxies
        self._verify = verify
        self._open: dict[str | None, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request on its way."""
        proxy = self._proxies.to(str(request.url))
        url = proxy.url if proxy else None
        if url not in self._open:
            self._open[url] = httpx.AsyncHTTPTransport(verify=self._verify, proxy=url, trust_env=False)
        try:
            return await self._sent(self._open[url], request)
        except (httpx.ProxyError, httpx.ConnectError, httpx.ConnectTimeout) as error:
            if proxy is None:
                raise
            raise httpx.ProxyError(proxy_message(proxy, error), request=request) from None

    async def _sent(self, transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        try:
            return await transport.handle_async_request(request)
        except AttributeError:
            # uvloop has no socket any more where the peer closed it at once, and anyio asks that for its name.
            raise httpx.ConnectError("the connection was closed at once", request=request) from None

    async def aclose(self) -> None:
        """Close every connection."""
        for transport in self._open.values():
            await transport.aclose()


def proxy_message(proxy: Proxy, error: Exception) -> str:
    """What became of a way through a proxy, without the proxy's own words and without credentials."""
    status = re.match(r"[1-5]\d\d\b", str(error)) if isinstance(error, httpx.ProxyError) else None
    if status:
        return f"the proxy {proxy.shown} ({proxy.variable}) answered {status[0]}"
    return f"the proxy {proxy.shown} ({proxy.variable}) cannot be reached ({type(error).__name__})"
