"""The flows and component sources that this project ships, as files.

A clone has them in ``flows/`` and ``components/zoom/``; an installed wheel carries both inside
the package, as ``bridge/flows`` and ``bridge/components`` (``hatch_build.py``).
"""

from __future__ import annotations

import ast
import functools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.errors import ConfigurationError
from bridge.files import read_text
from bridge.flow.sentences import Sentences

if TYPE_CHECKING:
    from bridge.publish.graph import JsonObject

_PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One importable flow."""

    path: Path
    content: JsonObject = field(repr=False)
    """The whole file; ``data`` holds the graph."""

    @property
    def id(self) -> str:
        """The UUID it keeps on every server that has no other flow of this endpoint name."""
        return str(self.content["id"])

    @property
    def name(self) -> str:
        """What people see in Langflow."""
        return str(self.content["name"])

    @property
    def endpoint_name(self) -> str:
        """What the run URL and routes call it."""
        return str(self.content["endpoint_name"])

    @property
    def data(self) -> JsonObject:
        """Nodes and edges."""
        data: JsonObject = self.content["data"]
        return data


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentSource:
    """One component file."""

    path: Path
    type: str
    """The component's ``name``, by which flows know it."""
    code: str = field(repr=False)


def shipped(folder: str) -> Path:
    """Where ``flows`` or ``components`` are: inside an installed package, else beside it in a clone.

    Raises:
        ConfigurationError: Neither is there.
    """
    for place in (_PACKAGE / folder, _PACKAGE.parent / folder):
        if place.is_dir():
            return place
    raise ConfigurationError(f"This installation has no {folder}: install the package again.")


def load_flows(folder: Path | None = None) -> list[Flow]:
    """Every flow of ``folder`` (ours unless given), by file name.

    Raises:
        ConfigurationError: A file is not a flow with an id, a name and an endpoint name.
    """
    paths = sorted((folder or shipped("flows")).glob("*.json"))
    return [_load(path) for path in paths if not path.name.endswith(".schema.json")]


def load_examples() -> list[Flow]:
    """The flows that docs show and nobody is given by ``push``; only a clone has them."""
    folder = _PACKAGE.parent / "docs" / "examples" / "flows"
    return load_flows(folder) if folder.is_dir() else []


def read_flow(path: Path) -> JsonObject:
    """A flow's file as Langflow exports it, also one without an endpoint name or id.

    Raises:
        ConfigurationError: It cannot be read, or is none.
    """
    try:
        content = json.loads(read_text(path))
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror or 'cannot be read'}") from None
    except (ValueError, RecursionError):
        content = None
    data = content.get("data") if isinstance(content, dict) else None
    if not isinstance(data, dict) or not all(isinstance(data.get(part), list) for part in ("nodes", "edges")):
        raise ConfigurationError(f"{path} is not a flow that Langflow has exported")
    flow: JsonObject = content
    return flow


def load_components(folder: Path | None = None) -> dict[str, ComponentSource]:
    """Every component of ``folder`` (ours unless given) by type, read without running any."""
    paths = sorted((folder or shipped("components") / "zoom").glob("*.py"))
    sources = (_source(path) for path in paths)
    return {source.type: source for source in sources}


def save(flow: Flow) -> None:
    """Write a flow's file: sorted keys and two spaces, so that a diff shows what changed."""
    text = json.dumps(flow.content, indent=2, sort_keys=True, ensure_ascii=False)
    flow.path.write_text(text + "\n", encoding="utf-8")


def _load(path: Path) -> Flow:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        missing = [key for key in ("id", "name", "endpoint_name", "data") if not content.get(key)]
    except (ValueError, AttributeError) as error:
        raise ConfigurationError(f"{path.name} is not a flow: {error}") from error
    if missing:
        raise ConfigurationError(f"{path.name} is not a flow: it has no {' and no '.join(missing)}.")
    return Flow(path=path, content=content)


def _source(path: Path) -> ComponentSource:
    code = path.read_text(encoding="utf-8")
    for statement in ast.parse(code, filename=path.name).body:
        if isinstance(statement, ast.ClassDef):
            for line in statement.body:
                match line:
                    case ast.Assign(targets=[ast.Name(id="name")], value=ast.Constant(value=str(name))):
                        return ComponentSource(path=path, type=name, code=code)
    raise ConfigurationError(f"{path.name} has no class with a name: it is not a component.")


@functools.cache
def sentences() -> Sentences:
    """What our components say when they break, which may be told. The first call takes half a second."""
    return Sentences(source.code for source in load_components().values())


def sentence(message: str) -> str:
    """What of a message of Langflow's are our components' own words."""
    return sentences()(message)
