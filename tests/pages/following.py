"""A reader of a meeting's events, as a browser is one."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bridge.pages.cursor import Cursor
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from bridge.pages.watches import Watches

_ROW = re.compile(r'<li id="((?:u|gaps|happenings)-\d+)"')


@dataclass
class Follower:
    """Reads until it is left, and notes what it was told."""

    watches: Watches
    stream_id: str = "s"
    cursor: str = "0.0.0."
    names: list[str] = field(default_factory=list)
    html: str = ""
    ended: bool = False
    _task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Follower:
        self.ended = False
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    @property
    def rows(self) -> list[str]:
        """Ids of the rows that it was told, in their order."""
        return _ROW.findall(self.html)

    async def heard(self, text: str) -> None:
        """Wait until it was told something."""
        await until(lambda: text in self.html)

    async def over(self) -> None:
        """Wait until nothing more comes."""
        await until(lambda: self.ended)

    async def _read(self) -> None:
        cursor = Cursor.read(self.cursor)
        assert cursor is not None
        async for chunk in self.watches.follow(self.stream_id, cursor):
            for line in chunk.decode().splitlines():
                name, _, value = line.partition(": ")
                if name == "id":
                    self.cursor = value
                elif name == "event":
                    self.names.append(value)
                elif name == "data":
                    self.html += value + "\n"
        self.ended = True
