"""Zoom's own client, as a program: joins one stream and prints each transcript as a line of JSON.

Run by :mod:`tests.simulator.native` in a process of its own, because it is native code: what goes wrong in it
must not take the test run along. Arguments: one JSON object with the fields of ``rtms.Client.join``.
"""

from __future__ import annotations

import json
import os
import sys
import threading

import rtms  # type: ignore[import-untyped]

left = threading.Event()


def tell(what: dict[str, object]) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201 - what the test reads


def heard(data: bytes, size: int, timestamp: int, metadata: rtms.Metadata) -> None:
    tell(
        {
            "text": data.decode(),
            "speaker": metadata.userName,
            "user_id": metadata.userId,
            "timestamp": timestamp,
        }
    )


def join_told(reason: int) -> None:
    tell({"joined": reason})
    if reason != 0:
        left.set()


def leave(reason: int) -> None:
    tell({"left": reason})
    left.set()


client = rtms.Client()
client.on_join_confirm(join_told)
client.on_transcript_data(heard)
client.on_leave(leave)
pool = rtms.EventLoopPool(threads=2)
pool.add(client)
client.join(**json.loads(sys.argv[1]))
for loop in pool.loops:
    loop.start()
in_time = left.wait(timeout=60)
# Its threads abort the process now and then when the interpreter shuts down beside them.
os._exit(0 if in_time else 1)
