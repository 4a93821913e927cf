"""What Langflow keeps of a meeting, deleted: messages, traces, results of nodes, pictures; suspended jobs are stopped.

Langflow writes some of it a moment after a run has ended, so it is looked at until nothing new is found. Paths as
Langflow 1.12 and 1.13 answer them; a path that an older one does not have is nothing kept. Flows and messages every one
has: who knows neither is no Langflow, and confirms nothing, nor does a page in the place of a list. Of results of nodes (*vertex
builds*) Langflow deletes those of a flow as a whole; the editor shows the last of them and nothing reads them again.
*Transactions* have no way to be deleted; that some are there is told.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import structlog

from bridge.errors import FlowRefused, LangflowAway
from bridge.flow.answer import no_langflow
from bridge.flow.request import session_id, uploaded
from bridge.flow.workflow import ALL_FLOWS, PENDING_PATH, STOP_PATH, jobs_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from bridge.flow.http import Answer, LangflowHttp

SETTLE_SECONDS: Final = 2.0
"""Between two looks; Langflow writes what it has gathered of runs each half second."""
MOST_LOOKS: Final = 6
"""After so many with something new, runs of the meeting must be under way; the deletion is tried again later."""
TRACES_AT_ONCE: Final = 20
"""Langflow lists each with what went into the run and what came out."""
LIST_BYTES: Final = 64 * 1024 * 1024
"""Longest list; a meeting's last window may have some megabytes."""
LIST_SECONDS: Final = 30.0
"""Longest wait for one answer."""
TRACES: Final = "/api/v1/monitor/traces"

log = structlog.get_logger(__name__)


async def forget(
    langflow: LangflowHttp,
    meeting_uuid: str,
    flows: Collection[str] = (),
    *,
    settle_seconds: float = SETTLE_SECONDS,
) -> None:
    """Delete what there is of a meeting. ``flows`` are endpoint names and ids of flows that may have run for it.

    Raises:
        LangflowError: It could not be confirmed that nothing is left.
    """
    session = session_id(meeting_uuid)
    sessions = (session, f"{session}:memory")  # the second is that of our components
    flow_ids = await _ids(langflow, flows)
    for flow_id in flow_ids:
        await _stop_suspended(langflow, flow_id, session)
    for look in range(MOST_LOOKS):
        if look:
            await asyncio.sleep(settle_seconds)
        traced = [await _forget_traces(langflow, name) for name in sessions]
        flow_ids = flow_ids.union(*traced)
        for flow_id in flow_ids:
            await _ask(langflow, "DELETE", "/api/v1/monitor/builds", flow_id=flow_id)
        for name in sessions:
            path = f"/api/v1/monitor/messages/session/{quote(name, safe='')}"
            if await _ask(langflow, "DELETE", path) is None:
                raise _no_langflow(langflow)
        if look and not any(traced):
            break
    else:
        raise FlowRefused("Langflow goes on writing about the meeting; runs of it are under way")
    files = await _list(langflow, "/api/v2/files")
    for file_id in uploaded(files or (), session):
        await _ask(langflow, "DELETE", f"/api/v2/files/{quote(file_id, safe='')}")
    if any([await _has_transactions(langflow, flow_id) for flow_id in flow_ids]):
        log.error(
            "langflow.not_forgotten",
            session_id=session,
            why="transactions, which Langflow's API cannot delete, may hold words of the meeting; "
            "LANGFLOW_TRANSACTIONS_STORAGE_ENABLED=false keeps none (docs/troubleshooting.md)",
        )


async def _ids(langflow: LangflowHttp, flows: Collection[str]) -> set[str]:
    """Ids of the flows that are there, by endpoint name or id."""
    found = await _list(langflow, "/api/v1/flows/", **ALL_FLOWS)
    if found is None:
        raise _no_langflow(langflow)
    return {
        str(flow.get("id"))
        for flow in found
        if {str(flow.get("id")), str(flow.get("endpoint_name"))} & {*flows}
    }


async def _stop_suspended(langflow: LangflowHttp, flow_id: str, session: str) -> None:
    """Stop a flow's jobs of a session that wait for a person; nobody goes on with the meeting."""
    for job_id in jobs_of(await _list(langflow, PENDING_PATH, flow_id=flow_id), session):
        answer = await langflow.ask(
            "POST", STOP_PATH, json={"job_id": job_id}, timeout_seconds=LIST_SECONDS, answer_bytes=LIST_BYTES
        )
        if not answer.ok and answer.status not in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
            raise FlowRefused(
                f"Langflow answered {answer.status} and may not have stopped a job of the meeting"
            )


async def _forget_traces(langflow: LangflowHttp, session: str) -> set[str]:
    """Delete a session's traces, their spans with them; gives the flows that left any."""
    flow_ids: set[str] = set()
    gone: set[str] = set()
    while True:
        query = {"session_id": session, "size": str(TRACES_AT_ONCE)}
        traces = await _list(langflow, TRACES, within="traces", **query)
        left = [each for each in traces or () if str(each.get("id")) not in gone]
        if not left:
            return flow_ids
        for trace in left:
            trace_id = str(trace.get("id"))
            await _ask(langflow, "DELETE", f"{TRACES}/{quote(trace_id, safe='')}")
            gone.add(trace_id)
            if flow_id := trace.get("flowId"):
                flow_ids.add(str(flow_id))


async def _has_transactions(langflow: LangflowHttp, flow_id: str) -> bool:
    answer = await _ask(langflow, "GET", "/api/v1/monitor/transactions", flow_id=flow_id, size="1")
    total: Any = answer.content.get("total") if answer and isinstance(answer.content, dict) else 0
    return bool(total)


async def _list(
    langflow: LangflowHttp, path: str, within: str = "", **params: str
) -> list[dict[str, Any]] | None:
    """What Langflow lists, under a name ``within`` the answer where one is given; ``None`` where it knows nothing of it."""
    answer = await _ask(langflow, "GET", path, **params)
    if answer is None:
        return None
    named = answer.content if isinstance(answer.content, dict) else {}
    found = named.get(within) if within else answer.content
    if not isinstance(found, list):
        raise _no_langflow(langflow)
    return [each for each in found if isinstance(each, dict)]


async def _ask(langflow: LangflowHttp, method: str, path: str, **params: str) -> Answer | None:
    """The answer; ``None`` where Langflow knows nothing of it."""
    answer = await langflow.ask(
        method, path, timeout_seconds=LIST_SECONDS, answer_bytes=LIST_BYTES, params=params
    )
    if answer.status == HTTPStatus.NOT_FOUND and answer.content is not None:
        return None
    langflow.insist(answer)
    return answer


def _no_langflow(langflow: LangflowHttp) -> LangflowAway:
    return no_langflow(langflow.address, ", and may have deleted nothing")
