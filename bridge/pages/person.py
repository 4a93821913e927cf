"""Who is who on a page: a colour for everybody, the same wherever the person shows. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bridge.domain import Utterance

COLOURS: Final = 8
"""How many there are in ``pages.css``; who comes ninth shares the first one's."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who spoke or wrote."""

    key: str
    """The user id, or the name where the wire gave none."""
    name: str
    """The latest."""
    colour: int


class Cast:
    """The people of one stream, in order of appearance."""

    def __init__(self) -> None:
        self._people: dict[str, Person] = {}

    def copy(self) -> Cast:
        """The same, that goes on by itself."""
        twin = Cast()
        twin._people = self._people.copy()
        return twin

    def spoke(self, said: Utterance) -> Person:
        """Who said it, under the name that it was said under."""
        key = said.who
        known = self._people.get(key)
        if known is None or known.name != said.speaker:
            colour = known.colour if known else len(self._people) % COLOURS
            known = self._people[key] = Person(key, said.speaker, colour)
        return known

    def find(self, key: str) -> Person:
        """Somebody who spoke, under the latest name."""
        return self._people[key]

    def who_said(self, said: Utterance) -> Person:
        """Who said something that was counted before, under the name of then."""
        known = self._people.get(said.who)
        return Person(said.who, said.speaker, known.colour if known else 0)

    def everybody(self) -> list[Person]:
        """In order of appearance."""
        return list(self._people.values())
