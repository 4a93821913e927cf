"""Names in a text: of the roster and those spoken of, also all in small letters as speech recognition writes them."""

from __future__ import annotations

from collections.abc import Container
from typing import Final

from bridge.redaction.common_names import CALENDAR, HARDLY_NAMES, MAINLY_PLACES, PLACE_BEFORE, PLACES, SAINTS
from bridge.redaction.name_contexts import (
    CALL_NOUNS,
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
from bridge.redaction.spoken_words import ENDS_SENTENCE, SpokenText, SpokenWord

_CALLS: Final = word_sets(CALLS)
_CALL_PHRASES: Final = phrase_sets(CALL_PHRASES)
_SPEECH: Final = word_sets(SPEECH)
_ROSTER_SPEECH: Final = word_sets(ROSTER_SPEECH)
_DETERMINERS: Final = word_sets(DETERMINERS)
_ANDS: Final = frozenset(["and", "und", "y", "et", "e"])
_INTRODUCTIONS: Final = frozenset(INTRODUCTIONS)
_LONGEST_NAME: Final = 5
"""Words behind the first one."""
_LONGEST_GERMAN: Final = 11
"""Letters of a German word that is in no list and yet no compound."""


class SpokenNames(SpokenText):
    """Finds names in one text. A word is one by itself, or by what stands beside it where it is an ordinary word too."""

    def spans(self) -> list[tuple[int, int]]:
        """Where names stand, by place."""
        found: list[tuple[int, int]] = []
        self._last = -1  # the last word of the name before
        at = 0
        while at < len(self.words):
            if not self._begins(at):
                at += 1
                continue
            end = self._end(at)
            start = self._start(at, found[-1][1] if found else 0)
            found.append((start, self._cut(end)))
            self._last, at = end, end + 1
        return found

    # -----------------------------------------------------------------------------------------------------------------
    # Where a name begins
    # -----------------------------------------------------------------------------------------------------------------

    def _begins(self, at: int) -> bool:
        word = self.words[at]
        can_be = word.is_part or word.is_given
        if self._is_title(word.plain) or self._is_nobody(at):
            return False
        if can_be and not word.is_common:
            return True
        if self._is_introduced(at):
            return True
        if can_be:
            return self._is_named_by_context(at)
        if word.entry.is_unknown and self._is_unknown_name(at):
            return True
        return word.entry.is_family and self._is_family_name(at)

    def _is_nobody(self, at: int) -> bool:
        """Whether it is a place, what is left of another word as in *'kay*, or a verb as in *can you*."""
        word, before = self.words[at], self.plain(at - 1)
        if word.gap.endswith((" '", " ’")) or (not at and word.start and self.text[word.start - 1] in "'’"):
            return True
        if word.plain in MODALS and self.plain(at + 1) in SUBJECTS:
            return True
        if word.is_part:
            return False
        if self.is_cased and word.text.isupper() and 1 < len(word.text) < 5:
            return True
        if before in SAINTS and (word.is_given or word.entry.is_family):
            return True
        return word.plain in PLACES and (before in PLACE_BEFORE or word.plain in MAINLY_PLACES)

    def _is_introduced(self, at: int) -> bool:
        """Whether a title or an introduction stands before a word that can be a name."""
        word, before = self.words[at], self.plain(at - 1)
        if not at or word.entry.is_function or word.plain in TITLES or len(word.text) < 2:
            return False
        if word.is_first and not (before in TITLES and word.gap == ". "):
            return False
        if before in TITLES and self.joins(at):
            is_name = word.entry.is_unknown or word.is_given or word.entry.is_family or word.is_part
            is_written = self.is_cased and word.is_capital and "de" not in self.languages
            return self._is_title(before) and (is_name or is_written)
        return self._follows(at, _INTRODUCTIONS) and not (word.is_common and not word.is_given)

    def _is_title(self, word: str) -> bool:
        """Whether a word is a title in a language of the text."""
        return word in TITLES and any(
            language in self.languages for language in TITLES_OF.get(word, self.languages)
        )

    def _is_named_by_context(self, at: int) -> bool:
        """Whether an ordinary word that is a name as well is one here."""
        word, before, following = self.words[at], self.plain(at - 1), self.following(at)
        is_hard = word.plain in HARDLY_NAMES
        if self._is_called(at) and not (word.plain in MODALS and before == "you"):
            return True
        if before in _ANDS and at - 2 == self._last and not is_hard:
            return True
        if self._says(at - 1, _DETERMINERS):
            return False
        if self.is_cased and word.is_capital and self._is_written_as_name(at, following):
            return True
        is_subject = word.is_first or before in OPENERS
        if word.is_first and self.has_comma_behind(at) and (word.is_part or self._speaks_to(at + 1)):
            return True
        if following is None:
            return self.is_possessive(at) and (word.is_part or (not word.entry.is_family and not is_hard))
        if (word.is_part and following.is_part) or self._is_full_name(word, following):
            return True
        if is_subject and self._says(at + 1, _SPEECH):
            return True
        is_told_of = (word.is_given and not is_hard) or (
            is_subject and (not is_hard or following.plain not in MODALS)
        )
        if word.is_part and is_told_of and self._says(at + 1, _ROSTER_SPEECH):
            return True
        can_be_called = not is_hard or (word.is_part and word.plain not in MODALS)
        return is_subject and can_be_called and self._speaks_to(at + 1)

    def _is_written_as_name(self, at: int, following: SpokenWord | None) -> bool:
        """Whether the capital letter of an ordinary word tells that it is a name."""
        word = self.words[at]
        if not word.is_first and word.is_part:
            return True
        if not word.is_first and "de" not in self.languages and word.plain not in CALENDAR:
            return True
        if following is None or not following.is_title:
            return False
        return following.is_part or following.entry.is_family or following.entry.is_unknown

    def _is_full_name(self, word: SpokenWord, following: SpokenWord) -> bool:
        """Whether a family name behind an ordinary word makes it a given name."""
        if following.is_capital != word.is_capital or not following.entry.is_family or following.is_common:
            return False
        is_rare = not following.entry.is_very_frequent and following.plain not in NO_FAMILY
        return following.entry.is_unknown or (
            word.plain not in HARDLY_NAMES and is_rare and len(following.text) > 4
        )

    def _is_unknown_name(self, at: int) -> bool:
        """Whether what is no word of the languages is a name."""
        word, following = self.words[at], self.following(at)
        is_small = word.text.islower()
        if not word.text[1:].islower() or (self.is_cased and is_small):
            return False
        if word.entry.is_family:
            return not (is_small and "de" in self.languages and len(word.text) > _LONGEST_GERMAN)
        if self._is_called(at):
            return not (is_small and "es" in self.languages)  # of its verbs' forms the lists know few
        is_pair = following is not None and following.entry.is_unknown and following.is_title
        return is_pair and word.is_title and self.is_cased and "de" not in self.languages

    def _is_family_name(self, at: int) -> bool:
        """Whether a family name that is an ordinary word too stands for somebody here."""
        word, following = self.words[at], self.following(at)
        if not (self.is_cased and word.is_title) or word.is_common or self._says(at - 1, _DETERMINERS):
            return False
        if following and following.is_title and following.is_given and not following.is_common:
            return True
        is_written = "de" not in self.languages and not word.is_first
        return is_written and (self._is_called(at) or self._says(at + 1, _SPEECH))

    def _is_called(self, at: int) -> bool:
        """Whether somebody is called or spoken to by the words before."""
        before = self.plain(at - 1)
        if not before or ENDS_SENTENCE.search(self.words[at].gap):
            return False
        if any(before in _CALLS[language] for language in self.languages):
            return not (
                before in CALL_NOUNS and self._says(at - 2, _DETERMINERS) and self.words[at].entry.is_unknown
            )
        return any(self._follows(at, _CALL_PHRASES[language]) for language in self.languages)

    def _follows(self, at: int, phrases: frozenset[str]) -> bool:
        phrase = ""
        for back in range(1, min(3, at) + 1):
            phrase = f"{self.words[at - back].plain} {phrase}".rstrip()
            if phrase in phrases:
                return True
        return False

    def _says(self, at: int, table: dict[str, frozenset[str]]) -> bool:
        return any(self.plain(at) in table[language] for language in self.languages)

    def _speaks_to(self, at: int) -> bool:
        return self.plain(at) in YOU or f"{self.plain(at)} {self.plain(at + 1)}" in YOU

    # -----------------------------------------------------------------------------------------------------------------
    # How far it goes
    # -----------------------------------------------------------------------------------------------------------------

    def _start(self, at: int, last: int) -> int:
        """Where the name begins whose word was found: an unknown word before a family name is its given name."""
        word = self.words[at]
        if not at or not self.joins(at) or "de" in self.languages:
            return word.start
        before = self.words[at - 1]
        is_alike = (
            before.is_capital == word.is_capital and before.start >= last and before.plain not in TITLES
        )
        can_be = before.entry.is_unknown or (before.is_given and not before.is_common)
        return before.start if is_alike and can_be and (not word.is_given or word.is_title) else word.start

    def _end(self, at: int) -> int:
        """The last word of the name that begins at a word; nothing follows a possessive."""
        end = at
        while end - at < _LONGEST_NAME and self._cut(end) == self.words[end].end:
            step = 1
            while step < 3 and self.plain(end + step) in PARTICLES and self.joins(end + step):
                step += 1
            if end + step >= len(self.words) or not self._continues(
                end + step, at, is_behind_particle=step > 1
            ):
                break
            end += step
        return end

    def _continues(self, at: int, begin: int, *, is_behind_particle: bool) -> bool:
        """Whether a word is of the name that began before it."""
        word, entry = self.words[at], self.words[at].entry
        is_alike = word.is_capital == self.words[begin].is_capital
        if not self.joins(at) or not is_alike or entry.is_function or word.plain in CALENDAR:
            return False
        if "-" in word.gap:
            return word.is_given or entry.is_family or entry.is_unknown
        if word.is_part or (word.is_given and not word.is_common):
            return True
        if word.is_capital:
            is_written = "de" not in self.languages and not is_behind_particle and self.is_cased
            return word.is_title and (entry.is_family or entry.is_unknown or is_written)
        return self._is_small_family_name(at, is_behind_particle=is_behind_particle)

    def _is_small_family_name(self, at: int, *, is_behind_particle: bool) -> bool:
        word, entry = self.words[at], self.words[at].entry
        if is_behind_particle or ("de" in self.languages and len(word.text) > _LONGEST_GERMAN):
            return entry.is_family
        if (word.plain in HARDLY_NAMES or word.plain in NO_FAMILY or entry.is_very_frequent) or self._says(
            at, _SPEECH
        ):
            return False
        is_unknown = entry.is_unknown and "es" not in self.languages
        return word.is_given or (entry.is_family and not word.is_common) or is_unknown

    def _cut(self, end: int) -> int:
        """Where the name ends: a German or careless possessive's ``s`` is none of it."""
        word = self.words[end]
        if not word.entry.stem or word.entry.is_near or word.entry.is_family:
            return word.end
        return word.end - 1 if word.is_part or word.entry.is_stem_near else word.end


def spoken_names(text: str, languages: tuple[str, ...], parts: Container[str]) -> list[tuple[int, int]]:
    """Where names stand in a text of these languages; ``parts`` are words of names of those who are known."""
    return SpokenNames(text, languages, parts).spans()
