"""Components that somebody grouped in the editor: what a group holds, and what it shows of it. Pure.

A group is a node with ``node.flow``, nodes and edges of its own. It shows each input of theirs that no wire inside
feeds, under ``<input>_<node id>``, and each output that no wire inside takes, under ``<node id>_<output>``; a ``proxy``
on each says whose it is. On a run Langflow puts the nodes in the group's place, with the inputs that the group shows in
the place of theirs, their code among them, and freezes them as the group is. Groups may hold groups; what is set on the outer one gets no further than the inner.
So the editor of 1.13 writes it, and ``graph/graph/utils.py`` of its ``lfx`` reads it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

JsonObject = dict[str, Any]


def top(data: JsonObject) -> list[JsonObject]:
    """The ``data`` of the component nodes and groups of a graph, in the file's order, without what groups hold."""
    return [node["data"] for node in data["nodes"] if node["type"] == "genericNode"]


def graph_of(component: JsonObject) -> JsonObject | None:
    """The nodes and edges that a group holds, as they are stored; ``None`` for a component."""
    held: JsonObject | None = (component["node"].get("flow") or {}).get("data")
    return held


def groups(data: JsonObject) -> Iterator[JsonObject]:
    """Every group, those inside of others too."""
    for component in top(data):
        if held := graph_of(component):
            yield component
            yield from groups(held)


def components(data: JsonObject) -> Iterator[JsonObject]:
    """The ``data`` of every component, in the file's order; what a group holds is as Langflow runs it.

    Such a component is a copy; its inputs are those that are stored, so that setting one sets it.
    """
    for component in top(data):
        held = graph_of(component)
        if held is None:
            yield component
            continue
        node = component["node"]
        frozen, shown = node.get("frozen", False), shown_inputs(node["template"])
        as_run = [
            {
                **each,
                "node": {
                    **each["node"],
                    "frozen": frozen,
                    "template": {**each["node"]["template"], **shown.get(each["id"], {})},
                },
            }
            for each in top(held)
        ]
        yield from components({"nodes": [{"type": "genericNode", "data": each} for each in as_run]})


def shown_inputs(template: JsonObject) -> dict[str, JsonObject]:
    """The inputs that a group shows, by the id of the node inside and their name there."""
    shown: dict[str, JsonObject] = {}
    for field in template.values():
        if proxy := _proxy_of(field):
            shown.setdefault(proxy["id"], {})[proxy["field"]] = field
    return shown


def wires(data: JsonObject) -> set[tuple[str, str, str, str]]:
    """Every edge as source id, output name, target id, input name; at a group it ends at what that holds."""
    grouped = [*groups(data)]
    outputs: dict[tuple[str, str], tuple[str, str]] = {}
    inputs: dict[tuple[str, str], tuple[str, str]] = {}
    for each in grouped:
        for output in each["node"]["outputs"]:
            if proxy := _proxy_of(output):
                outputs[each["id"], output["name"]] = (proxy["id"], proxy["name"])
        for name, field in each["node"]["template"].items():
            if proxy := _proxy_of(field):
                inputs[each["id"], name] = (proxy["id"], proxy["field"])
    found: set[tuple[str, str, str, str]] = set()
    for edge in [edge for each in (data, *map(graph_of, grouped)) if each for edge in each["edges"]]:
        source = (edge["source"], edge["data"]["sourceHandle"]["name"])
        target = (edge["target"], end_of(edge["data"]["targetHandle"]))
        for _ in grouped:  # each step leads one group deeper
            source, target = outputs.get(source, source), inputs.get(target, target)
        found.add((*source, *target))
    return found


def end_of(handle: JsonObject) -> str:
    """The input at which a wire ends; of one that closes a loop the output."""
    return str(handle["fieldName"] if "fieldName" in handle else handle["name"])


def show_anew(node: JsonObject, renewed: Mapping[str, JsonObject]) -> None:
    """Have a group show the inputs and outputs of nodes inside that were renewed, by their ids, as they are now.

    How they are called and whether they are folded away stays; what a node has no longer, the group shows no longer.
    """
    for name, field in [*node["template"].items()]:
        if inside := renewed.get(_proxy_of(field).get("id", "")):
            new = inside["node"]["template"].get(field["proxy"]["field"])
            if new is None:
                del node["template"][name]
            else:
                node["template"][name] = new | part(field, ("proxy", "display_name", "show", "advanced"))
    outputs: list[JsonObject] = []
    for output in node["outputs"]:
        now = [output]
        if inside := renewed.get(_proxy_of(output).get("id", "")):
            now = [new for new in inside["node"]["outputs"] if new["name"] == output["proxy"]["name"]]
        outputs += [new | part(output, ("proxy", "display_name", "name")) for new in now]
    node["outputs"] = outputs


def _proxy_of(shown: Any) -> JsonObject:
    """Whose an input or output of a group is; empty for anything else."""
    proxy: JsonObject = (shown.get("proxy") if isinstance(shown, dict) else None) or {}
    return proxy


def part(whole: JsonObject, names: Iterable[str]) -> JsonObject:
    """Those of the names that there are, with what they have."""
    return {name: whole[name] for name in names if name in whole}
