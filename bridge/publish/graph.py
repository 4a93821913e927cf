"""A flow as Langflow stores it: nodes, wires, and the seal that tells our work from people's. Pure.

A flow's ``data`` is what the editor saves: ``nodes`` (``genericNode`` for components, ``noteNode``
for notes) and ``edges``, whose two handles are repeated as strings in which ``œ`` stands for the
quote. Seen in the starter projects that Langflow 1.13 ships and in what its editor exports. A wire that closes a loop
ends at an output, and names that where others name an input; nodes that somebody grouped in the editor are one
``GroupNode``, which has no metadata.

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
    return (component for component in components(data) if _seal_of(component))


def _seal_of(component: JsonObject) -> JsonObject:
    """A component's seal; empty where it has none."""
    seal: JsonObject = (component["node"].get("metadata") or {}).get(SEAL) or {}
    return seal


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
        "notes": notes(data),
    }
    return hash_of(json.dumps(meaning, sort_keys=True, ensure_ascii=False))


def wires(data: JsonObject) -> set[tuple[str, str, str, str]]:
    """Every edge as source id, output name, target id, input name."""
    return {
        (
            edge["source"],
            edge["data"]["sourceHandle"]["name"],
            edge["target"],
            _end_of(edge["data"]["targetHandle"]),
        )
        for edge in data["edges"]
    }


def _end_of(handle: JsonObject) -> str:
    """The input at which a wire ends; of one that closes a loop the output."""
    return str(handle["fieldName"] if "fieldName" in handle else handle["name"])


def seal(data: JsonObject, own_types: Mapping[str, object]) -> None:
    """Seal, in place, the components whose type is in ``own_types``."""
    mark = fingerprint(data)
    for component in components(data):
        if component["type"] in own_types:
            component["node"]["metadata"][SEAL] = {"flow": mark, "source": hash_of(code_of(component))}


def is_untouched(data: JsonObject) -> bool:
    """Whether the flow is as it was when it was sealed."""
    marks = {_seal_of(component).get("flow") for component in own_components(data)}
    return marks == {fingerprint(data)}


def edited(data: JsonObject, own_types: Mapping[str, object]) -> list[str]:
    """Names of our components whose source somebody changed, as people see them."""
    return [
        component["node"]["display_name"]
        for component in components(data)
        if component["type"] in own_types and _seal_of(component).get("source") != hash_of(code_of(component))
    ]


def definitions(data: JsonObject) -> dict[str, JsonObject]:
    """Our components' definitions (``data.node``), by type and by the id of the node."""
    own = list(own_components(data))
    by_type = {component["type"]: component["node"] for component in own}
    return by_type | {component["id"]: component["node"] for component in own}


def renew(
    data: JsonObject, new: Mapping[str, JsonObject], former: Mapping[str, JsonObject] | None = None
) -> JsonObject:
    """The same flow with our components' definitions replaced; titles, positions, values and wires stay.

    Both ``new`` and ``former`` hold definitions by component type; ``new`` may hold some by node id,
    which come first. ``former`` are those that the flow's present sources would give: a value that is
    only the former default is not kept but follows the new default.

    Raises:
        BrokenWire: An edge names an output or input that the new definition lacks.
    """
    renewed = deepcopy(data)
    new_ones: dict[str, JsonObject] = {}
    for component in components(renewed):
        definition = new.get(component["id"]) or new.get(component["type"])
        if definition is None:
            continue
        past = (former or {}).get(component["type"], {})
        node = _as_people_had_it(component["node"]["template"], definition, past.get("template", {}))
        if component["node"]["display_name"] != past.get("display_name"):
            node["display_name"] = component["node"]["display_name"]
        if component["node"].get("tool_mode"):
            node = _as_tool(node, component["node"])
        component["node"] = node
        new_ones[component["id"]] = component
    _rewire(renewed, new_ones)
    return renewed


def seals(data: JsonObject) -> dict[str, JsonObject]:
    """The seal of each of our components by node id."""
    return {component["id"]: _seal_of(component) for component in own_components(data)}


def bound(data: JsonObject) -> set[tuple[str, str]]:
    """Node id and input of every input that takes its value from a global variable."""
    return {
        (component["id"], name)
        for component in components(data)
        for name, field in fields(component["node"]["template"])
        if field.get("load_from_db") and field.get("value")
    }


def pinned_sessions(data: JsonObject) -> list[str]:
    """Titles of the components in which somebody has written a session id, so that every meeting shares one."""
    return [
        component["node"]["display_name"]
        for component in components(data)
        if component["node"]["template"].get("session_id", {}).get("value")
    ]


def changes(old: JsonObject, new: JsonObject) -> list[str]:
    """What differs between two states of a flow, one phrase each. Names only: values may be secret."""
    before, after = ({component["id"]: component for component in components(data)} for data in (old, new))
    told = [f"{_title(after[id_])} added" for id_ in after.keys() - before.keys()]
    told += [f"{_title(before[id_])} removed" for id_ in before.keys() - after.keys()]
    for id_ in after.keys() & before.keys():
        title, templates = (
            _title(after[id_]),
            [before[id_]["node"]["template"], after[id_]["node"]["template"]],
        )
        was, is_ = map(_values, templates)
        if was.pop("code", None) != is_.pop("code", None):
            told.append(f"{title} renewed")
        told += [f"{title}: {name} set" for name in was.keys() & is_.keys() if was[name] != is_[name]]
    told = sorted(told)
    if wires(old) != wires(new):
        told.append("wires")
    if notes(old) != notes(new):
        told.append("notes")
    return told


def _title(component: JsonObject) -> str:
    return str(component["node"]["display_name"])


def notes(data: JsonObject) -> list[str]:
    """What is written on the canvas, in an order that does not hang on places."""
    return sorted(node["data"]["node"]["description"] for node in data["nodes"] if node["type"] == "noteNode")


def _as_people_had_it(template: JsonObject, definition: JsonObject, former: JsonObject) -> JsonObject:
    """The definition with the values of ``template``, and with which inputs it shows; not with ``former`` defaults."""
    result = deepcopy(definition)
    for name, field in fields(result["template"]):
        old, past = template.get(name), former.get(name, {})
        if name == "code" or not isinstance(old, dict):
            continue
        kept = [key for key in ("show", "advanced") if key in old]
        value = as_offered(field, old.get("value"))
        if "value" in old and is_offered(field, value):
            kept += [key for key in ("value", "load_from_db") if key in old]
        chosen = {key: old[key] for key in kept if not _same_as_past(old, past, key)}
        field.update(chosen | ({"value": value} if "value" in chosen else {}))
    return result


def _as_tool(node: JsonObject, old: JsonObject) -> JsonObject:
    """The definition of a component that somebody has made a tool: with the one output and the actions of a tool."""
    kept = {name: old["template"][name] for name in ("tools_metadata",) if name in old["template"]}
    return node | {"tool_mode": True, "outputs": old["outputs"], "template": node["template"] | kept}


def _same_as_past(old: JsonObject, past: JsonObject, key: str) -> bool:
    """Whether nobody chose this: it is the former default."""
    key = "value" if key == "load_from_db" else key
    return key in past and _as_saved(old.get(key)) == _as_saved(past[key])


def as_offered(field: JsonObject, value: object) -> object:
    """A value in the words of an input's options, where it names them by the ids in their ``options_metadata``.

    So flows of earlier versions name them, and commands may.
    """
    options = zip(field.get("options") or (), field.get("options_metadata") or (), strict=False)
    words = {str(about["id"]): option for option, about in options if "id" in about}
    if isinstance(value, list):
        return [words.get(str(each), each) for each in value]
    return words.get(str(value), value)


def is_offered(field: JsonObject, value: object) -> bool:
    """Whether an input takes a value: one of its options, or several in a list; a combobox takes any."""
    options = field.get("options")
    if not options or field.get("combobox"):
        return True
    return all(each in options for each in (value if isinstance(value, list) else [value]))


def _rewire(data: JsonObject, renewed: Mapping[str, JsonObject]) -> None:
    """Write the ends of edges at renewed components anew, by node id; ends at others' stay as the editor wrote them."""
    for edge in data["edges"]:
        source, target = renewed.get(edge["source"]), renewed.get(edge["target"])
        handles = edge["data"]
        if source is not None:
            handles["sourceHandle"] = _source_handle(source, handles["sourceHandle"]["name"])
            edge["sourceHandle"] = as_handle(handles["sourceHandle"])
        if target is not None:
            handles["targetHandle"] = _target_handle(target, _end_of(handles["targetHandle"]))
            edge["targetHandle"] = as_handle(handles["targetHandle"])
        if source is not None or target is not None:
            edge["id"] = (
                f"xy-edge__{edge['source']}{edge['sourceHandle']}-{edge['target']}{edge['targetHandle']}"
            )


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


def fields(template: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """The inputs of a node's template, by name."""
    return ((name, field) for name, field in template.items() if isinstance(field, dict) and name[0] != "_")


def _values(template: JsonObject) -> dict[str, object]:
    return {name: _as_saved(field.get("value")) for name, field in fields(template)}


def _as_saved(value: object) -> object:
    """A value as the editor would save it: JavaScript writes 60.0 as 60."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
