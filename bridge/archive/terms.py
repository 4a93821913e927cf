"""Text becomes terms, by which it is found: the same for what was said and for what is asked, on every database. Pure.

A term is a word's stem, without case, accents and compatibility forms (NFKC), of letters, marks and digits only. Scripts
that put no spaces between words (Chinese, Japanese, Korean, Thai and their neighbours) give each two neighbouring
characters; a Chinese character is a term by itself too, as it often is a word.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from bridge.archive.languages import ENGLISH, STOP_WORDS, UNKNOWN, guess, languages_for, stem

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

LONGEST: Final = 40
"""Characters of a term that count: nobody says a longer word, and databases have limits."""
MOST_ASKED: Final = 32
"""Terms of a question that count."""

_HAN: Final = "\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_UNSPACED: Final = (
    f"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1100-\u11ff\u3041-\u30ff\u31f0-\u31ff\uac00-\ud7ff{_HAN}"
)
_MARKS: Final = "".join(
    chr(code)
    for code in range(0x300, 0xFE30)
    if unicodedata.category(chr(code))[0] == "M" and not re.match(f"[{_UNSPACED}]", chr(code))
)
_WORD: Final = re.compile(rf"(?P<run>[{_UNSPACED}]+)|[^\W_{_UNSPACED}](?:[^\W_{_UNSPACED}]|[{_MARKS}])*")
_THOUSANDS: Final = re.compile(r"(?<=\d)[.,](?=\d{3}(?!\d))")
_HAN_ONE: Final = re.compile(f"[{_HAN}]")
_ACCENTS: Final = re.compile(
    "(?<![\u0400-\u052f])[\u0300-\u036f]+"  # of any script but Cyrillic, where two of them make other letters
    "|[\u0300-\u0305\u0307\u0309-\u036f]+"
    "|[\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0640\u200c\u200d]+"  # Hebrew's and Arabic's vowels; joiners
)
_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "ё": "е"}
)
"""Letters that people type in another way and Unicode does not take apart."""


def flat(text: str) -> str:
    """Text without case, accents and compatibility forms."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text).casefold()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", folded))
    return unicodedata.normalize("NFC", bare).translate(_LETTERS)


def words_of(text: str) -> list[str]:
    """The flat words of a text, and the runs of scripts without spaces whole."""
    return [match[0] for match in _WORD.finditer(_THOUSANDS.sub("", flat(text)))]


def language_in(words: list[str], told: str | None = None) -> str:
    """The language that words are of: what somebody told, else what they look like, else English."""
    return told if told is not None else guess(words) or ENGLISH


def terms_of(text: str, language: str) -> list[str]:
    """The terms of a text in a language, in order, each as often as it is said."""
    return [term for word in words_of(text) for term in indexed(word, language)]


def terms_of_name(name: str) -> list[str]:
    """The terms of somebody's name: of English in every meeting, as what is asked in any language is looked for so too."""
    return [term for word in words_of(name) for term in indexed(word, ENGLISH) or (word[:LONGEST],)]


def asked_in(question: str) -> tuple[tuple[str, ...], ...]:
    """What a question looks for: each word once, as the terms that it can be by.

    A word is of one term where the question's language is plain, else of one for each language that it can be of.
    Words that say nothing in any language they can be of are left out.
    """
    words = words_of(question)
    language = guess(words)
    found = dict.fromkeys(asked for word in words for asked in _asked(word, language) if asked)
    return tuple(found)[:MOST_ASKED]


def places(text: str, language: str, wanted: Set[str]) -> Iterator[tuple[int, int]]:
    """Where words of wanted terms stand in a text, first and behind the last character, in order, none in another."""
    end = 0
    for match in _WORD.finditer(text):
        for first, last in _places_in(match, language, wanted):
            if last > end:
                yield max(first, end), last
                end = last


def _places_in(match: re.Match[str], language: str, wanted: Set[str]) -> Iterator[tuple[int, int]]:
    word = flat(match[0])
    if not match["run"] or len(word) != len(
        match[0]
    ):  # a run that is composed anew has no characters to point at
        if not wanted.isdisjoint(indexed(word, language)):
            yield match.span()
        return
    for at in range(len(word)):
        for length in (2, 1):
            if word[at : at + length] in wanted and at + length <= len(word):
                yield match.start() + at, match.start() + at + length


def _is_run(word: str) -> bool:
    return re.match(f"[{_UNSPACED}]", word) is not None


@lru_cache(maxsize=65536)
def indexed(word: str, language: str) -> tuple[str, ...]:
    """The terms by which a flat word is found."""
    if _is_run(word):
        pairs = [word[at : at + 2] for at in range(len(word) - 1)] or [word]
        return (*pairs, *_HAN_ONE.findall(word)) if len(word) > 1 else (word,)
    if word in STOP_WORDS.get(language, frozenset()):
        return ()
    return (stem(word[:LONGEST], language),)


def _asked(word: str, language: str | None) -> Iterator[tuple[str, ...]]:
    if _is_run(word):
        yield from ((word[at : at + 2],) for at in range(max(len(word) - 1, 1)))
        return
    if word in STOP_WORDS.get(language or ENGLISH, frozenset()):
        return
    if language is None:
        languages = (*languages_for(word), UNKNOWN)
    else:
        languages = (language,) if language == ENGLISH else (language, ENGLISH, UNKNOWN)
    yield tuple(dict.fromkeys(term for one in languages for term in indexed(word, one)))
