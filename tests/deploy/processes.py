"""A service of a container file as a plain process: its command and environment, with this machine's addresses."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from typing import TYPE_CHECKING

from bridge import listener
from bridge.flow import call
from bridge.session import registry
from bridge.store import postgres
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


LONGEST_STOP = (
    2 * listener.GRACE_SECONDS
    + registry.GRACE_SECONDS
    + call.CLOSE_SECONDS
    + postgres.COMMAND_SECONDS
    + 2 * postgres.CONNECT_SECONDS
)
"""Seconds: both listeners, runs under way, functions, and a database that answers neither a commit nor a new connection."""


class Service:
    """A process that is asked how it is by its health check, as a container would be."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        *,
        says: str = "",
        healthcheck: Sequence[str] = (),
    ) -> None:
        self.command = command
        self.environment = {"PATH": os.environ["PATH"], **environment}
        self._folder = folder
        self.says = says
        self.healthcheck = healthcheck
        self._log = folder / "log"
        self._process: asyncio.subprocess.Process | None = None

    async def begin(self) -> None:
        """Start it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self.command, cwd=self._folder, env=self.environment, stdout=log, stderr=log
            )

    async def start(self) -> None:
        """Start it, and return once it has said that it has begun, and its health check is content."""
        await self.begin()
        await self.said(self.says)
        if self.healthcheck:
            done = await asyncio.to_thread(self.look)
            assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{self.log()}"

    async def said(self, words: str) -> None:
        """Wait until its log has these words; it must not have ended before."""

        def has_said_so() -> bool:
            assert self._process is not None
            assert self._process.returncode is None or words in self.log(), self.log()
            return words in self.log()

        await until(has_said_so, seconds=90)

    def look(self) -> subprocess.CompletedProcess[str]:
        """Run the health check."""
        return subprocess.run(
            self.healthcheck, env=self.environment, capture_output=True, text=True, check=False, timeout=60
        )

    async def stop(self, seconds: float) -> int:
        """Ask it to end; gives its status. Fails where that takes longer than its grace period."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(seconds):
            return await self._process.wait()

    async def ended(self) -> int:
        """Its status, once it has ended by itself."""
        assert self._process is not None
        return await self._process.wait()

    async def kill(self) -> None:
        """Be rid of it, whatever became of it."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def log(self) -> str:
        """What it wrote."""
        return self._log.read_text()
