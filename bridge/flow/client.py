"""Langflow over HTTP: one run, and whether anybody is there.

Sources: docs.langflow.org "Langflow API"; statuses as Langflow 1.12 and 1.13 were seen to give them.
"""

from __future__ import annotations

import asyncio
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import httpx
import structlog

from bridge.errors import FlowFailed, FlowRefused, LangflowAway, LangflowBusy
from bridge.flow.request import read_answer, run_request, session_id, uploaded

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import SecretStr

    from bridge.domain import Window

CONNECT_SECONDS: Final = 5.0
"""Longest wait for a TCP connection to Langflow."""
HEALTH_SECONDS: Final = 5.0
"""Longest wait for the answer to a health check."""
UPLOAD_SECONDS: Final = 10.0
"""Longest wait for a picture to be kept; the window it is for waits as long."""

log = structlog.get_logger(__name__)


class LangflowClient:
    """Runs flows on one Langflow server; knows whether it is away, and says so once."""

    def __init__(
        self, http: httpx.AsyncClient, *, url: str, api_key: SecretStr | None, clock: Callable[[], float]
    ) -> None:
        """``clock`` gives UTC seconds; it is needed where Langflow answers with a date."""
        self._http = http
        self._url = url
        self._headers = {"x-api-key": api_key.get_secret_value()} if api_key else {}
        self._clock = clock
        self.away = ""
        """Why Langflow cannot be reached; empty when it can, or nobody has tried yet."""

    async def run(self, window: Window, *, timeout_seconds: float) -> str:
        """Run the window's flow and return its answer; empty when the flow had nothing to say.

        Raises:
            LangflowAway: Nobody answers.
            LangflowBusy: Langflow asks to wait.
            FlowFailed: The run broke, or took longer than ``timeout_seconds``.
            FlowRefused: Langflow will not run this, however often it is asked.
        """
        try:
            # httpx waits anew for each piece of an answer; the whole of it needs a limit of its own.
            async with asyncio.timeout(CONNECT_SECONDS + timeout_seconds):
                response = await self._http.post(
                    f"{self._url}/api/v1/run/{window.flow}",
                    params={"stream": "false"},
                    json=run_request(window),
                    headers=self._headers,
                    timeout=httpx.Timeout(timeout_seconds, connect=CONNECT_SECONDS),
                )
        except (httpx.ConnectError, httpx.ConnectTimeout):
            self._is_away("nobody answers at LANGFLOW_URL")
            raise LangflowAway("nobody answers at LANGFLOW_URL") from None
        except (httpx.TimeoutException, TimeoutError):
            raise FlowFailed(
                f"no answer within {timeout_seconds:g} s (timeout_seconds of the route)"
            ) from None
        except httpx.RequestError as error:
            raise FlowFailed(f"the connection broke while the flow ran ({type(error).__name__})") from None
        self._is_back()
        return self._read(response, window.flow)

    async def check(self) -> None:
        """Ask for a sign of life; the outcome is :attr:`away`."""
        try:
            response = await self._http.get(f"{self._url}/health", timeout=HEALTH_SECONDS)
        except httpx.RequestError:
            self._is_away("nobody answers at LANGFLOW_URL")
            return
        if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            self._is_away(f"Langflow answers its health check with {response.status_code}")
        else:
            self._is_back()

    async def upload(self, name: str, content: bytes) -> str:
        """Keep a file with Langflow; returns the path by which a flow reads it.

        Raises:
            LangflowAway: Nobody answers.
            FlowFailed: No answer in time, or a broken one.
            FlowRefused: Langflow does not take it.
        """
        try:
            response = await self._http.post(
                f"{self._url}/api/v2/files",
                files={"file": (name, content)},
                headers=self._headers,
                timeout=httpx.Timeout(UPLOAD_SECONDS, connect=CONNECT_SECONDS),
            )
        except (httpx.ConnectError, httpx.ConnectTimeout):
            self._is_away("nobody answers at LANGFLOW_URL")
            raise LangflowAway("nobody answers at LANGFLOW_URL") from None
        except httpx.RequestError as error:
            raise FlowFailed(f"the upload was not answered ({type(error).__name__})") from None
        if response.status_code != httpx.codes.CREATED:
            raise FlowRefused(f"Langflow answered {response.status_code} and did not keep the file")
        try:
            path = response.json()["path"]
        except (ValueError, RecursionError, KeyError, TypeError):
            path = None
        if not isinstance(path, str) or not path:
            raise FlowRefused("the answer tells no path; is LANGFLOW_URL a Langflow?")
        return path

    async def forget(self, meeting_uuid: str) -> None:
        """Delete what Langflow keeps of a meeting: its sessions, that of our components' memory included, and pictures.

        Best effort: where Langflow cannot be reached or refuses, the log says that it has to be done by hand.
        """
        session = session_id(meeting_uuid)
        for name in (session, f"{session}:memory"):
            await self._forget("DELETE", f"/api/v1/monitor/messages/session/{quote(name, safe='')}", session)
        files = await self._forget("GET", "/api/v2/files", session)
        for file_id in uploaded(files.content, session) if files else ():
            await self._forget("DELETE", f"/api/v2/files/{quote(file_id, safe='')}", session)

    async def _forget(self, method: str, path: str, session: str) -> httpx.Response | None:
        """The answer to a request of :meth:`forget`; the log tells of one that failed."""
        try:
            response = await self._http.request(
                method, f"{self._url}{path}", headers=self._headers, timeout=HEALTH_SECONDS
            )
        except httpx.RequestError as error:
            why = type(error).__name__
        else:
            if not response.is_error:
                return response
            if response.status_code == httpx.codes.NOT_FOUND:
                return None
            why = f"status {response.status_code}"
        log.error("langflow.not_forgotten", session_id=session, why=why)
        return None

    def _read(self, response: httpx.Response, flow: str) -> str:
        status = response.status_code
        if status == httpx.codes.OK:
            try:
                answer = read_answer(response.json())
            except (ValueError, RecursionError):
                answer = None
            if answer is None:
                raise FlowRefused("the answer is not that of a flow; is LANGFLOW_URL a Langflow?")
            return answer
        if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise FlowRefused(f"Langflow answered {status}: LANGFLOW_API_KEY is missing or not valid there")
        if status == httpx.codes.NOT_FOUND:
            raise FlowRefused(
                f"Langflow answered 404: it has no flow {flow!r}; push it with 'zoom-bridge flows push'"
            )
        if status == httpx.codes.TOO_MANY_REQUESTS:
            seconds = retry_after(response.headers.get("retry-after"), self._clock())
            raise LangflowBusy("Langflow answered 429: too many requests", retry_after_seconds=seconds)
        if status == httpx.codes.REQUEST_TIMEOUT or status >= httpx.codes.INTERNAL_SERVER_ERROR:
            # The body would tell which component failed, but may quote what people said.
            raise FlowFailed(
                f"Langflow answered {status}: the flow broke; open its session in Langflow to see where"
            )
        raise FlowRefused(f"Langflow answered {status} and did not run the flow")

    def _is_away(self, why: str) -> None:
        if not self.away:
            log.warning("langflow.away", why=why)
        self.away = why

    def _is_back(self) -> None:
        if self.away:
            log.info("langflow.back")
        self.away = ""


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds that a ``Retry-After`` header asks for, in either of its forms; ``None`` for anything else."""
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except ValueError:
        return None
