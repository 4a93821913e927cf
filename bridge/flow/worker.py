"""The worker: each window once through its flow or function, one run at a time per meeting and route.

At least once, and recognisable: a window is stored with its exact text before it is sent, and its
answer is stored before the window counts as done. When the answer is lost on the way, the same
text with the same ``window_id`` is sent again, and our components answer it again without acting
twice. What happens next depends on whose turn it is to do something:

* Something on the way (:class:`WayBlocked`): nothing was run. The route is parked, or all of them; its windows
  wait, and one at a time looks whether it is mended. That costs no try.
* No answer (:class:`RunLost`): fewer runs are under way at once, and the window waits for its turn again. It costs a
  try only where it had Langflow to itself and Langflow is well.
* An earlier run of the same window is under way (:class:`WindowUnderWay`): the window waits for its turn again, in
  nobody's way, until that run is over or its claim has lapsed. That costs no try.
* A person has to decide (:class:`RunSuspended`): the window gives its turn back and waits without one, with a limit of
  its own (``human_seconds`` of the route), until somebody has, or it fails. That costs no try. Later windows of the
  meeting and route wait with it.
* The flow broke (:class:`FlowFailed`) while Langflow is well: it costs a try, and there are :data:`FAILED_TRIES`.
  Then it is told whether the window is at fault, or the flow: the flow has answered another window since, or
  the one before, so the window fails for good. Else it is *put aside*: it stays as it is while the route's next window
  is tried. If that is answered, the one put aside has one more try; if not, the route is parked and both wait.
* Refused (:class:`FlowRefused`): not again. The reason is stored with the window.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol
from weakref import WeakValueDictionary

import structlog

from bridge.backoff import backoff
from bridge.domain import NO_OUTPUT, RunStatus
from bridge.errors import (
    FlowFailed,
    FlowRefused,
    LangflowBusy,
    LangflowError,
    RunLost,
    RunSuspended,
    WayBlocked,
    WindowUnderWay,
)
from bridge.flow.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bridge.domain import Output, PendingWindow, Window, WindowKind
    from bridge.flow.routes import Route
    from bridge.flow.turns import Turn

FAILED_TRIES: Final = 4
"""How often a window is sent when the flow breaks each time."""
FIRST_DELAY_SECONDS: Final = 1.0
LONGEST_DELAY_SECONDS: Final = 30.0

ALL_ROUTES: Final = "all routes"
"""Stands for every route where Langflow as a whole cannot be reached; no route has such a name."""
UNBOUNDED: Final = 1_000_000
"""Functions of routes are bounded by their threads."""

log = structlog.get_logger(__name__)


class RunStore(Protocol):
    """What the worker needs of the store."""

    def run_tried(self, window_id: str, *, attempts: int, failures: int, error: str) -> None:
        """An attempt failed and another follows."""

    async def run_ended(
        self,
        window_id: str,
        *,
        status: RunStatus,
        attempts: int,
        failures: int = 0,
        output: Output = NO_OUTPUT,
        error: str = "",
    ) -> None:
        """A window is answered or given up; returns when that is stored."""


class RunMetrics(Protocol):
    """What the worker reports."""

    def run_ended(self, route: str, status: RunStatus, seconds: float) -> None:
        """A window is settled, so long after its first attempt."""

    def run_retried(self, route: str, error: str) -> None:
        """An attempt failed and another follows."""


class Ways(Protocol):
    """Runs windows, each the way of its route; as :class:`bridge.flow.runner.Runners`."""

    async def run(self, window: Window, *, timeout_seconds: float) -> Output:
        """The window's answer. Raises :class:`LangflowError`."""

    async def give_up(self, window: Window) -> None:
        """Nobody will ask for this window again."""

    async def trouble(self, window: Window) -> str:
        """What is wrong where the window is run; empty where all is well."""


class TurnGiver(Protocol):
    """Whose turn it is; as :class:`bridge.flow.turns.Turns`."""

    def turn(self, meeting: str, route: str, kind: Callable[[], WindowKind | None]) -> Turn:
        """A turn to be taken."""

    def wake(self) -> None:
        """Look at once whether what is wrong is mended."""

    def parked(self) -> Mapping[str, str]:
        """What is wrong on the way, by route; an empty name stands for all of them."""


class Permit(Protocol):
    """The right to send windows; as :class:`bridge.store.leases.Leases`."""

    def held(self) -> bool:
        """Whether it is ours now."""

    async def renewed(self) -> None:
        """Return once it is."""


class Worker:
    """Takes stored windows to their answers."""

    def __init__(
        self,
        ways: Ways,
        store: RunStore,
        metrics: RunMetrics,
        *,
        turns: TurnGiver | None = None,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        permit: Permit | None = None,
        around: Callable[[Ways], Ways] | None = None,
    ) -> None:
        """``turns`` are those at the Langflow that runs the flows; functions of routes have turns of their own.

        ``around`` makes of the ways to a flow, which a turn may know better, those that windows are sent by.
        Nothing is sent while there is a ``permit`` that is not held: another bridge may be sending the same.
        """
        self._ways = ways
        self._store = store
        self._metrics = metrics
        self._turns: TurnGiver = turns or Turns()
        self._calls = Turns(UNBOUNDED)
        self._clock, self._chance, self._sleep = clock, chance, sleep
        self._permit = permit
        self._around = around or (lambda ways: ways)
        self._lanes: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self._answered: dict[str, bool] = {}
        """Whether each route's flow has answered the window that it was done with last."""
        self._broken: set[str] = set()
        """Routes that are parked because their flow broke on every window."""
        self._failing: dict[str, str] = {}

    def lane(self, meeting_uuid: str, route: str) -> asyncio.Lock:
        """The right to run a route's flow for a meeting; who holds it is alone and in turn."""
        return self._lanes.setdefault((meeting_uuid, route), asyncio.Lock())

    def turn(self, meeting_uuid: str, route: Route, kind: Callable[[], WindowKind | None]) -> Turn:
        """The turn that :meth:`run` wants; to be taken, in an ``async with`` block, before a window is closed."""
        return (self._calls if route.call else self._turns).turn(meeting_uuid, route.name, kind)

    def wake(self) -> None:
        """Look at once whether what is wrong on the ways to flows is mended."""
        self._turns.wake()
        self._calls.wake()

    def parked(self) -> Mapping[str, str]:
        """Routes whose windows wait, and why; :data:`ALL_ROUTES` stands for all that need Langflow."""
        parked = {**self._turns.parked(), **self._calls.parked()}
        return {name or ALL_ROUTES: reason for name, reason in parked.items()}

    def failing(self) -> Mapping[str, str]:
        """Routes whose flow or function broke last, and why; an answer ends it."""
        return self._failing

    async def run(self, pending: PendingWindow, route: Route, turn: Turn) -> PendingWindow | None:
        """Send a stored window until it is answered or given up, and store which.

        The caller holds the window's lane and has its turn, which is given back and taken anew between tries.

        Returns:
            ``None`` when the window is settled. Else the window as it stands: it was put aside, and is to be
            tried again behind another of its route; or its turn was dropped.
        """
        started = self._clock()
        suspended_since: float | None = None
        delays = backoff(FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS, chance=self._chance)
        while await turn.take():
            if self._permit is not None and not self._permit.held():
                await self._permit.renewed()
            pending = replace(pending, attempts=pending.attempts + 1)
            turn.begins()
            if pending.attempts == 1 and suspended_since is None:
                sent = pending.window
                log.info(
                    "window.sent",
                    window_id=sent.window_id,
                    kind=sent.kind.value,
                    characters=len(sent.input_value),
                )
            ways = self._around(turn.ways or self._ways)
            try:
                output = await ways.run(pending.window, timeout_seconds=route.timeout_seconds)
            except RunSuspended as error:
                pending = replace(pending, attempts=pending.attempts - 1)
                if suspended_since is None:
                    suspended_since = self._clock()
                turn.passed()
                turn.give_back()
                try:
                    async with asyncio.timeout(suspended_since + route.human_seconds - self._clock()):
                        await turn.meanwhile(error.goes_on())
                except TimeoutError:
                    why = f"nobody has decided within {route.human_seconds:g} s; human_seconds of the route is that limit"
                    await ways.give_up(pending.window)
                    await self._fail(pending, route, why, started)
                    return None
            except LangflowError as error:
                counts = await self._learn(error, pending.window, turn, route)
                pending = replace(pending, failures=pending.failures + counts)
                if isinstance(error, FlowRefused) or (counts and self._is_at_fault(pending)):
                    turn.passed()
                    await ways.give_up(pending.window)
                    await self._fail(pending, route, str(error), started)
                    return None
                self._tried(pending, route, error)
                if counts and (pending.failures >= FAILED_TRIES or route.name in self._broken):
                    self._flow_broke(route, turn, error)
                    return pending
                turn.give_back()
                if not isinstance(error, WayBlocked):  # those wait where the turns are given out
                    await turn.meanwhile(self._pause(next(delays)))
            else:
                turn.answered(route.timeout_seconds)
                self._broken.discard(route.name)
                self._answered[route.name] = True
                turn.passed()
                turn.give_back()
                self._failing.pop(route.name, None)
                await self._settle(pending, route, RunStatus.DONE, started, output=output)
                log.info(
                    "run.done",
                    window_id=pending.window.window_id,
                    attempts=pending.attempts,
                    seconds=round(self._clock() - started, 1),
                    characters=len(output.text),
                )
                return None
        return pending

    async def _learn(self, error: LangflowError, window: Window, turn: Turn, route: Route) -> bool:
        """Tell the turns what an error says of the way; gives whether it is held against the window."""
        alone = turn.alone
        if isinstance(error, WayBlocked):
            asked = error.retry_after_seconds if isinstance(error, LangflowBusy) else None
            turn.blocked(str(error), everywhere=error.everywhere, at_least=asked or 0.0)
            return False
        if isinstance(error, RunLost):
            turn.lost()
        else:
            turn.answered(route.timeout_seconds)
        if isinstance(error, FlowRefused):
            return False
        if isinstance(error, WindowUnderWay):
            turn.passed()
            return False
        if trouble := await (turn.ways or self._ways).trouble(window):
            turn.blocked(trouble, everywhere=True)
            return False
        if route.name not in self._broken:
            turn.passed()
        return alone or not isinstance(error, RunLost)

    def _is_at_fault(self, pending: PendingWindow) -> bool:
        """Whether the window is to blame that its flow breaks on it: the flow has answered another."""
        return pending.failures >= FAILED_TRIES and self._answered.get(pending.window.route, False)

    def _flow_broke(self, route: Route, turn: Turn, error: LangflowError) -> None:
        self._answered[route.name] = False
        self._broken.add(route.name)
        turn.blocked(f"its flow breaks on every window: {error}", everywhere=False)

    async def _pause(self, seconds: float) -> None:
        await self._sleep(seconds)

    def _tried(self, pending: PendingWindow, route: Route, error: LangflowError) -> None:
        if isinstance(error, FlowFailed):
            self._failing[route.name] = str(error)
            log.warning(
                "run.broke", window_id=pending.window.window_id, attempts=pending.attempts, reason=str(error)
            )
        self._store.run_tried(
            pending.window.window_id, attempts=pending.attempts, failures=pending.failures, error=str(error)
        )
        self._metrics.run_retried(route.name, type(error).__name__)

    async def _fail(self, pending: PendingWindow, route: Route, reason: str, started: float) -> None:
        window_id = pending.window.window_id
        self._failing[route.name] = reason
        log.error("run.failed", window_id=window_id, attempts=pending.attempts, reason=reason)
        if pending.failures == FAILED_TRIES:  # one that was put aside before tells nothing new of the flow
            self._answered[route.name] = False
        await self._settle(pending, route, RunStatus.FAILED, started, error=reason)

    async def _settle(
        self,
        pending: PendingWindow,
        route: Route,
        status: RunStatus,
        started: float,
        *,
        output: Output = NO_OUTPUT,
        error: str = "",
    ) -> None:
        await self._store.run_ended(
            pending.window.window_id,
            status=status,
            attempts=pending.attempts,
            failures=pending.failures,
            output=output,
            error=error,
        )
        self._metrics.run_ended(route.name, status, self._clock() - started)
