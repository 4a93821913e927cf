"""Python functions in place of flows."""

from __future__ import annotations

from typing import Any

HEARD: list[dict[str, Any]] = []
"""Every window that came."""


def promises(window: dict[str, Any]) -> str | None:
    """Who says that they will do something; the whole meeting is not looked at again."""
    HEARD.append(window)
    if window["kind"] != "live":
        return None
    said = [f"{one['speaker']}: {one['text']}" for one in window["utterances"] if "I'll" in one["text"]]
    return "\n".join(said)


def nothing(window: dict[str, Any]) -> None:
    """Finds nothing."""


def broken(window: dict[str, Any]) -> str:
    """Breaks on every window."""
    raise ValueError
