"""What the store can be asked. Only what is committed is seen."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, TypeVar

import structlog

from bridge.domain import (
    Deletion,
    Gap,
    PendingWindow,
    ResumePoint,
    RunStatus,
    Stream,
    Utterance,
    Window,
    WindowKind,
)
from bridge.errors import StoreAway
from bridge.store.query import Query, of_stream
from bridge.store.rows import as_int, fields, from_row
from bridge.store.values import RouteProgress, StoredEvent
from bridge.store.writes import REOPENED
from bridge.transcript.utterance import REMEMBERED, UNKNOWN_SPEAKER

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from bridge.store.engine import Engine
    from bridge.store.pace import Pace
    from bridge.store.query import Row

_Answer = TypeVar("_Answer")

log = structlog.get_logger(__name__)

SEARCHES_AT_ONCE: Final = 4
"""So many wait for the database, half of PostgreSQL's readers; a crowd of them would keep meetings from their past."""
PIECE: Final = 250
"""Utterances that are read at once: more would keep the event loop for milliseconds."""
_STREAM: Final = fields(Stream)
_UTTERANCE: Final = fields(Utterance)
_WINDOW: Final = fields(Window)


class Reads:
    """Questions. Those that a session or the registry asks wait for a database that is away."""

    def __init__(self, engine: Engine, pace: Pace) -> None:
        self._engine = engine
        self._pace = pace
        self._searching = asyncio.Semaphore(SEARCHES_AT_ONCE)

    # The registry's

    async def events_to_handle(self) -> list[StoredEvent]:
        """Events of our streams that nobody has acted on, in order of arrival."""
        query = Query("events", (("handled", "=", False),), fields(StoredEvent), ("id",))
        events = [from_row(StoredEvent, row) for row in await self._read(query)]
        mine = await self.mine({event.stream_id for event in events}) if events else set()
        return [event for event in events if event.stream_id in mine]

    async def stream(self, stream_id: str) -> Stream | None:
        """A stream, live or ended."""
        rows = await self._read(Query("streams", of_stream(stream_id), _STREAM))
        return from_row(Stream, rows[0]) if rows else None

    async def streams(self, stream_ids: Sequence[str]) -> dict[str, Stream]:
        """Streams by their ids, those that there are."""
        rows = await self._read(Query("streams", (("stream_id", "in", tuple(stream_ids)),), _STREAM))
        return {str(row["stream_id"]): from_row(Stream, row) for row in rows}

    async def streams_to_settle(self) -> list[Stream]:
        """Our streams with something left to do, oldest first."""
        query = Query("streams", (("settled", "=", False),), _STREAM, ("started_at_ms", "stream_id"))
        streams = [from_row(Stream, row) for row in await self._read(query)]
        mine = await self.mine({stream.stream_id for stream in streams}) if streams else set()
        return [stream for stream in streams if stream.stream_id in mine]

    async def mine(self, stream_ids: Collection[str] | None = None) -> set[str]:
        """Those streams that are ours; all of them for ``None``, where the store is shared."""
        return await self._insist(lambda: self._engine.leases.mine(stream_ids))

    async def streams_of(self, meeting_uuid: str) -> list[str]:
        """Ids of a meeting's streams, live or ended."""
        query = Query(
            "streams", (("meeting_uuid", "=", meeting_uuid),), ("stream_id",), ("started_at_ms", "stream_id")
        )
        return [str(row["stream_id"]) for row in await self._read(query)]

    async def elsewhere(self, stream_ids: Collection[str]) -> set[str]:
        """Those streams that another bridge has."""
        return await self._insist(lambda: self._engine.leases.elsewhere(stream_ids))

    async def deletions(self) -> list[Deletion]:
        """Meetings that wait to be deleted everywhere, in the order in which it was asked for."""
        rows = await self._read(Query("deletions", order=("requested_ms", "meeting_uuid")))
        return [from_row(Deletion, row) for row in rows]

    # A session's

    async def last_seen_ms(self, stream_id: str) -> int:
        """When the stream's media socket was last known to live; 0 if never."""
        rows = await self._read(Query("streams", of_stream(stream_id), ("last_seen_ms",)))
        return as_int(rows[0]["last_seen_ms"]) if rows else 0

    async def utterances(
        self, stream_id: str, *, after: int = 0, deleted: bool = False, limit: int | None = None
    ) -> list[Utterance]:
        """A stream's utterances behind a position, in order of arrival, no more than ``limit`` of them.

        ``deleted`` includes chat messages that were deleted, which have no text. However many they are, what else the loop
        has to do goes on between two pieces of them.
        """
        plain = () if deleted else (("text", "<>", ""),)
        said: list[Utterance] = []
        while True:
            most = PIECE if limit is None else min(PIECE, limit - len(said))
            where = (*of_stream(stream_id), ("n", ">", said[-1].n if said else after), *plain)
            rows = await self._read(Query("utterances", where, _UTTERANCE, ("n",), most))
            said += (from_row(Utterance, row) for row in rows)
            if len(rows) < PIECE or len(said) == limit:
                return said

    async def resume_point(self, stream_id: str) -> ResumePoint:
        """All that is needed to go on with a stream's transcript, without reading the whole of it."""
        mine, there = of_stream(stream_id), ("text", "<>", "")
        newest = await self._read(Query("utterances", mine, _UTTERANCE, ("-n",), REMEMBERED))
        names = await self._read(Query("utterances", (*mine, there), ("user_id", "speaker"), span="n"))
        chat = Query("utterances", (*mine, ("message_id", "<>", ""), there), ("message_id", "n"), ("n",))
        return ResumePoint(
            count=as_int(newest[0]["n"]) if newest else 0,
            people=_people(names),
            recent=tuple(from_row(Utterance, row) for row in reversed(newest)),
            chat={str(row["message_id"]): as_int(row["n"]) for row in await self._read(chat)},
        )

    async def gaps(self, stream_id: str) -> list[Gap]:
        """A stream's gaps in the order in which they were found."""
        rows = await self._read(Query("gaps", of_stream(stream_id), order=("id",)))
        return [from_row(Gap, row) for row in rows]

    async def routes_reopened(self, stream_id: str) -> set[str] | None:
        """The routes that have windows of a stream that had been settled; ``None`` of any other."""
        if await self.last_seen_ms(stream_id) != REOPENED:
            return None
        rows = await self._read(Query("windows", of_stream(stream_id), ("route",), span="seq"))
        return {str(row["route"]) for row in rows}

    async def progress(self, stream_id: str, route: str) -> RouteProgress:
        """How far a route has come in a stream."""
        columns = ("window_id", "seq", "kind", "first_n", "last_n", "gaps_told")
        rows: list[dict[str, Any]] = [
            *await self._read(Query("windows", (*of_stream(stream_id), ("route", "=", route)), columns))
        ]
        return RouteProgress(
            seq=max((row["seq"] for row in rows), default=0),
            last_n=max((row["last_n"] for row in rows if row["kind"] == WindowKind.LIVE), default=0),
            gaps_told=max((row["gaps_told"] for row in rows), default=0),
            started=any(row["kind"] == WindowKind.START for row in rows),
            final=max(
                ((row["last_n"], row["gaps_told"]) for row in rows if row["kind"] == WindowKind.FINAL),
                default=None,
            ),
            asked=tuple(sorted(row["first_n"] for row in rows if row["kind"] == WindowKind.ASK)),
            approved=tuple(
                sorted(
                    (row["first_n"], row["window_id"]) for row in rows if row["kind"] == WindowKind.APPROVED
                )
            ),
        )

    async def pending_windows(self, stream_id: str, route: str) -> list[PendingWindow]:
        """Windows that were not answered, in their order."""
        where = (*of_stream(stream_id), ("route", "=", route), ("status", "=", RunStatus.PENDING.value))
        rows = await self._read(Query("windows", where, (*_WINDOW, "attempts", "failures"), ("seq",)))
        return [
            PendingWindow(
                window=from_row(Window, row),
                attempts=as_int(row["attempts"]),
                failures=as_int(row["failures"]),
            )
            for row in rows
        ]

    async def window(self, window_id: str) -> Window | None:
        """A window with the text that was or will be sent, which goes once it is answered and the stream settled."""
        rows = await self._read(Query("windows", (("window_id", "=", window_id),), _WINDOW))
        return from_row(Window, rows[0]) if rows else None

    # Asking

    async def _read(self, query: Query) -> list[Row]:
        """The rows, once the database can be read."""
        return await self._insist(lambda: self._read_once(query))

    async def _insist(self, ask: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """What is answered, once the database can be read: nothing goes on without its past."""
        tries = 0
        while True:
            try:
                return await self._once(ask())
            except StoreAway as away:
                tries += 1
                if tries == 1:
                    log.warning("store.unreadable", reason=str(away))
                await asyncio.sleep(self._pace.pause_seconds(tries))

    async def _read_once(self, query: Query) -> list[Row]:
        """The rows.

        Raises:
            StoreAway: The database cannot be read now.
        """
        try:
            return await self._once(self._engine.read(query))
        except (ValueError, OverflowError):
            return []  # what no database can keep, such as half a character, is in none

    async def _once(self, answer: Awaitable[_Answer]) -> _Answer:
        """What an engine answers.

        Raises:
            StoreAway: The database cannot be read now.
        """
        try:
            return await answer
        except StoreAway:
            raise
        except Exception as error:
            if reason := self._engine.absence(error):
                raise StoreAway(reason) from None
            raise


def _people(rows: Sequence[Row]) -> tuple[tuple[str, str], ...]:
    """User id and latest name, in order of appearance, from what each was called between which positions."""
    named = [row for row in rows if row["user_id"] and row["speaker"] != UNKNOWN_SPEAKER]
    first: dict[str, int] = {}
    latest: dict[str, tuple[int, str]] = {}
    for row in named:
        user_id, least, most = str(row["user_id"]), as_int(row["least"]), as_int(row["most"])
        first[user_id] = min(first.get(user_id, least), least)
        latest[user_id] = max(latest.get(user_id, (0, "")), (most, str(row["speaker"])))
    return tuple((user_id, latest[user_id][1]) for user_id in sorted(first, key=first.__getitem__))
