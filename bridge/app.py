"""The root: has a bridge's parts built once (``assembly``), and owns start and stop.

Stopping goes backwards through the journey: no more webhooks, then Zoom's sockets, then runs under
way get a few seconds, then the store commits the rest. Nothing is ended by it: what was live or
unanswered is taken up again by the next start.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from bridge.admin.metrics import Metrics
from bridge.assembly.listening import Listening, subscribe
from bridge.assembly.meetings import Meetings
from bridge.assembly.outside import open_outside
from bridge.assembly.plan import Plan
from bridge.errors import StoreTakenOver
from bridge.listener import http_listener
from bridge.loop import settle
from bridge.open_files import meetings_at_once, raise_limit
from bridge.rtms.patience import PATIENCE, Patience
from bridge.rtms.urls import url_here
from bridge.tasks import beside, supervised

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bridge.flow.routes import Route
    from bridge.session.deletion import Deletions
    from bridge.settings import Settings
    from bridge.store.pace import Pace
    from bridge.store.store import Store
    from bridge.webhook.subscription import Subscription

HANDOVER_SECONDS: Final = 60.0
"""How long a bridge that is started waits for another one that still has its store, as in a rolling restart."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """A bridge that runs."""

    webhook_url: str
    admin_url: str
    store: Store
    metrics: Metrics
    deletions: Deletions


@contextlib.asynccontextmanager
async def running_bridge(
    settings: Settings,
    routes: Sequence[Route] | None = None,
    *,
    patience: Patience = PATIENCE,
    metrics: Metrics | None = None,
    wait_seconds: float = 0.0,
    pace: Pace | None = None,
) -> AsyncIterator[Bridge]:
    """A bridge, for as long as the block runs.

    Only the store's writer ends it by breaking; every other part is tried again, and its neighbours go on.

    Args:
        settings: The operator's.
        routes: Stand in for those of the settings.
        patience: How long Zoom's sockets are waited for.
        metrics: Counts what happens; new ones unless given.
        wait_seconds: How long another bridge that has the store is waited for.
        pace: How fast the store writes, and how long it may be silent.

    Raises:
        ConfigurationError: A setting is wrong, or an address is taken.
        StoreError: The database cannot be used.
    """
    plan = await Plan.of(settings, routes, patience=patience)
    metrics = metrics or Metrics()
    async with open_outside(plan, metrics, wait_seconds=wait_seconds, pace=pace) as outside:
        meetings = Meetings(plan, outside, metrics)
        listening = await Listening.to(meetings, plan, outside, metrics)
        async with (
            beside(_until_lost(outside.store), name="owner of the store"),
            beside(meetings.registry.run(), name="registry"),
            supervised(meetings.tasks()),
            http_listener(
                listening.private, host=settings.bridge_admin_host, port=settings.bridge_admin_port
            ) as admin_port,
            listening.pages.watching(),  # ends before the listener does, which would wait for those who read
            http_listener(
                listening.public,
                host=settings.bridge_host,
                port=settings.bridge_port,
                most_connections=listening.most_connections,
                on_dropped=metrics.connection_dropped,
            ) as public_port,
            listening.panel.watching() if listening.panel else contextlib.nullcontext(),
            _events(listening.event_socket, outside.store),
        ):
            yield Bridge(
                webhook_url=f"{url_here(settings.bridge_host, public_port)}/webhook",
                admin_url=url_here(settings.bridge_admin_host, admin_port),
                store=outside.store,
                metrics=metrics,
                deletions=meetings.deletions,
            )


def _events(socket: Subscription | None, store: Store) -> contextlib.AbstractAsyncContextManager[object]:
    """Zoom's events by a socket, where they come by one: at one of several bridges."""
    if socket is None:
        return contextlib.nullcontext()
    return supervised({"event socket": functools.partial(subscribe, socket, store)})


async def _until_lost(store: Store) -> None:
    """Ends the bridge when others have taken it for dead."""
    await store.lost.wait()
    raise StoreTakenOver("Other bridges have taken this one for dead, and have its meetings now.")


async def serve(settings: Settings) -> None:
    """Run a bridge until SIGINT, SIGTERM, or the SIGHUP of a terminal that is closed, unless that is ignored, as by ``nohup``."""
    stop = _Stop()
    loop = asyncio.get_running_loop()
    hang_up = [signal.SIGHUP] if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL else []
    for number in (signal.SIGINT, signal.SIGTERM, *hang_up):
        loop.add_signal_handler(number, stop.tell)
    while not stop.told.is_set():
        try:
            async with contextlib.AsyncExitStack() as life:
                async with stop.cuts_short():
                    bridge = await life.enter_async_context(
                        running_bridge(settings, wait_seconds=HANDOVER_SECONDS)
                    )
                log.info(
                    "bridge.started",
                    webhook=bridge.webhook_url,
                    admin=bridge.admin_url,
                    meetings_at_once=meetings_at_once(raise_limit(), settings.bridge_record),
                )
                settle()
                await stop.told.wait()
                log.info("bridge.stopping")
        except StoreTakenOver as error:
            log.error("bridge.begins_anew", reason=str(error))
        except _CutShort:
            break
    log.info("bridge.stopped")


class _Stop:
    """What a signal says: a bridge that runs ends in good order, and one that is still starting, or waits for its store, at once."""

    def __init__(self) -> None:
        self.told = asyncio.Event()
        self._limit: asyncio.Timeout | None = None

    def tell(self) -> None:
        """The signal has come."""
        self.told.set()
        limit, self._limit = self._limit, None
        if limit is not None:
            limit.reschedule(asyncio.get_running_loop().time())

    @contextlib.asynccontextmanager
    async def cuts_short(self) -> AsyncIterator[None]:
        """The block is cancelled when the signal comes.

        Raises:
            _CutShort: It was.
        """
        limit = self._limit = asyncio.timeout(None)
        try:
            async with limit:
                yield
        except TimeoutError:
            if not limit.expired():
                raise
            raise _CutShort from None
        finally:
            self._limit = None


class _CutShort(Exception):
    """The signal came while the bridge was still starting."""
