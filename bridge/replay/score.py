"""How well flows find what a person has written down. Pure.

Each finding of the reference goes with one finding of the flow at most. What of the flow's is left is a *repeat* where it
is one more of something that was found, and else *wrong*. Precision is right of right and wrong; a repeat is told apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from bridge.archive.terms import flat, terms_of, words_of
from bridge.replay.likeness import features, is_repeat, language_of, likeness, pairs
from bridge.replay.outcome import NOTE, points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.replay.outcome import Flow, Meeting, Outcome, Point
    from bridge.replay.reference import Expected, MeetingReference, Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One finding of the reference, and what the flow made of it."""

    expected: Expected
    point: Point | None
    """``None``: it was missed."""
    wrong_owner: bool = False
    wrong_due: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A flow's, of one meeting or of several."""

    hits: tuple[Hit, ...]
    wrong: tuple[Point, ...]
    """What nobody wrote down, or was rejected."""
    repeats: tuple[Point, ...]

    @property
    def right(self) -> int:
        """How much of the reference was found."""
        return sum(hit.point is not None for hit in self.hits)

    @property
    def precision(self) -> float | None:
        """Right of all that was found; ``None`` where nothing was."""
        told = self.right + len(self.wrong)
        return self.right / told if told else None

    @property
    def recall(self) -> float | None:
        """Found of all that is to be found; ``None`` where that is nothing."""
        return self.right / len(self.hits) if self.hits else None

    @property
    def f1(self) -> float:
        """The harmonic mean of both; 1 where nothing was wanted and nothing told, else 0 where nothing right was found."""
        found = self.right + len(self.wrong) + len(self.hits)
        return 2 * self.right / found if found else 1.0

    @property
    def wrong_owners(self) -> int:
        """Of what was found: another owner than the reference has."""
        return sum(hit.wrong_owner for hit in self.hits)

    @property
    def wrong_dues(self) -> int:
        """Of what was found: another date than the reference has."""
        return sum(hit.wrong_due for hit in self.hits)

    @property
    def minutes(self) -> float | None:
        """Median from the word to the message, of what was found; ``None`` where that is not known."""
        waited = [hit.point.minutes for hit in self.hits if hit.point and hit.point.minutes is not None]
        return median(waited) if waited else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowScore:
    """A flow's scores."""

    flow: str
    meetings: dict[str, Score] = field(default_factory=dict)
    """By the meeting's name."""

    @property
    def together(self) -> Score:
        """Of all meetings."""
        every = self.meetings.values()
        return Score(
            hits=tuple(hit for score in every for hit in score.hits),
            wrong=tuple(point for score in every for point in score.wrong),
            repeats=tuple(point for score in every for point in score.repeats),
        )


def scores(outcome: Outcome, reference: Reference) -> list[FlowScore]:
    """Each flow's score in the meetings that the reference has."""
    return [_of_flow(outcome, flow, reference) for flow in outcome.flows]


def _of_flow(outcome: Outcome, flow: Flow, reference: Reference) -> FlowScore:
    return FlowScore(
        flow=flow.name,
        meetings={
            meeting.name: score(
                points(outcome.trial(meeting, flow), meeting), expected, meeting, reference.scored
            )
            for meeting in outcome.meetings
            if (expected := reference.of(meeting)) is not None
        },
    )


def score(
    found: Sequence[Point], reference: MeetingReference, meeting: Meeting, kinds: frozenset[str]
) -> Score:
    """The score of what was found in a meeting; of other kinds than ``kinds`` nothing is said."""
    said = {each.n: each for each in meeting.said}
    language = language_of(said)
    counted = [point for point in found if point.kind in kinds or point.kind == NOTE]
    known = [features(point.kind, point.text, point.evidence, said, language) for point in counted]
    findings = [each for each in reference.findings if each.kind in kinds]
    wanted = [features(e.kind, e.text, e.positions, said, language) for e in findings]
    matched = dict(pairs(wanted, known, likeness))
    left = [at for at in range(len(counted)) if at not in matched.values()]
    right = [known[at] for at in matched.values()]
    again = {at for at in left if any(is_repeat(each, known[at]) for each in right)}
    return Score(
        hits=tuple(
            _hit(expected, counted[matched[i]] if i in matched else None, language)
            for i, expected in enumerate(findings)
        ),
        wrong=tuple(counted[at] for at in left if at not in again),
        repeats=tuple(counted[at] for at in left if at in again),
    )


def _hit(expected: Expected, point: Point | None, language: str) -> Hit:
    if point is None:
        return Hit(expected=expected, point=None)
    told_owner = expected.owner is not None and point.kind != NOTE
    told_due = expected.due is not None and point.kind != NOTE
    return Hit(
        expected=expected,
        point=point,
        wrong_owner=told_owner and not is_same_person(expected.owner or "", point.owner),
        wrong_due=told_due and not is_same_time(expected.due or "", point.due, language),
    )


def is_same_person(one: str, other: str) -> bool:
    """Whether two names may be of one person: one is a part of the other, as a first name is."""
    ones, others = set(words_of(one)), set(words_of(other))
    return ones == others or (bool(ones and others) and (ones <= others or others <= ones))


def is_same_time(one: str, other: str, language: str) -> bool:
    """Whether two dates in words may be the same: what one says is in the other ("by Friday", "this Friday")."""
    ones, others = (set(terms_of(text, language)) or set(words_of(text)) for text in (one, other))
    if re.sub(r"\W", "", flat(one)) == re.sub(r"\W", "", flat(other)):
        return True
    return bool(ones and others) and (ones <= others or others <= ones)
