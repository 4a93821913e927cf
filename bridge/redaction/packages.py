"""Packages that redaction needs, imported when first needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from bridge.redaction.sensitive import RedactionError


def needed_package(module: str, package: str) -> Any:
    """A module of a package.

    Raises:
        RedactionError: The package is not installed; redacting without it would let something through in silence.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise RedactionError(f"Redaction needs the package {package}: install it where this runs.") from error
