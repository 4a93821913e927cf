"""Components in groups: read, told of and renewed as Langflow runs them."""

from __future__ import annotations

import warnings
from copy import deepcopy
from typing import Any

import pytest

from bridge.publish import graph, group
from bridge.publish.library import load_flows
from bridge.publish.readiness import needs
from tests.publish.grouping import grouped

JsonObject = dict[str, Any]


@pytest.fixture
def data() -> JsonObject:
    """The graph of the action items flow."""
    [found] = [flow for flow in load_flows() if flow.endpoint_name == "zoom-action-items"]
    return deepcopy(found.data)


@pytest.fixture(params=[1, 2])
def theirs(request: pytest.FixtureRequest, data: JsonObject) -> JsonObject:
    """The same with Insights, Ledger and Zoom Claude in a group, and with that in another."""
    once = grouped(data, "ZoomMeetingInsights", "ZoomInsightLedger", "ZoomClaude")
    if request.param == 1:
        return once
    return grouped(once, "ZoomContextBuffer", "groupComponent-1", name="groupComponent-2")


def component(data: JsonObject, type_: str) -> JsonObject:
    """The one component of a type."""
    [found] = [component for component in graph.components(data) if component["type"] == type_]
    return found


def inner_group(data: JsonObject) -> JsonObject:
    """The group that holds the components."""
    [found] = [each["node"] for each in group.groups(data) if each["id"] == "groupComponent-1"]
    return dict(found)


def values(data: JsonObject) -> JsonObject:
    """What each component is set to, its code among it."""
    return {
        each["id"]: {name: field.get("value") for name, field in graph.fields(each["node"]["template"])}
        for each in graph.components(data)
    }


def as_langflow_runs_it(data: JsonObject) -> JsonObject:
    """Without groups, by Langflow's own code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lfx.graph.graph.utils import process_flow
    flow: JsonObject = process_flow(data)
    return flow


def test_a_group_is_what_it_holds(data: JsonObject, theirs: JsonObject) -> None:
    """Components, wires and needs are those of the flow before, as Langflow sees it too; that there is a group counts."""
    run = as_langflow_runs_it(theirs)
    ids = {each["id"] for each in graph.components(theirs)}

    assert (
        ids
        == {each["id"] for each in graph.components(data)}
        == {each["id"] for each in graph.components(run)}
    )
    assert graph.wires(theirs) == graph.wires(data) == graph.wires(run)
    assert needs([("x", theirs)], ()) == needs([("x", data)], ())
    assert not graph.is_untouched(theirs)
    assert graph.changes(data, theirs) == ["groups"]


def test_what_a_group_shows_goes_first(theirs: JsonObject) -> None:
    """What is set on it, and written into its code, is what runs; not on a group around, which Langflow does not hand on."""
    template = inner_group(theirs)["template"]
    name = next(each for each in template if each.startswith("code_ZoomInsightLedger"))
    key = next(each for each in template if each.startswith("api_key_"))
    around = theirs["nodes"][-1]["data"]["node"]["template"]
    for each in around:
        if each.startswith("kinds_"):
            around[each]["value"] = ["Risks"]
    own = graph.definitions(theirs)
    template[name]["value"] += "# mine"
    template[key]["value"] = "k"

    if template is around:
        assert graph.edited(theirs, own) == ["Zoom Insight Ledger"]
        assert not [one for one in needs([("x", theirs)], ()) if "API key" in one.what]
    assert values(theirs) == values(as_langflow_runs_it(theirs))


def test_grouped_components_are_renewed(data: JsonObject, theirs: JsonObject) -> None:
    """Code, new ends of wires and new defaults come into a group; its values and its own names stay, and Langflow runs that."""
    new = deepcopy(graph.definitions(data))
    for id_ in ("ZoomInsightLedger", component(data, "ZoomInsightLedger")["id"]):
        new[id_]["template"]["code"]["value"] += "# next"
        new[id_]["outputs"][0]["types"] = ["News"]
    component(theirs, "ZoomClaude")["node"]["template"]["model"]["value"] = "a-model-of-mine"
    shown = next(each for each in inner_group(theirs)["template"] if each.startswith("model_ZoomClaude"))
    inner_group(theirs)["template"][shown]["display_name"] = "Which one"

    renewed = graph.renew(theirs, new)

    run = as_langflow_runs_it(renewed)
    for seen in (renewed, run):
        ledger = component(seen, "ZoomInsightLedger")["node"]
        assert graph.code_of({"node": ledger}).endswith("# next")
        assert ledger["outputs"][0]["types"] == ["News"]
        assert component(seen, "ZoomClaude")["node"]["template"]["model"]["value"] == "a-model-of-mine"
        assert graph.wires(seen) == graph.wires(data)
    assert inner_group(renewed)["template"][shown]["display_name"] == "Which one"
    assert graph.changes(theirs, renewed) == ["Zoom Insight Ledger renewed"]
    [edge] = [edge for edge in renewed["edges"] if edge["target"].startswith("ZoomChatOutput")]
    assert edge["data"]["sourceHandle"]["output_types"] == ["News"]
    assert graph.renew(renewed, new) == renewed


def test_a_wire_that_leads_into_a_group_and_nowhere_is_refused(data: JsonObject, theirs: JsonObject) -> None:
    """As it is without a group."""
    new = deepcopy(graph.definitions(data))
    for each in new.values():
        each["outputs"] = [output for output in each["outputs"] if output["name"] != "news"]

    with pytest.raises(graph.BrokenWire):
        graph.renew(theirs, new)


def test_a_frozen_group_is_found(theirs: JsonObject) -> None:
    """Langflow freezes what it holds, whatever that says itself."""
    theirs["nodes"][-1]["data"]["node"]["frozen"] = True

    assert "Zoom Insight Ledger" in graph.frozen(theirs)


def test_what_stands_in_a_group_pins_a_session(data: JsonObject) -> None:
    """A session id that is written there mixes meetings as well."""
    ledger = component(data, "ZoomInsightLedger")["node"]["template"]
    ledger["session_id"] = {"type": "str", "value": "s", "show": True, "advanced": True, "display_name": "S"}

    assert graph.pinned_sessions(grouped(data, "ZoomInsightLedger", "ZoomClaude")) == ["Zoom Insight Ledger"]
