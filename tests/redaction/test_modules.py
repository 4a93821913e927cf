"""The engine can stand in a component: a flow carries its source, which finds no module of the bridge."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

import bridge.redaction

PACKAGE = "bridge.redaction."
MODULES = sorted(
    path for path in Path(next(iter(bridge.redaction.__path__))).glob("*.py") if path.stem != "__init__"
)
SHARED = Path(__file__).parents[2] / "components" / "zoom" / "shared"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_uses_only_its_like_and_libraries(path: Path) -> None:
    """It imports names of other modules of the engine, and nothing else of the bridge or by a relative way."""
    source = path.read_text(encoding="utf-8")
    imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    own = [
        node
        for node in imports
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bridge")
    ]

    assert "'''" not in source
    assert len(source.splitlines()) < 300
    assert all(str(node.module).startswith(PACKAGE) and not node.level for node in own)
    assert not any(
        alias.name.startswith("bridge")
        for node in imports
        if isinstance(node, ast.Import)
        for alias in node.names
    )


def test_no_name_is_defined_twice() -> None:
    """In a component all of them stand beside each other, and beside its shared pieces."""
    defined = Counter(
        name
        for path in MODULES
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        for name in _names(node)
    )

    assert [name for name, count in defined.items() if count > 1] == []
    assert not {path.stem for path in MODULES} & {path.stem for path in SHARED.glob("*.py")}


def test_the_order_of_imports_has_no_circle() -> None:
    """Each module can be written behind those that it needs."""
    needs = {
        path.stem: {
            str(node.module).removeprefix(PACKAGE)
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith(PACKAGE)
        }
        for path in MODULES
    }
    written: set[str] = set()
    while len(written) < len(needs):
        ready = {name for name, others in needs.items() if others <= written} - written
        assert ready
        written |= ready


def _names(node: ast.stmt) -> list[str]:
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
            return [name]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case _:
            return []
