"""Sound as samples becomes a WAV file: mono, 16 bit, 16 kHz. Pure.

Source: Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0" (RIFF WAVE).
Zoom's L16 has the low byte first, as WAV has it and as its own samples convert it (``s16le``).
"""

from __future__ import annotations

import struct
from typing import ClassVar, Final

from bridge.recording.payload import Unfit, UnfitError
from bridge.recording.track import Track, silence_before
from bridge.rtms.media_params import SAMPLE_RATE_HZ

SAMPLE_BYTES: Final = 2
BYTES_PER_MS: Final = SAMPLE_RATE_HZ * SAMPLE_BYTES // 1000
MAX_PACKET_BYTES: Final = 1000 * BYTES_PER_MS
"""Zoom sends no packet of more than a second."""
MAX_SOUND_BYTES: Final = 2**32 - 1 - 36
"""What the sizes in a WAV file can tell: 37 hours."""

_PCM, _CHANNELS, _BITS = 1, 1, 16
_FORMAT_BYTES = 16


class Wav(Track):
    """One WAV file."""

    suffix: ClassVar[str] = "wav"

    def __init__(self, from_ms: int) -> None:
        super().__init__(from_ms)
        self._bytes = 0

    @property
    def to_ms(self) -> int:
        """Where the sound ends; counted by samples, so that it cannot drift from the file."""
        return self.from_ms + self._bytes // BYTES_PER_MS

    def takes(self, at_ms: int) -> bool:
        """Whether the sound can go on here."""
        return super().takes(at_ms) and self._bytes < MAX_SOUND_BYTES // 2

    def begin(self) -> bytes:
        """A header that is right for no sound at all."""
        return self.head()

    def add(self, data: bytes, at_ms: int) -> bytes:
        """Silence up to the packet, and its samples."""
        if len(data) % SAMPLE_BYTES or len(data) > MAX_PACKET_BYTES:
            raise UnfitError(Unfit.MALFORMED)
        added = bytes(silence_before(at_ms, self.to_ms) * BYTES_PER_MS) + data
        self._bytes += len(added)
        return added

    def head(self) -> bytes:
        """The header with the sizes as they are by now."""
        sizes_after_riff = 4 + 8 + _FORMAT_BYTES + 8
        return struct.pack(
            "<4sI4s4sIHHIIHH4sI",
            b"RIFF",
            sizes_after_riff + self._bytes,
            b"WAVE",
            b"fmt ",
            _FORMAT_BYTES,
            _PCM,
            _CHANNELS,
            SAMPLE_RATE_HZ,
            SAMPLE_RATE_HZ * SAMPLE_BYTES,
            SAMPLE_BYTES,
            _BITS,
            b"data",
            self._bytes,
        )
