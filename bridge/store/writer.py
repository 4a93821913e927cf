"""The one task that commits: in groups and in order, through absences of the database, and around rows that it refuses.

A group that fails because the database is away is tried again with growing pauses. One that fails for another
reason is made smaller until it goes through or is a single row, which is put aside: so a bad row is nobody
else's fate. Groups grow again behind it.

Whatever the database keeps waiting, because it is away or takes long over a commit, goes to the spill file meanwhile:
a process that is killed then has lost only its last moment.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import structlog

from bridge.errors import StoreError, StoreTakenOver, WriteRefused
from bridge.store.naming import key_of
from bridge.store.pace import GROUP_SECONDS, LATE_SECONDS, Pace
from bridge.store.query import KeyTaken, Op, OwnershipLost
from bridge.tasks import wait_for_either

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from bridge.store.backlog import Backlog
    from bridge.store.engine import Engine
    from bridge.store.query import Write
    from bridge.store.spill import Numbered

_Result = TypeVar("_Result")

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Waiter:
    number: int
    own: bool
    """Whether it wants to know what becomes of the write of its number, not only that it is dealt with."""
    done: asyncio.Future[None]


class Writer:
    """Takes writes and commits them; :meth:`run` is its task."""

    def __init__(
        self,
        engine: Engine,
        backlog: Backlog,
        *,
        pace: Pace | None = None,
        sleep: Callable[[float], Coroutine[object, object, object]] | None = None,
    ) -> None:
        self.fault = ""
        """Why the last commit failed; empty while commits succeed."""
        self.lost = asyncio.Event()
        """Set when other bridges have what was ours: nothing is written any more."""
        self.refused: Counter[str] = Counter()
        """Rows that were put aside, by table."""
        self._engine = engine
        self._backlog = backlog
        self._pace = pace or Pace()
        self._sleep = sleep or self._pause
        self._limit = self._pace.group_rows
        self._tries = 0
        self._unsure = backlog.spilled > 0
        self._done = 0
        self._hurry = 0
        self._over = False
        self._waiters: deque[_Waiter] = deque()
        self._queued = asyncio.Event()
        self._urgent = asyncio.Event()
        self._closing = asyncio.Event()

    def add(self, write: Write) -> int:
        """Queue a write, and never wait; gives its number. Dropped where others have what was ours."""
        if self.lost.is_set():
            return 0
        number = self._backlog.add(write)
        self._queued.set()
        return number

    async def written(self, number: int | None = None, *, urgent: bool = True) -> None:
        """Wait for :meth:`dealt_with`, where there is anything to wait for.

        Raises:
            WriteRefused: The write of that number was put aside.
            StoreTakenOver: Other bridges have what was ours.
        """
        if self.lost.is_set() or number is not None or self._backlog.rows:
            await self.dealt_with(number, urgent=urgent)

    def dealt_with(self, number: int | None = None, *, urgent: bool = True) -> asyncio.Future[None]:
        """Done when everything up to now is committed or put aside; holds what :meth:`written` raises.

        Args:
            number: Of the caller's own write, whose refusal it wants to be told.
            urgent: Whether to commit at once instead of with the next group.
        """
        done = asyncio.get_running_loop().create_future()
        if self.lost.is_set():
            done.set_exception(_taken_away())
            return done
        waiter = _Waiter(number or self._backlog.newest, number is not None, done)
        self._waiters.append(waiter)
        self._queued.set()
        if urgent:
            self._hurry = waiter.number
            self._urgent.set()
        return done

    def close(self) -> None:
        """Let :meth:`run` commit the rest and return."""
        self._closing.set()
        self._queued.set()
        self._urgent.set()

    async def run(self) -> None:
        """Commit what is queued, in groups, until :meth:`close`.

        Raises:
            StoreError: The database is away at the end, and the rest could not be spilled either.
        """
        while not self._over:
            if not self._backlog.rows and self._closing.is_set():
                return
            if not self._tries:
                await self._wakened()
            await self._step()
        await self._closing.wait()

    # One step

    async def _step(self) -> None:
        group: list[Numbered] = []
        try:
            if self._unsure:
                await self._learn_what_is_committed()
            if self._backlog.spilled or self._is_full():
                await self._backlog.spill()  # behind what is in the file already
            group = await self._backlog.peek(self._limit)
            if group:
                await self._meanwhile(self._engine.commit([write for _, write in group], group[-1][0]))
            else:
                await self._meanwhile(self._engine.hold())
        except OwnershipLost as lost:
            await self._give_up(str(lost))
        except Exception as error:
            if reason := self._engine.absence(error):
                self._limit = max(1, len(group) // 2)  # what took too long is less the next time
                await self._absent(reason)
            elif len(group) == 1:
                await self._put_aside(*group[0], error)
            elif group:
                self._limit = len(group) // 2
            else:
                await self._absent(type(error).__name__)
        else:
            self._present()
            if group:
                await self._told(group[-1][0])
                self._limit = min(self._limit * 2, self._pace.group_rows)
            elif not self._backlog.rows:
                self._fail_waiters(StoreError("What was spilled has been taken away."))

    async def _learn_what_is_committed(self) -> None:
        """A commit whose answer did not come may have been made all the same; so may one of an earlier process."""
        await self._told(await self._meanwhile(self._engine.mark()))
        self._unsure = False

    def _is_full(self) -> bool:
        return self._backlog.bytes > self._pace.memory_bytes

    async def _told(self, through: int) -> None:
        self._done = through
        await self._backlog.drop(through)
        while self._waiters and self._waiters[0].number <= through:
            waiter = self._waiters.popleft()
            if not waiter.done.done():
                waiter.done.set_result(None)

    async def _put_aside(self, number: int, write: Write, error: Exception) -> None:
        """Tell of a row by its key: never by what it says, nor by the database's words, which repeat that."""
        reason = type(error).__name__
        if not (write.op is Op.CLAIM and isinstance(error, KeyTaken)):
            self.refused[write.table] += 1
            log.error(
                "store.put_aside",
                table=write.table,
                operation=write.op.value,
                key=key_of(write),
                reason=reason,
            )
        for waiter in self._waiters:
            if waiter.own and waiter.number == number and not waiter.done.done():
                waiter.done.set_exception(
                    WriteRefused(f"The database refuses a row for {write.table}: {reason}. It was put aside.")
                )
        await self._told(number)

    # The database away and back

    async def _absent(self, reason: str) -> None:
        if reason != self.fault:
            log.error("store.away", reason=reason, queued=self._backlog.rows)
        self.fault = reason
        self._tries += 1
        self._unsure = True
        if self._closing.is_set() and self._tries >= self._pace.closing_tries:
            await self._leave_the_rest(reason)
            return
        await self._meanwhile(self._sleep(self._pace.pause_seconds(self._tries)), late_seconds=0.0)

    async def _meanwhile(
        self, work: Coroutine[object, object, _Result], *, late_seconds: float = LATE_SECONDS
    ) -> _Result:
        """Wait for the database; what is queued, and was not taken by then, is spilled until it has answered."""
        task = asyncio.create_task(work, name="database")
        try:
            await asyncio.wait({task}, timeout=late_seconds)
            while not task.done() and await self._backlog.spill():
                await asyncio.wait({task}, timeout=GROUP_SECONDS)
            return await task
        finally:
            task.cancel()

    def _present(self) -> None:
        if self.fault:
            log.info("store.back")
        self.fault = ""
        self._tries = 0

    async def _leave_the_rest(self, reason: str) -> None:
        """The process ends before the database is back: what is left is for the next one."""
        rows = self._backlog.rows
        spilled = await self._backlog.spill()
        self._fail_waiters(StoreError(f"The database is away: {reason}."))
        self._over = True
        if not spilled:
            raise StoreError(f"{rows} writes could not be committed: {reason}.")
        log.warning("store.left_spilled", rows=rows, reason=reason)

    async def _give_up(self, why: str) -> None:
        """What was not committed is no longer ours to write; what was said of it the next process hands in."""
        log.critical("store.lost", why=why, queued=self._backlog.rows)
        self.fault = why
        self.lost.set()
        self._over = True
        if not await self._backlog.spill():
            log.error("store.not_handed_in", rows=self._backlog.queued)
            self._backlog.clear()
        self._fail_waiters(_taken_away())

    def _fail_waiters(self, error: StoreError) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done.done():
                waiter.done.set_exception(error)

    # Waiting

    async def _wakened(self) -> None:
        """Until there is something to commit, and enough of it or somebody who waits."""
        self._queued.clear()  # what came during the last group is in the backlog, or went with it
        if not self._backlog.rows and not self._closing.is_set():
            await _wait(self._queued, self._engine.hold_seconds)
        if self._backlog.rows and not self._is_enough():
            self._urgent.clear()
            await _wait(self._urgent, GROUP_SECONDS)

    def _is_enough(self) -> bool:
        more = self._backlog.spilled > 0 or self._backlog.queued >= self._limit
        return more or self._hurry > self._done or self._closing.is_set()

    async def _pause(self, seconds: float) -> None:
        """Wait between two tries; the end of the process cuts it short."""
        if self._closing.is_set():
            await asyncio.sleep(seconds)
        else:
            await wait_for_either(self._closing, seconds)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, but no longer than so many seconds; it is set in either case."""
    alarm = asyncio.get_running_loop().call_later(seconds, event.set)
    try:
        await event.wait()
    finally:
        alarm.cancel()


def _taken_away() -> StoreTakenOver:
    return StoreTakenOver("Other bridges have taken this one for dead; it writes nothing any more.")
