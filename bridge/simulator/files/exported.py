"""What ``zoom-bridge export --as json`` wrote, ``docs/export.md``. Pure."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bridge.domain import Source
from bridge.files import first_fault
from bridge.simulator.files.clock import LATEST_MS
from bridge.simulator.files.rows import Parsed, Row, UnreadableError

_SCHEMA: Final = "zoom-meeting/1"
_OTHER: Final = "not a meeting that was exported as JSON"
_LONGEST_NUMBER: Final = 18


class _Said(BaseModel):
    model_config = ConfigDict(strict=True)

    speaker: str
    user_id: str
    start_ms: int = Field(ge=0, le=LATEST_MS)
    end_ms: int = Field(ge=0, le=LATEST_MS)
    text: str = Field(min_length=1)
    source: Source = Field(strict=False)


class _Exported(BaseModel):
    model_config = ConfigDict(strict=True)

    schema_name: str = Field(alias="schema")
    utterances: list[_Said]


def read_exported(content: str) -> Parsed:
    """The words, who said them, and when, from the first word on.

    Raises:
        UnreadableError: It is no such file.
    """
    try:
        exported = _Exported.model_validate_json(content)
    except ValidationError as error:
        place, message = first_fault(error)
        raise UnreadableError(0, f"{_OTHER}: {place and f'{place}: '}{message}") from None
    if exported.schema_name != _SCHEMA:
        raise UnreadableError(0, f"{_OTHER}: its schema is not {_SCHEMA}")
    zero = min((said.start_ms for said in exported.utterances), default=0)
    return Parsed(
        rows=[
            Row(
                line=n,
                text=" ".join(said.text.split()),
                speaker=said.speaker,
                start_ms=said.start_ms - zero,
                end_ms=max(said.end_ms, said.start_ms) - zero,
                user_id=_number(said.user_id),
                source=said.source,
            )
            for n, said in enumerate(exported.utterances, start=1)
            if said.text.strip()
        ]
    )


def _number(user_id: str) -> int | None:
    """A participant's number; ``None`` where it is none."""
    decimal = user_id.isascii() and user_id.isdecimal() and len(user_id) <= _LONGEST_NUMBER
    return (int(user_id) or None) if decimal else None
