"""A flow with a Language Model node, on a real Langflow, whose model is Ollama's stand-in."""

from __future__ import annotations

import contextlib
import uuid
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest

from bridge.publish import graph
from bridge.publish.server import FlowServer
from tests.flows.runs import Runs, shipped_flow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.demo.langflow import LangflowServer
    from bridge.publish.library import Flow
    from tests.fakes.ollama_api import FakeOllama

MODEL = {"name": "llama3.2", "provider": "Ollama", "metadata": {}}


def on_ollama(flow: Flow, url: str) -> Flow:
    """The flow as somebody has it who has chosen Ollama in its Language Model."""
    content = deepcopy(flow.content)
    for component in graph.components(content["data"]):
        if component["type"] == "LanguageModelComponent":
            component["node"]["template"]["model"]["value"] = [MODEL]
            # The editor shows the address as soon as Ollama is chosen, and Langflow reads no field that it does not show.
            component["node"]["template"]["ollama_base_url"] |= {"value": url, "show": True}
    return replace(flow, content=content)


@contextlib.asynccontextmanager
async def meeting_with(
    langflow: LangflowServer, endpoint_name: str, fake: FakeOllama, flow: Flow | None = None
) -> AsyncIterator[Runs]:
    """A new meeting on a copy of a shipped flow, or of one that somebody has made of it."""
    mark = uuid.uuid4()
    flow = on_ollama(flow or shipped_flow(endpoint_name), fake.url)
    names = {"id": str(mark), "name": f"Test {mark}", "endpoint_name": f"test-{mark}"}
    flow = replace(flow, content={**flow.content, **names})
    headers = {"x-api-key": langflow.api_key}
    async with httpx.AsyncClient(
        base_url=langflow.url, headers=headers, timeout=120, trust_env=False
    ) as client:
        version = (await client.get("/api/v1/version")).json()["version"]
        if tuple(map(int, version.split(".")[:2])) < (1, 13):
            pytest.skip("the stock nodes in it are those of Langflow 1.13")
        await FlowServer(client).push(flow)
        yield Runs(client, flow.endpoint_name, f"{mark}/+==")
