"""Fills the archive with what was said and found, beside everything else: old meetings after an upgrade, live ones as they go.

Nothing waits for it. What came since the last turn is told by the store; what came before this process, a walk over all
streams finds. Each turn takes a few streams, as the windows of all meetings wait for the transaction that it makes, and is
followed by a pause of many times its length: so however much there is to do, it is a small share of the bridge's time.
"""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

import structlog

from bridge.archive.passages import findings_of, passages_of
from bridge.clock import CLOCK
from bridge.domain import PassageKind
from bridge.errors import StoreError
from bridge.flow.found import found_of
from bridge.logs import places_of
from bridge.tasks import worked_out

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from bridge.clock import Clock
    from bridge.domain import Passage
    from bridge.store.store import Store

EVERY_SECONDS: Final = 5.0
"""How soon what is said can be found, while there is little to do."""
CROWD: Final = 16
"""With more streams than these at once..."""
CROWD_SECONDS: Final = 30.0
"""...each is looked at no more often than this: every look makes its last passage again."""
REST: Final = 29.0
"""How many times as long as a turn took it rests..."""
LONGEST_REST_SECONDS: Final = 30.0
"""...but no longer than this: a turn may have waited for a database that was away."""
PIECE: Final = 40
"""Utterances that are made into passages at once: some milliseconds."""
LONG: Final = 8_000
"""Characters of a piece, or of findings, that take tens of milliseconds where no word of them was met before: a thread works them out."""
AT_ONCE: Final = 4
"""Streams whose news are taken in one turn: some milliseconds of the store's. With sixteen of a crowd's, windows wait for 80."""
PIECES: Final = 8
"""Pieces of one stream that are taken in one turn; it goes on in the next, behind the others."""
WALK: Final = 4
"""Streams of earlier processes that are looked at in one turn."""

log = structlog.get_logger(__name__)


class Indexer:
    """One for a store."""

    def __init__(self, store: Store, clock: Clock = CLOCK) -> None:
        self._store = store
        self._clock = clock
        self._changed: dict[str, int | None] = {}
        """Streams of which words came, the longest ago first, each with the first position that was amended, if any."""
        self._told: dict[str, None] = {}
        """Streams of which a flow found something, the longest ago first."""
        self._full_until = 0.0
        """What comes until then is left to the store: a crowd was taken not long ago."""
        self._walked: str | None = ""
        """Up to which stream the walk has come; ``None`` once it is over."""

    @property
    def caught_up(self) -> bool:
        """Whether the walk over what earlier processes left is over."""
        return self._walked is None

    async def run(self) -> None:
        """Index until cancelled. One that broke begins with the walk anew."""
        self._walked = ""
        while True:
            began = self._clock.steady()
            more = await self.turn()
            took = self._clock.steady() - began
            rest = min(took * REST, LONGEST_REST_SECONDS)
            await self._clock.sleep(rest if more else max(EVERY_SECONDS, rest))

    async def turn(self) -> bool:
        """Index a part of what came since the last turn, and of what was there before; whether there is more of either.

        On return what it wrote is found.
        """
        await self._take()
        if not self._changed and not self._told and self._walked is None:
            return False
        await self._store.flush()  # what the store told of may still be on its way
        # Amended ones before the others: a turn that had their old words in hand may have written them again.
        waiting = sorted(self._changed, key=lambda stream_id: self._changed[stream_id] is None)
        for stream_id in waiting[:AT_ONCE]:  # forgotten only once it is done: a fault may come in between
            more = await self._guarded(stream_id, self._words(stream_id, self._changed[stream_id]))
            del self._changed[stream_id]
            if more:
                self._changed[stream_id] = None
        for stream_id in [*islice(self._told, AT_ONCE)]:
            await self._guarded(stream_id, self._findings(stream_id))
            del self._told[stream_id]
        await self._walk()
        await self._store.flush()
        return bool(self._changed or self._told) or self._walked is not None

    async def _take(self) -> None:
        """Let the store tell what came; a stream that waits already keeps its place."""
        now = self._clock.steady()
        if now < self._full_until:
            return
        for stream_id, amended in self._store.take_changed().items():
            first = [n for n in (self._changed.get(stream_id), amended) if n is not None]
            self._changed[stream_id] = min(first, default=None)
        self._told |= dict.fromkeys(await self._store.take_told())
        if len(self._changed) > CROWD:
            self._full_until = now + CROWD_SECONDS

    async def _walk(self) -> None:
        if self._walked is None:
            return
        ids = await self._store.stream_ids(after=self._walked, limit=WALK)
        for stream_id in ids:
            if await self._guarded(stream_id, self._words(stream_id, None)):
                return
            await self._guarded(stream_id, self._findings(stream_id))
            self._walked = stream_id
        if len(ids) < WALK:
            self._walked = None
            log.info("archive.caught_up")

    async def _guarded(self, stream_id: str, part: Awaitable[bool | None]) -> bool:
        """Whether there is more of a stream's part; where that breaks, the part is left out, and no other stream's.

        Raises:
            StoreError: Nothing can be read or written; it is done again.
        """
        try:
            return bool(await part)
        except StoreError:
            raise
        except Exception as error:  # the boundary of one stream
            log.error("archive.left_out", stream_id=stream_id, where=places_of(error))
            return False

    async def _words(self, stream_id: str, amended: int | None) -> bool:
        """Make a stream's passages from its last one on, which may not have been full, or from one that was amended.

        Returns:
            Whether there is more to make, from the last one on, once what was written is committed.
        """
        last = await self._store.last_passage(stream_id, before=amended)
        first_n, limit = (last.first_n if last else 1), PIECE
        pieces = 0
        while pieces < PIECES:
            said = await self._store.utterances(stream_id, after=first_n - 1, limit=limit)
            if not said and amended is not None:
                self._store.replace_passages(stream_id, PassageKind.WORDS, [], from_n=first_n)
            if not said or (amended is None and last and said[-1].n <= last.last_n and len(said) < limit):
                return False
            is_long = sum(len(one.text) for one in said) > LONG
            made, last = await worked_out(partial(passages_of, said), is_long=is_long), None
            whole = made[:-1] if len(said) == limit else made  # the last one may go on behind this piece
            if whole:
                pieces += 1
                self._store.replace_passages(stream_id, PassageKind.WORDS, whole, from_n=first_n)
            if len(said) < limit:
                return False
            first_n, limit = made[-1].first_n, (PIECE if whole else 2 * limit)
            await self._clock.sleep(0)
        return True

    async def _findings(self, stream_id: str) -> None:
        told = await found_of(await self._store.runs_that_told(stream_id))
        summary = told.summary.text if told.summary else ""
        is_long = len(summary) + sum(len(one.text) + len(one.answer) for one in told.insights) > LONG
        make = partial(findings_of, stream_id, told.insights, told.summary)
        found: list[Passage] = await worked_out(make, is_long=is_long)
        if found != await self._store.findings(stream_id):
            self._store.replace_passages(stream_id, PassageKind.FINDING, found)
