"""What every flow file promises to the Langflow and the people that open it."""

from __future__ import annotations

import ast
import itertools
import json
import re
import uuid
from typing import Any

import pytest

from bridge.publish import graph
from bridge.publish.library import Flow, load_components, load_flows

FLOWS = load_flows()
JsonObject = dict[str, Any]
PUBLIC_APIS = {"api.zoom.us", "zoom.us", "api.notion.com", "api.hubapi.com"}

pytestmark = pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.path.stem)


def by_id(flow: Flow) -> dict[str, JsonObject]:
    """Component nodes, whole, by id."""
    return {node["id"]: node for node in flow.data["nodes"] if node["type"] == "genericNode"}


def test_names_follow_the_file(flow: Flow) -> None:
    """``flows/action_items.json`` is ``zoom-action-items``, with a stable id."""
    assert flow.endpoint_name == "zoom-" + flow.path.stem.replace("_", "-")
    assert str(uuid.UUID(flow.id)) == flow.id
    assert flow.content["description"]
    assert flow.content["is_component"] is False


def test_ids_and_names_are_used_once(flow: Flow) -> None:
    """No two flows, and no two nodes of a flow, can be taken for each other."""
    assert [other.endpoint_name for other in FLOWS].count(flow.endpoint_name) == 1
    assert [other.id for other in FLOWS].count(flow.id) == 1
    nodes = [node["id"] for node in flow.data["nodes"]]
    assert len(set(nodes)) == len(nodes)
    assert nodes == [node["data"]["id"] for node in flow.data["nodes"]]


def test_wires_fit_both_ends(flow: Flow) -> None:
    """Every edge joins an output that exists to an input that takes one of its types, in both spellings."""
    nodes = by_id(flow)
    assert flow.data["edges"]
    for edge in flow.data["edges"]:
        source, target = nodes[edge["source"]]["data"], nodes[edge["target"]]["data"]
        out, into = edge["data"]["sourceHandle"], edge["data"]["targetHandle"]
        [output] = [output for output in source["node"]["outputs"] if output["name"] == out["name"]]
        field = target["node"]["template"][into["fieldName"]]

        assert out == {
            "dataType": source["type"],
            "id": edge["source"],
            "name": output["name"],
            "output_types": output["types"],
        }
        assert into == {
            "fieldName": field["name"],
            "id": edge["target"],
            "inputTypes": field["input_types"],
            "type": field["type"],
        }
        assert set(output["types"]) & set(field["input_types"])
        assert json.loads(edge["sourceHandle"].replace("œ", '"')) == out
        assert json.loads(edge["targetHandle"].replace("œ", '"')) == into
        shown = output["group_outputs"] or source["selected_output"] == output["name"]
        assert shown, "the editor shows another output"


def test_required_inputs_are_wired_or_filled(flow: Flow) -> None:
    """The flow runs as it is: nothing that a component needs is left open."""
    wired = {(target, field) for _, _, target, field in graph.wires(flow.data)}
    for node_id, node in by_id(flow).items():
        for name, field in node["data"]["node"]["template"].items():
            if isinstance(field, dict) and field.get("required") and field["show"]:
                assert field.get("value") or (node_id, name) in wired, f"{node_id}.{name}"


def test_no_secret_and_no_address_is_in_it(flow: Flow) -> None:
    """Secret inputs are empty; values and notes hold no key and no URL but of Zoom's and the record systems' APIs."""
    for component in graph.components(flow.data):
        for name, field in component["node"]["template"].items():
            if not isinstance(field, dict) or name == "code":
                continue
            assert not (field.get("password") and field.get("value")), f"{component['id']}.{name}"
            value = str(field.get("value"))
            assert not re.search(r"sk-\w", value), f"{component['id']}.{name}"
            assert set(re.findall(r"https?://([\w.-]+)", value)) <= PUBLIC_APIS, f"{component['id']}.{name}"
    for node in flow.data["nodes"]:
        if node["type"] == "noteNode":
            assert not re.search(r"https?://|sk-\w", node["data"]["node"]["description"])


def test_a_note_says_what_it_does(flow: Flow) -> None:
    """Somebody who opens it is told what it is for, under its own name."""
    notes = [node["data"]["node"]["description"] for node in flow.data["nodes"] if node["type"] == "noteNode"]

    assert any(note.startswith(f"## {flow.name}\n") for note in notes)


def test_it_reads_from_left_to_right(flow: Flow) -> None:
    """Each component stands right of what it gets its input from, or in the next row."""
    nodes = by_id(flow)
    for source, _, target, _ in graph.wires(flow.data):
        at, size = nodes[source]["position"], nodes[source]["measured"]
        to_the_right = nodes[target]["position"]["x"] > at["x"] + size["width"]
        assert to_the_right or nodes[target]["position"]["y"] > at["y"] + size["height"]


def test_it_is_no_ribbon(flow: Flow) -> None:
    """It can be read on a screen of 1600 x 900: of the 1300 x 830 that are left for it, half as large as it is."""
    corners = [(n["position"], n["measured"]) for n in flow.data["nodes"]]
    width = max(at["x"] + size["width"] for at, size in corners) - min(at["x"] for at, _ in corners)
    height = max(at["y"] + size["height"] for at, size in corners) - min(at["y"] for at, _ in corners)
    assert min(1300 / width, 830 / height) >= 0.47


def test_no_box_covers_another(flow: Flow) -> None:
    """Components and notes stand side by side."""
    boxes = [(n["id"], n["position"], n["measured"]) for n in flow.data["nodes"]]
    for (one, at, size), (other, at_other, size_other) in itertools.combinations(boxes, 2):
        apart_x = at["x"] + size["width"] <= at_other["x"] or at_other["x"] + size_other["width"] <= at["x"]
        apart_y = at["y"] + size["height"] <= at_other["y"] or at_other["y"] + size_other["height"] <= at["y"]
        assert apart_x or apart_y, f"{one} and {other}"


def test_it_carries_all_that_it_needs(flow: Flow) -> None:
    """Its components import nothing of this project, so that it runs where the project is not installed."""
    own = load_components()
    for component in graph.components(flow.data):
        code = graph.code_of(component)
        assert component["node"]["metadata"]["code_hash"] == graph.hash_of(code)
        if component["type"] in own:
            for statement in ast.walk(ast.parse(code, feature_version=(3, 10))):
                if isinstance(statement, ast.ImportFrom):
                    assert statement.level == 0
                    assert (statement.module or "").split(".")[0] not in {"bridge", "components", "tests"}
                if isinstance(statement, ast.Import):
                    assert not {alias.name.split(".")[0] for alias in statement.names} & {
                        "bridge",
                        "components",
                    }
