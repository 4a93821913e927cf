from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
(PURE,) = (contract for contract in CONTRACTS if contract["name"].startswith("Pure code"))
WORLDLY = {"asyncio", "socket", "ssl", "time", "random", "secrets", "os", "subprocess", "threading",
           "aiohttp", "httpx", "websockets", "fastapi", "starlette", "uvicorn", "sqlalchemy", "structlog", "logging"}  # fmt: skip
"""Modules that have a loop, a network, a clock, chance, files or a log."""


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def says_pure() -> set[str]:
    """Modules that say of themselves that they are pure."""
    return {
        module(path)
        for path in (ROOT / "bridge").rglob("*.py")
        if re.search(r"\bPure[.:]", ast.get_docstring(ast.parse(path.read_text())) or "")
        and path.name != "__init__.py"
    }


def runtime_imports(path: Path) -> set[str]:
    """Top-level packages that a file imports when it runs, so not for type checkers only."""
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.timeout(120)
def test_contracts() -> None:
    """Imports run one way, pure code stays pure, and the bridge does without Langflow."""
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.parametrize("name", sorted({*PURE["source_modules"]} | says_pure()))
def test_pure(name: str) -> None:
    """A file that decides imports nothing that acts, whether it is on the list or only says that it is pure."""
    assert runtime_imports(ROOT / f"{name.replace('.', '/')}.py") & WORLDLY == set()


def test_the_journey_is_decided_in_pure_code() -> None:
    """Of the folders on the way, whatever says that it is pure is on the list that import-linter checks."""
    on_the_way = ("bridge.webhook.", "bridge.rtms.", "bridge.transcript.", "bridge.flow.re", "bridge.flow.ro")
    missing = {name for name in says_pure() if name.startswith(on_the_way)} - {*PURE["source_modules"]}
    assert missing == set()


def test_one_reader_of_the_environment() -> None:
    """The environment is read in one place."""
    readers = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "bridge").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv"))
    }
    assert readers <= {"bridge/environment.py", "bridge/demo/langflow.py"}, (
        "only the demo hands its environment to the process it starts"
    )


def test_message_types_have_names() -> None:
    """No integer stands for a message type outside the table."""
    offenders = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in (ROOT / "bridge").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Dict) and path.name != "noise.py"  # which says what nobody understands
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and key.value == "msg_type" and isinstance(value, ast.Constant)
    ]
    assert offenders == []


def test_errors_are_told_not_swallowed() -> None:
    """Nobody catches everything and says nothing."""
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in (ROOT / "bridge").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and (
            node.type is None
            or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException"))
        )
        and all(isinstance(each, ast.Pass | ast.Continue) for each in node.body)
    ]
    assert silent == []


def test_what_grows_with_a_meeting_keeps_no_loop() -> None:
    """What is made of all of a meeting's runs is made by ``bridge.flow.found``, which knows when a thread has to."""
    grows = {"found_in", "gone_out", "standing_of", "changes"}
    waits = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in (ROOT / "bridge").rglob("*.py")
        if path.parent.name != "publish"  # whose changes are those of a flow
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.AsyncFunctionDef)
        for call in called_at_once(node)
        if isinstance(call.func, ast.Name) and call.func.id in grows
    ]
    assert waits == []


def called_at_once(node: ast.AST) -> Iterator[ast.Call]:
    """The calls that a function makes itself: not those of functions in it, which somebody else may make."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield child
        if not isinstance(child, ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from called_at_once(child)


@pytest.mark.parametrize("tree", ["bridge", "tests"])
def test_every_file_says_what_it_is_for(tree: str) -> None:
    """Every module of the bridge, and every test, begins with what it is for."""
    missing = []
    for path in (ROOT / tree).rglob("*.py"):
        module = ast.parse(path.read_text())
        if tree == "bridge" and not ast.get_docstring(module):
            missing.append(str(path.relative_to(ROOT)))
        if tree == "tests":
            missing += [
                f"{path.relative_to(ROOT)}:{node.lineno}"
                for node in ast.walk(module)
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
                and node.name.startswith("test_")
                and not ast.get_docstring(node)
            ]
    assert missing == []


def test_the_store_is_of_short_files() -> None:
    """No file of the store is longer than somebody reads in one go."""
    long = {
        path.name: n
        for path in (ROOT / "bridge" / "store").glob("*.py")
        if (n := len(path.read_text().splitlines())) > 300
    }
    assert long == {}
