"""Starts RTMS again for meetings whose stream Zoom's side, or ours, has lost for good.

A stream that ended for one of :data:`bridge.rtms.status.RESTART_CANDIDATES` cannot be rejoined; Zoom can only be
asked for a new one. That is asked for up to three times in ten minutes and meeting, with growing waits, and not at
all where a stream of the meeting began after the lost one had ended: Zoom's auto-start, or a person, was faster.

Source: developers.zoom.us "Failover and reconnection".
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from bridge.domain import Product
from bridge.errors import BridgeError
from bridge.logs import places_of
from bridge.rtms.status import RESTART_CANDIDATES
from bridge.webhook.events import EventKind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bridge.webhook.events import StreamEvent

WAITS: Final = (1.0, 10.0, 60.0)
"""Seconds before the first, second and third try for a meeting."""
SPAN_SECONDS: Final = 600.0
"""Tries longer ago are forgotten; and so are streams that ended longer ago, as of a webhook that came late."""

log = structlog.get_logger(__name__)


class Allowance:
    """How often a meeting may be tried. Pure; times are UTC seconds."""

    def __init__(self) -> None:
        self._tries: dict[str, list[float]] = {}

    def __len__(self) -> int:
        """How many meetings there are tries of."""
        return len(self._tries)

    def wait(self, meeting_uuid: str, now: float) -> float | None:
        """Seconds until the next try, which is counted; ``None`` when there have been enough."""
        self._tries = {
            uuid: recent
            for uuid, tries in self._tries.items()
            if (recent := [at for at in tries if at > now - SPAN_SECONDS])
        }
        tries = self._tries.setdefault(meeting_uuid, [])
        if len(tries) == len(WAITS):
            return None
        tries.append(now)
        return WAITS[len(tries) - 1]


class Restarts:
    """Plans a restart for each event that calls for one, and carries it out in :meth:`run`.

    Plans are not kept over a restart of the bridge itself.
    """

    def __init__(
        self,
        start: Callable[[StreamEvent], Awaitable[None]],
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        began_since: Callable[[StreamEvent], Awaitable[bool]] | None = None,
    ) -> None:
        """``start`` asks Zoom for the event's meeting, or raises a :class:`BridgeError`; ``clock`` gives UTC seconds.

        ``began_since`` tells whether a stream of the event's meeting began after it, at another bridge.
        """
        self._start = start
        self._began_since = began_since
        self._clock = clock
        self._sleep = sleep
        self._allowance = Allowance()
        self._lost: asyncio.Queue[StreamEvent] = asyncio.Queue()
        self._began: dict[str, int] = {}
        self.planned: set[str] = set()
        """UUIDs of meetings that will be tried."""

    def heard(self, event: StreamEvent) -> None:
        """An event of any stream, in order of arrival; never waits."""
        if event.kind is EventKind.STARTED:
            since_ms = (self._clock() - SPAN_SECONDS) * 1000
            self._began = {uuid: at for uuid, at in self._began.items() if at > since_ms}
            self._began[event.meeting_uuid] = max(event.event_ts, self._began.get(event.meeting_uuid, 0))
        elif self._calls_for_a_restart(event):
            self.planned.add(event.meeting_uuid)
            self._lost.put_nowait(event)

    async def run(self) -> None:
        """Carry out what is planned, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                event = await self._lost.get()
                tasks.create_task(self._restart(event), name=f"restart {event.stream_id}")

    def _calls_for_a_restart(self, event: StreamEvent) -> bool:
        return (
            event.kind is EventKind.STOPPED
            and event.stop_reason in RESTART_CANDIDATES
            and event.product is not Product.CONTACT_CENTER
            and event.meeting_uuid not in self.planned
            and event.event_ts / 1000 > self._clock() - SPAN_SECONDS
        )

    async def _goes_on(self, event: StreamEvent) -> bool:
        """Whether a stream of the meeting began after the event."""
        if self._began.get(event.meeting_uuid, 0) > event.event_ts:
            return True
        return self._began_since is not None and await self._began_since(event)

    async def _restart(self, event: StreamEvent) -> None:
        try:
            while (wait := self._allowance.wait(event.meeting_uuid, self._clock())) is not None:
                await self._sleep(wait)
                if await self._goes_on(event):
                    return
                try:
                    await self._start(event)
                except BridgeError as error:
                    log.warning("rtms.not_restarted", stream_id=event.stream_id, reason=str(error))
                    if not error.retryable:
                        return
                except Exception as error:  # the boundary of one meeting's restart
                    log.error("rtms.restart_broke", stream_id=event.stream_id, where=places_of(error))
                    return
                else:
                    log.info("rtms.restart_accepted", stream_id=event.stream_id)
                    return
            log.error("rtms.not_restarted", stream_id=event.stream_id, reason="tried often enough")
        finally:
            self.planned.discard(event.meeting_uuid)
