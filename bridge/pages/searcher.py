"""The seam to whatever finds words in past meetings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.domain import Utterance


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A place in a meeting where something was found."""

    stream_id: str
    n: int
    """Position of the utterance that has it."""
    utterances: tuple[Utterance, ...]
    """The hit in its surroundings, in order."""


class Searcher(Protocol):
    """Finds words in meetings."""

    async def search(self, text: str, limit: int) -> Sequence[Hit]:
        """The best places first, at most so many."""
