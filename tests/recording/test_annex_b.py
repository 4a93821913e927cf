from __future__ import annotations

import pytest

from bridge.recording.annex_b import AnnexB
from tests.recording.packets import T0


@pytest.mark.parametrize(
    ("came", "written"),
    [
        (b"\x00\x00\x00\x01\x67", b"\x00\x00\x00\x01\x67"),
        (b"\x00\x00\x01\x67", b"\x00\x00\x01\x67"),
        (b"\x67\x42", b"\x00\x00\x00\x01\x67\x42"),
    ],
)
def test_every_picture_has_a_start_code(came: bytes, written: bytes) -> None:
    """A player finds each unit, whether or not Zoom sent its start code."""
    assert AnnexB(T0).add(came, T0) == written


def test_time_goes_on() -> None:
    """The file lasts to the end of its last picture, also where one comes late."""
    track = AnnexB(T0)
    for at_ms in (T0, T0 + 400, T0 + 360):
        track.add(b"\x00\x00\x01\x67", at_ms)

    assert (track.from_ms, track.to_ms) == (T0, T0 + 440)
