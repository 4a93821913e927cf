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
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import structlog
from fastapi import FastAPI

from bridge.admin.api import Actions, admin_router
from bridge.admin.exporting import export
from bridge.admin.health import Backlog, Health, report
from bridge.admin.metrics import Metrics
from bridge.admin.setup import Setup
from bridge.approval.approvals import Approvals
from bridge.approval.count import WaitingCount
from bridge.archive.indexer import Indexer
from bridge.archive.memory import SeriesMemory
from bridge.archive.search import Archive
from bridge.domain import MediaKind, Product, WindowKind
from bridge.environment import read_proxies, read_variable
from bridge.errors import StoreTakenOver
from bridge.finding import found_at
from bridge.flow.background import Jobs
from bridge.flow.call import open_calls
from bridge.flow.routes import read_routes
from bridge.flow.runner import Runners
from bridge.flow.servers import open_servers
from bridge.flow.worker import Worker
from bridge.hooks.endpoint import read_endpoints
from bridge.hooks.post import Post
from bridge.hooks.webhooks import Webhooks
from bridge.http import open_http
from bridge.listener import http_listener
from bridge.open_files import meetings_at_once, most_connections, raise_limit
from bridge.pages.edition import OPERATOR
from bridge.pages.look import package_look
from bridge.pages.router import Pages
from bridge.pages.watches import MOST_READERS
from bridge.panel.router import Panel
from bridge.publish.check import look_ahead
from bridge.publish.library import sentence, sentences
from bridge.publish.rest import LangflowRest
from bridge.publish.rest import open_langflow as open_rest
from bridge.recording.recorder import open_recorder
from bridge.replay.question import Questions
from bridge.rtms.connection import tls_context
from bridge.rtms.media_params import recorded_params, transcript_params
from bridge.rtms.patience import PATIENCE, Patience
from bridge.session.deletion import Deletions, Keepers
from bridge.session.link import Zoom
from bridge.session.redaction import PuttingBack, Redaction, ready
from bridge.session.registry import RESTORED_AT_ONCE, Registry
from bridge.session.restart import Restarts
from bridge.session.retention import keep_for
from bridge.session.session import Session
from bridge.store.leases import RETRY
from bridge.store.store import Store, open_store
from bridge.tasks import beside, supervised
from bridge.transcript.ask import call_in_chat
from bridge.webhook.routes import webhook_router
from bridge.webhook.subscription import Subscription
from bridge.zoom.api import RtmsAction, ZoomApi
from bridge.zoom.oauth import ZoomTokens
from bridge.zoom.topics import Topics
from bridge.zoom.video_sdk import VideoSdkTokens

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence

    from fastapi import APIRouter

    from bridge.domain import Stream
    from bridge.finding import Finding
    from bridge.flow.client import LangflowClient
    from bridge.flow.routes import Route
    from bridge.flow.servers import Servers
    from bridge.recording.recorder import Recorder
    from bridge.settings import Settings
    from bridge.store.pace import Pace
    from bridge.webhook.events import StreamEvent

CHECK_SECONDS: Final = 10.0
"""How often Langflow is asked for a sign of life."""
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
    chosen = routes if routes is not None else read_routes(settings.bridge_routes)
    redacting = {route.name for route in chosen if route.redact}
    jobs = Jobs()
    await ready(chosen)
    endpoints = read_endpoints(chosen, read_variable)
    open_files = raise_limit()
    proxies = read_proxies()
    for url in (*_asked(settings), *(endpoint.url for endpoint in endpoints)):
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
        open_store(
            settings.bridge_store_url,
            wait_seconds=wait_seconds,
            on_wait=lambda: log.warning("store.in_use", wait_seconds=wait_seconds),
            folder=settings.bridge_data_dir if settings.bridge_record else None,
            pace=pace,
        ) as store,
        _recorder(settings, store, metrics) as recorder,
        open_calls(chosen, beside=settings.bridge_routes and settings.bridge_routes.parent) as calls,
        open_servers(
            settings.langflow_urls,
            settings.langflow_api_keys,
            ways=lambda to: PuttingBack(
                Runners(chosen, sync=to, background=jobs.at(to), calls=calls), store, redacting
            ),
            proxy=proxies.url_to,
            most=settings.bridge_langflow_runs,
            shared=settings.langflow_shared_database,
            stay=[route.name for route in chosen if route.run == "background"],
            clock=time.time,
            sentence=sentence,
        ) as langflows,
        zoom_api(settings) as api,
        _event_tokens(settings) as event_tokens,
        open_http(proxies) as http,
    ):
        webhooks = Webhooks(
            endpoints,
            store=store,
            post=Post(http),
            metrics=metrics,
            link=functools.partial(_link, settings.bridge_pages_url),
        )
        ways = langflows.all[0].ways  # to functions, which are the same for all
        worker = Worker(ways, webhooks.teller, metrics, turns=langflows, permit=store.leases)
        metrics.watch_deliveries(waiting=webhooks.waiting, seconds=webhooks.waiting_seconds)
        metrics.watch_turns(langflows)
        for each in langflows.all:
            metrics.watch_langflow(each.url, turns=each.turns, langflow=each.client)
        metrics.watch_store(store)
        metrics.watch_replicas(store.leases)
        named = {route.flow for route in chosen if route.flow}
        uses_langflow = bool(named)
        complete = Topics(api) if settings.zoom_account_id else None
        deletions = Deletions(store)
        turn = asyncio.Semaphore(RESTORED_AT_ONCE)
        archive = Archive(store)
        memory = SeriesMemory(store, archive)
        redaction = Redaction(store, metrics)

        def new_session(stream: Stream) -> Session:
            return Session(
                stream,
                routes=chosen,
                zoom=zoom,
                store=store,
                worker=worker,
                metrics=metrics,
                forget=deletions.forget,
                complete=complete,
                recorder=recorder,
                uploads=langflows.home(stream.meeting_uuid),
                phrases=settings.bridge_assistant_phrases,
                memory=memory,
                redaction=redaction,
                turn=turn,
                announce=webhooks.teller.announce,
            )

        restarts = (
            Restarts(_restart_with(api), clock=time.time, began_since=functools.partial(_began_since, store))
            if settings.bridge_restart
            else None
        )
        registry = Registry(
            store,
            new_session=new_session,
            forget=deletions.forget,
            metrics=metrics,
            listener=restarts,
            routes=chosen,
            timezone=settings.bridge_timezone,
        )
        metrics.watch_sessions(broken=registry.broken, deletions=deletions.pending)
        keepers = Keepers(
            sessions=registry,
            recordings=recorder,
            forget_at_langflow=functools.partial(langflows.forget, flows=named) if uses_langflow else None,
        )

        async def look_again() -> None:
            registry.look()
            worker.wake()
            await store.leases.tell(RETRY)

        async def retry_runs(window_ids: Sequence[str] | None) -> int:
            count = await store.retry_runs(window_ids)
            await look_again()
            return count

        approvals = Approvals(
            store,
            routes={route.name for route in chosen},
            wake=look_again,
            on_decision=metrics.approval,
        )
        waiting_count = WaitingCount(store)
        metrics.watch_approvals(lambda: waiting_count.waiting)

        setup = Setup(functools.partial(_look_ahead, settings, named))
        event_socket = _event_socket(settings, event_tokens, zoom, registry, metrics)
        zooms_webhook = webhook_router(
            secret_token=settings.zoom_secret_token,
            tolerance_seconds=settings.bridge_webhook_tolerance_seconds,
            sink=registry,
            metrics=metrics,
        )
        places = most_connections(open_files)
        panel = await asyncio.to_thread(
            _panel, settings, chosen, store, registry, metrics, approvals, jobs, places // 4
        )
        public = _application(zooms_webhook, *([panel.router] if panel else []))
        actions = Actions(
            forget=lambda meeting_uuid: deletions.forget(meeting_uuid, "somebody asked for it"),
            failed_runs=lambda limit: store.failed_runs(limit=limit),
            retry_runs=retry_runs,
        )
        health = _health(store, worker, langflows, deletions, registry, setup, webhooks)
        neighbours = {"langflow": langflows} | ({"event_socket": event_socket} if event_socket else {})
        readiness = functools.partial(report, store, neighbours, health, langflow_url=settings.langflow_url)
        await asyncio.to_thread(package_look)
        pages = Pages(
            store=store,
            live=registry,
            readiness=readiness,
            actions=actions,
            token=settings.bridge_admin_token,
            host=settings.bridge_admin_host,
            searcher=archive,
            export=functools.partial(export, store),
            on_login=metrics.login,
            webhooks=bool(endpoints),
            approvals=approvals,
            asking=jobs.questions,
            answers=jobs.answer,
        )
        private = _application(
            admin_router(
                store=store,
                archive=archive,
                readiness=readiness,
                rtms=api,
                live=registry,
                actions=actions,
                metrics=metrics,
                host=settings.bridge_admin_host,
                token=settings.bridge_admin_token,
                data_dir=settings.bridge_data_dir,
                approvals=approvals,
                ask=Questions(
                    store,
                    chosen,
                    memory=memory,
                    ways=ways,
                    turns=langflows,
                    forget=lambda meeting_uuid: deletions.forget(meeting_uuid, "a question was answered"),
                    away=lambda: langflows.away,
                ),
            ),
            pages.router,
        )
        private.add_exception_handler(HTTPStatus.NOT_FOUND, pages.not_found)
        side: dict[str, Callable[[], Awaitable[None]]] = {
            "deletions": lambda: deletions.run(keepers),
            "archive": Indexer(store).run,
            "webhooks": lambda: _lead(store, webhooks.run),
            "retention": lambda: _lead(
                store, lambda: keep_for(settings.bridge_keep_days, store=store, deletions=deletions)
            ),
        }
        if any(route.approve for route in chosen):
            side["approvals"] = lambda: _lead(store, waiting_count.run)
        if restarts:
            side["restarts"] = restarts.run
        if uses_langflow:
            for number, each in enumerate(langflows.all, start=1):
                name = "watch langflow" if number == 1 else f"watch langflow {number}"
                side[name] = functools.partial(_watch, each.client, worker)
            side["look ahead"] = setup.watch
        async with (
            beside(_until_lost(store), name="owner of the store"),
            beside(registry.run(), name="registry"),
            supervised(side),
            http_listener(
                private, host=settings.bridge_admin_host, port=settings.bridge_admin_port
            ) as admin_port,
            pages.watching(),  # ends before the listener does, which would wait for those who read
            http_listener(
                public,
                host=settings.bridge_host,
                port=settings.bridge_port,
                most_connections=places,
                on_dropped=metrics.connection_dropped,
            ) as public_port,
            panel.watching() if panel else contextlib.nullcontext(),
            supervised(
                {
                    "event socket": functools.partial(
                        _lead, store, event_socket.run, meanwhile=event_socket.stand_by
                    )
                }
                if event_socket
                else {}
            ),
        ):
            yield Bridge(
                webhook_url=f"http://{settings.bridge_host}:{public_port}/webhook",
                admin_url=f"http://{settings.bridge_admin_host}:{admin_port}",
                store=store,
                metrics=metrics,
                deletions=deletions,
            )


def _panel(
    settings: Settings,
    routes: Sequence[Route],
    store: Store,
    live: Registry,
    metrics: Metrics,
    approvals: Approvals,
    jobs: Jobs,
    most_readers: int,
) -> Panel | None:
    """The panel, if it is wanted; most of the public listener's places are kept for Zoom."""
    if not settings.bridge_panel or settings.bridge_public_url is None:
        return None
    phrases = settings.bridge_assistant_phrases if any(WindowKind.ASK in each.on for each in routes) else ()
    return Panel(
        store=store,
        live=live,
        client_id=settings.zoom_client_id,
        client_secret=settings.zoom_client_secret,
        public_url=settings.bridge_public_url,
        guests=settings.bridge_panel_guests,
        call=call_in_chat(phrases),
        most_readers=min(MOST_READERS, most_readers),
        on_visit=metrics.panel_visit,
        approvals=approvals,
        asking=jobs.questions,
        answers=jobs.answer,
    )


async def _until_lost(store: Store) -> None:
    """Ends the bridge when others have taken it for dead."""
    await store.lost.wait()
    raise StoreTakenOver("Other bridges have taken this one for dead, and have its meetings now.")


async def _lead(
    store: Store, part: Callable[[], Awaitable[None]], meanwhile: Callable[[], None] | None = None
) -> None:
    """Run what only one of several bridges does, from when this one is it."""
    if not store.leases.leader and meanwhile is not None:
        meanwhile()
    await store.leases.led()
    await part()


async def _began_since(store: Store, event: StreamEvent) -> bool:
    """Whether a stream of the event's meeting began after the event, at whichever bridge."""
    streams = await store.streams(await store.streams_of(event.meeting_uuid))
    return any(stream.event_ts > event.event_ts for stream in streams.values())


def _health(
    store: Store,
    worker: Worker,
    turns: Servers,
    deletions: Deletions,
    registry: Registry,
    setup: Setup,
    webhooks: Webhooks,
) -> Health:
    def backlog() -> Backlog:
        rows, size, seconds = store.waiting()
        aside = sum(store.put_aside().values())
        return Backlog(rows_waiting=rows, bytes_waiting=size, seconds_waiting=seconds, rows_put_aside=aside)

    return Health(
        backlog=backlog,
        parked=worker.parked,
        failing=worker.failing,
        webhooks=webhooks.troubles,
        setup=setup.findings,
        window_wait_seconds=lambda: turns.waiting_seconds,
        deletions=lambda: len(deletions.pending()),
        taken_up_again=registry.broken,
        replicas=lambda: store.leases.replicas,
    )


def _link(pages_url: str | None, stream_id: str) -> str:
    """A meeting's page, for whoever can reach the pages; empty where nobody is known to."""
    return f"{pages_url}{OPERATOR.url_of(stream_id)}" if pages_url else ""


def _asked(settings: Settings) -> list[str]:
    """Whatever a bridge with these settings will ask, by one address of each kind."""
    sockets = [f"wss://{host.removeprefix('*.')}" for host in settings.bridge_allowed_hosts]
    rest = [settings.zoom_api_url, settings.zoom_oauth_url] if settings.zoom_account_id else []
    tokens = [settings.zoom_oauth_url] if settings.zoom_event_socket_url else []
    return [*settings.langflow_urls, *sockets, *rest, *tokens]


async def serve(settings: Settings) -> None:
    """Run a bridge until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    while not stop.is_set():
        try:
            async with running_bridge(settings, wait_seconds=HANDOVER_SECONDS) as bridge:
                log.info(
                    "bridge.started",
                    webhook=bridge.webhook_url,
                    admin=bridge.admin_url,
                    meetings_at_once=meetings_at_once(raise_limit(), settings.bridge_record),
                )
                await stop.wait()
                log.info("bridge.stopping")
        except StoreTakenOver as error:
            log.error("bridge.begins_anew", reason=str(error))
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


def _event_socket(
    settings: Settings, tokens: ZoomTokens, zoom: Zoom, sink: Registry, metrics: Metrics
) -> Subscription | None:
    url = settings.zoom_event_socket_url
    if url is None:
        return None
    return Subscription(url, tokens=tokens, tls=zoom.tls, sink=sink, metrics=metrics, proxies=zoom.proxies)


def _restart_with(api: ZoomApi) -> Callable[[StreamEvent], Awaitable[None]]:
    async def start(event: StreamEvent) -> None:
        meeting = event.meeting_id or event.meeting_uuid
        if event.product is Product.VIDEO_SDK:
            meeting = event.meeting_uuid
        await api.control_rtms(RtmsAction.START, meeting, product=event.product)

    return start


async def _look_ahead(settings: Settings, flows: Collection[str]) -> list[Finding]:
    """What runs of the routes' flows would miss."""
    found: list[Finding] = []
    for url, key in zip(settings.langflow_urls, settings.langflow_api_keys, strict=True):
        async with open_rest(url, key, read_proxies()) as client:
            found += found_at(await look_ahead(LangflowRest(client), flows), url, of=settings.langflow_urls)
    return found


def _application(*routers: APIRouter) -> FastAPI:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    for router in routers:
        app.include_router(router)
    return app


async def _watch(langflow: LangflowClient, worker: Worker) -> None:
    """Look whether Langflow lives; when it is back, what waits for it goes at once."""
    await langflow.check()
    await asyncio.to_thread(
        sentences
    )  # half a second's work, for which no socket is to wait when a flow breaks
    while True:
        was_away = langflow.away
        await langflow.check()
        if was_away and not langflow.away:
            worker.wake()
        await asyncio.sleep(CHECK_SECONDS)
