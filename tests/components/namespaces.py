"""The names with which a loaded component works: its own, and those of the pieces that it shares with others."""

from __future__ import annotations

import inspect
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest


def names_of(made: Any) -> SimpleNamespace:
    """Everything that stands beside a component's class, and in its pieces."""
    found: dict[str, Any] = {}
    for names in reversed(_namespaces(made)):
        found |= names
    return SimpleNamespace(**found)


def patch_names(patch: pytest.MonkeyPatch, made: Any, **values: Any) -> None:
    """Give names another meaning, wherever the component or a piece of it uses them, until ``patch`` is undone.

    Pieces are the same for all components that are loaded in one process.
    """
    for name, value in values.items():
        places = [names for names in _namespaces(made) if name in names]
        assert places, f"nothing uses {name}"
        for names in places:
            patch.setitem(names, name, value)


def step_of(made: Any) -> type:
    """The class of the piece that does a component's work."""
    [step] = [
        one for name, one in vars(names_of(made)).items() if name.endswith("Step") and name in made._code
    ]
    assert isinstance(step, type)
    return step


def _namespaces(made: Any) -> list[dict[str, Any]]:
    methods = [method for method in vars(type(made)).values() if inspect.isfunction(method)]
    own = methods[0].__globals__
    # Langflow leaves the modules of every component that was loaded before among the names of the next one.
    pieces = re.findall(r"^(_\w+) = compiled_once\(", made._code, re.M)
    return [own, *(vars(own[piece]) for piece in pieces)]
