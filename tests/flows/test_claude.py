"""The action items flow with Claude behind it, on a real Langflow, against the Messages API's stand-in."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx

from bridge.publish.server import FlowServer
from tests.fakes.anthropic_api import KEY, serve
from tests.flows.runs import Runs, shipped_flow

if TYPE_CHECKING:
    from bridge.demo.langflow import LangflowServer


async def test_claude_reads_the_window(langflow: LangflowServer) -> None:
    """With a key in Zoom Claude the flow tells what Claude found, asks once for a repeated window, and keeps the key."""
    mark = uuid.uuid4()
    names = {"id": str(mark), "name": f"Claude {mark}", "endpoint_name": f"claude-{mark}"}
    flow = shipped_flow("zoom-action-items")
    flow = replace(flow, content={**flow.content, **names})
    headers = {"x-api-key": langflow.api_key}
    async with (
        serve() as fake,
        httpx.AsyncClient(base_url=langflow.url, headers=headers, timeout=120, trust_env=False) as client,
    ):
        values = {"ZoomClaude.api_key": KEY, "ZoomClaude.base_url": fake.url}
        pushed = await FlowServer(client).push(flow, values)
        insight = {
            "kind": "action_item",
            "text": "Write to the landlord.",
            "owner": "Dana",
            "due": "by Monday",
            "evidence": ["u-000001"],
        }
        fake.say({"insights": [insight], "summary": None})
        runs = Runs(client, flow.endpoint_name, f"{mark}/+==")
        window = runs.window("live", [("Dana", "The landlord, yes, I do that, Monday.")])
        told = await runs.send(window)
        again = await runs.send(window)
        kept = [
            (await client.get(f"/api/v1/flows/{pushed.flow_id}")).text,
            (await client.get("/api/v1/monitor/builds", params={"flow_id": pushed.flow_id})).text,
            (await client.get("/api/v1/monitor/transactions", params={"flow_id": pushed.flow_id})).text,
        ]

    assert "Write to the landlord" in told
    assert again == told
    [asked] = fake.requests
    assert "The landlord, yes" in str(asked.body["messages"])
    assert "ZoomClaude" in kept[1]
    assert all(KEY not in text for text in kept)
