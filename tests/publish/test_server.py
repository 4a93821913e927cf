"""Flows on a Langflow server: the same promises against a fake and against a real one."""

from __future__ import annotations

import uuid
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from bridge.errors import ConfigurationError, FlowFailed, LangflowAway, RunLost
from bridge.publish import graph
from bridge.publish.rest import LangflowRest
from bridge.publish.server import Action, FlowServer, inputs_of
from tests.fakes.langflow_server import FakeLangflow
from tests.publish.grouping import grouped

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.publish.library import Flow


JsonObject = dict[str, Any]


def next_version(flow: Flow) -> Flow:
    """The flow after somebody edited and built a component."""
    content = deepcopy(flow.content)
    component(content["data"], "ZoomInsightLedger")["node"]["template"]["code"]["value"] += (
        "\n# next version\n"
    )
    graph.seal(content["data"], graph.definitions(content["data"]))
    return replace(flow, content=content)


def component(data: JsonObject, type_: str) -> JsonObject:
    """The one component of a type."""
    [found] = [component for component in graph.components(data) if component["type"] == type_]
    return found


async def there(client: httpx.AsyncClient, flow_id: str) -> JsonObject:
    """The flow as the server has it."""
    answer = await client.get(f"/api/v1/flows/{flow_id}")
    flow: JsonObject = answer.raise_for_status().json()
    return flow


async def change(client: httpx.AsyncClient, flow_id: str, edit: Callable[[JsonObject], None]) -> None:
    """Change the flow's graph as the editor does: read it, save it whole."""
    data = (await there(client, flow_id))["data"]
    edit(data)
    (await client.patch(f"/api/v1/flows/{flow_id}", json={"data": data})).raise_for_status()


async def copies(client: httpx.AsyncClient, flow: Flow) -> int:
    """How many flows of this name the server has."""
    listed = await client.get("/api/v1/flows/", params={"get_all": "true", "header_flows": "true"})
    return sum(flow.name in header["name"] for header in listed.raise_for_status().json())


async def test_a_flow_is_created_once(client: httpx.AsyncClient, flow: Flow) -> None:
    """The first push creates it under its own id; the second finds nothing to do."""
    server = FlowServer(client)

    first, second = await server.push(flow), await server.push(flow)

    assert (first.action, second.action) == (Action.CREATED, Action.UNCHANGED)
    assert first.flow_id == second.flow_id == flow.id
    kept = await there(client, flow.id)
    assert kept["endpoint_name"] == flow.endpoint_name
    assert kept["icon"] == "Video"
    assert await copies(client, flow) == 1


async def test_a_new_version_replaces_what_nobody_touched(client: httpx.AsyncClient, flow: Flow) -> None:
    """Without changes by people the server gets the file, whole."""
    server = FlowServer(client)
    await server.push(flow)
    newer = next_version(flow)

    pushed = await server.push(newer)

    assert (pushed.action, pushed.note) == (Action.UPDATED, "")
    assert pushed.changes == ("Zoom Insight Ledger renewed",)
    assert graph.fingerprint((await there(client, flow.id))["data"]) == graph.fingerprint(newer.data)
    assert (await server.push(newer)).action is Action.UNCHANGED


async def test_a_new_version_keeps_what_people_set(client: httpx.AsyncClient, flow: Flow) -> None:
    """Values, positions, removed wires and added nodes stay; only the components are renewed."""
    server = FlowServer(client)
    await server.push(flow)

    def customise(data: JsonObject) -> None:
        component(data, "ZoomMeetingInsights")["node"]["template"]["kinds"]["value"] = ["Risks"]
        data["nodes"][0]["position"] = {"x": -500, "y": 12}
        added = deepcopy(data["nodes"][-1])
        added["id"] = added["data"]["id"] = "note-of-mine"
        data["nodes"].append(added)
        del data["edges"][-1]

    await change(client, flow.id, customise)

    pushed = await server.push(next_version(flow))

    data = (await there(client, flow.id))["data"]
    assert pushed.action is Action.UPDATED
    assert "wiring" in pushed.note
    assert graph.code_of(component(data, "ZoomInsightLedger")).endswith("# next version\n")
    assert component(data, "ZoomMeetingInsights")["node"]["template"]["kinds"]["value"] == ["Risks"]
    assert data["nodes"][0]["position"] == {"x": -500, "y": 12}
    assert "note-of-mine" in [node["id"] for node in data["nodes"]]
    assert len(data["edges"]) == len(flow.data["edges"]) - 1


def arrange(data: JsonObject) -> None:
    """What people do to a flow that does the same afterwards."""
    data["nodes"][0]["position"] = {"x": -500, "y": 12}
    ledger = component(data, "ZoomInsightLedger")["node"]
    ledger |= {"display_name": "What is new", "frozen": True}
    component(data, "ZoomMeetingInsights")["node"]["template"]["language"]["advanced"] = False
    [note, *_] = [node for node in data["nodes"] if node["type"] == "noteNode"]
    note |= {"width": 1234, "height": 567}
    note["data"]["node"]["template"]["backgroundColor"] = "rose"


def looks(data: JsonObject) -> list[Any]:
    """How what :func:`arrange` changes looks."""
    ledger = component(data, "ZoomInsightLedger")["node"]
    [note, *_] = [node for node in data["nodes"] if node["type"] == "noteNode"]
    return [
        data["nodes"][0]["position"],
        ledger["display_name"],
        ledger["frozen"],
        component(data, "ZoomMeetingInsights")["node"]["template"]["language"]["advanced"],
        (note["width"], note["height"], note["data"]["node"]["template"]["backgroundColor"]),
    ]


@pytest.mark.parametrize("touched", [False, True])
async def test_a_new_version_keeps_how_people_arranged_it(
    client: httpx.AsyncClient, flow: Flow, touched: bool
) -> None:
    """Moved, named, frozen, shown: it counts as no change, and stays, whether or not something else was changed too."""
    server, newer = FlowServer(client), next_version(flow)
    await server.push(flow)

    def edit(data: JsonObject) -> None:
        arrange(data)
        if touched:
            component(data, "ZoomMeetingInsights")["node"]["template"]["kinds"]["value"] = ["Risks"]

    await change(client, flow.id, edit)
    wanted = looks((await there(client, flow.id))["data"])

    actions = [(await server.push(each)).action for each in (flow, newer, newer)]

    data = (await there(client, flow.id))["data"]
    assert actions == [Action.UNCHANGED, Action.UPDATED, Action.UNCHANGED]
    assert looks(data) == wanted
    assert all(mine != ours for mine, ours in zip(wanted, looks(flow.data), strict=True))
    assert graph.code_of(component(data, "ZoomInsightLedger")).endswith("# next version\n")


async def test_what_nobody_arranged_looks_as_the_new_version(client: httpx.AsyncClient, flow: Flow) -> None:
    """A new place for a node, or an input that shows, reaches who has changed nothing."""
    server, content = FlowServer(client), deepcopy(flow.content)
    await server.push(flow)
    arrange(content["data"])
    graph.seal(content["data"], graph.definitions(content["data"]))

    pushed = await server.push(replace(flow, content=content))

    assert pushed.action is Action.UPDATED
    assert looks((await there(client, flow.id))["data"]) == looks(content["data"])


async def test_a_grouped_component_is_renewed_and_set(client: httpx.AsyncClient, flow: Flow) -> None:
    """A push finds what somebody grouped in the editor, and leaves the group."""
    server = FlowServer(client)
    await server.push(flow)
    grouping = grouped(flow.data, "ZoomMeetingInsights", "ZoomInsightLedger", "ZoomClaude")
    (await client.patch(f"/api/v1/flows/{flow.id}", json={"data": grouping})).raise_for_status()

    pushed = await server.push(next_version(flow), {"ZoomClaude.model": "a-model-of-mine"})

    data = (await there(client, flow.id))["data"]
    assert pushed.changes == ("Zoom Claude: model set", "Zoom Insight Ledger renewed")
    assert pushed.note == ""
    assert [node["id"] for node in data["nodes"]] == [node["id"] for node in grouping["nodes"]]
    assert graph.code_of(component(data, "ZoomInsightLedger")).endswith("# next version\n")
    assert component(data, "ZoomClaude")["node"]["template"]["model"]["value"] == "a-model-of-mine"
    assert (await server.push(next_version(flow))).action is Action.UNCHANGED


async def test_edited_code_is_never_overwritten_unasked(client: httpx.AsyncClient, flow: Flow) -> None:
    """A push stops and says which component; with force the file wins."""
    server = FlowServer(client)
    await server.push(flow)

    def tinker(data: JsonObject) -> None:
        component(data, "ZoomChatOutput")["node"]["template"]["code"]["value"] += "\n# mine\n"

    await change(client, flow.id, tinker)

    with pytest.raises(ConfigurationError, match="Zoom Chat Output was edited"):
        await server.push(next_version(flow))
    assert graph.code_of(component((await there(client, flow.id))["data"], "ZoomChatOutput")).endswith(
        "# mine\n"
    )

    assert (await server.push(flow, force=True)).action is Action.UPDATED
    assert graph.is_untouched((await there(client, flow.id))["data"])


async def test_a_flow_imported_by_hand_is_found(client: httpx.AsyncClient, flow: Flow) -> None:
    """Somebody who imported the file in the editor has another id; the endpoint name tells that it is the same."""
    body = {key: value for key, value in flow.content.items() if key in ("name", "data", "endpoint_name")}
    imported = (await client.post("/api/v1/flows/", json=body)).raise_for_status().json()
    assert imported["id"] != flow.id

    pushed = await FlowServer(client).push(next_version(flow))

    assert (pushed.action, pushed.flow_id) == (Action.UPDATED, imported["id"])
    assert await copies(client, flow) == 1


async def test_a_strangers_flow_is_left_alone(client: httpx.AsyncClient, flow: Flow) -> None:
    """A flow that only happens to have the endpoint name is not replaced unasked."""
    data: JsonObject = {"nodes": [], "edges": []}
    body = {"name": flow.name, "data": data, "endpoint_name": flow.endpoint_name}
    stranger = (await client.post("/api/v1/flows/", json=body)).raise_for_status().json()

    with pytest.raises(ConfigurationError, match="Another flow"):
        await FlowServer(client).push(flow)

    assert (await there(client, stranger["id"]))["data"] == data


async def test_an_endpoint_name_that_was_cleared_comes_back(client: httpx.AsyncClient, flow: Flow) -> None:
    """Without it nothing could run the flow by its name."""
    server = FlowServer(client)
    await server.push(flow)
    renamed = {"endpoint_name": f"{flow.endpoint_name}-renamed"}
    (await client.patch(f"/api/v1/flows/{flow.id}", json=renamed)).raise_for_status()

    pushed = await server.push(flow)

    assert (pushed.action, pushed.changes) == (Action.UPDATED, ("its endpoint name is back",))
    assert (await there(client, flow.id))["endpoint_name"] == flow.endpoint_name


async def test_secrets_become_variables(client: httpx.AsyncClient, flow: Flow) -> None:
    """The flow holds a variable's name; the value is nowhere in it, and stays when it is not given again."""
    server = FlowServer(client)
    key, secret = "ZoomChatOutput.webhook_url", "https://integrations.test/hook/s3cret"

    await server.push(flow, {key: secret, "ZoomContextBuffer.word_budget": "120"})
    again = await server.push(flow, {key: secret})
    without = await server.push(flow)
    newer = await server.push(next_version(flow))

    assert (again.action, without.action, newer.action) == (
        Action.UNCHANGED,
        Action.UNCHANGED,
        Action.UPDATED,
    )
    content = await there(client, flow.id)
    field = component(content["data"], "ZoomChatOutput")["node"]["template"]["webhook_url"]
    assert (field["value"], field["load_from_db"]) == (f"{flow.endpoint_name}:{key}", True)
    assert "s3cret" not in str(content)
    variables = (await client.get("/api/v1/variables/")).json()
    assert [v["type"] for v in variables if v["name"] == f"{flow.endpoint_name}:{key}"] == ["Credential"]
    assert component(content["data"], "ZoomContextBuffer")["node"]["template"]["word_budget"]["value"] == 120


async def test_inputs_take_global_variables(client: httpx.AsyncClient, flow: Flow) -> None:
    """A bound input holds the variable's name, is told by its own name, and stays bound."""
    server, key = FlowServer(client), "ZoomChatOutput.webhook_url"
    variable = f"TEST_{uuid.uuid4().hex}"
    await LangflowRest(client).set_variable(variable, "https://integrations.test/hook")
    await server.push(flow)

    bound = await server.push(flow, variables={key: variable})
    again = await server.push(flow, variables={key: variable})
    without = await server.push(flow)

    assert (bound.action, bound.changes) == (Action.UPDATED, ("Zoom Chat Output: webhook_url set",))
    assert (again.action, without.action) == (Action.UNCHANGED, Action.UNCHANGED)
    field = component((await there(client, flow.id))["data"], "ZoomChatOutput")["node"]["template"][
        "webhook_url"
    ]
    assert (field["value"], field["load_from_db"]) == (variable, True)


async def test_an_input_that_takes_no_variable_is_named(client: httpx.AsyncClient, flow: Flow) -> None:
    """A dropdown cannot be bound."""
    with pytest.raises(ConfigurationError, match=r"ZoomMeetingInsights\.kinds takes no global variable"):
        await FlowServer(client).push(flow, variables={"ZoomMeetingInsights.kinds": "KINDS"})


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("ZoomClaude.enabled", "False", False),
        ("ZoomClaude.budget_usd", "2.5", 2.5),
        ("ZoomMeetingInsights.kinds", "Risks, Decisions", ["Risks", "Decisions"]),
        ("ZoomMeetingInsights.kinds", "risk, action_item", ["Risks", "Action items"]),
        ("ZoomClaude.model", "a-model-of-mine", "a-model-of-mine"),
    ],
)
async def test_values_get_their_type(flow: Flow, key: str, text: str, value: object) -> None:
    """What is given as text is written as the editor would write it."""
    langflow = FakeLangflow()
    async with langflow.client() as client:
        await FlowServer(client).push(flow, {key: text})

    type_, _, name = key.partition(".")
    assert component(langflow.flows[flow.id]["data"], type_)["node"]["template"][name]["value"] == value


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("ZoomContextBuffer.word_budget", "many", "is of type int"),
        ("ZoomClaude.enabled", "perhaps", "is of type bool"),
        ("ZoomMeetingInsights.kinds", "risk,joke", "takes Action items, Decisions"),
        ("ZoomChatOutput.send_through", "Pigeon", "takes Incoming webhook"),
    ],
)
async def test_values_that_do_not_fit_are_refused(flow: Flow, key: str, text: str, words: str) -> None:
    """Nothing is written, and the error says what the input takes."""
    langflow = FakeLangflow()
    async with langflow.client() as client:
        with pytest.raises(ConfigurationError, match=words):
            await FlowServer(client).push(flow, {key: text})

    assert langflow.writes == []


def test_a_flow_knows_its_inputs(flow: Flow) -> None:
    """What several flows are given goes only to those that have it."""
    names = ["ZoomChatOutput.webhook_url", "ZoomChatOutput.webhok_url", "ZoomNothing.webhook_url"]
    assert inputs_of(flow, names) == {"ZoomChatOutput.webhook_url"}


async def test_an_input_that_does_not_exist_is_named(client: httpx.AsyncClient, flow: Flow) -> None:
    """A misspelt value is refused before anything is written."""
    with pytest.raises(ConfigurationError, match=r"ZoomChatOutput\.webhok_url"):
        await FlowServer(client).push(
            flow,
            {"ZoomChatOutput.webhook_url": "https://x.test", "ZoomChatOutput.webhok_url": "https://x.test"},
        )

    assert await copies(client, flow) == 0
    variables = (await client.get("/api/v1/variables/")).json()
    assert not [v for v in variables if v["name"].startswith(flow.endpoint_name)]


async def test_a_foreign_flow_of_the_same_id_makes_room(flow: Flow) -> None:
    """Where another user has the id, ours is created under another."""
    langflow = FakeLangflow()
    langflow.foreign_ids.add(flow.id)
    async with langflow.client() as client:
        first, second = [await FlowServer(client).push(flow) for _ in range(2)]

    assert first.action is Action.CREATED
    assert first.flow_id == second.flow_id != flow.id
    assert second.action is Action.UNCHANGED


async def test_an_unchanged_flow_is_not_written(flow: Flow) -> None:
    """A second push only reads."""
    langflow = FakeLangflow()
    async with langflow.client() as client:
        await FlowServer(client).push(flow)
        written = len(langflow.writes)
        await FlowServer(client).push(flow)

    assert len(langflow.writes) == written == 1


async def test_a_locked_flow_is_told(flow: Flow) -> None:
    """What somebody locked in the editor is renewed by nobody, also by force; as it is it does no harm."""
    langflow = FakeLangflow()
    async with langflow.client() as client:
        await FlowServer(client).push(flow)
        langflow.flows[flow.id]["locked"] = True
        assert (await FlowServer(client).push(flow)).action is Action.UNCHANGED
        values = {"ZoomContextBuffer.word_budget": "123", "ZoomChatOutput.webhook_url": "https://a.test"}
        with pytest.raises(ConfigurationError, match=r"is locked there\. Unlock it in the editor"):
            await FlowServer(client).push(flow, values, force=True)
    assert not langflow.variables


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(500, json={"detail": "said: Dana"}), FlowFailed),
        (httpx.Response(422, json={"detail": [{"input": "said: Dana"}]}), FlowFailed),
        (httpx.Response(200, text="<html>Dana</html>"), LangflowAway),
        (httpx.ReadTimeout("Dana"), RunLost),
        (httpx.ConnectError("Dana"), LangflowAway),
        (httpx.ConnectTimeout("Dana"), LangflowAway),
    ],
)
async def test_failures_are_told_without_their_content(
    flow: Flow, answer: httpx.Response | Exception, error: type[Exception]
) -> None:
    """Each kind of failure is its own error; neither a body nor the address's password gets into the message."""

    def reply(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with httpx.AsyncClient(
        transport=httpx.MockTransport(reply), base_url="http://owner:s3cret@langflow.test"
    ) as client:
        with pytest.raises(error) as raised:
            await FlowServer(client).push(flow)

    assert "Dana" not in str(raised.value)
    assert "s3cret" not in str(raised.value)


async def test_a_flow_of_an_earlier_version_moves_once(client: httpx.AsyncClient, flow: Flow) -> None:
    """Out of the project that Langflow puts everything into, when ours is made; later it stays where people put it."""
    server, rest = FlowServer(client), LangflowRest(client)
    name = f"Zoom {flow.endpoint_name}"
    await server.push(flow)
    before = (await there(client, flow.id))["folder_id"]

    project = await server.project(name)
    moved, again = await server.push(flow, project=project), await server.push(flow, project=project)

    assert (moved.action, moved.changes) == (Action.UPDATED, ("moved into the project Zoom",))
    assert again.action is Action.UNCHANGED
    assert (await there(client, flow.id))["folder_id"] == project.id
    await rest.change(flow.id, {"folder_id": before})
    kept = await server.push(flow, project=await server.project(name))
    assert kept.action is Action.UNCHANGED
    assert (await there(client, flow.id))["folder_id"] == before
    assert [each["name"] for each in await rest.projects()].count(name) == 1
