"""A process of a measurement, from the parent's side. What it uses is read from outside, whatever it is busy with."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.rtms.messages import JsonObject

PATIENCE_SECONDS = 60
"""Longest wait for an answer, unless told otherwise, and for the process's end."""
_ROOT = Path(__file__).parent.parent
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_CPUCLOCK_SCHED = 2


class SubjectError(Exception):
    """The process died or does not answer; holds the end of its log."""


class SilentError(SubjectError):
    """The process lives, and did not answer in time."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What the process had used at a moment."""

    at: float
    """UTC seconds."""
    cpu_seconds: float
    """Of all its threads."""
    rss_bytes: int


class Subject:
    """A module of this package, running as a process of its own. Use :meth:`start`."""

    def __init__(self, module: str, process: asyncio.subprocess.Process, log_file: Path) -> None:
        self.module = module
        self._process = process
        self._log_file = log_file
        self._turn = asyncio.Lock()
        self.hello: JsonObject = {}
        """What it said when it was ready."""

    @classmethod
    @contextlib.asynccontextmanager
    async def start(cls, module: str, argument: JsonObject, directory: Path) -> AsyncIterator[Self]:
        """Run ``python -m benchmarks.MODULE ARGUMENT`` while the block runs; its log goes into ``directory``."""
        log_file = directory / f"{module}-{time.monotonic_ns()}.log"
        with log_file.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                f"benchmarks.{module}",
                json.dumps(argument),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                cwd=directory,
                env={**os.environ, "PYTHONPATH": str(_ROOT), "ZM_RTMS_LOG_ENABLED": "false"},
                limit=1 << 26,
            )
        subject = cls(module, process, log_file)
        try:
            subject.hello = await subject.answer()
            yield subject
        finally:
            await subject._end()

    def usage(self) -> Usage:
        """What the process has used so far.

        Raises:
            SubjectError: It is gone.
        """
        pid = self._process.pid
        try:
            # The clock of another process's CPU time; see clock_getcpuclockid(3).
            cpu_seconds = time.clock_gettime((~pid << 3) | _CPUCLOCK_SCHED)
            resident_pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        except OSError:
            raise SubjectError(self._without_answer()) from None
        return Usage(time.time(), cpu_seconds, resident_pages * _PAGE_BYTES)

    async def order(self, message: JsonObject) -> JsonObject:
        """Give an order and return its answer.

        Raises:
            SubjectError: There is no answer.
        """
        async with self._turn:
            self.tell(message)
            return await self.answer()

    def tell(self, message: JsonObject) -> None:
        """Give an order."""
        if self._process.stdin is None:
            raise SubjectError("the process has no standard input")
        self._process.stdin.write(json.dumps(message).encode() + b"\n")

    async def answer(self, patience_seconds: float = PATIENCE_SECONDS) -> JsonObject:
        """The next line it says.

        Raises:
            SilentError: It says nothing for so long.
            SubjectError: It is gone.
        """
        if self._process.stdout is None:
            raise SubjectError("the process has no standard output")
        try:
            async with asyncio.timeout(patience_seconds):
                line = await self._process.stdout.readline()
        except TimeoutError:
            raise SilentError(self._without_answer()) from None
        if not line:
            raise SubjectError(self._without_answer())
        answer: JsonObject = json.loads(line)
        return answer

    def kill(self) -> None:
        """End it at once, whatever it is busy with."""
        if self._process.returncode is None:
            self._process.kill()

    def _without_answer(self) -> str:
        log = self._log_file.read_text(encoding="utf-8", errors="replace")
        return f"no answer from process {self._process.pid}; its log ends:\n{log[-2000:]}"

    async def _end(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS / 6):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
