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

from bridge.admin.api import Actions, admin_router
from bridge.admin.metrics import Metrics
from bridge.domain import MediaKind, Product
from bridge.environment import read_proxies
from bridge.flow.background import BackgroundRuns
from bridge.flow.call import open_calls
from bridge.flow.client import LangflowClient
from bridge.flow.routes import read_routes
from bridge.flow.runner import Runners
from bridge.flow.worker import Worker
from bridge.http import open_http
from bridge.listener import http_listener
from bridge.open_files import meetings_at_once, most_connections, raise_limit
from bridge.recording.recorder import open_recorder
from bridge.rtms.connection import tls_context
from bridge.rtms.media_params import recorded_params, transcript_params
from bridge.rtms.patience import PATIENCE, Patience
from bridge.session.link import Zoom
from bridge.session.registry import Registry
from bridge.session.restart import Restarts
from bridge.session.session import Session
from bridge.store.store import Store, open_store
from bridge.tasks import beside
from bridge.webhook.routes import webhook_router
from bridge.webhook.subscription import Subscription
from bridge.zoom.api import RtmsAction, ZoomApi
from bridge.zoom.oauth import ZoomTokens
from bridge.zoom.topics import Topics
from bridge.zoom.video_sdk import VideoSdkTokens

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from fastapi import APIRouter

    from bridge.domain import Stream
    from bridge.flow.routes import Route
    from bridge.recording.recorder import Recorder
    from bridge.settings import Settings
    from bridge.webhook.events import StreamEvent

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
async def running_bridge(
    settings: Settings,
    routes: Sequence[Route] | None = None,
    *,
    patience: Patience = PATIENCE,
    metrics: Metrics | None = None,
) -> AsyncIterator[Bridge]:
    """A bridge, for as long as the block runs.

    Args:
        settings: The operator's.
        routes: Stand in for those of the settings.
        patience: How long Zoom's sockets are waited for.
        metrics: Counts what happens; new ones unless given.

    Raises:
        ConfigurationError: A setting is wrong, or an address is taken.
        StoreError: The database cannot be used.
    """
    chosen = routes if routes is not None else read_routes(settings.bridge_routes)
    open_files = raise_limit()
    proxies = read_proxies()
    for url in _asked(settings):
        proxies.to(url)  # a proxy that cannot be used is told now
    zoom = Zoom(
        client_id=settings.zoom_client_id,
        client_secret=settings.zoom_client_secret,
        allowed_hosts=settings.bridge_allowed_hosts,
        tls=tls_context(settings.bridge_ca_file),
        transcript_params=transcript_params(settings.bridge_language, detect=settings.bridge_detect_language),
        recorded=recorded_params(
            settings.bridge_record,
            opus=settings.bridge_record_audio_as == "opus",
            png=settings.bridge_record_share_as == "png",
            share=any(route.share for route in chosen),
        ),
        patience=patience,
        proxies=proxies,
    )
    metrics = metrics or Metrics()
    async with (
        open_store(settings.bridge_store_url) as store,
        _recorder(settings, store, metrics) as recorder,
        open_calls(chosen, beside=settings.bridge_routes and settings.bridge_routes.parent) as calls,
        _langflow_http(proxies.url_to(settings.langflow_url)) as http,
        zoom_api(settings) as api,
        _event_tokens(settings) as event_tokens,
    ):
        langflow = LangflowClient(
            http, url=settings.langflow_url, api_key=settings.langflow_api_key, clock=time.time
        )
        runners = Runners(chosen, sync=langflow, background=BackgroundRuns(langflow), calls=calls)
        worker = Worker(runners, store, metrics)
        uses_langflow = any(route.flow for route in chosen)
        complete = Topics(api) if settings.zoom_account_id else None

        async def forget(meeting_uuid: str) -> None:
            for stream_id in await store.streams_of(meeting_uuid):
                try:
                    await recorder.purge(stream_id)
                except OSError as error:
                    log.error("recording.not_deleted", stream_id=stream_id, reason=str(error))
            await store.purge(meeting_uuid)
            if uses_langflow:
                await langflow.forget(meeting_uuid)
            log.warning("meeting.purged", meeting_uuid=meeting_uuid, why="consent was revoked")

        def new_session(stream: Stream) -> Session:
            return Session(
                stream,
                routes=chosen,
                zoom=zoom,
                store=store,
                worker=worker,
                metrics=metrics,
                forget=forget,
                complete=complete,
                recorder=recorder,
                uploads=langflow,
                phrases=settings.bridge_assistant_phrases,
            )

        restarts = Restarts(_restart_with(api), clock=time.time) if settings.bridge_restart else None
        registry = Registry(store, new_session=new_session, forget=forget, metrics=metrics, listener=restarts)
        event_socket = (
            Subscription(
                settings.zoom_event_socket_url,
                tokens=event_tokens,
                tls=zoom.tls,
                sink=registry,
                metrics=metrics,
                proxies=proxies,
            )
            if settings.zoom_event_socket_url
            else None
        )
        public = _application(
            webhook_router(
                secret_token=settings.zoom_secret_token,
                tolerance_seconds=settings.bridge_webhook_tolerance_seconds,
                sink=registry,
                metrics=metrics,
            )
        )
        private = _application(
            admin_router(
                store=store,
                langflow=langflow,
                event_socket=event_socket,
                rtms=api,
                live=registry,
                actions=Actions(forget=forget),
                metrics=metrics,
                host=settings.bridge_admin_host,
                langflow_url=settings.langflow_url,
                token=settings.bridge_admin_token,
                data_dir=settings.bridge_data_dir,
            )
        )
        async with (
            beside(restarts.run(), name="restarts") if restarts else contextlib.nullcontext(),
            beside(_watch(langflow), name="watch langflow") if uses_langflow else contextlib.nullcontext(),
            beside(registry.run(), name="registry"),
            http_listener(
                private, host=settings.bridge_admin_host, port=settings.bridge_admin_port
            ) as admin_port,
            http_listener(
                public,
                host=settings.bridge_host,
                port=settings.bridge_port,
                most_connections=most_connections(open_files),
                on_dropped=metrics.connection_dropped,
            ) as public_port,
            beside(event_socket.run(), name="event socket") if event_socket else contextlib.nullcontext(),
        ):
            yield Bridge(
                webhook_url=f"http://{settings.bridge_host}:{public_port}/webhook",
                admin_url=f"http://{settings.bridge_admin_host}:{admin_port}",
                store=store,
                metrics=metrics,
            )


def _asked(settings: Settings) -> list[str]:
    """Whatever a bridge with these settings will ask, by one address of each kind."""
    sockets = [f"wss://{host.removeprefix('*.')}" for host in settings.bridge_allowed_hosts]
    rest = [settings.zoom_api_url, settings.zoom_oauth_url] if settings.zoom_account_id else []
    tokens = [settings.zoom_oauth_url] if settings.zoom_event_socket_url else []
    return [settings.langflow_url, *sockets, *rest, *tokens]


async def serve(settings: Settings) -> None:
    """Run a bridge until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running_bridge(settings) as bridge:
        log.info(
            "bridge.started",
            webhook=bridge.webhook_url,
            admin=bridge.admin_url,
            meetings_at_once=meetings_at_once(raise_limit(), settings.bridge_record),
        )
        await stop.wait()
        log.info("bridge.stopping")
    log.info("bridge.stopped")


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
    )


@contextlib.asynccontextmanager
async def zoom_api(settings: Settings) -> AsyncIterator[ZoomApi]:
    """Zoom's REST, with the credentials there are; calls that have none say which setting they miss."""
    app_id, app_secret = settings.zoom_client_id, settings.zoom_client_secret
    key, secret = settings.zoom_video_sdk_api_key, settings.zoom_video_sdk_api_secret
    async with open_http(read_proxies(), tls=tls_context(settings.bridge_ca_file)) as http:
        tokens = ZoomTokens(
            http,
            url=settings.zoom_oauth_url,
            client_id=settings.zoom_rest_client_id or app_id,
            client_secret=settings.zoom_rest_client_secret or app_secret,
            account_id=settings.zoom_account_id,
            clock=time.time,
        )
        yield ZoomApi(
            http,
            url=settings.zoom_api_url,
            tokens=tokens if settings.zoom_account_id else None,
            session_tokens=VideoSdkTokens(api_key=key, api_secret=secret, clock=time.time)
            if key and secret
            else None,
            rtms_client_id=app_id,
            clock=time.time,
        )


@contextlib.asynccontextmanager
async def _event_tokens(settings: Settings) -> AsyncIterator[ZoomTokens]:
    """Tokens of the app that has RTMS: its event subscription takes no other app's."""
    async with open_http(read_proxies(), tls=tls_context(settings.bridge_ca_file)) as http:
        yield ZoomTokens(
            http,
            url=settings.zoom_oauth_url,
            client_id=settings.zoom_client_id,
            client_secret=settings.zoom_client_secret,
            # With a pair of its own for REST, the account id belongs to that app.
            account_id=None if settings.zoom_rest_client_id else settings.zoom_account_id,
            clock=time.time,
        )


def _restart_with(api: ZoomApi) -> Callable[[StreamEvent], Awaitable[None]]:
    async def start(event: StreamEvent) -> None:
        meeting = event.meeting_id or event.meeting_uuid
        if event.product is Product.VIDEO_SDK:
            meeting = event.meeting_uuid
        await api.control_rtms(RtmsAction.START, meeting, product=event.product)

    return start


def _application(router: APIRouter) -> FastAPI:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(router)
    return app


def _langflow_http(proxy: str | None) -> httpx.AsyncClient:
    # One connection per run under way: meetings must not wait for each other's flows in here. Langflow's
    # server closes connections that are idle for 5 s; a request on its way at that moment would be lost.
    return httpx.AsyncClient(
        proxy=proxy,
        trust_env=False,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=2),
    )


async def _watch(langflow: LangflowClient) -> None:
    while True:
        await langflow.check()
        await asyncio.sleep(CHECK_SECONDS)
