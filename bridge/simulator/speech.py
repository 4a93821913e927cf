"""Which messages carry the lines of a meeting: one each, unless a fault holds them back or bends them. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bridge.simulator.wire import words

if TYPE_CHECKING:
    from bridge.rtms.messages import JsonObject
    from bridge.simulator.fault_kinds import Oddity
    from bridge.simulator.meeting import Line

TIMES: Final = ("start_time", "end_time", "timestamp")
LONG: Final = 300
"""Characters of ids and names that are longer than anybody's columns."""
RUDE: Final = {
    "half_emoji": " \ud83d",  # what is left where a system cuts text by UTF-16 units
    "nul": "\x00",
    "control": " \x07\x1b[31m\x85\u2028\u202e\u2066",
}
"""What JSON may say in a text, and few databases, terminals and pages can stand."""
REMEMBERED: Final = 200
"""How many lines back one can be sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A line on its way."""

    n: int
    """The line's position in the meeting, from 1."""
    line: Line
    message: JsonObject


class Speech:
    """The lines of one meeting as messages, in the order in which they go out."""

    def __init__(self) -> None:
        self._oddities: deque[Oddity] = deque()
        self._held: list[Spoken] = []
        self._hold = 0
        self._backwards = False
        self._sent: deque[Spoken] = deque(maxlen=REMEMBERED)

    def bend(self, oddity: Oddity, lines: int) -> None:
        """Give the next lines an odd shape; further oddities come after these."""
        self._oddities.extend([oddity] * lines)

    def hold(self, lines: int, *, backwards: bool) -> None:
        """Hold the next lines back until there are so many, then let them go at once."""
        self._hold, self._backwards = len(self._held) + lines, backwards

    def say(self, n: int, line: Line, started_ms: int) -> list[Spoken]:
        """What goes out now that a line was said; ``started_ms`` is the meeting's start in UTC milliseconds."""
        message = words(line, started_ms, n)
        if self._oddities:
            message = bent(message, self._oddities.popleft())
        self._held.append(Spoken(n=n, line=line, message=message))
        return self.rest() if len(self._held) >= self._hold else []

    def rest(self) -> list[Spoken]:
        """What is held back, which is so no more."""
        held, self._held = self._held, []
        if self._backwards:
            held.reverse()
        self._hold, self._backwards = 0, False
        self._sent.extend(held)
        return held

    def last(self, lines: int) -> list[Spoken]:
        """The lines that went out last, oldest first; without those that nobody could know again by their times."""
        timed = [each for each in self._sent if "timestamp" in each.message["content"]]
        return timed[-lines:] if lines else []


def bent(message: JsonObject, oddity: Oddity) -> JsonObject:
    """A transcript message in one of the odd shapes that were seen or are allowed; others stay as they are.

    Words and names stay at the beginning of what becomes of them, so that whoever looks on knows them again.
    """
    content = dict(message["content"])
    match oddity:
        case "no_name":
            content.pop("user_name", None)
        case "nobody":
            content.pop("user_name", None)
            content.pop("user_id", None)
        case "user_id_zero":  # Zoom names nobody with it
            content.pop("user_name", None)
            content["user_id"] = 0
        case "no_times":
            for name in TIMES:
                content.pop(name, None)
        case "times_in_seconds":
            content |= {name: content[name] / 1000 for name in TIMES if name in content}
        case "no_language":
            content.pop("language", None)
        case "half_emoji" | "nul" | "control":
            content |= {
                name: content[name] + RUDE[oddity] for name in ("user_name", "data") if name in content
            }
        case _ if "user_id" in content:
            content |= _as_another(content, oddity)
    return message | {"content": content}


def _as_another(content: JsonObject, oddity: Oddity) -> JsonObject:
    """Who says it, told in another way; a person's id is a number in ``content``."""
    user_id, name = content["user_id"], content["user_name"]
    ways: dict[str, JsonObject] = {
        "no_user_id": {"user_id": None},
        "user_id_text": {"user_id": str(user_id)},
        "user_id_negative": {"user_id": -1},
        "user_id_long": {"user_id": str(user_id).ljust(LONG, "7")},
        "other_id": {"user_id": user_id + 1},
        "other_name": {"user_name": f"{name} (renamed)"},
        "name_long": {"user_name": f"{name} ".ljust(LONG, "x")},
    }
    return ways[oddity]
