"""What a flow found is read off its answers; what was kept is read again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.domain import RunStatus, WindowKind
from bridge.errors import ConfigurationError
from bridge.publish.difference import Difference
from bridge.replay.outcome import Between, as_json, from_json, minutes_of, points
from components.zoom.shared.remarks import REMARKS_OF
from tests.replay.made import CONTRACT, FAX, ROOM, answer, insight, meeting, outcome, trial


def test_a_finding_in_its_latest_wording() -> None:
    """It is one thing however often it is told; when it was said and told first stays."""
    changed = insight("a", "Send the contract to the supplier today", 1, 2, owner="Mia", due="today")
    told = trial("f", answer(1, CONTRACT, closed_s=60, seconds=2), answer(2, changed, closed_s=120))

    [point] = points(told, meeting())

    assert (point.text, point.owner, point.due) == (changed["text"], "Mia", "today")
    assert (point.first_text, point.told, point.evidence) == (CONTRACT["text"], 2, (1, 2))
    assert point.minutes == pytest.approx((62 - 9) / 60)


def test_evidence_of_another_meeting_is_none() -> None:
    """An id that no utterance of the meeting has is passed over."""
    [point] = points(trial("f", answer(1, insight("x", "Do it", 1, 99))), meeting())

    assert point.evidence == (1,)
    [bare] = points(trial("f", answer(1, insight("x", "Do it", 99))), meeting())
    assert (bare.evidence, bare.minutes) == ((), None)


@pytest.mark.parametrize("dry_run", [each.dry_run for each in REMARKS_OF.values()])
def test_a_flow_that_answers_with_text(dry_run: str) -> None:
    """The lines of its answers are what it found, without headings, marks and our note of a dry run."""
    told = answer(1, text=f"({dry_run})\n\n**To do**\n- Send it\n\nWe met.\n")

    assert [(point.kind, point.text) for point in points(trial("f", told), meeting())] == [
        ("note", "Send it"),
        ("note", "We met."),
    ]


def test_minutes_are_findings_only_where_there_are_no_others() -> None:
    """A flow that tells insights is not asked for its minutes too."""
    minutes = "**Decided**\n- The fax goes\n"
    final = answer(2, minutes=minutes, kind=WindowKind.FINAL)

    assert [point.text for point in points(trial("f", final), meeting())] == ["The fax goes"]
    assert [point.kind for point in points(trial("f", answer(1, ROOM), final), meeting())] == ["action_item"]
    assert minutes_of(trial("f", answer(1, ROOM), final)).startswith("**Decided**")


def test_what_is_kept_is_read_again() -> None:
    """All of it, to the last field."""
    difference = Difference(what="x", one=("a",), other=(), note="")
    made = outcome(
        trial("f", answer(1, CONTRACT, FAX), tokens=12),
        trial("g", answer(1, status=RunStatus.FAILED, error="it broke"), stopped="it breaks"),
        between=(Between(one="f", other="g", differences=(difference,)),),
    )

    assert from_json(as_json(made), "it") == made


@pytest.mark.parametrize(
    "content", ["", "[]", '{"schema": "zoom-meeting/1"}', '{"schema": "zoom-replay/1"}', "[" * 100_000]
)
def test_another_file_is_refused(content: str) -> None:
    """With its name, and no word of what stands in it."""
    with pytest.raises(ConfigurationError, match=r"some\.json is not what a replay has kept"):
        from_json(content, "some.json")


def test_a_file_in_which_something_is_missing() -> None:
    """A flow's way through a meeting, or news that can be read: the file is refused, and nobody else trips over it."""
    made = outcome(trial("f", answer(1, CONTRACT)), trial("g", answer(1)))
    broken = trial("f", replace(answer(1, CONTRACT), news='{"insights": ['))
    for each in (replace(made, trials=made.trials[:1]), outcome(broken)):
        with pytest.raises(ConfigurationError, match=r"some\.json is not what a replay has kept"):
            from_json(as_json(each), "some.json")
