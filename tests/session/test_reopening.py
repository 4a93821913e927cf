"""A meeting that is over is taken up once more: what is sent, by which routes, and who hears of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from bridge.admin.metrics import Metrics
from bridge.domain import Output, RunStatus, StreamState, WindowKind
from bridge.flow.routes import Route
from bridge.flow.worker import Worker
from bridge.rtms.connection import tls_context
from bridge.session.link import Zoom
from bridge.session.session import Session
from bridge.store.store import open_store
from tests.pages.stage import said, stream
from tests.session.test_delivery import approved

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    from bridge.domain import Stream, Verdict, Window
    from bridge.store.store import Store

pytestmark = pytest.mark.both_loops

KINDS = (WindowKind.START, WindowKind.LIVE, WindowKind.FINAL)
OLD, NEW = (Route(name=name, flow="f", on=KINDS, approve=True, memory="none") for name in ("old", "new"))
TLS = tls_context(None)


class Bridge:
    """A bridge without sockets, of which each meeting is over."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.sent: list[tuple[str, str]] = []
        self.announced: list[set[str]] = []

    async def run(self, window: Window, *, timeout_seconds: float) -> Output:
        self.sent.append((window.route, window.kind.value))
        return Output("")

    async def give_up(self, window: Window) -> None:
        raise AssertionError("nothing is given up")

    async def trouble(self, window: Window) -> str:
        raise AssertionError("nothing is in trouble")

    async def forget(self, meeting_uuid: str, why: str) -> None:
        raise AssertionError("nothing is forgotten")

    def announce(self, over: Stream, routes: Collection[str]) -> None:
        self.announced.append({*routes})

    async def take_up(self, *routes: Route) -> None:
        """A session takes up the meeting if something is left to do for it."""
        self.sent, self.announced = [], []
        for left in await self.store.streams_to_settle():
            metrics = Metrics()
            session = Session(
                left,
                routes=routes,
                zoom=Zoom(client_id="c", client_secret=SecretStr("s"), allowed_hosts=(), tls=TLS),
                store=self.store,
                worker=Worker(self, self.store, metrics),
                metrics=metrics,
                forget=self.forget,
                announce=self.announce,
            )
            await session.restore()
            await session.run()
        await self.store.flush()


@pytest.fixture
async def bridge() -> AsyncIterator[Bridge]:
    async with open_store("memory://") as store:
        store.put_stream(stream(state=StreamState.ENDED, end_reason="the meeting ended"))
        for n in (1, 2):
            store.add_utterance(said(n))
        await store.flush()
        yield Bridge(store)


def verdict(route: str) -> Verdict:
    return replace(approved(1, "s"), route=route)


async def test_a_press_is_told_to_its_own_route_alone(bridge: Bridge) -> None:
    """A route that came since the meeting was settled gets nothing of it, and no endpoint hears of its end once more."""
    await bridge.take_up(OLD)
    assert bridge.sent == [("old", "start"), ("old", "live"), ("old", "final")]
    assert {"old"} in bridge.announced
    await bridge.store.add_verdict(verdict("old"))
    await bridge.take_up(OLD, NEW)
    assert (bridge.sent, bridge.announced) == ([("old", "approved")], [])
    assert await bridge.store.streams_to_settle() == []


async def test_runs_that_are_sent_again_are_told_to_their_own_route_alone(bridge: Bridge) -> None:
    """Also where all of them had failed."""
    await bridge.take_up(OLD)
    for run in await bridge.store.runs("s"):
        await bridge.store.run_ended(run.window_id, status=RunStatus.FAILED, attempts=3, error="broke")
    assert await bridge.store.retry_runs(None) == 3
    await bridge.take_up(OLD, NEW)
    assert bridge.sent == [("old", "start"), ("old", "live"), ("old", "final")]
    assert bridge.announced == []


async def test_a_meeting_that_was_never_settled_is_owed_to_every_route(bridge: Bridge) -> None:
    """The bridge died right at the end, before the first window of one of them."""
    await bridge.take_up(OLD)
    bridge.store.stream_unsettled("s")  # as it stands where that bridge did not get so far
    await bridge.store.flush()
    await bridge.take_up(OLD, NEW)
    assert bridge.sent == [("new", "start"), ("new", "live"), ("new", "final")]
    assert {"old", "new"} in bridge.announced


async def test_a_press_into_a_meeting_that_still_delivers_takes_nothing_from_other_routes(
    bridge: Bridge,
) -> None:
    """What is not settled goes on as it is."""
    await bridge.store.add_verdict(verdict("old"))
    await bridge.take_up(OLD, NEW)
    assert {route for route, kind in bridge.sent if kind == "final"} == {"old", "new"}
    assert ("old", "approved") in bridge.sent


async def test_a_stream_that_goes_on_is_owed_to_every_route_again(bridge: Bridge) -> None:
    """It was settled, taken up for a press, and then Zoom went on with it: its socket is seen anew."""
    await bridge.take_up(OLD)
    await bridge.store.add_verdict(verdict("old"))
    await bridge.take_up(OLD)
    bridge.store.stream_unsettled("s")
    bridge.store.stream_seen("s", 7)
    await bridge.store.flush()
    await bridge.take_up(OLD, NEW)
    assert ("new", "final") in bridge.sent
