"""No component leaves a window claimed that is not being run any more."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from tests.components import contracts
from tests.components.contracts import SESSION
from tests.components.namespaces import step_of
from tests.fakes.waiting import cancelled_at

PARTS = [
    ("meeting_insights", "context", "find_insights", "_find"),
    ("meeting_summary", "context", "sum_up", "_sum_up"),
    ("meeting_answer", "context", "build_news", "_tell"),
    ("meeting_answer", "context", "answer_question", "_tell"),
    ("knowledge", "news", "answer_news", "_answered"),
    ("insight_ledger", "insights", "find_news", "_told"),
    ("record_sync", "news", "sync_records", "_sync"),
    ("chat_output", "news", "post", "_post"),
]
"""File, input, the method that Langflow calls, and what its step does of it in the run."""
CONTEXT: dict[str, Any] = {
    "stream_id": "s1", "from_ms": 0, "to_ms": 0, "participants": [], "context": [], "new": [], "gaps": [], "asked": [],
    "ask": None, "share": None, "prompt": "",
}  # fmt: skip
"""What a context has beside what news have."""


@pytest.fixture
def in_a_run(component: Any, piece: Any) -> Any:
    """A component in a run whose window is claimed."""

    async def make(file: str, input_: str) -> Any:
        from lfx.schema.data import Data

        sent = contracts.news(contracts.insight()) | {"schema": f"zoom-{input_}/1", **CONTEXT}
        node = component(file, **{input_: Data(data=sent)})
        node._vertex = SimpleNamespace(graph=SimpleNamespace(_run_id="run-1", context={}, session_id=SESSION))
        await piece("one_run").claim_run(
            node,
            session_id=SESSION,
            route="action-items",
            window_id=sent["window_id"],
            now=1.0,
            seconds=1e12,
        )
        return node

    return make


async def claims(piece: Any) -> list[str]:
    rows = await piece("message_table").Rows(SESSION, "zoom-run:action-items").all()
    return [row.content["run"] for row in rows]


@pytest.mark.parametrize(("file", "input_", "method", "inner"), PARTS)
async def test_a_cancelled_part_leaves_no_claim(in_a_run, piece, monkeypatch, file, input_, method, inner):
    """Langflow cancels a run whenever the bridge gives it up; the next one gets in at once."""
    node, begun = await in_a_run(file, input_), asyncio.Event()
    assert await claims(piece) == ["run-1"]

    async def endless(*_: Any) -> None:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(step_of(node), inner, endless)
    await cancelled_at(begun, getattr(node, method)())

    assert await claims(piece) == []


@pytest.mark.parametrize(("file", "input_", "method", "inner"), PARTS)
async def test_a_part_that_fails_leaves_no_claim(in_a_run, piece, monkeypatch, file, input_, method, inner):
    """Whatever it is that nobody foresaw."""
    node = await in_a_run(file, input_)

    async def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(step_of(node), inner, broken)
    with pytest.raises(ZeroDivisionError):
        await getattr(node, method)()

    assert await claims(piece) == []


@pytest.mark.parametrize(
    ("file", "method"),
    [("meeting_summary", "sum_up"), ("meeting_answer", "build_news"), ("meeting_answer", "answer_question")],
)
async def test_the_run_is_over_where_there_is_nothing_to_tell(in_a_run, piece, monkeypatch, file, method):
    """The flow stops there, so nobody behind could give the run up."""
    node = await in_a_run(file, "context")
    stopped: list[str] = []
    monkeypatch.setattr(node, "stop", stopped.append)
    await getattr(node, method)()

    assert len(stopped) == 1
    assert await claims(piece) == []


async def test_the_run_is_over_when_everything_is_posted(in_a_run, piece):
    """Chat Output is the last of ours."""
    node = await in_a_run("chat_output", "news")
    await node.post()

    assert await claims(piece) == []
