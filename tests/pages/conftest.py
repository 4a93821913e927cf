from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from bridge.admin.actions import Actions
from bridge.clock import Clock
from bridge.pages.look import Templates, package_look
from bridge.pages.router import Pages
from bridge.store.store import open_store
from tests.pages.browsing import browser  # noqa: F401 - a fixture
from tests.pages.ticks import Ticks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bridge.store.query import Query, Row
    from bridge.store.store import Store

WELL: dict[str, Any] = {
    "status": "ok",
    "checks": {"store": "ok", "langflow": "ok"},
    "langflow_url": "http://127.0.0.1:7860",
    "store": {"rows_waiting": 0, "bytes_waiting": 0, "seconds_waiting": 0.0, "rows_put_aside": 0},
    "parked_routes": {},
    "failing_webhooks": {},
    "failing_routes": {},
    "setup": [],
    "window_wait_seconds": 0.0,
    "deletions_under_way": 0,
    "sessions_taken_up_again": [],
    "log_lines_dropped": 0,
}
"""What ``/readyz`` tells of a bridge that is well."""
NOW_S = 1_763_806_200.0
"""Ten minutes into the meetings of the stage."""


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    """A store in memory."""
    async with open_store("memory://") as opened:
        yield opened


@pytest.fixture
def reads(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tables that are read, one for each question."""
    asked: list[str] = []
    read = store._engine.read

    async def counted(query: Query) -> list[Row]:
        asked.append(query.table)
        return await read(query)

    monkeypatch.setattr(store._engine, "read", counted)
    return asked


@pytest.fixture(scope="session")
def templates() -> Templates:
    """The package's."""
    return package_look()[1]


@pytest.fixture
def ticks() -> Ticks:
    """Time that passes when a test says so."""
    return Ticks()


@dataclass
class Wishes:
    """What was asked for, and who speaks."""

    forgotten: list[str]
    retried: list[Sequence[str] | None]
    logins: list[str]
    speaker: str = ""

    async def forget(self, meeting_uuid: str) -> None:
        self.forgotten.append(meeting_uuid)

    async def retry(self, windows: Sequence[str] | None) -> int:
        self.retried.append(windows)
        return 1

    def active_speaker(self, stream_id: str) -> str:
        return self.speaker


@pytest.fixture
def wishes() -> Wishes:
    return Wishes([], [], [])


@dataclass
class Served:
    """Pages, and a browser without scripts."""

    pages: Pages
    http: httpx.AsyncClient


@pytest.fixture
def serve(store: Store, wishes: Wishes, templates: Templates) -> Any:
    """Serves pages while a block runs."""

    @asynccontextmanager
    async def serving(token: str | None = None, **changes: Any) -> AsyncIterator[Served]:
        async def readiness() -> tuple[dict[str, Any], bool]:
            return WELL, True

        options: dict[str, Any] = {
            "store": store,
            "live": wishes,
            "readiness": readiness,
            "actions": Actions(forget=wishes.forget, retry_runs=wishes.retry),
            "token": SecretStr(token) if token else None,
            "on_login": wishes.logins.append,
            "clock": Clock(wall=lambda: NOW_S),
        }
        pages = Pages(**(options | changes))
        app = FastAPI()
        app.include_router(pages.router)
        app.add_exception_handler(404, pages.not_found)
        async with (
            pages.watching(),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8081") as http,
        ):
            yield Served(pages, http)

    return serving


@pytest.fixture
async def http(serve: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Pages that ask for no token."""
    async with serve() as served:
        yield served.http
