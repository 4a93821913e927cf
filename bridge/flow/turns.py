"""Turns at one Langflow: waited for here, decided by :mod:`bridge.flow.admission` and :mod:`bridge.flow.parking`."""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING, Any, Self

import structlog

from bridge.flow.admission import Admission, Ticket
from bridge.flow.parking import EVERY_ROUTE, Parking

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from bridge.domain import WindowKind
    from bridge.flow.runner import Runner

log = structlog.get_logger(__name__)


class Turns:
    """Who may run a flow on one Langflow now. Belongs to one event loop."""

    def __init__(
        self,
        most: int | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
        parking: Parking | None = None,
        ways: Runner | None = None,
    ) -> None:
        """``most`` runs at once; without it what serves best is looked for. ``ways`` are those to this Langflow."""
        self._clock = clock
        self._admission = Admission(most)
        self._parking = parking or Parking(chance=chance)
        self._promised: dict[Ticket, asyncio.Future[bool]] = {}
        self._alarm: asyncio.TimerHandle | None = None
        self._begun = 0
        """How many runs have begun."""
        self.ways = ways
        self.on_news: Callable[[], None] = lambda: None
        """Called when Langflow as a whole was found to be in the way, or not to be any longer."""

    # What is told of it

    @property
    def now(self) -> float:
        """The time by the clock of turns."""
        return self._clock()

    @property
    def open(self) -> bool:
        """Whether Langflow as a whole is in nobody's way, or it is time to look again."""
        return self._parking.may_go(EVERY_ROUTE, self._clock())

    @property
    def limit(self) -> int:
        """How many runs may be under way."""
        return self._admission.level.limit

    @property
    def under_way(self) -> int:
        """How many are."""
        return self._admission.under_way

    @property
    def waiting(self) -> int:
        """How many windows wait for a turn."""
        return self._admission.waiting

    @property
    def waiting_seconds(self) -> float:
        """How long the one who has waited longest has waited; 0 where nobody waits."""
        return self._admission.waiting_seconds(self._clock())

    def parked(self) -> Mapping[str, str]:
        """What is wrong on the way, by route; an empty name stands for all of them."""
        return self._parking.reasons()

    # What happens to it

    def wake(self) -> None:
        """Look at once whether what is wrong is mended."""
        self._parking.wake(self._clock())
        self._pump()

    def turn(self, meeting: str, route: str, kind: Callable[[], WindowKind | None]) -> Turn:
        """A turn to be taken in an ``async with`` block; ``kind`` tells at any time what it is for, ``None`` of a rehearsal."""
        return Turn(lambda: self, Ticket(meeting, route, kind, self._clock()))

    def send_on(self) -> None:
        """Whoever waits here has to choose anew where to wait."""
        for ticket in list(self._promised):
            self._drop(ticket)

    async def _take(self, ticket: Ticket) -> bool:
        promise: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._promised[ticket] = promise
        self._admission.ask(ticket)
        self._pump()
        try:
            return await promise
        except asyncio.CancelledError:
            if promise.done():  # given, and wanted no more
                self._parking.gave_up_looking(ticket.route, self._clock())
            self._give_back(ticket)
            raise
        finally:
            self._promised.pop(ticket, None)

    def _drop(self, ticket: Ticket) -> None:
        promise = self._promised.get(ticket)
        if promise is not None and not promise.done():
            self._admission.leave(ticket)
            promise.set_result(False)

    def _give_back(self, ticket: Ticket) -> None:
        self._admission.leave(ticket)
        self._pump()

    def _pump(self) -> None:
        """Give out the turns that there are, and see to it that the next look is not missed."""
        now = self._clock()
        while (
            ticket := self._admission.next(now, may_go=lambda r: self._parking.may_go(r, now))
        ) is not None:
            self._parking.begin(ticket.route)
            promise = self._promised[ticket]
            if not promise.done():
                promise.set_result(True)
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        look_at = self._parking.next_look()
        if look_at is not None and look_at > now and self._admission.waiting:
            self._alarm = asyncio.get_running_loop().call_later(look_at - now, self._pump)


class Turn:
    """One turn: taken within the block, given back when that ends, and given back and taken anew between tries."""

    def __init__(self, where: Callable[[], Turns], ticket: Ticket) -> None:
        """``where`` tells, each time it is to be taken, at which Langflow."""
        self._where = where
        self._turns = where()
        self._ticket = ticket
        self._has = False
        self._dropped = False
        self._meanwhile: asyncio.Task[None] | None = None
        self._knows = True
        """Whether the run has told how the way is."""
        self._began = 0.0
        self._number = 0
        self._first = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.give_back()

    async def take(self) -> bool:
        """Wait for the turn, unless it is there already; false where it was dropped."""
        while not self._has and not self._dropped:
            self._turns = self._where()
            self._has = await self._turns._take(self._ticket)
            self._knows = not self._has
        return self._has

    def drop(self) -> None:
        """Nobody waits for it any more; a run that is under way may end."""
        self._dropped = True
        self._turns._drop(self._ticket)
        if (
            self._meanwhile is not None
        ):  # later, as a task that has not begun would end without having tidied up
            asyncio.get_running_loop().call_soon(self._meanwhile.cancel)

    async def meanwhile(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something before the turn is taken anew; it is cancelled where the turn is dropped."""
        async with asyncio.TaskGroup() as tasks:
            self._meanwhile = tasks.create_task(work, name="meanwhile")
            if self._dropped:
                self.drop()
        self._meanwhile = None

    def give_back(self) -> None:
        """Let another have it."""
        if self._has:
            self._has = False
            if not self._knows:
                self._turns._parking.gave_up_looking(self._ticket.route, self._turns._clock())
            self._turns._give_back(self._ticket)

    @property
    def ways(self) -> Runner | None:
        """Those to the Langflow at which the turn is; ``None`` where its turns know none."""
        return self._turns.ways

    @property
    def alone(self) -> bool:
        """Whether no other run was under way since this one began."""
        return self._first and self._turns._begun == self._number

    def begins(self) -> None:
        """The run is sent now."""
        self._began = self._turns._clock()
        self._first = self._turns.under_way <= 1
        self._turns._begun += 1
        self._number = self._turns._begun

    def answered(self, timeout_seconds: float) -> None:
        """Langflow has answered, whatever it was."""
        now = self._turns._clock()
        self._turns._admission.level.answered(now, seconds=now - self._began, timeout_seconds=timeout_seconds)

    def lost(self) -> None:
        """No answer came: Langflow has too much to do."""
        self._turns._admission.level.overloaded(self._turns._clock(), began=self._began)

    def passed(self) -> None:
        """Nothing is in the route's way."""
        self._knows = True
        if self._turns._parking.passed(self._ticket.route):
            log.info("route.open", route=self._ticket.route)
            self._turns.on_news()

    def blocked(self, reason: str, *, everywhere: bool, at_least: float = 0.0) -> None:
        """Something is in the way, of this route or of all of them."""
        self._knows = True
        if not everywhere:
            self._turns._parking.reached()
        name = EVERY_ROUTE if everywhere else self._ticket.route
        if self._turns._parking.park(name, reason, self._turns._clock(), at_least=at_least):
            log.warning("route.parked", route=name or "all", reason=reason)
        if everywhere:
            self._turns.on_news()
