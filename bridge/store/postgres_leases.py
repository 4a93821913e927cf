"""Leases in PostgreSQL: rows of ``replicas`` and ``leases``, told of by ``NOTIFY``."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Any, Final

import structlog

from bridge.store.leases import LOOKS, MARGIN, Replica, shares
from bridge.store.query import OwnershipLost

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence
    from contextlib import AbstractAsyncContextManager

    from asyncpg import Connection

CHANNEL: Final = "zoom_bridge"
"""Of ``NOTIFY``; migration v5 makes the triggers that use it whenever leases change."""

_NOW_MS: Final = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
_SPREADING: Final = "hashtextextended('zoom-bridge leases in ' || current_schema(), 0)"

_JOIN: Final = (
    "INSERT INTO replicas (replica, name, joined_ms, until_ms, committed, leaving) "
    f"VALUES ($1, $2, {_NOW_MS}, {_NOW_MS} + $3, "
    "COALESCE((SELECT value FROM marks WHERE name = 'committed'), 0), false)"
)
_GO_ON: Final = (
    f"UPDATE replicas SET name = $2, until_ms = {_NOW_MS} + $3, leaving = false WHERE replica = $1"
)
_RENEW: Final = (
    f"UPDATE replicas SET until_ms = {_NOW_MS} + $3, committed = COALESCE($2, committed) WHERE replica = $1"
)
_ROSTER: Final = (
    "SELECT r.replica, r.name, count(l.stream_id) AS meetings FROM replicas r LEFT JOIN leases l USING (replica) "
    "GROUP BY r.replica, r.name, r.joined_ms ORDER BY r.joined_ms, r.replica"
)
_UNLEASED: Final = "NOT EXISTS (SELECT 1 FROM leases l WHERE l.stream_id = s.stream_id)"
_IS_TO_SPREAD: Final = (
    f"SELECT EXISTS (SELECT 1 FROM replicas WHERE until_ms < {_NOW_MS} AND replica <> $1) "
    f"OR EXISTS (SELECT 1 FROM streams s WHERE NOT settled AND {_UNLEASED}) "
    f"OR EXISTS (SELECT 1 FROM events s WHERE NOT handled AND {_UNLEASED})"
)
_REAP: Final = (
    # One whose row is locked is being renewed this moment.
    f"DELETE FROM replicas WHERE replica IN (SELECT replica FROM replicas WHERE until_ms < {_NOW_MS} "
    "AND replica <> $1 FOR UPDATE SKIP LOCKED) RETURNING name"
)
_LIVING: Final = (
    "SELECT r.replica, count(l.stream_id) FROM replicas r LEFT JOIN leases l USING (replica) "
    f"WHERE NOT r.leaving AND r.until_ms >= {_NOW_MS} GROUP BY r.replica"
)
_ORPHANS: Final = (
    f"SELECT stream_id FROM streams s WHERE NOT settled AND {_UNLEASED} "
    f"UNION SELECT stream_id FROM events s WHERE NOT handled AND {_UNLEASED} ORDER BY stream_id"
)
_GIVE: Final = "INSERT INTO leases (stream_id, replica) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING"

log = structlog.get_logger(__name__)


class PostgresLeases:
    """One replica's life and leases. Only the engine, which has the connections, makes it."""

    shared = True

    def __init__(
        self,
        *,
        name: str,
        former: str,
        lease_seconds: float,
        reading: Callable[[], AbstractAsyncContextManager[Connection]],
        connect: Callable[[], Awaitable[Connection]],
    ) -> None:
        """``former`` is the life of an earlier process of which it is known that it is over.

        ``reading`` lends a connection, ``connect`` makes one to keep.
        """
        self.life = former or secrets.token_hex(8)
        """The key of this replica's row."""
        self.continues = bool(former)
        """Whether the earlier process's row was still there: all that it had is this one's. Known once :meth:`join` is through."""
        self.leader = False
        self.replicas: Sequence[Replica] = ()
        self.look_seconds = lease_seconds / LOOKS
        self._name = name
        self._lease_ms = int(lease_seconds * 1000)
        self._margin_seconds = lease_seconds * MARGIN
        self._reading = reading
        self._connect = connect
        self._renewed_at = float("-inf")
        self._alone = False
        self._looked = asyncio.Event()
        self._is_held = asyncio.Event()
        self._wake: Callable[[str], None] = _nobody
        self._ear: Connection | None = None

    # The replica's own row

    async def join(self, connection: Connection) -> None:
        """Be there from now on: as the earlier process, where nobody has taken over from it, else as one more."""
        began = _now()
        if (
            self.continues
            and _count(await connection.execute(_GO_ON, self.life, self._name, self._lease_ms)) == 0
        ):
            self.life, self.continues = secrets.token_hex(8), False
        if not self.continues:
            await connection.execute(_JOIN, self.life, self._name, self._lease_ms)
        self.renewed_since(began)

    async def renew(self, connection: Connection, mark: int | None = None) -> float:
        """Live on; ``mark`` is that of the commit to which this belongs.

        Returns:
            What :meth:`renewed_since` wants to know once it is committed: what is rolled back has renewed nothing.

        Raises:
            OwnershipLost: The others have taken this one for dead.
        """
        began = _now()
        if _count(await connection.execute(_RENEW, self.life, mark, self._lease_ms)) == 0:
            self._renewed_at, self._alone = float("-inf"), False
            raise OwnershipLost("the others have taken this bridge for dead")
        return began

    async def committed(self, connection: Connection) -> int:
        """The number of the newest write that this replica has committed.

        A commit whose answer did not come may be under way still: it has locked the row, and is waited for.
        """
        statement = "SELECT committed FROM replicas WHERE replica = $1 FOR UPDATE"
        return int(await connection.fetchval(statement, self.life) or 0)

    async def leave(self, connection: Connection) -> None:
        """Be there no more; what is left of the leases goes to the others."""
        await connection.execute("DELETE FROM replicas WHERE replica = $1", self.life)

    def renewed_since(self, began: float) -> None:
        """The row is renewed, and that is committed, by a statement that began then (monotonic seconds)."""
        self._renewed_at = began
        self._is_held.set()

    # What a bridge asks

    def held(self) -> bool:
        """Whether nobody else can have what is ours."""
        return self._alone or _now() < self._held_until

    @property
    def _held_until(self) -> float:
        return self._renewed_at + self._lease_ms / 1000 - self._margin_seconds

    async def lapsed(self) -> None:
        """Return once the row was not renewed in time and there are others."""
        while self.held():
            left = self._held_until - _now()
            await asyncio.sleep(left if left > 0 else self.look_seconds)

    async def renewed(self) -> None:
        """Return once the row is renewed."""
        while not self.held():
            self._is_held.clear()
            await self._is_held.wait()

    async def led(self) -> None:
        """Return once no replica is older."""
        while not self.leader:
            self._looked.clear()
            await self._looked.wait()

    async def spread(self) -> None:
        """Look at the others; where something is to be spread, do that in one transaction, one replica at a time."""
        await self._hear()
        async with self._reading() as reader:
            self._see(await reader.fetch(_ROSTER))
            if not await reader.fetchval(_IS_TO_SPREAD, self.life):
                return
            async with reader.transaction():
                await reader.execute(f"SELECT pg_advisory_xact_lock({_SPREADING})")
                dead = await reader.fetch(_REAP, self.life)
                living = dict(await reader.fetch(_LIVING))
                orphans = [row[0] for row in await reader.fetch(_ORPHANS)]
                given = shares(orphans, living)
                if given:
                    await reader.execute(_GIVE, [each for each, _ in given], [each for _, each in given])
        for row in dead:
            log.warning("replica.dead", replica=row["name"])
        if given:
            log.info("leases.given", count=len(given), replicas=len({replica for _, replica in given}))

    def _see(self, roster: Sequence[Any]) -> None:
        self.replicas = [
            Replica(
                name=row["name"], meetings=row["meetings"], leader=n == 0, here=row["replica"] == self.life
            )
            for n, row in enumerate(roster)
        ]
        self._alone = [row["replica"] for row in roster] == [self.life]
        if self._alone:
            self._is_held.set()
        self.leader = bool(self.replicas) and self.replicas[0].here
        self._looked.set()

    async def mine(self, stream_ids: Iterable[str] | None = None) -> set[str]:
        """Those streams that are ours."""
        statement = "SELECT stream_id FROM leases WHERE replica = $1"
        if stream_ids is None:
            return await self._streams(statement, self.life)
        return await self._streams(
            f"{statement} AND stream_id = ANY($2::text[])", self.life, list(stream_ids)
        )

    async def elsewhere(self, stream_ids: Iterable[str]) -> set[str]:
        """Those streams that another replica has."""
        statement = "SELECT stream_id FROM leases WHERE replica <> $1 AND stream_id = ANY($2::text[])"
        return await self._streams(statement, self.life, list(stream_ids))

    async def _streams(self, statement: str, *values: Any) -> set[str]:
        async with self._reading() as reader:
            return {str(row[0]) for row in await reader.fetch(statement, *values)}

    async def tell(self, what: str) -> None:
        """Wake every replica."""
        async with self._reading() as reader:
            await reader.execute("SELECT pg_notify($1, $2)", CHANNEL, what)

    # Being woken

    def listen(self, wake: Callable[[str], None]) -> None:
        """Call ``wake`` for whatever is told from now on."""
        self._wake = wake

    async def _hear(self) -> None:
        """Have a connection that is told; made anew where it was lost, and what was told meanwhile counts as told."""
        if self._ear is not None and not self._ear.is_closed():
            return
        self._ear = await self._connect()
        await self._ear.add_listener(CHANNEL, lambda _connection, _pid, _channel, what: self._wake(what))
        self._wake("")

    def deaf(self) -> None:
        """Be told no more."""
        ear, self._ear = self._ear, None
        if ear is not None:
            ear.terminate()


def _nobody(_what: str) -> None:
    """Nobody listens yet."""


def _now() -> float:
    return asyncio.get_running_loop().time()


def _count(status: str) -> int:
    """Rows that a statement changed, from what PostgreSQL says of it."""
    return int(status.rpartition(" ")[2])
