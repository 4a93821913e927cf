"""A flow as Langflow stores it: nodes, wires, and the seal that tells our work from people's. Pure.

A flow's ``data`` is what the editor saves: ``nodes`` (``genericNode`` for components, ``noteNode``
for notes) and ``edges``, whose two handles are repeated as strings in which ``œ`` stands for the
quote. Seen in the starter projects that Langflow 1.13 ships and in what its editor exports.

**The seal.** Each node of our own components carries, in its ``metadata``, the hash of its source
and the fingerprint of the whole flow, both as of ``flows build``. A flow whose fingerprint equals
its seal is as it left us; a component whose source does not was edited by somebody. The editor
keeps metadata it does not know and drops it when a component's code is edited, and either way the
edit shows.
"""

from __future__ import annotations

import hashlib
import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

JsonObject = dict[str, Any]

SEAL = "zoom_bridge"
"""Key of the seal in a node's metadata."""


class BrokenWire(ValueError):
    """An edge names an output or input that its component does not have."""


def components(data: JsonObject) -> Iterator[JsonObject]:
    """The ``data`` of every component node, in the file's order."""
    return (node["data"] for node in data["nodes"] if node["type"] == "genericNode")


def own_components(data: JsonObject) -> Iterator[JsonObject]:
    """The components that carry a seal."""
    return (component for component in components(data) if SEAL in component["node"]["metadata"])


def code_of(component: JsonObject) -> str:
    """A component node's Python source."""
    return str(component["node"]["template"]["code"]["value"])


def hash_of(text: str) -> str:
    """The short hash that Langflow uses for component sources: 12 hex digits of SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def fingerprint(data: JsonObject) -> str:
    """What a flow does and says, as 12 hex digits: sources, values, wires and notes; not where things stand."""
    meaning = {
        "components": {
            component["id"]: [component["type"], _values(component["node"]["template"])]
            for component in components(data)
        },
        "wires": sorted(wires(data)),
        "notes": sorted(
            node["data"]["node"]["description"] for node in data["nodes"] if node["type"] == "noteNode"
        ),
    }
    return hash_of(json.dumps(meaning, sort_keys=True, ensure_ascii=False))


def wires(data: JsonObject) -> set[tuple[str, str, str, str]]:
    """Every edge as source id, output name, target id, input name."""
    return {
        (
            edge["source"],
            edge["data"]["sourceHandle"]["name"],
            edge["target"],
            edge["data"]["targetHandle"]["fieldName"],
        )
        for edge in data["edges"]
    }


def seal(data: JsonObject, own_types: Mapping[str, object]) -> None:
    """Seal, in place, the components whose type is in ``own_types``."""
    mark = fingerprint(data)
    for component in components(data):
        if component["type"] in own_types:
            component["node"]["metadata"][SEAL] = {"flow": mark, "source": hash_of(code_of(component))}


def is_untouched(data: JsonObject) -> bool:
    """Whether the flow is as it was when it was sealed."""
    marks = {component["node"]["metadata"][SEAL]["flow"] for component in own_components(data)}
    return marks == {fingerprint(data)}


def edited(data: JsonObject, own_types: Mapping[str, object]) -> list[str]:
    """Names of our components whose source somebody changed, as people see them."""
    return [
        component["node"]["display_name"]
        for component in components(data)
        if component["type"] in own_types
        and component["node"]["metadata"].get(SEAL, {}).get("source") != hash_of(code_of(component))
    ]


def definitions(data: JsonObject) -> dict[str, JsonObject]:
    """Our components' definitions (``data.node``) by type."""
    return {component["type"]: component["node"] for component in own_components(data)}


def renew(
    data: JsonObject, by_type: Mapping[str, JsonObject], former: Mapping[str, JsonObject] | None = None
) -> JsonObject:
    """The same flow with our components' definitions replaced; positions, values and wires stay.

    ``former`` holds the definitions that the flow's present sources would give: a value that is
    only the former default is not kept but follows the new default.

    Raises:
        BrokenWire: An edge names an output or input that the new definition lacks.
    """
    renewed = deepcopy(data)
    for component in components(renewed):
        definition = by_type.get(component["type"])
        if definition is None:
            continue
        defaults = _values((former or {}).get(component["type"], {}).get("template", {}))
        component["node"] = _with_values_of(component["node"]["template"], definition, defaults)
    _rewire(renewed)
    return renewed


def seals(data: JsonObject) -> dict[str, JsonObject]:
    """The seal of each of our components by node id."""
    return {component["id"]: component["node"]["metadata"][SEAL] for component in own_components(data)}


def _with_values_of(
    template: JsonObject, definition: JsonObject, defaults: Mapping[str, object]
) -> JsonObject:
    result = deepcopy(definition)
    for name, field in _fields(result["template"]):
        old = template.get(name)
        if name == "code" or not isinstance(old, dict) or "value" not in old:
            continue
        if name in defaults and old["value"] == defaults[name]:
            continue
        if field.get("options") and old["value"] not in field["options"]:
            continue
        field.update({key: old[key] for key in ("value", "load_from_db") if key in old})
    return result


def _rewire(data: JsonObject) -> None:
    """Write every edge anew from the components at its ends."""
    by_id = {component["id"]: component for component in components(data)}
    for edge in data["edges"]:
        source, target = by_id[edge["source"]], by_id[edge["target"]]
        handles = edge["data"]
        handles["sourceHandle"] = _source_handle(source, handles["sourceHandle"]["name"])
        handles["targetHandle"] = _target_handle(target, handles["targetHandle"]["fieldName"])
        edge["sourceHandle"] = as_handle(handles["sourceHandle"])
        edge["targetHandle"] = as_handle(handles["targetHandle"])
        edge["id"] = f"xy-edge__{source['id']}{edge['sourceHandle']}-{target['id']}{edge['targetHandle']}"


def _source_handle(component: JsonObject, name: str) -> JsonObject:
    for output in component["node"]["outputs"]:
        if output["name"] == name:
            return {
                "dataType": component["type"],
                "id": component["id"],
                "name": name,
                "output_types": output["types"],
            }
    raise BrokenWire(f"{component['node']['display_name']} has no output {name!r}")


def _target_handle(component: JsonObject, name: str) -> JsonObject:
    field = component["node"]["template"].get(name)
    if field is None or not field.get("input_types"):
        raise BrokenWire(f"{component['node']['display_name']} has no input {name!r} to connect to")
    return {
        "fieldName": name,
        "id": component["id"],
        "inputTypes": field["input_types"],
        "type": field["type"],
    }


def as_handle(handle: JsonObject) -> str:
    """A handle as the editor writes it."""
    return json.dumps(handle, sort_keys=True, separators=(",", ":"), ensure_ascii=False).replace('"', "œ")


def _fields(template: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    return ((name, field) for name, field in template.items() if isinstance(field, dict) and name[0] != "_")


def _values(template: JsonObject) -> dict[str, object]:
    return {name: _as_saved(field.get("value")) for name, field in _fields(template)}


def _as_saved(value: object) -> object:
    """A value as the editor would save it: JavaScript writes 60.0 as 60."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
