"""A private listener with an archive, for whoever asks it by MCP."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from pydantic import SecretStr

from bridge.admin.api import admin_router
from bridge.admin.metrics import Metrics
from bridge.archive.indexer import Indexer
from bridge.listener import http_listener
from tests.archive.talk import begin, insight, say, tell

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bridge.store.store import Store

TOKEN = "private"


@contextlib.asynccontextmanager
async def archive_served(store: Store, directory: Path, *, port: int = 0) -> AsyncIterator[str]:
    """The address of its MCP server: meetings ``r`` and ``s`` of the series 812, and ``t`` of another."""
    for stream_id, number in (("s", "812"), ("t", "813")):
        begin(store, stream_id, meeting_id=number)
        say(store, "The budget is fine.", "Good.", "Bye.", stream_id=stream_id)
    await tell(store, insight("Raise the price.", "u-000002"))
    todo = insight("Call the bank", "u-000003", name="i2", kind="action_item") | {"owner": "Dana"}
    done = insight("Send the deck", name="i3", kind="action_item") | {"status": "done"}
    begin(store, "r", meeting_id="812", ago_ms=1)
    await tell(store, done | {"status": "open"}, todo, stream_id="r")
    await tell(store, todo, done, seq=2)
    await tell(
        store, insight("Sell the house", name="i4", kind="action_item"), stream_id="r", seq=2, approve=True
    )
    await Indexer(store).turn()
    nobody: Any = None
    app = FastAPI()
    app.include_router(
        admin_router(
            store=store, readiness=nobody, rtms=nobody, live=nobody, actions=nobody, metrics=Metrics(),
            token=SecretStr(TOKEN), data_dir=directory,
        )
    )  # fmt: skip
    async with http_listener(app, host="127.0.0.1", port=port) as port:
        yield f"http://127.0.0.1:{port}/mcp"
