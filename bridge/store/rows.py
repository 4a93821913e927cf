"""A value is a row: the fields of a dataclass are its columns, enumerations by their value. Pure."""

from __future__ import annotations

import dataclasses
import typing
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from bridge.store.query import Row

_Kind = TypeVar("_Kind")

_ENUMS: Final[dict[type, dict[str, type[StrEnum]]]] = {}
_FIELDS: Final[dict[type, tuple[str, ...]]] = {}


def fields(kind: type) -> tuple[str, ...]:
    """The names of a dataclass's fields."""
    if kind not in _FIELDS:
        _FIELDS[kind] = tuple(field.name for field in dataclasses.fields(kind))
    return _FIELDS[kind]


def to_row(value: Any) -> Row:
    """The value's fields, as an engine takes them."""
    row = {name: getattr(value, name) for name in fields(type(value))}
    for name in _enums(type(value)):
        row[name] = str(row[name].value)
    return row


def from_row(kind: type[_Kind], row: Row) -> _Kind:
    """The value that a row keeps; columns that are no field of it do not matter."""
    names = fields(kind)
    found: dict[str, Any] = dict(row) if len(row) == len(names) else {name: row[name] for name in names}
    for name, enum in _enums(kind).items():
        found[name] = enum(found[name])
    return kind(**found)


def as_int(value: object) -> int:
    """A number of a row; 0 where there is none."""
    return value if isinstance(value, int) else 0


def _enums(kind: type) -> dict[str, type[StrEnum]]:
    if kind not in _ENUMS:
        hints = typing.get_type_hints(kind)
        _ENUMS[kind] = {
            name: hint for name, hint in hints.items() if isinstance(hint, type) and issubclass(hint, StrEnum)
        }
    return _ENUMS[kind]
