"""A database is made, or brought to what this program needs, by Alembic, in one transaction."""

from __future__ import annotations

import contextlib
import functools
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import URL, create_engine, event, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from bridge.errors import StoreError, StoreOutdated
from bridge.store.schema import HEAD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

_SCRIPTS: Final = Path(__file__).parent / "migrations"
_FIRST: Final = 1
"""What ``schema_version`` says in a database of 0.2, which knew no migrations."""
_MIGRATING: Final = "hashtextextended('zoom-bridge migration in ' || current_schema(), 0)"


def migrate_sqlite(path: Path, *, only_new: bool = False) -> None:
    """Bring a SQLite file up to date; with ``only_new`` only make the tables of a new one. Blocks.

    Raises:
        StoreOutdated: It would have to be changed.
        StoreError: It is newer than this program, or none of ours.
    """
    if _is_current(path):
        return  # without the lock that a change takes: somebody else may have it, and nothing has to be changed
    engine = create_engine(f"sqlite:///{path}", hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _ours(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver would commit in front of each change of a table

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.begin() as connection:
            upgrade(connection, only_new=only_new)
    finally:
        engine.dispose()


def _is_current(path: Path) -> bool:
    with contextlib.closing(sqlite3.connect(path)) as database:
        try:
            found = database.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:  # no such table
            return False
    return bool(found == (HEAD,))


async def migrate_postgres(options: Mapping[str, Any], *, only_new: bool = False) -> None:
    """The same for a PostgreSQL schema, however long it takes; ``options`` are those of ``asyncpg.connect``.

    Raises:
        StoreOutdated: It would have to be changed.
        StoreError: It is newer than this program, or none of ours.
    """
    import asyncpg

    patient = {**options, "server_settings": {"statement_timeout": "0", **options.get("server_settings", {})}}
    engine = create_async_engine(
        URL.create("postgresql+asyncpg"),
        async_creator=lambda: asyncpg.connect(**patient),
        hide_parameters=True,
    )
    try:
        async with engine.begin() as connection:
            # Bridges that start at the same time make them once.
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATING})"))
            await connection.run_sync(functools.partial(upgrade, only_new=only_new))
    finally:
        await engine.dispose()


def upgrade(connection: Connection, *, only_new: bool) -> None:
    """Make the migrations that a database lacks, within the transaction that has begun."""
    found = _version(connection)
    if found == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found and found not in known:
        raise StoreError(
            f"BRIDGE_STORE_URL: the database has schema version {found} and was made by a newer bridge than this one, "
            f"which knows up to {HEAD}; use that bridge, or another database."
        )
    if only_new and inspect(connection).has_table("streams"):
        raise StoreOutdated(
            f"BRIDGE_STORE_URL: the database has schema version {found or _FIRST}, and this is {HEAD}."
        )
    command.upgrade(config, "head")


def _version(connection: Connection) -> str:
    """The newest migration that a database has; empty for a new one and for one of 0.2."""
    tables = inspect(connection)
    if tables.has_table("alembic_version"):
        return str(
            connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none() or ""
        )
    if tables.has_table("schema_version"):
        old = connection.execute(text("SELECT version FROM schema_version")).scalar_one_or_none()
        if old not in (None, _FIRST):
            return str(old)
    return ""
