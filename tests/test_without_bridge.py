"""What of the components' tests runs on Python 3.10, where there is no bridge."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.without_bridge import LEFT_OUT, NoBridge

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]


def imported(path: Path) -> Iterator[str]:
    """What a module names as soon as it is imported: modules, and what may be one in them."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def asks_the_bridge(path: Path) -> bool:
    """Whether a module cannot be imported without the bridge, for itself or for what it imports."""
    seen, left = set(), [path]
    while left:
        for name in imported(left.pop()):
            if name.partition(".")[0] == "bridge":
                return True
            file = ROOT.joinpath(*name.split(".")).with_suffix(".py")
            if file.is_file() and file not in seen:
                seen.add(file)
                left.append(file)
    return False


def test_modules_without_the_bridge() -> None:
    """Only what a module's tests ask of the bridge is left out; modules that are left out as a whole are named."""
    modules = [ROOT / "tests" / "conftest.py", *(ROOT / "tests" / "components").rglob("*.py")]
    asking = {path.relative_to(ROOT).as_posix() for path in modules if asks_the_bridge(path)}
    assert asking == set(LEFT_OUT)


@pytest.mark.parametrize("name", ["bridge", "bridge.transcript.window"])
def test_a_test_that_asks_is_skipped(name: str) -> None:
    """One test less, not one that failed."""
    with pytest.raises(pytest.skip.Exception, match=r"needs Python 3\.11"):
        NoBridge().find_spec(name)


@pytest.mark.parametrize("name", ["bridges", "components.bridge"])
def test_nothing_else_is_skipped(name: str) -> None:
    """The bridge alone is missing there."""
    NoBridge().find_spec(name)
