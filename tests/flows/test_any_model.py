"""The action items flow with a stock Language Model in place of Zoom Claude, on a real Langflow, against Ollama's stand-in."""

from __future__ import annotations

import asyncio
import json
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx

from bridge.publish import graph
from tests.fakes.ollama_api import FakeOllama
from tests.flows.own_model import meeting_with
from tests.flows.runs import shipped_flow

if TYPE_CHECKING:
    from bridge.demo.langflow import LangflowServer
    from bridge.publish.library import Flow

INSIGHT = {
    "kind": "action_item",
    "text": "Write to the landlord.",
    "owner": "Dana",
    "due": "by Monday",
    "evidence": ["u-000001"],
}


def with_language_model() -> Flow:
    """The flow as somebody has it who has wired a Language Model into *Model* of Zoom Meeting Insights."""
    flow = shipped_flow("zoom-action-items")
    data = deepcopy(flow.data)
    model = next(
        deepcopy(node)
        for node in shipped_flow("zoom-own-model").data["nodes"]
        if node["data"].get("type") == "LanguageModelComponent"
    )
    model["data"]["selected_output"] = "model_output"
    [wire] = [edge for edge in data["edges"] if edge["data"]["targetHandle"]["fieldName"] == "claude"]
    [claude] = [node["id"] for node in data["nodes"] if node["data"].get("type") == "ZoomClaude"]
    data["nodes"] = [node for node in data["nodes"] if node["id"] != claude] + [model]
    wire["source"] = model["id"]
    wire["data"]["sourceHandle"] = {
        "dataType": "LanguageModelComponent",
        "id": model["id"],
        "name": "model_output",
        "output_types": ["LanguageModel"],
    }
    wire["sourceHandle"] = graph.as_handle(wire["data"]["sourceHandle"])
    return replace(flow, content={**flow.content, "data": data})


async def test_a_stock_model_does_what_claude_does(langflow: LangflowServer) -> None:
    """What it finds is told, and two runs at once ask it once: one of them, or neither, gets through the door."""
    async with (
        FakeOllama.serve() as fake,
        meeting_with(langflow, "zoom-action-items", fake, with_language_model()) as runs,
    ):
        fake.otherwise = lambda _: {"insights": [INSIGHT], "summary": None}
        window = runs.window("live", [("Dana", "The landlord, yes, I do that, Monday.")])
        both = await asyncio.gather(runs.attempt(window), runs.attempt(window))
        told = await runs.send(window)

    assert "Write to the landlord" in told
    assert "Dana" in told
    assert len(fake.requests) == 1
    assert fake.requests[0]["format"]["properties"].keys() == {"insights", "summary"}
    for refused in (answer for answer in both if answer.status_code != httpx.codes.OK):
        assert "another run of this window is under way" in json.dumps(refused.json())


async def test_what_our_components_took(langflow: LangflowServer) -> None:
    """An answer tells what a model took for its window, and for the one before that had nothing to say."""
    async with (
        FakeOllama.serve() as fake,
        meeting_with(langflow, "zoom-action-items", fake, with_language_model()) as runs,
    ):
        fake.otherwise = lambda _: {"insights": [], "summary": None}
        silent = await runs.output(runs.window("live", [("Ravi", "It rains, and it rained all week long.")]))
        fake.otherwise = lambda _: {"insights": [INSIGHT | {"evidence": ["u-000002"]}], "summary": None}
        told = await runs.output(runs.window("live", [("Dana", "The landlord, yes, I do that, Monday.")]))

    assert (silent.text, silent.spent, silent.usage) == ("", (), None)
    spent = dict(told.spent)
    assert spent.keys() == {f"{runs.meeting_uuid}:route:{seq}" for seq in (1, 2)}
    assert all(usage.input_tokens > 100 and usage.output_tokens > 0 for usage in spent.values())
    assert {usage.cost_micros for usage in spent.values()} == {-1}
    assert told.usage is None
