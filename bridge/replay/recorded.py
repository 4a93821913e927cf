"""A meeting that is over, as it was heard: what a replay begins with. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from bridge.domain import (
    LIMITS,
    Gap,
    Happening,
    HappeningKind,
    Product,
    Source,
    Stream,
    StreamState,
    Utterance,
    utterance_position,
)
from bridge.errors import ConfigurationError
from bridge.export.data import SCHEMA
from bridge.files import first_fault
from bridge.simulator.files.clock import LATEST_MS
from bridge.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bridge.domain import WindowKind
    from bridge.simulator.meeting import Meeting

FILE_BEGAN_MS: Final = 1_767_603_600_000
"""When a meeting of a file begins that tells no day: Monday, 5 January 2026, 09:00 UTC, so that each replay is the same."""
ENGLISH: Final = 9
"""Zoom's id, which the stand-in for Zoom gives to all that is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """All of a stream that its windows were made of."""

    stream: Stream
    utterances: tuple[Utterance, ...]
    """In order of arrival, each with the position that it had."""
    gaps: tuple[Gap, ...] = ()
    happenings: tuple[Happening, ...] = ()
    answered: Mapping[tuple[str, WindowKind, int], float] = field(default_factory=dict)
    """Seconds from a window's closing to its answer, by route, kind and number, of those that are known: what is said
    meanwhile goes into the next window."""

    def within(self, timezone: str) -> Recorded:
        """The same meeting, in that time zone where nobody told its own."""
        zone = self.stream.timezone or timezone
        return replace(self, stream=replace(self.stream, timezone=zone))


def played(meeting: Meeting, *, began_ms: int = FILE_BEGAN_MS) -> Recorded:
    """A meeting of a file, as a bridge hears it from ``simulate``: each utterance when it is over, of chat that time alone."""
    stream = _stream(meeting.title, f"file-{meeting.title}"[: LIMITS.id], "", meeting.title, began_ms)
    return Recorded(
        stream=stream,
        utterances=tuple(
            Utterance(
                stream_id=stream.stream_id,
                n=n,
                speaker=one_line(line.speaker, LIMITS.name),
                user_id=str(line.user_id),
                start_ms=began_ms + (line.end_ms if line.source is Source.CHAT else line.start_ms),
                end_ms=began_ms + line.end_ms,
                text=one_line(line.text, LIMITS.text),
                language=ENGLISH if line.source is Source.SPEECH else None,
                source=line.source,
            )
            for n, line in enumerate(meeting.sent, start=1)
        ),
    )


class _Value(BaseModel):
    model_config = ConfigDict(extra="ignore")


Id = Annotated[str, Field(max_length=LIMITS.id)]
Time = Annotated[int, Field(ge=-LATEST_MS, le=LATEST_MS)]
"""UTC milliseconds: no calendar and no column has those far beyond."""
UserId = Annotated[str, Field(max_length=LIMITS.user_id)]
Name = Annotated[str, Field(max_length=LIMITS.name)]


class _Meeting(_Value):
    uuid: Annotated[str, Field(min_length=1, max_length=LIMITS.id)]
    id: Id
    topic: Annotated[str, Field(max_length=LIMITS.topic)]
    started_at: Annotated[AwareDatetime, Field(ge=datetime(1970, 1, 1, tzinfo=UTC))]
    timezone: Annotated[str, Field(max_length=64)] = ""


class _Said(_Value):
    id: Id
    speaker: Name
    user_id: UserId
    start_ms: Time
    end_ms: Time
    text: Annotated[str, Field(max_length=LIMITS.text)]
    language: Annotated[int, Field(ge=-(2**31), lt=2**31)] | None
    source: Source


class _Missed(_Value):
    from_ms: Time
    to_ms: Time
    reason: Annotated[str, Field(max_length=LIMITS.reason)]


class _Happened(_Value):
    kind: HappeningKind
    at_ms: Time
    user_id: UserId
    name: Name


class _Exported(_Value):
    schema_name: Annotated[str, Field(alias="schema", pattern=f"^{SCHEMA}$")]
    stream_id: Annotated[str, Field(min_length=1, max_length=LIMITS.id)]
    meeting: _Meeting
    utterances: list[_Said]
    gaps: list[_Missed] = []
    happenings: list[_Happened] = []


def exported(content: str | bytes, *, runs: Iterable[Mapping[str, Any]] = (), where: str) -> Recorded:
    """A meeting of ``export --as json``, and its ``runs`` as the API tells them.

    Raises:
        ConfigurationError: It is none; ``where`` says which, and the message nothing that was said.
    """
    try:
        told = _Exported.model_validate_json(content)
    except ValidationError as error:
        place, message = first_fault(error)
        raise ConfigurationError(
            f"{where} is not a meeting that was exported as JSON: {place}: {message}"
        ) from None
    stream = _stream(
        told.stream_id,
        told.meeting.uuid,
        told.meeting.id,
        told.meeting.topic,
        int(told.meeting.started_at.timestamp() * 1000),
        told.meeting.timezone,
    )
    said = [
        Utterance(stream_id=told.stream_id, n=utterance_position(each.id), **each.model_dump(exclude={"id"}))
        for each in told.utterances
    ]
    if any(not each.n for each in said) or len({each.n for each in said}) != len(said):
        raise ConfigurationError(f"{where} has an utterance without an id of its own, such as u-000012")
    return Recorded(
        stream=stream,
        utterances=tuple(sorted(said, key=lambda each: each.n)),
        gaps=tuple(Gap(stream_id=told.stream_id, **each.model_dump()) for each in told.gaps),
        happenings=tuple(
            Happening(stream_id=told.stream_id, **each.model_dump()) for each in told.happenings
        ),
        answered={
            (str(run["route"]), run["kind"], int(run["seq"])): (run["ended_ms"] - run["created_ms"]) / 1000
            for run in runs
            if run["ended_ms"] >= run["created_ms"] > 0
        },
    )


def is_exported(content: str) -> bool:
    """Whether text is a meeting of ``export --as json``, good or bad."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and value.get("schema") == SCHEMA


def _stream(
    stream_id: str, meeting_uuid: str, meeting_id: str, topic: str, began_ms: int, timezone: str = ""
) -> Stream:
    return Stream(
        stream_id=stream_id,
        product=Product.MEETING,
        meeting_uuid=meeting_uuid,
        server_urls="",
        event_ts=began_ms,
        meeting_id=meeting_id,
        topic=topic,
        started_at_ms=began_ms,
        state=StreamState.LIVE,
        timezone=timezone,
    )
