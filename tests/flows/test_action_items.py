"""The action items flow on a real Langflow that has never heard of this project."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import jsonschema
import pytest

from bridge.flow import graph
from bridge.flow.library import Flow, load_components, load_flows, shipped
from bridge.flow.request import read_answer, session_id
from bridge.flow.server import FlowServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bridge.demo.langflow import LangflowServer

JsonObject = dict[str, Any]

CHAIN = [
    "ChatInput",
    "ZoomContextBuffer",
    "ZoomMeetingInsights",
    "ZoomInsightLedger",
    "ZoomChatOutput",
    "ChatOutput",
]


def action_items() -> Flow:
    """The shipped flow."""
    [flow] = [flow for flow in load_flows() if flow.endpoint_name == "zoom-action-items"]
    return flow


class Runs:
    """One meeting's runs of one flow."""

    def __init__(self, client: httpx.AsyncClient, endpoint: str, meeting_uuid: str) -> None:
        self._client, self._endpoint, self._uuid = client, endpoint, meeting_uuid
        self._seq = 0
        self._lines: list[JsonObject] = []

    def window(self, kind: str, said: Sequence[tuple[str, str]] = ()) -> str:
        """The next window, as the bridge writes it; a final one carries all that was said."""
        self._seq += 1
        first = len(self._lines) + 1
        for n, (speaker, text) in enumerate(said, first):
            at = 1_790_000_000_000 + n * 4000
            self._lines.append(
                {"id": f"u-{n:06d}", "speaker": speaker, "user_id": speaker.lower(), "start_ms": at}
                | {"end_ms": at + 3000, "text": text, "language": 9, "source": "speech"}
            )
        utterances = self._lines if kind == "final" else self._lines[first - 1 :]
        speakers = dict.fromkeys(line["speaker"] for line in self._lines)
        window = {
            "schema": "zoom-window/1",
            "window_id": f"{self._uuid}:action-items:{self._seq}",
            "seq": self._seq,
            "kind": kind,
            "route": "action-items",
            "meeting": {
                "uuid": self._uuid,
                "id": "81234567890",
                "topic": "Weekly",
                "started_at": "2026-09-21T14:13:20Z",
            },
            "stream_id": self._uuid,
            "from_ms": utterances[0]["start_ms"],
            "to_ms": utterances[-1]["end_ms"],
            "participants": [{"user_id": name.lower(), "name": name} for name in speakers],
            "utterances": utterances,
            "gaps": [],
        }
        jsonschema.validate(window, json.loads((Path(shipped("flows")) / "window.schema.json").read_text()))
        return json.dumps(window, ensure_ascii=False, separators=(",", ":"))

    async def send(self, input_value: str) -> str:
        """Run the flow; its answer, empty when it had nothing to say."""
        body = {"input_value": input_value, "input_type": "chat", "output_type": "chat"}
        answer = await self._client.post(
            f"/api/v1/run/{self._endpoint}", json={**body, "session_id": session_id(self._uuid)}
        )
        assert answer.status_code == httpx.codes.OK, answer.text
        text = read_answer(answer.json())
        assert text is not None
        return text


@pytest.fixture
async def runs(langflow: LangflowServer) -> AsyncIterator[Runs]:
    """A new meeting on a copy of the flow, so that no other test's settings are in it."""
    mark = uuid.uuid4()
    names = {"id": str(mark), "name": f"Test {mark}", "endpoint_name": f"test-{mark}"}
    flow = replace(action_items(), content={**action_items().content, **names})
    headers = {"x-api-key": langflow.api_key}
    async with httpx.AsyncClient(
        base_url=langflow.url, headers=headers, timeout=60, trust_env=False
    ) as client:
        await FlowServer(client).push(flow)
        yield Runs(client, flow.endpoint_name, f"{mark}/+==")


def test_it_is_one_chain() -> None:
    """Chat Input, our four components in their order, Chat Output, and nothing beside."""
    data = action_items().data
    types = {component["id"]: component["type"] for component in graph.components(data)}
    follows = {types[source]: types[target] for source, _, target, _ in graph.wires(data)}

    chain = ["ChatInput"]
    while chain[-1] in follows:
        chain.append(follows[chain[-1]])

    assert chain == CHAIN
    assert sorted(types.values()) == sorted(CHAIN)


def test_public_names_are_pinned() -> None:
    """These names are stored in people's flows: changing one breaks them."""
    own = load_components()
    pinned = {
        component["type"]: (
            component["node"]["metadata"]["component_class_name"],
            [(output["name"], output["method"]) for output in component["node"]["outputs"]],
        )
        for component in graph.components(action_items().data)
        if component["type"] in own
    }

    assert pinned == {
        "ZoomContextBuffer": (
            "ZoomContextBuffer",
            [("prompt", "build_prompt"), ("context", "build_context")],
        ),
        "ZoomMeetingInsights": ("ZoomMeetingInsights", [("insights", "find_insights")]),
        "ZoomInsightLedger": ("ZoomInsightLedger", [("news", "find_news")]),
        "ZoomChatOutput": ("ZoomChatOutput", [("posted", "post")]),
    }


def test_windows_are_not_stored_as_chat() -> None:
    """A window's JSON in the Playground would bury the answers."""
    [chat_input] = [c for c in graph.components(action_items().data) if c["type"] == "ChatInput"]

    assert chat_input["node"]["template"]["should_store_message"]["value"] is False


async def test_a_meeting_is_told_once(runs: Runs) -> None:
    """What is new is told; the same window again gets the same answer; nothing new says nothing."""
    first = runs.window("live", [("Dana", "I'll send the report by Friday."), ("Ravi", "Thanks.")])
    told = await runs.send(first)
    assert "report" in told
    assert "Dana" in told
    assert await runs.send(first) == told

    assert await runs.send(runs.window("live", [("Ravi", "It's a lovely day outside.")])) == ""

    second = runs.window(
        "live",
        [("Dana", "As I said, I'll send the report by Friday."), ("Ravi", "I will book the room on Monday.")],
    )
    news = await runs.send(second)
    assert "book the room" in news
    assert "report" not in news
    assert await runs.send(second) == news
    assert await runs.send(first) == told


async def test_the_final_window_brings_a_summary(runs: Runs) -> None:
    """At the end everybody who spoke is listed, and a repeat changes nothing."""
    await runs.send(runs.window("live", [("Dana", "We decided to ship the new version on Friday.")]))
    final = runs.window("final", [("Ravi", "I will tell the customers tomorrow.")])

    summary = await runs.send(final)

    assert "Dana" in summary
    assert "Ravi" in summary
    assert "tell the customers" in summary
    assert await runs.send(final) == summary


async def test_plain_text_runs_too(runs: Runs) -> None:
    """Somebody who types lines into the Playground gets an answer."""
    assert "check the budget" in await runs.send("Dana: I will check the budget by Tuesday.")
