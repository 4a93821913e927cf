"""Langflow's client: one run, and what Langflow keeps of a meeting.

Behind the address may be a Langflow or an ``lfx serve``; which, its answers tell. Sources:
docs.langflow.org "Langflow API"; statuses as Langflow 1.12 and 1.13 were seen to give them.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import structlog

from bridge.domain import KeyedWindow, Output
from bridge.errors import FlowFailed, FlowRefused, LangflowAway
from bridge.flow import forgetting, lfx_serve, workflow
from bridge.flow.http import HEALTH_SECONDS, IDLE_SECONDS, LangflowHttp
from bridge.flow.request import json_text, read_answer, run_request, session_id, variable_headers

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Collection

    from pydantic import SecretStr

    from bridge.domain import Window

UPLOAD_SECONDS: Final = 10.0
"""Longest wait for a picture to be kept; the window it is for waits as long."""
ROUTE_LIMIT: Final = " (timeout_seconds of the route)"
"""Where the time that a flow has is set."""
NO_ANSWER: Final = "the answer is not that of a flow; is LANGFLOW_URL a Langflow?"


log = structlog.get_logger(__name__)


class LangflowClient(LangflowHttp):
    """Runs flows, and knows what Langflow keeps of meetings. Use :func:`open_langflow`."""

    async def run(self, window: Window, *, timeout_seconds: float) -> Output:
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
            headers=await _packed(variable_headers, window),
            timeout_seconds=timeout_seconds,
            limit=ROUTE_LIMIT,
        )
        if answer.status == HTTPStatus.NOT_FOUND and await self.is_lfx_serve():
            return await self._run_on_lfx(window, timeout_seconds)
        self.insist(answer, window.flow, session_id(window.meeting_uuid))
        output = read_answer(answer.content)
        if output is None:
            raise LangflowAway(f"{self.address}: {NO_ANSWER}")
        return output

    async def give_up(self, window: Window) -> None:
        """Nothing to do: Langflow ends a run whose connection is closed, which it is when :meth:`run` ends."""

    async def trouble(self, window: Window) -> str:
        """Why Langflow is not well, asked anew; empty where it is, so that what a flow does is the flow's own doing."""
        await self.check()
        return self.away

    async def _run_on_lfx(self, window: Window, timeout_seconds: float) -> Output:
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
            json=await _packed(workflow.sync_request, window, found[0]),
            timeout_seconds=timeout_seconds,
            limit=ROUTE_LIMIT,
        )
        self.insist(answer, window.flow, session_id(window.meeting_uuid))
        if workflow.failed(answer.content):
            raise FlowFailed("the flow broke; the log of lfx serve tells where")
        output = workflow.read_answer(answer.content)
        if not isinstance(output, Output):
            raise LangflowAway(f"{self.address}: {NO_ANSWER}")
        return output

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

    async def forget(self, meeting_uuid: str, flows: Collection[str] = ()) -> None:
        """Delete what Langflow keeps of a meeting; ``flows`` are those that may have run for it, by name or id.

        Raises:
            LangflowError: It could not be confirmed that nothing is left.
        """
        if self._lfx_serve:  # no later try can help, and it keeps nothing by itself
            why = "lfx serve deletes nothing; where it was given a database, do it there"
            log.error("langflow.not_forgotten", session_id=session_id(meeting_uuid), why=why)
            return
        await forgetting.forget(self, meeting_uuid, flows)


@asynccontextmanager
async def open_langflow(
    url: str, api_key: SecretStr | str | None = None, *, tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[LangflowClient]:
    """A client with a session of its own; ``options`` are those of :class:`LangflowClient`.

    One connection per request under way: meetings must not wait for each other's flows in here.
    """
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS, ssl=tls or True)
    async with aiohttp.ClientSession(
        connector=connector, trust_env=False, auto_decompress=False, json_serialize=json_text
    ) as session:
        yield LangflowClient(session, url=url, api_key=api_key, **options)


async def _packed(make: Callable[..., dict[str, Any]], window: Window, *more: str) -> dict[str, Any]:
    """What is made of a window; in a thread where a key has to be packed, which may take milliseconds."""
    if isinstance(window, KeyedWindow):
        return await asyncio.to_thread(make, window, *more)
    return make(window, *more)
