"""Plugin for Python 3.10, where Langflow and the components run and the bridge does not: a test that asks the bridge is left out.

Only a test may ask it. A module that imports it for all of its tests is left out by name, or else an error.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LEFT_OUT = {
    "tests/components/test_chat_output_api.py": "plays the simulator's Zoom",
}
"""Modules all of whose tests need the bridge."""


class NoBridge(MetaPathFinder):
    """Finds no bridge, and says so in a skip: inside a test that is one test less, outside an error."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> None:
        if name.partition(".")[0] == "bridge":
            pytest.skip(f"{name} needs Python 3.11")


def pytest_configure() -> None:
    """Let there be no bridge, whatever is installed or lies in the clone."""
    sys.meta_path.insert(0, NoBridge())


def pytest_report_header() -> list[str]:
    """Say what is not even looked at."""
    return [f"left out: {name} ({why})" for name, why in LEFT_OUT.items()]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave such a module out."""
    name = collection_path.relative_to(config.rootpath).as_posix()
    return True if name in LEFT_OUT else None
