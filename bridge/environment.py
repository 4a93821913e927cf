"""The environment and ``.env``: the only reader of both, and what is written in them.

``.env`` is read from the folder where a command starts, in whatever encoding an editor or shell wrote it; the
environment goes before it. Proxies are the environment's alone, as for every other program.
"""

from __future__ import annotations

import io
import os
import re
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic_settings import BaseSettings, DotEnvSettingsSource
from pydantic_settings.sources.utils import parse_env_vars

from bridge import proxy
from bridge.errors import ConfigurationError
from bridge.files import read_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

ENV_FILE: Final = Path(".env")
"""In the folder where the command starts."""
_ALIKE: Final = 0.8
_OURS: Final = re.compile(r"(?:export\s+(?=\w+\W*=))?(?:ANTHROPIC|BRIDGE|LANGFLOW|ZOOM)_", re.IGNORECASE)
"""The beginning of a line that was meant for us; what else stands in a ``.env`` may be another program's."""


class EnvFile(DotEnvSettingsSource):
    """pydantic's source, reading the file by :func:`bridge.files.read_text`."""

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls, env_file=ENV_FILE)

    def _read_env_file(self, file_path: Path) -> Mapping[str, str | None]:
        return parse_env_vars(
            values_of(file_path), self.case_sensitive, self.env_ignore_empty, self.env_parse_none_str
        )


def values_of(path: Path) -> dict[str, str | None]:
    """What a file of variables says; nothing where there is none.

    Raises:
        ConfigurationError: It cannot be read, or has a line that sets nothing; names it.
    """
    try:
        text = read_text(path)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigurationError(f"cannot read {path.absolute()}: {error.strerror}") from None
    for each in parse_stream(
        io.StringIO(text)
    ):  # python-dotenv passes over what sets nothing, and over what was meant
        line = each.original.string.lstrip()
        if each.value is None and _OURS.match(line):
            above = each.original.string[: len(each.original.string) - len(line)].count("\n")
            raise ConfigurationError(
                f"{path.absolute()}, line {each.original.line + above}: not of the form NAME=value, or a quotation mark is not closed"
            )
    return dict(dotenv_values(stream=io.StringIO(text)))


def read_variable(name: str) -> str:
    """A variable that the operator names, from the environment or ``.env``.

    Raises:
        ConfigurationError: It is not set, or ``.env`` cannot be read.
    """
    value = os.environ.get(name) or values_of(ENV_FILE).get(name)
    if not value:
        raise ConfigurationError(f"{name} is not set")
    return value


def read_proxies() -> proxy.Proxies:
    """The proxies of the environment.

    Raises:
        ConfigurationError: One is written wrongly.
    """
    return proxy.read(os.environ)


def env_file() -> Path | None:
    """The ``.env`` that is read, with its folder; ``None`` where there is none."""
    path = ENV_FILE.absolute()
    return path if path.is_file() else None


def written(names: Collection[str]) -> tuple[str, str] | None:
    """The value of the first of these names that is set, and where: ``environment`` or ``.env``.

    Upper and lower case are the same, and empty is not set, as for settings.
    """
    for values, origin in ((os.environ, "environment"), (values_of(ENV_FILE), ".env")):
        found = {name.upper(): value for name, value in values.items() if value}
        if value := next((found[name] for name in names if name in found), None):
            return value, origin
    return None


def misspelt(known: Collection[str]) -> list[str]:
    """A sentence for each variable that is none of the ``known`` ones but looks like one of ours."""
    names = dict.fromkeys(values_of(ENV_FILE), ".env")
    names |= {name: "the environment" for name in os.environ if _is_meant_for_us(name.upper(), known)}
    return [
        f"{name} in {where} is no setting{f'; did you mean {meant}?' if meant else ''}"
        for name, where in names.items()
        if (meant := look_alike(name, known)) is not None
    ]


def _is_meant_for_us(upper: str, known: Collection[str]) -> bool:
    """Ours by its beginning, or one of ours as images have it that read secrets from files, which this program does not."""
    return upper.startswith("BRIDGE_") or (upper.endswith("_FILE") and upper.removesuffix("_FILE") in known)


def look_alike(name: str, known: Collection[str]) -> str | None:
    """The known name that a variable was meant to be; empty where none is near, ``None`` where it is not ours at all.

    Ours begin with ``BRIDGE_``; of Zoom's and Langflow's names, which others read too, only a near miss counts.
    """
    upper = name.upper()
    if upper in known:
        return None
    found = get_close_matches(upper, known, n=1, cutoff=_ALIKE)
    if found:
        return found[0]
    return "" if upper.startswith("BRIDGE_") else None
