"""Flows side by side: who found what, and who first."""

from __future__ import annotations

from bridge.domain import WindowKind
from bridge.replay.compare import side_by_side
from tests.replay.made import CONTRACT, FAX, QUOTED, ROOM, answer, insight, outcome, trial


def test_the_same_in_other_words_is_one_row() -> None:
    """What both found stands in one row, what one found alone in another, in the order in which it was told."""
    [weekly] = side_by_side(
        outcome(
            trial("rules", answer(1, QUOTED, closed_s=30), answer(2, FAX, closed_s=90)),
            trial("model", answer(1, ROOM, CONTRACT, closed_s=60)),
        )
    )

    assert [(row.kind, sorted(row.points)) for row in weekly.rows] == [
        ("action_item", ["model", "rules"]),
        ("action_item", ["model"]),
        ("decision", ["rules"]),
    ]
    assert [(c.found, c.alone, c.missed, c.first) for c in weekly.columns] == [(2, 1, 1, 1), (2, 1, 1, 0)]
    assert weekly.rows[0].first == "rules"
    assert weekly.rows[0].differs == ("due",)


def test_a_run_that_was_a_second_quicker_is_not_first() -> None:
    """Only who tells it clearly earlier is called first."""
    [weekly] = side_by_side(
        outcome(trial("a", answer(1, CONTRACT, seconds=1)), trial("b", answer(1, CONTRACT, seconds=3)))
    )

    assert weekly.rows[0].first == ""


def test_two_promises_in_one_sentence_are_two() -> None:
    """A flow that told the same thing twice has repeated itself; another thing of the same words is no repeat."""
    again = insight("z", "Send the contract to the supplier now", 1)
    other = insight("y", "Tell the supplier about Friday", 1)
    [weekly] = side_by_side(outcome(trial("a", answer(1, CONTRACT, other), answer(2, again))))

    assert [point.text for point in weekly.columns[0].repeats] == [again["text"]]
    assert weekly.columns[0].found == 2


def test_a_flow_that_found_nothing() -> None:
    """It has missed what the others found; a meeting in which nobody found anything has no rows."""
    [weekly] = side_by_side(outcome(trial("a", answer(1, CONTRACT)), trial("b", answer(1))))
    [empty] = side_by_side(outcome(trial("a"), trial("b")))

    assert [column.missed for column in weekly.columns] == [0, 1]
    assert empty.rows == ()


def test_minutes_and_changes() -> None:
    """A column has the newest minutes, and how much was told again in other words."""
    changed = CONTRACT | {"text": "Send the signed contract to the supplier"}
    final = answer(3, minutes="We met.", kind=WindowKind.FINAL)
    [weekly] = side_by_side(outcome(trial("a", answer(1, CONTRACT), answer(2, changed), final)))

    assert (weekly.columns[0].changed, weekly.columns[0].minutes) == (1, "We met.")
