"""Deliveries: what webhook endpoints are told, kept until they have taken it, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bridge.domain import Delivery, DeliveryStatus, Run
from bridge.store.query import Query, of_stream
from bridge.store.reads import Reads
from bridge.store.rows import as_int, fields, from_row
from bridge.store.writes import Writes

if TYPE_CHECKING:
    from collections.abc import Collection

    from bridge.store.query import Row, Where

MOST_STREAMS: Final = 500
"""Whose first deliveries are told at once; a courier keeps them in hand."""
_WITHOUT_BODY: Final = tuple(name for name in fields(Delivery) if name != "body")
_WAITING: Final = (("status", "=", DeliveryStatus.WAITING.value),)


class Deliveries(Reads, Writes):
    """What couriers ask and write, who wait for a database that is away; and what those who look on ask, who do not."""

    async def first_deliveries(self, endpoint: str) -> tuple[list[Delivery], int]:
        """Of each stream the first delivery that waits for an endpoint, without its body, oldest first; and how many wait in all.

        Of more than :data:`MOST_STREAMS` streams those are told that are due first.
        """
        waiting = (*_WAITING, ("endpoint", "=", endpoint))
        groups = await self._read(Query("deliveries", waiting, ("stream_id",), span="id"))
        if not groups:
            return [], 0
        firsts = ("id", "in", tuple(row["least"] for row in groups))
        first_due = Query(
            "deliveries", (firsts, *_WAITING), ("id", *_WITHOUT_BODY), ("due_ms", "id"), MOST_STREAMS
        )
        rows = sorted(await self._read(first_due), key=lambda row: as_int(row.pop("id")))
        return [_bodiless(row) for row in rows], sum(as_int(row["rows"]) for row in groups)

    async def first_delivery(self, endpoint: str, stream_id: str) -> Delivery | None:
        """The first delivery of a stream that waits for an endpoint, without its body."""
        # What is asked of the endpoint is no plain equality, lest SQLite goes through all that waits for it by that index.
        waiting = (*of_stream(stream_id), ("ended_ms", "=", 0), ("endpoint", "in", (endpoint,)))
        rows = await self._read(Query("deliveries", waiting, _WITHOUT_BODY, ("id",), 1))
        return _bodiless(rows[0]) if rows else None

    async def delivery_body(self, delivery_id: str) -> str:
        """What a delivery that waits says; empty where it does not wait any more, or was deleted."""
        rows = await self._read(Query("deliveries", (*_one(delivery_id), *_WAITING), ("body",)))
        return str(rows[0]["body"]) if rows else ""

    async def endpoints_waited_for(self) -> list[str]:
        """Names of the endpoints for which something waits."""
        rows = await self._read(Query("deliveries", _WAITING, ("endpoint",), span="id"))
        return sorted(str(row["endpoint"]) for row in rows)

    async def run_of(self, window_id: str) -> Run | None:
        """What became of a window so far."""
        rows = await self._read(Query("windows", (("window_id", "=", window_id),), fields(Run)))
        return from_row(Run, rows[0]) if rows else None

    async def delivery_tried(self, delivery_id: str, *, attempts: int, due_ms: int, answer: str) -> None:
        """An attempt was not taken; another follows at a time. Committed on return."""
        self._update("deliveries", _one(delivery_id), attempts=attempts, due_ms=due_ms, answer=answer)
        await self.flush()

    async def delivery_ended(
        self, delivery_id: str, *, status: DeliveryStatus, attempts: int, answer: str
    ) -> None:
        """A delivery was taken or given up; what it said is no longer needed. Committed on return."""
        self._end(_one(delivery_id), status, answer=answer, attempts=attempts)
        await self.flush()

    async def give_up_deliveries(self, endpoints: Collection[str], why: str) -> None:
        """Nothing that waits for these endpoints is sent any more. Committed on return."""
        for endpoint in endpoints:
            self._end((("endpoint", "=", endpoint), *_WAITING), DeliveryStatus.FAILED, answer=why)
        await self.flush()

    async def deliveries(self, stream_id: str, *, limit: int | None = None) -> list[Delivery]:
        """What endpoints were told of a stream, without the bodies, newest first.

        Raises:
            StoreAway: The database cannot be read now.
        """
        rows = await self._read_once(
            Query("deliveries", of_stream(stream_id), _WITHOUT_BODY, ("-id",), limit)
        )
        return [_bodiless(row) for row in rows]

    def _end(self, where: Where, status: DeliveryStatus, *, answer: str, **more: int) -> None:
        ended = self._now_ms()
        self._update("deliveries", where, status=status.value, body="", answer=answer, ended_ms=ended, **more)


def _one(delivery_id: str) -> Where:
    return (("delivery_id", "=", delivery_id),)


def _bodiless(row: Row) -> Delivery:
    return from_row(Delivery, {**row, "body": ""})
