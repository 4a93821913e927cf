"""Langflow over HTTP: the one client that everything here asks it with, and one run.

Behind the address may be a Langflow or an ``lfx serve``; which, its answers tell. Sources:
docs.langflow.org "Langflow API"; statuses as Langflow 1.12 and 1.13 were seen to give them.
What stands behind the address may also be none of these: every answer is read up to a limit of
size and time, redirects are not followed, and what is no Langflow's answer is told as that.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import aiohttp
import structlog

from bridge.errors import FlowFailed, FlowRefused, LangflowAway, LangflowError, RunLost
from bridge.flow import lfx_serve, workflow
from bridge.flow.answer import judge, shown_address
from bridge.flow.request import read_answer, run_request, session_id, uploaded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pydantic import SecretStr

    from bridge.domain import Window

CONNECT_SECONDS: Final = 5.0
"""Longest wait for a TCP connection to Langflow."""
HEALTH_SECONDS: Final = 5.0
"""Longest wait for the answer to a health check."""
UPLOAD_SECONDS: Final = 10.0
"""Longest wait for a picture to be kept; the window it is for waits as long."""
IDLE_SECONDS: Final = 2.0
"""How long a connection is kept for the next request. Langflow closes idle ones after 5 s, and a request that is on
its way at that moment would be lost."""
ANSWER_BYTES: Final = 4 * 1024 * 1024
"""Longest answer that is read."""
LONG_BYTES: Final = 128 * 1024
"""A longer answer is parsed in a thread."""
ROUTE_LIMIT: Final = " (timeout_seconds of the route)"
"""Where the time that a flow has is set."""
NO_ANSWER: Final = "the answer is not that of a flow; is LANGFLOW_URL a Langflow?"

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


class LangflowClient:
    """One Langflow and one user of it; knows whether it is away, and says so once. Use :func:`open_langflow`."""

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

    async def run(self, window: Window, *, timeout_seconds: float) -> str:
        """Run the window's flow and return its answer; empty when the flow had nothing to say.

        Raises:
            WayBlocked: Something on the way; its kind says what. Nothing was run.
            RunLost: No answer within ``timeout_seconds``, or not a whole one.
            FlowFailed: The flow broke on this window.
        """
        if self._lfx_serve:
            return await self._run_on_lfx(window, timeout_seconds)
        answer = await self.ask(
            "POST",
            f"/api/v1/run/{window.flow}",
            params={"stream": "false"},
            json=run_request(window),
            timeout_seconds=timeout_seconds,
            limit=ROUTE_LIMIT,
        )
        if answer.status == HTTPStatus.NOT_FOUND and await self.is_lfx_serve():
            return await self._run_on_lfx(window, timeout_seconds)
        self.insist(answer, window.flow, session_id(window.meeting_uuid))
        text = read_answer(answer.content)
        if text is None:
            raise LangflowAway(f"{self.address}: {NO_ANSWER}")
        return text

    async def give_up(self, window: Window) -> None:
        """Nothing to do: Langflow ends a run whose connection is closed, which it is when :meth:`run` ends."""

    async def trouble(self, window: Window) -> str:
        """Why Langflow is not well, asked anew; empty where it is, so that what a flow does is the flow's own doing."""
        await self.check()
        return self.away

    async def ask(
        self,
        method: str,
        path: str,
        *,
        timeout_seconds: float,
        limit: str = "",
        headers: dict[str, str] | None = None,
        **request: Any,
    ) -> Answer:
        """An answer, whatever its status; knows afterwards whether Langflow is away.

        ``limit`` says where the time is set, for the message of its error; ``headers`` are sent besides the key.

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
                answer = await self._read(asked, response)
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
        except (aiohttp.ClientError, OSError) as error:
            why = f"the connection broke before the answer was there ({type(error).__name__})"
            raise RunLost(why) from None
        except ValueError as error:  # aiohttp's InvalidURL is one, and so is a header that no header takes
            raise LangflowAway(
                f"LANGFLOW_URL or LANGFLOW_API_KEY cannot be sent ({type(error).__name__})"
            ) from None
        self._is_back()
        return answer

    async def _read(self, asked: str, response: aiohttp.ClientResponse) -> Answer:
        body = bytearray()
        async for piece in response.content.iter_any():
            body += piece
            if len(body) > self._answer_bytes:
                response.close()
                raise FlowFailed(f"the answer is longer than {self._answer_bytes} bytes")
        return Answer(
            asked=asked,
            status=response.status,
            body=bytes(body),
            content_type=response.content_type,
            retry_after=response.headers.get("retry-after"),
            content=await asyncio.to_thread(_json, body) if len(body) > LONG_BYTES else _json(body),
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

    async def _run_on_lfx(self, window: Window, timeout_seconds: float) -> str:
        listing = await self.ask("GET", lfx_serve.FLOWS_PATH, timeout_seconds=HEALTH_SECONDS)
        found = lfx_serve.matching_flows(listing.content, window.flow)
        if not found and not await self.is_lfx_serve():
            raise LangflowAway(f"another server than a moment ago answers at {self.address}")
        self.insist(listing, window.flow)
        if len(found) != 1:
            raise lfx_serve.no_single_flow(window.flow, found)
        answer = await self.ask(
            "POST",
            workflow.PATH,
            json=workflow.sync_request(window, found[0]),
            timeout_seconds=timeout_seconds,
            limit=ROUTE_LIMIT,
        )
        self.insist(answer, window.flow, session_id(window.meeting_uuid))
        if workflow.failed(answer.content):
            raise FlowFailed("the flow broke; the log of lfx serve tells where")
        text = workflow.read_answer(answer.content)
        if not isinstance(text, str):
            raise LangflowAway(f"{self.address}: {NO_ANSWER}")
        return text

    async def upload(self, name: str, content: bytes) -> str:
        """Keep a file with Langflow; returns the path by which a flow reads it.

        Raises:
            LangflowError: It was not kept; says why.
        """
        form = aiohttp.FormData()
        form.add_field("file", content, filename=name, content_type="application/octet-stream")
        answer = await self.ask("POST", "/api/v2/files", data=form, timeout_seconds=UPLOAD_SECONDS)
        if answer.status != HTTPStatus.CREATED:
            raise FlowRefused(f"Langflow answered {answer.status} and did not keep the file")
        path = answer.content.get("path") if isinstance(answer.content, dict) else None
        if not isinstance(path, str) or not path:
            raise FlowRefused("the answer tells no path; is LANGFLOW_URL a Langflow?")
        return path

    async def forget(self, meeting_uuid: str) -> None:
        """Delete what Langflow keeps of a meeting: its sessions, that of our components' memory included, and pictures.

        Best effort: where Langflow cannot be reached or refuses, the log says that it has to be done by hand.
        """
        session = session_id(meeting_uuid)
        if self._lfx_serve:
            why = "lfx serve deletes nothing; where it was given a database, do it there"
            log.error("langflow.not_forgotten", session_id=session, why=why)
            return
        for name in (session, f"{session}:memory"):
            await self._forget("DELETE", f"/api/v1/monitor/messages/session/{quote(name, safe='')}", session)
        files = await self._forget("GET", "/api/v2/files", session)
        for file_id in uploaded(files.body, session) if files else ():
            await self._forget("DELETE", f"/api/v2/files/{quote(file_id, safe='')}", session)

    async def _forget(self, method: str, path: str, session: str) -> Answer | None:
        """The answer to a request of :meth:`forget`; the log tells of one that failed."""
        try:
            answer = await self.ask(method, path, timeout_seconds=HEALTH_SECONDS)
        except LangflowError as error:
            why = str(error)
        else:
            if answer.ok:
                return answer
            if answer.status == HTTPStatus.NOT_FOUND:
                return None
            why = f"status {answer.status}"
        log.error("langflow.not_forgotten", session_id=session, why=why)
        return None

    def _is_away(self, why: str) -> None:
        if not self.away:
            log.warning("langflow.away", why=why)
        self.away = why

    def _is_back(self) -> None:
        if self.away:
            log.info("langflow.back")
        self.away = ""


@asynccontextmanager
async def open_langflow(
    url: str, api_key: SecretStr | str | None = None, *, tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[LangflowClient]:
    """A client with a session of its own; ``options`` are those of :class:`LangflowClient`.

    One connection per request under way: meetings must not wait for each other's flows in here.
    """
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS, ssl=tls or True)
    async with aiohttp.ClientSession(connector=connector, trust_env=False, auto_decompress=False) as session:
        yield LangflowClient(session, url=url, api_key=api_key, **options)


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
