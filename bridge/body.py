"""The body of a request, of which nobody sends more than is taken, nor for longer: strangers must not fill a listener."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.requests import Request

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
