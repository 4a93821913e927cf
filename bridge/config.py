"""What is set, and where: every setting with its value, its origin and what is wrong with it, secrets as set or not set."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from bridge.environment import written
from bridge.settings import Settings, names_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo

SET, NOT_SET = "set", "not set"
DEFAULT: Final = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One setting as it may be shown to anybody."""

    name: str
    """The variable that it was read from, else the first that it could be."""
    value: str
    origin: str
    """``environment``, ``.env``, ``default``, or ``missing`` for what is required and not there."""
    fault: str
    """Why it cannot be so; empty where it can."""

    def __str__(self) -> str:
        return f"{self.name}={self.value}  ({self.origin}{f'; wrong: {self.fault}' if self.fault else ''})"

    def as_json(self) -> dict[str, str]:
        """The same for programs."""
        return asdict(self)


def settings_shown(wrong: Mapping[str, str]) -> list[Shown]:
    """Every setting, as it is written, and whether it can be so: ``wrong`` tells, as :func:`wrong_settings` does.

    Raises:
        ConfigurationError: ``.env`` cannot be read.
    """
    return [_shown(names_of(setting), field, wrong) for setting, field in Settings.model_fields.items()]


def _shown(names: tuple[str, ...], field: FieldInfo, wrong: Mapping[str, str]) -> Shown:
    fault = next((wrong[name] for name in names if name in wrong), "")
    found = next(((name, *there) for name in names if (there := written([name]))), None)
    name, text, origin = found or (names[0], default_of(field), "missing" if field.is_required() else DEFAULT)
    if is_secret(field):
        return Shown(name=name, value=SET if found else NOT_SET, origin=origin, fault=fault)
    return Shown(name=name, value=without_password(text), origin=origin, fault=fault)


def is_secret(field: FieldInfo) -> bool:
    """Whether a setting is one that nobody may see."""
    return SecretStr in getattr(field.annotation, "__args__", (field.annotation,))


def default_of(field: FieldInfo) -> str:
    """A default as people would write it; empty where there is none."""
    return "" if field.is_required() else as_written(field.default)


def as_written(value: object) -> str:
    """A value as people would write it."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def without_password(text: str) -> str:
    """Addresses without the passwords and queries in them; whatever else it is, as it is."""
    return ",".join(map(_without_password, _BETWEEN_ADDRESSES.split(text)))


_BETWEEN_ADDRESSES: Final = re.compile(r",(?=\s*\w+://)")


def _without_password(address: str) -> str:
    """By the last ``@``, as a password may have any of ``@ / ? #`` in it where whoever wrote it forgot to escape them."""
    scheme, separator, rest = address.partition("://")
    if not separator:
        scheme, rest = "", address
    before, at, behind = rest.rpartition("@")
    user, colon, _ = before.partition(":")
    if separator and "?" in user:
        return f"{scheme}{separator}{user.partition('?')[0]}?***"
    shown, query, _ = behind.partition("?") if separator else (behind, "", "")
    return f"{scheme}{separator}{user}{':***' if colon else ''}{at}{shown}{'?***' if query else ''}"
