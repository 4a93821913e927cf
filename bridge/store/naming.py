"""How a row is named in a log: by its key, never by what it says. Pure."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from bridge.domain import LIMITS
from bridge.store import schema

if TYPE_CHECKING:
    from bridge.store.query import Value, Write


def key_of(write: Write) -> dict[str, str | int | None]:
    """The key columns of what is written, as a log can show them."""
    where = {column: value for column, _, value in write.where if not isinstance(value, tuple)}
    # One of another table a newer bridge may have spilled.
    named = schema.names(write.table) if write.table in schema.TABLES else ()
    return {name: shown(value) for name, value in {**where, **write.values}.items() if name in named}


def shown(value: Value) -> str | int | None:
    """A key's value as a log can show it; where it cannot, what tells it from others."""
    if not isinstance(value, str):
        return value
    if value.isascii() and value.isprintable() and len(value) <= LIMITS.window_id:
        return value
    return "#" + hashlib.sha256(repr(value).encode()).hexdigest()[:16]
