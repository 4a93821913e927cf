from __future__ import annotations

import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from bridge.clock import Clock
from bridge.panel.router import Panel, panel_look
from bridge.store.store import open_store
from tests.fakes.zoom_client import context
from tests.pages.browsing import browser  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.store.store import Store

CLIENT_ID = "Zx4pYq9dR7GtLw2mNcVbAg"
SECRET = "panel-secret-8Jd0xPqW"
PUBLIC = "https://bridge.example"
NOW_S = 1_763_806_200.0


class Speaking:
    """Knows who speaks."""

    def active_speaker(self, stream_id: str) -> str:
        return ""


@dataclass
class Time:
    """A wall clock that a test moves."""

    now: float = NOW_S


@dataclass
class Opened:
    """A panel that is served, and a browser without scripts that keeps no cookies by itself."""

    panel: Panel
    http: httpx.AsyncClient
    visits: list[str]
    time: Time

    def context(self, meeting_uuid: str = "s-uuid==", **changes: Any) -> str:
        """A context that Zoom makes now."""
        options: dict[str, Any] = {
            "client_id": CLIENT_ID,
            "secret": SECRET,
            "now_ms": int(self.time.now * 1000),
        }
        return context(meeting_uuid, **(options | changes))

    async def home(self, sealed: str | None) -> httpx.Response:
        """Zoom's client opens the Home URL."""
        headers = {} if sealed is None else {"x-zoom-app-context": sealed}
        return await self.http.get("/panel", headers=headers)

    async def cookie(self, meeting_uuid: str = "s-uuid==", **changes: Any) -> dict[str, str]:
        """The header of a browser that has opened the panel in a meeting."""
        answer = await self.home(self.context(meeting_uuid, **changes))
        return {"cookie": answer.headers["set-cookie"].partition(";")[0]}


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    """A store in memory."""
    async with open_store("memory://") as opened:
        yield opened


@pytest.fixture(scope="session")
def looks() -> None:
    """Read and compiled before any loop runs, as the bridge does it in a thread."""
    for call in ("@assistant", ""):
        panel_look(call)


@pytest.fixture
def serve(store: Store, looks: None) -> Any:
    """Serves a panel while a block runs."""

    @asynccontextmanager
    async def serving(**changes: Any) -> AsyncIterator[Opened]:
        visits: list[str] = []
        moved = Time()
        options: dict[str, Any] = {
            "store": store,
            "live": Speaking(),
            "client_id": CLIENT_ID,
            "client_secret": SecretStr(SECRET),
            "public_url": PUBLIC,
            "call": "@assistant",
            "on_visit": visits.append,
            "clock": Clock(wall=lambda: moved.now, steady=time.monotonic),
        }
        panel = Panel(**(options | changes))
        app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
        app.include_router(panel.router)
        transport = httpx.ASGITransport(app)
        async with panel.watching(), httpx.AsyncClient(transport=transport, base_url=PUBLIC) as http:
            http.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            yield Opened(panel, http, visits, moved)

    return serving
