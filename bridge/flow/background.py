"""Background runs: a window becomes a job in Langflow, and its answer is fetched when there is one.

For flows that run for minutes: no connection has to live that long, and Langflow or the bridge may
start again meanwhile. The job's key is the window's id, so asking again, after a lost answer or a
time-out or by the bridge's next life, finds the same job; only after one that failed does Langflow
begin another. That is why no more about a job is kept here than which one to stop.
"""

from __future__ import annotations

import asyncio
import functools
import random
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import structlog

from bridge.backoff import backoff
from bridge.domain import Output
from bridge.errors import (
    DecisionRefused,
    FlowFailed,
    FlowMissing,
    FlowRefused,
    LangflowAway,
    LangflowBusy,
    LangflowError,
    RunLost,
    RunSuspended,
)
from bridge.flow import workflow
from bridge.flow.client import NO_ANSWER, ROUTE_LIMIT
from bridge.flow.request import session_id
from bridge.tasks import wait_for_either

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.domain import Window
    from bridge.flow.client import LangflowClient
    from bridge.flow.http import Answer

REQUEST_SECONDS: Final = 15.0
"""Longest wait for one answer; none of these requests waits for a flow."""
FIRST_LOOK_SECONDS: Final = 0.2
LONGEST_LOOK_SECONDS: Final = 5.0
"""Longest pause between two looks at a job. Looking often costs Langflow more than many flows do."""
FIRST_HUMAN_LOOK_SECONDS: Final = 1.0
LONGEST_HUMAN_LOOK_SECONDS: Final = 10.0
"""Longest pause between two looks whether a person has decided elsewhere; an answer that is given here needs no look."""
STOP_SECONDS: Final = 30.0
"""How long stopping the job of a window that is given up is tried; the route's next window waits meanwhile."""

ANSWERED: Final = "The flow does not ask this any more; somebody may have answered it."

log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class _Asking:
    """A suspended job that is waited for."""

    stream_id: str
    flow: str
    question: workflow.Question | None
    """What it asks; ``None`` where that is answered, or not known."""
    answered: asyncio.Event = field(default_factory=asyncio.Event)


class BackgroundRuns:
    """Runs flows as Langflow's jobs."""

    def __init__(self, client: LangflowClient) -> None:
        self._client = client
        self._ids: dict[str, str] = {}
        self._jobs: dict[str, workflow.Job] = {}
        """Jobs that may still run, by the ids of their windows."""
        self._asking: dict[str, _Asking] = {}
        """Suspended jobs that somebody waits for, by the ids of their windows."""
        self._gone_on: dict[str, workflow.Job] = {}
        """Jobs that were suspended and may have gone on since, by the ids of their windows: they need no second request."""

    async def run(self, window: Window, *, timeout_seconds: float) -> Output:
        """The answer of the window's job, which is made if there is none; empty when the flow had nothing to say.

        A job that outlives ``timeout_seconds`` goes on, and the next call waits for it again, unless the
        window is given up. One that has not even begun by then is cancelled, and the next call queues another.

        Raises:
            WayBlocked: Something on the way, or its queue takes nothing now.
            RunLost: The job took longer than ``timeout_seconds``, or is lost.
            RunSuspended: The job waits for a person; :meth:`questions` tells what it asks, while that is waited for.
            FlowFailed: The job broke.
            FlowRefused: There are no background runs here.
        """
        job: workflow.Job | None = None
        try:
            async with asyncio.timeout(timeout_seconds):
                known = self._gone_on.pop(window.window_id, None)
                answer = await (self._look(known, window) if known else self._submit(window))
                for pause in _pauses():
                    if isinstance(answer, Output):
                        self._jobs.pop(window.window_id, None)
                        return answer
                    job = self._jobs[window.window_id] = answer
                    if job.suspended:
                        asking = self._asking[window.window_id] = await self._ask(job, window)
                        raise RunSuspended(
                            "a Human Input of the flow waits for somebody to decide",
                            goes_on=functools.partial(self._goes_on, job, window, asking),
                        )
                    if not job.under_way:
                        raise RunLost("Langflow's job ended without an answer; it was cancelled there")
                    await asyncio.sleep(pause)
                    answer = await self._look(job, window)
        except TimeoutError:
            pass
        told = f"no answer within {timeout_seconds:g} s{ROUTE_LIMIT}"
        if job is None or job.begun:
            raise RunLost(f"{told}; the job was still running")
        await self._stop(job)
        raise RunLost(f"{told}; the job was still queued and is taken back")

    def questions(self, stream_id: str) -> tuple[workflow.Question, ...]:
        """What runs of a stream ask people now, in the order in which they began to ask."""
        asking = [each for each in self._asking.values() if each.stream_id == stream_id]
        return tuple(each.question for each in asking if each.question is not None)

    async def answer(self, stream_id: str, request_id: str, action: str) -> None:
        """Let a suspended job go on down a branch.

        Raises:
            DecisionRefused: Nobody asks this any more, or it has no such branch.
            LangflowError: Langflow did not take it.
        """
        known = {each.request_id: each for each in self.questions(stream_id)}
        question = known.get(request_id)
        if question is None or action not in dict(question.branches):
            raise DecisionRefused(ANSWERED)
        asking = self._asking[question.window_id]
        response = await self._client.ask(
            "POST",
            workflow.resume_path(question),
            json=workflow.resume_request(question, action),
            timeout_seconds=REQUEST_SECONDS,
        )
        if response.status not in (HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND):
            self._client.insist(response, asking.flow)
        asking.question = None
        asking.answered.set()
        if response.status != HTTPStatus.OK:
            raise DecisionRefused(ANSWERED)
        log.info("question.answered", window_id=question.window_id)

    async def give_up(self, window: Window) -> None:
        """Stop the window's job, so that the next window does not run beside it.

        Tried for :data:`STOP_SECONDS`; the log tells of a job that Langflow did not stop in that time.
        """
        self._asking.pop(window.window_id, None)
        self._gone_on.pop(window.window_id, None)
        job = self._jobs.pop(window.window_id, None)
        if job is None:
            return
        why = f"no answer within {STOP_SECONDS:g} s"
        try:
            async with asyncio.timeout(STOP_SECONDS):
                for pause in _pauses():
                    try:
                        status = (await self._stop(job)).status
                    except LangflowError as error:
                        why = str(error)
                    else:
                        if status in (HTTPStatus.OK, HTTPStatus.NOT_FOUND):
                            return  # It is stopped, had ended before, or is lost.
                        why = f"Langflow answered {status}"
                    await asyncio.sleep(pause)
        except TimeoutError:
            log.error("job.not_stopped", window_id=window.window_id, job_id=job.id, why=why)

    async def trouble(self, window: Window) -> str:
        """As :meth:`LangflowClient.trouble`."""
        return await self._client.trouble(window)

    async def _submit(self, window: Window) -> Output | workflow.Job:
        known = self._ids.get(window.flow)
        response = await self._post(window)
        if response.status == HTTPStatus.NOT_FOUND and known is not None:
            if (
                self._ids.get(window.flow) == known
            ):  # pushed anew under another id; others may have seen it first
                del self._ids[window.flow]
            response = await self._post(window)
        if response.status in (HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE):
            # The same key is being taken this moment, or the queue is full: nothing was begun twice.
            busy = LangflowBusy(
                f"Langflow answered {response.status}: its queue takes no job now",
                retry_after_seconds=None,
            )
            busy.everywhere = False
            raise busy
        return self._read(response, window)

    async def _post(self, window: Window) -> Answer:
        flow_id = await self._flow_id(window.flow)
        return await self._client.ask(
            "POST",
            workflow.PATH,
            json=workflow.background_request(window, flow_id),
            timeout_seconds=REQUEST_SECONDS,
        )

    async def _look(self, job: workflow.Job, window: Window) -> Output | workflow.Job:
        try:
            response = await self._client.ask(
                "GET", workflow.PATH, params={"job_id": job.id}, timeout_seconds=REQUEST_SECONDS
            )
        except RunLost:
            return job  # The look failed, which says nothing of the job.
        if response.status == HTTPStatus.NOT_FOUND:
            raise RunLost("Langflow answered 404: it has lost the job")
        return self._read(response, window)

    async def _goes_on(self, job: workflow.Job, window: Window, asking: _Asking) -> None:
        """Return once a suspended job was answered here, or is seen to be something else than suspended.

        Nobody is asked any more behind it, also where it is cancelled; the job stays for whoever goes on with the meeting.
        """
        try:
            for pause in _growing(FIRST_HUMAN_LOOK_SECONDS, LONGEST_HUMAN_LOOK_SECONDS):
                if await wait_for_either(asking.answered, pause) or not await self._is_suspended(job, window):
                    self._gone_on[window.window_id] = job
                    return
        finally:
            self._asking.pop(window.window_id, None)

    async def _is_suspended(self, job: workflow.Job, window: Window) -> bool:
        """Whether a job still waits; what is in the way of knowing it is for whoever asks in their turn."""
        try:
            answer = await self._look(job, window)
        except LangflowError:
            return False
        return isinstance(answer, workflow.Job) and answer.suspended

    async def _ask(self, job: workflow.Job, window: Window) -> _Asking:
        """Learn what a suspended job asks."""
        response = await self._client.ask(
            "GET",
            workflow.PENDING_PATH,
            params={"flow_id": await self._flow_id(window.flow)},
            timeout_seconds=REQUEST_SECONDS,
        )
        self._client.insist(response, window.flow)
        question = workflow.question_in(response.content, job, window.window_id)
        return _Asking(stream_id=window.stream_id, flow=window.flow, question=question)

    async def _stop(self, job: workflow.Job) -> Answer:
        """Ask Langflow to stop a job, which also makes room for another one with the same key.

        Langflow 1.13 begins nothing anew that was queued when it went down, and keeps the key for it.
        """
        return await self._client.ask(
            "POST", workflow.STOP_PATH, json={"job_id": job.id}, timeout_seconds=REQUEST_SECONDS
        )

    def _read(self, response: Answer, window: Window) -> Output | workflow.Job:
        self._client.insist(response, window.flow, session_id(window.meeting_uuid))
        if workflow.failed(response.content):
            raise FlowFailed("the flow broke; open its session in Langflow to see where")
        answer = workflow.read_answer(response.content)
        if answer is None:
            raise LangflowAway(f"{self._client.address}: {NO_ANSWER}")
        return answer

    async def _flow_id(self, flow: str) -> str:
        """The id of a flow that a route names by endpoint name; jobs know flows by nothing else."""
        if workflow.is_uuid(flow):
            return flow
        if flow not in self._ids:
            response = await self._client.ask(
                "GET", "/api/v1/flows/", params=workflow.ALL_FLOWS, timeout_seconds=REQUEST_SECONDS
            )
            if response.status == HTTPStatus.NOT_FOUND and await self._client.is_lfx_serve():
                raise FlowRefused("lfx serve has no background runs: set run = 'sync' for the route")
            self._client.insist(response, flow)
            found = workflow.flow_id(response.content, flow)
            if found is None:
                raise FlowMissing(f"Langflow has no flow {flow!r}; push it with 'zoom-bridge flows push'")
            self._ids[flow] = found
        return self._ids[flow]


def _pauses() -> Iterator[float]:
    """Growing pauses, so that a job is seen soon after it ended, measured by how long it took."""
    return _growing(FIRST_LOOK_SECONDS, LONGEST_LOOK_SECONDS)


def _growing(first: float, longest: float) -> Iterator[float]:
    return backoff(first, longest, factor=1.5, spread=0.2, chance=random.random)


class Jobs:
    """The jobs at each of the Langflows, to whoever answers what they ask."""

    def __init__(self) -> None:
        self._at: list[BackgroundRuns] = []

    def at(self, client: LangflowClient) -> BackgroundRuns:
        """Those at one more Langflow."""
        self._at.append(BackgroundRuns(client))
        return self._at[-1]

    def questions(self, stream_id: str) -> tuple[workflow.Question, ...]:
        """As :meth:`BackgroundRuns.questions`, of all."""
        return tuple(question for runs in self._at for question in runs.questions(stream_id))

    async def answer(self, stream_id: str, request_id: str, action: str) -> None:
        """As :meth:`BackgroundRuns.answer`, where it is asked."""
        for runs in self._at:
            if any(each.request_id == request_id for each in runs.questions(stream_id)):
                return await runs.answer(stream_id, request_id, action)
        raise DecisionRefused(ANSWERED)
