"""What several flows found in the same meetings, side by side. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bridge.replay.likeness import Features, features, is_repeat, language_of, likeness, pairs
from bridge.replay.outcome import NOTE, minutes_of, points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.replay.outcome import Flow, Meeting, Outcome, Point, Said, Trial

LEAD_MS: Final = 5_000
"""How much earlier a flow must be to be called first: runs of one flow differ by seconds."""


@dataclass(slots=True)
class Row:
    """One thing that was found, by at least one flow."""

    kind: str
    points: dict[str, Point]
    """By the flow's name."""
    features: list[Features] = field(default_factory=list, repr=False)

    @property
    def evidence(self) -> tuple[int, ...]:
        """Positions of all words that any flow named."""
        return tuple(sorted({n for point in self.points.values() for n in point.evidence}))

    @property
    def first(self) -> str:
        """The flow that told it first; empty where they told it at about the same time."""
        times = sorted((point.told_ms, flow) for flow, point in self.points.items())
        return times[0][1] if len(times) > 1 and times[1][0] - times[0][0] >= LEAD_MS else ""

    @property
    def differs(self) -> tuple[str, ...]:
        """``owner``, ``due``: of what the flows do not say the same."""
        telling = [point for point in self.points.values() if point.kind != NOTE]  # a note has neither
        return tuple(
            name
            for name in ("owner", "due")
            if len({getattr(point, name).casefold() for point in telling}) > 1
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One flow in one meeting, in numbers."""

    flow: Flow
    trial: Trial
    found: int
    alone: int
    """What no other flow found."""
    missed: int
    """What others found."""
    first: int
    """What it told before the others."""
    changed: int
    """What it told again in other words."""
    repeats: tuple[Point, ...]
    """What it told as new though it had told it before."""
    minutes: str
    """The newest it wrote; empty without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """One meeting, all flows."""

    meeting: Meeting
    said: dict[int, Said]
    rows: tuple[Row, ...]
    """In the order in which the things were first told."""
    columns: tuple[Column, ...]
    """In the order of the flows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """A flow in several meetings, in numbers, each as of a :class:`Column`."""

    found: int
    alone: int
    missed: int
    first: int
    changed: int
    repeats: int
    windows: int
    failed: int
    tries: int
    seconds: float
    tokens: int


def sums(columns: Sequence[Column]) -> Sums:
    """A flow's columns together."""
    return Sums(
        found=sum(each.found for each in columns),
        alone=sum(each.alone for each in columns),
        missed=sum(each.missed for each in columns),
        first=sum(each.first for each in columns),
        changed=sum(each.changed for each in columns),
        repeats=sum(len(each.repeats) for each in columns),
        windows=sum(len(each.trial.answers) for each in columns),
        failed=sum(each.trial.failed for each in columns),
        tries=sum(answer.attempts for each in columns for answer in each.trial.answers),
        seconds=round(sum(each.trial.seconds for each in columns), 3),
        tokens=sum(each.trial.tokens for each in columns),
    )


def side_by_side(outcome: Outcome) -> list[SideBySide]:
    """Each meeting with what the flows found in it."""
    return [_of_meeting(outcome, meeting) for meeting in outcome.meetings]


def _of_meeting(outcome: Outcome, meeting: Meeting) -> SideBySide:
    said = {each.n: each for each in meeting.said}
    language = language_of(said)

    def known(point: Point) -> Features:
        return features(point.kind, point.text, point.evidence, said, language)

    rows: list[Row] = []
    found: dict[str, tuple[list[Point], list[Point]]] = {}
    for flow in outcome.flows:
        fresh, repeats = _apart([(p, known(p)) for p in points(outcome.trial(meeting, flow), meeting)])
        found[flow.name] = [point for point, _ in fresh], repeats
        _join(rows, flow, fresh)
    rows.sort(key=lambda row: min(point.told_ms for point in row.points.values()))
    return SideBySide(
        meeting=meeting,
        said=said,
        rows=tuple(rows),
        columns=tuple(
            _column(flow, outcome.trial(meeting, flow), rows, *found[flow.name]) for flow in outcome.flows
        ),
    )


def _apart(
    told: Sequence[tuple[Point, Features]],
) -> tuple[list[tuple[Point, Features]], list[Point]]:
    """What a flow found, and what of it it had told before."""
    fresh: list[tuple[Point, Features]] = []
    repeats: list[Point] = []
    for point, known in told:
        if any(is_repeat(known, earlier) for _, earlier in fresh):
            repeats.append(point)
        else:
            fresh.append((point, known))
    return fresh, repeats


def _join(rows: list[Row], flow: Flow, fresh: Sequence[tuple[Point, Features]]) -> None:
    """Put a flow's findings beside those of the flows before it."""
    together = pairs(
        rows, fresh, lambda row, one: max((likeness(each, one[1]) for each in row.features), default=0.0)
    )
    at = {j: rows[i] for i, j in together}
    for j, (point, known) in enumerate(fresh):
        row = at.get(j)
        if row is None:
            rows.append(row := Row(kind=point.kind, points={}))
        row.points[flow.name] = point
        row.features.append(known)


def _column(
    flow: Flow, trial: Trial, rows: Sequence[Row], fresh: Sequence[Point], repeats: Sequence[Point]
) -> Column:
    own = [row for row in rows if flow.name in row.points]
    return Column(
        flow=flow,
        trial=trial,
        found=len(fresh),
        alone=sum(len(row.points) == 1 for row in own),
        missed=len(rows) - len(own),
        first=sum(row.first == flow.name for row in own),
        changed=sum(point.told > 1 for point in fresh),
        repeats=tuple(repeats),
        minutes=minutes_of(trial),
    )
