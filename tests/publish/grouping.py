"""Nodes grouped as the editor of Langflow 1.13 does it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from bridge.publish import graph

JsonObject = dict[str, Any]


def grouped(data: JsonObject, *types: str, name: str = "groupComponent-1") -> JsonObject:
    """The flow with the components of these types, or groups of these ids, in one group."""
    result = deepcopy(data)
    members = [
        node
        for node in result["nodes"]
        if node["type"] == "genericNode" and {node["data"]["type"], node["id"]} & {*types}
    ]
    ids = {node["id"] for node in members}
    within = [edge for edge in result["edges"] if {edge["source"], edge["target"]} <= ids]
    fed = {(edge["target"], edge["data"]["targetHandle"]["fieldName"]) for edge in within}
    taken = {(edge["source"], edge["data"]["sourceHandle"]["name"]) for edge in within}
    template: JsonObject = {}
    outputs: list[JsonObject] = []
    for node in members:
        about = node["data"]["node"]
        for key, field in graph.fields(about["template"]):
            if (node["id"], key) not in fed:
                template[f"{key}_{node['id']}"] = deepcopy(field) | {
                    "proxy": {"id": node["id"], "field": key}
                }
        for output in about["outputs"]:
            if (node["id"], output["name"]) not in taken:
                proxy = {"id": node["id"], "name": output["name"], "nodeDisplayName": about["display_name"]}
                outputs.append(deepcopy(output) | {"proxy": proxy, "name": f"{node['id']}_{output['name']}"})
    held = {"data": {"nodes": members, "edges": within}}
    about = {
        "display_name": "Group",
        "description": "",
        "template": template,
        "flow": held,
        "outputs": outputs,
    }
    group = {"id": name, "type": "GroupNode", "node": about}
    result["nodes"] = [node for node in result["nodes"] if node not in members]
    result["nodes"].append({"id": name, "type": "genericNode", "position": {"x": 0, "y": 0}, "data": group})
    result["edges"] = [edge for edge in result["edges"] if edge not in within]
    for edge in result["edges"]:
        handles = edge["data"]
        if edge["source"] in ids:
            output_name = f"{edge['source']}_{handles['sourceHandle']['name']}"
            handles["sourceHandle"] |= {"dataType": "GroupNode", "id": name, "name": output_name}
            edge |= {"source": name, "sourceHandle": graph.as_handle(handles["sourceHandle"])}
        if edge["target"] in ids:
            proxy = {"id": edge["target"], "field": handles["targetHandle"]["fieldName"]}
            handles["targetHandle"] |= {
                "id": name,
                "proxy": proxy,
                "fieldName": "{field}_{id}".format(**proxy),
            }
            edge |= {"target": name, "targetHandle": graph.as_handle(handles["targetHandle"])}
    return result
