"""The meetings of a bridge: who hears them, who delivers, and what is done beside for all of them."""

from __future__ import annotations

import asyncio
import functools
import time
from typing import TYPE_CHECKING, Final

from bridge.admin.setup import Setup
from bridge.approval.approvals import Approvals
from bridge.approval.count import WaitingCount
from bridge.archive.indexer import Indexer
from bridge.archive.memory import SeriesMemory
from bridge.archive.search import Archive
from bridge.domain import Product
from bridge.environment import read_proxies
from bridge.finding import found_at
from bridge.flow.worker import Worker
from bridge.hooks.post import Post
from bridge.hooks.webhooks import Webhooks
from bridge.pages.edition import OPERATOR
from bridge.publish.check import look_ahead
from bridge.publish.rest import LangflowRest
from bridge.publish.rest import open_langflow as open_rest
from bridge.replay.question import Questions
from bridge.session.deletion import Deletions, Keepers
from bridge.session.redaction import Redaction
from bridge.session.registry import RESTORED_AT_ONCE, Registry
from bridge.session.restart import Restarts
from bridge.session.retention import keep_for
from bridge.session.session import Session
from bridge.store.leases import RETRY
from bridge.zoom.api import RtmsAction
from bridge.zoom.topics import Topics

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from bridge.admin.metrics import Metrics
    from bridge.assembly.outside import Outside
    from bridge.assembly.plan import Plan
    from bridge.domain import Stream
    from bridge.finding import Finding
    from bridge.flow.client import LangflowClient
    from bridge.settings import Settings
    from bridge.store.store import Store
    from bridge.webhook.events import StreamEvent
    from bridge.zoom.api import ZoomApi

CHECK_SECONDS: Final = 10.0
"""How often Langflow is asked for a sign of life."""


class Meetings:
    """Everything between Zoom's events and Langflow. Nothing runs before the tasks of :meth:`tasks` do."""

    def __init__(self, plan: Plan, outside: Outside, metrics: Metrics) -> None:
        self._plan, self._outside, self._metrics = plan, outside, metrics
        settings, store, langflows = plan.settings, outside.store, outside.langflows
        self.archive = Archive(store)
        self._memory = SeriesMemory(store, self.archive)
        self.deletions = Deletions(store)
        self.webhooks = Webhooks(
            plan.endpoints,
            store=store,
            post=Post(outside.http),
            metrics=metrics,
            link=functools.partial(_link, settings.bridge_pages_url),
        )
        ways = langflows.all[0].ways  # to functions, which are the same for all
        self.worker = Worker(ways, self.webhooks.teller, metrics, turns=langflows, permit=store.leases)
        self.restarts = (
            Restarts(
                _restart_with(outside.api),
                clock=time.time,
                began_since=functools.partial(_began_since, store),
            )
            if settings.bridge_restart
            else None
        )
        self.registry = Registry(
            store,
            new_session=self._sessions(),
            forget=self.deletions.forget,
            metrics=metrics,
            listener=self.restarts,
            routes=plan.routes,
            timezone=settings.bridge_timezone,
        )
        self.approvals = Approvals(
            store,
            routes={route.name for route in plan.routes},
            wake=self.look_again,
            on_decision=metrics.approval,
        )
        self.questions = Questions(
            store,
            plan.routes,
            memory=self._memory,
            ways=ways,
            turns=langflows,
            forgetting=self.deletions,
            away=lambda: langflows.away,
        )
        """From outside the meetings, to the assistant's flow."""
        self.setup = Setup(functools.partial(_look_ahead, settings, plan.flows))
        self._waiting_count = WaitingCount(store)
        self._watch()

    def _sessions(self) -> Callable[[Stream], Session]:
        """What makes a session of a stream."""
        plan, outside = self._plan, self._outside
        settings, store = plan.settings, outside.store
        complete = Topics(outside.api) if settings.zoom_account_id else None
        turn = asyncio.Semaphore(RESTORED_AT_ONCE)
        redaction = Redaction(store, self._metrics)

        def new_session(stream: Stream) -> Session:
            return Session(
                stream,
                routes=plan.routes,
                zoom=plan.zoom,
                store=store,
                worker=self.worker,
                metrics=self._metrics,
                forget=self.deletions.forget,
                complete=complete,
                recorder=outside.recorder,
                uploads=outside.langflows.home(stream.meeting_uuid),
                phrases=settings.bridge_assistant_phrases,
                memory=self._memory,
                redaction=redaction,
                turn=turn,
                announce=self.webhooks.teller.announce,
            )

        return new_session

    def _watch(self) -> None:
        """Let the metrics be told what they ask for when they are read."""
        metrics, langflows = self._metrics, self._outside.langflows
        metrics.watch_deliveries(waiting=self.webhooks.waiting, seconds=self.webhooks.waiting_seconds)
        metrics.watch_turns(langflows)
        for each in langflows.all:
            metrics.watch_langflow(each.url, turns=each.turns, langflow=each.client)
        metrics.watch_store(self._outside.store)
        metrics.watch_replicas(self._outside.store.leases)
        metrics.watch_sessions(broken=self.registry.broken, deletions=self.deletions.pending)
        metrics.watch_approvals(lambda: self._waiting_count.waiting)

    async def look_again(self) -> None:
        """Something was stored that whoever has the meeting should look for at once, here or at another bridge."""
        self.registry.look()
        self.worker.wake()
        await self._outside.store.leases.tell(RETRY)

    async def retry_runs(self, window_ids: Sequence[str] | None) -> int:
        """Have failed runs tried again, all of them by default; gives how many there are."""
        count = await self._outside.store.retry_runs(window_ids)
        await self.look_again()
        return count

    def tasks(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """What runs beside the meetings, by name, each under a supervisor."""
        settings, store, langflows = self._plan.settings, self._outside.store, self._outside.langflows
        flows = self._plan.flows
        keepers = Keepers(
            sessions=self.registry,
            recordings=self._outside.recorder,
            forget_at_langflow=functools.partial(langflows.forget, flows=flows) if flows else None,
        )
        tasks: dict[str, Callable[[], Awaitable[None]]] = {
            "deletions": lambda: self.deletions.run(keepers),
            "archive": Indexer(store).run,
            "webhooks": lambda: lead(store, self.webhooks.run),
            "retention": lambda: lead(
                store,
                lambda: keep_for(settings.bridge_keep_days, store=store, deletions=self.deletions),
            ),
        }
        if any(route.approve for route in self._plan.routes):
            tasks["approvals"] = lambda: lead(store, self._waiting_count.run)
        if self.restarts:
            tasks["restarts"] = self.restarts.run
        if flows:
            for number, each in enumerate(langflows.all, start=1):
                name = "watch langflow" if number == 1 else f"watch langflow {number}"
                tasks[name] = functools.partial(_watch, each.client, self.worker)
            tasks["look ahead"] = self.setup.watch
        return tasks


async def lead(store: Store, part: Callable[[], Awaitable[None]]) -> None:
    """Run what only one of several bridges does, from when this one is it, and while no other can be.

    Raises what ``part`` raises, also where it breaks as it is ended.
    """
    leases = store.leases
    while True:
        await leases.led()
        await leases.renewed()
        task = asyncio.ensure_future(part())
        lapsing = asyncio.ensure_future(leases.lapsed())
        try:
            await asyncio.wait({task, lapsing}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return await task
        finally:
            task.cancel()
            lapsing.cancel()
            await asyncio.wait({task, lapsing})
        if not task.cancelled() and (error := task.exception()):
            raise error


def _restart_with(api: ZoomApi) -> Callable[[StreamEvent], Awaitable[None]]:
    async def start(event: StreamEvent) -> None:
        meeting = event.meeting_id or event.meeting_uuid
        if event.product is Product.VIDEO_SDK:
            meeting = event.meeting_uuid
        await api.control_rtms(RtmsAction.START, meeting, product=event.product)

    return start


async def _began_since(store: Store, event: StreamEvent) -> bool:
    """Whether a stream of the event's meeting began after the event, at whichever bridge."""
    streams = await store.streams(await store.streams_of(event.meeting_uuid))
    return any(stream.event_ts > event.event_ts for stream in streams.values())


def _link(pages_url: str | None, stream_id: str) -> str:
    """A meeting's page, for whoever can reach the pages; empty where nobody is known to."""
    return f"{pages_url}{OPERATOR.url_of(stream_id)}" if pages_url else ""


async def _look_ahead(settings: Settings, flows: Collection[str]) -> list[Finding]:
    """What runs of the routes' flows would miss."""
    found: list[Finding] = []
    for url, key in zip(settings.langflow_urls, settings.langflow_api_keys, strict=True):
        async with open_rest(url, key, read_proxies()) as client:
            found += found_at(await look_ahead(LangflowRest(client), flows), url, of=settings.langflow_urls)
    return found


async def _watch(langflow: LangflowClient, worker: Worker) -> None:
    """Look whether Langflow lives; when it is back, what waits for it goes at once."""
    while True:
        was_away = langflow.away
        await langflow.check()
        if was_away and not langflow.away:
            worker.wake()
        await asyncio.sleep(CHECK_SECONDS)
