"""Who of several bridges hears which stream.

Bridges that share a database are *replicas* of each other. Each has a row that it renews; a *lease* says which replica has a
stream. Who does not renew its row in time is taken for dead by the others: its row goes, its leases with it, and streams
without one are given to whoever has fewest. Every commit renews the row, and fails where it is gone, so that a bridge
that was frozen or cut off writes nothing any more of what others have taken over.

Time is the database's. A bridge counts from the moment before it asked to be renewed, and stops hearing some time
(:data:`MARGIN`) before the others may take over, unless it was the only one when it last looked.
"""

from __future__ import annotations

import asyncio
import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

MARGIN: Final = 0.2
"""The part of its lease that a bridge leaves to itself for hanging up."""
LOOKS: Final = 7
"""How often within a lease a bridge renews its row, also where it writes nothing, and looks what became of the others."""
RETRY: Final = "retry"
"""Told to all replicas: windows that had failed are to be sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """One bridge of those that share the store."""

    name: str
    """Host and process."""
    meetings: int
    """How many streams it has."""
    leader: bool
    """Whether it does what only one has to do: deletions, retention, the event subscription."""
    here: bool
    """Whether it is this one."""


class Leases(Protocol):
    """What a bridge asks about its own leases and about the other replicas."""

    @property
    def shared(self) -> bool:
        """Whether there may be other replicas at all."""

    @property
    def life(self) -> str:
        """The key of this replica's row; empty where nothing is shared."""

    @property
    def look_seconds(self) -> float:
        """How often what is shared is to be looked at."""

    @property
    def leader(self) -> bool:
        """Whether this one does what only one has to do."""

    @property
    def replicas(self) -> Sequence[Replica]:
        """All that were there at the last look, the leader first; none where nothing is shared."""

    def held(self) -> bool:
        """Whether nobody else can have what is ours."""

    async def lapsed(self) -> None:
        """Return once :meth:`held` is false."""

    async def renewed(self) -> None:
        """Return once :meth:`held` is true."""

    async def led(self) -> None:
        """Return once this one is the leader, which it then stays for its life."""

    async def spread(self) -> None:
        """Look at the others: take away what dead ones have, and give every stream that has something to do to somebody."""

    async def mine(self, stream_ids: Iterable[str] | None = None) -> set[str]:
        """Those streams that are ours; all of them for ``None``, where anything is shared."""

    async def elsewhere(self, stream_ids: Iterable[str]) -> set[str]:
        """Those streams that another replica has."""

    async def tell(self, what: str) -> None:
        """Wake the other replicas, and this one."""

    def listen(self, wake: Callable[[str], None]) -> None:
        """Call ``wake`` when leases have changed (with an empty text) and for what :meth:`tell` says."""


class Sole:
    """The leases of a bridge that has its store to itself: everything is its own, for ever."""

    shared = False
    life = ""
    leader = True
    look_seconds = float("inf")
    replicas: Sequence[Replica] = ()

    def held(self) -> bool:
        """Always."""
        return True

    async def lapsed(self) -> None:
        """Never."""
        await asyncio.Event().wait()

    async def renewed(self) -> None:
        """At once."""

    async def led(self) -> None:
        """At once."""

    async def spread(self) -> None:
        """There is nobody else."""

    async def mine(self, stream_ids: Iterable[str] | None = None) -> set[str]:
        """All of them."""
        return set(stream_ids or ())

    async def elsewhere(self, stream_ids: Iterable[str]) -> set[str]:
        """None."""
        return set()

    async def tell(self, what: str) -> None:
        """There is nobody else, and this one knows."""

    def listen(self, wake: Callable[[str], None]) -> None:
        """Nothing changes."""


def shares(orphans: Iterable[str], held: Mapping[str, int]) -> list[tuple[str, str]]:
    """Streams and the replicas that get them: each whoever has fewest by then, of equals the first by name. Pure."""
    heap = [(count, replica) for replica, count in held.items()]
    heapq.heapify(heap)
    given: list[tuple[str, str]] = []
    for stream_id in orphans if heap else ():
        count, replica = heap[0]
        heapq.heapreplace(heap, (count + 1, replica))
        given.append((stream_id, replica))
    return given
