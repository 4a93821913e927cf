"""Zoom's own client, receiving only: ``python -m benchmarks.zoom_sdk ARGUMENT_JSON``. PyPI ``rtms``, linux-x64.

A client for each stream in the loop that ``rtms.run`` makes, which polls as often as it does by itself; what comes is
dropped. It answers keep-alives by itself. (In a pool of loops a client can be lost: one that runs may look at a new
client before that is told what to join.)
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading

import rtms  # type: ignore[import-untyped]

from benchmarks.announced import announced
from benchmarks.probe import answer_orders


def _passed_over(_data: bytes, _size: int, _timestamp: int, _metadata: object) -> None:
    """It is not kept."""


async def _main(client_id: str, client_secret: str, **_: object) -> None:
    os.makedirs("logs", exist_ok=True)  # where it writes, and floods standard error where that is not there
    threading.Thread(target=rtms.run, daemon=True).start()

    def join(payload: dict[str, str]) -> None:
        client = rtms.Client()
        client.on_transcript_data(_passed_over)
        client.join(
            meeting_uuid=payload["meeting_uuid"],
            rtms_stream_id=payload["rtms_stream_id"],
            server_urls=payload["server_urls"],
            client=client_id,
            secret=client_secret,
        )

    await answer_orders({"webhook_url": await announced(join)}, lambda _: {})
    os._exit(0)  # its threads abort the process now and then when the interpreter shuts down beside them


if __name__ == "__main__":
    asyncio.run(_main(**json.loads(sys.argv[1])))
