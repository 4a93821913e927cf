"""Background runs: a window becomes a job in Langflow, and its answer is fetched when there is one.

For flows that run for minutes: no connection has to live that long, and Langflow or the bridge may
start again meanwhile. The job's key is the window's id, so asking again, after a lost answer or a
time-out or by the bridge's next life, finds the same job; only after one that failed does Langflow
begin another. That is why no more about a job is kept here than which one to stop.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import httpx
import structlog

from bridge.errors import FlowFailed, FlowRefused, LangflowBusy, LangflowError
from bridge.flow import workflow
from bridge.flow.client import NO_ANSWER, ROUTE_LIMIT, json_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.domain import Window
    from bridge.flow.client import LangflowClient

REQUEST_SECONDS: Final = 15.0
"""Longest wait for one answer; none of these requests waits for a flow."""
FIRST_LOOK_SECONDS: Final = 0.2
LONGEST_LOOK_SECONDS: Final = 5.0
"""Longest pause between two looks at a job. Looking often costs Langflow more than many flows do."""
STOP_SECONDS: Final = 30.0
"""How long stopping the job of a window that is given up is tried; the route's next window waits meanwhile."""

log = structlog.get_logger(__name__)


class BackgroundRuns:
    """Runs flows as Langflow's jobs."""

    def __init__(self, client: LangflowClient) -> None:
        self._client = client
        self._ids: dict[str, str] = {}
        self._jobs: dict[str, workflow.Job] = {}
        """Jobs that may still run, by the ids of their windows."""

    async def run(self, window: Window, *, timeout_seconds: float) -> str:
        """The answer of the window's job, which is made if there is none; empty when the flow had nothing to say.

        A job that outlives ``timeout_seconds`` goes on, and the next call waits for it again, unless the
        window is given up. One that has not even begun by then is cancelled, and the next call queues another.

        Raises:
            LangflowAway: Nobody answers.
            LangflowBusy: Langflow asks to wait, or its queue takes nothing now.
            FlowFailed: The job broke or is lost, or took longer than ``timeout_seconds``.
            FlowRefused: Langflow will not run this, however often it is asked.
        """
        job: workflow.Job | None = None
        try:
            async with asyncio.timeout(timeout_seconds):
                answer = await self._submit(window)
                for pause in _pauses():
                    if isinstance(answer, str):
                        self._jobs.pop(window.window_id, None)
                        return answer
                    job = self._jobs[window.window_id] = answer
                    if not job.under_way:
                        raise FlowFailed("Langflow's job ended without an answer; it was cancelled there")
                    await asyncio.sleep(pause)
                    answer = await self._look(job, window.flow)
        except TimeoutError:
            pass
        told = f"no answer within {timeout_seconds:g} s{ROUTE_LIMIT}"
        if job is None or job.begun:
            raise FlowFailed(f"{told}; the job was still running")
        await self._stop(job)
        raise FlowFailed(f"{told}; the job was still queued and is taken back")

    async def give_up(self, window: Window) -> None:
        """Stop the window's job, so that the next window does not run beside it.

        Tried for :data:`STOP_SECONDS`; the log tells of a job that Langflow did not stop in that time.
        """
        job = self._jobs.pop(window.window_id, None)
        if job is None:
            return
        why = f"no answer within {STOP_SECONDS:g} s"
        try:
            async with asyncio.timeout(STOP_SECONDS):
                for pause in _pauses():
                    try:
                        status = (await self._stop(job)).status_code
                    except LangflowError as error:
                        why = str(error)
                    else:
                        if status in (httpx.codes.OK, httpx.codes.NOT_FOUND):
                            return  # It is stopped, had ended before, or is lost.
                        why = f"Langflow answered {status}"
                    await asyncio.sleep(pause)
        except TimeoutError:
            log.error("job.not_stopped", window_id=window.window_id, job_id=job.id, why=why)

    async def _submit(self, window: Window) -> str | workflow.Job:
        known = window.flow in self._ids
        response = await self._post(window)
        if response.status_code == httpx.codes.NOT_FOUND and known:
            del self._ids[window.flow]  # pushed anew under another id
            response = await self._post(window)
        if response.status_code in (httpx.codes.CONFLICT, httpx.codes.SERVICE_UNAVAILABLE):
            # The same key is being taken this moment, or the queue is full: nothing was begun twice.
            raise LangflowBusy(
                f"Langflow answered {response.status_code}: its queue takes no job now",
                retry_after_seconds=None,
            )
        return self._read(response, window.flow)

    async def _post(self, window: Window) -> httpx.Response:
        flow_id = await self._flow_id(window.flow)
        return await self._client.ask(
            "POST",
            workflow.PATH,
            json=workflow.background_request(window, flow_id),
            timeout_seconds=REQUEST_SECONDS,
        )

    async def _look(self, job: workflow.Job, flow: str) -> str | workflow.Job:
        try:
            response = await self._client.ask(
                "GET", workflow.PATH, params={"job_id": job.id}, timeout_seconds=REQUEST_SECONDS
            )
        except FlowFailed:
            return job  # The look failed, which says nothing of the job.
        if response.status_code == httpx.codes.NOT_FOUND:
            raise FlowFailed("Langflow answered 404: it has lost the job")
        return self._read(response, flow)

    async def _stop(self, job: workflow.Job) -> httpx.Response:
        """Ask Langflow to stop a job, which also makes room for another one with the same key.

        Langflow 1.13 begins nothing anew that was queued when it went down, and keeps the key for it.
        """
        return await self._client.ask(
            "POST", workflow.STOP_PATH, json={"job_id": job.id}, timeout_seconds=REQUEST_SECONDS
        )

    def _read(self, response: httpx.Response, flow: str) -> str | workflow.Job:
        self._client.insist(response, flow)
        told = json_of(response)
        if workflow.failed(told):
            raise FlowFailed("the flow broke; open its session in Langflow to see where")
        answer = workflow.read_answer(told)
        if answer is None:
            raise FlowRefused(NO_ANSWER)
        return answer

    async def _flow_id(self, flow: str) -> str:
        """The id of a flow that a route names by endpoint name; jobs know flows by nothing else."""
        if workflow.is_uuid(flow):
            return flow
        if flow not in self._ids:
            response = await self._client.ask(
                "GET", "/api/v1/flows/", params=workflow.ALL_FLOWS, timeout_seconds=REQUEST_SECONDS
            )
            if response.status_code == httpx.codes.NOT_FOUND and await self._client.is_lfx_serve():
                raise FlowRefused("lfx serve has no background runs: set run = 'sync' for the route")
            self._client.insist(response, flow)
            found = workflow.flow_id(json_of(response), flow)
            if found is None:
                raise FlowRefused(f"Langflow has no flow {flow!r}; push it with 'zoom-bridge flows push'")
            self._ids[flow] = found
        return self._ids[flow]


def _pauses() -> Iterator[float]:
    """Growing pauses, so that a job is seen soon after it ended, measured by how long it took."""
    pause = FIRST_LOOK_SECONDS
    while True:
        yield pause
        pause = min(pause * 1.5, LONGEST_LOOK_SECONDS)
