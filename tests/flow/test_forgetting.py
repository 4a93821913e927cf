"""What Langflow keeps of a meeting, and that nothing of it is left: against a fake and against a real one's database."""

from __future__ import annotations

import json
import sqlite3
import uuid
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import structlog

from bridge.errors import FlowMissing, FlowRefused, KeyRefused, LangflowAway
from bridge.flow import forgetting
from bridge.flow.client import open_langflow
from bridge.flow.request import session_id
from bridge.publish.rest import open_langflow as open_rest
from bridge.publish.server import FlowServer
from tests.fakes.langflow_server import FakeLangflow
from tests.fakes.rude import GATEWAY, LOGIN_PAGE, REDIRECT, answering, response
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.demo.langflow import LangflowServer
    from bridge.publish.library import Flow

MEETING, OTHER = "aB3/xY+z9Q==", "other=="
SESSION = session_id(MEETING)


def trace(number: int, session: str = SESSION, flow: str = "f-1") -> dict[str, Any]:
    return {"id": f"{session} {number}", "sessionId": session, "flowId": flow}


async def forget(server: FakeLangflow, *flows: str) -> list[str]:
    """Forget the meeting; gives what the log says is left."""
    with structlog.testing.capture_logs() as logs:
        async with server.listening() as url, open_langflow(url, server.api_key) as langflow:
            await forgetting.forget(langflow, MEETING, flows, settle_seconds=0)
    return [line["why"] for line in logs if line["event"] == "langflow.not_forgotten"]


async def test_traces_and_results_of_the_meeting_go() -> None:
    """More than one answer lists, those of the memory too, and those of other meetings stay."""
    server = FakeLangflow()
    ours = [trace(n) for n in range(forgetting.TRACES_AT_ONCE + 5)] + [trace(0, f"{SESSION}:memory", "f-2")]
    theirs = trace(1, session_id(OTHER), "f-3")
    server.traces = [*ours, theirs]
    server.builds = {"f-1", "f-2", "f-3"}

    assert await forget(server) == []

    assert server.traces == [theirs]
    assert server.builds == {"f-3"}


async def test_long_windows_do_not_keep_a_meeting_from_going() -> None:
    """Langflow lists runs with all that was said; that is read where no run's answer would be."""
    server = FakeLangflow()
    server.traces = [trace(n) | {"input": "x" * 1_000_000} for n in range(6)]

    await forget(server)

    assert server.traces == []


async def test_results_go_where_nothing_is_traced(flow: Flow) -> None:
    """Of the flows that routes name, by endpoint name or by id; of others they stay."""
    server = FakeLangflow()
    async with server.client() as client:
        await FlowServer(client).push(flow)
    server.builds = {flow.id, "f-3"}

    await forget(server, flow.endpoint_name, "not-there")

    assert server.builds == {"f-3"}


async def test_what_is_written_late_goes_too() -> None:
    """Langflow writes of a run when it has ended: it is looked at again, until nothing new is found."""
    server = FakeLangflow()
    server.traces, server.late_traces = [trace(1)], [trace(2)]

    await forget(server)

    assert server.traces == []


async def test_runs_that_go_on_are_no_confirmation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where each look finds something new, the deletion fails, and whoever wants it tries again later."""
    server = FakeLangflow()
    server.traces = [trace(0)]
    handle = FakeLangflow._monitor

    def busy(self: FakeLangflow, method: str, rest: list[str], request: Any) -> Any:
        if method == "DELETE" and rest == ["builds"]:
            self.traces.append(trace(len(self.writes)))
            self.writes.append("a run has ended")
        return handle(self, method, rest, request)

    monkeypatch.setattr(FakeLangflow, "_monitor", busy)

    with pytest.raises(FlowRefused, match="under way"):
        await forget(server)


async def test_what_cannot_be_deleted_is_told() -> None:
    """Transactions stay; the log names the session and the setting, and nothing that was said."""
    server = FakeLangflow()
    server.traces, server.transactions = [trace(1)], {"f-1"}

    [why] = await forget(server)

    assert "LANGFLOW_TRANSACTIONS_STORAGE_ENABLED=false" in why


async def test_a_refusal_is_no_confirmation() -> None:
    """A key that is not valid any more deletes nothing, and is told."""
    server = FakeLangflow()
    async with server.listening() as url, open_langflow(url, "sk-wrong") as langflow:
        with pytest.raises(KeyRefused, match="403"):
            await langflow.forget(MEETING)


@pytest.mark.parametrize(
    "answer",
    [
        LOGIN_PAGE,
        REDIRECT,
        GATEWAY,
        response(404, b"<html>nginx</html>", "text/html"),
        response(404, b'{"detail":"Not Found"}'),
        response(404),
        response(200),
        response(204),
        response(200, b"{}"),
        response(200, b'{"error":"database is locked"}'),
        response(200, b'[{"id": [], "endpoint_name": {}}]'),
        response(200, b'{"traces": 5}'),
    ],
)
async def test_who_is_no_langflow_confirms_nothing(answer: bytes) -> None:
    """Neither a page that says yes to everything, nor one that knows of nothing, nor JSON of something else."""
    async with answering(answer) as url, open_langflow(url, "k") as langflow:
        with pytest.raises((LangflowAway, FlowMissing)):
            await forgetting.forget(langflow, MEETING, ["f"], settle_seconds=0)


async def test_who_has_flows_and_no_messages_is_no_langflow() -> None:
    """Every Langflow has them: one that does not know the address has deleted none."""

    class Another(FakeLangflow):
        def _handle(self, request: httpx.Request) -> httpx.Response:
            if "/messages/session/" in request.url.path:
                return httpx.Response(404, json={"detail": "Not Found"})
            return super()._handle(request)

    with pytest.raises(LangflowAway, match="is no Langflow"):
        await forget(Another())


@pytest.mark.parametrize("odd", [{}, {"id": None}, {"id": ["x"]}])
async def test_a_trace_that_cannot_be_named_is_no_confirmation(odd: dict[str, Any]) -> None:
    """What is listed and has no id cannot have been deleted."""
    server = FakeLangflow()
    server.traces = [{"id": None, "sessionId": SESSION, "flowId": "f-1"} | odd]
    with pytest.raises(FlowRefused):
        await forget(server)


def tables_with(database: Path, words: str) -> dict[str, int]:
    """Rows that hold the words, by table."""
    opened = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        tables = [name for (name,) in opened.execute("select name from sqlite_master where type = 'table'")]
        rows = {table: opened.execute(f'select * from "{table}"').fetchall() for table in tables}  # noqa: S608
    finally:
        opened.close()
    found = {table: sum(words in str(row) for row in rows[table]) for table in tables}
    return {table: count for table, count in found.items() if count}


async def test_no_table_keeps_a_word(langflow: LangflowServer, flow: Flow) -> None:
    """A sentence that a real Langflow has put into messages, traces and results of nodes is in none of its tables afterwards."""
    meeting, word = str(uuid.uuid4()), f"quokka{uuid.uuid4().hex}"
    database = langflow._directory / "langflow.db"
    said = {"id": "u-1", "speaker": "Dana", "user_id": "1", "start_ms": 1, "end_ms": 2, "language": 9}
    window = {
        "schema": "zoom-window/1",
        "window_id": "s:r:1",
        "seq": 1,
        "kind": "live",
        "route": "r",
        "meeting": {"uuid": meeting, "id": "1", "topic": "t", "started_at": "2026-11-29T01:00:00Z"},
        "stream_id": "s",
        "from_ms": 1,
        "to_ms": 2,
        "gaps": [],
        "participants": [{"user_id": "1", "name": "Dana"}],
        "utterances": [{**said, "text": f"I will send the {word} by Friday.", "source": "speech"}],
    }
    body = {"input_value": json.dumps(window), "input_type": "chat", "output_type": "chat"}
    async with open_rest(langflow.url, langflow.api_key) as client:
        await FlowServer(client).push(flow)
        run = {**body, "session_id": session_id(meeting)}
        (await client.post(f"/api/v1/run/{flow.endpoint_name}", json=run)).raise_for_status()
    await until(lambda: {"message", "span", "vertex_build"} <= tables_with(database, word).keys(), seconds=60)

    async with open_langflow(langflow.url, langflow.api_key) as opened:
        await opened.forget(meeting, [flow.endpoint_name])

    assert tables_with(database, word) == {}
