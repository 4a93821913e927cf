"""What came out of a replay: meetings, flows, and what each flow made of each meeting. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from bridge.domain import Run, RunStatus, WindowKind, utterance_position
from bridge.errors import ConfigurationError
from bridge.flow.news import Summary, found_in
from bridge.publish.difference import Difference  # noqa: TC001 - read at run time, by what reads files

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bridge.flow.news import Insight
    from bridge.replay.recorded import Recorded

SCHEMA: Final = "zoom-replay/1"
DRY_RUNS: Final = (
    "(dry run: nothing is posted to Zoom)",
    "(Probelauf: In Zoom wird nichts gepostet)",
    "(prueba: no se publica nada en Zoom)",
    "(essai : rien n'est publié dans Zoom)",
    "(ensaio: nada é publicado no Zoom)",
    "(試行：Zoomには何も投稿されません)",
)
"""How Zoom Chat Output's answer begins in a rehearsal, in the languages in which it tells people."""
NOTE: Final = "note"
"""Kind of a finding that tells none."""


def without_dry_run(text: str) -> str:
    """Give an answer without our note of a dry run, in whichever language that begins it."""
    told = next((each for each in DRY_RUNS if text.startswith(each)), "")
    return text.removeprefix(told).lstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One utterance, as far as a report shows it."""

    n: int
    speaker: str
    start_ms: int
    """UTC milliseconds."""
    end_ms: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A meeting that was replayed."""

    name: str
    """Of the file, or the meeting's topic; unique in a replay."""
    stream_id: str
    """Of the stream that was replayed; for a file a name of its own."""
    meeting_id: str
    topic: str
    began_ms: int
    """UTC milliseconds."""
    said: tuple[Said, ...]
    """In order of arrival."""

    @property
    def words(self) -> int:
        """How many were said."""
        return sum(len(each.text.split()) for each in self.said)

    @property
    def lasted_ms(self) -> int:
        """From the start to the last word."""
        return max((each.end_ms for each in self.said), default=self.began_ms) - self.began_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One side of the comparison."""

    name: str
    """As it was given; unique in a replay."""
    title: str
    """As people see it in Langflow; of a function its own name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A window's run."""

    seq: int
    kind: WindowKind
    closed_ms: int
    """When the live bridge would have closed the window, UTC milliseconds."""
    utterances: int
    words: int
    status: RunStatus
    attempts: int
    seconds: float
    """From the sending of the last try to its answer."""
    text: str
    news: str
    """As :mod:`bridge.flow.news` keeps it; empty where the flow told none."""
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One flow's way through one meeting."""

    meeting: str
    flow: str
    answers: tuple[Answer, ...]
    tokens: int
    """Of all runs, as Langflow counted them; 0 where it counts none."""
    stopped: str
    """Why not every window was run; empty where all were."""

    @property
    def seconds(self) -> float:
        """Of all runs together."""
        return sum(each.seconds for each in self.answers)

    @property
    def failed(self) -> int:
        """Windows that the flow has not answered."""
        return sum(each.status is not RunStatus.DONE for each in self.answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """What differs between two of the flows themselves."""

    one: str
    other: str
    differences: tuple[Difference, ...]
    note: str = ""
    """Why nothing can be told; empty where it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All of a replay."""

    meetings: tuple[Meeting, ...]
    flows: tuple[Flow, ...]
    trials: tuple[Trial, ...]
    between: tuple[Between, ...] = ()
    """The first flow and each of the others."""

    def trial(self, meeting: Meeting, flow: Flow) -> Trial:
        """What the flow made of the meeting."""
        return next(each for each in self.trials if (each.meeting, each.flow) == (meeting.name, flow.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One thing that a flow found, in its latest wording."""

    kind: str
    text: str
    owner: str
    due: str
    evidence: tuple[int, ...]
    """Positions of the utterances that bear it out; empty where it names none."""
    first_text: str
    """Its first wording."""
    told: int
    """How often it was told, changes included."""
    said_ms: int
    """When the last of its first evidence was said, UTC milliseconds; 0 without."""
    told_ms: int
    """When it would have been told first, UTC milliseconds: its window's closing and the run's time."""
    final: bool
    """Whether it was first told with the final window."""

    @property
    def minutes(self) -> float | None:
        """From the word to the message; ``None`` where it names no words."""
        return max(0, self.told_ms - self.said_ms) / 60_000 if self.said_ms else None


def meeting_of(recorded: Recorded, name: str) -> Meeting:
    """A recorded meeting as a report shows it."""
    stream = recorded.stream
    return Meeting(
        name=name,
        stream_id=stream.stream_id,
        meeting_id=stream.meeting_id,
        topic=stream.topic,
        began_ms=stream.started_at_ms,
        said=tuple(
            Said(n=each.n, speaker=each.speaker, start_ms=each.start_ms, end_ms=each.end_ms, text=each.text)
            for each in recorded.utterances
        ),
    )


def points(trial: Trial, meeting: Meeting) -> list[Point]:
    """What a flow found, in the order in which it told it.

    A flow that tells no insights, as one that answers with text alone, has found the lines of its answers.
    """
    ends = {each.n: each.end_ms for each in meeting.said}
    found: dict[str, list[tuple[Answer, Insight]]] = {}
    for answer in trial.answers:
        for insight in found_in([_run(answer)]).insights:
            found.setdefault(insight.id, []).append((answer, insight))
    if not found:
        return [_line_point(answer, line) for answer in trial.answers for line in _lines(answer)]
    return [_point(told, ends) for told in found.values()]


def minutes_of(trial: Trial) -> str:
    """The newest minutes that a flow wrote of a meeting; empty without."""
    summary = found_in(_run(each) for each in trial.answers).summary
    return summary.text if summary else ""


def _point(told: Sequence[tuple[Answer, Insight]], ends: dict[int, int]) -> Point:
    (answer, first), (_, last) = told[0], told[-1]
    evidence = tuple(n for name in last.evidence if (n := utterance_position(name)) in ends)
    first_evidence = [ends[n] for name in first.evidence if (n := utterance_position(name)) in ends]
    return Point(
        kind=last.kind,
        text=last.text,
        owner=last.owner,
        due=last.due,
        evidence=evidence,
        first_text=first.text,
        told=len(told),
        said_ms=max(first_evidence, default=0),
        told_ms=answer.closed_ms + round(answer.seconds * 1000),
        final=answer.kind is WindowKind.FINAL,
    )


def _line_point(answer: Answer, line: str) -> Point:
    return Point(
        kind=NOTE,
        text=line,
        owner="",
        due="",
        evidence=(),
        first_text=line,
        told=1,
        said_ms=0,
        told_ms=answer.closed_ms + round(answer.seconds * 1000),
        final=answer.kind is WindowKind.FINAL,
    )


def _lines(answer: Answer) -> Iterator[str]:
    """What an answer says, without headings and marks of lists."""
    summary = found_in([_run(answer)]).summary
    text = summary.text if summary is not None else without_dry_run(answer.text)
    minutes = Summary(text=text, attendees=(), route="", window_id="")
    yield from (line.text for line in minutes.lines if line.kind != "heading")


def _run(answer: Answer) -> Run:
    """The answer as the reader of news wants it."""
    return Run(
        window_id=str(answer.seq),
        stream_id="",
        route="",
        seq=answer.seq,
        kind=answer.kind,
        status=answer.status,
        attempts=answer.attempts,
        output=answer.text,
        error=answer.error,
        news=answer.news,
    )


def as_json(outcome: Outcome) -> str:
    """All of it, to be kept."""
    return json.dumps({"schema": SCHEMA} | asdict(outcome), ensure_ascii=False, indent=1) + "\n"


def from_json(content: bytes | str, where: str) -> Outcome:
    """What :func:`as_json` wrote.

    Raises:
        ConfigurationError: It is no such file; ``where`` names it.
    """
    try:
        value: Any = json.loads(content)
        if not isinstance(value, dict) or value.pop("schema", None) != SCHEMA:
            raise ConfigurationError(f"{where} is not what a replay has kept: its schema is not {SCHEMA}")
        outcome = msgspec.convert(value, Outcome)
        for trial in outcome.trials:
            found_in(map(_run, trial.answers))
    except (
        ValueError,
        RecursionError,
    ) as error:  # msgspec's errors name the place and the type, and no value
        why = str(error) if isinstance(error, msgspec.ValidationError) else "it is no JSON"
        raise ConfigurationError(f"{where} is not what a replay has kept: {why}") from None
    tried = {(trial.meeting, trial.flow) for trial in outcome.trials}
    if tried != {(meeting.name, flow.name) for meeting in outcome.meetings for flow in outcome.flows}:
        raise ConfigurationError(
            f"{where} is not what a replay has kept: its trials are not one for each flow and meeting"
        )
    return outcome
