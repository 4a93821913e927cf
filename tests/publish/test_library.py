"""The files that this project ships, in a clone and in a wheel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bridge.errors import ConfigurationError
from bridge.publish import library

if TYPE_CHECKING:
    from pathlib import Path


def test_the_shipped_flows_and_components_are_found() -> None:
    """Flows by file name, without the schema; components by the name that flows know them by."""
    assert "zoom-action-items" in [flow.endpoint_name for flow in library.load_flows()]
    assert {"ZoomContextBuffer", "ZoomMeetingInsights", "ZoomInsightLedger", "ZoomChatOutput"} <= set(
        library.load_components()
    )


def test_an_installed_package_brings_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies inside the package wins over what lies beside it."""
    package = tmp_path / "bridge"
    monkeypatch.setattr(library, "_PACKAGE", package)
    with pytest.raises(ConfigurationError, match="no flows"):
        library.shipped("flows")

    (tmp_path / "flows").mkdir()
    assert library.shipped("flows") == tmp_path / "flows"

    (package / "flows").mkdir(parents=True)
    assert library.shipped("flows") == package / "flows"


def test_a_saved_flow_reads_back_the_same(tmp_path: Path) -> None:
    """The form on disk is stable: sorted, indented, and as it is in the repository."""
    for flow in library.load_flows():
        before = flow.path.read_text(encoding="utf-8")
        copy = library.Flow(path=tmp_path / flow.path.name, content=flow.content)

        library.save(copy)

        assert copy.path.read_text(encoding="utf-8") == before
        assert library.load_flows(tmp_path)[-1].content == flow.content


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "not a flow"),
        ("[]", "not a flow"),
        (json.dumps({"id": "1", "name": "x", "data": {"nodes": []}}), "no endpoint_name"),
        (json.dumps({"endpoint_name": "x"}), "no id and no name and no data"),
    ],
)
def test_a_file_that_is_no_flow_is_named(tmp_path: Path, text: str, why: str) -> None:
    """The error says which file, and what it lacks."""
    (tmp_path / "broken.json").write_text(text)

    with pytest.raises(ConfigurationError, match=f"broken.json.*{why}"):
        library.load_flows(tmp_path)


def test_a_file_that_is_no_component_is_named(tmp_path: Path) -> None:
    """Every file in a components folder must be one."""
    (tmp_path / "helper.py").write_text("def help(): ...\n")

    with pytest.raises(ConfigurationError, match=r"helper\.py"):
        library.load_components(tmp_path)


def test_neither_flows_nor_sources_are_printed_whole() -> None:
    """A flow that reaches a log or an error message is one line."""
    [flow, *_] = library.load_flows()
    [source, *_] = library.load_components().values()

    assert len(repr(flow)) < 300
    assert len(repr(source)) < 300
