"""Text files as people's editors and shells write them."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, with or without its mark, or in UTF-16 with one; without the mark.

    Raises:
        ConfigurationError: It is not there, or in another encoding; names the file.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror or 'cannot be read'}") from error
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: not UTF-8 text; save it as UTF-8") from None
