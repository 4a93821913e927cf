"""Columns of the tables: which type each field of a value has in a database."""

from __future__ import annotations

import types
import typing
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, Column, Integer, String, Text

from bridge.domain import (
    LIMITS,
    Decision,
    DeliveryStatus,
    EndpointEvent,
    HappeningKind,
    MediaKind,
    PassageKind,
    Product,
    RunStatus,
    Source,
    StreamState,
    WindowKind,
)

if TYPE_CHECKING:
    from enum import StrEnum

    from sqlalchemy.types import TypeEngine

_ENUM_LENGTHS: Final[dict[type[StrEnum], int]] = {
    Product: 32,
    StreamState: 16,
    HappeningKind: 16,
    Source: 8,
    MediaKind: 8,
    WindowKind: 8,
    Decision: 8,
    RunStatus: 8,
    PassageKind: 8,
    EndpointEvent: 32,
    DeliveryStatus: 16,
}
_LENGTHS: Final = {
    **dict.fromkeys(("stream_id", "meeting_uuid", "meeting_id", "message_id", "flow"), LIMITS.id),
    "window_id": LIMITS.window_id,
    "user_id": LIMITS.user_id,
    "route": LIMITS.route,
    "endpoint": LIMITS.route,
    "delivery_id": LIMITS.delivery_id,
    "digest": 64,
    "reason": LIMITS.reason,
}


def _type(name: str, annotation: Any) -> TypeEngine[Any]:
    if annotation is int:
        return BigInteger() if name.endswith(("_ms", "_ts", "bytes")) else Integer()
    if annotation is str:
        return String(_LENGTHS[name]) if name in _LENGTHS else Text()
    return String(_ENUM_LENGTHS[annotation])


def columns(kind: type, *key: str, **types_of: TypeEngine[Any]) -> list[Column[Any]]:
    """A column for each field of a dataclass."""
    columns = []
    for name, annotation in typing.get_type_hints(kind).items():
        optional = isinstance(annotation, types.UnionType)
        one = typing.get_args(annotation)[0] if optional else annotation
        column_type = types_of.get(name) or _type(name, one)
        columns.append(Column(name, column_type, primary_key=name in key, nullable=optional))
    return columns


def row_id() -> Column[Any]:
    """A column that numbers rows as they come."""
    return Column("id", Integer, primary_key=True, autoincrement=True)
