"""How many runs one Langflow is given at once, and whose turn it is. Pure.

**How many.** A number of the operator's, or one that is found: the least with which nearly as many
answers come per second as with the best. Levels beside it are tried, measured over many answers while
others wait; and it goes down at the first sign that Langflow is overloaded. A Langflow 1.13 on SQLite
and two cores answered 2.1 runs a second with 4 at once, 2.0 with 8, 1.6 with 16; another time 2.5 with
4, 3.0 with 16, 2.1 with 40, and hardly any once its database was locked.

**Whose turn.** Questions, then final windows, then the rest, then what is no meeting's window but a rehearsal's; but of
three turns in a row one goes to those who come behind; within a kind to the meeting that has waited longest since it last
had a turn.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bridge.domain import WindowKind

if TYPE_CHECKING:
    from collections.abc import Callable

LEVELS: Final = (1, 2, 3, 4, 6, 9, 13, 19, 28, 42, 63, 94, 141, 211, 316, 474, 711)
"""Numbers of runs at once that are tried, each half as much again as the one below."""
FIRST_LEVEL: Final = LEVELS.index(4)
"""Where the search begins: what a Langflow on two cores with SQLite carries without effort."""
ANSWERS_MEASURED: Final = 24
"""A level is judged by at least so many answers, and by two for each run at once..."""
UNHURRIED: Final = 1.25
"""...or by these two alone, where answers take at most so many times as long as they were seen to take."""
NEARLY: Final = 0.97
"""Fewer runs at once are better, where they give at least this share of the best rate: each is answered sooner."""
SLOW: Final = 4.0
"""A level at which answers take so many times as long as they were seen to take is left..."""
SLOW_SHARE: Final = 0.25
"""...where that is more than this share of the time that they have."""
REMEMBERED: Final = 20
"""For so many judgements a level's rate counts; Langflow may have changed since."""
FIRST_REST: Final = 8
"""For so many judgements a level is left alone at which answers were slow, or Langflow was overloaded..."""
LONGEST_REST: Final = 64
"""...and each time it was overloaded, for twice as many, up to this."""
IN_A_ROW: Final = 2
"""Turns that a kind may take one after the other while those behind it wait."""
_RANKS: Final[dict[WindowKind | None, int]] = {
    WindowKind.ASK: 0,
    WindowKind.APPROVED: 0,
    WindowKind.FINAL: 1,
    WindowKind.START: 2,
    WindowKind.LIVE: 2,
    None: 3,
}


@dataclass(frozen=True, slots=True, eq=False)
class Ticket:
    """Somebody who waits for a turn."""

    meeting: str
    route: str
    kind: Callable[[], WindowKind | None]
    """What the turn is for, as far as is known by now: a question may come up meanwhile. ``None`` of a rehearsal."""
    since: float
    """Monotonic seconds."""


class Level:
    """How many runs at once; ``now`` is one monotonic clock, in seconds."""

    def __init__(self, most: int | None = None) -> None:
        """``most`` is the operator's number; without it the best one is looked for."""
        self._most = most
        self._level = FIRST_LEVEL
        self._rates: dict[int, tuple[float, int]] = {}
        """What each level gave, in answers a second, and at which judgement."""
        self._rests: Counter[int] = Counter()
        """For how many judgements each level rested after Langflow was overloaded there."""
        self._closed: dict[int, int] = {}
        """Levels that rest, and until which judgement."""
        self._judgements = 0
        self._answers = 0
        self._seconds = 0.0
        self._share = 0.0
        """Sums over the answers that are measured: how long they took, and which share of their time."""
        self._quickest = float("inf")
        """The least that answers took, on the average of a level."""
        self._measured_since: float | None = None
        self._lowered_at = float("-inf")

    @property
    def limit(self) -> int:
        """So many runs may be under way."""
        return self._most if self._most is not None else LEVELS[self._level]

    def idle(self) -> None:
        """There is room that nobody wants: what is measured now says nothing of the level."""
        self._measure_from(None)

    def full(self, now: float) -> None:
        """All the room is taken, and others wait."""
        if self._measured_since is None:
            self._measure_from(now)

    def answered(self, now: float, *, seconds: float, timeout_seconds: float) -> None:
        """A run was answered, so long after it had begun."""
        if self._measured_since is None or self._most is not None:
            return
        self._answers += 1
        self._seconds += seconds
        self._share += seconds / timeout_seconds
        unhurried = self._seconds < self._answers * UNHURRIED * self._quickest
        enough = max(0 if unhurried else ANSWERS_MEASURED, 2 * self.limit)
        if self._answers >= enough and now > self._measured_since:
            self._judge(now - self._measured_since)
            self._measure_from(now)

    def overloaded(self, now: float, *, began: float) -> None:
        """A run that began at a time shows that Langflow has too much to do; two levels down, once for each crowd."""
        if began < self._lowered_at or self._most is not None:
            return
        self._lowered_at = now
        self._rests[self._level] = min(LONGEST_REST, 2 * self._rests[self._level] or FIRST_REST)
        self._closed[self._level] = self._judgements + self._rests[self._level]
        self._level = max(0, self._level - 2)
        self.idle()

    def _measure_from(self, now: float | None) -> None:
        self._measured_since, self._answers, self._seconds, self._share = now, 0, 0.0, 0.0

    def _judge(self, elapsed: float) -> None:
        self._judgements += 1
        rate, seconds = self._answers / elapsed, self._seconds / self._answers
        self._quickest = min(self._quickest, seconds)
        slow = seconds > SLOW * self._quickest and self._share / self._answers > SLOW_SHARE
        earlier = self._rate(self._level)
        self._rates[self._level] = rate if earlier is None else (rate + earlier) / 2, self._judgements
        if slow and self._level:
            self._closed[self._level] = self._judgements + FIRST_REST
        self._level = self._best()

    def _best(self) -> int:
        """The level to go on with: one beside the best that is not known, else the best."""
        known = {
            level: rate
            for level in range(len(LEVELS))
            if self._open(level) and (rate := self._rate(level)) is not None
        }
        if not known:
            return max(0, self._level - 1)
        most = max(known.values())
        best = min(level for level, rate in known.items() if rate >= NEARLY * most)
        beside = [level for level in (best + 1, best - 1) if self._open(level) and level not in known]
        return beside[0] if beside else best

    def _rate(self, level: int) -> float | None:
        """What a level gives, as far as that is known; ``None`` where it is not, or not any more."""
        rate, at = self._rates.get(level, (0.0, -REMEMBERED))
        return rate if self._judgements - at < REMEMBERED else None

    def _open(self, level: int) -> bool:
        return 0 <= level < len(LEVELS) and self._closed.get(level, 0) <= self._judgements


class Admission:
    """Who waits and who has a turn. ``now`` is one monotonic clock, in seconds."""

    def __init__(self, most: int | None = None) -> None:
        self.level = Level(most)
        self._waiting: dict[str, dict[Ticket, None]] = {}
        """Who waits, by route: whether one may go, its route tells, and of those there are few."""
        self._meetings: Counter[str] = Counter()
        """How many tickets of each meeting wait."""
        self._under_way: set[Ticket] = set()
        self._served: dict[str, float] = {}
        """When meetings that wait had their last turn."""
        self._in_a_row: Counter[int] = Counter()

    @property
    def under_way(self) -> int:
        """How many have a turn."""
        return len(self._under_way)

    @property
    def waiting(self) -> int:
        """How many wait for one."""
        return self._meetings.total()

    def waiting_seconds(self, now: float) -> float:
        """How long the one who has waited longest has waited; 0 where nobody waits."""
        return max((now - each.since for waiting in self._waiting.values() for each in waiting), default=0.0)

    def ask(self, ticket: Ticket) -> None:
        """Somebody wants a turn."""
        self._waiting.setdefault(ticket.route, {})[ticket] = None
        self._meetings[ticket.meeting] += 1

    def leave(self, ticket: Ticket) -> None:
        """Somebody does not want one any more, or has had it."""
        self._under_way.discard(ticket)
        if ticket in self._waiting.get(ticket.route, ()):
            self._wait_no_more(ticket)

    def next(self, now: float, *, may_go: Callable[[str], bool]) -> Ticket | None:
        """Give a turn to who is next; ``None`` where there is no room or nobody can go.

        ``may_go`` tells whether a route's runs may begin now.
        """
        routes = [route for route in self._waiting if may_go(route)]
        if self.under_way >= self.level.limit:
            if routes:
                self.level.full(now)
            return None
        if not routes:
            self.level.idle()
            return None
        ticket = self._first(routes)
        self._under_way.add(ticket)
        self._served[ticket.meeting] = now
        self._wait_no_more(ticket)
        return ticket

    def _first(self, routes: list[str]) -> Ticket:
        ranked: dict[int, list[Ticket]] = {}
        for route in routes:
            for ticket in self._waiting[route]:
                ranked.setdefault(_RANKS[ticket.kind()], []).append(ticket)
        *before, rank = sorted(ranked)
        for earlier in before:
            if self._in_a_row[earlier] < IN_A_ROW:
                self._in_a_row[earlier] += 1
                rank = earlier
                break
            self._in_a_row[earlier] = 0
        return min(ranked[rank], key=self._waits_since)

    def _waits_since(self, ticket: Ticket) -> tuple[float, float]:
        return max(ticket.since, self._served.get(ticket.meeting, ticket.since)), ticket.since

    def _wait_no_more(self, ticket: Ticket) -> None:
        waiting = self._waiting[ticket.route]
        del waiting[ticket]
        if not waiting:
            del self._waiting[ticket.route]
        self._meetings[ticket.meeting] -= 1
        if not self._meetings[ticket.meeting]:
            del self._meetings[ticket.meeting]
            self._served.pop(ticket.meeting, None)
