"""A meeting watched: one look at the store for all who read it, and none while nobody does.

What a look finds is rendered once and put into each reader's queue. A reader who does not keep up is dropped, never
waited for: the browser comes back with the cursor of the last thing it had, and goes on from there.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from bridge.errors import StoreAway
from bridge.pages.batch import GONE, NEWS, OVER, Batch, Line, after, left_for
from bridge.pages.events import PING, event
from bridge.pages.picture import picture_of
from bridge.pages.reading import MOST_AT_ONCE, look_again

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from bridge.admin.streams import LiveStreams
    from bridge.clock import Clock
    from bridge.flow.workflow import Question
    from bridge.pages.cursor import Cursor
    from bridge.pages.picture import Picture, Renderer
    from bridge.pages.row import Row
    from bridge.pages.sight import Sight
    from bridge.pages.sights import Sights
    from bridge.store.store import Store

TICK_SECONDS: Final = 1.0
"""Between two looks for words."""
SLOW_TICKS: Final = 3
"""Every so many looks are for all else too: gaps, people, runs, figures, messages that were amended."""
MOST_WAITING: Final = 64
"""Batches that wait for one reader; who has more is dropped."""
AT_ONCE: Final = 4
"""Readers who are told at once..."""
BETWEEN_SECONDS: Final = 0.01
"""...and how long after them the next ones are: what fifty make of it together keeps the words of all meetings for 20 ms."""
PING_SECONDS: Final = 15.0


class Asking(Protocol):
    """What flows ask people; as :meth:`bridge.flow.background.BackgroundRuns.questions`."""

    def __call__(self, stream_id: str) -> Sequence[Question]:
        """What runs of a stream ask now."""


def nobody_asks(stream_id: str) -> Sequence[Question]:
    """Where no run can be suspended."""
    return ()


class Reader:
    """Somebody who reads, and what waits for them."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self._waiting: asyncio.Queue[Batch | str | None] = asyncio.Queue(MOST_WAITING)
        self.dropped = False

    def give(self, what: Batch | str) -> None:
        """Let them have a batch, or the name of a last event; who has too many waiting is dropped."""
        if self._waiting.full():
            self.drop()
        else:
            self._waiting.put_nowait(what)

    def drop(self) -> None:
        """Let them have nothing more; what waits is theirs again when they come back."""
        self.dropped = True
        while not self._waiting.empty():
            self._waiting.get_nowait()
        self._waiting.put_nowait(None)

    async def events(self) -> AsyncGenerator[bytes, None]:
        """What is given to them, as events, until the last of it."""
        while True:
            try:
                async with asyncio.timeout(PING_SECONDS):
                    given = await self._waiting.get()
            except TimeoutError:
                yield PING
                continue
            if given is None:
                return
            if isinstance(given, str):
                yield event(given, "", str(self.cursor))
                return
            told = self.take(given)
            if told:
                yield told

    def take(self, batch: Batch) -> bytes:
        """A batch as an event, without what they have had; empty where they have had all of it."""
        left, self.cursor = left_for(batch, self.cursor), after(self.cursor, batch)
        return event(NEWS, left, str(self.cursor)) if left else b""


class Watch:
    """One meeting, looked at for all of its readers."""

    def __init__(
        self,
        stream_id: str,
        store: Store,
        sights: Sights,
        renderer: Renderer,
        live: LiveStreams,
        clock: Clock,
        asking: Asking = nobody_asks,
    ) -> None:
        self.stream_id = stream_id
        self.ready = asyncio.Event()
        """Set once the meeting was read, and when it cannot be."""
        self.readers: set[Reader] = set()
        self.wanted = 0
        """How many have asked for it, those included who still wait for it to be ready."""
        self.picture: Picture | None = None
        """As readers are told it, some of them in a moment; ``None`` until it is ready."""
        self._store, self._sights, self._renderer = store, sights, renderer
        self._live, self._clock = live, clock
        self._asking = asking
        self._last = ""
        self._unknown = False

    async def run(self) -> None:
        """Read the meeting, then look again and again until it is over. A fault drops the readers, who come back."""
        self.ready.clear()
        try:
            try:
                sight = await self._sights.find(self.stream_id)
            except StoreAway:
                return  # whoever writes tells of it; readers come back, and with them the next try
            if sight is not None:
                self.picture = await self._pictured(sight)
            self._unknown = sight is None
            self.ready.set()
            beat = 0
            while self.picture is not None and not self._ended(self.picture.sight):
                await self._clock.sleep(TICK_SECONDS)
                beat += 1
                self.picture, batch = await self._look(self.picture, slow=beat % SLOW_TICKS == 0)
                if batch is not None:
                    await self._tell(batch)
            await self._tell(self._last or OVER)
        finally:
            if not self._last:
                self.drop_all()
                self.picture = None
            self.ready.set()

    def drop_all(self) -> None:
        """Let no reader have anything more."""
        for reader in self.readers:
            reader.drop()

    async def follow(self, reader: Reader) -> AsyncGenerator[bytes, None]:
        """All that a reader has not had yet, from the store and as it comes."""
        await self.ready.wait()
        picture = self.picture
        if picture is None:
            if self._unknown:
                yield event(GONE, "")
            return
        # From here to the first ``await`` nothing can come in between: behind the cursor, all comes through the queue.
        if self._last:
            reader.give(self._last)
        self.readers.add(reader)
        try:
            async for told in self._missed(reader, picture):
                yield told
            async for told in reader.events():
                yield told
        finally:
            self.readers.discard(reader)

    async def _tell(self, what: Batch | str) -> None:
        """Let everybody have it who reads now; who comes meanwhile begins behind it."""
        readers = list(self.readers)
        for n, reader in enumerate(readers):
            if n and n % AT_ONCE == 0:
                await self._clock.sleep(BETWEEN_SECONDS)
            reader.give(what)

    async def _look(self, known: Picture, *, slow: bool) -> tuple[Picture, Batch | None]:
        """Look once; gives how it stands now, and what readers of the known picture have to be told."""
        sight = known.sight
        try:
            reading = await look_again(self._store, sight, slow=slow)
        except StoreAway:
            return known, None  # whoever writes tells of it; here the next look is as good
        rows = sight.take(reading)
        fresh = [self._line(row, sight) for row in rows if row.n > row.lane.of(known.cursor)]
        changed = [self._renderer.row(row, sight) for row in rows if row.n <= row.lane.of(known.cursor)]
        picture = replace(known, cursor=sight.cursor(known.cursor.figures))
        if slow:
            picture = await self._pictured(sight)
            changed += [html for name, html in picture.pieces.items() if known.pieces.get(name) != html]
        news = fresh or changed
        return picture, Batch(cursor=picture.cursor, lines=fresh, changed=changed) if news else None

    async def _pictured(self, sight: Sight) -> Picture:
        """How it looks now, with what others than the store know of it."""
        sight.speaking = self._live.active_speaker(self.stream_id)
        sight.ask(self._asking(self.stream_id))
        return await asyncio.to_thread(picture_of, sight, self._renderer)

    async def _missed(self, reader: Reader, picture: Picture) -> AsyncGenerator[bytes, None]:
        """What came between the reader's cursor and a picture, in batches."""
        since, upto, sight = reader.cursor, picture.cursor, picture.sight
        told = [
            *sight.gap_rows(since.gaps, upto.gaps),
            *sight.happening_rows(since.happenings, upto.happenings),
        ]
        lines = [self._line(row, sight) for row in told]
        while reader.cursor.words < upto.words:
            said = await self._store.utterances(
                self.stream_id, after=reader.cursor.words, deleted=True, limit=MOST_AT_ONCE
            )
            said = [each for each in said if each.n <= upto.words]
            if not said:
                break
            lines += [self._line(sight.said_row(each), sight) for each in said]
            yield reader.take(Batch(cursor=replace(upto, words=said[-1].n, state=since.state), lines=lines))
            lines = []
        changed = await self._changed(since, picture)
        if last := reader.take(Batch(cursor=upto, lines=lines, changed=changed)):
            yield last

    async def _changed(self, since: Cursor, picture: Picture) -> Sequence[str]:
        """All that may look different from what a reader has."""
        sight, changed = picture.sight, list[str]()
        if sight.has_chat and since.words and since.chat != sight.chat_state(since.words):
            chat = await self._store.chat(self.stream_id, last=since.words)
            rows = [sight.said_row(each) for each in chat]
            changed = await asyncio.to_thread(lambda: [self._renderer.row(row, sight) for row in rows])
        if since.figures != picture.cursor.figures:
            changed += picture.pieces.values()
        return changed

    def _line(self, row: Row, sight: Sight) -> Line:
        return Line(lane=row.lane, n=row.n, html=self._renderer.row(row, sight))

    def _ended(self, sight: Sight) -> bool:
        self._last = GONE if sight.deleted else OVER if sight.done else ""
        return bool(self._last)
