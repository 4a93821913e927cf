from __future__ import annotations

import pytest

from bridge.recording.payload import Unfit, UnfitError
from bridge.recording.picture import picture_suffix


@pytest.mark.parametrize(
    ("data", "suffix"), [(b"\xff\xd8\xff\xe0abc", "jpg"), (b"\x89PNG\r\n\x1a\nabc", "png")]
)
def test_pictures_are_known_by_their_beginning(data: bytes, suffix: str) -> None:
    """A file is called what it is, whatever was asked for."""
    assert picture_suffix(data) == suffix


@pytest.mark.parametrize("data", [b"<html>", b"\xff\xd8", b"MZ\x90", b"\x00"])
def test_anything_else_is_no_picture(data: bytes) -> None:
    """What is neither JPEG nor PNG is not kept under their names."""
    with pytest.raises(UnfitError) as caught:
        picture_suffix(data)
    assert caught.value.why is Unfit.MALFORMED
