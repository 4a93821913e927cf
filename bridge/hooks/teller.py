"""Tells endpoints what becomes of meetings, by deliveries that are stored with what they tell of, or before it.

Told twice, as after a crash, it is stored once: a delivery's id says what it is about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from bridge.clock import CLOCK
from bridge.domain import NO_OUTPUT, OVER, EndpointEvent
from bridge.flow.found import made_of
from bridge.hooks.changes import changes
from bridge.hooks.message import ended, started
from bridge.logs import places_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from bridge.clock import Clock
    from bridge.domain import Delivery, Output, RunStatus, Stream
    from bridge.hooks.endpoint import Endpoint
    from bridge.hooks.message import Message
    from bridge.store.store import Store

OF_NEWS: Final = frozenset(EndpointEvent) - {EndpointEvent.MEETING_STARTED, EndpointEvent.MEETING_ENDED}
"""Events that a run's news may bring."""

log = structlog.get_logger(__name__)


class Teller:
    """The store as sessions and the worker write it, with what endpoints are to be told of that."""

    def __init__(
        self,
        store: Store,
        endpoints: Sequence[Endpoint],
        *,
        is_gone: Callable[[str], bool],
        wake: Callable[[str], None],
        link: Callable[[str], str] = lambda _: "",
        clock: Clock = CLOCK,
    ) -> None:
        """Make one.

        Args:
            store: Where deliveries are kept.
            endpoints: Who is told.
            is_gone: Whether an endpoint wants to be told nothing any more.
            wake: Called with the name of an endpoint for which something was stored.
            link: The page of a stream's meeting; empty where nobody can follow one.
            clock: Time.
        """
        self._store = store
        self._endpoints = endpoints
        self._is_gone, self._wake, self._link, self._clock = is_gone, wake, link, clock

    def announce(self, stream: Stream, routes: Collection[str]) -> None:
        """Tell the endpoints of these routes that a stream begins to be heard, or is over, whichever it is."""
        message = ended(stream) if stream.state in OVER else started()
        self._store.add_deliveries(self._deliveries(stream, routes, [message]))

    def run_tried(self, window_id: str, *, attempts: int, failures: int, error: str) -> None:
        """An attempt failed and another follows."""
        self._store.run_tried(window_id, attempts=attempts, failures=failures, error=error)

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
        """A window is answered or given up; returns when that is stored, and with it what is to be told of it."""
        deliveries: list[Delivery] = []
        if self._endpoints and output.news:
            try:
                deliveries = await self._told(window_id, output.news)
            except Exception as error_of_ours:  # the boundary of a part: the answer is kept all the same
                log.error("part.broke", part="webhooks", where=places_of(error_of_ours))
        await self._store.run_ended(
            window_id,
            status=status,
            attempts=attempts,
            failures=failures,
            output=output,
            error=error,
            deliveries=deliveries,
        )

    async def _told(self, window_id: str, news: str) -> list[Delivery]:
        run = await self._store.run_of(window_id)
        if run is None or not any(self._wants_news(each, run.route) for each in self._endpoints):
            return []
        stream = await self._store.stream(run.stream_id)
        if stream is None:
            return []
        told = [each for each in await self._store.runs_that_told(run.stream_id) if each.route == run.route]
        messages = await made_of(told, lambda told: changes(told, run, news))
        return list(self._deliveries(stream, [run.route], messages))

    def _wants_news(self, endpoint: Endpoint, route: str) -> bool:
        return (
            endpoint.route == route
            and not OF_NEWS.isdisjoint(endpoint.events)
            and not self._is_gone(endpoint.name)
        )

    def _deliveries(
        self, stream: Stream, routes: Collection[str], messages: Sequence[Message]
    ) -> Iterable[Delivery]:
        at_ms, link = self._clock.now_ms(), self._link(stream.stream_id)
        for endpoint in self._endpoints:
            if endpoint.route not in routes or self._is_gone(endpoint.name):
                continue
            wanted = [message for message in messages if message.event in endpoint.events]
            yield from (message.to(endpoint, stream, link=link, at_ms=at_ms) for message in wanted)
            if wanted:
                self._wake(endpoint.name)
