"""The example flow that puts meetings into Langflow's Knowledge, and the Agent reading them there, on a real Langflow."""

from __future__ import annotations

import contextlib
import json
import uuid
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx

from bridge.publish import graph
from bridge.publish.library import load_examples
from bridge.publish.rest import open_langflow
from tests.fakes.ollama_api import EMBEDDING_MODEL, FakeOllama
from tests.fakes.scripted_model import Said
from tests.flows.own_model import meeting_with
from tests.flows.runs import shipped_flow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.demo.langflow import LangflowServer
    from bridge.publish.library import Flow
    from tests.fakes.scripted_model import JsonObject

SAID = [
    ("Dana", "The budget is forty thousand." + " We talked about it for long." * 20),
    ("Ravi", "The oven costs nine thousand." + " The kitchen needs other things too." * 20),
    ("Dana", "Our venue in Lisbon is booked for the third of May." + " Flights are not." * 40),
]


def example(knowledge: str) -> Flow:
    """The flow as somebody has it who has chosen a knowledge base in it."""
    [flow] = [flow for flow in load_examples() if flow.endpoint_name == "zoom-knowledge"]
    content = deepcopy(flow.content)
    [node] = [each for each in graph.components(content["data"]) if each["type"] == "Knowledge"]
    node["node"]["template"]["knowledge_base"]["value"] = knowledge
    return replace(flow, content=content)


async def reading(client: httpx.AsyncClient, knowledge: str) -> Flow:
    """The flow with the Agent, as somebody has it who has given it Knowledge in Tool Mode, as Langflow makes that node."""
    types = (await client.get("/api/v1/all")).json()
    [stock] = [group["Knowledge"] for group in types.values() if "Knowledge" in group]
    template = deepcopy(stock["template"])
    template["mode"]["value"] = "Retrieve"
    template["knowledge_base"]["value"] = knowledge
    for name, value in (("mode", "Retrieve"), ("tool_mode", True)):
        change = {"code": template["code"]["value"], "template": template, "field": name}
        change |= {"field_value": value, "tool_mode": name == "tool_mode"}
        answer = await client.post("/api/v1/custom_component/update", json=change)
        assert answer.status_code == httpx.codes.OK, answer.text
        node = answer.json()
        template = node["template"]
    flow = shipped_flow("zoom-agent")
    content = deepcopy(flow.content)
    data = content["data"]
    id_ = "Knowledge-agent10"
    node |= {"tool_mode": True}
    data["nodes"].append(
        {"id": id_, "type": "genericNode", "position": {"x": 800, "y": 1300}}
        | {"data": {"id": id_, "type": "Knowledge", "node": node}}
    )
    [wire] = [
        edge
        for edge in data["edges"]
        if edge["data"]["targetHandle"]["fieldName"] == "tools" and edge["source"].startswith("MCPTools")
    ]
    text = json.dumps(wire, ensure_ascii=False).replace(wire["source"], id_).replace("MCPTools", "Knowledge")
    data["edges"].append(json.loads(text))
    return replace(flow, content=content)


@contextlib.asynccontextmanager
async def knowledge_base(client: httpx.AsyncClient, fake: FakeOllama) -> AsyncIterator[str]:
    """A new knowledge base with Ollama's embeddings, set up as in Langflow's Settings; gone afterwards."""
    setting = {"name": "OLLAMA_BASE_URL", "value": fake.url, "type": "Generic", "default_fields": []}
    variable = (await client.post("/api/v1/variables/", json=setting)).raise_for_status().json()
    name = f"kb{uuid.uuid4().hex}"
    asked = {"name": name, "embedding_provider": "Ollama", "embedding_model": EMBEDDING_MODEL}
    (await client.post("/api/v1/knowledge_bases", json=asked)).raise_for_status()
    try:
        yield name
    finally:
        await client.delete(f"/api/v1/knowledge_bases/{name}")
        await client.delete(f"/api/v1/variables/{variable['id']}")


def asks_knowledge(body: JsonObject) -> JsonObject | Said | str:
    """A model that does as docs/archive.md has the Agent told, and tells what came back."""
    found = [message["content"] for message in body["messages"] if message["role"] == "tool"]
    if found:
        return f"Found: {found[-1]}"
    [tool] = [tool["function"] for tool in body["tools"] if "retrieve" in tool["function"]["name"]]
    return Said(tool=(tool["name"], {"mode": "Retrieve", "search_query": "Lisbon venue booked"}))


async def test_words_go_in_once_and_the_agent_finds_them(langflow: LangflowServer) -> None:
    """The final window's passages go in with topic and day, the same meeting again adds none, and the Agent reads them."""
    async with (
        FakeOllama.serve() as fake,
        open_langflow(langflow.url, langflow.api_key) as client,
        knowledge_base(client, fake) as name,
    ):
        async with meeting_with(langflow, "zoom-knowledge", fake, example(name)) as runs:
            first = await runs.say("final", SAID)
            again = await runs.say("final")
        kept = (await client.get(f"/api/v1/knowledge_bases/{name}/chunks")).json()["chunks"]
        fake.otherwise = asks_knowledge
        async with meeting_with(langflow, "zoom-agent", fake, await reading(client, name)) as runs:
            asked = "When is the venue booked?"
            told = await runs.send(runs.window("ask", [("Ravi", f"Hey assistant, {asked}")], asked=asked))

    assert ('"chunks_created": 3' in first, '"skipped": 3' in again) == (True, True)
    assert [(each["metadata"]["topic"], each["metadata"]["date"]) for each in kept] == [
        ("Weekly", "2026-09-21")
    ] * 3
    assert "Our venue in Lisbon is booked for the third of May." in told
    assert fake.refusals == []
