"""What is set, and where: every setting with its value and origin, secrets as set or not set."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from pydantic import SecretStr

from bridge.environment import written
from bridge.settings import Settings, names_of

if TYPE_CHECKING:
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

    def __str__(self) -> str:
        return f"{self.name}={self.value}  ({self.origin})"

    def as_json(self) -> dict[str, str]:
        """The same for programs."""
        return asdict(self)


def settings_shown() -> list[Shown]:
    """Every setting, as it is written, whether it is right or not.

    Raises:
        ConfigurationError: ``.env`` cannot be read.
    """
    return [_shown(names_of(setting), field) for setting, field in Settings.model_fields.items()]


def _shown(names: tuple[str, ...], field: FieldInfo) -> Shown:
    found = next(((name, *there) for name in names if (there := written([name]))), None)
    name, text, origin = found or (names[0], default_of(field), "missing" if field.is_required() else DEFAULT)
    if is_secret(field):
        return Shown(name=name, value=SET if found else NOT_SET, origin=origin)
    return Shown(name=name, value=without_password(text), origin=origin)


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
    """An address without the password in it; whatever else it is, as it is."""
    if "://" not in text:
        return text
    try:
        parts = urlsplit(text)
        secret = parts.password is not None or bool(parts.query)
    except ValueError:
        return "an address that cannot be read"
    if not secret:
        return text
    host = parts.netloc.rpartition("@")[2]
    user = f"{parts.username}:***@" if parts.password is not None else parts.netloc.removesuffix(host)
    return f"{parts.scheme}://{user}{host}{parts.path}{'?***' if parts.query else ''}"
