"""The file ``.env`` as a source of settings, in whatever encoding an editor or shell wrote it."""

from __future__ import annotations

import io
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dotenv import dotenv_values
from pydantic_settings import BaseSettings, DotEnvSettingsSource
from pydantic_settings.sources.utils import parse_env_vars

from bridge.errors import ConfigurationError
from bridge.files import read_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

ENV_FILE: Final = Path(".env")
"""In the folder where the command starts."""
_ALIKE: Final = 0.8


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
        ConfigurationError: It cannot be read; names it.
    """
    try:
        text = read_text(path)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigurationError(f"cannot read {path.absolute()}: {error.strerror}") from None
    return dict(dotenv_values(stream=io.StringIO(text)))


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
