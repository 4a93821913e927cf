"""How far a reader of a meeting has come, as server-sent events carry it in ``id:`` and ``Last-Event-ID``. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

DIGITS: Final = 8
"""Of each digest in a cursor."""
_FORM: Final = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})\.([0-9a-f]{0,16})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Everything up to here was shown. Positions never fall; equal cursors have seen the same."""

    words: int = 0
    """Highest position of an utterance."""
    gaps: int = 0
    """How many gaps."""
    happenings: int = 0
    """How many happenings."""
    state: str = ""
    """Digests of what changes in place. Empty where none of it was shown."""

    @property
    def chat(self) -> str:
        """Of the chat messages up to here."""
        return self.state[:DIGITS]

    @property
    def figures(self) -> str:
        """Of figures, findings and runs."""
        return self.state[DIGITS:]

    def __str__(self) -> str:
        return f"{self.words}.{self.gaps}.{self.happenings}.{self.state}"

    @classmethod
    def read(cls, text: str) -> Cursor | None:
        """The cursor that a text stands for; ``None`` where it stands for none, whoever wrote it."""
        found = _FORM.fullmatch(text)
        if found is None:
            return None
        words, gaps, happenings = (int(number) for number in found.groups()[:3])
        return cls(words=words, gaps=gaps, happenings=happenings, state=found[4])
