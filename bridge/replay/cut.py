"""A recorded meeting into windows, by the code that cuts them live, in virtual time.

A stream's record and each route's delivery are those of a session. What Zoom would bring comes at the times at which
it was said: an utterance when it is over, in order of arrival. A flow takes as long for a window as it took then, where
that is known, and no time otherwise.

Not known of a meeting is when each frame arrived (Zoom's transcript is a second or two behind), what a chat message
said before it was edited, that one was deleted, and what a shared screen showed.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from bridge.clock import Clock
from bridge.domain import NO_OUTPUT, HappeningKind, StreamState
from bridge.flow.worker import Worker
from bridge.replay.virtual import VirtualLoop
from bridge.session.delivery import Delivery
from bridge.session.pictures import Pictures
from bridge.session.record import Record
from bridge.session.redaction import Redaction
from bridge.store.memory import MemoryEngine
from bridge.store.store import Store
from bridge.tasks import beside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from bridge.domain import (
        Gap,
        Happening,
        Output,
        RedactionKey,
        RunStatus,
        Utterance,
        Window,
        WindowKind,
    )
    from bridge.flow.routes import Route
    from bridge.replay.recorded import Recorded

_PRESENCE: Final = (HappeningKind.PRESENT, HappeningKind.JOINED)
LONGEST_MS: Final = 30 * 3_600_000
"""Zoom ends every meeting then: words that tell a later time come with those around them, as they did live."""
_SCREEN: Final = (HappeningKind.SHARING_STARTED, HappeningKind.SHARING_STOPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A window, and when it was closed."""

    window: Window
    closed_ms: int
    """UTC milliseconds, by the meeting's own clock."""
    key: RedactionKey | None = None
    """What the placeholders of the meeting stand for, where its route redacts."""


def cut(recorded: Recorded, routes: Sequence[Route], *, phrases: Sequence[str] = ()) -> list[Cut]:
    """The windows of a meeting on each of the routes, in the order in which they were closed.

    ``phrases`` call the assistant. Runs a loop of its own: not to be called inside one, but in a thread.
    """
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_cut(recorded, routes, phrases))


async def _cut(recorded: Recorded, routes: Sequence[Route], phrases: Sequence[str]) -> list[Cut]:
    loop = asyncio.get_running_loop()
    clock = Clock(
        wall=lambda: recorded.stream.started_at_ms / 1000 + loop.time(),
        steady=loop.time,
        chance=lambda: 0.5,
    )
    store = Store(MemoryEngine(), clock=clock.wall, monotonic=loop.time)
    answers = _Answers(recorded, clock)
    async with beside(store.run(), name="store", stop=store.close):
        store.put_stream(recorded.stream)
        record = Record(recorded.stream, store, clock)
        redaction = Redaction(store, _Unmeasured())
        worker = Worker(answers, store, _Unmeasured(), clock=loop.time, chance=clock.chance)
        deliveries = [
            Delivery(
                route,
                record=record,
                store=store,
                worker=worker,
                pictures=Pictures(None),
                metrics=_Unmeasured(),
                phrases=phrases,
                redaction=redaction,
            )
            for route in routes
        ]
        async with asyncio.TaskGroup() as tasks:
            for delivery in deliveries:
                tasks.create_task(delivery.run(resumed=False))
            for at, happens in _events(recorded, record, deliveries):
                await asyncio.sleep(max(0.0, at - loop.time()))
                happens()
            for delivery in deliveries:
                delivery.end()
        key = await store.redaction_key(recorded.stream.meeting_uuid)
    redacting = {route.name for route in routes if route.redact}
    return [replace(each, key=key if each.window.route in redacting else None) for each in answers.cuts]


def _events(
    recorded: Recorded, record: Record, deliveries: Sequence[Delivery]
) -> Iterator[tuple[float, Callable[[], None]]]:
    """What happens when, in seconds from the meeting's start, in order."""
    loop = asyncio.get_running_loop()

    def said(utterance: Utterance) -> None:
        record.known(utterance)
        for delivery in deliveries:
            delivery.add(utterance, loop.time())

    def missed(gap: Gap) -> None:
        record.gaps.append(gap)

    def happened(happening: Happening) -> None:
        _happened(record, happening)
        for delivery in deliveries:
            delivery.look()

    timed: list[tuple[int, int, Callable[[], None]]] = []
    timed += [(each.at_ms, 0, lambda each=each: happened(each)) for each in recorded.happenings]  # type: ignore[misc]
    timed += [(each.to_ms, 1, lambda each=each: missed(each)) for each in recorded.gaps]  # type: ignore[misc]
    latest = recorded.stream.started_at_ms + LONGEST_MS
    arrival = 0
    for utterance in recorded.utterances:
        arrival = max(arrival, utterance.end_ms if utterance.end_ms <= latest else 0)
        timed.append((arrival, 2, lambda each=utterance: said(each)))  # type: ignore[misc]
    for at_ms, _, happens in sorted(timed, key=lambda each: each[:2]):
        yield (min(at_ms, latest) - recorded.stream.started_at_ms) / 1000, happens


def _happened(record: Record, happening: Happening) -> None:
    """What became of the people and of the stream; what screens showed is not known any more."""
    if happening.kind in _PRESENCE:
        record.joined(((happening.user_id, happening.name),), happening.at_ms, roster=False)
    elif happening.kind is HappeningKind.LEFT:
        record.left((happening.user_id,), happening.at_ms)
    elif happening.kind not in _SCREEN:
        paused = happening.kind is HappeningKind.PAUSED
        record.enter(StreamState.PAUSED if paused else StreamState.LIVE)


class _Answers:
    """Takes windows as flows would, each for as long as its answer took, and finds nothing."""

    def __init__(self, recorded: Recorded, clock: Clock) -> None:
        self._recorded = recorded
        self._clock = clock
        self.cuts: list[Cut] = []

    async def run(self, window: Window, *, timeout_seconds: float) -> Output:
        """Nothing, after the time that it took."""
        self.cuts.append(Cut(window=window, closed_ms=self._clock.now_ms()))
        known = self._recorded.answered.get((window.route, window.kind, window.seq), 0.0)
        await asyncio.sleep(min(known, LONGEST_MS / 1000))
        return NO_OUTPUT

    async def give_up(self, window: Window) -> None:
        """Never happens: every window is answered."""

    async def trouble(self, window: Window) -> str:
        """None."""
        return ""


class _Unmeasured:
    """What a delivery and a worker report is of no interest in virtual time."""

    def window(self, route: str, kind: WindowKind | str, delay_seconds: float) -> None: ...

    def redacted(self, route: str, counts: Mapping[str, int]) -> None: ...

    def run_ended(self, route: str, status: RunStatus, seconds: float) -> None: ...

    def run_retried(self, route: str, error: str) -> None: ...
