"""Who is who in a stream, and whom a window names. Pure.

Somebody is the same by id, whatever the name is now: Zoom gives one id to each visit of a person, and people
rename themselves. Who comes back gets another id; that is taken for the same person only where one of the same
name had left before. A Contact Center call has no names on the wire, but a channel for each side.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_SPEAKERS: Final = 500
"""Of those who speak in a window, so many are named as participants; each utterance has its speaker anyhow."""
MAX_PARTICIPANTS: Final = 100
"""Up to so many participants, those are named too who are present and silent."""

_SIDES: Final = {
    "agent": "Agent",
    "consumer": "Customer",
    "customer": "Customer",
}
"""Channels whose id says whose side they are."""
_PARTY: Final = re.compile("Party ([0-9]+)")


class People:
    """The people of one stream. Ids and names come as clean single lines; an empty one is nobody's."""

    def __init__(self, met: Iterable[tuple[str, str]] = ()) -> None:
        """``met`` are user id and latest name of those who have spoken, in order of appearance."""
        self._names: dict[str, str] = {}
        self._spoke: set[str] = set()
        self._present: dict[str, None] = {}
        self._gone: dict[str, str] = {}  # name → the id under which somebody of that name left last
        self._back_as: dict[str, str] = {}
        for user_id, name in met:
            self.spoke(user_id, name)

    def name(self, user_id: str) -> str:
        """The latest name; empty where there is none."""
        return self._names.get(user_id, "")

    def spoke(self, user_id: str, name: str) -> None:
        """Somebody said something, under a name that may be new."""
        if user_id:
            self._met(user_id, name)
            self._spoke.add(user_id)

    def side(self, channel: str) -> str:
        """The name of a Contact Center call's side: as its channel says, else by order of appearance."""
        if channel not in self._names:
            parties = [int(found[1]) for name in self._names.values() if (found := _PARTY.fullmatch(name))]
            self._names[channel] = _SIDES.get(channel.lower(), f"Party {max(parties, default=0) + 1}")
        return self._names[channel]

    def came(self, user_id: str, name: str) -> None:
        """Somebody is there, under a name that may be new."""
        if not user_id:
            return
        if user_id not in self._names and (before := self._gone.pop(name, "")):
            self._back_as[before] = user_id
        self._met(user_id, name)
        self._present[user_id] = None

    def left(self, user_id: str) -> None:
        """Somebody is no longer there."""
        if user_id in self._present:
            del self._present[user_id]
            if name := self.name(user_id):
                self._gone[name] = user_id

    def roster(self) -> None:
        """Those who are there now follow, one by one: who left unheard is none of them."""
        for user_id in list(self._present):
            self.left(user_id)

    def participants(self, speakers: Iterable[str] = ()) -> list[tuple[str, str]]:
        """User id and name of those who speak in a window and of those who are present, in order of appearance.

        Somebody who left and came back is named once, by the newer id. At most :data:`MAX_SPEAKERS` speakers, and
        those present only until there are :data:`MAX_PARTICIPANTS`, those first who have spoken before.
        """
        chosen = dict.fromkeys(list(dict.fromkeys(map(self._now, speakers)))[:MAX_SPEAKERS])
        for user_id in sorted(self._present, key=lambda each: each not in self._spoke):
            if len(chosen) >= MAX_PARTICIPANTS:
                break
            chosen[user_id] = None
        return [(user_id, name) for user_id, name in self._names.items() if user_id in chosen and name]

    def _met(self, user_id: str, name: str) -> None:
        if name:
            self._names[user_id] = name

    def _now(self, user_id: str) -> str:
        while user_id in self._back_as:
            user_id = self._back_as[user_id]
        return user_id
