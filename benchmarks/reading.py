"""People who look on: each has a meeting's page open, and takes its events as a browser does."""

from __future__ import annotations

import asyncio
import contextlib
import html
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_EVENTS: Final = re.compile(r'sse-connect="([^"]+)"')
_EVENT: Final = b"event: "


class Readers:
    """Some of them, of one meeting."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opened = 0
        self.events = 0
        """Taken so far, by all of them."""

    @contextlib.asynccontextmanager
    async def reading(self, count: int) -> AsyncIterator[None]:
        """So many read the newest meeting while the block runs; all of them have its page on entry."""
        if not count:
            yield
            return
        async with aiohttp.ClientSession(self._url, connector=aiohttp.TCPConnector(limit=0)) as http:
            async with http.get("/api/streams", params={"limit": 1}) as answer:
                [stream] = await answer.json()
            async with asyncio.TaskGroup() as tasks:
                opened = asyncio.Semaphore(0)
                all_of_them = [
                    tasks.create_task(self._read(http, stream["stream_id"], opened)) for _ in range(count)
                ]
                for _ in range(count):
                    await opened.acquire()
                yield
                for task in all_of_them:
                    task.cancel()

    async def _read(self, http: aiohttp.ClientSession, stream_id: str, opened: asyncio.Semaphore) -> None:
        async with http.get(f"/meetings/{quote(stream_id, safe='')}") as answer:
            answer.raise_for_status()
            found = _EVENTS.search(await answer.text())
        if found is None:
            raise RuntimeError("the meeting's page shows nothing live")
        timeout = aiohttp.ClientTimeout(total=None)
        async with http.get(html.unescape(found[1]), timeout=timeout) as events:
            events.raise_for_status()
            opened.release()
            async for piece in events.content.iter_any():
                self.events += piece.count(_EVENT)
