"""A script, never imported: tells what Langflow makes of component sources.

``flows build`` runs it with a Python that has Langflow, because the bridge itself does not import
it. Standard input: a JSON list of sources. Standard output: a JSON list, in the same order, of the
definitions that a flow's node holds (``template``, ``outputs``, ``metadata`` and the rest), or
``{"error": why}`` for a source that does not load.
"""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from typing import Any

from fastapi import HTTPException
from lfx.custom.custom_component.component import Component
from lfx.custom.utils import build_custom_component_template


def describe(code: str) -> dict[str, object]:
    """One component's definition, the same on every machine."""
    try:
        definition, _ = build_custom_component_template(Component(_code=code))
    except HTTPException as error:  # What Langflow raises for any fault in a source.
        detail: Any = error.detail
        return {"error": detail["error"]}
    for dependency in definition["metadata"]["dependencies"]["dependencies"]:
        dependency["version"] = None  # The builder's own machine is nobody's requirement.
    return definition


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):  # Langflow's start-up messages are not ours to pass on.
        described = [describe(code) for code in json.load(sys.stdin)]
    json.dump(described, sys.stdout)
