from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridge.pages.excerpt import LEAD, MOST_LINES, lines_of, place_of, segments
from bridge.pages.wording import SHORT
from tests.pages.stage import said, stream


def hit(*marked: bool) -> Any:
    lines = [
        SimpleNamespace(utterance=said(n), marks=((0, 4),) if each else ())
        for n, each in enumerate(marked, 1)
    ]
    return SimpleNamespace(stream=stream(), lines=lines, label="", text="", marks=())


def test_where_a_hit_leads() -> None:
    """To the first utterance that has what was looked for; to the first where none has, to the meeting where there is none."""
    assert [place_of(hit(False, True, True)), place_of(hit(False, False)), place_of(hit())] == [2, 1, 0]


def test_the_lines_around() -> None:
    """A long passage is shown from the line before its first mark."""
    shown = lines_of(hit(*[False] * 20, True, *[False] * 20))
    assert [line.utterance.n for line in shown] == list(range(20, 20 + MOST_LINES))
    assert len(lines_of(hit(*[False] * 20, True))) == MOST_LINES
    assert len(lines_of(hit(True, False))) == 2


def test_marks() -> None:
    """Words are marked where they stand, and one that makes no sense is passed over."""
    assert segments("ship it on Friday", ((0, 4), (11, 17))) == [
        ("ship", True),
        (" it on ", False),
        ("Friday", True),
    ]
    assert segments("short", ((3, 99), (9, 2))) == [("short", False)]
    assert segments("", ()) == []


def test_a_long_text_is_shown_around_its_first_mark() -> None:
    """With a sign on either side that there is more."""
    pieces = segments("x" * 5000 + "hit" + "y" * 5000, ((5000, 5003),))
    assert ("hit", True) in pieces
    assert (pieces[0], pieces[-1]) == (("…", False), ("…", False))
    assert pieces[1] == ("x" * LEAD, False)
    assert sum(len(piece) for piece, _ in pieces) == SHORT + 2


@given(st.text(max_size=700), st.lists(st.tuples(st.integers(-5, 800), st.integers(-5, 800)), max_size=6))
def test_any_marks(text: str, marks: list[tuple[int, int]]) -> None:
    """Whatever is to be marked, the text stays as it is."""
    pieces = [piece for piece, _ in segments(text, tuple(marks))]
    if len(text) <= SHORT:
        assert "".join(pieces) == text
    else:
        assert "".join(pieces).removeprefix("…").removesuffix("…") in text
