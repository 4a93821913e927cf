from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import ConfigurationError
from bridge.files import decode_text, read_text

if TYPE_CHECKING:
    from pathlib import Path

MARKS = {"utf-8": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff",
         "utf-32-le": b"\xff\xfe\0\0", "utf-32-be": b"\0\0\xfe\xff"}  # fmt: skip


@pytest.mark.parametrize("encoding", MARKS)
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\ufeff"), min_size=1))
def test_every_mark(encoding: str, text: str) -> None:
    """A mark at the beginning tells the encoding and is no part of the text."""
    assert decode_text(MARKS[encoding] + text.encode(encoding), "f") == text


def test_line_ends(tmp_path: Path) -> None:
    """Lines end alike, whichever system wrote them."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"one\r\ntwo\rthree\n")
    assert read_text(path) == "one\ntwo\nthree\n"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("Gerät".encode("cp1252"), r"notes\.txt is not UTF-8 text \(byte 3\): save it again as UTF-8"),
        ("no mark".encode("utf-16-le"), r"notes\.txt holds NUL characters.*UTF-8"),
        (b"\xff\xfeo", r"notes\.txt is not UTF-16-LE text"),
        (b"\xff\xfe\x00\xd8", r"notes\.txt is not UTF-16-LE text"),
    ],
)
def test_what_cannot_be_told(raw: bytes, words: str) -> None:
    """Anything else is refused with the file's name and what to do."""
    with pytest.raises(ConfigurationError, match=words):
        decode_text(raw, "notes.txt")


@given(st.binary(max_size=60))
def test_any_bytes(raw: bytes) -> None:
    """Bytes are a text that can be stored, or one kind of error."""
    try:
        text = decode_text(raw, "f")
    except ConfigurationError:
        return
    assert "\0" not in text.encode().decode()
