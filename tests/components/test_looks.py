"""How all components look in the editor."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.components.conftest import COMPONENTS

FILES = sorted(path.stem for path in COMPONENTS.glob("*.py"))


@pytest.fixture
def node(component: Any) -> Any:
    """A component's definition, as a flow holds it."""

    def of(file: str) -> dict[str, Any]:
        made: dict[str, Any] = component(file).to_frontend_node()["data"]["node"]
        return made

    return of


@pytest.mark.parametrize("file", FILES)
def test_it_is_known_by_its_icon(node: Any, file: str) -> None:
    """All have Zoom's, and the one that is Claude has Anthropic's; Langflow's editor draws both by these names."""
    assert node(file)["icon"] == ("Anthropic" if file == "claude" else "Zoom")


@pytest.mark.parametrize("file", FILES)
def test_options_are_words(node: Any, file: str) -> None:
    """People choose among words, never among names of the code, and what is chosen at first is offered."""
    from bridge.publish.graph import is_offered

    fields = {name: field for name, field in node(file)["template"].items() if isinstance(field, dict)}
    for name, field in fields.items():
        assert not [option for option in field.get("options") or () if re.search(r"[a-z]_[a-z]", option)], (
            name
        )
        if field.get("options") and field["value"]:
            assert is_offered(field, field["value"]), name


@pytest.mark.parametrize("file", ["knowledge", "meeting_insights", "news_text", "record_sync"])
def test_kinds_of_older_flows_are_found(node: Any, file: str) -> None:
    """Each id that a flow of 0.2 may hold is one of the offered words."""
    from bridge.publish.graph import as_offered, is_offered

    field = node(file)["template"]["kinds"]
    old = [
        "action_item",
        "decision",
        "question",
        "objection",
        "buying_signal",
        "problem",
        "risk",
        "follow_up",
    ]
    old += ["note"] if file == "news_text" else []
    words = as_offered(field, old)
    assert is_offered(field, words)
    assert len(set(words)) == len(old) == len(field["options"])


def test_presets_choose_what_is_offered(component: Any) -> None:
    """Every System writes kinds into the field that the field has."""
    from bridge.publish.graph import is_offered

    for preset in next(one for one in component("record_sync").inputs if one.name == "preset").options:
        made = component("record_sync")
        config = {each.name: each.to_dict() for each in made.inputs}
        made.update_build_config(config, preset, "preset")
        assert config["kinds"]["value"], preset
        assert is_offered(config["kinds"], config["kinds"]["value"]), preset
