"""What a flow's JSON tells about itself, and how components are renewed inside it."""

from __future__ import annotations

import importlib.util
import json
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bridge.publish import graph
from bridge.publish.difference import differences
from bridge.publish.library import load_components, load_flows
from bridge.publish.readiness import needs

if TYPE_CHECKING:
    from collections.abc import Callable

JsonObject = dict[str, Any]


@pytest.fixture
def data() -> JsonObject:
    """The graph of the action items flow; each test has its own copy."""
    [found] = [flow for flow in load_flows() if flow.endpoint_name == "zoom-action-items"]
    return deepcopy(found.data)


def component(data: JsonObject, type_: str) -> JsonObject:
    """The one component of a type."""
    [found] = [component for component in graph.components(data) if component["type"] == type_]
    return found


def move(data: JsonObject) -> None:
    data["nodes"][0]["position"] = {"x": -100, "y": 44.5}


def look_elsewhere(data: JsonObject) -> None:
    data["viewport"] = {"x": 1, "y": 2, "zoom": 3}


def measure(data: JsonObject) -> None:
    data["nodes"][1]["measured"]["height"] = 1000


def save_in_javascript(data: JsonObject) -> None:
    timeout = component(data, "ZoomClaude")["node"]["template"]["timeout"]
    assert isinstance(timeout["value"], float)
    timeout["value"] = int(timeout["value"])
    component(data, "ZoomChatOutput")["node"]["template"]["webhook_url"]["load_from_db"] = False


@pytest.mark.parametrize("change", [move, look_elsewhere, measure, save_in_javascript])
def test_looking_around_in_the_editor_touches_nothing(
    data: JsonObject, change: Callable[[JsonObject], None]
) -> None:
    """Where things stand is no part of the seal, so opening a flow does not count as changing it."""
    change(data)

    assert graph.is_untouched(data)
    assert graph.is_arranged(data) is (change is move)


def fill_in(data: JsonObject) -> None:
    component(data, "ZoomMeetingInsights")["node"]["template"]["kinds"]["value"] = ["Decisions", "Risks"]


def cut_a_wire(data: JsonObject) -> None:
    del data["edges"][-1]


def remove_a_node(data: JsonObject) -> None:
    data["nodes"] = [node for node in data["nodes"] if node["data"]["type"] != "ChatOutput"]


def reword_a_note(data: JsonObject) -> None:
    [note, *_] = [node for node in data["nodes"] if node["type"] == "noteNode"]
    note["data"]["node"]["description"] += "!"


def edit_code(data: JsonObject) -> None:
    component(data, "ZoomInsightLedger")["node"]["template"]["code"]["value"] += "\n# mine\n"


def edit_code_of_langflow(data: JsonObject) -> None:
    component(data, "ChatInput")["node"]["template"]["code"]["value"] += "\n# mine\n"


def forget_the_seal(data: JsonObject) -> None:
    for own in list(graph.own_components(data)):
        del own["node"]["metadata"][graph.SEAL]


@pytest.mark.parametrize(
    "change",
    [fill_in, cut_a_wire, remove_a_node, reword_a_note, edit_code, edit_code_of_langflow, forget_the_seal],
)
def test_what_a_flow_does_is_under_seal(data: JsonObject, change: Callable[[JsonObject], None]) -> None:
    """A value, a wire, a node, a note or a source that differs shows."""
    change(data)

    assert not graph.is_untouched(data)


def test_what_no_meeting_comes_to_may_be_frozen(data: JsonObject) -> None:
    """A file that is read once, say; a component of ours never, as it knows the meeting without a wire."""
    read = {
        "id": "File-1",
        "type": "File",
        "node": {"template": {}, "display_name": "Read File", "frozen": True},
    }
    data["nodes"].append({"id": "File-1", "type": "genericNode", "data": read})
    assert graph.frozen(data) == []

    for type_ in ("ChatInput", "ZoomClaude"):
        component(data, type_)["node"]["frozen"] = True
    assert graph.frozen(data) == ["Chat Input", "Zoom Claude"]


def test_shipped_flows_know_their_look() -> None:
    """Without it a flow that somebody arranged would be taken for one that nobody did."""
    for flow in load_flows():
        assert {seal["look"] for seal in graph.seals(flow.data).values()} == {graph.look(flow.data)}


def test_edited_components_are_named(data: JsonObject) -> None:
    """Only those of ours whose source differs from what was sealed; a value is no edit."""
    fill_in(data)
    edit_code(data)
    edit_code_of_langflow(data)

    assert graph.edited(data, load_components()) == ["Zoom Insight Ledger"]


def test_a_component_whose_metadata_the_editor_replaced_counts_as_edited(data: JsonObject) -> None:
    """Saving code in the editor builds the node anew, without the seal."""
    component(data, "ZoomChatOutput")["node"]["metadata"] = {"module": "custom_components.zoom_chat_output"}

    assert graph.edited(data, load_components()) == ["Zoom Chat Output"]


def test_renewing_keeps_what_people_did(data: JsonObject) -> None:
    """Values, variables, positions, wires and notes stay while the definition is replaced."""
    definitions = deepcopy(graph.definitions(data))
    definitions["ZoomMeetingInsights"]["template"]["code"]["value"] = "new source"
    definitions["ZoomMeetingInsights"]["description"] = "new description"
    claude = component(data, "ZoomClaude")["node"]["template"]
    claude["api_key"].update(value="MY_VARIABLE", load_from_db=True)
    claude["model"]["value"] = "a-model-of-mine"
    fill_in(data)
    move(data)

    renewed = graph.renew(data, definitions)

    changed = component(renewed, "ZoomMeetingInsights")["node"]
    assert changed["template"]["code"]["value"] == "new source"
    assert changed["description"] == "new description"
    assert changed["template"]["kinds"]["value"] == ["Decisions", "Risks"]
    claude = component(renewed, "ZoomClaude")["node"]["template"]
    assert (claude["api_key"]["value"], claude["api_key"]["load_from_db"]) == ("MY_VARIABLE", True)
    assert claude["model"]["value"] == "a-model-of-mine"
    assert [node["position"] for node in renewed["nodes"]] == [node["position"] for node in data["nodes"]]
    assert graph.wires(renewed) == graph.wires(data)
    assert component(data, "ZoomMeetingInsights")["node"]["template"]["code"]["value"] != "new source"


def test_a_tool_stays_a_tool(data: JsonObject) -> None:
    """Tool Mode, the actions that somebody has described, and the wire to an Agent outlive a new definition."""
    definitions = deepcopy(graph.definitions(data))
    ledger = component(data, "ZoomInsightLedger")["node"]
    toolset = ledger["outputs"][0] | {"name": "component_as_tool", "method": "to_toolkit", "types": ["Tool"]}
    ledger |= {"tool_mode": True, "outputs": [toolset]}
    ledger["template"]["tools_metadata"] = {"name": "tools_metadata", "value": [{"name": "mine"}]}
    data["edges"] = [edge for edge in data["edges"] if not edge["source"].startswith("ZoomInsightLedger")]

    renewed = component(graph.renew(data, definitions), "ZoomInsightLedger")["node"]

    assert renewed["tool_mode"] is True
    assert renewed["outputs"] == [toolset]
    assert renewed["template"]["tools_metadata"]["value"] == [{"name": "mine"}]


def test_wires_into_the_former_port_claude_stay(data: JsonObject) -> None:
    """Until 0.3 it took Zoom Claude alone; the wire that somebody drew then leads into the port Model."""
    definitions = deepcopy(graph.definitions(data))
    field = component(data, "ZoomMeetingInsights")["node"]["template"]["claude"]
    field |= {"display_name": "Claude", "input_types": ["Claude"]}
    [old] = [edge for edge in data["edges"] if edge["data"]["targetHandle"]["fieldName"] == "claude"]
    old["data"]["targetHandle"]["inputTypes"] = ["Claude"]

    renewed = graph.renew(data, definitions)

    assert graph.wires(renewed) == graph.wires(data)
    [new] = [edge for edge in renewed["edges"] if edge["data"]["targetHandle"]["fieldName"] == "claude"]
    assert new["data"]["targetHandle"]["inputTypes"] == ["Model", "Claude", "LanguageModel"]


def test_a_new_default_replaces_the_old_one_but_not_a_choice(data: JsonObject) -> None:
    """With the former definition at hand, a value that was only the default follows the new default."""
    former = deepcopy(graph.definitions(data))
    definitions = deepcopy(former)
    definitions["ZoomContextBuffer"]["template"]["word_budget"]["value"] = 999
    definitions["ZoomClaude"]["template"]["timeout"]["value"] = 999
    component(data, "ZoomClaude")["node"]["template"]["timeout"]["value"] = 7

    renewed = graph.renew(data, definitions, former)

    assert component(renewed, "ZoomContextBuffer")["node"]["template"]["word_budget"]["value"] == 999
    assert component(renewed, "ZoomClaude")["node"]["template"]["timeout"]["value"] == 7


def test_renewing_keeps_titles_and_what_is_shown(data: JsonObject) -> None:
    """A component that people named, and inputs that they put on it or took off it, stay so."""
    definitions = deepcopy(graph.definitions(data))
    ours = component(data, "ZoomChatOutput")["node"]
    ours["display_name"] = "The team's channel"
    ours["template"]["channel_id"]["show"] = True
    ours["template"]["thread"]["advanced"] = False
    definitions["ZoomChatOutput"]["template"]["thread"]["advanced"] = True

    for former in (None, definitions):
        renewed = component(graph.renew(data, definitions, former), "ZoomChatOutput")["node"]

        assert renewed["display_name"] == "The team's channel"
        assert renewed["template"]["channel_id"]["show"] is True
        assert renewed["template"]["thread"]["advanced"] is False


def test_two_components_of_a_type_are_renewed_each_from_its_own() -> None:
    """An input that is new gets its value from the same node of our flow, not from its twin."""
    [flow] = [flow for flow in load_flows() if flow.endpoint_name == "zoom-support-copilot"]
    theirs = deepcopy(flow.data)
    for each in graph.components(theirs):
        each["node"]["template"].pop("create_request", None)

    renewed = {
        each["id"]: each for each in graph.components(graph.renew(theirs, graph.definitions(flow.data)))
    }

    syncs = [each for each in graph.components(flow.data) if each["type"] == "ZoomRecordSync"]
    assert len({each["node"]["template"]["create_request"]["value"] for each in syncs}) == len(syncs) == 2
    for each in syncs:
        sent = each["node"]["template"]["create_request"]["value"]
        assert renewed[each["id"]]["node"]["template"]["create_request"]["value"] == sent


def test_a_choice_that_is_no_longer_offered_gives_way(data: JsonObject) -> None:
    """A value outside the new options would break the component."""
    definitions = deepcopy(graph.definitions(data))
    definitions["ZoomChatOutput"]["template"]["send_through"].update(options=["Fast", "Slow"], value="Fast")

    renewed = graph.renew(data, definitions)

    assert component(renewed, "ZoomChatOutput")["node"]["template"]["send_through"]["value"] == "Fast"


def test_a_choice_by_its_former_name_stays(data: JsonObject) -> None:
    """What a flow of 0.2 holds as ids stands in words afterwards, and is not lost to the default."""
    definitions = deepcopy(graph.definitions(data))
    field = component(data, "ZoomMeetingInsights")["node"]["template"]["kinds"]
    del field["options_metadata"]
    field |= {"options": ["decision", "buying_signal"], "value": ["buying_signal", "decision"]}

    renewed = graph.renew(data, definitions)

    kinds = component(renewed, "ZoomMeetingInsights")["node"]["template"]["kinds"]
    assert kinds["value"] == ["Buying signals", "Decisions"]
    assert "Buying signals" in kinds["options"]


def test_wires_are_written_anew(data: JsonObject) -> None:
    """Both ends of an edge follow the definitions, in the form the editor writes."""
    definitions = deepcopy(graph.definitions(data))
    definitions["ZoomInsightLedger"]["outputs"][0]["types"] = ["News"]

    renewed = graph.renew(data, definitions)

    [edge] = [edge for edge in renewed["edges"] if edge["source"].startswith("ZoomInsightLedger")]
    assert edge["data"]["sourceHandle"]["output_types"] == ["News"]
    assert json.loads(edge["sourceHandle"].replace("œ", '"')) == edge["data"]["sourceHandle"]
    assert (
        edge["id"]
        == f"xy-edge__{edge['source']}{edge['sourceHandle']}-{edge['target']}{edge['targetHandle']}"
    )


def group(data: JsonObject) -> None:
    """As the editor of 1.13 groups a node: the group has its inputs and outputs under longer names, and no metadata."""
    inner = {"id": "Prompt-1", "type": "Prompt", "node": {"template": {}, "display_name": "Prompt"}}
    node = {
        "display_name": "Group",
        "documentation": "",
        "description": "",
        "template": {"text_Prompt-1": {"value": "x", "proxy": {"id": "Prompt-1", "field": "text"}}},
        "flow": {"data": {"nodes": [{"id": "Prompt-1", "type": "genericNode", "data": inner}], "edges": []}},
        "outputs": [],
    }
    about = {"id": "groupComponent-1", "type": "GroupNode", "node": node}
    place = {"x": 0, "y": 0}
    data["nodes"].append({"id": "groupComponent-1", "type": "genericNode", "position": place, "data": about})


def close_a_loop(data: JsonObject) -> None:
    """As the editor wires the end of a loop back: to an output, which has another handle than inputs have."""
    template = {"data": {"value": "", "type": "other", "input_types": ["Data"]}}
    outputs = [{"name": "item", "types": ["Data"], "allows_loop": True}]
    node = {"template": template, "outputs": outputs, "display_name": "Loop", "metadata": {}}
    about = {"id": "Loop-1", "type": "LoopComponent", "node": node}
    data["nodes"].append({"id": "Loop-1", "type": "genericNode", "position": {"x": 0, "y": 0}, "data": about})
    [ledger] = [each for each in graph.components(data) if each["type"] == "ZoomInsightLedger"]
    handle = {"dataType": "LoopComponent", "id": "Loop-1", "name": "item", "output_types": ["Data"]}
    output = ledger["node"]["outputs"][0]
    start = {
        "dataType": ledger["type"],
        "id": ledger["id"],
        "name": output["name"],
        "output_types": output["types"],
    }
    data["edges"].append(
        {
            "id": "xy-edge__back",
            "source": ledger["id"],
            "target": "Loop-1",
            "sourceHandle": graph.as_handle(start),
            "targetHandle": "{œdataTypeœ: œLoopComponentœ, œidœ: œLoop-1œ, œnameœ: œitemœ}",
            "data": {"sourceHandle": start, "targetHandle": handle},
        }
    )


@pytest.mark.parametrize("change", [group, close_a_loop])
def test_groups_and_loops_stay_as_the_editor_wrote_them(
    data: JsonObject, change: Callable[[JsonObject], None]
) -> None:
    """What people build around our components is read, told of as changed, and renewed without being touched."""
    changed = deepcopy(data)
    change(changed)

    assert not graph.is_untouched(changed)
    assert graph.edited(changed, graph.definitions(data)) == []
    assert graph.seals(changed) == graph.seals(data)
    assert graph.changes(data, changed)
    assert [*needs([("x", changed)], set())] == [*needs([("x", data)], set())]
    assert differences(data, changed)
    renewed = graph.renew(changed, graph.definitions(data))
    assert renewed["nodes"][-1] == changed["nodes"][-1]
    assert graph.wires(renewed) == graph.wires(changed)
    assert renewed["edges"][-1]["targetHandle"] == changed["edges"][-1]["targetHandle"]


def test_every_flow_that_langflow_ships_is_read() -> None:
    """One of them has a loop: a route may name any of these, and checks look at what routes name."""
    shipped = importlib.util.find_spec("langflow")
    assert shipped is not None
    assert shipped.origin is not None
    files = [*(Path(shipped.origin).parent / "initial_setup" / "starter_projects").glob("*.json")]
    assert files
    for file in files:
        theirs = json.loads(file.read_text(encoding="utf-8"))["data"]
        assert not graph.is_untouched(theirs)
        assert [*needs([(file.name, theirs)], set())] == []
        assert differences(theirs, theirs) == []


def lose_the_output(definitions: JsonObject) -> None:
    definitions["ZoomInsightLedger"]["outputs"] = []


def lose_the_input(definitions: JsonObject) -> None:
    del definitions["ZoomInsightLedger"]["template"]["insights"]


def unplug_the_input(definitions: JsonObject) -> None:
    definitions["ZoomInsightLedger"]["template"]["insights"]["input_types"] = []


@pytest.mark.parametrize("change", [lose_the_output, lose_the_input, unplug_the_input])
def test_a_wire_to_nowhere_is_refused(data: JsonObject, change: Callable[[JsonObject], None]) -> None:
    """Renaming an output or input breaks people's flows; it cannot pass unseen."""
    definitions = deepcopy(graph.definitions(data))
    change(definitions)

    with pytest.raises(graph.BrokenWire, match="Zoom Insight Ledger"):
        graph.renew(data, definitions)


def test_changes_are_told_by_name(data: JsonObject) -> None:
    """Components, inputs, wires and notes that differ, without a value."""
    changed = deepcopy(data)
    fill_in(changed)
    component(changed, "ZoomChatOutput")["node"]["template"]["webhook_url"]["value"] = "s3cret"
    component(changed, "ZoomInsightLedger")["node"]["template"]["code"]["value"] += "# next"
    del changed["edges"][0]
    changed["nodes"] = [node for node in changed["nodes"] if node["data"].get("type") != "ChatOutput"]

    assert graph.changes(data, data) == []
    assert graph.changes(data, changed) == [
        "Chat Output removed",
        "Zoom Chat Output: webhook_url set",
        "Zoom Insight Ledger renewed",
        "Zoom Meeting Insights: kinds set",
        "wires",
    ]
