"""Passages: what a search finds, filled from what was said and found, and emptied with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bridge.domain import Passage, PassageKind, Run, Utterance
from bridge.store.query import Query, TermCounts
from bridge.store.reads import Reads
from bridge.store.rows import fields, from_row, to_row
from bridge.store.writes import NOTHING_AMENDED, OF_WORDS, Writes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.store.query import Sought, Terms

_PASSAGE: Final = fields(Passage)


class Passages(Reads, Writes):
    """What the indexer and the search ask and write. Searches raise ``StoreAway``; the indexer waits."""

    # The indexer's

    def take_changed(self) -> dict[str, int | None]:
        """Streams of which words came since the last time, each with the first position that was amended, if any."""
        taken, self._changed = self._changed, {}
        return {stream_id: None if n == NOTHING_AMENDED else n for stream_id, n in taken.items()}

    async def take_told(self) -> list[str]:
        """Streams of which a flow found something since the last time."""
        taken, self._news = self._news, set()
        query = Query("windows", (("window_id", "in", tuple(taken)),), ("stream_id",), span="stream_id")
        return [str(row["stream_id"]) for row in await self._read(query)] if taken else []

    async def stream_ids(self, *, after: str, limit: int) -> list[str]:
        """Ids of all streams in their order, behind one."""
        query = Query("streams", (("stream_id", ">", after),), ("stream_id",), ("stream_id",), limit)
        return [str(row["stream_id"]) for row in await self._read(query)]

    async def last_passage(self, stream_id: str, *, before: int | None = None) -> Passage | None:
        """A stream's last passage of words; with ``before`` the last that ends in front of a position."""
        ends = () if before is None else (("last_n", "<", before),)
        where = (("stream_id", "=", stream_id), *OF_WORDS, *ends)
        rows = await self._read(Query("passages", where, _PASSAGE, ("-first_n",), 1))
        return from_row(Passage, rows[0]) if rows else None

    async def findings(self, stream_id: str) -> list[Passage]:
        """A stream's findings as they can be found now, in the order in which they were written."""
        where = (("stream_id", "=", stream_id), ("kind", "=", PassageKind.FINDING.value))
        return [
            from_row(Passage, row) for row in await self._read(Query("passages", where, _PASSAGE, ("id",)))
        ]

    async def runs_that_told(self, stream_id: str) -> list[Run]:
        """A stream's runs that found something, in order of creation."""
        where = (("stream_id", "=", stream_id), ("news", "<>", ""))
        rows = await self._read(Query("windows", where, fields(Run), ("created_ms", "seq")))
        return [from_row(Run, row) for row in rows]

    def replace_passages(
        self, stream_id: str, kind: PassageKind, passages: Sequence[Passage], *, from_n: int = 0
    ) -> None:
        """Write passages instead of those of their kind that begin at a position or behind it."""
        self._delete(
            "passages",
            (("stream_id", "=", stream_id), ("kind", "=", kind.value), ("first_n", ">=", from_n)),
        )
        for passage in passages:
            self._add_of_stream("passages", to_row(passage))

    # The search's

    async def utterances_between(self, stream_id: str, first_n: int, last_n: int) -> list[Utterance]:
        """What was said from one position to another, both included, without chat messages that were deleted."""
        between = (("n", ">=", first_n), ("n", "<=", last_n), ("text", "<>", ""))
        query = Query("utterances", (("stream_id", "=", stream_id), *between), fields(Utterance), ("n",))
        return [from_row(Utterance, row) for row in await self._read_once(query)]

    async def term_counts(self, words: Sequence[Terms], streams: Sequence[str] | None) -> TermCounts:
        """How common words are.

        Raises:
            StoreAway: The database cannot be read now.
        """
        async with self._searching:
            return await self._once(self._engine.term_counts(words, streams))

    async def search(self, sought: Sought) -> list[Passage]:
        """The passages that have what is sought, in the order of :class:`~bridge.store.query.Sought`.

        Raises:
            StoreAway: The database cannot be read now.
        """
        async with self._searching:
            found = await self._once(self._engine.search(sought))
        return [from_row(Passage, row) for row in found]
