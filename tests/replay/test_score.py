"""Scores: what is found of what a person wrote down, by whom, by when."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bridge.errors import ConfigurationError
from bridge.replay.reference import insist, read_reference
from bridge.replay.score import is_same_person, is_same_time, scores
from tests.replay.made import FAX, QUOTED, ROOM, answer, insight, meeting, outcome, trial


def expected(kind: str, text: str, *at: int, **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "text": text, "evidence": [f"u-{n:06d}" for n in at]} | fields


REFERENCE = {
    "schema": "zoom-reference/1",
    "meetings": [
        {
            "meeting": "weekly",
            "findings": [
                expected(
                    "action_item", "The supplier gets the contract", 1, owner="Dana Vogel", due="Friday"
                ),
                expected("action_item", "A room for the audit is booked", 2, owner="Mia", due=""),
                expected("decision", "No fax any more", 3, 4),
                expected("question", "Who pays for the scanner", 5, 6),
            ],
        }
    ],
}
FILE = json.dumps(REFERENCE)


def test_one_flow() -> None:
    """Right, wrong, repeated and missed; another owner than was written down; minutes to the message."""
    late = insight("w", "Buy a new fax", 3, 4)
    again = insight("r", "Send the contract to the supplier today", 1)
    made = outcome(trial("f", answer(1, QUOTED, ROOM, FAX, late, closed_s=60), answer(2, again)))

    [score] = scores(made, read_reference(FILE, "it"))
    together = score.together

    assert [hit.point is not None for hit in together.hits] == [True, True, True, False]
    assert [point.text for point in together.wrong] == ["Buy a new fax"]
    assert [point.text for point in together.repeats] == [again["text"]]
    assert (together.precision, together.recall) == (pytest.approx(3 / 4), pytest.approx(3 / 4))
    assert together.f1 == pytest.approx(3 / 4)
    assert (together.wrong_owners, together.wrong_dues) == (1, 0)
    assert together.minutes == pytest.approx((61 - 19) / 60)


def test_one_finding_does_not_count_twice() -> None:
    """One finding of the flow goes with one of the reference."""
    both = insight("b", "Send the contract to the supplier and book the room for the audit", 1, 2)
    [score] = scores(outcome(trial("f", answer(1, both))), read_reference(FILE, "it"))

    assert score.together.right == 1


def test_another_kind_is_another_thing() -> None:
    """A decision that is told as a task is not found; of kinds that nobody scores nothing is said."""
    as_task = FAX | {"kind": "action_item"}
    risk = insight("x", "The supplier may be late", 1, kind="risk")
    [score] = scores(outcome(trial("f", answer(1, as_task, risk))), read_reference(FILE, "it"))

    assert score.together.right == 0
    assert [point.kind for point in score.together.wrong] == ["action_item"]
    only = json.dumps(REFERENCE | {"kinds": ["decision"]})
    [narrow] = scores(outcome(trial("f", answer(1, FAX, ROOM))), read_reference(only, "it"))
    assert (narrow.together.recall, narrow.together.precision) == (1, 1)


def test_nothing_found_and_nothing_to_find() -> None:
    """What cannot be said is unknown and no figure."""
    empty = json.dumps({"schema": "zoom-reference/1", "meetings": [{"meeting": "weekly", "findings": []}]})
    [none] = scores(outcome(trial("f")), read_reference(FILE, "it"))
    [nothing] = scores(outcome(trial("f")), read_reference(empty, "it"))

    assert (none.together.precision, none.together.recall, none.together.f1) == (None, 0, 0)
    assert none.together.minutes is None
    assert (nothing.together.recall, nothing.together.f1) == (None, 1)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Dana Vogel", "dana", True),
        ("Dana", "Dana Vogel", True),
        ("", "", True),
        ("Dana", "", False),
        ("Dana Vogel", "Dana Weiss", False),
        ("José", "Jose", True),
    ],
)
def test_people(one: str, other: str, *, same: bool) -> None:
    """A first name is the whole name's; two whole names are two people."""
    assert is_same_person(one, other) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Friday", "by this Friday", True),
        ("Friday", "Monday", False),
        ("2026-12-04", "2026-12-04", True),
        ("", "tomorrow", False),
        ("Thursday noon", "Thursday", True),
        ("next Tuesday", "by next Tuesday", True),
    ],
)
def test_dates(one: str, other: str, *, same: bool) -> None:
    """Dates are in words, and one says what the other says."""
    assert is_same_time(one, other, "en") is same


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"schema": "zoom-reference/2"}, "schema"),
        ({"meetings": []}, "meetings"),
        ({"extra": 1}, "extra"),
        (
            {"meetings": [{"meeting": "w", "findings": [{"kind": "risk", "text": "x", "evidence": ["7"]}]}]},
            "evidence",
        ),
    ],
)
def test_a_wrong_reference_is_told_by_its_place(change: dict[str, Any], told: str) -> None:
    """It is refused, with the file and the place."""
    with pytest.raises(ConfigurationError, match=rf"ref.json is no reference: .*{told}"):
        read_reference(json.dumps(REFERENCE | change), "ref.json")


def test_a_reference_of_other_meetings() -> None:
    """Nothing can be scored, or an utterance is named that there is not: both are told before scores are."""
    reference = read_reference(FILE, "ref.json")
    with pytest.raises(ConfigurationError, match=r"ref.json is of none of these meetings: other"):
        insist(reference, outcome(trial("f", of="other"), meetings=(meeting("other"),)), "ref.json")
    short = meeting("weekly", ["Dana: Hello."])
    with pytest.raises(ConfigurationError, match=r"weekly has no utterance u-000002"):
        insist(reference, outcome(trial("f"), meetings=(short,)), "ref.json")


def test_two_meetings_of_one_topic() -> None:
    """What stands under a meeting's own name is its own, and not what stands under the topic that both have."""
    monday, tuesday = ({"meeting": name, "findings": []} for name in ("weekly", "weekly (2)"))
    reference = read_reference(json.dumps(REFERENCE | {"meetings": [monday, tuesday]}), "ref.json")
    second = replace(meeting("weekly (2)"), topic="weekly")

    assert [getattr(reference.of(each), "meeting", "") for each in (meeting("weekly"), second)] == [
        "weekly",
        "weekly (2)",
    ]
