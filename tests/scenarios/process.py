"""The bridge in a process of its own, its clocks many times as fast, to be killed and started again.

Processes are forked off one that has imported everything (:mod:`tests.scenarios.preloaded`): what ``kill -9`` takes
away is there again in a moment, as Zoom does not wait any longer at this speed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import os
import resource
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.app import running_bridge
from bridge.errors import StoreTakenOver
from bridge.flow.routes import Route, WindowRule
from bridge.logs import configure_logs
from bridge.rtms.patience import PATIENCE
from bridge.settings import Settings
from bridge.store.pace import LEASE_SECONDS, Pace
from tests.fakes.run_api import FLOW

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerProcess

    from bridge.app import Bridge

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__, "tests.scenarios.preloaded"])
READY, END = "ready", "end"


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a bridge is started with, each time."""

    settings: dict[str, Any]
    speed: float
    lease_seconds: float = LEASE_SECONDS
    level: int = logging.CRITICAL


class BridgeProcess:
    """A bridge that can be killed and started again on the same store and port."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self._orders: Connection | None = None
        self._process: ForkServerProcess | None = None

    async def start(self) -> None:
        """Start it and return when it listens."""
        self._orders, theirs = _FORKS.Pipe()
        self._process = _FORKS.Process(target=_serve, args=(self._given, theirs), daemon=True)
        await asyncio.to_thread(self._process.start)
        theirs.close()
        told = await asyncio.to_thread(self._orders.recv)
        assert told == READY, told

    async def kill(self) -> None:
        """``kill -9``."""
        assert self._process is not None
        self._process.kill()
        await self._ended()

    @property
    def pid(self) -> int:
        """The process's, while there is one."""
        assert self._process is not None
        assert self._process.pid is not None
        return self._process.pid

    def freeze(self) -> None:
        """``kill -STOP``."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """``kill -CONT``."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    async def stop(self) -> None:
        """Let it end in good order."""
        self.order(END)
        await self._ended()

    def order(self, statement: str) -> None:
        """Have SQL executed on the connection that writes to SQLite; :data:`END` ends the bridge."""
        assert self._orders is not None
        self._orders.send(statement)

    def limit_files(self, most_bytes: int) -> None:
        """Let the system refuse what goes beyond so many bytes of any file, as a full disk does; -1 for no limit."""
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (most_bytes, -1))

    @property
    def starved_seconds(self) -> float:
        """For how long the system has let its event loop's thread wait for a processor, since it was started."""
        with contextlib.suppress(OSError, IndexError):  # it was killed, or the system does not tell
            told = Path(f"/proc/{self.pid}/schedstat").read_text().split()
            return int(told[1]) / 1e9
        return 0.0

    async def _ended(self) -> None:
        assert self._process is not None
        assert self._orders is not None
        await asyncio.to_thread(self._process.join)
        self._orders.close()


def _serve(given: Given, orders: Connection) -> None:
    configure_logs(json=False, level=given.level)
    asyncio.run(_until_ended(given, orders))


async def _until_ended(given: Given, orders: Connection) -> None:
    """As :func:`bridge.app.serve`: a bridge that others have taken for dead begins anew."""
    over = asyncio.Event()
    while not over.is_set():
        with contextlib.suppress(StoreTakenOver):
            await _one_life(given, orders, over)


async def _one_life(given: Given, orders: Connection, over: asyncio.Event) -> None:
    route = Route(name="notes", flow=FLOW, window=WindowRule().scaled(given.speed))
    loop = asyncio.get_running_loop()
    orders_under_way: set[asyncio.Task[None]] = set()
    async with running_bridge(
        Settings(**given.settings),
        [route],
        patience=PATIENCE.scaled(given.speed),
        wait_seconds=60,
        pace=Pace(lease_seconds=given.lease_seconds),
    ) as bridge:

        def take() -> None:
            statement = END
            with contextlib.suppress(EOFError):  # whoever gave orders is gone
                statement = orders.recv()
            if statement == END:
                over.set()
                return
            task = asyncio.create_task(_execute(bridge, statement))
            orders_under_way.add(task)
            task.add_done_callback(orders_under_way.discard)

        loop.add_reader(orders.fileno(), take)
        with contextlib.suppress(OSError):
            orders.send(READY)
        try:
            await over.wait()
        finally:
            loop.remove_reader(orders.fileno())


async def _execute(bridge: Bridge, statement: str) -> None:
    writer: Any = bridge.store._engine._writer  # type: ignore[attr-defined]
    await writer.run(lambda database: database.execute(statement).fetchall())
