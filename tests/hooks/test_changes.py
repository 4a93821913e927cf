from __future__ import annotations

import pytest

from bridge.domain import EndpointEvent, WindowKind
from bridge.hooks.changes import changes
from tests.hooks.values import insight, news, run

CREATED, UPDATED = EndpointEvent.FINDING_CREATED, EndpointEvent.FINDING_UPDATED
SUMMARY = EndpointEvent.SUMMARY_CREATED


def told(*runs: str, by: int = 0, kind: WindowKind = WindowKind.LIVE) -> list[tuple[EndpointEvent, str]]:
    """What the last of these runs tells, or the one at a place: each event with the text of what it is about."""
    made = [run(n, each, kind=kind) for n, each in enumerate(runs, 1)]
    new = made.pop(by - 1)
    return [
        (each.event, (each.data.get("finding") or each.data["summary"])["text"])
        for each in changes(made, run(new.seq, kind=kind), new.news)
    ]


def test_what_is_new() -> None:
    """The first run tells all that it found, in its order; the next one only what is new."""
    first = news(insight(1, "Ship it"), insight(2, "Call Eli"))
    assert told(first) == [(CREATED, "Ship it"), (CREATED, "Call Eli")]
    assert told(first, news(insight(2, "Call Eli"), insight(3, "Rest"))) == [(CREATED, "Rest")]
    assert told(first, news()) == []


@pytest.mark.parametrize(
    "change",
    [{"text": "Ship on Tuesday"}, {"owner": "Eli"}, {"due": "Friday"}, {"record": {"name": "AB-1", "url": "https://j.example/1"}},
     {"answer": {"text": "Yes"}}, {"kind": "decision"}, {"status": "done"}],
)  # fmt: skip
def test_what_reads_differently(change: dict[str, object]) -> None:
    """A finding with another wording, owner, date, ticket or answer is told again under its own id."""
    after = {**insight(1, "Ship it"), **change}
    assert told(news(insight(1, "Ship it")), news(after)) == [(UPDATED, str(after["text"]))]


def test_other_evidence_is_no_news() -> None:
    """A finding that only rests on more words is not told again, as a final window would tell all of them."""
    before, after = insight(1, evidence=["u-000001"]), insight(1, evidence=["u-000001", "u-000009"])
    assert told(news(before), news(after), kind=WindowKind.FINAL) == []


def test_back_to_the_first_wording() -> None:
    """What reads again as it once did is a change like any other, under an id of its own."""
    first, second = news(insight(1, "Ship it")), news(insight(1, "Ship on Tuesday"))
    assert told(first, second, first) == [(UPDATED, "Ship it")]
    (again,) = changes([run(1, first), run(2, second)], run(3), first)
    (original,) = changes([], run(1), first)
    assert again.key != original.key


def test_a_window_that_comes_late() -> None:
    """A window that was put aside and is answered behind a later one does not bring an old wording back."""
    late, newer = news(insight(1, "Ship it"), insight(2, "Call Eli")), news(insight(1, "Ship on Tuesday"))
    assert told(late, newer, by=1) == [(CREATED, "Call Eli")]


def test_a_run_that_was_stored_before() -> None:
    """A window that is run again is not compared with itself."""
    (message,) = changes([run(1, news(insight(1)))], run(1), news(insight(1)))
    assert message.event is CREATED


def test_summaries() -> None:
    """Minutes are told each time they say something else; of the final window they are the last."""
    first, second = news(summary={"text": "We met."}), news(summary={"text": "We met twice."})
    assert told(first) == [(SUMMARY, "We met.")]
    assert told(first, first) == []
    assert told(first, second) == [(SUMMARY, "We met twice.")]
    (final,) = changes([], run(1, kind=WindowKind.FINAL), first)
    assert final.data["summary"]["final"] is True


@pytest.mark.parametrize("odd", ["{}", '{"insights": 7}', news({"id": 5}), news({"id": "x"}), "[]"])
def test_odd_news(odd: str) -> None:
    """News of somebody else's flow that say nothing are nothing."""
    assert told(odd) == []
