"""A command run as a process group that ends as a whole, also when its parent dies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from bridge.errors import BridgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

STOP_SECONDS = 10
"""How long a group may take to end after each signal."""
_POLL_SECONDS = 0.05

# Standard input is a pipe whose other end only the parent holds. When it closes, the parent is
# gone, however it went, and the group goes with it.
_END_WITH_PARENT = """
import os, runpy, signal, sys, threading

def end_with_parent():
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)

threading.Thread(target=end_with_parent, daemon=True).start()
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


class ProcessGroup:
    """A Python module running as a program, with every process that it starts.

    Signals from the caller's terminal do not reach it: the caller decides when it ends. Not tied
    to an event loop.
    """

    def __init__(
        self,
        module: str,
        *arguments: str,
        directory: Path,
        environment: Mapping[str, str],
        log_file: Path,
        python: str = sys.executable,
    ) -> None:
        """Start ``python -m module arguments`` in ``directory``; its output is added to ``log_file``."""
        self._alive_fd, held_fd = os.pipe()
        try:
            with log_file.open("ab") as log:
                self._leader = subprocess.Popen(  # noqa: S603 - the operator's interpreter and our arguments
                    [python, "-c", _END_WITH_PARENT, module, *arguments],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    # Every process forked from the leader holds it: it reads empty once all are gone.
                    pass_fds=[held_fd],
                    cwd=directory,
                    env=environment,
                    start_new_session=True,
                )
        except BaseException:
            os.close(self._alive_fd)
            raise
        finally:
            os.close(held_fd)
        os.set_blocking(self._alive_fd, False)
        self._ended = False

    @property
    def alive(self) -> bool:
        """Whether any process of the group lives."""
        if not self._ended and self._pipe_is_closed():
            self._ended = True
            self._leader.wait()
            os.close(self._alive_fd)
            if self._leader.stdin:
                self._leader.stdin.close()
        return not self._ended

    async def stop(self) -> None:
        """Ask every process to end, and kill what has not ended after :data:`STOP_SECONDS`."""
        if not await self._end_by(signal.SIGTERM):
            await self.kill()

    async def kill(self) -> None:
        """End every process at once.

        Raises:
            BridgeError: The operating system did not end them.
        """
        if not await self._end_by(signal.SIGKILL):
            raise BridgeError(f"Process group {self._leader.pid} could not be ended.")

    async def _end_by(self, number: signal.Signals) -> bool:
        if self.alive:
            # All of them may end by themselves between the question and the signal.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._leader.pid, number)
        return await _becomes(lambda: not self.alive, STOP_SECONDS)

    def _pipe_is_closed(self) -> bool:
        try:
            return os.read(self._alive_fd, 1) == b""
        except BlockingIOError:
            return False


async def _becomes(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether ``condition`` holds within ``seconds``; the kernel offers nothing to wait on for a whole group."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        await asyncio.sleep(_POLL_SECONDS)
    return True
