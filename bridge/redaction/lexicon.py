"""What the lists tell of a word: whether it can be a name, and whether it is an ordinary word."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final

from bridge.redaction.common_names import CALENDAR, COMMON_NAMES, MAINLY_PLACES
from bridge.redaction.name_lists import (
    family_names,
    far_given_names,
    home_given_names,
    is_frequent,
    is_very_frequent,
    is_word,
    near_given_names,
)
from bridge.redaction.persons import plain
from bridge.redaction.tongues import FUNCTION_WORDS

SHORT_GIVENS: Final = frozenset("al bo cj cy dj ed ty jo jj li lu mo tj vi wu xi yu".split())
"""Given names of two letters: too short to be one without a word before that tells."""
_LEAST_UNKNOWN: Final = 3


@dataclass(frozen=True)
class Entry:
    """What the lists tell of a word in small letters."""

    plain: str
    """Without accents."""
    stem: str
    """Without a possessive's ``s``; empty where it has none."""
    is_near: bool
    """Whether it is a given name where one of the languages is spoken that we know."""
    is_far: bool
    """Whether it is a given name elsewhere, and no ordinary word."""
    is_stem_near: bool
    """Whether the stem is a given name, and the word itself no other word."""
    is_family: bool
    is_function: bool
    """Whether it is one of the commonest words of the languages."""
    is_common: bool
    """Whether it is rather an ordinary word of the languages, if it is a name at all."""
    is_frequent: bool
    is_very_frequent: bool
    is_unknown: bool
    """Whether it is no word of the languages."""


@functools.lru_cache(maxsize=32768)
def entry_of(word: str, languages: tuple[str, ...]) -> Entry:
    """Look a word in small letters up; ``languages`` are those of the text."""
    name = plain(word)
    stem = name[:-1] if len(name) > 3 and name.endswith("s") else ""
    is_function = any(name in FUNCTION_WORDS[language] for language in languages)
    is_known = is_function or is_word(word, languages) or is_word(name, languages)
    is_near = name in near_given_names() or name in SHORT_GIVENS
    return Entry(
        plain=name,
        stem=stem,
        is_near=is_near,
        is_far=name in far_given_names() and not is_known and len(name) > 2,
        is_stem_near=bool(stem)
        and stem in near_given_names()
        and (not is_known or "de" in languages)
        and not is_function
        and stem not in MAINLY_PLACES,
        is_family=name in family_names() and not is_function,
        is_function=is_function,
        is_common=is_function
        or _is_listed(name, stem, languages)
        or (is_near and is_very_frequent(word, languages) and not _is_home(name, languages)),
        is_frequent=is_frequent(word, languages, is_family=name in family_names()),
        is_very_frequent=is_very_frequent(word, languages),
        is_unknown=not is_known and len(name) >= _LEAST_UNKNOWN,
    )


def _is_listed(name: str, stem: str, languages: tuple[str, ...]) -> bool:
    if name in CALENDAR or name in MAINLY_PLACES or name in SHORT_GIVENS:
        return True
    return any(word in COMMON_NAMES[language] for word in (name, stem) if word for language in languages)


def _is_home(name: str, languages: tuple[str, ...]) -> bool:
    return any(name in home_given_names(language) for language in languages)
