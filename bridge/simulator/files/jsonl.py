"""Our own form: one utterance a line, as JSON. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bridge.domain import Source
from bridge.files import first_fault
from bridge.simulator.files.clock import LATEST_MS
from bridge.simulator.files.rows import Parsed, Row, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGEST_ID: Final = 10**18
"""Larger numbers are no participant's: Zoom's fit into 64 bits."""


class _Said(BaseModel):
    """A line of the file. Other keys are passed over."""

    model_config = ConfigDict(strict=True, frozen=True, str_strip_whitespace=True)

    start_ms: int = Field(ge=0, le=LATEST_MS)
    end_ms: int = Field(ge=0, le=LATEST_MS)
    speaker: str = Field(min_length=1)
    text: str = Field(min_length=1)
    user_id: int | None = Field(default=None, gt=0, le=_LARGEST_ID)
    source: Source = Field(default=Source.SPEECH, strict=False)


def read_jsonl(content: str) -> Parsed:
    """``start_ms``, ``end_ms``, ``speaker`` and ``text``; optional ``user_id`` and ``source`` (``speech`` or ``chat``).

    Raises:
        UnreadableError: A line is not such an object.
    """
    return Parsed(rows=list(_rows(content)))


def _rows(content: str) -> Iterator[Row]:
    for n, text in enumerate(content.split("\n"), start=1):
        if not text.strip():
            continue
        try:
            said = _Said.model_validate_json(text)
        except ValidationError as error:
            place, message = first_fault(error)
            raise UnreadableError(n, f"{place and f'{place}: '}{message}") from None
        if said.end_ms < said.start_ms:
            raise UnreadableError(n, "end_ms is before start_ms")
        yield Row(line=n, **said.model_dump())
