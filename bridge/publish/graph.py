"""A flow as Langflow stores it: nodes, wires, and the seal that tells our work from people's. Pure.

A flow's ``data`` is what the editor saves: ``nodes`` (``genericNode`` for components, ``noteNode``
for notes) and ``edges``, whose two handles are repeated as strings in which ``œ`` stands for the
quote. Seen in the starter projects that Langflow 1.13 ships and in what its editor exports. A wire that closes a loop
ends at an output, and names that where others name an input. What :mod:`bridge.publish.group` tells of groups holds
for all here: components and wires are those that Langflow runs.

**The seal.** Each node of our own components carries, in its ``metadata``, the hash of its source,
the fingerprint of the whole flow and the hash of its look, all as of ``flows build``. A flow whose fingerprint equals
its seal does what it did when it left us; a component whose source does not was edited by somebody. The editor
keeps metadata it does not know and drops it when a component's code is edited, and either way the
edit shows.
"""

from __future__ import annotations

import hashlib
import json
from copy import deepcopy
from typing import TYPE_CHECKING, Final

from bridge.publish import group
from bridge.publish.group import JsonObject, components, end_of, part, wires

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["JsonObject", "components", "wires"]

SEAL = "zoom_bridge"
"""Key of the seal in a node's metadata."""
_PLACE: Final = ("position", "width", "height", "style")
"""Of a node, which is as large as the editor measures it; a note is as large as somebody drew it."""
_SIZE: Final = ("showNode",)
_LOOK: Final = ("display_name", "frozen")
_COLOUR: Final = ("backgroundColor",)
"""Of a note."""
_FOLDED: Final = ("show", "advanced")
"""Whether an input is there, and whether it is folded away."""


class BrokenWire(ValueError):
    """An edge names an output or input that its component does not have."""


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
        **({"groups": grouped} if (grouped := _grouped(data)) else {}),
    }
    return hash_of(json.dumps(meaning, sort_keys=True, ensure_ascii=False))


def look(data: JsonObject) -> str:
    """How a flow looks, as 12 hex digits: what :func:`arranged` keeps, and no more."""
    looks = {
        node["id"]: [part(node, _PLACE), part(node["data"], _SIZE), _look_of(node["data"]["node"])]
        for node in data["nodes"]
    }
    saved = json.loads(json.dumps(looks), parse_float=lambda number: _as_saved(float(number)))
    return hash_of(json.dumps(saved, sort_keys=True))


def _look_of(node: JsonObject) -> JsonObject:
    template = node["template"]
    folded = {name: part(field, _FOLDED) for name, field in fields(template) if name != "code"}
    return {**part(node, _LOOK), **part(template, _COLOUR), "inputs": folded}


def seal(data: JsonObject, own_types: Mapping[str, object]) -> None:
    """Seal, in place, the components whose type is in ``own_types``."""
    marks = {"flow": fingerprint(data), "look": look(data)}
    for component in components(data):
        if component["type"] in own_types:
            component["node"]["metadata"][SEAL] = {**marks, "source": hash_of(code_of(component))}


def is_untouched(data: JsonObject) -> bool:
    """Whether the flow does what it did when it was sealed."""
    return _marks(data, "flow") == {fingerprint(data)}


def is_arranged(data: JsonObject) -> bool:
    """Whether somebody has moved, named, folded or frozen something since; until 0.2 the seal did not tell."""
    return not _marks(data, "look") <= {look(data), None}


def _marks(data: JsonObject, name: str) -> set[str | None]:
    return {_seal_of(component).get(name) for component in own_components(data)}


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
    _renew(renewed, new, former or {}, {})
    return renewed


def _renew(
    data: JsonObject,
    new: Mapping[str, JsonObject],
    former: Mapping[str, JsonObject],
    shown: Mapping[str, JsonObject],
) -> dict[str, JsonObject]:
    """Renew in place; ``shown`` are inputs that a group around has in the place of the nodes' own. Returns what is new, by id."""
    renewed: dict[str, JsonObject] = {}
    for component in group.top(data):
        node, instead = component["node"], shown.get(component["id"], {})
        if held := group.graph_of(component):
            inside = _renew(held, new, former, group.shown_inputs(node["template"] | instead))
            if not inside:
                continue
            group.show_anew(node, inside)
        elif definition := new.get(component["id"]) or new.get(component["type"]):
            past = former.get(component["type"], {})
            component["node"] = _as_people_had_it(node, definition, past, instead)
        else:
            continue
        renewed[component["id"]] = component
    _rewire(data, renewed)
    return renewed


def arranged(data: JsonObject, theirs: JsonObject) -> JsonObject:
    """The flow with the look that its nodes have in ``theirs``, by their ids: places, titles, what they show, what is frozen."""
    result, there = deepcopy(data), {node["id"]: node for node in theirs["nodes"]}
    for node in result["nodes"]:
        if old := there.get(node["id"]):
            node |= part(old, _PLACE)
            node["data"] |= part(old["data"], _SIZE)
            _keep_look(node["data"]["node"], old["data"]["node"], {})
    return result


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


def frozen(data: JsonObject) -> list[str]:
    """Titles of frozen components that work on a meeting: ours, and those that wires lead to from a Chat Input.

    Langflow keeps the result of a frozen component by user and node, not by session, so that each meeting is given
    that of the first (``_vertex_result_cache_key`` in ``graph/graph/base.py`` of lfx 1.13).
    """
    nodes, edges = list(components(data)), wires(data)
    fed, more = set[str](), {node["id"] for node in nodes if node["type"] == "ChatInput"}
    while more:
        fed |= more
        more = {target for source, _, target, _ in edges if source in more} - fed
    return [
        _title(node) for node in nodes if node["node"].get("frozen") and (node["id"] in fed or _seal_of(node))
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
    if _grouped(old) != _grouped(new):
        told.append("groups")
    return told


def _grouped(data: JsonObject) -> list[str]:
    return sorted(component["id"] for component in group.groups(data))


def _title(component: JsonObject) -> str:
    return str(component["node"]["display_name"])


def notes(data: JsonObject) -> list[str]:
    """What is written on the canvas, in an order that does not hang on places."""
    return sorted(node["data"]["node"]["description"] for node in data["nodes"] if node["type"] == "noteNode")


def _as_people_had_it(
    old: JsonObject, definition: JsonObject, past: JsonObject, shown: JsonObject
) -> JsonObject:
    """The definition with look and values of ``old``, or of ``shown`` in their place; not with ``past`` defaults."""
    result, template = deepcopy(definition), old["template"] | shown
    _keep_look(result, old, past)
    for name, field in fields(result["template"]):
        was, default = template.get(name), past.get("template", {}).get(name, {})
        if name == "code" or not isinstance(was, dict) or "value" not in was:
            continue
        value = as_offered(field, was["value"])
        if is_offered(field, value):
            chosen = [key for key in ("value", "load_from_db") if not _same_as_past(was, default, key)]
            field |= part(was | {"value": value}, chosen)
    return _as_tool(result, old) if old.get("tool_mode") else result


def _keep_look(node: JsonObject, old: JsonObject, past: JsonObject) -> None:
    """Give a node the look of ``old``: title, whether it is frozen, what it shows; not where that was so in the ``past``."""
    node |= {key: old[key] for key in _LOOK if key in old and old[key] != past.get(key)}
    for name, field in fields(node["template"]):
        was, default = old["template"].get(name), past.get("template", {}).get(name, {})
        if isinstance(was, dict) and name != "code":
            field |= part(was, [key for key in _FOLDED if not _same_as_past(was, default, key)])
    node["template"] |= part(old["template"], _COLOUR)


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
            handles["targetHandle"] = _target_handle(target, end_of(handles["targetHandle"]))
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
    proxy = {"proxy": field["proxy"]} if "proxy" in field else {}
    return {
        "fieldName": name,
        "id": component["id"],
        "inputTypes": field["input_types"],
        "type": field["type"],
        **proxy,
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
