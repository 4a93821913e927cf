"""The limit: ``python -m benchmarks.bare_loop ARGUMENT_JSON`` reads the same frames and does nothing with them."""

from __future__ import annotations

import json
import sys

from benchmarks.sockets import hear_all
from bridge import loop


def _passed_over(_frame: bytes) -> None:
    """It is neither parsed nor kept."""


async def _main(client_id: str, client_secret: str, **_: object) -> None:
    await hear_all(client_id, client_secret, lambda: _passed_over)


if __name__ == "__main__":
    loop.run(_main(**json.loads(sys.argv[1])))
