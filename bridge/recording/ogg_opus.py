"""Opus packets, as they come, in an Ogg file. Pure.

Sources: RFC 3533 (Ogg pages), RFC 7845 (Opus in Ogg), RFC 6716 section 3.1 (how long a packet lasts).
The writers on PyPI bring native code or a licence that does not go with ours; pages are all it takes.
"""

from __future__ import annotations

import struct
import zlib
from typing import ClassVar, Final

from bridge.recording.payload import Unfit, UnfitError
from bridge.recording.track import Track, silence_before

TICKS_PER_MS: Final = 48
"""Ogg counts Opus at 48 kHz, whatever the encoder was fed with."""
MAX_PACKET_TICKS: Final = 120 * TICKS_PER_MS
MAX_PACKET_BYTES: Final = 61_440
"""More than any packet of 120 ms can have."""

_FIRST, _LAST = 0x02, 0x04
_MAX_SEGMENTS = 255
_NO_POSITION = -1
_SERIAL = 1
_SILENT_TICKS = 20 * TICKS_PER_MS
_SILENT_20_MS = bytes([31 << 3])
"""A packet of one frame without data (CELT, 20 ms, mono): a decoder conceals it and so fades to silence."""

_FRAME_TICKS = (
    *((480, 960, 1920, 2880) * 3),  # SILK
    *((480, 960) * 2),  # hybrid
    *((120, 240, 480, 960) * 4),  # CELT
)
_REVERSED_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class OggOpus(Track):
    """One Ogg file of one Opus stream."""

    suffix: ClassVar[str] = "opus"

    def __init__(self, from_ms: int) -> None:
        super().__init__(from_ms)
        self._ticks = 0
        self._pages = 0
        self._held: list[bytes] = []
        self._held_segments = 0

    @property
    def to_ms(self) -> int:
        """Where the sound ends, packets held back included."""
        return self.from_ms + self._ticks // TICKS_PER_MS

    def begin(self) -> bytes:
        """The two header pages: mono, nothing to skip, nobody named."""
        version, channels, skip, encoder_rate_hz, gain, family = 1, 1, 0, 48_000, 0, 0
        head = struct.pack("<8sBBHIhB", b"OpusHead", version, channels, skip, encoder_rate_hz, gain, family)
        vendor = b"zoom-bridge"
        tags = struct.pack(f"<8sI{len(vendor)}sI", b"OpusTags", len(vendor), vendor, 0)
        return self._page([head], 0, _FIRST) + self._page([tags], 0)

    def add(self, data: bytes, at_ms: int) -> bytes:
        """Whole pages only: what does not fill one is held back until :meth:`flush`."""
        ticks = packet_ticks(data)
        silent_packets = silence_before(at_ms, self.to_ms) * TICKS_PER_MS // _SILENT_TICKS
        pages = [self._append(_SILENT_20_MS, _SILENT_TICKS) for _ in range(silent_packets)]
        pages.append(self._append(data, ticks))
        return b"".join(pages)

    def flush(self) -> bytes:
        """A page of the packets that were held back."""
        if not self._held:
            return b""
        held, self._held, self._held_segments = self._held, [], 0
        return self._page(held, self._ticks)

    def end(self) -> bytes:
        """An empty last page: which packet is the last is known only now."""
        return self.flush() + self._page([], _NO_POSITION, _LAST)

    def _append(self, packet: bytes, ticks: int) -> bytes:
        segments = len(packet) // 255 + 1
        page = self.flush() if self._held_segments + segments > _MAX_SEGMENTS else b""
        self._held.append(packet)
        self._held_segments += segments
        self._ticks += ticks
        return page

    def _page(self, packets: list[bytes], position: int, flags: int = 0) -> bytes:
        lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
        number, self._pages = self._pages, self._pages + 1
        before = struct.pack("<4sBBqII", b"OggS", 0, flags, position, _SERIAL, number)
        after = bytes([len(lacing)]) + lacing + b"".join(packets)
        return before + struct.pack("<I", checksum(before + bytes(4) + after)) + after


def packet_ticks(packet: bytes) -> int:
    """How long an Opus packet lasts, in ticks of 48 kHz.

    Raises:
        UnfitError: It is no Opus packet.
    """
    if len(packet) > MAX_PACKET_BYTES:
        raise UnfitError(Unfit.MALFORMED)
    frames = (1, 2, 2, packet[1] & 0x3F if len(packet) > 1 else 0)[packet[0] & 0x03]
    ticks = frames * _FRAME_TICKS[packet[0] >> 3]
    if not 0 < ticks <= MAX_PACKET_TICKS:
        raise UnfitError(Unfit.MALFORMED)
    return ticks


def checksum(page: bytes) -> int:
    """Ogg's CRC-32: the polynomial of :mod:`zlib`'s, but every byte and the sum with their bits the other way round."""
    mirrored = zlib.crc32(page.translate(_REVERSED_BITS), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_REVERSED_BITS), "big")
