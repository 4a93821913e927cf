"""Many meetings at one real Langflow, shortly; ``python -m benchmarks.crowd`` measures more of them for longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from benchmarks.crowd import ROUTE, crowd
from bridge.flow.client import open_langflow
from bridge.publish.library import load_flows
from bridge.publish.server import FlowServer

if TYPE_CHECKING:
    from bridge.demo.langflow import LangflowServer

MEETINGS = 40


@pytest.mark.timeout(600)
async def test_forty_meetings(langflow: LangflowServer) -> None:
    """Forty meetings that all have a window to send at once bring a Langflow on SQLite to no standstill, and lose none."""
    headers = {"x-api-key": langflow.api_key}
    async with httpx.AsyncClient(base_url=langflow.url, headers=headers, timeout=60, trust_env=False) as http:
        [flow] = [flow for flow in load_flows() if flow.endpoint_name == ROUTE.flow]
        await FlowServer(http).push(flow, force=True)
    async with open_langflow(langflow.url, langflow.api_key) as client:
        measured = await crowd(client, MEETINGS, seconds=1)
    assert measured.counted.failed == 0
    assert measured.counted.answered >= MEETINGS
