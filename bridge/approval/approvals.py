"""Decides for people: what waits is read, a verdict is stored, and whoever has the meeting is told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

import structlog

from bridge.approval.standing import Standing, standing_of
from bridge.approval.wish import verdict_on
from bridge.clock import CLOCK
from bridge.domain import Decision
from bridge.errors import DecisionRefused, WriteRefused
from bridge.flow.found import made_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from bridge.approval.wish import Wish
    from bridge.clock import Clock
    from bridge.domain import Run, Verdict
    from bridge.store.store import Store

TRIES: Final = 3
"""At several bridges people may decide at the same moment; each verdict has a number that only one of them gets."""
NOT_STORED: Final = "The decision was not stored: the meeting is being deleted, or others decide on it at the same moment. Look again."

log = structlog.get_logger(__name__)


async def stands(runs: Sequence[Run], verdicts: Sequence[Verdict]) -> Standing:
    """How it stands with a meeting."""
    return await made_of(runs, lambda runs: standing_of(runs, verdicts))


class Approvals:
    """The findings that wait, of every meeting in the store."""

    def __init__(
        self,
        store: Store,
        *,
        routes: Collection[str],
        wake: Callable[[], Awaitable[None]],
        on_decision: Callable[[str], None] = lambda _: None,
        clock: Clock = CLOCK,
    ) -> None:
        """Make one.

        Args:
            store: Where runs and verdicts are kept.
            routes: Names of the routes that there are: on others nothing can go out.
            wake: Lets the bridge that has the meeting look for what was decided.
            on_decision: Hears each decision that was made, or ``refused``.
            clock: Time.
        """
        self._store, self._routes, self._wake, self._clock = store, routes, wake, clock
        self._on_decision = on_decision
        self._deciding: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """A lock for each stream in which somebody decides just now."""

    async def of(self, stream_id: str) -> Standing:
        """What of a stream's meeting waits, and what was decided.

        Raises:
            StoreAway: The database cannot be read now.
        """
        return await stands(await self._store.runs(stream_id), await self._store.verdicts(stream_id))

    async def decide(self, stream_id: str, wish: Wish, who: str) -> Verdict:
        """Carry out a wish; returns once its verdict is stored.

        Raises:
            DecisionRefused: Somebody was first, it reads differently now, its route is gone, or its meeting is.
            WordingRefused: What is to go out has no words, or more than it may have.
            StoreAway: The database cannot be read now.
        """
        try:
            async with self._deciding.setdefault(stream_id, asyncio.Lock()):
                verdict = await self._decided(stream_id, wish, who)
        except DecisionRefused:
            self._on_decision("refused")
            raise
        self._on_decision(verdict.decision.value)
        log.info(
            "approval.decided",
            stream_id=stream_id,
            route=verdict.route,
            n=verdict.n,
            decision=verdict.decision.value,
        )
        if verdict.decision is Decision.POST:
            await self._wake()
        return verdict

    async def _decided(self, stream_id: str, wish: Wish, who: str) -> Verdict:
        if wish.decision is Decision.POST and wish.route not in self._routes:
            raise DecisionRefused("Its route is not set up any more, so nothing can take it to its flow.")
        for tried in range(1, TRIES + 1):
            await self._store.flush()
            before = await self._store.verdicts(stream_id)
            standing = await stands(await self._store.runs(stream_id), before)
            verdict = verdict_on(
                standing, wish, before, stream_id=stream_id, who=who, at_ms=self._clock.now_ms()
            )
            try:
                await self._store.add_verdict(verdict)
            except WriteRefused:
                if tried == TRIES:
                    raise DecisionRefused(NOT_STORED) from None
            else:
                break
        return verdict
