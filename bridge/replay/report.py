"""What came out of a replay, for people: one HTML file that loads nothing, and Markdown. Pure but for the templates that the package brings."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from jinja2 import BaseLoader, DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from bridge.domain import utterance_id
from bridge.export.document import literally
from bridge.pages.wording import counted, length, offset, shown
from bridge.replay.compare import sums
from bridge.times import moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.replay.compare import Row, SideBySide, Sums
    from bridge.replay.outcome import Flow, Outcome
    from bridge.replay.reference import Expected
    from bridge.replay.score import FlowScore, Score

TITLE: Final = "Replay"
SHORT: Final = 500
"""Characters that are shown of a text."""
LONG: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """A flow in all meetings, in numbers."""

    flow: Flow
    sums: Sums
    score: Score | None


def html(outcome: Outcome, meetings: Sequence[SideBySide], scored: Sequence[FlowScore] = ()) -> str:
    """The report; ``meetings`` are the outcome's, side by side, and ``scored`` is where there is a reference."""
    verdicts = _Verdicts(scored)
    return (
        _environment()
        .get_template("report.html")
        .render(
            title=TITLE,
            style=Markup(_asset("report.css")),  # noqa: S704 - of the package
            script=Markup(_asset("report.js")),  # noqa: S704 - of the package
            style_hash=_hash("report.css"),
            script_hash=_hash("report.js"),
            meetings=meetings,
            flows=outcome.flows,
            between=outcome.between,
            together=_together(outcome, meetings, scored),
            scored=bool(scored),
            total_ms=sum(each.lasted_ms for each in outcome.meetings),
            total_words=sum(each.words for each in outcome.meetings),
            reference_of=_as_expected,
            verdict=verdicts.of,
            missed=verdicts.missed,
        )
    )


def markdown(outcome: Outcome, meetings: Sequence[SideBySide], scored: Sequence[FlowScore] = ()) -> str:
    """The same in a form that pull requests and issues show."""
    parts = [f"# {TITLE}", _table(*_numbers(_together(outcome, meetings, scored)))]
    for each in outcome.between:
        parts.append(f"## What differs: {_literal(each.one)} and {_literal(each.other)}")
        lines = [
            f"- {_literal(one.what)}{f': {_literal(one.note)}' if one.note else ''}"
            + "".join(f"\n  - only in {_literal(each.one)}: {_literal(line)}" for line in one.one)
            + "".join(f"\n  - only in {_literal(each.other)}: {_literal(line)}" for line in one.other)
            for one in each.differences
        ]
        parts.append("\n".join(lines) or _literal(each.note or "Nothing: the two flows are the same."))
    for meeting in meetings:
        parts += _meeting_lines(meeting, outcome)
    return "\n\n".join(parts) + "\n"


def _meeting_lines(meeting: SideBySide, outcome: Outcome) -> list[str]:
    head = f"{counted(len(meeting.meeting.said), 'utterance')}, {length(meeting.meeting.lasted_ms)}"
    parts = [f"## {_literal(meeting.meeting.name)}", head]
    parts += [
        f"**{_literal(column.flow.name)}**: {_literal(column.trial.stopped or _unanswered(column.trial.failed))}"
        for column in meeting.columns
        if column.trial.stopped or column.trial.failed
    ]
    if meeting.rows:
        names = [_literal(flow.name) for flow in outcome.flows]
        cells = [
            [_words(row, meeting), *(_cell(row, flow) for flow in outcome.flows)] for row in meeting.rows
        ]
        parts.append(_table(["Words", *names], cells))
    return parts


def _unanswered(failed: int) -> str:
    return f"{counted(failed, 'window')} not answered"


def _words(row: Row, meeting: SideBySide) -> str:
    said = [meeting.said[n] for n in row.evidence[:2]]
    return " ".join(f"{_literal(each.speaker)}: {_literal(_cut(each.text, 200))}" for each in said) or "–"


def _cell(row: Row, flow: Flow) -> str:
    point = row.points.get(flow.name)
    if point is None:
        return "*not found*"
    marks = [_kind(point.kind), *(["first"] if row.first == flow.name else [])]
    owner = f" Owner: {_literal(point.owner)}." if point.owner else ""
    due = f" Due: {_literal(point.due)}." if point.due else ""
    return f"({_literal(', '.join(marks))}) {_literal(_cut(point.text, SHORT))}{owner}{due}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(' '.join(cell.split()) for cell in line)} |" for line in lines)


def _numbers(together: Sequence[Together]) -> tuple[list[str], list[list[str]]]:
    head = [
        "Flow",
        "Found",
        "No other",
        "Missed",
        "First",
        "Repeated",
        "Windows",
        "Failed",
        "Runs took",
        "Tokens",
    ]
    rows = [
        [_literal(flow.flow.name)]
        + [str(n) for n in (each.found, each.alone, each.missed, each.first, each.repeats, each.windows)]
        + [str(each.failed), _took(each.seconds), _tokens(each.tokens)]
        for flow in together
        for each in [flow.sums]
    ]
    if any(each.score for each in together):
        head += ["Precision", "Recall", "F1", "Wrong owner", "Wrong date", "To message"]
        for row, each in zip(rows, together, strict=True):
            row += _scored(each.score) if each.score else ["–"] * 6
    return head, rows


def _scored(score: Score) -> list[str]:
    shares = [_share(each) for each in (score.precision, score.recall, score.f1)]
    return [*shares, str(score.wrong_owners), str(score.wrong_dues), _waited(score.minutes)]


def _together(
    outcome: Outcome, meetings: Sequence[SideBySide], scored: Sequence[FlowScore]
) -> list[Together]:
    scores = {each.flow: each.together for each in scored}
    return [
        Together(
            flow=flow,
            sums=sums([meeting.columns[at] for meeting in meetings]),
            score=scores.get(flow.name),
        )
        for at, flow in enumerate(outcome.flows)
    ]


class _Verdicts:
    """What a reference says of what was found."""

    def __init__(self, scored: Sequence[FlowScore]) -> None:
        self._scored = scored

    def of(self, meeting: SideBySide, row: Row) -> str:
        """``right`` where one flow's wording of it goes with the reference, ``wrong`` where each flow's was counted so."""
        right = [point for score in self._scores(meeting) for hit in score.hits if (point := hit.point)]
        wrong = [point for score in self._scores(meeting) for point in score.wrong]
        if any(point in right for point in row.points.values()):
            return "right"
        return "wrong" if any(point in wrong for point in row.points.values()) else ""

    def missed(self, meeting: SideBySide) -> list[tuple[Expected, list[str]]]:
        """What of the reference is not found, and by whom."""
        name = meeting.meeting.name
        found: dict[int, tuple[Expected, list[str]]] = {}
        for flow in self._scored:
            for hit in flow.meetings[name].hits if name in flow.meetings else ():
                if hit.point is None:
                    found.setdefault(id(hit.expected), (hit.expected, []))[1].append(flow.flow)
        return list(found.values())

    def _scores(self, meeting: SideBySide) -> list[Score]:
        name = meeting.meeting.name
        return [flow.meetings[name] for flow in self._scored if name in flow.meetings]


def _as_expected(row: Row, meeting: SideBySide) -> str:
    """A row as a finding of a reference, in the wording of the first flow that has it."""
    point = next(iter(row.points.values()))
    return json.dumps(
        {
            "kind": point.kind,
            "text": point.text[:4000] or "–",
            "owner": point.owner or None,
            "due": point.due or None,
            "evidence": [utterance_id(n) for n in row.evidence if n in meeting.said],
        },
        ensure_ascii=False,
    )


def _literal(text: str) -> str:
    """Text that Markdown shows as it is, without what a screen would obey."""
    return literally(" ".join(shown(text).split()))


def _kind(kind: str) -> str:
    return kind.replace("_", " ")


def _cut(text: str, longest: int) -> str:
    return shown(text if len(text) <= longest else f"{text[: longest - 1]}…")


def _took(seconds: float) -> str:
    return f"{seconds:.1f} s"


def _tokens(number: int) -> str:
    return f"{number:,}" if number else "–"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:.0f} %"


def _waited(minutes: float | None) -> str:
    return "–" if minutes is None else length(round(minutes * 60_000)) if minutes else "at once"


def _day(ms: int) -> str:
    return f"{moment(ms):%Y-%m-%d %H:%M} UTC"


@functools.cache
def _asset(name: str) -> str:
    return (files("bridge.replay") / "templates" / name).read_text(encoding="utf-8")


def _hash(name: str) -> str:
    """By which the page's own style and script are allowed, and no other."""
    return f"sha256-{base64.b64encode(hashlib.sha256(_asset(name).encode()).digest()).decode()}"


@functools.cache
def _environment() -> Environment:
    loader: BaseLoader = DictLoader({"report.html": _asset("report.html")})
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, finalize=_fit
    )
    environment.globals.update(
        counted=counted,
        day=_day,
        kind=_kind,
        lasting=length,
        long=lambda text: _cut(text, LONG),
        offset=offset,
        share=_share,
        took=_took,
        tokens=_tokens,
        short=lambda text: _cut(text, SHORT),
        waited=_waited,
    )
    return environment


def _fit(value: Any) -> Any:
    """Whatever the template prints, without what a screen would obey."""
    return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value
