"""The words of a text, with what the lists and their places tell of each."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from bridge.redaction.lexicon import Entry, entry_of
from bridge.redaction.name_contexts import TITLES
from bridge.redaction.tongues import FUNCTION_WORDS, WITHOUT_SPACES

SPOKEN_WORD: Final = re.compile(rf"[^\W\d_{WITHOUT_SPACES}]+")
"""A word of a script with spaces; what stands behind an apostrophe is a word of its own."""
ENDS_SENTENCE: Final = re.compile(r"[.?!:;…\n\"“„»«¿¡(]")
_JOINING: Final = frozenset([" ", "\u00a0", "-"])
_LONGEST_STUMP: Final = 3
_MOST_CAPITALS: Final = 0.7


@dataclass
class SpokenWord:
    """One word at its place in a text."""

    text: str
    start: int
    end: int
    gap: str
    """What stands between it and the word before."""
    is_first: bool
    """Whether a sentence begins with it."""
    entry: Entry
    plain: str
    """In small letters without accents."""
    is_part: bool
    """Whether it is a word of the name of somebody who is known."""
    is_given: bool = False
    is_common: bool = False
    """Whether it is rather an ordinary word."""

    @property
    def is_capital(self) -> bool:
        """Whether it begins with a capital letter."""
        return self.text[0].isupper()

    @property
    def is_title(self) -> bool:
        """Whether it is written as a name is."""
        return self.text[0].isupper() and (len(self.text) == 1 or not self.text.isupper())


class SpokenText:
    """A text's words, by place.

    Args:
        text: To look at.
        languages: In which it is.
        parts: Words of the names of those who are known, small and without accents.
    """

    def __init__(self, text: str, languages: tuple[str, ...], parts: Container[str]) -> None:
        self.text = text
        self.languages = tuple(language for language in languages if language in FUNCTION_WORDS)
        self.words = self._read(parts)
        capitals = sum(word.is_capital for word in self.words)
        self.is_cased = 0 < capitals <= max(2, _MOST_CAPITALS * len(self.words))
        """Whether a capital letter tells something."""
        for word in self.words:
            self._judge(word)

    def _read(self, parts: Container[str]) -> list[SpokenWord]:
        words: list[SpokenWord] = []
        end = 0
        for match in SPOKEN_WORD.finditer(self.text):
            gap = self.text[end : match.start()]
            entry = entry_of(match[0].lower(), self.languages)
            words.append(
                SpokenWord(
                    text=match[0],
                    start=match.start(),
                    end=match.end(),
                    gap=gap,
                    is_first=not words or (gap not in _JOINING and ENDS_SENTENCE.search(gap) is not None),
                    entry=entry,
                    plain=entry.plain,
                    is_part=entry.plain in parts
                    or (bool(entry.stem) and not entry.is_near and entry.stem in parts),
                )
            )
            end = match.end()
        return words

    def _judge(self, word: SpokenWord) -> None:
        entry = word.entry
        is_stem_part = word.is_part and bool(entry.stem) and not entry.is_near
        word.is_given = (
            entry.is_near
            or entry.is_stem_near
            or (
                entry.is_far
                and (
                    len(word.text) > _LONGEST_STUMP or (self.is_cased and word.is_title and not word.is_first)
                )
            )
        )
        word.is_common = entry.is_common or (
            word.is_part and not word.is_given and not is_stem_part and entry.is_frequent
        )

    def plain(self, at: int) -> str:
        """The word at a position; empty where there is none."""
        return self.words[at].plain if 0 <= at < len(self.words) else ""

    def joins(self, at: int) -> bool:
        """Whether a word stands right behind the one before."""
        gap = self.words[at].gap
        if gap in ("'", "’"):
            return self.words[at - 1].plain in ("o", "d")
        if gap == ". ":
            return len(self.words[at - 1].text) == 1 or self.words[at - 1].plain in TITLES
        return gap in _JOINING

    def following(self, at: int) -> SpokenWord | None:
        """The word that stands right behind one."""
        return self.words[at + 1] if at + 1 < len(self.words) and self.joins(at + 1) else None

    def is_possessive(self, at: int) -> bool:
        """Whether ``'s`` stands behind a word."""
        return self.plain(at + 1) == "s" and self.words[at + 1].gap in ("'", "’")

    def has_comma_behind(self, at: int) -> bool:
        """Whether a comma stands behind a word that others follow."""
        return at + 1 < len(self.words) and self.words[at + 1].gap.startswith((",", "、"))
