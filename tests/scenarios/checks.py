"""What a bridge did wrong in a schedule, by what is seen from outside. Pure."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bridge.domain import OVER
from bridge.rtms.messages import StopReason
from bridge.rtms.status import stop_words
from bridge.simulator.progress import Progress, Step
from bridge.transcript.utterance import UNKNOWN_SPEAKER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bridge.domain import Gap, Stream, Utterance
    from bridge.simulator.meeting import Line
    from bridge.simulator.outcome import Heard, Outcome
    from tests.scenarios.schedules import Schedule

SLACK_SECONDS = 4.5
"""How far apart the clocks of two tasks on a busy machine may read, in seconds of the meeting; 0.15 real ones at thirty times its speed."""
ENDING_SECONDS = 60
"""From the stream's end to its final window, on a busy machine, in seconds of the meeting; two real ones."""
MOMENT_SECONDS = 1.0
"""What was received so long before the bridge was killed is kept, whatever the database was doing."""
IN_FLIGHT = 2
"""Lines that were written to a socket which was lost at that moment, beside those."""
LATE_MS = 1000
"""No answer to a keep-alive takes longer, beyond what the machine stood still."""

_SENTENCE = re.compile(r"Sentence \d+ of meeting \d+\.")


@dataclass(kw_only=True)
class Course:
    """What was seen while a schedule was played. Times are UTC seconds."""

    lost: list[tuple[float, Line]] = field(default_factory=list)
    begun: float = 0.0
    windows: list[dict[str, Any]] = field(default_factory=list)
    """Windows that came, each as often as it did."""
    reported: float = 0.0
    """When the final window arrived."""

    def tell(self, progress: Progress, now: float) -> None:
        """Take a step."""
        if progress.step is Step.READY and not self.begun:
            self.begun = now
        if progress.step is Step.LOST and progress.line is not None:
            self.lost.append((now, progress.line))

    def came(self, window: dict[str, Any], now: float) -> None:
        """Take a window."""
        self.windows.append(window)
        if window["kind"] == "final":
            self.reported = now


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A schedule that was played, and what is left of it."""

    plan: Schedule
    course: Course
    outcome: Outcome
    heard: Sequence[Heard]
    stream: Stream | None
    utterances: Sequence[Utterance]
    marked: Sequence[Gap]
    left: Counter[str]
    """Rows of the stream that say something, by table."""
    speed: float
    rough: bool
    """Whether there was bad weather: it may cost connections, and have windows sent again."""
    kills: Sequence[float]
    """When the bridge was killed, UTC seconds."""
    stalled_ms: float
    """How long the machine stood still at most."""
    handed_over: int = 0
    """How often bridges were stopped or cut off."""
    frozen_ms: float = 0.0
    """How long a bridge was made to stand still at most."""

    @property
    def slack(self) -> float:
        return SLACK_SECONDS / self.speed + self.stalled_ms / 1000

    @property
    def gaps(self) -> list[tuple[float, float]]:
        return [(gap.from_ms / 1000, gap.to_ms / 1000) for gap in self.marked]

    @property
    def texts(self) -> Counter[str]:
        return Counter(sentence(each.text) for each in self.utterances)


def problems(seen: Seen) -> Iterator[str]:
    """What went wrong, in words; nothing for a bridge as it should be."""
    plan, stream = seen.plan, seen.stream
    late = max(seen.outcome.keep_alive_answer_ms, default=0) - seen.stalled_ms - seen.frozen_ms
    if late > LATE_MS:
        yield f"a keep-alive was answered {late:.0f} ms late, while the machine stalled for {seen.stalled_ms:.0f} at most"
    if stream is None:
        yield f"the bridge does not know it; its webhooks: {[each.status for each in seen.outcome.webhooks]}"
        return
    if stream.state not in OVER:  # lost, where Zoom never told of the end
        yield f"its state is {stream.state}"
    # A bridge that was away when Zoom told of the end learns of it from a refusal, and one that comes back again and
    # again is waited for anew each time.
    reasons = (*plan.reasons, *(("status 2:", stop_words(StopReason.MEETING_ENDED)) if seen.rough else ()))
    if not any(reason in stream.end_reason for reason in reasons):
        yield f"it ended because '{stream.end_reason}' instead of {plan.reasons}"
    if plan.unheard:
        if seen.outcome.signaling_connections:
            yield "a stream that was over before it was announced was dialled"
    elif seen.outcome.stop_reason is StopReason.STREAM_REVOKED:
        if seen.left or stream.topic:
            yield f"consent was revoked, and not everything was deleted: {dict(seen.left)}"
    else:
        yield from _words(seen)
        yield from _windows(seen)
        if plan.recoverable:
            yield from _course(seen)
        elif not seen.rough:
            yield from _end(seen)


def _words(seen: Seen) -> Iterator[str]:
    """Whatever reached the bridge is stored once, or in a gap."""
    if [each.n for each in seen.utterances] != list(range(1, len(seen.utterances) + 1)):
        yield "the numbering has holes"
    texts, gaps = seen.texts, seen.gaps
    if twice := [text for text, count in texts.items() if count > 1]:
        yield f"stored twice: {twice}"
    lines = {line.text: line for line in seen.outcome.delivered}
    if unknown := texts.keys() - lines.keys():
        yield f"stored and never delivered: {sorted(unknown)}"
    for each in seen.utterances:
        line = lines.get(sentence(each.text))
        if line is not None and not each.speaker.startswith((line.speaker, UNKNOWN_SPEAKER)):
            yield f"'{line.text}' was said by {line.speaker}, not by {each.speaker!r}"
    missing = [each for each in seen.heard if each.line.text not in texts]
    for each in missing:
        # What was written to a socket in the moment of its loss may not arrive; then it is in the gap.
        if not any(start - seen.slack <= each.at <= end for start, end in gaps):
            yield f"delivered, not stored and in no gap: '{each.line.text}' at {each.at:.3f}; gaps {gaps}"
    for kill in seen.kills:
        away = [(start, end) for start, end in gaps if start <= kill <= end]
        early = [
            each
            for each in missing
            if each.at < kill - MOMENT_SECONDS and any(start <= each.at for start, _ in away)
        ]
        if len(early) > IN_FLIGHT:
            yield f"{len(early)} lines that came more than a moment before the bridge was killed are not stored"


def _windows(seen: Seen) -> Iterator[str]:
    """Each utterance is in one live window and in the final one, and so is each gap."""
    ids, gaps, windows = [each.id for each in seen.utterances], seen.gaps, seen.course.windows
    again = seen.plan.given_up or seen.rough
    once = {window["window_id"]: window for window in windows}
    if (
        len(once) != len(windows) and not again
    ):  # a run under way when it was taken up is sent again, as it was
        yield "a window was sent twice"
    live = [window for window in once.values() if window["kind"] == "live"]
    said = [said["id"] for window in live for said in window["utterances"]]
    if sorted(said) != sorted(ids):
        yield f"live windows carry {len(said)} utterances, {len(set(said))} different ones, instead of {len(ids)}"
    final = [window for window in once.values() if window["kind"] == "final"]
    if not final or (len(final) > 1 and not again):  # one when it was given up, one when it was over
        yield f"{len(final)} final windows"
        return
    if sorted(said["id"] for said in final[-1]["utterances"]) != sorted(ids):
        yield "the final window does not have all utterances"
    if _gaps(final[-1:]) != gaps:
        yield "the final window does not have all gaps"
    told = _gaps(live)
    if told != gaps[: len(told)]:
        yield "live windows do not tell of each gap once, in order"


def _gaps(windows: Sequence[dict[str, Any]]) -> list[tuple[float, float]]:
    return [(gap["from_ms"] / 1000, gap["to_ms"] / 1000) for window in windows for gap in window["gaps"]]


def _end(seen: Seen) -> Iterator[str]:
    """A stream that cannot be saved is over in time."""
    ends_by = seen.plan.ends_by or 0.0
    if seen.outcome.stop_reason is StopReason.MEETING_ENDED:
        yield "the meeting went on to its end"
    late = (seen.course.reported - seen.course.begun) * seen.speed
    if late > ends_by + ENDING_SECONDS and seen.course.begun:
        yield f"it was over after {late:.0f} s of the meeting instead of {ends_by:.0f}"


def _course(seen: Seen) -> Iterator[str]:
    """A stream that can be saved goes on to its end, and its gaps are what was lost."""
    outcome, gaps, slack, texts = seen.outcome, seen.gaps, seen.slack, seen.texts
    if outcome.stop_reason is not StopReason.MEETING_ENDED:
        late = [each.event for each in outcome.webhooks if each.attempts > 1]
        yield f"Zoom ended the stream: {outcome.stop_reason.name}; webhooks that were not taken at once: {late}"
    unknown = _unknown_until(seen)
    for at, line in seen.course.lost:
        if at > unknown and not any(start - slack <= at <= end + slack for start, end in gaps):
            yield f"'{line.text}' was lost at {at:.3f} and is in no gap of {gaps}; stalled for {seen.stalled_ms:.0f} ms"
    # One that learns of the end only from a refusal cannot know that nothing was said since it was cut off.
    reconnected = [gap for gap in seen.marked if gap.reason == "reconnect"]
    losses = 2 * (seen.plan.losses + len(seen.kills) + seen.handed_over)
    if len(reconnected) > min(outcome.media_connections - 1, losses):
        yield f"{len(reconnected)} gaps with {outcome.media_connections} media connections and {losses // 2} losses"
    if seen.rough:  # a killed bridge knows only when the last words were said that it had kept
        return
    told = [each.at for each in seen.heard if each.line.text in texts]
    for start, end in gaps:
        if any(start + slack < at < end - slack for at in told):
            yield "words were heard in the middle of a gap"
    longest = max((end - start for start, end in gaps), default=0.0) * seen.speed
    if longest > seen.plan.back_within:
        yield f"it was away for {longest:.0f} s of the meeting instead of {seen.plan.back_within:.0f}"


def _unknown_until(seen: Seen) -> float:
    """Until when a bridge that was killed in the moment of its first handshake cannot know that Zoom had taken it."""
    begun = seen.course.begun
    if not any(0 <= kill - begun < MOMENT_SECONDS for kill in seen.kills):
        return 0.0
    signs = [start for start, _ in seen.gaps] + [
        each.at for each in seen.heard if each.line.text in seen.texts
    ]
    return min(signs, default=begun)


def sentence(text: str) -> str:
    """The sentence of the meeting in a stored text, without what an odd line has behind it."""
    found = _SENTENCE.match(text)
    return found[0] if found else text
