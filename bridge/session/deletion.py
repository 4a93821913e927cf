"""Deleting a meeting everywhere, as work of its own: stored, tried until each place has confirmed, in nobody's way.

Of several bridges the leader deletes. The others end the meeting's sessions that they have, delete the recordings that lie
in their data folder, and stand aside until it is gone; the leader waits for both.

A wish is a row in the store, so a crash in between ends nothing. The meeting's sessions end first, whichever of its
streams they hear, so that nobody writes anew what is deleted; then go recordings and what is stored, and last what
Langflow keeps, which may be away for long.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from bridge.backoff import backoff
from bridge.clock import CLOCK
from bridge.domain import is_rehearsal
from bridge.errors import BridgeError, RecordingsElsewhere
from bridge.logs import places_of
from bridge.recording.naming import volume_of
from bridge.tasks import supervise, wait_for_either

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    from bridge.clock import Clock
    from bridge.domain import Deletion
    from bridge.store.store import Store

FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 600.0
"""Between two tries of one meeting."""
PLACE_SECONDS: Final = 120.0
"""Longest wait for one place; then it is tried again."""
AT_ONCE: Final = 4
"""Meetings that are deleted here, and at Langflow, at a time."""
ELSEWHERE_LOOKS: Final = 15
"""How often is looked, a second apart, whether other bridges have deleted their files; then it is tried again later."""
LONGEST_HOLD_SECONDS: Final = 300.0
"""For how long a rehearsal's wish may be for a later time; a meeting's never is."""
POLL_SECONDS: Final = 30.0
"""How often wishes are looked for that nobody was woken for."""

log = structlog.get_logger(__name__)


class Place(StrEnum):
    """Where something of a meeting is kept, in the order in which it goes."""

    RECORDINGS = "recordings"
    STORE = "store"
    LANGFLOW = "langflow"


HERE: Final = (Place.RECORDINGS, Place.STORE)
"""Places of our own, which a session of the meeting would fill again."""


def unconfirmed(deletion: Deletion) -> tuple[Place, ...]:
    """Where something may be left: after a first try, the places that its error names. Pure."""
    if not deletion.attempts:
        return tuple(Place)
    return tuple(place for place in Place if f"{place}: " in deletion.error) or tuple(Place)


def in_words(faults: Mapping[Place, str]) -> str:
    """What :func:`unconfirmed` reads again. Pure."""
    return "; ".join(f"{place}: {why}" for place, why in faults.items())


def is_due(deletion: Deletion, now_ms: int) -> bool:
    """Whether its time has come. That of a meeting has, whatever the clock of the bridge that asks told; so has that of a
    rehearsal which is far ahead, as a clock told it that was. Pure.
    """
    ahead_ms = deletion.requested_ms - now_ms
    return not (is_rehearsal(deletion.meeting_uuid) and 0 < ahead_ms <= 1000 * LONGEST_HOLD_SECONDS)


class Sessions(Protocol):
    """Who hears meetings."""

    def closed(self, meeting_uuid: str, why: str) -> AbstractAsyncContextManager[None]:
        """While it is entered, no session of the meeting is there."""


class Recordings(Protocol):
    """Who keeps sound and pictures."""

    async def purge(self, stream_id: str) -> None:
        """Return when nothing of a stream is left; raises :class:`OSError`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keepers:
    """Whoever has something of a meeting."""

    sessions: Sessions
    recordings: Recordings
    forget_at_langflow: Callable[[str], Awaitable[None]] | None
    """Returns when Langflow has confirmed, else raises :class:`bridge.errors.LangflowError`; ``None`` without a Langflow."""


class Deletions:
    """What has to be deleted, and who does it."""

    def __init__(self, store: Store, clock: Clock = CLOCK) -> None:
        self._store = store
        self._clock = clock
        self._pending: dict[str, Deletion] = {}
        self._under_way: set[str] = set()
        self._anew: set[str] = set()
        self._wished = asyncio.Event()
        self._known: set[str] = set()
        """Meetings of all wishes that the store had at the last look."""
        self._looked = asyncio.Event()
        """Set at the next look."""
        self._here = asyncio.Semaphore(AT_ONCE)
        self._langflow = asyncio.Semaphore(AT_ONCE)

    async def forget(self, meeting_uuid: str, why: str) -> None:
        """See to it that nothing of a meeting is left. Returns once the wish is stored; :meth:`run` fulfils it.

        Raises:
            StoreError: The wish could not be stored.
        """
        await self._store.add_deletion(meeting_uuid, why)
        if meeting_uuid in self._under_way:  # what came since the last wish has to go too
            self._anew.add(meeting_uuid)
            self._store.deletion_tried(meeting_uuid, attempts=0, error="")
        self._wished.set()

    async def forget_within(self, meeting_uuid: str, why: str, seconds: float) -> None:
        """See to it that nothing of a rehearsal is left after so long, or :meth:`hasten`, also where this process ends before.

        A wish about another meeting does not wait. For who is about to have something kept. Returns once the wish is stored.

        Raises:
            StoreError: The wish could not be stored.
        """
        await self._store.add_deletion(meeting_uuid, why, in_ms=round(1000 * seconds))

    def hasten(self, meeting_uuid: str) -> None:
        """Nothing comes any more of what was to be forgotten later."""
        self._store.deletion_due(meeting_uuid)
        self._wished.set()

    def pending(self) -> list[Deletion]:
        """What is not confirmed everywhere yet, the oldest wish first."""
        return sorted(self._pending.values(), key=lambda deletion: deletion.requested_ms)

    async def run(self, keepers: Keepers) -> None:
        """Fulfil wishes until cancelled, those of an earlier process included."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._wished.clear()
                await self._store.flush()  # whoever woke us may have written it just now
                now_ms = self._clock.now_ms()
                wishes = [each for each in await self._store.deletions() if is_due(each, now_ms)]
                self._known = {deletion.meeting_uuid for deletion in wishes}
                self._looked.set()
                self._looked = asyncio.Event()
                for deletion in wishes:
                    if deletion.meeting_uuid not in self._under_way:
                        self._under_way.add(deletion.meeting_uuid)
                        tasks.create_task(self._fulfil(deletion, keepers), name="delete a meeting")
                await wait_for_either(self._wished, min(POLL_SECONDS, self._store.leases.look_seconds))

    async def _fulfil(self, deletion: Deletion, keepers: Keepers) -> None:
        uuid = deletion.meeting_uuid
        self._pending[uuid] = deletion
        try:
            await supervise(
                lambda: self._until_gone(deletion, keepers),
                name="deletion",
                clock=self._clock,
                meeting_uuid=uuid,
            )
        finally:
            del self._pending[uuid]
            self._under_way.discard(uuid)

    async def _until_gone(self, deletion: Deletion, keepers: Keepers) -> None:
        if not self._store.leases.leader:
            await self._stand_aside(deletion, keepers)
        else:
            await self._until_confirmed(deletion.meeting_uuid, keepers)

    async def _stand_aside(self, deletion: Deletion, keepers: Keepers) -> None:
        """Have no session of the meeting until another bridge has deleted it, or this one has to."""
        uuid = deletion.meeting_uuid
        await self._store.close_streams(uuid)
        async with keepers.sessions.closed(uuid, deletion.why):
            await self._recordings(uuid, keepers)
            while not self._store.leases.leader and uuid in self._known:
                await self._looked.wait()
        self._wished.set()

    async def _until_ours(self, uuid: str) -> None:
        """Return once no other bridge has a session of the meeting; one that is dead has none for long."""
        while await self._store.elsewhere(await self._store.streams_of(uuid)):
            await self._store.leases.tell("")
            await self._clock.sleep(FIRST_PAUSE_SECONDS)

    async def _until_confirmed(self, uuid: str, keepers: Keepers) -> None:
        pauses = backoff(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, chance=self._clock.chance)
        while (error := await self._try(self._pending[uuid], keepers)) or uuid in self._anew:
            if uuid in self._anew:
                self._anew.discard(uuid)
                self._pending[uuid] = replace(self._pending[uuid], attempts=0, error="")
                continue
            before = self._pending[uuid]
            if error != before.error:
                log.error("meeting.not_deleted_yet", meeting_uuid=uuid, why=error)
            self._pending[uuid] = replace(before, attempts=before.attempts + 1, error=error)
            self._store.deletion_tried(uuid, attempts=before.attempts + 1, error=error)
            await self._clock.sleep(next(pauses))
        await self._store.deletion_ended(uuid)
        why = self._pending[uuid].why
        if is_rehearsal(uuid):  # nobody's meeting: nobody is warned
            log.info("rehearsal.deleted", meeting_uuid=uuid, why=why)
        else:
            log.warning("meeting.deleted", meeting_uuid=uuid, why=why)

    async def _try(self, deletion: Deletion, keepers: Keepers) -> str:
        """Ask every place that has not confirmed yet; what was in the way, empty when all have."""
        left, faults = unconfirmed(deletion), dict[Place, str]()
        uuid = deletion.meeting_uuid
        here = [place for place in HERE if place in left]
        if here:
            async with self._here, keepers.sessions.closed(uuid, deletion.why):
                await self._until_ours(uuid)
                for place in here:
                    work = self._recordings if place is Place.RECORDINGS else self._stored
                    faults |= await _ask(place, lambda work=work: work(uuid, keepers))  # type: ignore[misc]
        if Place.RECORDINGS in left and Place.RECORDINGS not in faults:
            faults |= await _ask(Place.RECORDINGS, lambda: self._gone_elsewhere(uuid))
        forget = keepers.forget_at_langflow
        if Place.LANGFLOW in left and forget is not None:
            async with self._langflow:
                faults |= await _ask(Place.LANGFLOW, lambda: forget(uuid))
        return in_words(faults)

    async def _recordings(self, uuid: str, keepers: Keepers) -> None:
        for stream_id in await self._store.streams_to_forget(uuid):
            await keepers.recordings.purge(stream_id)

    async def _gone_elsewhere(self, uuid: str) -> None:
        """Return once no other bridge has recordings of the meeting: each deletes its own as soon as it knows of the wish.

        Raises:
            RecordingsElsewhere: Some have not.
        """
        await self._store.leases.tell("")
        for _ in range(ELSEWHERE_LOOKS):
            left = [
                each.path
                for stream_id in await self._store.streams_to_forget(uuid)
                for each in await self._store.recordings(stream_id)
            ]
            if not left:
                return
            await self._clock.sleep(FIRST_PAUSE_SECONDS)
        raise RecordingsElsewhere(sorted({volume_of(path) for path in left}))

    async def _stored(self, uuid: str, keepers: Keepers) -> None:
        await self._store.purge(uuid)


async def _ask(place: Place, work: Callable[[], Awaitable[None]]) -> dict[Place, str]:
    """Let a place delete; why it has not, if so."""
    try:
        async with asyncio.timeout(PLACE_SECONDS):
            await work()
    except TimeoutError:
        return {place: f"no answer within {PLACE_SECONDS:g} s"}
    except BridgeError as error:
        return {place: str(error)}
    except OSError as error:
        return {place: error.strerror or type(error).__name__}
    except Exception as error:  # the boundary of one place: the others are asked all the same
        return {place: "; ".join(places_of(error))}
    return {}
