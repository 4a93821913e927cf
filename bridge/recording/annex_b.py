"""H.264 as a byte stream that players open. Pure.

Source: ITU-T H.264 Annex B: each unit follows a start code. The file itself tells no times; a
recording's listing does.
"""

from __future__ import annotations

from typing import ClassVar, Final

from bridge.recording.track import Track

FRAME_MS: Final = 40
"""How long the last picture is taken to last."""
_START_CODE = b"\x00\x00\x00\x01"


class AnnexB(Track):
    """One ``.h264`` file."""

    suffix: ClassVar[str] = "h264"

    def __init__(self, from_ms: int) -> None:
        super().__init__(from_ms)
        self._to_ms = from_ms

    @property
    def to_ms(self) -> int:
        """Where the last picture ends."""
        return self._to_ms

    def add(self, data: bytes, at_ms: int) -> bytes:
        """The picture, with a start code before it if it came without; late or not, later ones build on it."""
        self._to_ms = max(self._to_ms, at_ms + FRAME_MS)
        return data if data.startswith((_START_CODE, _START_CODE[1:])) else _START_CODE + data
