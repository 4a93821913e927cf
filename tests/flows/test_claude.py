"""The action items flow with Claude as its engine, on a real Langflow, against the Messages API's stand-in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import httpx

from bridge.flow.server import FlowServer
from tests.fakes.anthropic_api import KEY, serve
from tests.flows.test_action_items import Runs, action_items

if TYPE_CHECKING:
    from bridge.demo.langflow import LangflowServer


async def test_claude_reads_the_window(langflow: LangflowServer) -> None:
    """With a key in the field the flow asks Claude, says what Claude found, and keeps the key out of the flow."""
    names = {
        "id": "5f0c8f0e-0000-4000-8000-00000000c1a0",
        "name": "Claude test",
        "endpoint_name": "claude-test",
    }
    flow = replace(action_items(), content={**action_items().content, **names})
    async with (
        serve() as fake,
        httpx.AsyncClient(
            base_url=langflow.url, headers={"x-api-key": langflow.api_key}, timeout=60, trust_env=False
        ) as client,
    ):
        values = {"ZoomMeetingInsights.api_key": KEY, "ZoomMeetingInsights.base_url": fake.url}
        pushed = await FlowServer(client).push(flow, values)
        fake.say(
            {
                "insights": [
                    {
                        "kind": "action_item",
                        "text": "Write to the landlord.",
                        "owner": "Dana",
                        "due": "by Monday",
                        "evidence": ["u-000001"],
                    }
                ],
                "summary": None,
            }
        )
        runs = Runs(client, flow.endpoint_name, "claude/+==")
        told = await runs.send(runs.window("live", [("Dana", "The landlord, yes, I do that, Monday.")]))
        stored = (await client.get(f"/api/v1/flows/{pushed.flow_id}")).text

    assert "Write to the landlord" in told
    (asked,) = fake.requests
    assert "The landlord, yes" in str(asked.body["messages"])
    assert KEY not in stored
