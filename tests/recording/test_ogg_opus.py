from __future__ import annotations

import struct
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.recording.ogg_opus import OggOpus, checksum, packet_ticks
from bridge.recording.payload import Unfit, UnfitError
from tests.recording.packets import T0

PACKET = b"\xf8\xff\xfe"
"""20 ms."""


@dataclass
class Page:
    """A page as RFC 3533 lays it out."""

    flags: int
    position: int
    number: int
    packets: list[bytes]


def slow_checksum(page: bytes) -> int:
    """The CRC of RFC 3533, bit by bit."""
    crc = 0
    for byte in page:
        crc ^= byte << 24
        for _ in range(8):
            crc = ((crc << 1) ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc


def pages(content: bytes) -> list[Page]:
    """Reads a file as a player does, and is as strict."""
    found = []
    while content:
        magic, version, flags, position, serial, number, crc, segments = struct.unpack_from(
            "<4sBBqIIIB", content
        )
        lacing = content[27 : 27 + segments]
        end = 27 + segments + sum(lacing)
        page, content = content[:end], content[end:]
        assert (magic, version, serial, number) == (b"OggS", 0, 1, len(found))
        assert crc == slow_checksum(page[:22] + bytes(4) + page[26:])
        body, packets, size = page[27 + segments :], [], 0
        for lace in lacing:
            size += lace
            if lace < 255:
                packets.append(body[:size])
                body, size = body[size:], 0
        assert not body, "packets do not run over pages here"
        found.append(Page(flags, position, number, packets))
    return found


@given(st.binary(max_size=300))
def test_checksum(page: bytes) -> None:
    """The quick checksum is that of the standard."""
    assert checksum(page) == slow_checksum(page)


def test_a_file() -> None:
    """Two header pages, the packets as they came with how long they last, and an end."""
    track = OggOpus(T0)
    content = track.begin() + b"".join(track.add(PACKET, T0 + 20 * n) for n in range(30)) + track.flush()
    content += track.add(PACKET, T0 + 600) + track.end()
    head, tags, *sound, last = pages(content)

    assert head.flags == 2
    assert head.packets == [b"OpusHead\x01\x01\x00\x00\x80\xbb\x00\x00\x00\x00\x00"]
    assert tags.packets[0].startswith(b"OpusTags\x0b\x00\x00\x00zoom-bridge")
    assert [page.packets for page in sound] == [[PACKET] * 30, [PACKET]]
    assert [page.position for page in sound] == [30 * 960, 31 * 960]
    assert (last.flags, last.packets) == (4, [])
    assert track.to_ms == T0 + 620


def test_a_gap_is_concealed() -> None:
    """Packets without sound stand for what was not received, so that time lines up."""
    track = OggOpus(T0)
    content = track.begin() + track.add(PACKET, T0) + track.add(PACKET, T0 + 1020) + track.end()
    sound = pages(content)[2]

    assert sound.packets == [PACKET, *[b"\xf8"] * 50, PACKET]
    assert sound.position == 52 * 960


def test_pages_hold_what_they_can() -> None:
    """More packets, or longer ones, than a page can list go on in the next page."""
    track = OggOpus(T0)
    long = PACKET + bytes(255 * 100)
    content = track.begin() + b"".join(track.add(long, T0 + 20 * n) for n in range(7)) + track.flush()

    assert [len(page.packets) for page in pages(content)[2:]] == [2, 2, 2, 1]
    assert [page.position for page in pages(content)[2:]] == [1920, 3840, 5760, 6720]


@pytest.mark.parametrize(
    ("packet", "ms"),
    [
        (b"\x00", 10),
        (b"\x18", 60),
        (b"\x60", 10),
        (b"\x80", 2.5),
        (b"\xf8", 20),
        (b"\xf9", 40),
        (b"\xfa", 40),
        (b"\xfb\x06", 120),
        (b"\x1b\x02", 120),
    ],
)
def test_how_long_a_packet_lasts(packet: bytes, ms: float) -> None:
    """The first bytes tell it, as in RFC 6716 section 3.1."""
    assert packet_ticks(packet) == ms * 48


@pytest.mark.parametrize("packet", [b"\xfb", b"\xfb\x00", b"\xfb\x07", b"\x1b\x03", b"\xf8" + bytes(61_440)])
def test_what_is_no_packet(packet: bytes) -> None:
    """No frames, more than 120 ms, or more bytes than that can have: not Opus."""
    with pytest.raises(UnfitError) as caught:
        packet_ticks(packet)
    assert caught.value.why is Unfit.MALFORMED
