"""From a URL to an engine whose database is ours, up to date, and nobody else's to read."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import os
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy import make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from bridge.errors import StoreError, StoreInUse
from bridge.store import sqlite
from bridge.store.lock import FileLock
from bridge.store.memory import MemoryEngine
from bridge.store.migrate import migrate_postgres, migrate_sqlite
from bridge.store.place import left, take_place
from bridge.store.sqlite import SqliteEngine

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from bridge.store.engine import Engine
    from bridge.store.pace import Pace
    from bridge.store.place import Place

LOOK_SECONDS: Final = 0.25
"""How often a lock that somebody else has is tried."""
MOST_BRIDGES_HERE: Final = 64
"""That share a database and a folder."""
_SQLALCHEMY_ONLY: Final = ("prepared_statement_cache_size", "prepared_statement_name_func", "async_fallback")
_FILES: Final = ("", "-wal", "-shm")
_MOST_TOLD: Final = 5
_ANY_SPILL: Final = "zoom-bridge-*.spill"
_WHERE: Final = ("host", "port", "user", "database", "dbname", "options", "search_path")
"""Parameters of a URL by which it leads to another database or schema."""
_OF_THE_SERVER: Final = ("28", "3D", "42", "53", "57")
"""SQLSTATE classes whose words are of users, databases and parameters: who may connect, no such database, unknown names and
rights, resources, operator."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Opened:
    """An engine and what is beside it."""

    engine: Engine
    spill: Path | None
    release: Callable[[bool], None]
    """Gives up what is held outside of the engine; it is told whether that was left for good."""
    place: Place | None = None
    """Where the spill file is one of several: which may be taken away, and has to be kept."""
    taken_over: bool = False
    """Whether what is spilled is of an earlier process, from which other bridges may have taken over."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for another owner to go, in seconds, and whom to tell that it is waited for."""

    seconds: float
    on_wait: Callable[[], None] | None

    async def insist(self, take: Callable[[], Awaitable[str]]) -> None:
        """Take a lock, trying until it is had or the time is up.

        Raises:
            StoreInUse: Another one has it still.
        """
        clock = asyncio.get_running_loop().time
        until = clock() + self.seconds
        told = False
        while owner := await take():
            if clock() >= until:
                raise StoreInUse(
                    f"BRIDGE_STORE_URL: another bridge ({owner}) uses this store. End it first, or give one of the two "
                    "another store."
                )
            if not told and self.on_wait is not None:
                self.on_wait()
            told = True
            await asyncio.sleep(min(LOOK_SECONDS, max(until - clock(), 0.01)))


async def open_engine(
    url: str, patience: Patience, folder: Path | None, pace: Pace, *, upgrade: bool = True
) -> Opened:
    """Take the lock, make or, with ``upgrade``, migrate the tables, connect.

    Raises:
        StoreInUse: Another bridge has it.
        StoreError: It cannot be opened; the message says why, without the URL's password.
    """
    try:
        parsed = make_url(url)
        name = parsed.get_backend_name()
    except (ArgumentError, ValueError):  # the latter of a port that is no number
        raise StoreError("BRIDGE_STORE_URL is no URL of a database.") from None
    if "@" in (parsed.host or ""):
        raise StoreError("BRIDGE_STORE_URL: an @ in the password has to be written as %40.")
    if name == "sqlite" and (parsed.host or not parsed.database):
        raise StoreError(
            "BRIDGE_STORE_URL names no file: write sqlite:///FILE, with three slashes before it."
        )
    if name == "memory" or (name == "sqlite" and parsed.database == ":memory:"):
        return Opened(MemoryEngine(), folder / "zoom-bridge.spill" if folder else None, lambda _: None)
    if name == "sqlite":
        return await _sqlite(Path(str(parsed.database)), patience, upgrade=upgrade)
    if name == "postgresql":
        return await _postgres(parsed, patience, folder, pace, upgrade=upgrade)
    raise StoreError(f"BRIDGE_STORE_URL: there is no store for {name}; use sqlite:/// or postgresql://.")


async def _sqlite(path: Path, patience: Patience, *, upgrade: bool) -> Opened:
    if not path.parent.is_dir():
        raise _not_opened(f"there is no folder {path.parent.absolute()}")
    lock = FileLock(path.with_name(path.name + ".lock"))

    async def take() -> str:
        return await asyncio.to_thread(lock.take)

    try:
        await patience.insist(take)
        await _to_its_end(asyncio.to_thread(_prepare_file, path, upgrade=upgrade))
        engine = await SqliteEngine.open(path, busy_seconds=sqlite.BUSY_SECONDS)
    except (sqlite3.Error, SQLAlchemyError, OSError) as error:
        lock.release()
        raise _not_opened(reason(error)) from None
    except BaseException:
        lock.release()
        raise
    return Opened(engine, path.with_name(path.name + ".spill"), lambda _: lock.release())


async def _to_its_end(work: Coroutine[object, object, None]) -> None:
    """Wait for a thread that writes, also when cancelled meanwhile: it goes on, and the lock is its own until then."""
    task = asyncio.create_task(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


def _prepare_file(path: Path, *, upgrade: bool) -> None:
    """Make or migrate the database; its files are readable by nobody else, also where an older bridge made them."""
    sqlite.connect(path, sqlite.BUSY_SECONDS).close()
    for suffix in _FILES:
        file = path.with_name(path.name + suffix)
        if file.exists():
            os.chmod(file, 0o600)
    migrate_sqlite(path, only_new=not upgrade)


async def _postgres(
    url: URL, patience: Patience, folder: Path | None, pace: Pace, *, upgrade: bool
) -> Opened:
    try:
        import asyncpg

        from bridge.store.postgres import PostgresEngine
    except ModuleNotFoundError as error:
        raise StoreError(
            f"BRIDGE_STORE_URL needs a package that is not installed: pip install {error.name}."
        ) from None
    try:
        place, others = await asyncio.to_thread(_take_place, _places(url, folder))
    except OSError as error:
        raise _not_opened(reason(error)) from None
    try:
        options = _options(url)
        engine = PostgresEngine(options, former=place.life, lease_seconds=pace.lease_seconds)
        try:
            await patience.insist(engine.take)
            await migrate_postgres(options, only_new=not upgrade)
            await engine.join()
            await engine.start()
            await _note(place, engine.leases.life)
        except BaseException:
            await engine.close(leave=False)
            raise
    except BaseException as error:
        place.release(leave=False)
        if isinstance(
            error, asyncpg.PostgresError | asyncpg.InterfaceError | SQLAlchemyError | OSError | ValueError
        ):
            raise _not_opened(reason(error)) from None
        raise
    if others:
        files = [str(other) for other in others[:_MOST_TOLD]]
        log.warning("store.spilled_elsewhere", count=len(others), files=files, here=str(place.spill))
    return Opened(
        engine,
        place.spill,
        lambda leave: place.release(leave=leave),
        place=place,
        taken_over=not engine.leases.continues,
    )


def _take_place(spills: Sequence[Path]) -> tuple[Place, list[Path]]:
    """A place, and the spill files beside it that were left for another database. Blocks."""
    place = take_place(spills)
    try:
        return place, left(there for there in spills[0].parent.glob(_ANY_SPILL) if there not in spills)
    except BaseException:
        place.release(leave=False)
        raise


async def _note(place: Place, life: str) -> None:
    """A full disk keeps nobody from hearing; whoever has the place next begins a life of its own."""
    try:
        await asyncio.to_thread(place.note, life)
    except OSError as error:
        log.warning("store.place_not_noted", reason=type(error).__name__)


def _options(url: URL) -> dict[str, Any]:
    """What ``asyncpg.connect`` takes, from a URL as SQLAlchemy reads it.

    What is none of its parameters, such as ``sslmode`` and ``options``, it reads from a URL as PostgreSQL's own programs do.
    """
    import asyncpg

    known = inspect.signature(asyncpg.connect).parameters
    query = {name: value for name, value in url.query.items() if name not in _SQLALCHEMY_ONLY}
    named = url.set(
        drivername="postgresql+asyncpg", query={name: query[name] for name in query if name in known}
    )
    _, options = named.get_dialect()().create_connect_args(named)
    if others := {name: query[name] for name in query if name not in known}:
        options["dsn"] = URL.create("postgresql", query=others).render_as_string()
    return dict(options)


def _places(url: URL, folder: Path | None) -> list[Path]:
    """Spill files for this database, however its URL is spelled and secured: one for each bridge on this machine."""
    query = {name: value for name, value in url.query.items() if name in _WHERE}
    bare = url.set(drivername="postgresql", password=None, query=query)
    database = hashlib.sha256(bare.render_as_string().encode()).hexdigest()[:16]
    there = folder or Path(tempfile.gettempdir())
    return [
        there / f"zoom-bridge-{database}{f'-{n}' if n > 1 else ''}.spill"
        for n in range(1, MOST_BRIDGES_HERE + 1)
    ]


def reason(error: BaseException) -> str:
    """What failed, without a statement and its values, which hold what people said."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    of_the_server = str(getattr(cause, "sqlstate", "")).startswith(_OF_THE_SERVER)
    harmless = of_the_server or isinstance(cause, OSError | sqlite3.DatabaseError)
    return f"{type(cause).__name__}: {cause}" if harmless else type(cause).__name__


def _not_opened(why: str) -> StoreError:
    return StoreError(f"BRIDGE_STORE_URL: the database cannot be opened: {why}.")
