"""Names in a text: of the roster and those spoken of, also all in small letters as speech recognition writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bridge.redaction.common_names import (
    CALENDAR,
    COMMON_NAMES,
    HARDLY_NAMES,
    MAINLY_PLACES,
    PLACE_BEFORE,
    PLACES,
    SAINTS,
)
from bridge.redaction.name_contexts import (
    CALL_PHRASES,
    CALLS,
    DETERMINERS,
    INTRODUCTIONS,
    MODALS,
    NO_FAMILY,
    OPENERS,
    PARTICLES,
    ROSTER_SPEECH,
    SPEECH,
    SUBJECTS,
    TITLES,
    TITLES_OF,
    YOU,
    phrase_sets,
    word_sets,
)
from bridge.redaction.name_lists import (
    family_names,
    far_given_names,
    is_frequent,
    is_very_frequent,
    is_word,
    near_given_names,
)
from bridge.redaction.persons import plain
from bridge.redaction.tongues import FUNCTION_WORDS, WITHOUT_SPACES

SPOKEN_WORD: Final = re.compile(rf"[^\W\d_{WITHOUT_SPACES}]+")
"""A word of a script with spaces; what stands behind an apostrophe is a word of its own."""
_ENDS_SENTENCE: Final = re.compile(r"[.?!:;…\n\"“„»«¿¡(]")
_SMALL_GAP: Final = re.compile(r"[ \u00a0]|-")
_CALLS: Final = word_sets(CALLS)
_CALL_PHRASES: Final = phrase_sets(CALL_PHRASES)
_SPEECH: Final = word_sets(SPEECH)
_ROSTER_SPEECH: Final = {language: frozenset(words) for language, words in ROSTER_SPEECH.items()}
_INTRODUCTIONS: Final = frozenset(INTRODUCTIONS)
_LONGEST_NAME: Final = 5
_LEAST_UNKNOWN: Final = 3
_LONGEST_STUMP: Final = 3


@dataclass
class _Word:
    text: str
    start: int
    end: int
    plain: str
    gap: str
    """What stands between it and the word before."""
    is_first: bool
    """Whether a sentence begins with it."""
    is_part: bool = False
    """Whether it is a word of the name of somebody who is known."""
    is_given: bool = False
    is_family: bool = False
    is_common: bool = False
    """Whether it is rather an ordinary word."""
    is_unknown: bool = False
    """Whether it is no word of the languages at all."""


class SpokenNames:
    """Finds names in one text.

    Args:
        text: To look in.
        languages: In which it is.
        parts: Words of the names of those who are known, small and without accents.
    """

    def __init__(self, text: str, languages: tuple[str, ...], parts: Iterable[str]) -> None:
        self.text = text
        self.languages = tuple(language for language in languages if language in FUNCTION_WORDS)
        self.words = words_in(text)
        self._functions = [FUNCTION_WORDS[language] for language in self.languages]
        capitals = sum(word.text[0].isupper() for word in self.words)
        self.is_cased = 0 < capitals <= max(2, 0.7 * len(self.words))
        for word in self.words:
            self._look_up(word, parts)

    def spans(self) -> list[tuple[int, int]]:
        """Where names stand, by place."""
        found, at = [], 0
        while at < len(self.words):
            if not self._begins(at):
                at += 1
                continue
            end = self._end(at)
            found.append((self._start(at, found), self._cut(end)))
            at = end + 1
        return found

    def _look_up(self, word: _Word, parts: Iterable[str]) -> None:
        name = word.plain
        stem = name[:-1] if len(name) > 3 and name.endswith("s") else ""
        word.is_part = name in parts
        near, far = near_given_names(), far_given_names()
        small = word.text.casefold()
        if not (word.is_part or name in near) and stem:
            word.is_part = stem in parts
        is_function = any(name in functions for functions in self._functions)
        is_known_word = is_function or is_word(small, self.languages) or is_word(name, self.languages)
        word.is_unknown = not is_known_word and len(name) >= _LEAST_UNKNOWN
        word.is_given = len(name) > 2 and (
            name in near
            or (name in far and not is_known_word and self._is_whole(word))
            or (
                stem in near
                and (word.is_part or not is_known_word or "de" in self.languages)
                and stem not in MAINLY_PLACES
            )
        )
        word.is_family = name in family_names() and not is_function
        listed = [name, stem] if stem else [name]
        is_listed_common = any(
            entry in COMMON_NAMES[language] for entry in listed for language in self.languages
        )
        word.is_common = (
            is_function
            or is_listed_common
            or name in CALENDAR
            or name in MAINLY_PLACES
            or (word.is_part and not word.is_given and is_frequent(small, self.languages))
        )

    def _is_whole(self, word: _Word) -> bool:
        """Whether it is neither an abbreviation nor the beginning of a word that somebody broke off."""
        return len(word.plain) > _LONGEST_STUMP or (
            self.is_cased and word.text.istitle() and not word.is_first
        )

    # -----------------------------------------------------------------------------------------------------------------
    # Where a name begins
    # -----------------------------------------------------------------------------------------------------------------

    def _begins(self, at: int) -> bool:
        word = self.words[at]
        if self._is_place(at) or self._is_contraction(at):
            return False
        if (word.is_part or word.is_given) and not word.is_common:
            return True
        if self._is_introduced(at):
            return True
        if word.is_part or word.is_given:
            return self._is_named_by_context(at)
        if word.is_unknown:
            return self._is_unknown_name(at)
        return word.is_family and self._is_family_name(at)

    def _is_family_name(self, at: int) -> bool:
        """Whether a family name that is in the lists of words too stands for somebody here."""
        word = self.words[at]
        if (
            not (self.is_cased and word.text.istitle())
            or word.is_common
            or self._plain(at - 1) in DETERMINERS
        ):
            return False
        following = self.words[at + 1] if at + 1 < len(self.words) and self._joins(at + 1) else None
        if following and following.text.istitle() and following.is_given and not following.is_common:
            return True
        return (
            "de" not in self.languages
            and not word.is_first
            and (self._is_called(at) or self._says(at + 1, _SPEECH))
        )

    def _is_contraction(self, at: int) -> bool:
        """Whether it is what is left of another word, as in *'kay*, or a verb with its subject, as in *can you*."""
        word = self.words[at]
        is_abbreviation = (
            self.is_cased and word.text.isupper() and 1 < len(word.text) < 5 and not word.is_part
        )
        is_verb = word.plain in MODALS and self._plain(at + 1) in SUBJECTS
        return (
            word.gap.endswith((" '", " ’"))
            or (not at and self.text[: word.start].endswith("'"))
            or is_verb
            or is_abbreviation
        )

    def _is_place(self, at: int) -> bool:
        word, before = self.words[at], self._plain(at - 1)
        if word.is_part and not word.is_common:
            return False
        if before in SAINTS and (word.is_given or word.is_family):
            return True
        return word.plain in PLACES and (
            before in PLACE_BEFORE or (word.plain in MAINLY_PLACES and not word.is_part)
        )

    def _is_introduced(self, at: int) -> bool:
        """Whether a title or an introduction stands before a word that can be a name."""
        word = self.words[at]
        if (
            any(word.plain in functions for functions in self._functions)
            or word.plain in TITLES
            or len(word.text) < 2
        ):
            return False
        before = self._plain(at - 1)
        if word.is_first and not (before in TITLES and word.gap == ". "):
            return False
        if before in TITLES and self._joins(at):
            languages = TITLES_OF.get(before)
            is_title = languages is None or any(language in self.languages for language in languages)
            is_name = word.is_unknown or word.is_given or word.is_family or word.is_part
            return is_title and (is_name or (self._is_capital(at) and "de" not in self.languages))
        return self._follows(at, _INTRODUCTIONS) and not (word.is_common and not word.is_given)

    def _is_named_by_context(self, at: int) -> bool:
        """Whether an ordinary word that is a name as well is one here."""
        word, before = self.words[at], self._plain(at - 1)
        is_hard = word.plain in HARDLY_NAMES
        following = self.words[at + 1] if at + 1 < len(self.words) and self._joins(at + 1) else None
        if self._is_called(at) and not (word.plain in MODALS and before == "you"):
            return True
        if before in DETERMINERS and before:
            return False
        if self.is_cased and word.text[0].isupper():
            if not word.is_first and self.languages != ("de",) and word.plain not in CALENDAR:
                return True
            if not word.is_first and word.is_part:
                return True
            if following and following.text[0].isupper() and (following.is_family or following.is_unknown):
                return True
            if following and word.is_part and following.is_part:
                return True
        if word.is_first and self._comma_behind(at) and (word.is_part or self._speaks_to(at + 1)):
            return True
        if following is None:
            return self._is_possessive(at) and (
                word.is_part or (word.is_given and not word.is_family and not is_hard)
            )
        if (word.is_part and following.is_part) or self._is_full_name(word, following):
            return True
        is_subject = word.is_first or before in OPENERS
        if self._says(at + 1, _SPEECH) and is_subject:
            return True
        if word.is_part and self._says(at + 1, _ROSTER_SPEECH):
            return not is_hard or (is_subject and following.plain not in MODALS)
        return word.is_first and not is_hard and self._speaks_to(at + 1)

    def _is_full_name(self, word: _Word, following: _Word) -> bool:
        if following.text.islower() != word.text.islower():
            return False
        return following.is_family and following.is_unknown and not following.is_common

    def _is_unknown_name(self, at: int) -> bool:
        """Whether what is no word of the languages is a name."""
        word = self.words[at]
        if word.plain in CALENDAR:
            return False
        following = self.words[at + 1] if at + 1 < len(self.words) and self._joins(at + 1) else None
        if word.is_family and not (self.is_cased and word.text.islower()) and word.text[1:].islower():
            return not (word.text.islower() and "de" in self.languages and len(word.text) > 9)
        if self._is_called(at):
            return not (self.is_cased and word.text.islower()) and word.text[1:].islower()
        return bool(
            following
            and following.is_unknown
            and self.is_cased
            and word.text.istitle()
            and following.text[0].isupper()
            and following.text[1:].islower()
            and "de" not in self.languages
        )

    def _is_called(self, at: int) -> bool:
        before = self._plain(at - 1)
        if not before or _ENDS_SENTENCE.search(self.words[at].gap):
            return False
        if any(before in _CALLS[language] for language in self.languages):
            return not (at > 1 and self._plain(at - 2) in DETERMINERS and before in _NOUNS)
        return any(self._follows(at, _CALL_PHRASES[language]) for language in self.languages)

    def _comma_behind(self, at: int) -> bool:
        return at + 1 < len(self.words) and self.words[at + 1].gap.startswith((",", "、"))

    def _follows(self, at: int, phrases: frozenset[str]) -> bool:
        return any(
            " ".join(word.plain for word in self.words[max(0, at - count) : at]) in phrases
            for count in (1, 2, 3)
        )

    def _says(self, at: int, table: dict[str, frozenset[str]]) -> bool:
        return any(self._plain(at) in table[language] for language in self.languages)

    def _speaks_to(self, at: int) -> bool:
        return self._plain(at) in YOU or f"{self._plain(at)} {self._plain(at + 1)}" in YOU

    # -----------------------------------------------------------------------------------------------------------------
    # How far it goes
    # -----------------------------------------------------------------------------------------------------------------

    def _start(self, at: int, found: Sequence[tuple[int, int]]) -> int:
        """Where the name begins whose word was found; an unknown word before a family name is its given name."""
        word = self.words[at]
        if at and self._joins(at) and (not word.is_given or (self.is_cased and word.text.istitle())):
            before = self.words[at - 1]
            is_alike = before.text[0].isupper() == word.text[0].isupper()
            is_given = before.is_unknown or (before.is_given and is_alike and not before.is_common)
            if (
                is_given
                and is_alike
                and "de" not in self.languages
                and (not found or found[-1][1] <= before.start)
            ):
                return before.start
        return word.start

    def _end(self, at: int) -> int:
        """The last word of the name that begins at a word."""
        end = at
        while (
            end + 1 < len(self.words) and end - at < _LONGEST_NAME and self._cut(end) == self.words[end].end
        ):
            step = 1
            while self._plain(end + step) in PARTICLES and step < 3 and self._joins(end + step):
                step += 1
            if end + step >= len(self.words) or not self._continues(end + step, at, step > 1):
                break
            end += step
        return end

    def _continues(self, at: int, begin: int, is_behind_particle: bool) -> bool:
        word, first = self.words[at], self.words[begin]
        if (
            not self._joins(at)
            or word.plain in CALENDAR
            or any(word.plain in functions for functions in self._functions)
        ):
            return False
        is_capital = word.text[0].isupper()
        if is_capital != first.text[0].isupper():
            return False
        if "-" in word.gap:
            return word.is_given or word.is_family or word.is_unknown
        if word.is_part or (word.is_given and not word.is_common):
            return True
        if is_capital:
            is_german = "de" in self.languages
            if word.text.isupper() and len(word.text) > 1:
                return False
            return (
                word.is_family
                or word.is_unknown
                or (not is_german and not is_behind_particle and self.is_cased)
            )
        if is_behind_particle:
            return word.is_family
        if "de" in self.languages and len(word.text) > 11:
            return False
        is_surname = word.is_family and word.plain not in NO_FAMILY and not word.is_common
        is_surname = is_surname and not is_very_frequent(word.text.casefold(), self.languages)
        return is_surname or (word.is_unknown and not self._says(at, _SPEECH))

    def _cut(self, end: int) -> int:
        """Where the name ends: a German or careless possessive's ``s`` is none of it."""
        word = self.words[end]
        name = word.plain
        if name.endswith("s") and len(name) > 3 and name not in near_given_names() and not word.is_family:
            stem = name[:-1]
            if stem in near_given_names() or (word.is_part and stem):
                return word.end - 1
        return word.end

    def _joins(self, at: int) -> bool:
        """Whether a word stands right behind the one before."""
        gap = self.words[at].gap
        if "'" in gap or "’" in gap:
            return gap in ("'", "’") and self.words[at - 1].plain in ("o", "d")
        if gap == ". ":
            return len(self.words[at - 1].text) == 1 or self.words[at - 1].plain in TITLES
        return _SMALL_GAP.fullmatch(gap) is not None

    def _is_possessive(self, at: int) -> bool:
        return (
            at + 1 < len(self.words) and self._plain(at + 1) == "s" and self.words[at + 1].gap in ("'", "’")
        )

    def _is_capital(self, at: int) -> bool:
        return self.is_cased and self.words[at].text[0].isupper()

    def _plain(self, at: int) -> str:
        return self.words[at].plain if 0 <= at < len(self.words) else ""


_NOUNS: Final = frozenset(
    [
        "colleague",
        "boss",
        "manager",
        "ceo",
        "cto",
        "cfo",
        "intern",
        "hire",
        "invite",
        "kollege",
        "chef",
        "kunde",
        "colega",
        "jefe",
        "chefe",
        "demande",
        "pergunta",
        "frage",
    ]
)


def words_in(text: str) -> list[_Word]:
    """The words of a text with what stands between them."""
    words: list[_Word] = []
    end = 0
    for match in SPOKEN_WORD.finditer(text):
        gap = text[end : match.start()]
        words.append(
            _Word(
                text=match[0],
                start=match.start(),
                end=match.end(),
                plain=plain(match[0]),
                gap=gap,
                is_first=not words or _ENDS_SENTENCE.search(gap) is not None,
            )
        )
        end = match.end()
    return words
