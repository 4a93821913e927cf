"""The worker: each window once through its flow or function, one run at a time per meeting and route.

At least once, and recognisable: a window is stored with its exact text before it is sent, and its
answer is stored before the window counts as done. When the answer is lost on the way, the same
text with the same ``window_id`` is sent again, and our components answer it again without acting
twice. How long it is tried depends on what happened:

* Langflow away: until it is back. Nothing was run, so nothing can be doubled.
* Langflow busy (429): as long as it asks, until it is not.
* The flow broke (5xx), the function raised, or no answer came in time: :data:`FAILED_TRIES` times in all.
* Refused (401, 404, 422 ...): not again. The reason is stored with the window.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING, Final, Protocol
from weakref import WeakValueDictionary

import structlog

from bridge.domain import RunStatus
from bridge.errors import FlowFailed, FlowRefused, LangflowBusy, LangflowError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.domain import Window
    from bridge.flow.routes import Route
    from bridge.flow.runner import Runner

FAILED_TRIES: Final = 4
"""How often a window is sent when the flow breaks each time."""
FIRST_DELAY_SECONDS: Final = 1.0
LONGEST_DELAY_SECONDS: Final = 30.0
LONGEST_ASKED_SECONDS: Final = 300.0
"""A 429 that asks for more is tried again after this time."""

log = structlog.get_logger(__name__)


class RunStore(Protocol):
    """What the worker needs of the store."""

    def run_tried(self, window_id: str, *, attempts: int, error: str) -> None:
        """An attempt failed and another follows."""

    async def run_ended(
        self, window_id: str, *, status: RunStatus, attempts: int, output: str = "", error: str = ""
    ) -> None:
        """A window is answered or given up; returns when that is stored."""


class RunMetrics(Protocol):
    """What the worker reports."""

    def run_ended(self, route: str, status: RunStatus, seconds: float) -> None:
        """A window is settled, so long after its first attempt."""

    def run_retried(self, route: str, error: str) -> None:
        """An attempt failed and another follows."""


class Worker:
    """Takes stored windows to their answers."""

    def __init__(self, runner: Runner, store: RunStore, metrics: RunMetrics) -> None:
        self._runner = runner
        self._store = store
        self._metrics = metrics
        self._lanes: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    def lane(self, meeting_uuid: str, route: str) -> asyncio.Lock:
        """The right to run a route's flow for a meeting; who holds it is alone and in turn."""
        return self._lanes.setdefault((meeting_uuid, route), asyncio.Lock())

    async def run(self, window: Window, route: Route, *, attempts: int = 0) -> RunStatus:
        """Send a stored window until it is answered or given up, and store which.

        The caller holds the window's lane. ``attempts`` are those already made before a restart.
        """
        started = time.monotonic()
        delays = _delays()
        failures = 0
        while True:
            attempts += 1
            try:
                output = await self._runner.run(window, timeout_seconds=route.timeout_seconds)
            except LangflowError as error:
                failures += isinstance(error, FlowFailed)
                if isinstance(error, FlowRefused) or failures >= FAILED_TRIES:
                    status, output, reason = RunStatus.FAILED, "", str(error)
                    log.error("run.failed", window_id=window.window_id, attempts=attempts, reason=reason)
                    await self._runner.give_up(window)
                    break
                self._store.run_tried(window.window_id, attempts=attempts, error=str(error))
                self._metrics.run_retried(route.name, type(error).__name__)
                await asyncio.sleep(_wait(error, delays))
            else:
                status, reason = RunStatus.DONE, ""
                break
        await self._store.run_ended(
            window.window_id, status=status, attempts=attempts, output=output, error=reason
        )
        self._metrics.run_ended(route.name, status, time.monotonic() - started)
        return status


def _wait(error: LangflowError, delays: Iterator[float]) -> float:
    delay = next(delays)
    if isinstance(error, LangflowBusy) and error.retry_after_seconds is not None:
        return min(max(error.retry_after_seconds, delay), LONGEST_ASKED_SECONDS)
    return delay


def _delays() -> Iterator[float]:
    """Growing waits, each spread over half to all of its length, so that meetings do not return together."""
    delay = FIRST_DELAY_SECONDS
    while True:
        yield delay * random.uniform(0.5, 1.0)  # noqa: S311  # spreading load, not keeping secrets
        delay = min(delay * 2, LONGEST_DELAY_SECONDS)
