"""Server-sent events: how they are written, and an answer that goes on until somebody has enough.

As in https://html.spec.whatwg.org/multipage/server-sent-events.html.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from starlette.types import Receive, Scope, Send

SEND_SECONDS: Final = 20.0
"""Longest wait for a reader whose connection takes nothing."""
RETRY_MS: Final = 2_000
"""How long browsers wait before they connect again."""
PING: Final = b": still here\n\n"
"""Keeps proxies from ending what is quiet."""


def event(name: str, data: str, cursor: str = "") -> bytes:
    """One event; ``cursor`` is what a browser gives as ``Last-Event-ID`` when it comes back."""
    head = f"id: {cursor}\n" if cursor else ""
    lines = data.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\ndata: ")
    return f"{head}event: {name}\ndata: {lines}\n\n".encode()


def retry() -> bytes:
    """Tells a browser how long to wait before it connects again."""
    return f"retry: {RETRY_MS}\n\n".encode()


class EventStream(Response):
    """Sends events as they come. Ends with them, with the reader, when the reader takes none for a while, or with its time."""

    media_type = "text/event-stream"

    def __init__(
        self,
        events: AsyncGenerator[bytes, None],
        headers: Mapping[str, str],
        *,
        seconds: float | None = None,
    ) -> None:
        """``seconds`` is the longest that it goes on; ``None`` without end."""
        super().__init__(headers={**headers, "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._events, self._seconds = events, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        async with contextlib.aclosing(self._events):
            sending = asyncio.create_task(self._send(send), name="send events")
            leaving = asyncio.create_task(_left(receive), name="reader leaves")
            try:
                await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (sending, leaving):
                    task.cancel()
                await asyncio.gather(sending, leaving, return_exceptions=True)
        if not sending.cancelled() and (fault := sending.exception()) is not None:
            raise fault

    async def _send(self, send: Send) -> None:
        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        await send(start)
        stuck = False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._seconds):
                async for chunk in self._events:
                    stuck = True
                    async with asyncio.timeout(SEND_SECONDS):
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
                    stuck = False
        if stuck:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SEND_SECONDS):
                await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
