"""Langflow over HTTP: one run, and whether anybody is there.

Behind the address may be a Langflow or an ``lfx serve``; which, its answers tell. Sources:
docs.langflow.org "Langflow API"; statuses as Langflow 1.12 and 1.13 were seen to give them.
"""

from __future__ import annotations

import asyncio
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import httpx
import structlog

from bridge.errors import FlowFailed, FlowRefused, LangflowAway, LangflowBusy
from bridge.flow import lfx_serve, workflow
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
ROUTE_LIMIT: Final = " (timeout_seconds of the route)"
"""Where the time that a flow has is set."""
NO_ANSWER: Final = "the answer is not that of a flow; is LANGFLOW_URL a Langflow?"

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
        self._lfx_serve = False
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
        if self._lfx_serve:
            return await self._run_on_lfx(window, timeout_seconds)
        response = await self.ask(
            "POST",
            f"/api/v1/run/{window.flow}",
            params={"stream": "false"},
            json=run_request(window),
            timeout_seconds=timeout_seconds,
            limit=ROUTE_LIMIT,
        )
        if response.status_code == httpx.codes.NOT_FOUND and await self.is_lfx_serve():
            return await self._run_on_lfx(window, timeout_seconds)
        self.insist(response, window.flow)
        answer = read_answer(json_of(response))
        if answer is None:
            raise FlowRefused(NO_ANSWER)
        return answer

    async def give_up(self, window: Window) -> None:
        """Nothing to do: Langflow ends a run whose connection is closed, which it is when :meth:`run` ends."""

    async def ask(
        self, method: str, path: str, *, timeout_seconds: float, limit: str = "", **request: Any
    ) -> httpx.Response:
        """An answer, whatever its status; knows afterwards whether Langflow is away.

        ``limit`` says where the time is set, for the message of its error.

        Raises:
            LangflowAway: Nobody answers.
            FlowFailed: The answer did not come whole within ``timeout_seconds``, or broke off.
        """
        headers = self._headers | (lfx_serve.HEADERS if self._lfx_serve else {})
        try:
            # httpx waits anew for each piece of an answer; the whole of it needs a limit of its own.
            async with asyncio.timeout(CONNECT_SECONDS + timeout_seconds):
                response = await self._http.request(
                    method,
                    f"{self._url}{path}",
                    headers=headers,
                    timeout=httpx.Timeout(timeout_seconds, connect=CONNECT_SECONDS),
                    **request,
                )
        except (httpx.ConnectError, httpx.ConnectTimeout):
            self._is_away("nobody answers at LANGFLOW_URL")
            raise LangflowAway("nobody answers at LANGFLOW_URL") from None
        except (httpx.TimeoutException, TimeoutError):
            raise FlowFailed(f"no answer within {timeout_seconds:g} s{limit}") from None
        except httpx.RequestError as error:
            why = f"the connection broke before the answer was there ({type(error).__name__})"
            raise FlowFailed(why) from None
        self._is_back()
        return response

    def insist(self, response: httpx.Response, flow: str) -> None:
        """Take nothing but status 200.

        Raises:
            LangflowBusy: 429.
            FlowFailed: 408 or 5xx.
            FlowRefused: Anything else.
        """
        status = response.status_code
        if status == httpx.codes.OK:
            return
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

    async def check(self) -> None:
        """Ask for a sign of life; the outcome is :attr:`away`."""
        try:
            response = await self._http.get(f"{self._url}/health", timeout=HEALTH_SECONDS)
        except httpx.RequestError:
            self._is_away("nobody answers at LANGFLOW_URL")
            return
        if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            self._is_away(f"Langflow answers its health check with {response.status_code}")
            return
        self._lfx_serve = lfx_serve.is_lfx_serve(json_of(response))
        self._is_back()

    async def is_lfx_serve(self) -> bool:
        """Whether an ``lfx serve`` answers at the address, asked anew."""
        await self.check()
        return self._lfx_serve

    async def _run_on_lfx(self, window: Window, timeout_seconds: float) -> str:
        listing = await self.ask("GET", lfx_serve.FLOWS_PATH, timeout_seconds=HEALTH_SECONDS)
        found = lfx_serve.matching_flows(json_of(listing), window.flow)
        if not found and not await self.is_lfx_serve():
            raise LangflowAway("another server than a moment ago answers at LANGFLOW_URL")
        self.insist(listing, window.flow)
        if len(found) != 1:
            how_many = "several flows" if found else "no flow"
            raise FlowRefused(
                f"lfx serve has {how_many} by the name {window.flow!r}; routes may name the id, the title or the file"
            )
        response = await self.ask(
            "POST",
            workflow.PATH,
            json=workflow.sync_request(window, found[0]),
            timeout_seconds=timeout_seconds,
            limit=ROUTE_LIMIT,
        )
        self.insist(response, window.flow)
        told = json_of(response)
        if workflow.failed(told):
            raise FlowFailed("the flow broke; the log of lfx serve tells where")
        answer = workflow.read_answer(told)
        if not isinstance(answer, str):
            raise FlowRefused(NO_ANSWER)
        return answer

    async def upload(self, name: str, content: bytes) -> str:
        """Keep a file with Langflow; returns the path by which a flow reads it.

        Raises:
            LangflowAway: Nobody answers.
            FlowFailed: No answer in time, or a broken one.
            FlowRefused: Langflow does not take it.
        """
        response = await self.ask(
            "POST", "/api/v2/files", files={"file": (name, content)}, timeout_seconds=UPLOAD_SECONDS
        )
        if response.status_code != httpx.codes.CREATED:
            raise FlowRefused(f"Langflow answered {response.status_code} and did not keep the file")
        told = json_of(response)
        path = told.get("path") if isinstance(told, dict) else None
        if not isinstance(path, str) or not path:
            raise FlowRefused("the answer tells no path; is LANGFLOW_URL a Langflow?")
        return path

    async def forget(self, meeting_uuid: str) -> None:
        """Delete what Langflow keeps of a meeting: its sessions, that of our components' memory included, and pictures.

        Raises:
            LangflowError: It could not be confirmed that nothing is left.
        """
        session = session_id(meeting_uuid)
        if self._lfx_serve:  # no later try can help, and it keeps nothing by itself
            why = "lfx serve deletes nothing; where it was given a database, do it there"
            log.error("langflow.not_forgotten", session_id=session, why=why)
            return
        for name in (session, f"{session}:memory"):
            await self._forget("DELETE", f"/api/v1/monitor/messages/session/{quote(name, safe='')}")
        files = await self._forget("GET", "/api/v2/files")
        for file_id in uploaded(files.content, session) if files else ():
            await self._forget("DELETE", f"/api/v2/files/{quote(file_id, safe='')}")

    async def _forget(self, method: str, path: str) -> httpx.Response | None:
        """The answer to a request of :meth:`forget`; ``None`` where Langflow knows nothing of it."""
        response = await self.ask(method, path, timeout_seconds=HEALTH_SECONDS)
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        if response.is_error:
            raise FlowRefused(f"Langflow answered {response.status_code} and may not have deleted it")
        return response

    def _is_away(self, why: str) -> None:
        if not self.away:
            log.warning("langflow.away", why=why)
        self.away = why

    def _is_back(self) -> None:
        if self.away:
            log.info("langflow.back")
        self.away = ""


def json_of(response: httpx.Response) -> Any:
    """The JSON of an answer; ``None`` where it is none."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


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
