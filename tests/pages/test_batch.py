from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.pages.batch import Batch, Line, after, left_for
from bridge.pages.cursor import Cursor
from bridge.pages.row import Lane

COUNTS = st.integers(0, 6)


@given(COUNTS, COUNTS, COUNTS, st.lists(st.tuples(st.sampled_from(Lane), st.integers(1, 6)), unique=True))
def test_a_reader_gets_what_it_has_not_had(
    words: int, gaps: int, happenings: int, told: list[tuple[Lane, int]]
) -> None:
    """Of each lane what is behind the cursor, whatever was put into a batch; what changed in place always."""
    cursor = Cursor(words=words, gaps=gaps, happenings=happenings)
    lines = [Line(lane=lane, n=n, html=f"<{lane}{n}>") for lane, n in told]
    left = left_for(Batch(cursor=cursor, lines=lines, changed=["<facts>"]), cursor).split("\n")
    known = {Lane.WORDS: words, Lane.GAPS: gaps, Lane.HAPPENINGS: happenings}
    assert left == [*(f"<{lane}{n}>" for lane, n in told if n > known[lane]), "<facts>"]


def test_all_who_stand_together_get_the_same_text() -> None:
    """It is joined once."""
    batch = Batch(cursor=Cursor(words=3), lines=[Line(lane=Lane.WORDS, n=3, html="x" * 100)])
    assert left_for(batch, Cursor(words=2)) is left_for(batch, Cursor(words=1))


def test_nobody_goes_back() -> None:
    """A reader who is ahead of a batch stays there."""
    batch = Batch(cursor=Cursor(words=3, gaps=2, state="ab"))
    assert after(Cursor(words=5, gaps=1, happenings=4, state="cd"), batch) == Cursor(
        words=5, gaps=2, happenings=4, state="ab"
    )
