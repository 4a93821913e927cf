"""What differs between two flows is told in words, and secrets are not."""

from __future__ import annotations

import json
import uuid
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from bridge.__main__ import app
from bridge.errors import ConfigurationError
from bridge.publish import graph
from bridge.publish.difference import differences, in_words
from bridge.publish.library import load_flows

if TYPE_CHECKING:
    from pathlib import Path

ITEMS, COACH = (
    next(flow for flow in load_flows() if flow.endpoint_name == name)
    for name in ("zoom-action-items", "zoom-sales-coach")
)


def inputs(data: dict[str, Any], type_: str) -> dict[str, Any]:
    """The inputs of a flow's only node of a type."""
    [template] = [node["node"]["template"] for node in graph.components(data) if node["type"] == type_]
    return template  # type: ignore[no-any-return]


@pytest.fixture
def copy() -> dict[str, Any]:
    """A copy of the flow, as Langflow makes it: its nodes keep their ids."""
    return deepcopy(ITEMS.data)


def test_a_copy_differs_in_nothing(copy: dict[str, Any]) -> None:
    """Neither where things stand counts, nor what nodes are called inside."""
    for node in copy["nodes"]:
        node["position"] = {"x": 1, "y": 2}
    assert differences(ITEMS.data, copy) == []

    text = json.dumps(copy)
    for node in graph.components(copy):
        text = text.replace(node["id"], f"{node['type']}-{uuid.uuid4().hex[:5]}")
    assert differences(ITEMS.data, json.loads(text)) == []


def test_inputs(copy: dict[str, Any]) -> None:
    """Lists by what only one has, texts by the lines that only one has, everything else by both."""
    insights = inputs(copy, "ZoomMeetingInsights")
    kinds = insights["kinds"]["value"]
    insights["kinds"]["value"] = [*kinds[1:], "Problems"]
    insights["instructions"]["value"] += "\n\nNever report jokes."
    insights["context_words"]["value"] = 77

    told = {each.what.split(": ")[1]: each for each in differences(ITEMS.data, copy)}
    assert (told["Kinds"].one, told["Kinds"].other) == ((kinds[0],), ("Problems",))
    assert (told["Instructions"].one, told["Instructions"].other) == ((), ("Never report jokes.",))
    [words] = [each for name, each in told.items() if name not in ("Kinds", "Instructions")]
    assert (words.one, words.other) == (("300",), ("77",))


@pytest.mark.parametrize(
    "value",
    [[{"key": "Authorization", "value": "Bearer sk-secret"}], {"env": {"TOKEN": "sk-secret"}}],
    ids=["a table", "a mapping"],
)
def test_what_may_hold_secrets_is_not_told(copy: dict[str, Any], value: Any) -> None:
    """Of tables and mappings, such as a request's headers, nobody knows which values are secret."""
    inputs(copy, "ZoomMeetingInsights")["instructions"]["value"] = value
    [difference] = differences(ITEMS.data, copy)

    assert difference.note == "another value, which is not told here"
    assert "sk-secret" not in repr(difference)


def test_secrets_are_not_told(copy: dict[str, Any]) -> None:
    """That one is another is told, and which it is nowhere."""
    inputs(copy, "ZoomClaude")["api_key"]["value"] = "sk-ant-secret"
    [difference] = differences(ITEMS.data, copy)

    assert difference.note == "another value, which is not told here"
    assert "secret" not in "".join(in_words(difference, "a", "b")).removesuffix("not told here")
    assert "sk-ant" not in repr(difference)


def test_a_model_by_its_name(copy: dict[str, Any]) -> None:
    """A choice of model is told by maker and name, not by all that Langflow keeps of it."""
    other = deepcopy(copy)
    for data, name in ((copy, "small"), (other, "large")):
        model = {"name": name, "provider": "Ollama", "metadata": {"icon": "Ollama", "context": [1, 2, 3]}}
        inputs(data, "ZoomClaude")["model"] = {"display_name": "Model", "value": [model]}
    [difference] = differences(copy, other)

    assert (difference.one, difference.other) == (("Ollama small",), ("Ollama large",))


def test_code_names_wires_and_nodes(copy: dict[str, Any]) -> None:
    """Code that is another is told as that; nodes and wires by the names that people see."""
    inputs(copy, "ZoomMeetingInsights")["code"]["value"] += "\n# mine"
    output = next(node for node in copy["nodes"] if node["data"].get("type") == "ChatOutput")
    copy["nodes"].remove(output)
    copy["edges"] = [edge for edge in copy["edges"] if edge["target"] != output["id"]]
    buffer = next(node for node in graph.components(copy) if node["type"] == "ZoomContextBuffer")
    buffer["node"]["display_name"] = "Mine"
    told = [line for each in differences(ITEMS.data, copy) for line in in_words(each, "A", "B")]

    assert "Zoom Meeting Insights: its code is another" in told
    assert "Node" in told
    assert "  only in A: Chat Output" in told
    assert "Zoom Context Buffer: name" in told
    assert any("→ Chat Output" in line and line.startswith("  only in A") for line in told)


def test_two_flows_that_have_little_in_common() -> None:
    """Nodes go together by their type; each side tells what only it has."""
    nodes = [each for each in differences(ITEMS.data, COACH.data) if each.what == "Node"]

    assert "Zoom Record Sync" in [line for each in nodes for line in each.other]
    assert not [line for each in nodes for line in each.one]


def test_a_long_text_is_cut(copy: dict[str, Any]) -> None:
    """So many lines are told, and how many more there are."""
    inputs(copy, "ZoomMeetingInsights")["instructions"]["value"] = "\n".join(f"Line {n}" for n in range(100))
    [difference] = differences(ITEMS.data, copy)

    assert difference.other[-1] == "… and 88 lines more"


def test_the_command(tmp_path: Path, copy: dict[str, Any]) -> None:
    """Two files need no server; names stand where the difference is."""
    inputs(copy, "ZoomMeetingInsights")["context_words"]["value"] = 77
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    one.write_text(json.dumps(ITEMS.content))
    other.write_text(json.dumps({"data": copy}))
    run = CliRunner().invoke

    plain = run(app, ["flows", "diff", str(one), str(other)])
    assert plain.exit_code == 0, plain.output
    assert f"only in {other}: 77" in plain.stdout
    assert json.loads(run(app, ["flows", "diff", str(one), str(other), "--json"]).stdout)[0]["other"] == [
        "77"
    ]
    assert run(app, ["flows", "diff", str(one), str(one)]).stdout == "nothing differs\n"
    one.write_text("{}")
    assert isinstance(run(app, ["flows", "diff", str(one), str(other)]).exception, ConfigurationError)
