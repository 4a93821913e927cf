"""All webhook endpoints of a bridge: who tells them, and who takes it to each."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bridge.clock import CLOCK
from bridge.hooks.courier import Courier
from bridge.hooks.teller import Teller
from bridge.tasks import supervise

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from bridge.clock import Clock
    from bridge.hooks.courier import DeliveryMetrics
    from bridge.hooks.endpoint import Endpoint
    from bridge.hooks.outcome import Answer
    from bridge.store.store import Store


class Webhooks:
    """:attr:`teller` stores what is to be told; :meth:`run` delivers it."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        *,
        store: Store,
        post: Callable[[Endpoint, str, bytes], Awaitable[Answer]],
        metrics: DeliveryMetrics,
        link: Callable[[str], str] = lambda _: "",
        clock: Clock = CLOCK,
    ) -> None:
        self._store = store
        self._clock = clock
        self._couriers = {each.name: Courier(each, store, post, metrics, clock) for each in endpoints}
        self.teller = Teller(
            store,
            endpoints,
            is_gone=lambda name: self._couriers[name].gone,
            wake=lambda name: self._couriers[name].wake(),
            link=link,
            clock=clock,
        )

    async def run(self) -> None:
        """Deliver until cancelled: each endpoint by itself, so that none waits for another."""
        known = self._couriers.keys()
        if orphans := [name for name in await self._store.endpoints_waited_for() if name not in known]:
            await self._store.give_up_deliveries(orphans, "no route has an endpoint of this name any more")
        async with asyncio.TaskGroup() as tasks:
            for name, courier in self._couriers.items():
                part = supervise(courier.run, name="webhook", clock=self._clock, endpoint=name)
                tasks.create_task(part, name=f"webhook {name}")

    def waiting(self) -> int:
        """How many deliveries wait."""
        return sum(courier.waiting for courier in self._couriers.values())

    def waiting_seconds(self) -> float:
        """For how long the one that was made first has waited."""
        return max((courier.waiting_seconds for courier in self._couriers.values()), default=0.0)

    def troubles(self) -> Mapping[str, str]:
        """Endpoints whose last attempt was not taken, each with the reason."""
        return {name: courier.trouble for name, courier in self._couriers.items() if courier.trouble}
