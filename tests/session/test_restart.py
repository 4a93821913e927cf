from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

import pytest
import structlog

from bridge.domain import Product
from bridge.errors import BridgeError, ZoomApiAway, ZoomApiRefused
from bridge.rtms.messages import StopReason
from bridge.rtms.status import RESTART_CANDIDATES
from bridge.session.restart import SPAN_SECONDS, Allowance, Restarts
from bridge.tasks import beside
from bridge.webhook.events import EventKind, StreamEvent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NOW = 1_763_769_600.0
"""UTC seconds."""


def event(kind: EventKind, *, at: float = NOW, reason: int | None = None, **changes: object) -> StreamEvent:
    fields: dict[str, object] = {
        "event": f"meeting.rtms_{kind}",
        "kind": kind,
        "product": Product.MEETING,
        "event_ts": int(at * 1000),
        "stream_id": "s",
        "meeting_uuid": "m",
        "server_urls": "wss://a" if kind is EventKind.STARTED else "",
        "stop_reason": reason,
    }
    return StreamEvent.model_validate(fields | changes)


def lost(**changes: object) -> StreamEvent:
    """A stream that Zoom's side lost."""
    return event(EventKind.STOPPED, reason=StopReason.INTERNAL_EXCEPTION, **changes)  # type: ignore[arg-type]


class Zoom:
    """Takes starts, or fails as it is told; time passes only in waits, which a test can hold back."""

    def __init__(self) -> None:
        self.now = NOW
        self.waits: list[float] = []
        self.started: list[StreamEvent] = []
        self.errors: deque[BridgeError] = deque()
        self.settled = asyncio.Event()
        self.held = asyncio.Event()
        self.held.set()
        self.restarts = Restarts(self.start, clock=lambda: self.now, sleep=self.sleep)

    async def start(self, event: StreamEvent) -> None:
        if self.errors:
            raise self.errors.popleft()
        self.started.append(event)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await self.held.wait()
        self.now += seconds

    async def idle(self) -> None:
        """Nothing is planned any more."""
        async with asyncio.timeout(30):
            while self.restarts.planned:  # noqa: ASYNC110 - what is waited for has no event to set
                await asyncio.sleep(0)


@pytest.fixture
async def zoom() -> AsyncIterator[Zoom]:
    zoom = Zoom()
    async with beside(zoom.restarts.run(), name="restarts"):
        yield zoom


@pytest.mark.parametrize("reason", StopReason)
async def test_which_ends_call_for_a_restart(zoom: Zoom, reason: StopReason) -> None:
    """Those of Zoom's failover table, and no others."""
    zoom.restarts.heard(event(EventKind.STOPPED, reason=reason))
    await zoom.idle()
    assert bool(zoom.started) is (reason in RESTART_CANDIDATES)


def test_the_table() -> None:
    """Reasons 10 to 19 and 24."""
    assert {*range(10, 20), 24} == RESTART_CANDIDATES


@pytest.mark.parametrize("reason", [None, 99])
async def test_ends_that_say_nothing_known(zoom: Zoom, reason: int | None) -> None:
    """Are left alone."""
    zoom.restarts.heard(event(EventKind.STOPPED, reason=reason))
    assert not zoom.restarts.planned


@pytest.mark.parametrize(
    "changes", [{"product": Product.CONTACT_CENTER}, {"at": NOW - SPAN_SECONDS - 1}], ids=["call", "late"]
)
async def test_what_is_not_restarted(zoom: Zoom, changes: dict[str, object]) -> None:
    """Calls have no such command, and an old webhook tells of a meeting that went on without us."""
    zoom.restarts.heard(lost(**changes))
    assert not zoom.restarts.planned


async def test_three_times_in_ten_minutes(zoom: Zoom) -> None:
    """Each with a longer wait; then it is given up, and said."""
    for _ in range(3):
        zoom.restarts.heard(lost(at=zoom.now))
        await zoom.idle()
    with structlog.testing.capture_logs() as logs:
        zoom.restarts.heard(lost(at=zoom.now))
        await zoom.idle()
    assert zoom.waits == [1, 10, 60]
    assert len(zoom.started) == 3
    assert [(line["event"], line["log_level"], line["stream_id"], line["reason"]) for line in logs] == [
        ("rtms.not_restarted", "error", "s", "tried often enough")
    ]
    zoom.now += SPAN_SECONDS
    zoom.restarts.heard(lost(at=zoom.now))
    await zoom.idle()
    assert len(zoom.started) == 4


async def test_zoom_is_away(zoom: Zoom) -> None:
    """The next try follows by itself."""
    zoom.errors.extend([ZoomApiAway("away"), ZoomApiAway("away")])
    zoom.restarts.heard(lost())
    await zoom.idle()
    assert zoom.waits == [1, 10, 60]
    assert len(zoom.started) == 1


async def test_zoom_refuses(zoom: Zoom) -> None:
    """There is no other try, and the log says what to change."""
    zoom.errors.append(ZoomApiRefused("name the host", status=400, code=2308))
    with structlog.testing.capture_logs() as logs:
        zoom.restarts.heard(lost())
        await zoom.idle()
    assert zoom.waits == [1]
    assert zoom.started == []
    assert [line["reason"] for line in logs] == ["name the host"]


@pytest.mark.parametrize("first", [True, False], ids=["before the end is known", "while waiting"])
async def test_somebody_was_faster(zoom: Zoom, first: bool) -> None:
    """A stream that began after the lost one had ended makes a restart needless."""
    zoom.held.clear()
    began = event(EventKind.STARTED, at=NOW + 0.5, stream_id="other")
    for each in (began, lost()) if first else (lost(), began):
        zoom.restarts.heard(each)
    zoom.held.set()
    await zoom.idle()
    assert zoom.started == []


async def test_another_bridge_was_faster() -> None:
    """So does one that another bridge has."""
    zoom, asked = Zoom(), list[StreamEvent]()

    async def began_since(event: StreamEvent) -> bool:
        asked.append(event)
        return True

    zoom.restarts = Restarts(zoom.start, clock=lambda: zoom.now, sleep=zoom.sleep, began_since=began_since)
    async with beside(zoom.restarts.run(), name="restarts"):
        zoom.restarts.heard(lost())
        await zoom.idle()
    assert (zoom.started, asked) == ([], [lost()])


async def test_a_start_from_before(zoom: Zoom) -> None:
    """The lost stream's own start, or a late copy of it, changes nothing."""
    zoom.held.clear()
    began = event(EventKind.STARTED, at=NOW - 60)
    for each in (began, lost(), began):
        zoom.restarts.heard(each)
    zoom.held.set()
    await zoom.idle()
    assert len(zoom.started) == 1


@pytest.mark.parametrize(
    ("error", "told"),
    [(None, "rtms.restart_accepted"), (ZoomApiRefused("no", status=400, code=1), "rtms.not_restarted")],
)
async def test_what_is_told(zoom: Zoom, error: BridgeError | None, told: str) -> None:
    """The log says of which stream, and why not; what Zoom is asked for is the event's own meeting."""
    zoom.errors.extend([error] if error else [])
    with structlog.testing.capture_logs() as logs:
        zoom.restarts.heard(lost())
        await zoom.idle()
    [line] = logs
    assert (line["event"], line["stream_id"], line.get("reason")) == (told, "s", "no" if error else None)
    assert zoom.started == ([] if error else [lost()])


async def test_a_start_of_long_ago_is_forgotten(zoom: Zoom) -> None:
    """What began before the span within which a restart is asked for says nothing of a stream that is lost now."""
    zoom.held.clear()
    zoom.restarts.heard(event(EventKind.STARTED, at=NOW + 60))
    zoom.now = NOW + 60 + SPAN_SECONDS
    zoom.restarts.heard(event(EventKind.STARTED, at=zoom.now, meeting_uuid="other"))
    zoom.restarts.heard(lost(at=NOW + 61))
    zoom.held.set()
    await zoom.idle()
    assert len(zoom.started) == 1


async def test_two_lost_streams_of_a_meeting(zoom: Zoom) -> None:
    """Ask for one new stream while it is planned."""
    zoom.held.clear()
    zoom.restarts.heard(lost())
    zoom.restarts.heard(lost(stream_id="other"))
    zoom.held.set()
    await zoom.idle()
    assert len(zoom.started) == 1


async def test_meetings_do_not_wait_for_each_other(zoom: Zoom) -> None:
    """Each has tries and waits of its own."""
    zoom.held.clear()
    for n in range(5):
        zoom.restarts.heard(lost(meeting_uuid=f"m{n}"))
    zoom.held.set()
    await zoom.idle()
    assert zoom.waits == [1] * 5
    assert len(zoom.started) == 5


def test_tries_are_forgotten() -> None:
    """The allowance holds nothing of meetings long over."""
    allowance = Allowance()
    for n in range(100):
        allowance.wait(f"m{n}", NOW)
    allowance.wait("m", NOW + SPAN_SECONDS + 1)
    assert len(allowance) == 1


async def test_a_start_that_breaks(zoom: Zoom) -> None:
    """What breaks in one meeting's restart is told by place, ends that restart, and leaves the next one alone."""

    async def breaks(event: StreamEvent) -> None:
        if not zoom.started:
            zoom.started.append(event)
            raise KeyError("SECRET")
        zoom.started.append(event)

    zoom.restarts._start = breaks
    with structlog.testing.capture_logs() as logs:
        zoom.restarts.heard(lost())
        await zoom.idle()
    (told,) = logs
    assert (told["event"], told["stream_id"]) == ("rtms.restart_broke", "s")
    assert told["where"]
    assert all(":" in place for place in told["where"])
    assert "SECRET" not in str(told)
    zoom.restarts.heard(lost(meeting_uuid="other"))
    await zoom.idle()
    assert len(zoom.started) == 2


async def test_who_began_long_ago_is_forgotten(zoom: Zoom) -> None:
    """A stream's beginning is remembered for as long as a restart may be under way, the newest of a meeting."""
    zoom.now = NOW - SPAN_SECONDS
    zoom.restarts.heard(event(EventKind.STARTED, meeting_uuid="old", at=zoom.now))
    zoom.restarts.heard(event(EventKind.STARTED, meeting_uuid="m", at=NOW - SPAN_SECONDS + 1))
    assert set(zoom.restarts._began) == {"old", "m"}
    zoom.now = NOW
    zoom.restarts.heard(event(EventKind.STARTED, meeting_uuid="new"))
    assert set(zoom.restarts._began) == {"m", "new"}
    zoom.restarts.heard(event(EventKind.STARTED, meeting_uuid="new", at=NOW - 5))
    assert zoom.restarts._began["new"] == int(NOW * 1000)


@pytest.mark.parametrize(("later_ms", "started"), [(-1, 1), (0, 1), (1, 0)])
async def test_only_a_later_beginning_takes_a_restart_away(zoom: Zoom, later_ms: int, started: int) -> None:
    """A stream that began before the loss, or with it, is the one that was lost."""
    zoom.held.clear()
    zoom.restarts.heard(lost())
    zoom.restarts.heard(event(EventKind.STARTED, event_ts=int(NOW * 1000) + later_ms))
    zoom.held.set()
    await zoom.idle()
    assert len(zoom.started) == started


async def test_the_edge_of_what_is_late(zoom: Zoom) -> None:
    """A loss is late from the moment on at which its tries would be forgotten."""
    zoom.restarts.heard(lost(at=NOW - SPAN_SECONDS))
    assert not zoom.restarts.planned
    zoom.restarts.heard(lost(at=NOW - SPAN_SECONDS + 0.001))
    assert zoom.restarts.planned
    await zoom.idle()
    allowance = Allowance()
    for at in (0.0, 0.0, 0.0):
        assert allowance.wait("m", at) is not None
    assert allowance.wait("m", SPAN_SECONDS - 0.001) is None
    assert allowance.wait("m", SPAN_SECONDS) is not None
