"""Component sources get into flow files, and drift does not go unseen."""

from __future__ import annotations

import sys
import venv
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bridge.errors import ConfigurationError
from bridge.publish import graph
from bridge.publish.build import build, describe, drift
from bridge.publish.library import load_components, load_examples, load_flows

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.publish.library import ComponentSource

ASKING_LANGFLOW = pytest.mark.timeout(180)
"""Starting a Python that imports Langflow takes some seconds."""


def with_code(type_: str, old: str, new: str) -> dict[str, ComponentSource]:
    """Our components, one of them edited."""
    sources = load_components()
    assert sources[type_].code.count(old) == 1
    return {**sources, type_: replace(sources[type_], code=sources[type_].code.replace(old, new))}


def test_the_shipped_flows_are_built() -> None:
    """Every flow, those that docs show too, holds the components as their files have them, and is sealed."""
    assert load_examples()
    assert drift([*load_flows(), *load_examples()], load_components()) == []


@ASKING_LANGFLOW
def test_building_again_changes_nothing() -> None:
    """What Langflow reads from the sources today is what the files hold, to the last field."""
    flows = [*load_flows(), *load_examples()]

    assert [flow.content for flow in build(flows, load_components())] == [flow.content for flow in flows]


def test_a_changed_component_is_drift() -> None:
    """The message names the flow's file, the component and its file."""
    sources = with_code("ZoomInsightLedger", "class ZoomInsightLedger", "# edited\nclass ZoomInsightLedger")

    assert drift(load_flows(), sources)[0] == (
        "action_items.json: Zoom Insight Ledger is not as in insight_ledger.py"
    )


def test_a_flow_edited_by_hand_is_drift() -> None:
    """A change to the file that no build has seen is reported, although no source differs."""
    [flow, *_] = load_flows()
    content = deepcopy(flow.content)
    next(graph.components(content["data"]))["node"]["template"]["input_value"]["value"] = "by hand"

    assert drift([replace(flow, content=content)], load_components()) == [
        "action_items.json: changed since it was last built"
    ]


@ASKING_LANGFLOW
def test_a_changed_component_gets_in() -> None:
    """Source, inputs and defaults are taken over; what the flow's author chose is kept; the seal is new."""
    sources = with_code(
        "ZoomInsightLedger", 'display_name = "Zoom Insight Ledger"', 'display_name = "Renamed"'
    )
    [flow, *_] = load_flows()
    content = deepcopy(flow.content)
    [insights] = [c for c in graph.components(content["data"]) if c["type"] == "ZoomMeetingInsights"]
    insights["node"]["template"]["kinds"]["value"] = ["Risks"]

    [built] = build([replace(flow, content=content)], sources)

    by_type = {component["type"]: component for component in graph.components(built.data)}
    assert by_type["ZoomInsightLedger"]["node"]["display_name"] == "Renamed"
    assert by_type["ZoomMeetingInsights"]["node"]["template"]["kinds"]["value"] == ["Risks"]
    assert drift([built], sources) == []
    assert graph.fingerprint(built.data) != graph.fingerprint(flow.data)


@ASKING_LANGFLOW
def test_a_component_that_does_not_load_is_named() -> None:
    """The error says which file and why."""
    sources = with_code(
        "ZoomInsightLedger", "class ZoomInsightLedger", "import nowhere_to_be_found\nclass ZoomInsightLedger"
    )

    with pytest.raises(ConfigurationError, match=r"insight_ledger\.py does not load: .*nowhere_to_be_found"):
        build(load_flows(), sources)


def test_a_python_without_langflow_is_named(tmp_path: Path) -> None:
    """The error says which interpreter was asked."""
    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    python = str(tmp_path / "bare" / "bin" / "python")
    assert python != sys.executable

    with pytest.raises(ConfigurationError, match=r"bare/bin/python.*No module named"):
        describe(["x = 1"], python)
