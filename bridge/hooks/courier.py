"""Takes what waits for one endpoint there: in order for each stream, several streams at once, until it is taken or given up.

What the store has is all that counts: an attempt's outcome is stored before the next one, and a process that dies in between
sends the same delivery again, under the same id. All that waits is looked at once in a while; between two looks each stream
goes on by itself, as an endpoint that was away for days has thousands of them to catch up with.
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from bridge.backoff import backoff
from bridge.clock import CLOCK
from bridge.domain import DeliveryStatus
from bridge.hooks.order import AT_ONCE, next_look_ms, ready
from bridge.hooks.outcome import Verdict, is_of_the_endpoint, rule
from bridge.store.deliveries import MOST_STREAMS
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
LOOK_REST: Final = 29.0
"""How many times as long as it took to look at all that waits is rested before that is done again, but no longer than
:data:`POLL_SECONDS`: a look may have waited for a database that was away."""
FIRST_REST_SECONDS: Final = 1.0
LONGEST_REST_SECONDS: Final = 60.0
"""Pauses of an endpoint that is in trouble, whichever delivery is next."""
GONE: Final = "the endpoint has answered 410 and is told nothing more until the bridge starts again"

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
        self._heads: dict[str, Delivery] = {}
        """What comes first in each stream in which something waits, or is under way, as far as the last look told."""
        self._busy: set[str] = set()
        self._more = False
        """Whether there were more streams than the last look told, of which those come first that are due first..."""
        self._sent = False
        """...and whether one of these was sent since."""
        self._told = True
        """Whether something was stored since that look at all that waits, or nothing it told is left to be sent..."""
        self._look_at = self._rested_at = float("-inf")
        """...which is made anew at the one time in any case, and not before the other; by the steady clock."""
        self._rest_until = float("-inf")
        """By the steady clock: the other may be set back, and an endpoint must not rest for that long."""
        self._rests = self._new_rests()
        self._wake = asyncio.Event()

    @property
    def waiting_seconds(self) -> float:
        """For how long the one has waited that was made first; 0 where none waits."""
        oldest_ms = min((head.created_ms for head in self._heads.values()), default=0)
        return max(0.0, self._clock.wall() - oldest_ms / 1000) if oldest_ms else 0.0

    def wake(self) -> None:
        """Something was stored for the endpoint."""
        self._told = True
        self._wake.set()

    async def run(self) -> None:
        """Deliver until cancelled; for an endpoint that is gone, give up what waits, which other bridges go on storing."""
        self._told, self._look_at, self._rested_at = True, float("-inf"), float("-inf")
        async with asyncio.TaskGroup() as tasks:
            while not self.gone:
                self._wake.clear()
                await self._look()
                await wait_for_either(self._wake, self._begin(tasks))
        while True:
            await self._store.give_up_deliveries([self.endpoint.name], GONE)
            self._heads, self.waiting = {}, 0
            await asyncio.sleep(POLL_SECONDS)

    async def _look(self) -> None:
        """Look at all that waits, where it is time to."""
        now = self._clock.steady()
        if now < self._rested_at or not (self._told or now >= self._look_at):
            return
        self._told, busy = False, set(self._busy)
        await self._store.flush()  # whoever woke us may have written it just now
        began = self._clock.steady()
        heads, self.waiting = await self._store.first_deliveries(self.endpoint.name)
        self._more, self._sent = len(heads) >= MOST_STREAMS, False
        # Of a stream that had an attempt under way that one's end tells what comes first, and may have done so by now.
        own = {stream_id: head for stream_id, head in self._heads.items() if stream_id in busy}
        self._heads = {head.stream_id: head for head in heads if head.stream_id not in busy} | own
        now = self._clock.steady()
        self._rested_at = now + min(POLL_SECONDS, LOOK_REST * (now - began))
        self._look_at = now + min(POLL_SECONDS, LOOKS_APART * self._store.leases.look_seconds)

    def _begin(self, tasks: asyncio.TaskGroup) -> float:
        """Begin what is to be sent now; gives after how many seconds to look again."""
        heads, steady, now = list(self._heads.values()), self._clock.steady(), self._clock.now_ms()
        rest = now + math.ceil(1000 * max(0.0, self._rest_until - steady))
        for delivery in ready(heads, busy=self._busy, now_ms=now, rest_until_ms=rest):
            self._sent = True
            self._busy.add(delivery.stream_id)
            tasks.create_task(self._deliver(delivery), name=f"deliver to {self.endpoint.name}")
        self._told |= self._more and self._sent and len(self._busy) < AT_ONCE and now >= rest
        at = next_look_ms(heads, busy=self._busy, now_ms=now, rest_until_ms=rest)
        look = max(self._rested_at, steady if self._told else self._look_at) - steady
        return look if at is None else min(look, (at - now) / 1000)

    async def _deliver(self, delivery: Delivery) -> None:
        stream_id = delivery.stream_id
        try:
            body = await self._store.delivery_body(delivery.delivery_id)
            if body and not self.gone:  # else its meeting was deleted meanwhile
                answer = await self._post(self.endpoint, delivery.delivery_id, body.encode())
                await self._settle(delivery, answer)
            following = await self._store.first_delivery(self.endpoint.name, stream_id)
            if following is None:
                self._heads.pop(stream_id, None)
            else:
                self._heads[stream_id] = following
        finally:
            self._busy.discard(stream_id)
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
        self.waiting = max(0, self.waiting - 1)

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
