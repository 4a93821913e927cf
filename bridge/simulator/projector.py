"""Sends a meeting's sound and pictures to the sockets that are for them, at the meeting's pace."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from bridge.rtms.messages import MediaType
from bridge.simulator.media_data import MediaFeed, media_feeds

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from bridge.rtms.messages import JsonObject
    from bridge.simulator.link import Link
    from bridge.simulator.stream import Stream

TICK_SECONDS: Final = 0.02
"""Between two looks at what is due: a packet of sound, as most clients ask for it."""


class Projector:
    """The media of one stream; what was sent is not sent again, on whichever socket.

    Args:
        stream: Whose it is.
        begun: Waits for the meeting's beginning; gives it on the loop's clock.
        ended_by: Waits for a time of the loop's clock, or for the stream's end if that is earlier.
        signal: Sends messages on signaling.
        speed: How many times faster than life.
    """

    def __init__(
        self,
        stream: Stream,
        *,
        begun: Callable[[], Awaitable[float]],
        ended_by: Callable[[float], Awaitable[None]],
        signal: Callable[[Sequence[JsonObject]], Awaitable[None]],
        speed: float,
    ) -> None:
        self._stream = stream
        self._begun = begun
        self._ended_by = ended_by
        self._signal = signal
        self._speed = speed
        self._feeds: dict[MediaType, MediaFeed] = {}
        self._sharing = False
        self._unshared = False

    async def run(self, link: Link, started_ms: Callable[[], int]) -> None:
        """Send what the socket is for, until it is closed or the stream has ended.

        ``started_ms`` gives the meeting's beginning in UTC milliseconds, 0 while it has none.
        """
        carries = link.carries | (self._stream.granted if link.carries & MediaType.ALL else MediaType(0))
        if not carries & (MediaType.AUDIO | MediaType.VIDEO | MediaType.DESKSHARE):
            return
        loop = asyncio.get_running_loop()
        begun_at = await self._begun()
        missed = True
        while not self._stream.ended and not link.closed:
            now = loop.time()
            if began_ms := started_ms():
                offset_ms = (now - begun_at) * 1000 * self._speed
                feeds = self._feeds_of(link, carries, began_ms)
                if missed:
                    for feed in feeds:
                        feed.forget(offset_ms)
                missed = not self._listens(link)
                if not missed:
                    await link.send([message for feed in feeds for message in feed.until(offset_ms)])
                    await self._tell_of_sharing(carries)
            await self._ended_by(now + TICK_SECONDS)

    async def stop_sharing(self) -> None:
        """Nobody shares a screen any more."""
        self._unshared = True
        await self._signal(self._stream.sharing(time.time(), started=False))

    def _feeds_of(self, link: Link, carries: MediaType, started_ms: int) -> list[MediaFeed]:
        if not any(kind & carries for kind in self._feeds):
            self._feeds |= media_feeds(carries, link.media_params, self._stream.meeting, started_ms)
        if self._unshared:
            carries &= ~MediaType.DESKSHARE
        return [feed for kind, feed in self._feeds.items() if kind & carries]

    def _listens(self, link: Link) -> bool:
        stream = self._stream
        return stream.signaling_live and not stream.paused and stream.media.get(link.carries, False)

    async def _tell_of_sharing(self, carries: MediaType) -> None:
        if carries & MediaType.DESKSHARE and not self._sharing:
            self._sharing = True
            await self._signal(self._stream.sharing(time.time()))
