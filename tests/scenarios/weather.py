"""What goes wrong around many meetings at once: a database that takes nothing, a Langflow that answers anything else, a bridge that is killed."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from typing import TYPE_CHECKING

from tests.fakes.locked import locked
from tests.fakes.run_api import GATEWAY, LOCKED, LOGIN_PAGE, REDIRECT, Answer

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from tests.postgres_fixture import PostgresServer
    from tests.scenarios.process import BridgeProcess

CALM_SECONDS = (0.5, 3.0)
STORM_SECONDS = (0.1, 0.4)
"""Shorter than Zoom waits for a webhook's answer: what a longer outage costs is another test's matter."""
REFUSED = Answer(status=403, text='{"detail": "Invalid or missing API key"}')
BUSY = Answer(status=429, text='{"detail": "too many requests"}')
GONE = Answer(status=404, text='{"detail": "Flow identifier the-flow not found"}')
UNAVAILABLE = Answer(status=503, text="")
LANGFLOW = (
    GATEWAY,
    LOCKED,
    LOGIN_PAGE,
    REDIRECT,
    REFUSED,
    BUSY,
    GONE,
    UNAVAILABLE,
    Answer(drop=True),
    Answer(body=b""),
)
"""What it answers; besides, it may keep everybody waiting."""
NO_ROOM, ROOM = "PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1073741823"


class Weather:
    """Storms by chance, one at a time. While one is over Langflow, :attr:`langflow` is its answer."""

    def __init__(
        self,
        chance: random.Random,
        bridge: BridgeProcess,
        *,
        database: Path | None,
        postgres: PostgresServer | None,
    ) -> None:
        """``database`` is the SQLite file, or ``postgres`` the server, that the bridge has."""
        self.langflow: Answer | None = None
        self.storms: Counter[str] = Counter()
        self.kills: list[float] = []
        """When the bridge was killed, UTC seconds."""
        self.starts: list[float] = []
        """How long it then took until it listened again, in seconds."""
        self._chance = chance
        self._bridge = bridge
        self._database = database
        self._postgres = postgres
        self._over = False

    @contextlib.asynccontextmanager
    async def blowing(self) -> AsyncIterator[None]:
        """Storms while the block runs; it is calm afterwards."""
        task = asyncio.create_task(self._blow(), name="weather")
        try:
            yield
        finally:
            self._over = True
            await task

    async def _blow(self) -> None:
        storms: list[Callable[[float], Awaitable[None]]] = [self._over_langflow, self._killed]
        if self._postgres is not None:
            storms += [self._stopped, self._stopped_and_killed]
        else:
            storms += [self._locked, self._full, self._disk_full, self._read_only, self._locked_and_killed]
        while not self._over:
            await asyncio.sleep(self._chance.uniform(*CALM_SECONDS))
            storm = self._chance.choice(storms)
            await storm(self._chance.uniform(*STORM_SECONDS))
            self.storms[storm.__name__.strip("_")] += 1

    async def _over_langflow(self, seconds: float) -> None:
        passes = asyncio.Event()
        self.langflow = self._chance.choice((*LANGFLOW, Answer(after=passes)))
        await asyncio.sleep(seconds)
        self.langflow = None
        passes.set()

    async def _killed(self, seconds: float) -> None:
        await self._kill()
        await self._start()

    async def _kill(self) -> None:
        self.kills.append(time.time())
        await self._bridge.kill()

    async def _start(self) -> None:
        began = time.monotonic()
        await self._bridge.start()
        self.starts.append(time.monotonic() - began)

    # SQLite

    async def _locked(self, seconds: float) -> None:
        assert self._database is not None
        async with locked(self._database):
            await asyncio.sleep(seconds)

    async def _locked_and_killed(self, seconds: float) -> None:
        assert self._database is not None
        async with locked(self._database):
            await asyncio.sleep(3 * seconds)
            await self._kill()
        await self._start()

    async def _full(self, seconds: float) -> None:
        """The database's own disk is full; the spill file's is not."""
        self._bridge.order(NO_ROOM)
        await asyncio.sleep(seconds)
        self._bridge.order(ROOM)

    async def _disk_full(self, seconds: float) -> None:
        """Neither database nor spill file can be written to."""
        self._bridge.limit_files(0)
        await asyncio.sleep(seconds)
        self._bridge.limit_files(-1)

    async def _read_only(self, seconds: float) -> None:
        self._bridge.order("PRAGMA query_only = ON")
        await asyncio.sleep(seconds)
        self._bridge.order("PRAGMA query_only = OFF")

    # PostgreSQL

    async def _stopped(self, seconds: float) -> None:
        assert self._postgres is not None
        await asyncio.to_thread(self._postgres.stop)
        await asyncio.to_thread(self._postgres.start)

    async def _stopped_and_killed(self, seconds: float) -> None:
        assert self._postgres is not None
        await asyncio.to_thread(self._postgres.stop)
        await asyncio.sleep(seconds)
        await self._kill()
        await asyncio.to_thread(self._postgres.start)
        await self._start()
