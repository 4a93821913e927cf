"""Pictures of a shared screen: what they are, and whether one shows anything new. Pure."""

from __future__ import annotations

from typing import Final

from bridge.recording.payload import Unfit, UnfitError

PICTURE_MS: Final = 1000
"""How long the last picture is taken to have been on the screen: one comes every second."""

_BEGINNINGS = {b"\xff\xd8\xff": "jpg", b"\x89PNG\r\n\x1a\n": "png"}


def picture_suffix(data: bytes) -> str:
    """``jpg`` or ``png``, by how the picture begins.

    Raises:
        UnfitError: It is neither.
    """
    for beginning, suffix in _BEGINNINGS.items():
        if data.startswith(beginning):
            return suffix
    raise UnfitError(Unfit.MALFORMED)
