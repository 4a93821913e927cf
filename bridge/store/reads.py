"""What the store can be asked. Only what is committed is seen."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import structlog

from bridge.domain import (
    Deletion,
    Gap,
    Happening,
    PendingWindow,
    Recording,
    ResumePoint,
    Run,
    RunStatus,
    Stream,
    StreamState,
    Utterance,
    Window,
    WindowKind,
)
from bridge.errors import StoreAway
from bridge.store.query import Query
from bridge.store.rows import fields, from_row
from bridge.store.values import Pulse, RouteProgress, StoredEvent, StreamSummary
from bridge.transcript.utterance import REMEMBERED, UNKNOWN_SPEAKER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.store.engine import Engine
    from bridge.store.pace import Pace
    from bridge.store.query import Row

log = structlog.get_logger(__name__)

_STREAM: Final = fields(Stream)
_UTTERANCE: Final = fields(Utterance)
_WINDOW: Final = fields(Window)
_RUN: Final = fields(Run)


class Reads:
    """Questions. Those that a session or the registry asks wait for a database that is away."""

    def __init__(self, engine: Engine, pace: Pace) -> None:
        self._engine = engine
        self._pace = pace

    # The registry's

    async def events_to_handle(self) -> list[StoredEvent]:
        """Events that nobody has acted on, in order of arrival."""
        query = Query("events", (("handled", "=", False),), ("id", "stream_id", "body"), ("id",))
        return [from_row(StoredEvent, row) for row in await self._read(query)]

    async def stream(self, stream_id: str) -> Stream | None:
        """A stream, live or ended."""
        rows = await self._read(Query("streams", _of(stream_id), _STREAM))
        return from_row(Stream, rows[0]) if rows else None

    async def streams(self, stream_ids: Sequence[str]) -> dict[str, Stream]:
        """Streams by their ids, those that there are."""
        rows = await self._read(Query("streams", (("stream_id", "in", tuple(stream_ids)),), _STREAM))
        return {str(row["stream_id"]): from_row(Stream, row) for row in rows}

    async def streams_to_settle(self) -> list[Stream]:
        """Streams with something left to do, oldest first."""
        query = Query("streams", (("settled", "=", False),), _STREAM, ("started_at_ms", "stream_id"))
        return [from_row(Stream, row) for row in await self._read(query)]

    async def streams_of(self, meeting_uuid: str) -> list[str]:
        """Ids of a meeting's streams, live or ended."""
        query = Query(
            "streams", (("meeting_uuid", "=", meeting_uuid),), ("stream_id",), ("started_at_ms", "stream_id")
        )
        return [str(row["stream_id"]) for row in await self._read(query)]

    async def deletions(self) -> list[Deletion]:
        """Meetings that wait to be deleted everywhere, in the order in which it was asked for."""
        rows = await self._read(Query("deletions", order=("requested_ms", "meeting_uuid")))
        return [from_row(Deletion, row) for row in rows]

    # A session's

    async def last_seen_ms(self, stream_id: str) -> int:
        """When the stream's media socket was last known to live; 0 if never."""
        rows = await self._read(Query("streams", _of(stream_id), ("last_seen_ms",)))
        return _int(rows[0]["last_seen_ms"]) if rows else 0

    async def utterances(
        self, stream_id: str, *, after: int = 0, deleted: bool = False, limit: int | None = None
    ) -> list[Utterance]:
        """A stream's utterances behind a position, in order of arrival, no more than ``limit`` of them.

        ``deleted`` includes chat messages that were deleted, which have no text.
        """
        where = (*_of(stream_id), ("n", ">", after), *(() if deleted else (("text", "<>", ""),)))
        rows = await self._read(Query("utterances", where, _UTTERANCE, ("n",), limit))
        return [from_row(Utterance, row) for row in rows]

    async def resume_point(self, stream_id: str) -> ResumePoint:
        """All that is needed to go on with a stream's transcript, without reading the whole of it."""
        of_stream, there = _of(stream_id), ("text", "<>", "")
        newest = await self._read(Query("utterances", of_stream, _UTTERANCE, ("-n",), REMEMBERED))
        names = await self._read(Query("utterances", (*of_stream, there), ("user_id", "speaker"), span="n"))
        chat = Query("utterances", (*of_stream, ("message_id", "<>", ""), there), ("message_id", "n"), ("n",))
        return ResumePoint(
            count=_int(newest[0]["n"]) if newest else 0,
            people=_people(names),
            recent=tuple(from_row(Utterance, row) for row in reversed(newest)),
            chat={str(row["message_id"]): _int(row["n"]) for row in await self._read(chat)},
        )

    async def gaps(self, stream_id: str) -> list[Gap]:
        """A stream's gaps in the order in which they were found."""
        rows = await self._read(Query("gaps", _of(stream_id), order=("id",)))
        return [from_row(Gap, row) for row in rows]

    async def progress(self, stream_id: str, route: str) -> RouteProgress:
        """How far a route has come in a stream."""
        columns = ("seq", "kind", "first_n", "last_n", "gaps_told")
        rows: list[dict[str, Any]] = [
            *await self._read(Query("windows", (*_of(stream_id), ("route", "=", route)), columns))
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
        )

    async def pending_windows(self, stream_id: str, route: str) -> list[PendingWindow]:
        """Windows that were not answered, in their order."""
        where = (*_of(stream_id), ("route", "=", route), ("status", "=", RunStatus.PENDING.value))
        rows = await self._read(Query("windows", where, (*_WINDOW, "attempts", "failures"), ("seq",)))
        return [
            PendingWindow(
                window=from_row(Window, row), attempts=_int(row["attempts"]), failures=_int(row["failures"])
            )
            for row in rows
        ]

    async def window(self, window_id: str) -> Window | None:
        """A window with the text that was or will be sent, which goes once it is answered and the stream settled."""
        rows = await self._read(Query("windows", (("window_id", "=", window_id),), _WINDOW))
        return from_row(Window, rows[0]) if rows else None

    # Of those who look on: they raise StoreAway

    async def stream_summaries(self, *, limit: int) -> list[StreamSummary]:
        """The newest streams with their counts, newest first."""
        return await self._summaries(Query("streams", (), _STREAM, ("-started_at_ms", "-stream_id"), limit))

    async def stream_summary(self, stream_id: str) -> StreamSummary | None:
        """One stream with its counts."""
        found = await self._summaries(Query("streams", _of(stream_id), _STREAM))
        return found[0] if found else None

    async def unsettled(self, *, limit: int) -> list[Stream]:
        """The newest streams with something left to do: to be heard, or to be answered."""
        query = Query("streams", (("settled", "=", False),), _STREAM, ("-started_at_ms", "-stream_id"), limit)
        return [from_row(Stream, row) for row in await self._read_once(query)]

    async def past_streams(self, *, before_ms: int, limit: int) -> list[Stream]:
        """Streams that are over and began before a time (UTC ms), newest first, without those of deleted meetings.

        One that began in the same millisecond as the last of them is never left out, so there may be more than ``limit``.
        """
        over = (
            ("state", "in", (StreamState.ENDED.value, StreamState.LOST.value)),
            ("server_urls", "<>", ""),
        )
        newest_first = ("-started_at_ms", "-stream_id")
        query = Query("streams", (*over, ("started_at_ms", "<", before_ms)), _STREAM, newest_first, limit)
        rows = await self._read_once(query)
        if len(rows) == limit:
            last = rows[-1]["started_at_ms"]
            twins = await self._read_once(
                Query("streams", (*over, ("started_at_ms", "=", last)), _STREAM, newest_first)
            )
            rows = [row for row in rows if row["started_at_ms"] != last] + twins
        return [from_row(Stream, row) for row in rows]

    async def speakers(self, stream_ids: Sequence[str]) -> dict[str, list[tuple[str, int]]]:
        """Who spoke or wrote in each of the streams and how often, by every name that was used, in order of appearance."""
        of_streams = (("stream_id", "in", tuple(stream_ids)),)
        rows = await self._read_once(Query("utterances", of_streams, ("stream_id", "speaker"), span="n"))
        found: dict[str, list[tuple[str, int]]] = {stream_id: [] for stream_id in stream_ids}
        for row in sorted(rows, key=lambda row: _int(row["least"])):
            found[str(row["stream_id"])].append((str(row["speaker"]), _int(row["rows"])))
        return found

    async def pulses(self, stream_ids: Sequence[str]) -> dict[str, Pulse]:
        """How far each of the streams has come, in four questions however many they are."""
        all_ids = tuple(stream_ids)
        of_streams = (("stream_id", "in", all_ids),)
        known = await self._read_once(Query("streams", of_streams, (*_STREAM, "settled")))
        windows = await self._read_once(
            Query("windows", of_streams, ("stream_id", "status", "attempts"), span="created_ms")
        )
        runs: dict[str, list[tuple[RunStatus, int, int, int]]] = {}
        for row in windows:
            status, attempts = RunStatus(str(row["status"])), _int(row["attempts"])
            told = (status, attempts, _int(row["rows"]), _int(row["most"]))
            runs.setdefault(str(row["stream_id"]), []).append(told)
        missed, happened = (
            await self._counts("gaps", "id", all_ids),
            await self._counts("happenings", "id", all_ids),
        )
        return {
            stream.stream_id: Pulse(
                stream=stream,
                settled=bool(row["settled"]),
                gaps=missed.get(stream.stream_id, 0),
                happenings=happened.get(stream.stream_id, 0),
                runs=tuple(sorted(runs.get(stream.stream_id, []))),
            )
            for row in known
            for stream in [from_row(Stream, row)]
        }

    async def chat(self, stream_id: str) -> list[Utterance]:
        """A stream's chat messages as they read now, in order of arrival; those that were deleted have no text."""
        query = Query("utterances", (*_of(stream_id), ("message_id", "<>", "")), _UTTERANCE, ("n",))
        return [from_row(Utterance, row) for row in await self._read_once(query)]

    async def happenings(self, stream_id: str) -> list[Happening]:
        """Who came, left or shared a screen in a stream, in the order in which Zoom told."""
        rows = await self._read_once(Query("happenings", _of(stream_id), order=("id",)))
        return [from_row(Happening, row) for row in rows]

    async def recordings(self, stream_id: str) -> list[Recording]:
        """A stream's files of sound and pictures, in order of time."""
        rows = await self._read_once(Query("recordings", _of(stream_id), order=("from_ms", "name")))
        return [from_row(Recording, row) for row in rows]

    async def recording(self, stream_id: str, name: str) -> Recording | None:
        """One file of a stream."""
        rows = await self._read_once(Query("recordings", (*_of(stream_id), ("name", "=", name))))
        return from_row(Recording, rows[0]) if rows else None

    async def runs(self, stream_id: str) -> list[Run]:
        """What became of each of a stream's windows, in order of creation."""
        rows = await self._read_once(Query("windows", _of(stream_id), _RUN, ("created_ms", "seq")))
        return [from_row(Run, row) for row in rows]

    async def failed_runs(self, *, limit: int = 1000) -> list[Run]:
        """Windows that were given up, newest first."""
        failed = ("status", "=", RunStatus.FAILED.value)
        rows = await self._read_once(Query("windows", (failed,), _RUN, ("-created_ms", "-seq"), limit))
        return [from_row(Run, row) for row in rows]

    async def _summaries(self, query: Query) -> list[StreamSummary]:
        streams = [from_row(Stream, row) for row in await self._read_once(query)]
        ids = tuple(stream.stream_id for stream in streams)
        utterances, windows = (
            await self._counts("utterances", "n", ids),
            await self._counts("windows", "seq", ids),
        )
        return [
            StreamSummary(stream, utterances.get(stream.stream_id, 0), windows.get(stream.stream_id, 0))
            for stream in streams
        ]

    async def _counts(self, table: str, span: str, stream_ids: tuple[str, ...]) -> dict[str, int]:
        """How many rows of a table each of the streams has; without those that have none."""
        rows = await self._read_once(
            Query(table, (("stream_id", "in", stream_ids),), ("stream_id",), span=span)
        )
        return {str(row["stream_id"]): _int(row["rows"]) for row in rows}

    # Asking

    async def _read(self, query: Query) -> list[Row]:
        """The rows, once the database can be read: nothing goes on without its past."""
        tries = 0
        while True:
            try:
                return await self._read_once(query)
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
            return await self._engine.read(query)
        except Exception as error:
            if reason := self._engine.absence(error):
                raise StoreAway(reason) from None
            if isinstance(error, ValueError | OverflowError):
                return []  # what no database can keep, such as half a character, is in none
            raise


def _of(stream_id: str) -> tuple[tuple[str, str, str]]:
    return (("stream_id", "=", stream_id),)


def _people(rows: Sequence[Row]) -> tuple[tuple[str, str], ...]:
    """User id and latest name, in order of appearance, from what each was called between which positions."""
    named = [row for row in rows if row["user_id"] and row["speaker"] != UNKNOWN_SPEAKER]
    first: dict[str, int] = {}
    latest: dict[str, tuple[int, str]] = {}
    for row in named:
        user_id, least, most = str(row["user_id"]), _int(row["least"]), _int(row["most"])
        first[user_id] = min(first.get(user_id, least), least)
        latest[user_id] = max(latest.get(user_id, (0, "")), (most, str(row["speaker"])))
    return tuple((user_id, latest[user_id][1]) for user_id in sorted(first, key=first.__getitem__))


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0
