from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi import HTTPException
from starlette.requests import Request

from bridge.pages.form import MOST_BYTES, read_form

if TYPE_CHECKING:
    from starlette.types import Message


def sent(*messages: Message) -> Request:
    """A request whose body comes in these messages."""
    left = iter(messages)

    async def receive() -> Message:
        return next(left)

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


def piece(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_form() -> None:
    """The last of each name counts, and nothing in it is what no database takes."""
    found = await read_form(sent(piece(b"a=1&b=%00x", more=True), piece(b"&a=2+3&c=")))
    assert found == {"a": "2 3", "b": "\ufffdx", "c": ""}


@pytest.mark.parametrize(
    ("messages", "code", "hangs_up"),
    [
        ([piece(b"a=1", more=True), {"type": "http.disconnect"}], 400, False),
        ([piece(b"a" * (MOST_BYTES + 1))], 413, True),
        ([piece(b"\xff\xfe=1")], 422, False),
        ([piece(b"&".join(b"a=1" for _ in range(101)))], 422, False),
    ],
    ids=["broken off", "too large", "not text", "too many"],
)
async def test_no_form(messages: list[Message], code: int, hangs_up: bool) -> None:
    """Each fault has its answer; who sends too much is hung up on, or the rest would be read for as long as it comes."""
    with pytest.raises(HTTPException) as caught:
        await read_form(sent(*messages))
    assert caught.value.status_code == code
    assert (caught.value.headers == {"connection": "close"}) is hangs_up
