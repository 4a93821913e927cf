"""Langflow over HTTP: the one way in which anything here asks it.

What stands behind the address may be no Langflow: every answer is read up to a limit of size and time,
redirects are not followed, nothing is unpacked, and what is no Langflow's answer is told as that.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import structlog

from bridge.errors import FlowFailed, LangflowAway, LangflowError, RunLost
from bridge.flow import lfx_serve
from bridge.flow.answer import judge, shown_address
from bridge.tasks import worked_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import SecretStr

CONNECT_SECONDS: Final = 5.0
"""Longest wait for a TCP connection to Langflow."""
HEALTH_SECONDS: Final = 5.0
"""Longest wait for the answer to a health check."""
IDLE_SECONDS: Final = 2.0
"""How long a connection is kept for the next request. Langflow closes idle ones after 5 s, and a request that is on
its way at that moment would be lost."""
ANSWER_BYTES: Final = 4 * 1024 * 1024
"""Longest answer that is read."""
LONG_BYTES: Final = 128 * 1024
"""A longer answer is parsed in a thread."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, read whole."""

    asked: str
    """``METHOD path``, for messages."""
    status: int
    body: bytes = field(repr=False)
    content_type: str = ""
    retry_after: str | None = None
    content: Any = field(default=None, repr=False)
    """The body's JSON; ``None`` where it is none."""

    @property
    def ok(self) -> bool:
        """Whether the status tells of success."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


class LangflowHttp:
    """One Langflow and one user of it; knows whether it is away, and says so once."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        url: str,
        api_key: SecretStr | str | None = None,
        clock: Callable[[], float] = time.time,
        proxy: str | None = None,
        answer_bytes: int = ANSWER_BYTES,
        sentence: Callable[[str], str] = lambda _: "",
    ) -> None:
        """A client over a session, which may be shared.

        Args:
            session: Of aiohttp, which does not read the environment (``trust_env=False``).
            url: Address without a path.
            api_key: Sent as ``x-api-key``; it must be fit for a header.
            clock: UTC seconds; needed where Langflow answers with a date.
            proxy: Address of an HTTP proxy that requests go through.
            answer_bytes: Longest answer that is read.
            sentence: What of a broken run's message may be told; it may quote what people said.
        """
        self._session = session
        self._url = url
        self._api_key = api_key if isinstance(api_key, str | None) else api_key.get_secret_value()
        self._clock = clock
        self._proxy = proxy
        self._answer_bytes = answer_bytes
        self._sentence = sentence
        self._lfx_serve = False
        self.address = shown_address(url)
        """Where Langflow is, without name and password."""
        self.away = ""
        """Why Langflow cannot be reached; empty when it can, or nobody has tried yet."""

    @property
    def api_key(self) -> str:
        """The key that requests carry; empty where there is none."""
        return self._api_key or ""

    @api_key.setter
    def api_key(self, key: str) -> None:
        self._api_key = key

    async def ask(
        self,
        method: str,
        path: str,
        *,
        timeout_seconds: float,
        limit: str = "",
        answer_bytes: int | None = None,
        headers: dict[str, str] | None = None,
        **request: Any,
    ) -> Answer:
        """An answer, whatever its status; knows afterwards whether Langflow is away.

        ``limit`` says where the time is set, for the message of its error; ``answer_bytes`` is the longest answer that is
        read, where it is not the client's; ``headers`` are sent besides the key.

        Raises:
            LangflowAway: Nobody answers.
            RunLost: The answer did not come whole within ``timeout_seconds``.
            FlowFailed: The answer is longer than is read.
        """
        asked = f"{method} {path}"
        timeout = aiohttp.ClientTimeout(
            total=CONNECT_SECONDS + timeout_seconds, connect=CONNECT_SECONDS, sock_read=timeout_seconds
        )
        try:
            async with self._session.request(
                method,
                f"{self._url}{path}",
                headers=self._headers() | (headers or {}),
                timeout=timeout,
                allow_redirects=False,
                proxy=self._proxy,
                **request,
            ) as response:
                answer = await self._read(asked, response, answer_bytes or self._answer_bytes)
        except (
            aiohttp.ConnectionTimeoutError,
            aiohttp.ClientConnectorError,
            aiohttp.ClientHttpProxyError,
        ) as error:
            why = _why_away(error, self.address)
            self._is_away(why)
            raise LangflowAway(why) from None
        except TimeoutError:
            raise RunLost(f"no answer within {timeout_seconds:g} s{limit}") from None
        except ValueError as error:  # aiohttp's InvalidURL is one, and so is what no header takes
            raise LangflowAway(
                f"LANGFLOW_URL or LANGFLOW_API_KEY cannot be sent ({type(error).__name__})"
            ) from None
        except (aiohttp.ClientError, OSError) as error:
            why = f"the connection broke before the answer was there ({type(error).__name__})"
            raise RunLost(why) from None
        self._is_back()
        return answer

    async def _read(self, asked: str, response: aiohttp.ClientResponse, most: int) -> Answer:
        body = bytearray()
        async for piece in response.content.iter_any():
            body += piece
            if len(body) > most:
                response.close()
                raise FlowFailed(f"the answer is longer than {most} bytes")
        if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            # What our components say is read once in a process: half a second, for which no socket is to wait.
            await asyncio.to_thread(self._sentence, "")
        return Answer(
            asked=asked,
            status=response.status,
            body=bytes(body),
            content_type=response.content_type,
            retry_after=response.headers.get("retry-after"),
            content=await worked_out(lambda: _json(body), is_long=len(body) > LONG_BYTES),
        )

    def _headers(self) -> dict[str, str]:
        own = {"Accept-Encoding": "identity"}  # what is unpacked may be a thousand times as long
        if self._api_key:
            own["x-api-key"] = self._api_key
        return own | (lfx_serve.HEADERS if self._lfx_serve else {})

    def insist(self, answer: Answer, flow: str = "", session: str = "") -> None:
        """Take nothing but success; ``flow`` and ``session`` are for messages.

        Raises:
            WayBlocked: Something on the way; its kind says what.
            RunLost: Langflow is overloaded.
            FlowFailed: The flow broke, or does not take this.
        """
        error = judge(
            answer.status,
            answer.content,
            content_type=answer.content_type,
            retry_after=answer.retry_after,
            now=self._clock(),
            address=self.address,
            flow=flow,
            session=session,
            sentence=self._sentence,
        )
        if error is not None:
            raise error

    async def check(self) -> None:
        """Ask for a sign of life; the outcome is :attr:`away`."""
        try:
            answer = await self.ask("GET", "/health", timeout_seconds=HEALTH_SECONDS)
        except RunLost as error:
            self._is_away(f"{self.address} gives no sign of life: {error}")
            return
        except LangflowError as error:
            self._is_away(str(error))
            return
        if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            self._is_away(f"{self.address} answers its health check with {answer.status}")
        elif answer.content is None:
            self._is_away(f"{self.address} answers its health check with a page; is LANGFLOW_URL a Langflow?")
        else:
            self._lfx_serve = lfx_serve.is_lfx_serve(answer.content)

    async def is_lfx_serve(self) -> bool:
        """Whether an ``lfx serve`` answers at the address, asked anew."""
        await self.check()
        return self._lfx_serve

    def _is_away(self, why: str) -> None:
        if not self.away:
            log.warning("langflow.away", why=why)
        self.away = why

    def _is_back(self) -> None:
        if self.away:
            log.info("langflow.back")
        self.away = ""


def _why_away(error: Exception, address: str) -> str:
    """Why nobody could be asked, without what the error itself would show of the address."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            why = "there is no such name"
        case aiohttp.ClientConnectorCertificateError():
            why = f"its certificate is not trusted ({_certificate_fault(error.certificate_error)})"
        case aiohttp.ClientConnectorSSLError():
            why = "TLS with it does not come about"
        case aiohttp.ClientProxyConnectionError():
            why = "the proxy on the way cannot be reached"
        case aiohttp.ClientHttpProxyError():
            why = f"the proxy on the way answered {error.status}"
        case aiohttp.ClientConnectorError():
            number = error.os_error.errno
            why = os.strerror(number) if number else type(error.os_error).__name__
            return f"nobody answers at {address} ({why})"
        case _:
            return f"nobody answers at {address} (no connection within {CONNECT_SECONDS:g} s)"
    return f"{address} cannot be reached: {why}"


def _certificate_fault(error: Exception) -> str:
    return error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else type(error).__name__


def _json(body: bytes | bytearray) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
