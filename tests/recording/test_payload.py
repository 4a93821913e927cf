from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.recording.payload import Unfit, UnfitError, decode
from tests.recording.packets import packet


@pytest.mark.parametrize("length", [4, None])
def test_bytes_come_out(length: int | None) -> None:
    """What was sent comes out, whether or not the wire says how long it is."""
    assert decode(packet(b"\x00\xffab", length=length)) == b"\x00\xffab"


@pytest.mark.parametrize(
    ("data", "length"),
    [
        ("AAAA", 2),
        ("AAAA", 4),
        ("AAAA", -1),
        ("AAA", None),
        ("AA\n==", None),
        ("A A=", None),
        ("AA==AAAA", None),
        ("_-__", None),
        ("\udcff\x00é€", None),
        ("=", None),
        ("====", 0),
    ],
)
def test_nonsense_is_passed_over(data: str, length: int | None) -> None:
    """Text that is not base64, or of another length than told, has one reason."""
    with pytest.raises(UnfitError) as caught:
        decode(packet(data=data, length=length))
    assert caught.value.why is Unfit.UNDECODABLE


@given(st.text())
def test_any_text_has_an_outcome(text: str) -> None:
    """Whatever a peer writes, it is bytes or it is unfit."""
    try:
        data = decode(packet(data=text, length=None))
    except UnfitError:
        return
    assert data == base64.b64decode(text)
