"""Whether server, key, flows and components fit together: the same against a fake and against a real Langflow."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import jsonschema
import pytest

from bridge.finding import Finding, Level
from bridge.publish import graph
from bridge.publish.check import check, empty_window, look_ahead
from bridge.publish.library import Flow, load_components, load_flows, shipped
from bridge.publish.rest import LangflowRest
from bridge.publish.server import FlowServer
from tests.fakes.langflow_server import FakeLangflow
from tests.publish.grouping import grouped

if TYPE_CHECKING:
    from collections.abc import Callable


JsonObject = dict[str, Any]
SOURCES = load_components()


async def look(client: httpx.AsyncClient, flow: Flow, *, run: bool = True) -> list[Finding]:
    return await check(LangflowRest(client), [flow], SOURCES, run=run)


def of_flow(findings: list[Finding], flow: Flow) -> Finding:
    """The last that tells how the flow is there, or runs; what it still needs comes behind."""
    return [finding for finding in findings if finding.what.startswith(f"{flow.name} ")][-1]


async def change(client: httpx.AsyncClient, flow: Flow, edit: Callable[[JsonObject], None]) -> None:
    """Change the flow's graph as the editor does: read it, save it whole."""
    data = (await client.get(f"/api/v1/flows/{flow.id}")).raise_for_status().json()["data"]
    edit(data)
    (await client.patch(f"/api/v1/flows/{flow.id}", json={"data": data})).raise_for_status()


def component(data: JsonObject, type_: str) -> JsonObject:
    """The one component of a type."""
    [found] = [component for component in graph.components(data) if component["type"] == type_]
    return found


async def test_all_is_well(client: httpx.AsyncClient, flow: Flow) -> None:
    """After a push everything fits, the flow runs for two meetings apart, and nothing is left of them."""
    await FlowServer(client).push(flow)

    findings = await look(client, flow)

    fine = [str(finding) for finding in findings if finding.level is Level.OK]
    assert fine[-1] == f"✓ {flow.name} runs, and keeps meetings apart"
    assert [
        finding.what.partition(" has no ")[2][:11] for finding in findings if finding.level is not Level.OK
    ] == [
        "destination",
        "API key in ",
    ]
    assert await LangflowRest(client).messages(flow.id) == []


async def test_each_fault_has_its_next_step(client: httpx.AsyncClient, flow: Flow) -> None:
    """Missing, right, outdated and edited flows are told apart."""

    async def last() -> tuple[Level, str, str]:
        finding = of_flow(await look(client, flow, run=False), flow)
        return finding.level, finding.what.removeprefix(f"{flow.name} "), finding.advice

    assert await last() == (Level.FAULT, "is not there", "Run: zoom-bridge flows push")
    await FlowServer(client).push(flow)
    assert await last() == (Level.OK, "is there, with the components of this version", "")

    newer = deepcopy(flow.content)
    component(newer["data"], "ZoomInsightLedger")["node"]["template"]["code"]["value"] += "\n# next version\n"
    graph.seal(newer["data"], graph.definitions(newer["data"]))
    await FlowServer(client).push(replace(flow, content=newer))
    assert await last() == (
        Level.FAULT,
        "has another version of Zoom Insight Ledger",
        "Run: zoom-bridge flows push",
    )

    def tinker(data: JsonObject) -> None:
        component(data, "ZoomChatOutput")["node"]["template"]["code"]["value"] += "\n# mine\n"

    await change(client, flow, tinker)
    assert await last() == (Level.OK, "is there, with components edited by hand: Zoom Chat Output", "")


async def test_a_session_written_into_the_flow_is_found(client: httpx.AsyncClient, flow: Flow) -> None:
    """A Session ID on a component would put every meeting into one."""
    await FlowServer(client).push(flow)

    def pin(data: JsonObject) -> None:
        component(data, "ChatInput")["node"]["template"]["session_id"]["value"] = "always-the-same"

    await change(client, flow, pin)

    last = of_flow(await look(client, flow), flow)
    assert last.level is Level.FAULT
    assert "would mix meetings: a session is written on Chat Input" in last.what
    assert "Session ID" in last.advice


async def test_a_frozen_component_is_found(client: httpx.AsyncClient, flow: Flow) -> None:
    """It would give each meeting what it gave the first; what no meeting comes to may be frozen."""
    await FlowServer(client).push(flow)

    def freeze(*types: str) -> Callable[[JsonObject], None]:
        def edit(data: JsonObject) -> None:
            for each in graph.components(data):
                each["node"]["frozen"] = each["type"] in types

        return edit

    await change(client, flow, freeze("ZoomContextBuffer", "ChatOutput"))
    last = of_flow(await look(client, flow), flow)
    ahead = await look_ahead(LangflowRest(client), [flow.endpoint_name])

    assert last.level is Level.FAULT
    assert "would mix meetings: Zoom Context Buffer, Chat Output is frozen" in last.what
    assert "Take Freeze off" in last.advice
    assert last in ahead
    await change(client, flow, freeze())
    assert of_flow(await look(client, flow, run=False), flow).level is Level.OK


async def test_an_outdated_component_in_a_group_is_found(client: httpx.AsyncClient, flow: Flow) -> None:
    """It runs as any other."""
    await FlowServer(client).push(flow)
    data = grouped(flow.data, "ZoomMeetingInsights", "ZoomInsightLedger")
    ledger = component(data, "ZoomInsightLedger")["node"]
    ledger["template"]["code"]["value"] += "# of last year"
    ledger["metadata"][graph.SEAL]["source"] = graph.hash_of(graph.code_of({"node": ledger}))
    (await client.patch(f"/api/v1/flows/{flow.id}", json={"data": data})).raise_for_status()

    last = of_flow(await look(client, flow, run=False), flow)

    assert (last.level, last.what) == (Level.FAULT, f"{flow.name} has another version of Zoom Insight Ledger")


async def test_a_flow_that_does_not_run_is_told(client: httpx.AsyncClient, flow: Flow) -> None:
    """A component that raises is a fault that leads to Langflow's log, not to its text."""
    await FlowServer(client).push(flow)

    def break_it(data: JsonObject) -> None:
        code = component(data, "ZoomContextBuffer")["node"]["template"]["code"]
        code["value"] = "raise RuntimeError('said by Dana')\n"

    await change(client, flow, break_it)
    if isinstance(client._transport, httpx.MockTransport):  # the fake runs no code
        client._transport = httpx.MockTransport(_broken(client._transport.handler))

    last = of_flow(await look(client, flow), flow)

    assert (last.level, last.what) == (Level.FAULT, f"{flow.name} does not run")
    assert "see Langflow's log" in last.advice
    assert "Dana" not in last.advice


async def test_a_flow_that_waits_for_its_model_is_no_fault(client: httpx.AsyncClient, flow: Flow) -> None:
    """Who has just pushed all flows has chosen no model for those that need one: they are told apart from broken ones."""
    names = {name: flow.content[name] for name in ("id", "name", "endpoint_name")}
    [agent] = [one for one in load_flows() if one.endpoint_name == "zoom-agent"]
    flow = replace(agent, content={**deepcopy(agent.content), **names})
    await FlowServer(client).push(flow)
    if isinstance(client._transport, httpx.MockTransport):  # the fake runs no code
        client._transport = httpx.MockTransport(_broken(client._transport.handler))

    found = await look(client, flow)

    assert not [one for one in found if one.level is Level.FAULT]
    [waiting] = [one for one in found if one.what == f"{flow.name} does not run yet"]
    assert "choose a model" in waiting.advice


def _broken(handler: Any) -> Callable[[httpx.Request], httpx.Response]:
    def handle(request: httpx.Request) -> httpx.Response:
        if "/run/" in request.url.path:
            return httpx.Response(500, json={"detail": "said by Dana"})
        answer: httpx.Response = handler(request)
        return answer

    return handle


async def test_a_key_that_is_not_valid_is_named(client: httpx.AsyncClient, flow: Flow) -> None:
    """The version can be read without a key; then the check says that the key is wrong, and stops."""
    client.headers["x-api-key"] = "sk-wrong"

    findings = await look(client, flow)

    assert [finding.ok for finding in findings] == [True, False]
    assert "LANGFLOW_API_KEY" in findings[-1].advice
    assert "sk-wrong" not in str(findings)


async def test_meetings_that_mix_are_found(flow: Flow) -> None:
    """What a run stores must be in that run's session, whatever puts it elsewhere."""
    langflow = FakeLangflow()
    langflow.one_session = "shared"
    async with langflow.client() as client:
        await FlowServer(client).push(flow)

        last = of_flow(await look(client, flow), flow)

    assert (last.level, last.what) == (
        Level.FAULT,
        f"{flow.name} mixes meetings: what one stored is found with another",
    )


@pytest.mark.parametrize(
    ("version", "level", "words"),
    [
        ("1.9.4", Level.FAULT, "Upgrade Langflow to 1.12.3 or newer"),
        ("1.12.2", Level.FAULT, "Upgrade Langflow to 1.12.3 or newer"),
        ("1.12.3", Level.OK, ""),
        ("1.13.0rc1", Level.OK, ""),
        ("1.13.7", Level.OK, ""),
        ("1.14.0.dev3", Level.WARNING, "newer than what this was tested with (1.12.3 to 1.13)"),
        ("nightly", Level.WARNING, "not known"),
    ],
)
async def test_versions(flow: Flow, version: str, level: Level, words: str) -> None:
    """Too old does not work; too new may."""
    async with FakeLangflow(version=version).client() as client:
        [first, *_] = await look(client, flow, run=False)

    assert (first.level, first.what) == (level, f"Langflow {version}")
    assert words in first.advice


CODES = {name: source.code for name, source in SOURCES.items()}
OLD = {**CODES, "ZoomInsightLedger": "# of last year"}
PART = {"ZoomChatOutput": CODES["ZoomChatOutput"]}


@pytest.mark.parametrize(
    ("allowed", "installed", "level", "words"),
    [
        (True, {}, Level.OK, "may run there"),
        (True, CODES, Level.OK, "may run there"),
        (True, OLD, Level.WARNING, "other versions of ZoomInsightLedger"),
        (True, PART, Level.WARNING, "ZoomContextBuffer"),
        (False, {}, Level.FAULT, "ZoomChatOutput, "),
        (False, PART, Level.FAULT, "ZoomContextBuffer"),
        (False, OLD, Level.WARNING, "ZoomInsightLedger are of another version"),
        (False, CODES, Level.OK, "and ours are"),
    ],
)
async def test_custom_components(
    flow: Flow, allowed: bool, installed: dict[str, str], level: Level, words: str
) -> None:
    """Where flows may not bring code, ours must be installed; where they may, what is installed should be the same."""
    langflow = FakeLangflow(custom_components=allowed)
    langflow.installed = installed
    async with langflow.client() as client:
        await FlowServer(client).push(flow)
        findings = (await look(client, flow, run=False))[2:]

    findings = [finding for finding in findings if not finding.what.startswith(flow.name)]
    assert findings[-1].level is level
    assert words in findings[-1].what
    assert all("docs/install.md" in finding.advice for finding in findings if finding.advice)


async def test_lfx_serve_is_recognised(flow: Flow) -> None:
    """Nothing can be pushed there, which is told instead of failing at what it does not have."""

    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/health":
            return httpx.Response(200, json={"status": "healthy", "flow_count": 1})
        return httpx.Response(404)

    async with httpx.AsyncClient(transport=httpx.MockTransport(serve), base_url="http://lfx.test") as client:
        [finding] = await look(client, flow)

    assert finding.level is Level.WARNING
    assert "docs/lfx-serve.md" in finding.advice


def test_the_empty_window_is_one() -> None:
    """It keeps to the schema that flows are promised, and says nothing."""
    window = json.loads(empty_window("zoom-check-1"))

    jsonschema.validate(window, json.loads((shipped("flows") / "window.schema.json").read_text()))
    assert (window["utterances"], window["kind"]) == ([], "live")


async def test_what_nobody_can_delete_is_told_before_a_meeting(flow: Flow) -> None:
    """A Langflow that keeps transactions works, and is a warning with the setting that ends it."""
    server = FakeLangflow()
    async with server.client() as client:
        await FlowServer(client).push(flow)
        server.transactions.add(flow.id)

        findings = await look(client, flow)

    [last] = [finding for finding in findings if "transactions" in finding.what]
    assert last.level is Level.WARNING
    assert "LANGFLOW_TRANSACTIONS_STORAGE_ENABLED=false" in last.advice


async def test_a_check_leaves_no_traces(flow: Flow) -> None:
    """Of its own runs Langflow lists none afterwards, and those of meetings stay."""
    server = FakeLangflow()
    server.traces.append({"id": "t", "sessionId": "zoom-a-meeting", "flowId": flow.id})
    async with server.client() as client:
        await FlowServer(client).push(flow)
        await look(client, flow)

    assert len(server.runs) == 2
    assert [trace["id"] for trace in server.traces] == ["t"]
