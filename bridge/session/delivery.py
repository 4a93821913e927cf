"""One route's windows of one stream: closed, stored, and taken through Langflow."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from bridge.domain import PendingWindow, StreamState, WindowKind
from bridge.errors import WriteRefused
from bridge.flow.request import compose_window
from bridge.session.redaction import Redaction, RedactionMetrics
from bridge.tasks import worked_out
from bridge.transcript.ask import OpenAsks, asking, may_go_on
from bridge.transcript.window import OpenWindow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.domain import Ask, Earlier, Picture, StillOpen, Stream, Utterance, Verdict, Window
    from bridge.flow.routes import Route
    from bridge.flow.turns import Turn
    from bridge.flow.worker import Worker
    from bridge.session.pictures import Pictures
    from bridge.session.record import Record
    from bridge.session.redaction import Redact
    from bridge.store.store import Store


ASK_AGAIN_SECONDS: Final = 120.0
"""How old a question may be that a restart kept from being asked; nobody waits for the answer to an older one."""
REFUSALS: Final = 3
"""So often in a row a window of what was approved is closed that the store does not take."""
ASIDE: Final = 2
"""With so many windows that their flow broke on, no further one is closed before one of them was answered."""
LONG: Final = 100
"""A window of more utterances is put together in a thread."""
_ASSISTANT: Final = {WindowKind.START, WindowKind.ASK}
"""Kinds of windows of a route that hears nothing but questions."""
_WHOLE: Final = (WindowKind.ASK, WindowKind.FINAL)
"""Kinds of windows that carry all that was said so far, and every gap."""

log = structlog.get_logger(__name__)


class Memory(Protocol):
    """What earlier meetings of a stream's series tell; as :class:`bridge.archive.memory.SeriesMemory`."""

    async def __call__(self, stream: Stream, question: str) -> Sequence[Earlier]:
        """The meetings that tell of a question, the newest first; none where it cannot be found out within moments."""

    async def still_open(self, stream: Stream) -> StillOpen | None:
        """What the last meeting left to do; ``None`` where nothing, or where it cannot be found out within moments."""


class DeliveryMetrics(RedactionMetrics, Protocol):
    """What a delivery reports."""

    def window(self, route: str, kind: str, delay_seconds: float) -> None:
        """A window goes to Langflow, so long after it was due."""


class Delivery:
    """A route's place in a stream.

    One window at a time is on its way. A turn at Langflow is waited for before a window is closed, so
    what is said meanwhile goes into it; what is stored already is sent as it is.
    """

    def __init__(
        self,
        route: Route,
        *,
        record: Record,
        store: Store,
        worker: Worker,
        pictures: Pictures,
        metrics: DeliveryMetrics,
        phrases: Sequence[str] = (),
        memory: Memory | None = None,
        redaction: Redaction | None = None,
    ) -> None:
        self.route = route
        self._redaction = redaction or Redaction(store, metrics)
        self._memory = memory if route.memory != "none" else None
        self._pictures = pictures
        self._record = record
        self._store = store
        self._worker = worker
        self._metrics = metrics
        self._window = OpenWindow(route.window)
        self._asks = OpenAsks(phrases if WindowKind.ASK in route.on else ())
        self._phrases = phrases
        self._before: list[Utterance] = []
        """The last words of earlier live windows: what was asked there may go on in the next one."""
        self._unsettled: deque[PendingWindow] = deque()
        """Windows that are stored and not answered, the one to be tried next first."""
        self._try_another = False
        """Whether a window that is closed now goes before those: the flow broke on the one tried last."""
        self._verdicts: deque[Verdict] = deque()
        """What was approved and has no window yet."""
        self._refusals = 0
        """How often the store refused a window of the first of them."""
        self._turn: Turn | None = None
        """What is waited for, or had."""
        self._changed = asyncio.Event()
        self._asleep_until = float("inf")
        self._seq = 0
        self._gaps_told = 0
        self._still_open: StillOpen | None = None
        """What the last meeting of the series left to do, for the start window."""
        self._started = False
        self._finished = False
        self._amended: dict[int, str] | None = None
        """Texts that came while a window is composed, by position."""
        self._ended = False
        self._stopping = False
        self._held = False
        self._load = False
        """Whether the store has windows or verdicts to be sent that are not known here."""

    async def restore(self, earlier: Sequence[Utterance]) -> None:
        """Take up the route where an earlier process left it.

        ``earlier`` are the stream's utterances, or at least those behind the route's last live window and
        those of its last minutes.
        """
        progress = await self._store.progress(self._record.stream.stream_id, self.route.name)
        self._seq, self._gaps_told = progress.seq, progress.gaps_told
        self._started, self._finished = progress.started, self._is_whole(progress.final, earlier)
        now = asyncio.get_running_loop().time()
        for utterance in earlier:
            self._asks.add(utterance, now - max(0, self._record.now_ms() - utterance.end_ms) / 1000)
            if utterance.n > progress.last_n:
                self._collect(utterance, now)
        self._before = may_go_on([utterance for utterance in earlier if utterance.n <= progress.last_n])
        self._asks.forget(progress.asked, before=now - ASK_AGAIN_SECONDS)

    def _is_whole(self, final: tuple[int, int] | None, earlier: Sequence[Utterance]) -> bool:
        """Whether a final window tells all that there is; a stream may have been taken up again behind it."""
        if final is None:
            return False
        last_n, gaps_told = final
        return gaps_told >= len(self._record.gaps) and all(utterance.n <= last_n for utterance in earlier)

    def add(self, utterance: Utterance, now: float) -> None:
        """Take an utterance; wakes the task only when it has to look earlier than planned."""
        self._finished = False  # a stream that was given up may go on, and wants another final window then
        self._asks.add(utterance, now)
        self._collect(utterance, now)
        due_at = _earlier(self._asks.due_at(), self._window.due_at())
        if due_at is not None and due_at < self._asleep_until:
            self._changed.set()

    def _collect(self, utterance: Utterance, now: float) -> None:
        if WindowKind.LIVE in self.route.on:
            self._window.add(utterance, now)

    def amend(self, n: int, text: str) -> None:
        """An utterance was edited, or deleted where the text is empty; of no meaning once it was sent."""
        self._window.amend(n, text)
        self._asks.amend(n, text)
        if self._amended is not None:
            self._amended[n] = text

    def look(self) -> None:
        """Something changed: look whether the window is due."""
        self._changed.set()

    def retry(self) -> None:
        """Windows that had failed are to be sent again, or something was approved; the store knows which."""
        self._load = True
        self._changed.set()

    def end(self) -> None:
        """No more will be said: close what is open, and then the final window."""
        self._ended = True
        self._asks.close()
        self._changed.set()

    def stop(self) -> None:
        """Leave what is open to the next process; a run under way may end."""
        self._stopping = True
        self._changed.set()
        if self._turn is not None:
            self._turn.drop()

    async def run(self, *, resumed: bool) -> None:
        """Deliver until the last window is settled, or :meth:`stop`."""
        stream = self._record.stream
        lane = self._worker.lane(stream.meeting_uuid, self.route.name)
        self._load |= resumed
        while await self._until_due():
            since, at_once = self._due_since(), not lane.locked()
            async with (
                lane,
                self._worker.turn(
                    stream.meeting_uuid, self.route, lambda: self._next() or WindowKind.LIVE
                ) as turn,
            ):
                self._turn = turn
                if self._stopping or not await turn.take():
                    return
                await self._send_next(turn, since if at_once else asyncio.get_running_loop().time())

    async def _send_next(self, turn: Turn, due_at: float) -> None:
        """Send what is due by now: it may be another thing than the turn was waited for, or nothing any more."""
        kind = self._next()
        if kind is None:
            return
        if self._is_resent():
            pending = self._unsettled.popleft()
        else:
            ask = self._asks.pop(asyncio.get_running_loop().time()) if kind is WindowKind.ASK else None
            if kind is WindowKind.ASK and ask is None:
                return
            if kind is WindowKind.START and not await self._has_a_start():
                return
            verdict = self._verdicts[0] if kind is WindowKind.APPROVED else None
            window = await self._close(kind, ask, verdict, due_at)
            if verdict is not None:
                self._refusals += window is None
                if window is not None or self._refusals == REFUSALS:
                    self._verdicts.popleft()
                    self._refusals = 0
            if window is None or self._stopping:
                return
            pending = PendingWindow(window=window, attempts=0, failures=0)
        left = await self._worker.run(pending, self.route, turn)
        self._try_another = left is not None
        if left is not None:
            self._unsettled.append(left)

    async def _has_a_start(self) -> bool:
        """Whether to send a start window, with what the last meeting of the series left to do.

        A route that hears questions alone is spared one that has nothing to tell. Of a meeting that is over nobody
        waits for it any more.
        """
        if self._memory is None:
            return True
        self._still_open = None if self._ended else await self._memory.still_open(self._record.stream)
        self._started = self._still_open is None and {*self.route.on} <= _ASSISTANT
        return not self._started

    def _is_resent(self) -> bool:
        """Whether a window that is stored already is next."""
        waits = bool(self._unsettled)
        return waits and not (
            self._try_another and len(self._unsettled) < ASIDE and self._fresh() is not None
        )

    def _next(self) -> WindowKind | None:
        """What would be sent now; ``None`` where nothing is due."""
        return self._unsettled[0].window.kind if self._is_resent() else self._fresh()

    def _fresh(self) -> WindowKind | None:
        """The kind of the window that would be closed now; ``None`` where none is due."""
        now = asyncio.get_running_loop().time()
        if WindowKind.START in self.route.on and not self._started:
            return WindowKind.START
        asks_at, window_at = self._asks.due_at(), self._window_due_at()
        if asks_at is not None and asks_at <= now:
            return WindowKind.ASK
        if self._verdicts:
            return WindowKind.APPROVED
        if self._window and (self._ended or (window_at is not None and window_at <= now)):
            return WindowKind.LIVE
        over = self._ended and not self._asks and WindowKind.FINAL in self.route.on and not self._finished
        return WindowKind.FINAL if over else None

    async def _until_due(self) -> bool:
        """Wait until a window can be sent; false when none will come any more, or after :meth:`stop`."""
        while not self._stopping:
            if self._load:
                await self._load_pending()
                continue
            if self._next() is not None:
                return True
            if self._ended and not self._asks:
                return False
            await self._sleep_until(_earlier(self._asks.due_at(), self._window_due_at()))
        return False

    async def _load_pending(self) -> None:
        self._load = False
        known = {pending.window.window_id for pending in self._unsettled}
        stored = await self._store.pending_windows(self._record.stream.stream_id, self.route.name)
        self._unsettled.extend(pending for pending in stored if pending.window.window_id not in known)
        await self._load_verdicts()

    async def _load_verdicts(self) -> None:
        """What was approved, without what has a window already: a crash may have come before that was noted down."""
        stream_id, route = self._record.stream.stream_id, self.route.name
        known = {verdict.n for verdict in self._verdicts}
        decided = await self._store.verdicts_to_send(stream_id, route)
        windows = dict((await self._store.progress(stream_id, route)).approved) if decided else {}
        for verdict in decided:
            if verdict.n in windows:
                self._store.verdict_taken(stream_id, verdict.n, windows[verdict.n])
            elif verdict.n not in known:
                self._verdicts.append(verdict)

    def _due_since(self) -> float:
        """Since when what comes next is due, as far as is known."""
        now = asyncio.get_running_loop().time()
        due_at = self._asks.due_at() if self._next() is WindowKind.ASK else self._window_due_at()
        return now if due_at is None else min(due_at, now)

    def _window_due_at(self) -> float | None:
        # A paused stream is no pause in speech: what is open waits for what comes after.
        paused = self._record.stream.state is StreamState.PAUSED
        return None if paused else self._window.due_at()

    async def _sleep_until(self, due_at: float | None) -> None:
        """Wait until a time, or until something changes."""
        self._tell_held()
        self._asleep_until = float("inf") if due_at is None else due_at
        self._changed.clear()
        if due_at is None:
            await self._changed.wait()
            return
        alarm = asyncio.get_running_loop().call_at(due_at, self._changed.set)
        try:
            await self._changed.wait()
        finally:
            alarm.cancel()

    def _tell_held(self) -> None:
        if not self._held and self._asks.held(asyncio.get_running_loop().time()):
            self._held = True
            log.warning("asks.held", stream_id=self._record.stream.stream_id, route=self.route.name)

    async def _close(
        self, kind: WindowKind, ask: Ask | None, verdict: Verdict | None, due_at: float
    ) -> Window | None:
        """Close a window and store it; ``None`` where the store does not take it."""
        share = (
            await self._pictures.upload(self._record.stream, self._record.picture)
            if self.route.share and verdict is None
            else None
        )
        self._finished |= kind is WindowKind.FINAL  # what is said while it is composed wants another one
        try:
            window, gaps_told = await self._composed(kind, ask, verdict, share)
        except BaseException:
            self._finished &= kind is not WindowKind.FINAL
            raise
        self._seq = window.seq
        self._started |= kind is WindowKind.START
        if ask is not None:  # who asks is told of all gaps, and the next live window of them still
            log.info("window.asked", window_id=window.window_id, source=ask.utterances[0].source.value)
        elif verdict is None:
            self._gaps_told = gaps_told
        try:
            await self._store.add_window(window, gaps_told=self._gaps_told)
        except WriteRefused as error:
            log.error("window.not_stored", window_id=window.window_id, reason=str(error))
            return None
        if verdict is not None:
            self._store.verdict_taken(verdict.stream_id, verdict.n, window.window_id)
        self._metrics.window(self.route.name, kind, asyncio.get_running_loop().time() - due_at)
        return window

    async def _composed(
        self, kind: WindowKind, ask: Ask | None, verdict: Verdict | None, share: Picture | None
    ) -> tuple[Window, int]:
        """The next window with its exact text, and how many of the gaps are known with it.

        Where that is long work, a thread does it: sockets must not wait. What is edited or deleted meanwhile is so in it.

        Raises:
            WriteRefused: The key of a window that is to be redacted is not stored; without it nothing leaves.
        """
        self._amended = {}
        utterances, before = await self._utterances(kind), self._before
        if kind is WindowKind.LIVE:
            self._before = may_go_on([*before, *utterances])
        stream, gaps, seq = self._record.stream, list(self._record.gaps), self._seq + 1
        told = 0 if kind in _WHOLE else self._gaps_told if verdict is None else len(gaps)
        participants = self._record.participants(utterances)
        earlier = await self._memory(stream, ask.question) if self._memory and ask else ()

        def compose(redacted: Redact | None = None) -> Window:
            ordered = sorted(utterances, key=lambda utterance: (utterance.start_ms, utterance.n))
            return compose_window(
                stream=stream,
                route=self.route,
                seq=seq,
                kind=kind,
                utterances=ordered,
                gaps=gaps[told:],
                participants=participants,
                now_ms=self._record.now_ms(),
                share=share,
                asked=asking([*before, *ordered] if kind is WindowKind.LIVE else ordered, self._phrases),
                ask=ask,
                earlier=earlier,
                still_open=self._still_open if kind is WindowKind.START else None,
                verdict=verdict,
                redacted=redacted,
            )

        while True:
            if self.route.redact:
                window = await self._redaction.composed(
                    stream, self.route, lambda by: asyncio.to_thread(compose, by)
                )
            else:
                window = await worked_out(compose, is_long=len(utterances) > LONG)
            amended, self._amended = self._amended, {}
            if not any(utterance.n in amended for utterance in utterances):
                self._amended = None
                return window, len(gaps)
            utterances = [replace(one, text=amended.get(one.n, one.text)) for one in utterances]
            utterances = [one for one in utterances if one.text]

    async def _utterances(self, kind: WindowKind) -> list[Utterance]:
        if kind is WindowKind.LIVE:
            return self._window.flush()
        if kind not in _WHOLE:
            return []
        await self._store.flush()
        return await self._store.utterances(self._record.stream.stream_id)


def _earlier(one: float | None, other: float | None) -> float | None:
    """The earlier of two times, either of which may be unknown."""
    return min((time for time in (one, other) if time is not None), default=None)
