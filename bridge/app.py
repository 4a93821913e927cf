"""The composition root: builds each object once, and owns start and stop.

Stopping goes backwards through the journey: no more webhooks, then Zoom's sockets, then runs under
way get a few seconds, then the store commits the rest. Nothing is ended by it: what was live or
unanswered is taken up again by the next start.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx
import structlog
from fastapi import FastAPI

from bridge.admin.api import admin_router
from bridge.admin.metrics import Metrics
from bridge.flow.client import LangflowClient
from bridge.flow.routes import read_routes
from bridge.flow.worker import Worker
from bridge.listener import http_listener
from bridge.rtms.connection import tls_context
from bridge.session.registry import Registry
from bridge.session.session import Session, Zoom
from bridge.store.store import Store, open_store
from bridge.tasks import beside
from bridge.webhook.routes import webhook_router

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from fastapi import APIRouter

    from bridge.domain import Stream
    from bridge.flow.routes import Route
    from bridge.settings import Settings

CHECK_SECONDS: Final = 10.0
"""How often Langflow is asked for a sign of life."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """A bridge that runs."""

    webhook_url: str
    admin_url: str
    store: Store
    metrics: Metrics


@contextlib.asynccontextmanager
async def running_bridge(settings: Settings, routes: Sequence[Route] | None = None) -> AsyncIterator[Bridge]:
    """A bridge, for as long as the block runs; ``routes`` stand in for those of the settings.

    Raises:
        ConfigurationError: A setting is wrong, or an address is taken.
        StoreError: The database cannot be used.
    """
    chosen = routes if routes is not None else read_routes(settings.bridge_routes)
    zoom = Zoom(
        client_id=settings.zoom_client_id,
        client_secret=settings.zoom_client_secret,
        allowed_hosts=settings.bridge_allowed_hosts,
        tls=tls_context(settings.bridge_ca_file),
    )
    metrics = Metrics()
    async with open_store(settings.bridge_store_url) as store, _langflow_http() as http:
        langflow = LangflowClient(
            http, url=settings.langflow_url, api_key=settings.langflow_api_key, clock=time.time
        )
        worker = Worker(langflow, store, metrics)

        def new_session(stream: Stream) -> Session:
            return Session(stream, routes=chosen, zoom=zoom, store=store, worker=worker, metrics=metrics)

        registry = Registry(store, new_session=new_session, metrics=metrics)
        public = _application(
            webhook_router(
                secret_token=settings.zoom_secret_token,
                tolerance_seconds=settings.bridge_webhook_tolerance_seconds,
                sink=registry,
                metrics=metrics,
            )
        )
        private = _application(
            admin_router(store=store, langflow=langflow, metrics=metrics, token=settings.bridge_admin_token)
        )
        async with (
            beside(_watch(langflow), name="watch langflow"),
            beside(registry.run(), name="registry"),
            http_listener(
                private, host=settings.bridge_admin_host, port=settings.bridge_admin_port
            ) as admin_port,
            http_listener(public, host=settings.bridge_host, port=settings.bridge_port) as public_port,
        ):
            yield Bridge(
                webhook_url=f"http://{settings.bridge_host}:{public_port}/webhook",
                admin_url=f"http://{settings.bridge_admin_host}:{admin_port}",
                store=store,
                metrics=metrics,
            )


async def serve(settings: Settings) -> None:
    """Run a bridge until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running_bridge(settings) as bridge:
        log.info("bridge.started", webhook=bridge.webhook_url, admin=bridge.admin_url)
        await stop.wait()
        log.info("bridge.stopping")
    log.info("bridge.stopped")


def _application(router: APIRouter) -> FastAPI:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(router)
    return app


def _langflow_http() -> httpx.AsyncClient:
    # One connection per run under way: meetings must not wait for each other's flows in here.
    return httpx.AsyncClient(limits=httpx.Limits(max_connections=None, max_keepalive_connections=100))


async def _watch(langflow: LangflowClient) -> None:
    while True:
        await langflow.check()
        await asyncio.sleep(CHECK_SECONDS)
