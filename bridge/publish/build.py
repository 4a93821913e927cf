"""Component sources into flow files: ``flows build`` and its ``--check``.

The source of truth for a node of ours is its file in ``components/zoom``. Building puts the
source, and the inputs and outputs that Langflow reads from it, into every flow that uses the
component, and leaves alone what the flow's author decided: positions, wires, and values that
differ from the component's defaults.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.errors import ConfigurationError
from bridge.publish import graph, regions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bridge.publish.graph import JsonObject
    from bridge.publish.library import ComponentSource, Flow

_DESCRIBE = Path(__file__).with_name("describe.py")
_DESCRIBE_SECONDS = 180


def drift(flows: Sequence[Flow], sources: Mapping[str, ComponentSource]) -> list[str]:
    """Where flows, component files and what these share differ, one sentence each; needs no Langflow."""
    found = regions.drift(sources)
    for flow in flows:
        for component in graph.components(flow.data):
            source = sources.get(component["type"])
            if source and graph.code_of(component) != source.code:
                name = component["node"]["display_name"]
                found.append(f"{flow.path.name}: {name} is not as in {source.path.name}")
        if not graph.is_untouched(flow.data) or graph.is_arranged(flow.data):
            found.append(f"{flow.path.name}: changed since it was last built")
    return found


def build(
    flows: Sequence[Flow], sources: Mapping[str, ComponentSource], python: str = sys.executable
) -> list[Flow]:
    """The flows with every component of ours as its file has it now, sealed; the caller saves them.

    ``python`` is an interpreter whose environment has Langflow.

    Raises:
        ConfigurationError: Langflow is missing there or cannot load a component, or an edge names
            an output or input that is gone.
    """
    own = [
        component
        for flow in flows
        for component in graph.components(flow.data)
        if component["type"] in sources
    ]
    described = describe({*(source.code for source in sources.values()), *map(graph.code_of, own)}, python)
    now = {type_: described[source.code] for type_, source in sources.items()}
    for type_, definition in now.items():
        if "error" in definition:
            raise ConfigurationError(f"{sources[type_].path.name} does not load: {definition['error']}")
    return [_built(flow, now, described) for flow in flows]


def describe(codes: Iterable[str], python: str = sys.executable) -> dict[str, JsonObject]:
    """What Langflow makes of each component source: its definition, or ``{"error": why}``.

    Raises:
        ConfigurationError: That interpreter has no Langflow.
    """
    asked = sorted(codes)
    done = subprocess.run(  # noqa: S603 - our own script
        [python, str(_DESCRIBE)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=_DESCRIBE_SECONDS,
        check=False,
    )
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise ConfigurationError(f"Langflow cannot be asked about components ({python}): {reason[0]}")
    return dict(zip(asked, json.loads(done.stdout), strict=True))


def _built(flow: Flow, now: Mapping[str, JsonObject], described: Mapping[str, JsonObject]) -> Flow:
    former = {
        component["type"]: described[graph.code_of(component)]
        for component in graph.components(flow.data)
        if component["type"] in now
    }
    try:
        data = graph.renew(flow.data, now, former)
    except graph.BrokenWire as error:
        raise ConfigurationError(f"{flow.path.name}: {error}") from error
    graph.seal(data, now)
    return replace(flow, content={**flow.content, "data": data})
