"""The figures of a replay, for programs and for a terminal. Pure."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bridge.domain import utterance_id
from bridge.replay.compare import sums
from bridge.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bridge.replay.compare import Row, SideBySide
    from bridge.replay.outcome import Outcome, Point
    from bridge.replay.score import FlowScore, Score

_LONGEST = 200


def figures(
    outcome: Outcome, meetings: Sequence[SideBySide], found: Sequence[FlowScore] = ()
) -> dict[str, Any]:
    """Everything that the report shows but the words that were said; ``meetings`` are the outcome's, side by side."""
    return {
        "schema": "zoom-replay-report/1",
        "flows": [
            {"name": flow.name, "title": flow.title} | _together(flow.name, at, meetings, found)
            for at, flow in enumerate(outcome.flows)
        ],
        "between": [
            {
                "one": each.one,
                "other": each.other,
                "note": each.note,
                "differences": [
                    {"what": one.what, "one": list(one.one), "other": list(one.other), "note": one.note}
                    for one in each.differences
                ],
            }
            for each in outcome.between
        ],
        "meetings": [_meeting(each, found) for each in meetings],
    }


def in_lines(told: dict[str, Any]) -> Iterator[str]:
    """A line for each flow of the figures."""
    for flow in told["flows"]:
        line = (
            f"{one_line(flow['name'], _LONGEST)}: {flow['found']} found, {flow['alone']} of them by no other, "
            f"{flow['missed']} missed, {flow['repeats']} repeated; {flow['windows']} windows in {flow['seconds']:.1f} s"
        )
        if score := flow.get("score"):
            shares = (_share(score[name]) for name in ("precision", "recall", "f1"))
            line += "; precision {}, recall {}, F1 {}".format(*shares)
        yield line


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}"


def _together(
    flow: str, at: int, meetings: Sequence[SideBySide], found: Sequence[FlowScore]
) -> dict[str, Any]:
    told = asdict(sums([meeting.columns[at] for meeting in meetings]))
    score = next((each.together for each in found if each.flow == flow), None)
    return told | ({"score": score_figures(score)} if score is not None else {})


def score_figures(score: Score) -> dict[str, Any]:
    """A score in numbers."""
    return {
        "expected": len(score.hits),
        "right": score.right,
        "wrong": len(score.wrong),
        "repeats": len(score.repeats),
        "precision": score.precision,
        "recall": score.recall,
        "f1": score.f1,
        "wrong_owners": score.wrong_owners,
        "wrong_dues": score.wrong_dues,
        "minutes": score.minutes,
    }


def _meeting(each: SideBySide, found: Sequence[FlowScore]) -> dict[str, Any]:
    name = each.meeting.name
    scored = {flow.flow: score_figures(flow.meetings[name]) for flow in found if name in flow.meetings}
    return {
        "name": name,
        "stream_id": each.meeting.stream_id,
        "findings": [_row(row) for row in each.rows],
        "flows": {column.flow.name: asdict(sums([column])) for column in each.columns},
    } | ({"scores": scored} if scored else {})


def _row(row: Row) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "evidence": [utterance_id(n) for n in row.evidence],
        "first": row.first,
        "differs": list(row.differs),
        "flows": {flow: _point(point) for flow, point in row.points.items()},
    }


def _point(point: Point) -> dict[str, Any]:
    return {
        "text": point.text,
        "owner": point.owner,
        "due": point.due,
        "told": point.told,
        "told_ms": point.told_ms,
        "minutes": point.minutes,
    }
