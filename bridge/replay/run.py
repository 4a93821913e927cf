"""Meetings through flows: as fast as the flows answer, several meetings at once, each in a session of its own.

Runs go through the bridge's own worker: its bound, its tries, its judgement of what an answer that is none means. Only
patience is another: nobody waits here for a Langflow that is away or for a flow that is not there.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog

from bridge.clock import CLOCK, Clock
from bridge.domain import NO_OUTPUT, Output, PendingWindow, RunStatus, WindowKind, rehearsal_uuid
from bridge.errors import BridgeError, FlowMissing, KeyRefused, LangflowError, WayBlocked
from bridge.flow.request import session_id
from bridge.flow.worker import Worker
from bridge.replay.outcome import Answer, Trial
from bridge.replay.rehearsal import rehearsed
from bridge.session.redaction import PuttingBack
from bridge.tasks import seen_through

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bridge.domain import RedactionKey, Window
    from bridge.flow.worker import TurnGiver, Ways
    from bridge.replay.cut import Cut
    from bridge.replay.sides import Side

AT_ONCE: Final = 24
"""Meetings with a flow that are under way at once; how many runs Langflow gets at once is decided as ever. Some of
them only wait until Langflow has forgotten them."""
FORGETTING_TRIES: Final = 3
FORGETTING_PAUSE_SECONDS: Final = 3.0

log = structlog.get_logger(__name__)


class Keeper(Protocol):
    """What keeps something of a rehearsal's session."""

    async def tokens(self, session: str) -> int:
        """How many tokens its runs took; 0 where that is not counted."""

    async def expect(self, meeting_uuid: str) -> None:
        """Something will be kept of it; whoever cannot see to its deletion in any case may raise."""

    async def forget(self, meeting_uuid: str, flow: str) -> None:
        """Delete all that is kept of it. Raises :class:`LangflowError`."""


class Progress(Protocol):
    """Who is told how far it is."""

    def begun(self, meeting: str, flow: str, windows: int) -> None:
        """A flow begins with a meeting of so many windows."""

    def answered(self, meeting: str, flow: str) -> None:
        """One window more is settled."""

    def ended(self, trial: Trial) -> None:
        """A flow is through with a meeting."""


class Stuck(BridgeError):
    """The replay cannot go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How much may go wrong before a replay ends."""

    away_seconds: float = 60.0
    """How long a Langflow may be away or busy."""
    once: bool = False
    """Whether the first fault of any kind ends it."""
    seconds: float | None = None
    """How long the windows of one task may take, waiting for their turns included; ``None`` for as long as it takes."""


PATIENCE: Final = Patience()


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A meeting that a flow is to be tried on."""

    meeting: str
    """Its name in the replay."""
    side: Side
    cuts: Sequence[Cut]


async def replay(
    tasks: Sequence[Task],
    ways: Ways,
    turns: TurnGiver,
    keeper: Keeper,
    progress: Progress,
    *,
    patience: Patience = PATIENCE,
    clock: Clock = CLOCK,
) -> list[Trial]:
    """What became of each task, in their order. Whatever ends it, nothing of it stays with Langflow.

    Raises:
        Stuck: Langflow is away, refuses the key, or does not have a flow; or whatever else the patience ends at.
    """
    outcomes, keys, well = _Outcomes(), _Keys(), _Well(clock.steady())
    worker = Worker(
        ways,
        outcomes,
        _Unmeasured(),
        turns=turns,
        clock=clock.steady,
        chance=clock.chance,
        sleep=clock.sleep,
        around=lambda ways: _Impatient(PuttingBack(ways, keys), outcomes, patience, well, clock),
    )
    places = asyncio.Semaphore(AT_ONCE)

    async def one(task: Task) -> Trial:
        async with places:
            rehearsal = _Rehearsal(task, worker, outcomes, keeper, progress, patience, clock)
            with keys.kept(rehearsal.meeting_uuid, task.cuts):
                return await rehearsal.run()

    try:
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(one(task)) for task in tasks]
    except BaseExceptionGroup as errors:
        raise _first(errors) from None
    return [each.result() for each in running]


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """Of several that went wrong at once, one: they are stuck for the same reason."""
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


class _Rehearsal:
    """One meeting through one flow."""

    def __init__(
        self,
        task: Task,
        worker: Worker,
        outcomes: _Outcomes,
        keeper: Keeper,
        progress: Progress,
        patience: Patience,
        clock: Clock,
    ) -> None:
        self._patience = patience
        self._task = task
        self._worker = worker
        self._outcomes = outcomes
        self._keeper = keeper
        self._progress = progress
        self._clock = clock
        self.meeting_uuid = rehearsal_uuid(secrets.token_hex(12))
        self._answers: list[Answer] = []

    async def run(self) -> Trial:
        task, flow = self._task, self._task.side.flow.name
        self._progress.begun(task.meeting, flow, len(task.cuts))
        tokens, stopped = 0, ""
        leaves = bool(task.cuts) and not task.side.route.call
        if leaves:
            await self._keeper.expect(self.meeting_uuid)
        try:
            async with asyncio.timeout(self._patience.seconds) as limit:
                stopped = await self._send_all()
            tokens = await self._tokens()
        except TimeoutError:
            if not limit.expired():
                raise
            raise Stuck(f"no answer within {self._patience.seconds:g} s") from None
        finally:
            if leaves:
                await seen_through(self._forget())
        trial = Trial(
            meeting=task.meeting, flow=flow, answers=tuple(self._answers), tokens=tokens, stopped=stopped
        )
        self._progress.ended(trial)
        return trial

    async def _send_all(self) -> str:
        """Send the windows; gives why not every one is sent, empty where they are."""
        stopped = ""
        for cut in self._task.cuts:
            stopped = await self._send(cut)
            self._progress.answered(self._task.meeting, self._task.side.flow.name)
            if stopped:
                break
        return stopped

    async def _send(self, cut: Cut) -> str:
        """Send one window; gives why no further one is to be sent, empty where it is."""
        route = self._task.side.route
        window = rehearsed(cut.window, self.meeting_uuid, route)
        async with (
            self._worker.lane(self.meeting_uuid, route.name),
            self._worker.turn(self.meeting_uuid, route, lambda: None) as turn,
        ):
            left = await self._worker.run(PendingWindow(window=window, attempts=0, failures=0), route, turn)
        ended = self._outcomes.pop(window.window_id)
        self._answers.append(_answer(cut, ended))
        if left is None:
            return ""
        return f"the flow breaks on every window: {ended.error}"

    async def _tokens(self) -> int:
        if self._task.side.route.call or not self._task.cuts:
            return 0
        try:
            return await self._keeper.tokens(session_id(self.meeting_uuid))
        except LangflowError as error:
            log.warning("replay.tokens_unknown", reason=str(error))
            return 0

    async def _forget(self) -> None:
        """Delete the session, also where the replay is given up; where that fails, say which one is left."""
        route = self._task.side.route
        for tried in range(1, FORGETTING_TRIES + 1):
            try:
                await self._keeper.forget(self.meeting_uuid, route.flow)
            except LangflowError as error:
                if tried == FORGETTING_TRIES:
                    log.error(
                        "replay.session_left", session_id=session_id(self.meeting_uuid), reason=str(error)
                    )
                else:
                    await self._clock.sleep(FORGETTING_PAUSE_SECONDS)
            else:
                return


@dataclass(slots=True)
class _Ended:
    status: RunStatus = RunStatus.FAILED
    attempts: int = 0
    output: Output = NO_OUTPUT
    error: str = ""
    seconds: float = 0.0


class _Outcomes:
    """What the worker stores, in memory."""

    def __init__(self) -> None:
        self._ended: dict[str, _Ended] = {}

    def of(self, window_id: str) -> _Ended:
        return self._ended.setdefault(window_id, _Ended())

    def pop(self, window_id: str) -> _Ended:
        return self._ended.pop(window_id, _Ended())

    def run_tried(self, window_id: str, *, attempts: int, failures: int, error: str) -> None:
        ended = self.of(window_id)
        ended.attempts, ended.error = attempts, error

    async def run_ended(
        self,
        window_id: str,
        *,
        status: RunStatus,
        attempts: int,
        failures: int = 0,
        output: Output = NO_OUTPUT,
        error: str = "",
    ) -> None:
        ended = self.of(window_id)
        ended.status, ended.attempts, ended.output, ended.error = status, attempts, output, error


class _Keys:
    """What the placeholders of redacted rehearsals stand for, while they last."""

    def __init__(self) -> None:
        self._keys: dict[str, RedactionKey] = {}

    @contextlib.contextmanager
    def kept(self, meeting_uuid: str, cuts: Sequence[Cut]) -> Iterator[None]:
        """Know the key of these windows for a while, for the rehearsal of that meeting id."""
        if cuts and cuts[0].key:
            self._keys[meeting_uuid] = cuts[0].key
        try:
            yield
        finally:
            self._keys.pop(meeting_uuid, None)

    async def redaction_key(self, meeting_uuid: str) -> RedactionKey | None:
        return self._keys.get(meeting_uuid)

    async def add_redaction_key(self, key: RedactionKey) -> None:
        raise NotImplementedError("the windows of a rehearsal are redacted where they are cut")


@dataclass(slots=True)
class _Well:
    """When Langflow was last well, by a steady clock."""

    at: float


class _Impatient:
    """Ways that measure each run, and end the replay where nobody could do anything but wait."""

    def __init__(
        self, ways: Ways, outcomes: _Outcomes, patience: Patience, well: _Well, clock: Clock
    ) -> None:
        self._ways = ways
        self._outcomes = outcomes
        self._patience = patience
        self._well = well
        self._clock = clock

    async def run(self, window: Window, *, timeout_seconds: float) -> Output:
        began = self._clock.steady()
        try:
            output = await self._ways.run(window, timeout_seconds=timeout_seconds)
        except (FlowMissing, KeyRefused) as error:
            raise Stuck(str(error)) from None
        except LangflowError as error:
            waited = self._clock.steady() - self._well.at
            if self._patience.once or (
                isinstance(error, WayBlocked) and waited > self._patience.away_seconds
            ):
                raise Stuck(str(error)) from None
            raise
        self._well.at = self._clock.steady()
        self._outcomes.of(window.window_id).seconds = self._well.at - began
        return output

    async def give_up(self, window: Window) -> None:
        await self._ways.give_up(window)

    async def trouble(self, window: Window) -> str:
        return await self._ways.trouble(window)


class _Unmeasured:
    """A replay has no metrics."""

    def run_ended(self, route: str, status: RunStatus, seconds: float) -> None: ...

    def run_retried(self, route: str, error: str) -> None: ...


def _answer(cut: Cut, ended: _Ended) -> Answer:
    said = _said(cut.window)
    return Answer(
        seq=cut.window.seq,
        kind=WindowKind(cut.window.kind),
        closed_ms=cut.closed_ms,
        utterances=len(said),
        words=sum(len(each["text"].split()) for each in said),
        status=ended.status,
        attempts=ended.attempts,
        seconds=round(ended.seconds, 3),
        text=ended.output.text,
        news=ended.output.news,
        error=ended.error,
    )


def _said(window: Window) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = json.loads(window.input_value)["utterances"]
    return said
