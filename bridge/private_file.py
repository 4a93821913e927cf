"""The one way to write a file that holds what people said: nobody but its owner can read it, whatever was there before."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from bridge.errors import ConfigurationError


def write_private(path: Path, content: bytes) -> None:
    """Put a whole file in place; a link to one stays, and whoever has the old one open reads the old one.

    Raises:
        ConfigurationError: It cannot be written; what was there before is as it was.
    """
    place = Path(os.path.realpath(path))
    try:
        if (
            place.exists() and not place.is_file()
        ):  # such as /dev/stdout, which nothing can be put in place of
            place.write_bytes(content)
        else:
            _put_in_place(place, content)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None


def _put_in_place(place: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name[:100]}.")  # mode 0600
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
        os.replace(name, place)
    except BaseException:
        os.unlink(name)
        raise
