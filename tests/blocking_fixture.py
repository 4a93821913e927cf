"""Plugin: what the bridge runs while people talk never makes its event loop wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from blockbuster import blockbuster_ctx

if TYPE_CHECKING:
    from collections.abc import Iterator

_WHILE_PEOPLE_TALK = (
    "bridge.admin",
    "bridge.flow.background",
    "bridge.flow.client",
    "bridge.flow.http",
    "bridge.flow.turns",
    "bridge.flow.worker",
    "bridge.hooks",
    "bridge.pages",
    "bridge.rtms",
    "bridge.session",
    "bridge.transcript",
    "bridge.webhook",
)
"""What runs in the event loop of a bridge that serves."""


@pytest.fixture(autouse=True)
def _nothing_blocks_the_loop() -> Iterator[None]:
    """The bridge never makes its event loop wait for a file, a lock or a socket."""
    with blockbuster_ctx(list(_WHILE_PEOPLE_TALK)) as blockbuster:
        for blocking in blockbuster.functions.values():
            # It looks for a password file and certificates in the home folder, each time that it connects.
            blocking.can_block_in("asyncpg/connect_utils.py", "_parse_connect_dsn_and_args")
        yield
