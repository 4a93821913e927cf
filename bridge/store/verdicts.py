"""Verdicts: what people decided about findings that waited, and whether their flow has been told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bridge.domain import Decision, Verdict
from bridge.errors import WriteRefused
from bridge.store.query import Op, Query, of_stream
from bridge.store.reads import Reads
from bridge.store.rows import as_int, fields, from_row, to_row
from bridge.store.writes import Writes

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_VERDICT: Final = fields(Verdict)
_TO_SEND: Final = (("decision", "=", Decision.POST.value), ("window_id", "=", ""))


class Verdicts(Reads, Writes):
    """What pages and the API ask and write, who do not wait for a database that is away; and what sessions ask, who do."""

    async def verdicts(self, stream_id: str) -> list[Verdict]:
        """A stream's verdicts, in their order.

        Raises:
            StoreAway: The database cannot be read now.
        """
        rows = await self._read_once(Query("verdicts", of_stream(stream_id), _VERDICT, ("n",)))
        return [from_row(Verdict, row) for row in rows]

    async def verdict_counts(self, stream_ids: Sequence[str]) -> dict[str, int]:
        """How many verdicts each of the streams has; without those that have none."""
        where = (("stream_id", "in", tuple(stream_ids)),)
        rows = await self._read_once(Query("verdicts", where, ("stream_id",), span="n"))
        return {str(row["stream_id"]): as_int(row["rows"]) for row in rows}

    async def verdicts_to_send(self, stream_id: str, route: str) -> list[Verdict]:
        """Those of a route that have no window yet, in their order."""
        where = (*of_stream(stream_id), ("route", "=", route), *_TO_SEND)
        return [
            from_row(Verdict, row) for row in await self._read(Query("verdicts", where, _VERDICT, ("n",)))
        ]

    async def streams_decided(self, routes: Collection[str]) -> dict[str, int]:
        """Streams in which something is to be sent by one of the routes that has no window yet, with its highest number."""
        where = (("route", "in", tuple(routes)), *_TO_SEND)
        rows = await self._read(Query("verdicts", where, ("stream_id",), span="n")) if routes else []
        return {str(row["stream_id"]): as_int(row["most"]) for row in rows}

    async def add_verdict(self, verdict: Verdict) -> None:
        """Keep a verdict, and let its stream be looked at again. Committed on return.

        Raises:
            WriteRefused: Somebody else's verdict has its number, or its meeting is deleted.
        """
        number = self._add_of_stream("verdicts", to_row(verdict), Op.CLAIM)
        if number is None:
            raise WriteRefused("The verdict's meeting has been deleted.")
        if verdict.decision is Decision.POST:
            self.stream_reopened(verdict.stream_id)
        await self._writer.written(number)

    def verdict_taken(self, stream_id: str, n: int, window_id: str) -> None:
        """A window takes a verdict to its flow."""
        self._update("verdicts", (*of_stream(stream_id), ("n", "=", n)), window_id=window_id)
