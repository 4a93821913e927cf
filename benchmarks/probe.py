"""A child process's side of the talk: it says and is told JSON, one line each, on standard output and input."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.rtms.messages import JsonObject

_LONGEST = 1 << 24


async def answer_orders(hello: JsonObject, obey: Callable[[JsonObject], JsonObject]) -> None:
    """Say ``hello``, then answer each line of standard input, until it is closed: the parent is done or gone."""
    orders = await standard_input()
    say(hello)
    while line := await orders.readline():
        say(obey(json.loads(line)))


async def standard_input() -> asyncio.StreamReader:
    """Standard input, to be read while the loop runs."""
    orders = asyncio.StreamReader(_LONGEST)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin
    )
    return orders


def say(message: JsonObject) -> None:
    """One line to the parent."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()
