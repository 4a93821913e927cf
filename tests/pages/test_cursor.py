from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.pages.cursor import Cursor

NUMBERS = st.integers(0, 10**9 - 1)


@given(NUMBERS, NUMBERS, NUMBERS, st.from_regex(r"[0-9a-f]{0,16}", fullmatch=True))
def test_it_is_read_as_it_was_written(words: int, gaps: int, happenings: int, state: str) -> None:
    """What a browser gives back is where it stood."""
    cursor = Cursor(words=words, gaps=gaps, happenings=happenings, state=state)
    assert Cursor.read(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text", ["", "1", "1.2.3", "1.2.3.xyz", "-1.0.0.", "1.2.3.ab\n", "9" * 40 + ".0.0.", "١.٢.٣."]
)
def test_what_is_none(text: str) -> None:
    """Anything else is no cursor, and breaks nothing."""
    assert Cursor.read(text) is None


@given(st.text())
def test_any_text(text: str) -> None:
    """Whatever a stranger sends, it is a cursor or none."""
    found = Cursor.read(text)
    assert found is None or str(found).partition(".")[0].isdigit()
