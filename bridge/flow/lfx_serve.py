"""``lfx serve``: what tells it from a Langflow, and which of its flows a route means. Pure.

It serves flow files without database or editor. Its flows have an id, a title and a file, but no
endpoint names; ``GET /flows`` lists them, ``POST /api/v2/workflows`` runs them. As lfx 1.13 was
seen to answer; documented for users in ``docs/lfx-serve.md``.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final

from bridge.errors import FlowMissing

FLOWS_PATH: Final = "/flows"
HEADERS: Final = {"X-Consumer-Username": "0c1f3a52-7c54-5b0e-9a66-6f0d6f6b8f3e"}
"""Who asks, for an ``lfx serve`` that is told to trust this header; others ignore it.

Messages belong to whom they were stored for, and without a name that is another stranger in each run.
Only UUIDs are taken for owners of messages.
"""


def is_lfx_serve(health: object) -> bool:
    """Whether ``GET /health`` was answered by ``lfx serve``, which counts its flows."""
    return isinstance(health, dict) and "flow_count" in health


def matching_flows(listing: object, flow: str) -> list[str]:
    """Ids of the flows that a route can mean by ``flow``, in the answer of ``GET /flows``; at best one.

    An id, else a title or a file's name, either written as endpoint names are: ``zoom-action-items``
    is the flow titled "Zoom action items", and one in ``zoom_action_items.json``.
    """
    flows = [each for each in (listing if isinstance(listing, list) else ()) if isinstance(each, dict)]
    if any(each.get("id") == flow for each in flows):
        return [flow]
    found = [
        str(each.get("id"))
        for each in flows
        if _slug(flow) in (_slug(each.get("title")), _slug(_stem(each.get("relative_path"))))
    ]
    return sorted(set(found))


def no_single_flow(flow: str, found: list[str]) -> FlowMissing:
    """What to say where not just one flow was found."""
    how_many = "several flows" if found else "no flow"
    return FlowMissing(
        f"lfx serve has {how_many} by the name {flow!r}; routes may name the id, the title or the file"
    )


def _stem(path: object) -> str:
    return PurePosixPath(str(path)).stem


def _slug(name: object) -> str:
    return re.sub(r"[^a-z0-9]+", "-", str(name).lower()).strip("-")
