"""The one reader of text files that people write: in the encodings of every editor and shell, or refused in a sentence.

Notepad and PowerShell write UTF-8 or UTF-16 with a mark at the beginning; everybody else writes UTF-8. Older code
pages cannot be told apart, so they are not guessed at.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Final

from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import ValidationError

_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Longer ones first: UTF-32's little mark begins with UTF-16's."""


def read_text(path: Path) -> str:
    """What a file says, its lines ending in a line feed alone.

    Raises:
        ConfigurationError: It is not text in an encoding that can be told for sure; names the file and what to do.
        OSError: It cannot be read.
    """
    return decode_text(path.read_bytes(), str(path))


def decode_text(raw: bytes, name: str) -> str:
    """The text of a file called ``name``; errors as with :func:`read_text`. Pure."""
    mark, encoding = next(((mark, way) for mark, way in _MARKS if raw.startswith(mark)), (b"", "utf-8"))
    try:
        text = raw[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"{name} is not {encoding.upper()} text (byte {error.start + len(mark)}): save it again as UTF-8"
        ) from None
    if "\0" in text:
        raise ConfigurationError(
            f"{name} holds NUL characters, as a UTF-16 file without its mark does: save it again as UTF-8"
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def first_fault(error: ValidationError) -> tuple[str, str]:
    """Where a file is wrong first, such as ``utterances.0.text`` (empty: as a whole), and how; neither quotes a value. Pure."""
    fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return ".".join(map(str, fault["loc"])), fault["msg"].removeprefix("Value error, ")
