"""What a file tells of a meeting, and where it stands in the meeting's time. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bridge.domain import Gap, Source
from bridge.times import moment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bridge.domain import Happening, Stream, Utterance
    from bridge.flow.news import Insight, Summary

MOST_BEFORE_MS: Final = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """All that is kept of a stream and that people may read."""

    stream: Stream
    utterances: tuple[Utterance, ...]
    """Ordered by start, those that start together in order of arrival; deleted chat messages are not among them."""
    gaps: tuple[Gap, ...]
    happenings: tuple[Happening, ...]
    insights: tuple[Insight, ...]
    summary: Summary | None

    @property
    def zero_ms(self) -> int:
        """Where the meeting's time begins, UTC milliseconds: its start, or its first word where that is a little earlier.

        A word of a clock that is years behind does not move all others.
        """
        began_ms = self.stream.started_at_ms
        near = (said.start_ms for said in self.utterances if said.start_ms >= began_ms - MOST_BEFORE_MS)
        return min(began_ms, next(near, began_ms))

    @property
    def title(self) -> str:
        """The topic, or a stand-in where Zoom told none."""
        return self.stream.topic or "Zoom meeting"

    @property
    def started_at(self) -> datetime:
        """UTC."""
        return moment(self.stream.started_at_ms)

    @property
    def people(self) -> list[str]:
        """Names of those who said something, in order of appearance."""
        return list(dict.fromkeys(said.speaker for said in self.utterances))

    def lines(self) -> list[Utterance | Gap]:
        """What was said, and what is missing, in the order of their times."""
        return sorted([*self.utterances, *self.gaps], key=_begins)


def told(
    stream: Stream,
    *,
    utterances: Sequence[Utterance],
    gaps: Sequence[Gap] = (),
    happenings: Sequence[Happening] = (),
    insights: Sequence[Insight] = (),
    summary: Summary | None = None,
) -> Told:
    """What is kept, put into order."""
    said = sorted((each for each in utterances if each.text), key=lambda each: (each.start_ms, each.n))
    return Told(
        stream=stream,
        utterances=tuple(said),
        gaps=tuple(sorted(gaps, key=_begins)),
        happenings=tuple(happenings),
        insights=tuple(insights),
        summary=summary,
    )


def is_chat(utterance: Utterance) -> bool:
    """Whether it was written."""
    return utterance.source is Source.CHAT


def _begins(each: Utterance | Gap) -> int:
    return each.from_ms if isinstance(each, Gap) else each.start_ms
