"""The body of a request, bounded in size and time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.requests import Request

from bridge.body import read_body


def request(*chunks: bytes, ends: bool = True) -> Request:
    """A request whose body comes in pieces, or never to its end."""
    left = list(chunks)

    async def receive() -> dict[str, Any]:
        if not left and not ends:
            await asyncio.Event().wait()
        chunk = left.pop(0) if left else b""
        return {"type": "http.request", "body": chunk, "more_body": bool(left) or not ends}

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


async def test_a_body_in_pieces() -> None:
    """All of it is given, up to the limit."""
    assert await read_body(request(b"ab", b"", b"c"), 3) == b"abc"
    assert await read_body(request(), 3) == b""


async def test_more_than_is_taken() -> None:
    """What is too large is refused as soon as that is known, whether or not it ends."""
    assert await read_body(request(b"ab", b"cd", ends=False), 3, seconds=60) is None


async def test_a_body_that_never_ends() -> None:
    """Nobody holds a place by sending nothing."""
    with pytest.raises(TimeoutError):
        await read_body(request(b"ab", ends=False), 3, seconds=0.02)
