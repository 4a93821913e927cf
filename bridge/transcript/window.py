"""When a live window closes. Pure: time comes in as an argument.

One :class:`OpenWindow` per stream and route collects what that route has not been sent. It closes
by words, by time, by a pause, or at the end; while the route is busy it simply goes on growing.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bridge.domain import Utterance
    from bridge.flow.routes import WindowRule

_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""Characters of scripts that do not put spaces between words: Thai, Lao, Burmese, Khmer, Kana, Han."""


class OpenWindow:
    """What a route has not been sent yet. ``now`` is one monotonic clock, in seconds."""

    def __init__(self, rule: WindowRule) -> None:
        self._rule = rule
        self._utterances: list[Utterance] = []
        self._words = 0
        self._opened_at = 0.0
        self._spoken_at = 0.0

    def __bool__(self) -> bool:
        return bool(self._utterances)

    def add(self, utterance: Utterance, now: float) -> None:
        """Take an utterance; each may be added once."""
        if not self._utterances:
            self._opened_at = now
        self._spoken_at = now
        self._utterances.append(utterance)
        self._words += count_words(utterance.text)

    def amend(self, n: int, text: str) -> None:
        """Give an utterance another text, or take it out where the text is empty; others are not touched."""
        if not any(said.n == n for said in self._utterances):
            return
        kept = [replace(said, text=text) if said.n == n else said for said in self._utterances]
        self._utterances = [said for said in kept if said.text]
        self._words = sum(count_words(said.text) for said in self._utterances)

    def due_at(self) -> float | None:
        """When the window closes if nothing more is said; ``None`` while it is empty.

        A time that has passed means: now.
        """
        if not self._utterances:
            return None
        if self._words >= self._rule.max_words:
            return self._spoken_at
        at_the_latest = self._opened_at + self._rule.max_seconds
        if self._words < self._rule.min_words:
            return at_the_latest
        return min(at_the_latest, self._spoken_at + self._rule.pause_seconds)

    def flush(self) -> list[Utterance]:
        """Everything collected, by start time and then arrival; the window is empty afterwards."""
        utterances, self._utterances, self._words = self._utterances, [], 0
        utterances.sort(key=lambda utterance: (utterance.start_ms, utterance.n))
        return utterances


def count_words(text: str) -> int:
    """Words by spaces; where a script has none, two characters count as one word."""
    words = len(text.split())
    return words if text.isascii() else words + len(_UNSPACED.findall(text)) // 2
