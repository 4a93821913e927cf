"""Whom a bridge talks to, and where it keeps things: opened together, and closed after everything that uses them."""

from __future__ import annotations

import contextlib
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from bridge.assembly.zoom import event_tokens, zoom_api
from bridge.domain import MediaKind
from bridge.flow.background import Jobs
from bridge.flow.call import open_calls
from bridge.flow.runner import Runners
from bridge.flow.servers import open_servers
from bridge.http import open_http
from bridge.publish.library import sentence
from bridge.recording.recorder import open_recorder
from bridge.session.redaction import PuttingBack
from bridge.store.store import open_store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from bridge.admin.metrics import Metrics
    from bridge.assembly.plan import Plan
    from bridge.flow.servers import Servers
    from bridge.recording.recorder import Recorder
    from bridge.settings import Settings
    from bridge.store.pace import Pace
    from bridge.store.store import Store
    from bridge.zoom.api import ZoomApi
    from bridge.zoom.oauth import ZoomTokens

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Everything that is open while a bridge runs."""

    store: Store
    recorder: Recorder
    langflows: Servers
    jobs: Jobs
    """Runs that Langflow does beside, and the questions that some of them wait with."""
    api: ZoomApi
    event_tokens: ZoomTokens
    http: httpx.AsyncClient
    """For webhook endpoints."""


@contextlib.asynccontextmanager
async def open_outside(
    plan: Plan, metrics: Metrics, *, wait_seconds: float, pace: Pace | None
) -> AsyncIterator[Outside]:
    """Open them; ``wait_seconds`` another bridge that has the store is waited for, ``pace`` is the store's.

    Raises:
        StoreError: The database cannot be used.
        ConfigurationError: A function of a route cannot be loaded.
    """
    settings, jobs = plan.settings, Jobs()
    redacting = {route.name for route in plan.routes if route.redact}
    async with (
        open_store(
            settings.bridge_store_url,
            wait_seconds=wait_seconds,
            on_wait=lambda: log.warning("store.in_use", wait_seconds=wait_seconds),
            folder=settings.bridge_data_dir if settings.bridge_record else None,
            pace=pace,
        ) as store,
        _recorder(settings, store, metrics) as recorder,
        open_calls(plan.routes, beside=settings.bridge_routes and settings.bridge_routes.parent) as calls,
        open_servers(
            settings.langflow_urls,
            settings.langflow_api_keys,
            ways=lambda to: PuttingBack(
                Runners(plan.routes, sync=to, background=jobs.at(to), calls=calls), store, redacting
            ),
            proxy=plan.proxies.url_to,
            most=settings.bridge_langflow_runs,
            shared=settings.langflow_shared_database,
            stay=[route.name for route in plan.routes if route.run == "background"],
            clock=time.time,
            sentence=sentence,
        ) as langflows,
        zoom_api(settings) as api,
        event_tokens(settings) as tokens,
        open_http(plan.proxies) as http,
    ):
        yield Outside(
            store=store,
            recorder=recorder,
            langflows=langflows,
            jobs=jobs,
            api=api,
            event_tokens=tokens,
            http=http,
        )


def _recorder(
    settings: Settings, store: Store, metrics: Metrics
) -> contextlib.AbstractAsyncContextManager[Recorder]:
    """The recorder; also where nothing is recorded any more, as older recordings may have to be deleted."""
    return open_recorder(
        settings.bridge_data_dir,
        kinds={MediaKind(wish.removesuffix("-per-speaker")) for wish in settings.bridge_record},
        max_bytes=settings.bridge_data_max_mb * 1024 * 1024,
        opus=settings.bridge_record_audio_as == "opus",
        store=store,
        metrics=metrics,
        host=socket.gethostname() if store.leases.shared else "",
    )
