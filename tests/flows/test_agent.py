"""The flow with a stock Agent on a real Langflow, against Ollama's stand-in."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.publish import graph
from tests.admin.shelf import TOKEN, archive_served
from tests.fakes.ollama_api import FakeOllama
from tests.fakes.scripted_model import Said
from tests.flows.own_model import meeting_with
from tests.flows.runs import shipped_flow

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.demo.langflow import LangflowServer
    from bridge.publish.library import Flow
    from bridge.store.store import Store
    from tests.fakes.scripted_model import JsonObject

QUESTION = "What did Dana say about the budget?"


def test_its_tools_are_ours_and_those_of_mcp_servers() -> None:
    """The Agent has Zoom Meeting Answer and MCP Tools for tools, and a model that is chosen in one place."""
    data = shipped_flow("zoom-agent").data
    types = {component["id"]: component["type"] for component in graph.components(data)}
    wired = {(types[source], types[target], field) for source, _, target, field in graph.wires(data)}

    assert {source for source, _, field in wired if field == "tools"} == {"ZoomMeetingAnswer", "MCPTools"}
    assert {(target, field) for source, target, field in wired if source == "LanguageModelComponent"} == {
        ("Agent", "model"),
        ("ZoomMeetingAnswer", "claude"),
    }


def answers(body: JsonObject) -> JsonObject | Said | str:
    """A model that asks the meeting before it answers: the tool, in the tool the meeting's own words, then people."""
    if body.get("format"):
        return {"answer": [{"claim": "It is forty thousand.", "evidence": ["u-000001"]}], "told": True}
    found = [message["content"] for message in body["messages"] if message["role"] == "tool"]
    if found:
        return f"Found: {found[-1]}"
    [tool] = [tool["function"]["name"] for tool in body["tools"] if "answer" in tool["function"]["name"]]
    return Said(tool=(tool, {"question": QUESTION}))


async def test_the_agent_asks_the_meeting(langflow: LangflowServer) -> None:
    """The tool knows the meeting that an ask window brings along; the window again gets the same answer."""
    async with FakeOllama.serve() as fake, meeting_with(langflow, "zoom-agent", fake) as runs:
        fake.otherwise = answers
        said = [("Dana", "The budget is forty thousand."), ("Ravi", f"Hey assistant, {QUESTION}")]
        window = runs.window("ask", said, asked=QUESTION)
        told = await runs.send(window)
        again = await runs.send(window)

    assert "Found: Dana (min 0): It is forty thousand." in told
    assert again == told


def with_archive(url: str) -> Flow:
    """The flow as somebody has it who has given MCP Tools the bridge's own server."""
    flow = shipped_flow("zoom-agent")
    content = deepcopy(flow.content)
    [node] = [each for each in graph.components(content["data"]) if each["type"] == "MCPTools"]
    config = {"url": url, "headers": {"Authorization": f"Bearer {TOKEN}"}}
    node["node"]["template"]["mcp_server"]["value"] = {"name": "meetings", "config": config}
    return replace(flow, content=content)


def asks_the_archive(body: JsonObject) -> JsonObject | Said | str:
    """A model that asks the archive what a series left to do, and tells what came back."""
    found = [message["content"] for message in body["messages"] if message["role"] == "tool"]
    if found:
        return f"Found: {found[-1]}"
    return Said(tool=("open_items", {"series": "812"}))


async def test_the_agent_asks_the_archive(langflow: LangflowServer, store: Store, tmp_path: Path) -> None:
    """With the bridge's MCP server in MCP Tools the Agent knows earlier meetings."""
    async with (
        archive_served(store, tmp_path) as url,
        FakeOllama.serve() as fake,
        meeting_with(langflow, "zoom-agent", fake, with_archive(url)) as runs,
    ):
        fake.otherwise = asks_the_archive
        asked = "What is still open from last week?"
        told = await runs.send(runs.window("ask", [("Ravi", f"Hey assistant, {asked}")], asked=asked))

    assert "Call the bank" in told
    assert "Send the deck" not in told
