"""Flows of ours as somebody has them who has dragged Zoom Redactor in front."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bridge.publish import graph
from bridge.publish.library import load_components

if TYPE_CHECKING:
    import httpx

    from bridge.publish.library import Flow

REDACTOR = "ZoomRedactor-own"


async def with_redactor(client: httpx.AsyncClient, flow: Flow) -> Flow:
    """The flow with Zoom Redactor between Chat Input and Zoom Context Buffer; Langflow makes the node of its source."""
    code = load_components()["ZoomRedactor"].code
    made = await client.post("/api/v1/custom_component", json={"code": code})
    made.raise_for_status()
    data = deepcopy(flow.data)
    [wire] = [edge for edge in data["edges"] if edge["source"].startswith("ChatInput")]
    node = deepcopy(next(node for node in data["nodes"] if node["id"] == wire["target"]))
    node |= {"id": REDACTOR, "position": {"x": 200, "y": -400}}
    node["data"] = {
        "id": REDACTOR,
        "type": "ZoomRedactor",
        "node": made.json()["data"],
        "selected_output": "redacted",
    }
    data["nodes"].append(node)
    behind = deepcopy(wire)
    _connect(wire, target={"fieldName": "message", "id": REDACTOR, "inputTypes": ["Message"], "type": "str"})
    source = {"dataType": "ZoomRedactor", "id": REDACTOR, "name": "redacted", "output_types": ["Message"]}
    _connect(behind, source=source)
    data["edges"].append(behind)
    return replace(flow, content={**flow.content, "data": data})


def _connect(
    edge: dict[str, Any], *, source: dict[str, Any] | None = None, target: dict[str, Any] | None = None
) -> None:
    """Let an edge begin or end elsewhere."""
    for end, handle in (("source", source), ("target", target)):
        if handle:
            edge[end] = handle["id"]
            edge["data"][f"{end}Handle"] = handle
            edge[f"{end}Handle"] = graph.as_handle(handle)
    edge["id"] = f"xy-edge__{edge['source']}{edge['sourceHandle']}-{edge['target']}{edge['targetHandle']}"
