"""The key of a meeting's placeholders: which real text each stands for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from bridge.redaction.persons import Person, Persons
from bridge.redaction.putting_back import LATIN
from bridge.redaction.sensitive import KINDS, LITERAL, LITERAL_PREFIX, PREFIXES, RedactionError

CLINGING: Final = re.compile(rf"(?<![_＿{LATIN}])[_＿]*[{LATIN}](?:[{LATIN}]|[_＿]+(?=[{LATIN}]))*")
"""What a placeholder must not end before or in, lest it is not known again: but before a last ``s`` it may."""
BEGINS_CLEAR: Final = re.compile(rf"(?<![{LATIN}])(?<![{LATIN}][_＿])(?<![{LATIN}]__)")
"""What must stand before one."""
MOST_OF_A_KIND: Final = 1_000
"""Texts of a kind beyond which there is one placeholder for all others."""
MOST_OF_CHARACTERS: Final = 50_000
"""Of the texts of a kind together, likewise."""


class Placeholders:
    """The placeholders of one meeting, by kind in order of first sight.

    The same thing has the same placeholder, however it is written. It is the only place where real texts and
    placeholders meet: keep it where the meeting is kept, and delete it with it.

    There is room for so many of each kind, as whoever chats may make up any number. What comes beyond is replaced by
    the kind's ``EMAIL_0``, which stands for nothing and is not put back.
    """

    def __init__(self) -> None:
        self.persons = Persons()
        self._numbers: dict[str, dict[str, int]] = {kind: {} for kind in (*KINDS, LITERAL)}
        self._texts: dict[str, list[str]] = {kind: [] for kind in (*KINDS, LITERAL)}
        self._characters: Counter[str] = Counter()

    @classmethod
    def of(cls, rows: Iterable[dict[str, Any]]) -> Placeholders:
        """Read the key as :meth:`rows` wrote it.

        Raises:
            RedactionError: A row is none of ours.
        """
        key = cls()
        for row in rows:
            try:
                key._take(row)
            except (KeyError, TypeError, AttributeError, ValueError) as error:
                raise RedactionError("A row of the key of placeholders cannot be read.") from error
        return key

    def rows(self) -> list[dict[str, Any]]:
        """The key as JSON values, one for each placeholder; a later call's rows begin with the same placeholders."""
        people = [
            {
                "placeholder": f"{PREFIXES['names']}_{person.number}",
                "kind": "names",
                "text": person.name,
                "parts": list(person.parts),
                "is_rostered": person.is_rostered,
                "is_shared": person.is_shared,
            }
            for person in self.persons.known
        ]
        return people + [
            {
                "placeholder": f"{_prefix(kind)}_{number}",
                "kind": kind,
                "text": self._texts[kind][number - 1],
                "key": key,
            }
            for kind, numbers in self._numbers.items()
            for key, number in numbers.items()
        ]

    def add_person(self, name: str) -> str:
        """The placeholder of somebody on the roster."""
        return f"{PREFIXES['names']}_{self.persons.person(name, is_rostered=True).number}"

    def placeholder(self, kind: str, text: str, key: str = "") -> str:
        """The placeholder of a text; a new one at first sight.

        Args:
            kind: One of :data:`KINDS`, or :data:`LITERAL`.
            text: As it stands; what is put back is the form that was seen first, of a person the fullest.
            key: The same for the same thing; the text unless given.
        """
        if kind == "names":
            return f"{PREFIXES[kind]}_{self.persons.person(text).number}"
        number = self._numbers[kind].get(key or text)
        if number is None:
            is_room = len(self._texts[kind]) < MOST_OF_A_KIND
            size = self._characters[kind] + len(text)
            number = self._add(kind, text, key) if is_room and size <= MOST_OF_CHARACTERS else 0
        return f"{_prefix(kind)}_{number}"

    def told(self) -> Iterator[tuple[str, str, str]]:
        """What is put back, with its kind and key."""
        yield from ((person.name, "names", "") for person in self.persons.known)
        for kind in KINDS:
            for key, number in self._numbers[kind].items():
                yield self._texts[kind][number - 1], kind, key

    def _add(self, kind: str, text: str, key: str) -> int:
        self._texts[kind].append(text)
        self._characters[kind] += len(text)
        self._numbers[kind][key or text] = len(self._texts[kind])
        return len(self._texts[kind])

    def _take(self, row: dict[str, Any]) -> None:
        kind, text = row["kind"], row["text"]
        if not isinstance(text, str):
            raise TypeError
        if kind == "names":
            person = Person(
                number=len(self.persons.known) + 1,
                name=text,
                parts=tuple(row["parts"]),
                is_rostered=bool(row["is_rostered"]),
                is_shared=bool(row["is_shared"]),
            )
            told = f"{PREFIXES['names']}_{person.number}"
            self.persons.add(person)
        else:
            key = row["key"]
            told = f"{_prefix(kind)}_{self._numbers[kind].get(key or text) or self._add(kind, text, key)}"
        if told != row["placeholder"]:
            raise ValueError


def _prefix(kind: str) -> str:
    return PREFIXES.get(kind, LITERAL_PREFIX)
