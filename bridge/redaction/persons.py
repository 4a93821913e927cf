"""Who is meant by a name: the same person however it is written, and nobody where two are possible."""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final

from bridge.redaction.japanese_names import split_name
from bridge.redaction.phrases import Phrases

NAME_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]{2,})*")
"""A word of a name; a possessive's ``'s`` is none of it."""
NO_PART: Final = frozenset(
    """and conference da das de del der di do dos du el external gast guest herr host invitado iphone ipad la le les
        mac meeting mobile mr mrs ms of phone pixel room the und unknown van von y zoom zu android galaxy laptop macbook
        pro user speaker ext inc gmbh ltd llc dr prof""".split()
)
"""Words of display names that name nobody by themselves."""
UNSPACED_NAME: Final = re.compile("[\u3400-\u9fff\u3040-\u30ff々ヶ]+")
MOST_SPOKEN_OF: Final = 1_000
"""Persons beyond whom nobody gets a number who is only spoken of."""
MOST_PERSONS: Final = 2_000
"""Persons beyond whom nobody gets one: those who only chat made-up names leave room for those who are there."""
LONGEST_DISPLAY_NAME: Final = 200
"""Characters of a name beyond which it gets none."""
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_BRACKETS: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|（[^（）]*）")


@functools.lru_cache(maxsize=16384)
def plain(word: str) -> str:
    """A word in small letters without accents."""
    small = word.casefold()
    if small.isascii():
        return small
    letters = unicodedata.normalize("NFKD", small)
    if any("\u3040" <= letter <= "\u30ff" for letter in letters):
        return unicodedata.normalize("NFKC", small)  # a voiced kana is a letter of its own
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def spellings(word: str) -> tuple[str, ...]:
    """How a word is written in small letters: without accents, and with a second letter for an umlaut."""
    small = word.casefold()
    other = small if small.isascii() else plain(small.translate(_UMLAUTS))
    return (plain(word),) if other == plain(word) else (plain(word), other)


def name_parts(name: str) -> tuple[str, ...]:
    """The words of a display name that can stand for the person, without what stands in brackets."""
    words = NAME_WORD.findall(_BRACKETS.sub(" ", name))
    if len(words) == 1 and UNSPACED_NAME.fullmatch(words[0]):
        return tuple(part for part in split_name(words[0]) if part)
    return tuple(word for word in words if len(word) > 1 and plain(word) not in NO_PART)


@dataclass
class Person:
    """Somebody with a placeholder, or a name that two people share."""

    number: int
    """Position among the persons, from 1; 0 of those for whom there was no room, who are not kept."""
    name: str
    """The fullest form that was seen."""
    parts: tuple[str, ...]
    """Words of the name."""
    is_rostered: bool = False
    is_shared: bool = False
    """Whether it is a name that does not tell which of several people is meant."""


@dataclass
class Persons:
    """Everybody with a placeholder, in order of first sight."""

    known: list[Person] = field(default_factory=list)
    by_part: dict[str, dict[int, Person]] = field(default_factory=dict)
    """Persons by each word of their names, in small letters without accents; of each word by their identity."""
    unspaced: Phrases = field(default_factory=Phrases)
    """Words of names in scripts that put no spaces between words, and such names as a whole."""
    _by_name: dict[str, Person] = field(default_factory=dict)
    """Those of the roster, and those of whose names no word tells them."""

    def person(self, name: str, *, is_rostered: bool = False) -> Person:
        """Who is meant by a name; somebody new where nobody known can be."""
        found = self._by_name.get(name)
        if found and (found.is_rostered or not is_rostered or not found.parts):
            return found
        parts = name_parts(name)
        return self._rostered(name, parts) if is_rostered else self._spoken(name, parts)

    def _rostered(self, name: str, parts: tuple[str, ...]) -> Person:
        same = [
            person
            for person in self._candidates(parts)
            if len(person.parts) == len(parts) and not person.is_shared
        ]
        person = same[0] if same and not same[0].is_rostered else self._smaller(parts)
        if person and not person.is_rostered:
            person.is_rostered = True
            self._grow(person, name, parts)
            return person
        return self._new(name, parts, is_rostered=True)

    def _spoken(self, name: str, parts: tuple[str, ...]) -> Person:
        candidates = self._candidates(parts)
        whole = [person for person in candidates if len(person.parts) == len(parts)]
        rostered = [person for person in candidates if person.is_rostered]
        for choice in (whole if len(parts) > 1 else [], rostered, candidates):
            if len(choice) == 1:
                return self._seen(choice[0], name, parts)
        if candidates:
            return self._shared(name, parts)
        smaller = self._smaller(parts)
        if smaller:
            self._grow(smaller, name, parts)
            return smaller
        return self._new(name, parts)

    def _candidates(self, parts: tuple[str, ...]) -> list[Person]:
        """Those whose names hold all these words, without shared names."""
        if not parts:
            return []
        first = self.by_part.get(plain(parts[0]), {})
        others = [self.by_part.get(plain(part), {}) for part in parts[1:]]
        return [
            person
            for identity, person in first.items()
            if not person.is_shared and all(identity in other for other in others)
        ]

    def _smaller(self, parts: tuple[str, ...]) -> Person | None:
        """The one person who so far was only called by a part of this name."""
        if len(parts) < 2:
            return None
        words = {plain(part) for part in parts}
        found: dict[int, Person] = {}
        for part in parts:
            for identity, person in self.by_part.get(plain(part), {}).items():
                if person.is_shared or person.is_rostered:
                    continue
                if {plain(own) for own in person.parts} < words:
                    found[identity] = person
        return next(iter(found.values())) if len(found) == 1 else None

    def _shared(self, name: str, parts: tuple[str, ...]) -> Person:
        words = [plain(part) for part in parts]
        for person in self.by_part.get(words[0], {}).values():
            if person.is_shared and [plain(part) for part in person.parts] == words:
                return person
        person = self._new(name, parts)
        person.is_shared = True
        return person

    def _seen(self, person: Person, name: str, parts: tuple[str, ...]) -> Person:
        if (
            not person.is_rostered
            and len(parts) == len(person.parts)
            and person.name.islower()
            and name != name.lower()
        ):
            person.name, person.parts = name, parts
        return person

    def _grow(self, person: Person, name: str, parts: tuple[str, ...]) -> None:
        if len(name) <= LONGEST_DISPLAY_NAME:
            person.name, person.parts = name, parts
        self._index(person)

    def _new(self, name: str, parts: tuple[str, ...], *, is_rostered: bool = False) -> Person:
        most = MOST_PERSONS if is_rostered else MOST_SPOKEN_OF
        if len(self.known) < most and len(name) <= LONGEST_DISPLAY_NAME:
            self.add(Person(number=len(self.known) + 1, name=name, parts=parts, is_rostered=is_rostered))
            return self.known[-1]
        person = Person(number=0, name=name, parts=parts, is_rostered=is_rostered)
        if is_rostered:
            self._index(person)  # so that the name is found in what is said
        return person

    def _index(self, person: Person) -> None:
        if person.is_rostered or not person.parts:
            self._by_name[person.name] = person
        for part in person.parts:
            for spelling in spellings(part):
                self.by_part.setdefault(spelling, {})[id(person)] = person
        unspaced = [part for part in person.parts if UNSPACED_NAME.search(part)]
        for phrase in (*unspaced, "".join(unspaced) if len(unspaced) == len(person.parts) else ""):
            if len(phrase) > 1:
                self.unspaced.add(phrase)

    def knows(self, name: str) -> bool:
        """Whether somebody is known whom a name can mean."""
        return bool(self._candidates(name_parts(name)))

    def add(self, person: Person) -> None:
        """Take a person over as it was kept."""
        self.known.append(person)
        self._index(person)
