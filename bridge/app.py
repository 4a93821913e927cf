"""The composition root: builds each object once, and owns start and stop.

Stopping goes backwards through the journey: no more webhooks, then Zoom's sockets, then runs under
way get a few seconds, then the store commits the rest. Nothing is ended by it: what was live or
unanswered is taken up again by the next start.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx
import structlog
from fastapi import FastAPI

from bridge.admin.api import admin_router
from bridge.admin.metrics import Metrics
from bridge.domain import MediaKind, Product
from bridge.errors import LangflowError
from bridge.flow.background import BackgroundRuns
from bridge.flow.call import open_calls
from bridge.flow.client import LangflowClient, open_langflow
from bridge.flow.request import session_id
from bridge.flow.routes import read_routes
from bridge.flow.runner import Runners
from bridge.flow.sentences import Sentences
from bridge.flow.turns import Turns
from bridge.flow.worker import Worker
from bridge.listener import http_listener
from bridge.publish.library import load_components
from bridge.recording.recorder import open_recorder
from bridge.rtms.connection import tls_context
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
    zoom = Zoom(
        client_id=settings.zoom_client_id,
        client_secret=settings.zoom_client_secret,
        allowed_hosts=settings.bridge_allowed_hosts,
        tls=tls_context(settings.bridge_ca_file),
        transcript_params=settings.transcript_params(),
        recorded=settings.media_params(share=any(route.share for route in chosen)),
        patience=patience,
    )
    metrics = metrics or Metrics()
    async with (
        open_store(settings.bridge_store_url) as store,
        _recorder(settings, store, metrics) as recorder,
        open_calls(chosen, beside=settings.bridge_routes and settings.bridge_routes.parent) as calls,
        open_langflow(
            settings.langflow_url, settings.langflow_api_key, clock=time.time, sentence=_sentence
        ) as langflow,
        zoom_api(settings) as api,
        _event_tokens(settings) as event_tokens,
    ):
        runners = Runners(chosen, sync=langflow, background=BackgroundRuns(langflow), calls=calls)
        turns = Turns(settings.bridge_langflow_runs)
        worker = Worker(runners, store, metrics, turns=turns)
        metrics.watch_turns(turns)
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
                try:
                    await langflow.forget(meeting_uuid)
                except LangflowError as error:
                    log.error("langflow.not_forgotten", session_id=session_id(meeting_uuid), why=str(error))
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
                metrics=metrics,
                token=settings.bridge_admin_token,
                data_dir=settings.bridge_data_dir,
            )
        )
        async with (
            beside(restarts.run(), name="restarts") if restarts else contextlib.nullcontext(),
            beside(_watch(langflow, worker), name="watch langflow")
            if uses_langflow
            else contextlib.nullcontext(),
            beside(registry.run(), name="registry"),
            http_listener(
                private, host=settings.bridge_admin_host, port=settings.bridge_admin_port
            ) as admin_port,
            http_listener(public, host=settings.bridge_host, port=settings.bridge_port) as public_port,
            beside(event_socket.run(), name="event socket") if event_socket else contextlib.nullcontext(),
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
    async with httpx.AsyncClient(verify=tls_context(settings.bridge_ca_file)) as http:
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
    async with httpx.AsyncClient(verify=tls_context(settings.bridge_ca_file)) as http:
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


@functools.cache
def _sentences() -> Sentences:
    """What our components say when they break, which may be told."""
    return Sentences(source.code for source in load_components().values())


def _sentence(message: str) -> str:
    return _sentences()(message)


async def _watch(langflow: LangflowClient, worker: Worker) -> None:
    """Look whether Langflow lives; when it is back, what waits for it goes at once."""
    await asyncio.to_thread(
        _sentences
    )  # half a second's work, which no socket shall wait for when a flow breaks
    while True:
        was_away = langflow.away
        await langflow.check()
        if was_away and not langflow.away:
            worker.wake()
        await asyncio.sleep(CHECK_SECONDS)
