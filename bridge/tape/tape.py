"""A tape: JSON lines, the first of which says what it is of, each other what happened at a moment. Pure.

``docs/tape.md`` has the fields. Times are milliseconds from the moment at which the bridge learned who was there, which
is when words could first arrive. What is no tape, or has a line that is none, is refused whole.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bridge.domain import LIMITS
from bridge.errors import ConfigurationError
from bridge.files import first_fault
from bridge.times import LAST_MS

if TYPE_CHECKING:
    from collections.abc import Callable

_Read = TypeVar("_Read")

SCHEMA: Final = "zoom-tape/1"
_FAR_MS: Final = 2 * LAST_MS
"""As far apart as two times of a calendar can be, and farther."""
Offset = Annotated[int, Field(ge=-_FAR_MS, le=_FAR_MS)]
Id = Annotated[str, Field(max_length=LIMITS.id)]
Name = Annotated[str, Field(max_length=LIMITS.name)]
Reason = Annotated[str, Field(max_length=LIMITS.reason)]


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Head(_Line):
    """What the tape is of."""

    tape: Literal["zoom-tape/1"] = SCHEMA
    words: Literal["kept", "replaced"]
    product: Annotated[str, Field(max_length=32)] = "meeting"
    topic: Annotated[str, Field(max_length=LIMITS.topic)] = ""
    state: Annotated[str, Field(max_length=16)] = ""
    end_reason: Reason = ""


class _Moment(_Line):
    at_ms: Offset


class Said(_Moment):
    """Words came: an utterance, or a chat message, whose text is empty where it was deleted later."""

    kind: Literal["speech", "chat"]
    start_ms: Offset
    end_ms: Offset
    user_id: Id = ""
    speaker: Name = ""
    text: Annotated[str, Field(max_length=LIMITS.text)] = ""
    language: int | None = None
    message: Id = ""
    """Which chat message it is; another id than Zoom's."""


class Person(_Moment):
    """Somebody was there, came, went, or shared a screen."""

    kind: Literal["present", "joined", "left", "sharing_started", "sharing_stopped"]
    user_id: Id = ""
    name: Name = ""


class Pause(_Moment):
    """Zoom paused the stream, or went on with it."""

    kind: Literal["paused", "resumed"]


class Lost(_Moment):
    """Nobody heard from then on, until words could arrive again: a gap."""

    kind: Literal["lost"] = "lost"
    until_ms: Offset
    reason: Reason


class Webhook(_Moment):
    """Zoom told of the stream."""

    kind: Literal["webhook"] = "webhook"
    event: Annotated[str, Field(max_length=64)]


Moment: TypeAlias = Said | Person | Pause | Lost | Webhook
_MOMENT: Final[TypeAdapter[Moment]] = TypeAdapter(Annotated[Moment, Field(discriminator="kind")])


class Tape(BaseModel):
    """All of it; ``moments`` are in the order in which they happened."""

    model_config = ConfigDict(frozen=True)

    head: Head
    moments: tuple[Moment, ...]


def write(tape: Tape) -> str:
    """The file."""
    lines = (tape.head, *tape.moments)
    return "".join(f"{json.dumps(line.model_dump(), ensure_ascii=True)}\n" for line in lines)


def is_tape(content: str) -> bool:
    """Whether text is a tape, good or bad."""
    first, _, _ = content.lstrip().partition("\n")
    try:
        head = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(head, dict) and str(head.get("tape", "")).startswith("zoom-tape/")


def read(content: str, *, where: str) -> Tape:
    """What is in the file.

    Raises:
        ConfigurationError: It is no tape, or of another kind; the message begins with ``where`` and tells the line.
    """
    lines = [(number, line) for number, line in enumerate(content.splitlines(), start=1) if line.strip()]
    if not lines:
        raise ConfigurationError(f"{where}: no tape, it is empty")
    first = _validated(Head.model_validate_json, *lines[0], where=where)
    moments = (_validated(_MOMENT.validate_json, *line, where=where) for line in lines[1:])
    return Tape(head=first, moments=tuple(moments))


def _validated(read_line: Callable[[str], _Read], number: int, line: str, *, where: str) -> _Read:
    try:
        return read_line(line)
    except ValidationError as error:
        field = first_fault(error)[0] or "kind"
        raise ConfigurationError(
            f"{where}, line {number}: no tape ({field} is not as it has to be)"
        ) from None
