"""The body of a request, of which nobody sends more than is taken, nor for longer: strangers must not fill a listener."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException
from starlette.status import HTTP_413_CONTENT_TOO_LARGE

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

READ_SECONDS: Final = 5.0
"""Longest wait for a whole body, unless told otherwise."""


async def read_body(request: Request, most: int, *, seconds: float = READ_SECONDS) -> bytes | None:
    """The raw body; ``None`` where it has more than ``most`` bytes, of which no more are held than came at once.

    Raises:
        TimeoutError: It is not there within so many seconds.
        ClientDisconnect: Nobody is there any more.
    """
    body = bytearray()
    async with asyncio.timeout(seconds):
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                return None
    return bytes(body)


class BoundedBody:
    """An application in which no request has a body of more than ``most`` bytes: it is answered with 413, and hung up on.

    Whoever reads a body takes all of it, and before anybody asks who sent it.
    """

    def __init__(self, app: ASGIApp, *, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        taken = 0

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._most:
                # Without it the server would read the rest for as long as it comes.
                hang_up = {"connection": "close"}
                raise HTTPException(
                    HTTP_413_CONTENT_TOO_LARGE, f"a request has at most {self._most} bytes", hang_up
                )
            return message

        await self._app(scope, bounded, send)
