"""The sample's way: ``python -m benchmarks.each_utterance ARGUMENT_JSON`` asks Langflow about every utterance and waits.

One request for each utterance, with those before it as context, sent by a client that blocks: nothing else is read,
answered or sent before Langflow has answered, as in the public samples that join RTMS with a flow.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from collections import deque
from typing import TYPE_CHECKING

from benchmarks.load import EACH_FLOW
from benchmarks.sockets import hear_all
from bridge import loop
from bridge.rtms.messages import MessageType

if TYPE_CHECKING:
    from collections.abc import Callable

CONTEXT = 10
"""Utterances in a request."""
LONGEST_SECONDS = 30


def _listener(langflow_url: str) -> Callable[[bytes], None]:
    spoken: deque[str] = deque(maxlen=CONTEXT)

    def hear(frame: bytes) -> None:
        message = json.loads(frame)
        if message["msg_type"] != MessageType.MEDIA_DATA_TRANSCRIPT:
            return
        content = message["content"]
        spoken.append(f"{content['user_name']}: {content['data']}")
        body = {"input_value": "\n".join(spoken), "input_type": "chat", "output_type": "chat"}
        request = urllib.request.Request(  # noqa: S310 - the load's own address
            f"{langflow_url}/api/v1/run/{EACH_FLOW}",
            data=json.dumps(body).encode(),
            headers={"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=LONGEST_SECONDS) as answer:  # noqa: S310
            json.load(answer)

    return hear


async def _main(client_id: str, client_secret: str, langflow_url: str) -> None:
    await hear_all(client_id, client_secret, lambda: _listener(langflow_url))


if __name__ == "__main__":
    loop.run(_main(**json.loads(sys.argv[1])))
