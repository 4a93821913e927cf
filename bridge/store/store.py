"""The store: what is written is queued, committed in groups, and kept; what is asked is read.

A crash loses at most what was queued within :data:`~bridge.store.pace.GROUP_SECONDS`, and a window is never
in the store without the utterances it carries, because they were queued before it. While the database is
away nothing is lost, as what it does not take goes to a file, and nobody is made to wait who does not ask to know
that something is kept.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from bridge.errors import StoreError
from bridge.store.backlog import Backlog
from bridge.store.deliveries import Deliveries
from bridge.store.forgetting import Forgetting
from bridge.store.looks import Looks
from bridge.store.opening import Patience, open_engine
from bridge.store.pace import Pace
from bridge.store.passages import Passages
from bridge.store.place import keep_place
from bridge.store.query import Query, of_stream
from bridge.store.reads import Reads
from bridge.store.redaction_keys import RedactionKeys
from bridge.store.salvage import keep_words
from bridge.store.spill import Spill
from bridge.store.values import RouteProgress, StoredEvent, StreamSummary
from bridge.store.verdicts import Verdicts
from bridge.store.writer import Writer
from bridge.store.writes import Writes
from bridge.tasks import beside

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from pathlib import Path

    from bridge.store.engine import Engine
    from bridge.store.leases import Leases
    from bridge.store.opening import Opened

__all__ = ["Pace", "RouteProgress", "Store", "StoredEvent", "StreamSummary", "open_store"]

log = structlog.get_logger(__name__)


class Store(Forgetting, Deliveries, Verdicts, Passages, RedactionKeys, Looks):
    """One database. Use :func:`open_store`, which runs :meth:`run` beside."""

    def __init__(
        self,
        engine: Engine,
        *,
        spill: Spill | None = None,
        committed: int = 0,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Coroutine[object, object, object]] | None = None,
    ) -> None:
        """``committed`` is the engine's mark; ``clock`` tells UTC, ``monotonic`` how long something waits, in seconds."""
        pace = pace or Pace()
        self._backlog = Backlog(spill, newest=committed, clock=monotonic)
        Reads.__init__(self, engine, pace)
        Writes.__init__(self, Writer(engine, self._backlog, pace=pace, sleep=sleep), clock)

    @property
    def fault(self) -> str:
        """Why the last commit failed; empty while commits succeed."""
        return self._writer.fault

    @fault.setter
    def fault(self, why: str) -> None:
        self._writer.fault = why

    @property
    def lost(self) -> asyncio.Event:
        """Set when other bridges have what was ours: nothing is written any more."""
        return self._writer.lost

    @property
    def leases(self) -> Leases:
        """Which streams are ours, and who else is there."""
        return self._engine.leases

    async def spread(self) -> None:
        """Give every stream that has something to do to a bridge; see :meth:`Leases.spread`. Waits for the database."""
        await self._insist(self.leases.spread)

    def leave(self) -> None:
        """We stop, and are to be given nothing any more."""
        if self.leases.shared:
            self._update("replicas", (("replica", "=", self.leases.life),), leaving=True)

    async def release(self, stream_id: str) -> None:
        """We have nothing to do any more with a stream, or leave it to another bridge. Committed on return."""
        if self.leases.shared:
            await self._writer.written(self._delete("leases", of_stream(stream_id)))

    def put_aside(self) -> dict[str, int]:
        """How many rows were put aside since the start, by table."""
        return dict(self._writer.refused)

    def waiting(self) -> tuple[int, int, float]:
        """What is not committed yet: rows, bytes in memory and spilled, and the age of the oldest in seconds."""
        return (
            self._backlog.rows,
            self._backlog.bytes + self._backlog.spilled_bytes,
            self._backlog.oldest_seconds,
        )

    async def check(self) -> str:
        """Why the store cannot be used; empty when it can."""
        if self.fault:
            return self.fault
        try:
            await self._read_once(Query("schema_version"))
        except StoreError as error:
            return str(error)
        return ""

    async def run(self) -> None:
        """Commit what is queued, until :meth:`close`."""
        await self._writer.run()

    def close(self) -> None:
        """Let :meth:`run` commit the rest and return."""
        self._writer.close()


@asynccontextmanager
async def open_store(
    url: str,
    *,
    wait_seconds: float = 0.0,
    on_wait: Callable[[], None] | None = None,
    folder: Path | None = None,
    pace: Pace | None = None,
    upgrade: bool = True,
) -> AsyncIterator[Store]:
    """Open the database, make or migrate its tables, and commit everything at the end.

    Args:
        url: ``sqlite:///FILE``, ``postgresql://…``, with or without a driver's name, or ``memory://``.
        wait_seconds: How long to wait for another bridge that has the store.
        on_wait: Called once when it is waited for.
        folder: Where PostgreSQL's spill file lies; the system's folder for temporary files without.
        pace: How fast, how much, how often.
        upgrade: Whether a database of an older version may be changed.

    Raises:
        StoreOutdated: It would have to be, and may not.
        StoreInUse: Another bridge has it.
        StoreError: It cannot be opened, or is newer than this program.
    """
    pace = pace or Pace()
    opened = await open_engine(url, Patience(wait_seconds, on_wait), folder, pace, upgrade=upgrade)
    leave = False
    try:
        spill = await _spill(opened)
        store = Store(opened.engine, spill=spill, committed=await opened.engine.mark(), pace=pace)
        async with (
            beside(_keep(opened), name="store place"),
            beside(store.run(), name="store writer", stop=store.close),
        ):
            await store.flush()  # what an earlier process had spilled is read as if it had been committed
            yield store
        leave = not store.waiting()[0]
    finally:
        try:
            await opened.engine.close(leave=leave)
        finally:
            opened.release(leave)


async def _keep(opened: Opened) -> None:
    if opened.place is not None:
        await keep_place(opened.place)


async def _spill(opened: Opened) -> Spill | None:
    """The spill file, with what an earlier process left in it."""
    if opened.spill is None:
        return None
    place = opened.place
    spill = Spill(opened.spill, is_ours=place.is_ours) if place else Spill(opened.spill)
    try:
        await asyncio.to_thread(spill.open)
        if opened.taken_over:
            await asyncio.to_thread(keep_words, spill)
    except OSError as error:
        raise StoreError(f"The spill file {opened.spill} cannot be read: {type(error).__name__}.") from None
    if spill.rows or spill.torn:
        log.warning("store.takes_up_spilled", rows=spill.rows, torn=spill.torn)
    return spill
