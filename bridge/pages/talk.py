"""Who talked how much, counted as the words come. Pure."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from bridge.domain import Source
from bridge.transcript.window import count_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.domain import Utterance

_ASKED: Final = re.compile(r"""[?!]*\?[?!]*(?=[\s"'”’»)\]]|$)|[？؟⁇❓՞፧\u037e]+""")
"""Question marks of Latin (at the end of a word, as addresses have them inside), Chinese, Arabic, Armenian, Ethiopic and Greek writing."""
BREATH_MS: Final = 20_000
"""A longer silence ends a stretch of speech, also where nobody else speaks."""


@dataclass(slots=True)
class Share:
    """What one person said."""

    key: str
    spoken_ms: int = 0
    """Sum of the lengths of what was spoken; chat has none."""
    longest_ms: int = 0
    """The longest stretch in which nobody else spoke."""
    words: int = 0
    questions: int = 0

    def of(self, whole_ms: int) -> float:
        """Part of all that was spoken, from 0 to 1."""
        return self.spoken_ms / whole_ms if whole_ms else 0.0


class TalkTime:
    """Everybody's share, counted in order of arrival."""

    def __init__(self) -> None:
        self._shares: dict[str, Share] = {}
        self._speaker = ""
        self._stretch_ms = 0
        self._until_ms = 0

    def copy(self) -> TalkTime:
        """The same, that goes on by itself."""
        twin = copy.copy(self)
        twin._shares = {key: replace(share) for key, share in self._shares.items()}
        return twin

    def add(self, said: Utterance) -> None:
        """Count one utterance."""
        key = said.who
        share = self._shares.setdefault(key, Share(key))
        share.words += count_words(said.text)
        share.questions += questions(said)
        if said.source is not Source.SPEECH:
            return
        spoken = max(0, said.end_ms - said.start_ms)
        share.spoken_ms += spoken
        goes_on = key == self._speaker and said.start_ms - self._until_ms <= BREATH_MS
        self._stretch_ms = self._stretch_ms + spoken if goes_on else spoken
        self._speaker, self._until_ms = key, max(said.end_ms, said.start_ms)
        share.longest_ms = max(share.longest_ms, self._stretch_ms)

    @property
    def words(self) -> int:
        """Of everybody."""
        return sum(share.words for share in self._shares.values())

    @property
    def whole_ms(self) -> int:
        """All that was spoken; people who spoke at the same time count each."""
        return sum(share.spoken_ms for share in self._shares.values())

    def shares(self) -> Sequence[Share]:
        """Who spoke longest comes first; then in order of appearance."""
        return sorted(self._shares.values(), key=lambda share: -share.spoken_ms)


def questions(said: Utterance) -> int:
    """How many questions it holds, by its question marks."""
    text = said.text
    return 0 if text.isascii() and "?" not in text else len(_ASKED.findall(text))
