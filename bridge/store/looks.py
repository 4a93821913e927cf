"""What those who look on ask the store: the API, pages, commands. Nobody waits for a database that is away: they raise ``StoreAway``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bridge.domain import OVER, Happening, Recording, Run, RunStatus, Stream, ToldEvent, Usage, Utterance
from bridge.store.query import Query, of_stream
from bridge.store.reads import Reads
from bridge.store.rows import as_int, fields, from_row
from bridge.store.salvage import HEARD
from bridge.store.values import Pulse, StreamSummary
from bridge.text import is_plain

if TYPE_CHECKING:
    from collections.abc import Sequence

_STREAM: Final = fields(Stream)
_UTTERANCE: Final = fields(Utterance)
_RUN: Final = fields(Run)
_USAGE: Final = fields(Usage)
_KEPT: Final = (("server_urls", "<>", ""),)
"""No :attr:`Stream.is_tombstone`."""
LAST_POSITION: Final = 2**31 - 1
"""The highest that a column holds."""
_NEWEST_FIRST: Final = ("-started_at_ms", "-stream_id")


class Looks(Reads):
    """Questions of those who look on."""

    async def stream_summaries(self, *, limit: int) -> list[StreamSummary]:
        """The newest streams with their counts, newest first."""
        return await self._summaries(Query("streams", (), _STREAM, _NEWEST_FIRST, limit))

    async def newest_streams(self, *, limit: int) -> list[Stream]:
        """The newest streams, newest first, without those of deleted meetings."""
        query = Query("streams", _KEPT, _STREAM, _NEWEST_FIRST, limit)
        return [from_row(Stream, row) for row in await self._read_once(query)]

    async def stream_summary(self, stream_id: str) -> StreamSummary | None:
        """The stream of an id, whatever somebody took for one, with its counts."""
        if not is_plain(stream_id):
            return None
        found = await self._summaries(Query("streams", of_stream(stream_id), _STREAM))
        return found[0] if found else None

    async def events_of(self, stream_id: str) -> list[ToldEvent]:
        """Webhook events of a stream that are still known, in order of arrival, without what other bridges handed in."""
        where = (*of_stream(stream_id), ("event", "<>", HEARD))
        rows = await self._read_once(Query("events", where, fields(ToldEvent), ("id",)))
        return [from_row(ToldEvent, row) for row in rows]

    async def unsettled(self, *, limit: int) -> list[Stream]:
        """The newest streams with something left to do: to be heard, or to be answered."""
        query = Query("streams", (("settled", "=", False),), _STREAM, _NEWEST_FIRST, limit)
        return [from_row(Stream, row) for row in await self._read_once(query)]

    async def past_streams(self, *, before_ms: int, limit: int) -> list[Stream]:
        """Streams that are over and began before a time (UTC ms), newest first, without those of deleted meetings.

        One that began in the same millisecond as the last of them is never left out, so there may be more than ``limit``.
        """
        over = (
            ("state", "in", tuple(state.value for state in OVER)),
            *_KEPT,
        )
        query = Query("streams", (*over, ("started_at_ms", "<", before_ms)), _STREAM, _NEWEST_FIRST, limit)
        rows = await self._read_once(query)
        if len(rows) == limit:
            last = rows[-1]["started_at_ms"]
            twins = await self._read_once(
                Query("streams", (*over, ("started_at_ms", "=", last)), _STREAM, _NEWEST_FIRST)
            )
            rows = [row for row in rows if row["started_at_ms"] != last] + twins
        return [from_row(Stream, row) for row in rows]

    async def speakers(self, stream_ids: Sequence[str]) -> dict[str, list[tuple[str, int]]]:
        """Who spoke or wrote in each of the streams and how often, by every name that was used, in order of appearance."""
        of_streams = (("stream_id", "in", tuple(stream_ids)),)
        rows = await self._read_once(Query("utterances", of_streams, ("stream_id", "speaker"), span="n"))
        found: dict[str, list[tuple[str, int]]] = {stream_id: [] for stream_id in stream_ids}
        for row in sorted(rows, key=lambda row: as_int(row["least"])):
            found[str(row["stream_id"])].append((str(row["speaker"]), as_int(row["rows"])))
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
            status, attempts = RunStatus(str(row["status"])), as_int(row["attempts"])
            told = (status, attempts, as_int(row["rows"]), as_int(row["most"]))
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

    async def chat(self, stream_id: str, *, first: int = 1, last: int = LAST_POSITION) -> list[Utterance]:
        """A stream's chat messages as they read now, in order of arrival; those that were deleted have no text.

        ``first`` and ``last`` are positions, both included.
        """
        span = (("n", ">=", first), ("n", "<=", last), ("message_id", "<>", ""))
        query = Query("utterances", (*of_stream(stream_id), *span), _UTTERANCE, ("n",))
        return [from_row(Utterance, row) for row in await self._read_once(query)]

    async def streams_since(self, since_ms: int, *, limit: int) -> list[str]:
        """Ids of the newest streams that began at a time (UTC ms) or later, newest first."""
        began = (("started_at_ms", ">=", since_ms),)
        query = Query("streams", began, ("stream_id", "started_at_ms"), _NEWEST_FIRST, limit)
        return [str(row["stream_id"]) for row in await self._read_once(query)]

    async def series(self, meeting_id: str) -> list[Stream]:
        """The streams of every meeting under a number, newest first."""
        query = Query("streams", (("meeting_id", "=", meeting_id),), _STREAM, _NEWEST_FIRST)
        return [from_row(Stream, row) for row in await self._read_once(query)]

    async def of_meeting(self, meeting_uuid: str) -> list[Stream]:
        """The streams of a meeting, oldest first."""
        query = Query(
            "streams", (("meeting_uuid", "=", meeting_uuid),), _STREAM, ("started_at_ms", "stream_id")
        )
        return [from_row(Stream, row) for row in await self._read_once(query)]

    async def stream_now(self, stream_id: str) -> Stream | None:
        """The stream of an id, whatever somebody took for one."""
        return (await self.streams_now([stream_id])).get(stream_id) if is_plain(stream_id) else None

    async def streams_now(self, stream_ids: Sequence[str]) -> dict[str, Stream]:
        """Streams by their ids, those that there are."""
        query = Query("streams", (("stream_id", "in", tuple(stream_ids)),), _STREAM)
        return {str(row["stream_id"]): from_row(Stream, row) for row in await self._read_once(query)}

    async def happenings(self, stream_id: str) -> list[Happening]:
        """Who came, left or shared a screen in a stream, in the order in which Zoom told."""
        rows = await self._read_once(Query("happenings", of_stream(stream_id), order=("id",)))
        return [from_row(Happening, row) for row in rows]

    async def recordings(self, stream_id: str) -> list[Recording]:
        """A stream's files of sound and pictures, in order of time."""
        rows = await self._read_once(Query("recordings", of_stream(stream_id), order=("from_ms", "name")))
        return [from_row(Recording, row) for row in rows]

    async def recording(self, stream_id: str, name: str) -> Recording | None:
        """One file of a stream."""
        rows = await self._read_once(Query("recordings", (*of_stream(stream_id), ("name", "=", name))))
        return from_row(Recording, rows[0]) if rows else None

    async def runs(self, stream_id: str) -> list[Run]:
        """What became of each of a stream's windows, in order of creation."""
        rows = await self._read_once(Query("windows", of_stream(stream_id), _RUN, ("created_ms", "seq")))
        return [from_row(Run, row) for row in rows]

    async def usages(self, stream_id: str) -> list[Usage | None]:
        """What models took for each of a stream's windows that were answered or given up; ``None`` where nobody told."""
        ended = (*of_stream(stream_id), ("ended_ms", ">", 0))
        rows = await self._read_once(Query("windows", ended, _USAGE))
        return [None if as_int(row["input_tokens"]) < 0 else from_row(Usage, row) for row in rows]

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
        return {str(row["stream_id"]): as_int(row["rows"]) for row in rows}
