"""What a flow should find in a meeting, written down by a person. Pure; ``docs/replay.md`` has the form of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bridge.domain import LIMITS, utterance_position
from bridge.errors import ConfigurationError
from bridge.files import first_fault
from bridge.text import one_line

if TYPE_CHECKING:
    from bridge.replay.outcome import Meeting, Outcome

SCHEMA: Final = "zoom-reference/1"
_STRICT = ConfigDict(extra="forbid", frozen=True)
Text = Annotated[str, Field(max_length=4000)]


class Expected(BaseModel):
    """One thing that is to be found."""

    model_config = _STRICT

    kind: Annotated[str, Field(min_length=1, max_length=64)]
    text: Annotated[str, Field(min_length=1, max_length=4000)]
    owner: Text | None = None
    """Who has to do it; ``None``: whoever, and empty: nobody."""
    due: Text | None = None
    """By when, in any words; ``None``: whenever, and empty: nothing was said."""
    evidence: list[Annotated[str, Field(pattern=r"^u-[0-9]{6,}$")]] = []
    """Ids of the utterances that show it."""

    @property
    def positions(self) -> list[int]:
        """Of the utterances that show it."""
        return [utterance_position(name) for name in self.evidence]


class MeetingReference(BaseModel):
    """What is to be found in one meeting."""

    model_config = _STRICT

    meeting: Annotated[str, Field(min_length=1, max_length=300)]
    """Its name in a replay (of a file, that without its suffix), the id of its stream, or its topic."""
    findings: list[Expected]
    rejected: list[Expected] = []
    """What was found and is wrong: it counts against whoever finds it again."""


class Reference(BaseModel):
    """The file."""

    model_config = _STRICT

    schema_name: Annotated[Literal["zoom-reference/1"], Field(alias="schema")]
    kinds: list[str] | None = None
    """Only findings of these kinds are scored; all that the file has, unless given."""
    meetings: Annotated[list[MeetingReference], Field(min_length=1)]

    @property
    def scored(self) -> frozenset[str]:
        """The kinds of findings that are scored."""
        named = (each.kind for meeting in self.meetings for each in (*meeting.findings, *meeting.rejected))
        return frozenset(self.kinds if self.kinds is not None else named)

    def of(self, meeting: Meeting) -> MeetingReference | None:
        """What is to be found in a meeting; ``None`` where nobody has written it down."""
        names = (meeting.name, meeting.stream_id, meeting.topic)
        return next((each for name in names for each in self.meetings if each.meeting == name), None)


def read_reference(content: bytes | str, where: str) -> Reference:
    """A reference file's content.

    Raises:
        ConfigurationError: It is none; ``where`` names it, and the message the place.
    """
    try:
        return Reference.model_validate_json(content)
    except ValidationError as error:
        place, message = first_fault(error)
        raise ConfigurationError(f"{where} is no reference: {place and f'{place}: '}{message}") from None


def insist(reference: Reference, outcome: Outcome, where: str) -> None:
    """See that something of the reference was replayed, and that its evidence is in those meetings.

    Raises:
        ConfigurationError: Nothing was, or an utterance is named that a meeting does not have.
    """
    found = [(meeting, told) for meeting in outcome.meetings if (told := reference.of(meeting)) is not None]
    if not found:
        there = ", ".join(one_line(meeting.name, LIMITS.topic) for meeting in outcome.meetings)
        raise ConfigurationError(f"{where} is of none of these meetings: {there}")
    for meeting, told in found:
        there_are = {said.n for said in meeting.said}
        for each in told.findings:
            if strange := [name for name in each.evidence if utterance_position(name) not in there_are]:
                raise ConfigurationError(
                    f"{where}: {one_line(meeting.name, LIMITS.topic)} has no utterance {', '.join(strange)}"
                )
