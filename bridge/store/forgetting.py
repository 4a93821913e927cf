"""What is deleted: meetings whose consent was revoked, meetings that are old, and what is empty."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final

import structlog

from bridge.domain import Recording, RunStatus, Stream
from bridge.store.query import Op, Query, Write, of_stream
from bridge.store.reads import Reads
from bridge.store.rows import fields, from_row, to_row
from bridge.store.writes import Writes, tombstone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bridge.store.query import Row

_OF_STREAMS: Final = (
    "utterances",
    "passages",
    "windows",
    "redaction_keys",
    "verdicts",
    "deliveries",
    "happenings",
    "gaps",
)
"""Tables of what was said and done, and of what was told of it."""
_RECORDINGS: Final = "recordings"
"""They are listed as long as there are files, which another bridge may have."""

log = structlog.get_logger(__name__)


class Forgetting(Reads, Writes):
    """Deletions, retention, and another try for what had failed."""

    async def add_deletion(self, meeting_uuid: str, why: str, *, in_ms: int = 0) -> None:
        """Ask for a meeting to be deleted everywhere, now or after so long; asking twice is asking once. Committed on return.

        It is about the streams that the meeting has now: one that begins later is another.

        Raises:
            WriteRefused: The database does not take it.
        """
        await self.flush()
        ids = {*await self._streams_wished_away(meeting_uuid), *await self.streams_of(meeting_uuid)}
        row: Row = {"why": why, "requested_ms": self._now_ms() + in_ms, "attempts": 0, "error": ""}
        write: Row = {"meeting_uuid": meeting_uuid, **row, "stream_ids": json.dumps(sorted(ids))}
        await self._writer.written(self._writer.add(Write(Op.UPSERT, "deletions", write)))

    async def purge(self, meeting_uuid: str) -> None:
        """Delete everything of a meeting, in the journal too, but that there are recordings. Committed on return.

        Its streams stay as ids that have ended, and nothing that comes late is written of them.
        """
        await self.flush()
        ids = await self.streams_to_forget(meeting_uuid)
        self._closed.update(ids)
        await self._bury(ids)
        await self.flush()  # what others write of them before is there by then, and nothing comes behind
        for stream_id in ids:
            for table in _OF_STREAMS:
                self._delete(table, of_stream(stream_id))
            self._update(_RECORDINGS, of_stream(stream_id), speaker="")
        await self.flush()
        if ids:
            await self._erase()

    async def remove_recordings(self, stream_id: str, is_gone: Callable[[Recording], bool]) -> None:
        """Those of a stream's files are gone. Committed on return."""
        await self.flush()
        rows = await self._read(Query(_RECORDINGS, of_stream(stream_id)))
        for each in (from_row(Recording, row) for row in rows):
            if is_gone(each):
                self._delete(_RECORDINGS, (*of_stream(stream_id), ("name", "=", each.name)))
        await self.flush()

    async def streams_to_forget(self, meeting_uuid: str) -> list[str]:
        """Those that a deletion which waits is about; without one, all that the meeting has."""
        return await self._streams_wished_away(meeting_uuid) or await self.streams_of(meeting_uuid)

    async def close_streams(self, meeting_uuid: str) -> None:
        """Write nothing any more of a meeting's streams, which another bridge deletes; what was written is committed."""
        self._closed.update(await self.streams_of(meeting_uuid))
        await self.flush()

    async def expired_meetings(self, before_ms: int, *, limit: int) -> list[str]:
        """Meetings that began before a time, have nothing left to do, and are not being deleted already; oldest first."""
        old = (("started_at_ms", "<", before_ms), ("settled", "=", True))
        found = await self._read(Query("streams", old, ("meeting_uuid",), span="started_at_ms"))
        found.sort(key=lambda row: (row["least"], row["meeting_uuid"]))
        candidates = tuple(row["meeting_uuid"] for row in found)
        wished = await self._read(Query("deletions", columns=("meeting_uuid",)))
        busy: set[object] = {row["meeting_uuid"] for row in wished}
        for test in (("settled", "=", False), ("started_at_ms", ">=", before_ms)):
            others = await self._read(
                Query("streams", (test, ("meeting_uuid", "in", candidates)), ("meeting_uuid",))
            )
            busy.update(row["meeting_uuid"] for row in others)
        return [str(each) for each in candidates if each not in busy][:limit]

    async def prune(self, before_ms: int) -> None:
        """Delete handled events and settled streams without anything in them that are older than a time."""
        self._delete("events", (("handled", "=", True), ("received_ms", "<", before_ms)))
        old = (("settled", "=", True), ("started_at_ms", "<", before_ms))
        ids = tuple(str(row["stream_id"]) for row in await self._read(Query("streams", old, ("stream_id",))))
        full: set[object] = set()
        for table in (*_OF_STREAMS, _RECORDINGS):
            rows = await self._read(
                Query(table, (("stream_id", "in", ids),), ("stream_id",), span="stream_id")
            )
            full.update(row["stream_id"] for row in rows)
        for stream_id in ids:
            if stream_id not in full:
                self._delete("streams", (("stream_id", "=", stream_id),))
                self._closed.discard(stream_id)
        await self.flush()

    async def retry_runs(self, window_ids: Sequence[str] | None) -> int:
        """Let windows that were given up be sent again, all of them for ``None``; gives how many. Committed on return."""
        await self.flush()
        failed = ("status", "=", RunStatus.FAILED.value)
        where = (failed,) if window_ids is None else (failed, ("window_id", "in", tuple(window_ids)))
        rows = await self._read(Query("windows", where, ("window_id", "stream_id")))
        for window_id in (row["window_id"] for row in rows):
            again = (("window_id", "=", window_id), failed)
            self._update("windows", again, status=RunStatus.PENDING.value, failures=0, error="", ended_ms=0)
        for stream_id in sorted({str(row["stream_id"]) for row in rows}):
            self.stream_reopened(stream_id)
        await self.flush()
        return len(rows)

    async def _streams_wished_away(self, meeting_uuid: str) -> list[str]:
        """The streams that a deletion which waits is about."""
        rows = await self._read(Query("deletions", (("meeting_uuid", "=", meeting_uuid),), ("stream_ids",)))
        return list(json.loads(str(rows[0]["stream_ids"]))) if rows else []

    async def _bury(self, stream_ids: list[str]) -> None:
        """Streams become tombstones; their events have said nothing."""
        columns = fields(Stream)
        for row in await self._read(Query("streams", (("stream_id", "in", tuple(stream_ids)),), columns)):
            left = to_row(tombstone(from_row(Stream, row)))
            self._update("streams", (("stream_id", "=", row["stream_id"]),), **left, settled=True)
        for stream_id in stream_ids:
            self._update("events", (("stream_id", "=", stream_id),), body="", handled=True)

    async def _erase(self) -> None:
        """Empty the journal, as soon as the database lets us."""
        tries = 0
        while True:
            try:
                await self._engine.erase()
            except Exception as error:
                tries += 1
                if not (reason := self._engine.absence(error)):
                    raise
                if tries == 1:
                    log.warning("store.not_erased", reason=reason)
                await asyncio.sleep(self._pace.pause_seconds(tries))
            else:
                return
