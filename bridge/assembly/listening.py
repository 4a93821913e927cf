"""What a bridge listens for: Zoom and the panel on the public address, operators and their programs on the private one."""

from __future__ import annotations

import asyncio
import functools
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Self

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError

from bridge.admin.actions import Actions
from bridge.admin.api import admin_router
from bridge.admin.away import away
from bridge.admin.exporting import export
from bridge.admin.health import Backlog, Health, report
from bridge.admin.malformed import malformed
from bridge.body import BoundedBody
from bridge.domain import WindowKind
from bridge.errors import StoreError
from bridge.open_files import most_connections
from bridge.pages.look import package_look
from bridge.pages.router import Pages
from bridge.pages.watches import MOST_READERS
from bridge.panel.router import Panel
from bridge.transcript.ask import call_in_chat
from bridge.webhook.routes import webhook_router
from bridge.webhook.subscription import Subscription

if TYPE_CHECKING:
    from fastapi import APIRouter

    from bridge.admin.metrics import Metrics
    from bridge.assembly.meetings import Meetings
    from bridge.assembly.outside import Outside
    from bridge.assembly.plan import Plan
    from bridge.store.store import Store

LARGEST_WISH: Final = 4 * 1024 * 1024
"""Bytes of a request to the private listener: a thousand ids of windows, however they are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Two applications, and what has to run with them."""

    public: FastAPI
    most_connections: int
    """So many the public one takes at once."""
    panel: Panel | None
    private: FastAPI
    pages: Pages
    event_socket: Subscription | None
    """Zoom's events by a socket that the bridge dials, in place of its webhook."""

    @classmethod
    async def to(cls, meetings: Meetings, plan: Plan, outside: Outside, metrics: Metrics) -> Self:
        """Build them for a bridge's meetings. What pages look like is read in a thread: it takes half a second."""
        settings = plan.settings
        places = most_connections(plan.open_files)
        zooms_webhook = webhook_router(
            secret_token=settings.zoom_secret_token,
            tolerance_seconds=settings.bridge_webhook_tolerance_seconds,
            sink=meetings.registry,
            metrics=metrics,
        )
        # Most of the public listener's places are kept for Zoom.
        panel = await asyncio.to_thread(_panel, meetings, plan, outside, metrics, places // 4)
        event_socket = _event_socket(meetings, plan, outside, metrics)
        await asyncio.to_thread(package_look)
        actions = Actions(
            forget=lambda meeting_uuid: meetings.deletions.forget(meeting_uuid, "somebody asked for it"),
            failed_runs=lambda limit: outside.store.failed_runs(limit=limit),
            retry_runs=meetings.retry_runs,
        )
        readiness = functools.partial(
            report,
            outside.store,
            {"langflow": outside.langflows} | ({"event_socket": event_socket} if event_socket else {}),
            _health(meetings, outside),
            langflow_url=settings.langflow_url,
        )
        pages = Pages(
            store=outside.store,
            live=meetings.registry,
            readiness=readiness,
            actions=actions,
            token=settings.bridge_admin_token,
            host=settings.bridge_admin_host,
            searcher=meetings.archive,
            export=functools.partial(export, outside.store),
            on_login=metrics.login,
            webhooks=bool(plan.endpoints),
            approvals=meetings.approvals,
            asking=outside.jobs.questions,
            answers=outside.jobs.answer,
        )
        private = _application(
            admin_router(
                store=outside.store,
                archive=meetings.archive,
                readiness=readiness,
                rtms=outside.api,
                live=meetings.registry,
                actions=actions,
                metrics=metrics,
                host=settings.bridge_admin_host,
                token=settings.bridge_admin_token,
                data_dir=settings.bridge_data_dir,
                approvals=meetings.approvals,
                ask=meetings.questions,
            ),
            pages.router,
        )
        private.add_exception_handler(HTTPStatus.NOT_FOUND, pages.not_found)
        private.add_exception_handler(RequestValidationError, malformed)  # type: ignore[arg-type]  # its own kind of error
        private.add_exception_handler(StoreError, away)  # type: ignore[arg-type]  # the same
        private.add_middleware(BoundedBody, most=LARGEST_WISH)
        return cls(
            public=_application(zooms_webhook, *([panel.router] if panel else [])),
            most_connections=places,
            panel=panel,
            private=private,
            pages=pages,
            event_socket=event_socket,
        )


def _panel(
    meetings: Meetings, plan: Plan, outside: Outside, metrics: Metrics, most_readers: int
) -> Panel | None:
    """The panel, if it is wanted."""
    settings = plan.settings
    if not settings.bridge_panel or settings.bridge_public_url is None:
        return None
    asked = any(WindowKind.ASK in route.on for route in plan.routes)
    return Panel(
        store=outside.store,
        live=meetings.registry,
        client_id=settings.zoom_client_id,
        client_secret=settings.zoom_client_secret,
        public_url=settings.bridge_public_url,
        guests=settings.bridge_panel_guests,
        call=call_in_chat(settings.bridge_assistant_phrases if asked else ()),
        most_readers=min(MOST_READERS, most_readers),
        on_visit=metrics.panel_visit,
        approvals=meetings.approvals,
        asking=outside.jobs.questions,
        answers=outside.jobs.answer,
    )


def _event_socket(meetings: Meetings, plan: Plan, outside: Outside, metrics: Metrics) -> Subscription | None:
    url = plan.settings.zoom_event_socket_url
    if url is None:
        return None
    return Subscription(
        url,
        tokens=outside.event_tokens,
        tls=plan.zoom.tls,
        sink=meetings.registry,
        metrics=metrics,
        may_dial=outside.store.leases.renewed,
        proxies=plan.zoom.proxies,
    )


async def subscribe(socket: Subscription, store: Store) -> None:
    """The leader alone has the socket open, and keeps it where it cannot renew its lease: what it hears is handed in later."""
    if not store.leases.leader:
        socket.stand_by()
    await store.leases.led()
    await socket.run()


def _health(meetings: Meetings, outside: Outside) -> Health:
    store = outside.store

    def backlog() -> Backlog:
        rows, size, seconds = store.waiting()
        aside = sum(store.put_aside().values())
        return Backlog(rows_waiting=rows, bytes_waiting=size, seconds_waiting=seconds, rows_put_aside=aside)

    return Health(
        backlog=backlog,
        parked=meetings.worker.parked,
        failing=meetings.worker.failing,
        webhooks=meetings.webhooks.troubles,
        setup=meetings.setup.findings,
        window_wait_seconds=lambda: outside.langflows.waiting_seconds,
        deletions=lambda: len(meetings.deletions.pending()),
        taken_up_again=meetings.registry.broken,
        replicas=lambda: store.leases.replicas,
    )


def _application(*routers: APIRouter) -> FastAPI:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    for router in routers:
        app.include_router(router)
    return app
