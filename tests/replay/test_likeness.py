"""Two findings are the same by their evidence and words."""

from __future__ import annotations

import pytest

from bridge.replay.likeness import features, is_repeat, language_of, likeness, pairs
from bridge.replay.outcome import Said
from tests.replay.likeness_cases import ASIDE, FITTING, MEETINGS, Pair


def said_in(meeting: str) -> dict[int, Said]:
    """A meeting's lines by number."""
    lines = [line.split(": ", 1) for line in MEETINGS[meeting]]
    return {
        n: Said(n=n, speaker=who, start_ms=n * 4000, end_ms=n * 4000 + 3000, text=text)
        for n, (who, text) in enumerate(lines, start=1)
    }


@pytest.mark.parametrize(
    ("meeting", "pair"),
    [
        pytest.param(meeting, pair, id=f"{part}-{meeting}-{n}")
        for part, cases in (("fitting", FITTING), ("aside", ASIDE))
        for meeting, of_meeting in cases.items()
        for n, pair in enumerate(of_meeting)
    ],
)
def test_a_reader_agrees(meeting: str, pair: Pair) -> None:
    """What a reader calls the same is the same, whichever of the two stands first, and nothing else is."""
    said = said_in(meeting)
    one, other = (
        features(kind, text, at, said, language_of(said)) for kind, text, at in (pair.one, pair.other)
    )

    assert (likeness(one, other) > 0) is pair.same
    assert likeness(one, other) == likeness(other, one)


def test_each_goes_with_one_at_most() -> None:
    """The most alike go together first; what is left goes with what is left."""
    alike = {("a", "x"): 0.9, ("a", "y"): 0.8, ("b", "x"): 0.7}

    assert pairs("ab", "xy", lambda one, other: alike.get((one, other), 0.0)) == [(0, 0)]
    assert pairs("ba", "yx", lambda one, other: alike.get((one, other), 0.0)) == [(1, 1)]
    alike["b", "y"] = 0.1
    assert pairs("ab", "xy", lambda one, other: alike.get((one, other), 0.0)) == [(0, 0), (1, 1)]


def test_two_points_of_one_talk_are_no_repetition() -> None:
    """What a quotation has before its arrow is there to understand it."""
    talk = "Tom: “The printer has the wrong labels, twelve thousand of them, and wants to know by noon.”"
    points = ("Dana: “I'll ring them.”", "Dana: “I'll order the boxes.”")
    one, other = (features("action_item", f"{point} (before: {talk})", [], {}, "en") for point in points)
    assert not is_repeat(one, other)
    assert is_repeat(
        one, features("action_item", f"{points[0]} (before: Sue: “Second, the beer.” {talk})", [], {}, "en")
    )
