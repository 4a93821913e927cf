"""The store: grouped writes, plain reads.

Writes are queued in order and committed together, by one task: at once where somebody waits for
them, else within :data:`GROUP_SECONDS`. So a crash loses at most that much, and a window is never
in the store without the utterances it carries, because they were queued before it.

With SQLite the journal is a write-ahead log with ``synchronous=NORMAL``: a killed process loses
nothing that was committed; a power cut can lose the last moments.
"""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy import event, func, make_url, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bridge.domain import (
    Gap,
    Happening,
    HappeningKind,
    MediaKind,
    Product,
    Recording,
    Run,
    RunStatus,
    Source,
    Stream,
    StreamState,
    Utterance,
    Window,
    WindowKind,
)
from bridge.errors import StoreError
from bridge.store import schema, writes
from bridge.tasks import beside

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from sqlalchemy import Executable, Row, ScalarSelect, Select, Table

GROUP_SECONDS: Final = 0.05
"""Longest wait of a write that nobody waits for."""
MAX_QUEUED: Final = 20_000
"""Writes that may wait; above that :meth:`Store.room` makes the sockets' readers wait."""
RETRY_SECONDS: Final = 1.0
"""Wait before a failed commit (disk full, database away) is tried again."""
CLOSING_TRIES: Final = 5
"""How often a commit is tried while the process is being stopped."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A webhook event that waits to be handled."""

    id: int
    body: str


@dataclass(frozen=True, slots=True)
class RouteProgress:
    """How far a route has come in a stream."""

    seq: int
    """Of its newest window; 0 before the first."""
    last_n: int
    """Position up to which live windows carried utterances."""
    gaps_told: int
    """How many of the stream's gaps its windows have told of."""
    started: bool
    """Whether it has had its start window."""
    finished: bool
    """Whether it has had its final window."""
    asked: tuple[int, ...] = ()
    """Positions of the utterances that called the assistant, one for each ask window."""


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """What it takes to go on with a stream."""

    count: int
    """Highest position."""
    people: tuple[tuple[str, str], ...]
    """User id and latest name of everybody who spoke, in order of appearance."""
    recent: tuple[Utterance, ...]
    """The last 512, those that were deleted included."""
    chat: dict[str, int]
    """Message ids and positions of chat messages that were not deleted."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """A meeting of which nothing may be left."""

    meeting_uuid: str
    why: str
    requested_ms: int
    attempts: int
    error: str


@dataclass(frozen=True, slots=True)
class StreamSummary:
    """One line of the list of streams."""

    stream: Stream
    utterances: int
    windows: int


class Store:
    """One database. Use :func:`open_store`."""

    def __init__(self, engine: AsyncEngine, *, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock
        self._queue: list[tuple[Executable, dict[str, Any]]] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._queued = asyncio.Event()
        self._urgent = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._closing = False
        self.fault = ""
        """Why the last commit failed; empty while commits succeed."""

    # Writing

    async def room(self) -> None:
        """Wait until the queue of writes is short enough to take more."""
        await self._has_room.wait()

    async def flush(self) -> None:
        """Return when everything written so far is committed, that which is on its way included."""
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(committed)
        self._queued.set()
        self._urgent.set()
        await committed

    async def add_event(self, *, event: str, stream_id: str, event_ts: int, body: str) -> None:
        """Keep a webhook event; the same event again changes nothing. Committed on return."""
        self._write(
            writes.ADD_EVENT,
            event=event,
            stream_id=stream_id,
            event_ts=event_ts,
            body=body,
            digest=hashlib.sha256(body.encode()).hexdigest()[:32],
            set_aside="",
            received_ms=self._now_ms(),
            handled=False,
        )
        await self.flush()

    def event_handled(self, event_id: int) -> None:
        """An event has been acted on, and need not be after a restart."""
        self._write(writes.HANDLE_EVENT, key=event_id, new_handled=True)

    async def event_set_aside(self, event_id: int, why: str) -> None:
        """Nobody can act on an event."""
        self._write(writes.SET_ASIDE_EVENT, key=event_id, new_handled=True, new_set_aside=why)
        await self.flush()

    async def add_deletion(self, meeting_uuid: str, why: str) -> None:
        """Nothing may be left of a meeting. Committed on return."""
        self._write(
            writes.ADD_DELETION,
            meeting_uuid=meeting_uuid,
            why=why,
            requested_ms=self._now_ms(),
            attempts=0,
            error="",
        )
        await self.flush()

    async def deletions(self) -> list[Deletion]:
        """What has to be deleted, oldest first."""
        table = schema.deletions
        return [
            Deletion(**row._mapping) for row in await self._read(select(table).order_by(table.c.requested_ms))
        ]

    async def deletion_tried(self, meeting_uuid: str, *, attempts: int, error: str) -> None:
        """Not everything could be deleted yet."""
        self._write(writes.TRIED_DELETION, key=meeting_uuid, new_attempts=attempts, new_error=error)
        await self.flush()

    async def deletion_ended(self, meeting_uuid: str) -> None:
        """Nothing is left."""
        self._write(writes.END_DELETION, of_meeting=meeting_uuid)
        await self.flush()

    async def expired_meetings(self, before_ms: int, *, limit: int) -> list[str]:
        """Meetings that began before a time and are over, oldest first."""
        table = schema.streams
        query = (
            select(table.c.meeting_uuid)
            .where(table.c.meeting_uuid.not_in(select(schema.deletions.c.meeting_uuid)))
            .group_by(table.c.meeting_uuid)
            .having(func.max(table.c.started_at_ms) < before_ms)
            .order_by(func.max(table.c.started_at_ms))
            .limit(limit)
        )
        return [row.meeting_uuid for row in await self._read(query)]

    async def prune(self, before_ms: int) -> None:
        """Nothing yet."""

    async def resume_point(self, stream_id: str) -> ResumePoint:
        """What it takes to go on with a stream."""
        everything = await self.utterances(stream_id, deleted=True)
        return ResumePoint(
            count=max((said.n for said in everything), default=0),
            people=tuple({said.user_id: said.speaker for said in everything if said.user_id}.items()),
            recent=tuple(everything[-512:]),
            chat={said.message_id: said.n for said in everything if said.message_id and said.text},
        )

    def put_stream(self, stream: Stream) -> None:
        """Add a stream, or replace what is known of it."""
        self._write(
            writes.PUT_STREAM,
            stream_id=stream.stream_id,
            product=stream.product.value,
            meeting_uuid=stream.meeting_uuid,
            meeting_id=stream.meeting_id,
            topic=stream.topic,
            server_urls=stream.server_urls,
            event_ts=stream.event_ts,
            started_at_ms=stream.started_at_ms,
            state=stream.state.value,
            end_reason=stream.end_reason,
            last_seen_ms=0,
            settled=False,
        )

    def stream_seen(self, stream_id: str, at_ms: int) -> None:
        """The stream's media socket was alive at a time; what is missed after a crash starts there."""
        self._write(writes.SAW_STREAM, key=stream_id, new_last_seen_ms=at_ms)

    def stream_settled(self, stream_id: str, *, settled: bool = True) -> None:
        """Nothing is left to do for a stream, or there is again."""
        self._write(writes.SETTLE_STREAM, key=stream_id, new_settled=settled)

    def add_utterance(self, utterance: Utterance) -> None:
        """Keep an utterance, committed within :data:`GROUP_SECONDS`."""
        self._write(
            writes.ADD_UTTERANCE,
            stream_id=utterance.stream_id,
            n=utterance.n,
            user_id=utterance.user_id,
            speaker=utterance.speaker,
            start_ms=utterance.start_ms,
            end_ms=utterance.end_ms,
            text=utterance.text,
            language=utterance.language,
            source=utterance.source.value,
            message_id=utterance.message_id,
        )

    def amend_utterance(self, stream_id: str, n: int, text: str) -> None:
        """A chat message was edited; an empty text is that of one that was deleted."""
        self._write(writes.AMEND_UTTERANCE, of_stream=stream_id, at_n=n, new_text=text)

    def add_happening(self, happening: Happening) -> None:
        """Keep who came, left or shared a screen."""
        self._write(
            writes.ADD_HAPPENING,
            stream_id=happening.stream_id,
            kind=happening.kind.value,
            at_ms=happening.at_ms,
            user_id=happening.user_id,
            name=happening.name,
        )

    async def purge(self, meeting_uuid: str, *, tombstone: bool = True) -> None:
        """Delete what was said and done in a meeting, in the journal too. Committed on return."""
        for statement in (*writes.PURGES, writes.CLEAR_TOPIC):
            self._write(statement, of_meeting=meeting_uuid)
        await self.flush()
        if self._engine.dialect.name == "sqlite":
            async with self._engine.connect() as connection:
                await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))

    def add_gap(self, gap: Gap) -> None:
        """Keep a stretch that was not received."""
        self._write(
            writes.ADD_GAP, stream_id=gap.stream_id, from_ms=gap.from_ms, to_ms=gap.to_ms, reason=gap.reason
        )

    def put_recording(self, recording: Recording) -> None:
        """Add a file of sound or pictures, or replace what is known of it."""
        self._write(
            writes.PUT_RECORDING,
            stream_id=recording.stream_id,
            name=recording.name,
            kind=recording.kind.value,
            user_id=recording.user_id,
            speaker=recording.speaker,
            path=recording.path,
            from_ms=recording.from_ms,
            to_ms=recording.to_ms,
            bytes=recording.bytes,
        )

    async def remove_recordings(self, stream_id: str) -> None:
        """A stream's files are gone. Committed on return."""
        self._write(writes.REMOVE_RECORDINGS, of_stream=stream_id)
        await self.flush()

    async def add_window(self, window: Window, *, gaps_told: int) -> None:
        """Keep a window with its exact text, before it is sent. Committed on return."""
        self._write(
            writes.ADD_WINDOW,
            window_id=window.window_id,
            stream_id=window.stream_id,
            meeting_uuid=window.meeting_uuid,
            route=window.route,
            flow=window.flow,
            seq=window.seq,
            kind=window.kind.value,
            first_n=window.first_n,
            last_n=window.last_n,
            gaps_told=gaps_told,
            input_value=window.input_value,
            created_ms=self._now_ms(),
            status=RunStatus.PENDING.value,
            attempts=0,
            output="",
            error="",
        )
        await self.flush()

    def run_tried(self, window_id: str, *, attempts: int, error: str) -> None:
        """An attempt failed and another follows."""
        self._write(writes.SET_ATTEMPT, key=window_id, new_attempts=attempts, new_error=error)

    async def run_ended(
        self, window_id: str, *, status: RunStatus, attempts: int, output: str = "", error: str = ""
    ) -> None:
        """A window is answered or given up. Committed on return, within :data:`GROUP_SECONDS`."""
        self._write(
            writes.END_RUN,
            key=window_id,
            new_status=status.value,
            new_attempts=attempts,
            new_output=output,
            new_error=error,
        )
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(committed)
        await committed

    # Reading

    async def events_to_handle(self) -> list[StoredEvent]:
        """Events that nobody has acted on, in order of arrival."""
        table = schema.events
        query = select(table.c.id, table.c.body).where(table.c.handled.is_(False)).order_by(table.c.id)
        return [StoredEvent(row.id, row.body) for row in await self._read(query)]

    async def stream(self, stream_id: str) -> Stream | None:
        """A stream, live or ended."""
        rows = await self._read(select(schema.streams).where(schema.streams.c.stream_id == stream_id))
        return _stream(rows[0]) if rows else None

    async def last_seen_ms(self, stream_id: str) -> int:
        """When the stream's media socket was last known to live; 0 if never."""
        table = schema.streams
        rows = await self._read(select(table.c.last_seen_ms).where(table.c.stream_id == stream_id))
        return int(rows[0].last_seen_ms) if rows else 0

    async def streams_to_settle(self) -> list[Stream]:
        """Streams with something left to do, oldest first."""
        table = schema.streams
        query = select(table).where(table.c.settled.is_(False)).order_by(table.c.started_at_ms)
        return [_stream(row) for row in await self._read(query)]

    async def stream_summaries(self, *, limit: int) -> list[StreamSummary]:
        """The newest streams with their counts, newest first."""
        query = _summaries().order_by(schema.streams.c.started_at_ms.desc()).limit(limit)
        return [_summary(row) for row in await self._read_once(query)]

    async def stream_summary(self, stream_id: str) -> StreamSummary | None:
        """One stream with its counts."""
        rows = await self._read_once(_summaries().where(schema.streams.c.stream_id == stream_id))
        return _summary(rows[0]) if rows else None

    async def utterances(self, stream_id: str, *, after: int = 0, deleted: bool = False) -> list[Utterance]:
        """A stream's utterances behind a position, in order of arrival.

        ``deleted`` includes chat messages that were deleted, which have no text.
        """
        table = schema.utterances
        query = select(table).where(table.c.stream_id == stream_id, table.c.n > after).order_by(table.c.n)
        return [
            Utterance(
                stream_id=row.stream_id,
                n=row.n,
                speaker=row.speaker,
                user_id=row.user_id,
                start_ms=row.start_ms,
                end_ms=row.end_ms,
                text=row.text,
                language=row.language,
                source=Source(row.source),
                message_id=row.message_id,
            )
            for row in await self._read(query)
            if row.text or deleted
        ]

    async def happenings(self, stream_id: str) -> list[Happening]:
        """Who came, left or shared a screen in a stream, in the order in which Zoom told."""
        table = schema.happenings
        query = select(table).where(table.c.stream_id == stream_id).order_by(table.c.id)
        return [
            Happening(
                stream_id=row.stream_id,
                kind=HappeningKind(row.kind),
                at_ms=row.at_ms,
                user_id=row.user_id,
                name=row.name,
            )
            for row in await self._read_once(query)
        ]

    async def gaps(self, stream_id: str) -> list[Gap]:
        """A stream's gaps in the order in which they were found."""
        table = schema.gaps
        query = select(table).where(table.c.stream_id == stream_id).order_by(table.c.id)
        return [
            Gap(stream_id=row.stream_id, from_ms=row.from_ms, to_ms=row.to_ms, reason=row.reason)
            for row in await self._read(query)
        ]

    async def streams_of(self, meeting_uuid: str) -> list[str]:
        """Ids of a meeting's streams, live or ended."""
        table = schema.streams
        query = select(table.c.stream_id).where(table.c.meeting_uuid == meeting_uuid)
        return [row.stream_id for row in await self._read(query)]

    async def recordings(self, stream_id: str) -> list[Recording]:
        """A stream's files of sound and pictures, in order of time."""
        table = schema.recordings
        query = select(table).where(table.c.stream_id == stream_id).order_by(table.c.from_ms, table.c.name)
        return [_recording(row) for row in await self._read_once(query)]

    async def recording(self, stream_id: str, name: str) -> Recording | None:
        """One file of a stream."""
        table = schema.recordings
        query = select(table).where(table.c.stream_id == stream_id, table.c.name == name)
        rows = await self._read_once(query)
        return _recording(rows[0]) if rows else None

    async def progress(self, stream_id: str, route: str) -> RouteProgress:
        """How far a route has come in a stream."""
        table = schema.windows
        query = select(table.c.seq, table.c.kind, table.c.first_n, table.c.last_n, table.c.gaps_told).where(
            table.c.stream_id == stream_id, table.c.route == route
        )
        rows = await self._read(query)
        return RouteProgress(
            seq=max((row.seq for row in rows), default=0),
            last_n=max((row.last_n for row in rows if row.kind == WindowKind.LIVE), default=0),
            gaps_told=max((row.gaps_told for row in rows), default=0),
            started=any(row.kind == WindowKind.START for row in rows),
            finished=any(row.kind == WindowKind.FINAL for row in rows),
            asked=tuple(sorted(row.first_n for row in rows if row.kind == WindowKind.ASK)),
        )

    async def pending_windows(self, stream_id: str, route: str) -> list[tuple[Window, int]]:
        """Windows that were not answered, in their order, each with the attempts made so far."""
        table = schema.windows
        query = (
            select(table)
            .where(
                table.c.stream_id == stream_id,
                table.c.route == route,
                table.c.status == RunStatus.PENDING.value,
            )
            .order_by(table.c.seq)
        )
        return [(_window(row), row.attempts) for row in await self._read(query)]

    async def runs(self, stream_id: str) -> list[Run]:
        """What became of each of a stream's windows, in order of creation."""
        table = schema.windows
        query = select(table).where(table.c.stream_id == stream_id).order_by(table.c.created_ms, table.c.seq)
        return [
            Run(
                window_id=row.window_id,
                stream_id=row.stream_id,
                route=row.route,
                seq=row.seq,
                kind=WindowKind(row.kind),
                status=RunStatus(row.status),
                attempts=row.attempts,
                output=row.output,
                error=row.error,
            )
            for row in await self._read_once(query)
        ]

    async def window(self, window_id: str) -> Window | None:
        """A window with the exact text that was or will be sent."""
        rows = await self._read(select(schema.windows).where(schema.windows.c.window_id == window_id))
        return _window(rows[0]) if rows else None

    async def check(self) -> str:
        """Why the store cannot be used; empty when it can."""
        if self.fault:
            return self.fault
        try:
            await self._read_once(select(schema.schema_version.c.version))
        except SQLAlchemyError as error:
            return _reason(error)
        return ""

    # The writer

    async def run(self) -> None:
        """Commit what is queued, in groups, until :meth:`close`."""
        while not (self._closing and not self._queue and not self._waiting):
            await self._queued.wait()
            self._queued.clear()
            if not self._urgent.is_set() and not self._closing:
                await _wait(self._urgent, GROUP_SECONDS)
            self._urgent.clear()
            queue, self._queue = self._queue, []
            waiting, self._waiting = self._waiting, []
            await self._commit(queue)
            for future in waiting:
                if not future.done():
                    future.set_result(None)
            if len(self._queue) < MAX_QUEUED:
                self._has_room.set()

    def close(self) -> None:
        """Let :meth:`run` commit the rest and return."""
        self._closing = True
        self._queued.set()
        self._urgent.set()

    async def _commit(self, queue: list[tuple[Executable, dict[str, Any]]]) -> None:
        grouped: dict[Executable, list[dict[str, Any]]] = {statement: [] for statement in writes.IN_ORDER}
        for statement, row in queue:
            grouped[statement].append(row)
        failures = 0
        while queue:
            try:
                async with self._engine.begin() as connection:
                    for statement, rows in grouped.items():
                        if rows:
                            await connection.execute(statement, rows)
            except (DBAPIError, OSError) as error:  # a refused connection to Postgres is an OSError
                reason = _reason(error)
                if reason != self.fault:
                    log.error("store.away", reason=reason, queued=len(queue))
                self.fault = reason
                failures += 1
                if self._closing and failures >= CLOSING_TRIES:
                    raise StoreError(f"{len(queue)} writes could not be committed: {reason}.") from None
                await asyncio.sleep(RETRY_SECONDS)
            else:
                if self.fault:
                    log.info("store.back")
                self.fault = ""
                return

    def _write(self, statement: Executable, **row: Any) -> None:
        self._queue.append((statement, row))
        self._queued.set()
        if len(self._queue) >= MAX_QUEUED:
            self._has_room.clear()

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)

    async def _read(self, query: Executable) -> Sequence[Row[Any]]:
        """The rows, once the database can be read: nothing goes on without its past."""
        while True:
            try:
                return await self._read_once(query)
            except DBAPIError as error:
                log.warning("store.unreadable", reason=_reason(error))
                await asyncio.sleep(RETRY_SECONDS)

    async def _read_once(self, query: Executable) -> Sequence[Row[Any]]:
        """The rows; raises where somebody is looking on and would rather know."""
        async with self._engine.connect() as connection:
            return (await connection.execute(query)).all()


@asynccontextmanager
async def open_store(url: str) -> AsyncIterator[Store]:
    """Open the database, make its tables where they are missing, and commit everything at the end.

    Raises:
        StoreError: The database cannot be opened, or was made by another version.
    """
    await asyncio.to_thread(_check_folder, url)
    try:
        engine = _engine(url)
    except ModuleNotFoundError as error:
        why = f"needs a package that is not installed: pip install {error.name}"
        raise StoreError(f"BRIDGE_STORE_URL {why}.") from None
    try:
        async with engine.begin() as connection:
            await _prepare(connection)
    except (SQLAlchemyError, OSError) as error:
        await engine.dispose()
        raise StoreError(f"BRIDGE_STORE_URL: the database cannot be opened: {_reason(error)}.") from None
    except StoreError:
        await engine.dispose()
        raise
    store = Store(engine)
    try:
        async with beside(store.run(), name="store writer", stop=store.close):
            yield store
    finally:
        await engine.dispose()


def _check_folder(url: str) -> None:
    """Aiosqlite leaves a thread with a traceback behind when it cannot open a file; a clear word comes first."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
        folder = Path(parsed.database).parent
        if not folder.is_dir():
            raise StoreError(
                f"BRIDGE_STORE_URL: the database cannot be opened: there is no folder {folder.absolute()}."
            )


def _engine(url: str) -> AsyncEngine:
    engine = create_async_engine(url)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine.sync_engine, "connect")
        def _configure(connection: Any, _record: object) -> None:
            try:
                cursor = connection.cursor()
                cursor.execute("PRAGMA journal_mode=WAL")
                cursor.execute("PRAGMA synchronous=NORMAL")
                cursor.execute("PRAGMA busy_timeout=5000")
                cursor.execute("PRAGMA secure_delete=ON")  # what is purged is overwritten, not only forgotten
                cursor.close()
            except sqlite3.Error:
                connection.close()  # the engine does not know it yet, and its thread would outlive the loop
                raise

    return engine


async def _prepare(connection: AsyncConnection) -> None:
    await connection.run_sync(schema.metadata.create_all)
    found = (await connection.execute(select(schema.schema_version.c.version))).scalar_one_or_none()
    if found is None:
        await connection.execute(schema.schema_version.insert(), {"version": schema.SCHEMA_VERSION})
    elif found != schema.SCHEMA_VERSION:
        raise StoreError(
            f"BRIDGE_STORE_URL: the database has schema version {found}, this bridge needs "
            f"{schema.SCHEMA_VERSION}; use the bridge that made it, or another database."
        )


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, but no longer than so many seconds; it is set in either case."""
    alarm = asyncio.get_running_loop().call_later(seconds, event.set)
    try:
        await event.wait()
    finally:
        alarm.cancel()


def _reason(error: Exception) -> str:
    """What failed, without the statement and its values, which hold what people said."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    harmless = isinstance(cause, OSError | sqlite3.OperationalError)
    return f"{type(cause).__name__}: {cause}" if harmless else type(cause).__name__


def _stream(row: Row[Any]) -> Stream:
    return Stream(
        stream_id=row.stream_id,
        product=Product(row.product),
        meeting_uuid=row.meeting_uuid,
        meeting_id=row.meeting_id,
        topic=row.topic,
        server_urls=row.server_urls,
        event_ts=row.event_ts,
        started_at_ms=row.started_at_ms,
        state=StreamState(row.state),
        end_reason=row.end_reason,
    )


def _summaries() -> Select[Any]:
    def count(table: Table) -> ScalarSelect[int]:
        return (
            select(func.count())
            .select_from(table)
            .where(table.c.stream_id == schema.streams.c.stream_id)
            .scalar_subquery()
        )

    return select(
        schema.streams,
        count(schema.utterances).label("utterance_count"),
        count(schema.windows).label("window_count"),
    )


def _summary(row: Row[Any]) -> StreamSummary:
    return StreamSummary(_stream(row), row.utterance_count, row.window_count)


def _recording(row: Row[Any]) -> Recording:
    return Recording(
        stream_id=row.stream_id,
        name=row.name,
        kind=MediaKind(row.kind),
        user_id=row.user_id,
        speaker=row.speaker,
        path=row.path,
        from_ms=row.from_ms,
        to_ms=row.to_ms,
        bytes=row.bytes,
    )


def _window(row: Row[Any]) -> Window:
    return Window(
        window_id=row.window_id,
        stream_id=row.stream_id,
        meeting_uuid=row.meeting_uuid,
        route=row.route,
        flow=row.flow,
        seq=row.seq,
        kind=WindowKind(row.kind),
        first_n=row.first_n,
        last_n=row.last_n,
        input_value=row.input_value,
    )
