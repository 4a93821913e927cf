"""The process that is measured, from the parent's side."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.rtms.messages import JsonObject

PATIENCE_SECONDS = 60
"""Longest wait for an answer, and for the process's end."""
_ROOT = Path(__file__).parent.parent


class SubjectError(Exception):
    """The process died or does not answer; holds the end of its log."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What the process had used at a moment."""

    at: float
    """UTC seconds."""
    cpu_seconds: float
    rss_bytes: int
    delays: tuple[tuple[float, float], ...]
    """Of each live window so far: when it was handed to HTTP, and how long after it was due (seconds)."""


class Subject:
    """A module of this package, running as a process of its own. Use :meth:`start`."""

    def __init__(self, process: asyncio.subprocess.Process, log_file: Path) -> None:
        self._process = process
        self._log_file = log_file
        self._turn = asyncio.Lock()
        self.hello: JsonObject = {}
        """What it said when it was ready."""

    @classmethod
    @contextlib.asynccontextmanager
    async def start(cls, module: str, argument: JsonObject, directory: Path) -> AsyncIterator[Self]:
        """Run ``python -m benchmarks.MODULE ARGUMENT`` while the block runs; its log goes into ``directory``."""
        log_file = directory / f"{module}.log"
        with log_file.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                f"benchmarks.{module}",
                json.dumps(argument),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                cwd=_ROOT,
                limit=1 << 24,
            )
        subject = cls(process, log_file)
        try:
            subject.hello = await subject._answer()
            yield subject
        finally:
            await subject._end()

    async def order(self, message: JsonObject) -> Usage:
        """Give an order and return what the process had used when it was carried out.

        Raises:
            SubjectError: There is no answer.
        """
        async with self._turn:
            if self._process.stdin is None:
                raise SubjectError("the process has no standard input")
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            answer = await self._answer()
        delays = tuple((at, delay) for at, delay in answer.get("delays", ()))
        return Usage(answer["at"], answer["cpu_seconds"], answer["rss_bytes"], delays)

    async def _answer(self) -> JsonObject:
        if self._process.stdout is None:
            raise SubjectError("the process has no standard output")
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                line = await self._process.stdout.readline()
        except TimeoutError:
            line = b""
        if not line:
            log = self._log_file.read_text(encoding="utf-8", errors="replace")
            raise SubjectError(f"no answer from process {self._process.pid}; its log ends:\n{log[-2000:]}")
        answer: JsonObject = json.loads(line)
        return answer

    async def _end(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
