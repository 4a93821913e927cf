from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from bridge.domain import HappeningKind
from bridge.pages.person import Cast
from bridge.pages.row import AGAIN_MS, Lane, Look, Row, between, gap_row, happening_row, in_order, said_row
from tests.pages.stage import BEGAN_MS, chat, gap, happened, said


def row(n: int, **changes: object) -> Row:
    utterance = said(n, **changes)  # type: ignore[arg-type]
    return said_row(utterance, Cast().spoke(utterance))


def test_in_order_of_time() -> None:
    """What was said, missed and done stands in order of time, whenever it came to be known."""
    told = happening_row(3, happened(HappeningKind.LEFT, "Dana", 7))
    assert told is not None
    rows = in_order([row(2, at_s=20), row(1, at_s=0), gap_row(1, gap(5, 15)), told, row(3, at_s=10)])
    assert [each.id for each in rows] == ["u-000001", "gaps-1", "happenings-3", "u-000003", "u-000002"]


@given(st.lists(st.integers(0, 50), min_size=1, max_size=12))
def test_the_order_is_total(seconds: list[int]) -> None:
    """Two readers who got rows in different order see the same page."""
    rows = [row(n, at_s=at) for n, at in enumerate(seconds, 1)]
    shuffled = random.Random(1).sample(rows, len(rows))  # noqa: S311
    assert in_order(shuffled) == in_order(rows)
    assert len({each.order for each in rows}) == len(rows)


def test_who_goes_on_needs_no_heading() -> None:
    """The same person within a minute and without anything in between."""
    rows = in_order(
        [
            row(1, at_s=0),
            row(2, at_s=6),
            row(3, at_s=12, who=1),
            row(4, at_s=13, who=1),
            row(5, at_s=14 + AGAIN_MS / 1000, who=1),
        ]
    )
    assert [each.again for each in rows] == [False, True, False, True, False]
    parted = in_order([row(1, at_s=0), gap_row(1, gap(1, 5)), row(2, at_s=6)])
    assert not parted[-1].again


def test_chat_and_what_became_of_it() -> None:
    """A message looks like one, and one that was deleted says so, edited before or not."""
    cast = Cast()
    kept, gone = chat(1, "hello"), chat(2, "")
    assert said_row(kept, cast.spoke(kept)).look is Look.CHAT
    assert said_row(kept, cast.spoke(kept), edited=True).edited
    removed = said_row(gone, cast.spoke(gone), edited=True)
    assert (removed.look, removed.edited) == (Look.GONE, False)


def test_who_was_there_before_is_no_event() -> None:
    """The roster at the beginning stands among the people; somebody unnamed is nobody's name."""
    assert happening_row(1, happened(HappeningKind.PRESENT, "Dana", 0)) is None
    shares = happening_row(2, happened(HappeningKind.SHARING_STARTED, "", 4))
    assert shares is not None
    assert (shares.person, shares.look, shares.lane, shares.at_ms) == (
        None,
        Look.SHARE,
        Lane.HAPPENINGS,
        BEGAN_MS + 4000,
    )


def test_a_slice() -> None:
    """A gap is on the page of the words around it, and on no other."""
    rows = [gap_row(n, gap(n * 10, n * 10 + 1)) for n in range(1, 5)]
    first, end = rows[1].order, rows[3].order
    parts = [between(rows, "", first), between(rows, first, end), between(rows, end, "")]
    assert [[each.n for each in part] for part in parts] == [[1], [2, 3], [4]]
