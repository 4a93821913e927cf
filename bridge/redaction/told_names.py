"""Names in what was found, written and approved: an owner, and who stands before a dash or behind a colon."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from bridge.redaction.lexicon import entry_of
from bridge.redaction.persons import LONGEST_DISPLAY_NAME, NO_PART, Persons, plain
from bridge.redaction.phrases import Phrases  # noqa: TC001 - a component's pieces have no block for types
from bridge.redaction.putting_back import LATIN
from bridge.redaction.sensitive import Span
from bridge.redaction.tongues import FUNCTION_WORDS

_BREAKS: Final = r"[\n:;,、，：；/／&+|•*()（）\[\]]|(?<!\S)[-–—]+(?!\S)"
_BREAK: Final = re.compile(_BREAKS)
_OWNER_BREAK: Final = re.compile(rf"{_BREAKS}|\s(?:and|or|und|oder|y|o|et|ou|e)\s|と")
_LATIN_CHARACTER: Final = re.compile(f"[{LATIN}]")
_ONLY_WORDS: Final = re.compile(r"[^\W\d_]+(?:[ .'’-]{1,2}[^\W\d_]+)*\.?")
_OWNER_WORD: Final = re.compile(r"[^\W\d_]+")
_LANGUAGES: Final = tuple(FUNCTION_WORDS)
"""A field of few words does not tell its language."""
_MOST_OWNER_WORDS: Final = 4
_LEAST_OWNER: Final = 2


def known_spans(text: str, key: Phrases) -> list[Span]:
    """Where what the key puts back stands as whole words: it would go out as it is where it had been put back."""
    found = []
    for start, end in key.places(text):
        if not _goes_on(text, start) and not _goes_on(text, end):
            found.append(Span(start, end, *key.meanings[text[start:end]]))
    return found


def _goes_on(text: str, at: int) -> bool:
    """Whether a word goes on at a place."""
    return at > 0 and all(_LATIN_CHARACTER.match(text, place) for place in (at - 1, at))


def labelled_names(text: str, persons: Persons) -> list[tuple[int, int]]:
    """Where a name of somebody known stands by itself between a text's ends, dashes and the like."""
    return [
        (start, end)
        for start, end in _pieces(_BREAK, text)
        if not text[start].islower() and persons.knows(text[start:end])
    ]


def owner_names(text: str, persons: Persons) -> list[tuple[int, int]]:
    """Who has to do something: those who are known, in any case, and whatever is written as a name is."""
    return [
        (start, end)
        for start, end in _pieces(_OWNER_BREAK, text)
        if persons.knows(text[start:end]) or _is_name(text[start:end])
    ]


def _pieces(between: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    """What stands between breaks, without blanks around it, where it is nothing but words."""
    breaks = [match.span() for match in between.finditer(text)]
    found = []
    for (_, begin), (end, _) in pairwise([(0, 0), *breaks, (len(text), len(text))]):
        piece = text[begin:end].strip()
        if len(piece) <= LONGEST_DISPLAY_NAME and _ONLY_WORDS.fullmatch(piece):
            start = text.index(piece, begin)
            found.append((start, start + len(piece)))
    return found


def _is_name(text: str) -> bool:
    """Whether each word is capitalised, and none an ordinary one that nobody is called by: ``Team`` is nobody."""
    words = _OWNER_WORD.findall(text)
    return 0 < len(words) <= _MOST_OWNER_WORDS and all(_can_be_called(word) for word in words)


def _can_be_called(word: str) -> bool:
    if not word[0].isupper() or word.isupper() or len(word) < _LEAST_OWNER or plain(word) in NO_PART:
        return False
    entry = entry_of(word.lower(), _LANGUAGES)
    return entry.is_near or not (entry.is_function or (entry.is_frequent and not entry.is_unknown))
