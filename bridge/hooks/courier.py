"""Takes what waits for one endpoint there: in order for each stream, several streams at once, until it is taken or given up.

What the store has is all that counts: an attempt's outcome is stored before the next one, and a process that dies in between
sends the same delivery again, under the same id.
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from bridge.backoff import backoff
from bridge.clock import CLOCK
from bridge.domain import DeliveryStatus
from bridge.hooks.order import next_look_ms, ready
from bridge.hooks.outcome import Verdict, is_of_the_endpoint, rule
from bridge.tasks import wait_for_either

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from bridge.clock import Clock
    from bridge.domain import Delivery
    from bridge.hooks.endpoint import Endpoint
    from bridge.hooks.outcome import Answer, Ruling
    from bridge.store.store import Store

POLL_SECONDS: Final = 30.0
"""How often something is looked for that nobody was woken for."""
LOOKS_APART: Final = 3
"""The same in looks at leases, where other bridges write deliveries, too."""
FIRST_REST_SECONDS: Final = 1.0
LONGEST_REST_SECONDS: Final = 60.0
"""Pauses of an endpoint that is in trouble, whichever delivery is next."""

log = structlog.get_logger(__name__)


class DeliveryMetrics(Protocol):
    """What couriers report."""

    def delivery(self, endpoint: str, outcome: str) -> None:
        """An attempt was made: ``delivered``, ``retried``, or ``failed`` for good."""


class Courier:
    """One for an endpoint."""

    def __init__(
        self,
        endpoint: Endpoint,
        store: Store,
        post: Callable[[Endpoint, str, bytes], Awaitable[Answer]],
        metrics: DeliveryMetrics,
        clock: Clock = CLOCK,
    ) -> None:
        self.endpoint = endpoint
        self.gone = False
        """Whether the endpoint has said that it wants to be told nothing any more; until the next start."""
        self.trouble = ""
        """Why the last attempt was not taken; empty where it was, or before the first."""
        self.waiting = 0
        """How many deliveries waited at the last look."""
        self._store, self._post, self._metrics, self._clock = store, post, metrics, clock
        self._busy: set[str] = set()
        self._oldest_ms = 0
        self._rest_until = float("-inf")
        """By the steady clock: the other may be set back, and an endpoint must not rest for that long."""
        self._rests = self._new_rests()
        self._wake = asyncio.Event()

    @property
    def waiting_seconds(self) -> float:
        """For how long the one has waited that was made first; 0 where none waits."""
        return max(0.0, self._clock.wall() - self._oldest_ms / 1000) if self._oldest_ms else 0.0

    def wake(self) -> None:
        """Something was stored for the endpoint."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver until cancelled, or until the endpoint is gone."""
        async with asyncio.TaskGroup() as tasks:
            while not self.gone:
                self._wake.clear()
                seconds = await self._look(tasks)
                await wait_for_either(self._wake, seconds)
        self.waiting, self._oldest_ms = 0, 0  # what waited for one that is gone was given up

    async def _look(self, tasks: asyncio.TaskGroup) -> float:
        """Begin what is to be sent now; gives after how many seconds to look again."""
        await self._store.flush()  # whoever woke us may have written it just now
        heads, self.waiting = await self._store.first_deliveries(self.endpoint.name)
        self._oldest_ms = min((head.created_ms for head in heads), default=0)
        now = self._clock.now_ms()
        rest = now + math.ceil(1000 * max(0.0, self._rest_until - self._clock.steady()))
        for delivery in ready(heads, busy=self._busy, now_ms=now, rest_until_ms=rest):
            self._busy.add(delivery.stream_id)
            tasks.create_task(self._deliver(delivery), name=f"deliver to {self.endpoint.name}")
        at = next_look_ms(heads, busy=self._busy, now_ms=now, rest_until_ms=rest)
        poll = min(POLL_SECONDS, LOOKS_APART * self._store.leases.look_seconds)
        return poll if at is None else min(poll, (at - now) / 1000)

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            body = await self._store.delivery_body(delivery.delivery_id)
            if body and not self.gone:  # else its meeting was deleted meanwhile
                answer = await self._post(self.endpoint, delivery.delivery_id, body.encode())
                await self._settle(delivery, answer)
        finally:
            self._busy.discard(delivery.stream_id)
            self._wake.set()

    async def _settle(self, delivery: Delivery, answer: Answer) -> None:
        attempts = delivery.attempts + 1
        age = (self._clock.now_ms() - delivery.created_ms) / 1000
        ruling = rule(answer, attempts=attempts, age_seconds=age, chance=self._clock.chance)
        self._learn(answer, ruling)
        name = delivery.delivery_id
        if ruling.verdict is Verdict.AGAIN:
            due_ms = self._clock.now_ms() + round(ruling.pause_seconds * 1000)
            self._metrics.delivery(self.endpoint.name, "retried")
            await self._store.delivery_tried(name, attempts=attempts, due_ms=due_ms, answer=ruling.words)
            return
        taken = ruling.verdict is Verdict.DELIVERED
        status = DeliveryStatus.DELIVERED if taken else DeliveryStatus.FAILED
        self._metrics.delivery(self.endpoint.name, "delivered" if taken else "failed")
        if not taken:
            log.error(
                "webhook.failed",
                endpoint=self.endpoint.name,
                event_name=delivery.event.value,
                stream_id=delivery.stream_id,
                attempts=attempts,
                reason=ruling.words,
            )
        await self._store.delivery_ended(name, status=status, attempts=attempts, answer=ruling.words)
        if ruling.verdict is Verdict.GONE:
            why = f"the endpoint has answered {answer.status} and is told nothing more until the bridge starts again"
            await self._store.give_up_deliveries([self.endpoint.name], why)

    def _learn(self, answer: Answer, ruling: Ruling) -> None:
        """What an answer tells of the endpoint, said once when it gets into trouble and once when it is out of it."""
        if self.gone:
            return
        if ruling.verdict is Verdict.DELIVERED:
            if self.trouble:
                log.info("webhook.back", endpoint=self.endpoint.name)
            self.trouble, self._rests, self._rest_until = "", self._new_rests(), float("-inf")
            return
        if not self.trouble:
            log.warning("webhook.away", endpoint=self.endpoint.name, why=answer.words)
        self.trouble = answer.words
        self.gone = ruling.verdict is Verdict.GONE
        rest = max(ruling.rest_seconds, next(self._rests) if is_of_the_endpoint(answer) else 0.0)
        self._rest_until = max(self._rest_until, self._clock.steady() + rest)

    def _new_rests(self) -> Iterator[float]:
        return backoff(FIRST_REST_SECONDS, LONGEST_REST_SECONDS, chance=self._clock.chance)
