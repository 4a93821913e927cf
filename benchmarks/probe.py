"""The measured process's side: it answers orders from standard input, with its own CPU time and memory."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.rtms.messages import JsonObject

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


async def answer_orders(hello: JsonObject, obey: Callable[[JsonObject], JsonObject]) -> None:
    """Say ``hello``, then answer each line of standard input, until it is closed: the parent is done or gone."""
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin
    )
    _say(hello)
    while line := await orders.readline():
        _say(obey(json.loads(line)))


def usage() -> JsonObject:
    """What this process has used so far: ``at`` (UTC seconds), ``cpu_seconds`` of all its threads, ``rss_bytes``."""
    resident_pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return {
        "at": time.time(),
        "cpu_seconds": time.process_time(),
        "rss_bytes": resident_pages * _PAGE_BYTES,
    }


def _say(message: JsonObject) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()
