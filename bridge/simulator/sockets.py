"""The sockets that a client has of one stream, as Zoom's servers hold them: which are there, and what is done to them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bridge.simulator.handshake import Socket

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bridge.rtms.messages import JsonObject, MediaType
    from bridge.simulator.keepalive import KeepAlive
    from bridge.simulator.link import Link


class Sockets:
    """One signaling socket at most, and one media socket for each kind of media; silent ones are kept to be cut at the end."""

    def __init__(self) -> None:
        self.signaling: Link | None = None
        self.media: dict[MediaType, Link] = {}
        """By what each carries."""
        self.keep_alives: list[KeepAlive] = []
        """Of every socket that was ever taken."""
        self._abandoned: list[Link] = []

    def take(self, link: Link) -> None:
        """A handshake has succeeded."""
        if link.side is Socket.SIGNALING:
            self.signaling = link
        else:
            self.media[link.carries] = link
        self.keep_alives.append(link.keep_alive)

    def of(self, side: Socket) -> list[Link]:
        """Those of one side."""
        if side is Socket.MEDIA:
            return list(self.media.values())
        return [] if self.signaling is None else [self.signaling]

    def all(self) -> list[Link]:
        """Media first, as they are cut."""
        return [*self.of(Socket.MEDIA), *self.of(Socket.SIGNALING)]

    def silence(self, links: Iterable[Link]) -> None:
        """Let sockets go silent without closing them."""
        for link in links:
            link.mute()
            self._abandoned.append(link)

    def cut(self, *sides: Socket) -> None:
        """Cut the sockets of some sides without a word."""
        for side in sides:
            for link in self.of(side):
                link.abort()

    def cut_abandoned(self) -> None:
        """Cut those that went silent, now that nobody needs them."""
        for link in self._abandoned:
            link.abort()

    async def hang_up(self) -> None:
        """Close every socket as Zoom does when a stream has ended."""
        await asyncio.gather(*(link.close() for link in self.all() if not link.muted))

    async def signal(self, messages: Sequence[JsonObject]) -> None:
        """Send messages on the signaling socket, if there is one."""
        if messages and self.signaling is not None:
            await self.signaling.send(messages)

    async def send(self, side: Socket, frames: Sequence[str | bytes]) -> None:
        """Send frames on a side's sockets, whatever is in them."""
        for link in self.of(side):
            await link.send_frames(frames)

    def trickle(self, side: Socket, messages: int, *, size_bytes: int, seconds: float) -> None:
        """Let the next messages on a side's sockets go out in small frames."""
        for link in self.of(side):
            link.trickle(messages, size_bytes=size_bytes, seconds=seconds)

    def ask_without_time(self, side: Socket, count: int) -> None:
        """Let the next keep-alives on a side's sockets leave out their timestamp."""
        for link in self.of(side):
            link.keep_alive.bare += count
