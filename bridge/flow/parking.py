"""Which routes wait because something is wrong on their way, and when the way is looked at again. Pure.

A fault is either in the way of one route (its flow is missing, its key refused, its flow breaks on
every window) or of all routes of a Langflow (it is away). While it lasts, one run at a time, after
growing pauses, is sent to look whether it is mended.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bridge.backoff import backoff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FIRST_LOOK_SECONDS: Final = 1.0
LONGEST_LOOK_SECONDS: Final = 30.0
"""Longest pause between two looks, where nobody asked for a longer one."""
LONGEST_ASKED_SECONDS: Final = 300.0
"""A Langflow that asks to be left alone for longer is looked at after this time."""
EVERY_ROUTE: Final = ""
"""Names what is in the way of all routes; no route has an empty name."""


@dataclass(slots=True)
class _Fault:
    reason: str
    pauses: Iterator[float]
    look_at: float
    looking: bool = False
    """A run is on its way to see whether the fault is mended."""


class Parking:
    """The faults on the ways to one Langflow's flows. ``now`` is one monotonic clock, in seconds."""

    def __init__(
        self,
        *,
        chance: Callable[[], float],
        first: float | None = None,
        longest: float | None = None,
    ) -> None:
        """``first`` and ``longest`` are the pauses between looks, in seconds."""
        self._chance = chance
        self._first = FIRST_LOOK_SECONDS if first is None else first
        self._longest = LONGEST_LOOK_SECONDS if longest is None else longest
        self._faults: dict[str, _Fault] = {}

    def park(self, route: str, reason: str, now: float, *, at_least: float = 0.0) -> bool:
        """Something is in a route's way, or in that of all (:data:`EVERY_ROUTE`); true where that is news.

        ``at_least`` is how long nobody shall look, where that was asked for.
        """
        fault = self._faults.get(route)
        news = fault is None or fault.reason != reason
        if fault is None:
            pauses = backoff(self._first, self._longest, chance=self._chance)
            fault = self._faults[route] = _Fault(reason, pauses, now)
        elif not fault.looking and now < fault.look_at:
            return False  # what was under way when it began tells nothing new
        fault.reason, fault.looking = reason, False
        fault.look_at = now + max(next(fault.pauses), min(at_least, LONGEST_ASKED_SECONDS))
        return news

    def may_go(self, route: str, now: float) -> bool:
        """Whether a run of the route may begin: nothing is in its way, or it is time to look again."""
        return all(now >= fault.look_at and not fault.looking for fault in self._of(route))

    def begin(self, route: str) -> None:
        """A run of the route begins; where something was in its way, it is the one that looks."""
        for fault in self._of(route):
            fault.looking = True

    def passed(self, route: str) -> bool:
        """A run of the route got through, whatever its flow made of it: nothing is in the way; true where something was."""
        was_in_the_way = self.reached()
        return self._faults.pop(route, None) is not None or was_in_the_way

    def reached(self) -> bool:
        """Langflow itself has answered: what is in the way is in that of one route at most; true where it was not."""
        return self._faults.pop(EVERY_ROUTE, None) is not None

    def gave_up_looking(self, route: str, now: float) -> None:
        """A run that was to look ended without having learned anything."""
        for fault in self._of(route):
            if fault.looking:
                fault.looking = False
                fault.look_at = now + next(fault.pauses)

    def wake(self, now: float) -> None:
        """Look at everything at once: somebody says that it is mended."""
        for fault in self._faults.values():
            fault.pauses = backoff(self._first, self._longest, chance=self._chance)
            fault.look_at = min(fault.look_at, now)

    def next_look(self) -> float | None:
        """When the next look is due; ``None`` while nothing is in the way or everything is being looked at."""
        return min((fault.look_at for fault in self._faults.values() if not fault.looking), default=None)

    def reasons(self) -> dict[str, str]:
        """What is in the way, by route; :data:`EVERY_ROUTE` stands for all of them."""
        return {route: fault.reason for route, fault in self._faults.items()}

    def _of(self, route: str) -> list[_Fault]:
        return [self._faults[name] for name in (route, EVERY_ROUTE) if name in self._faults]
