"""The panel as the bridge serves it, beside Zoom's webhooks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.fakes.journey import CLIENT_ID, CLIENT_SECRET, Journey, simulator
from tests.fakes.run_api import RunApi
from tests.fakes.zoom_client import context, why_blocked
from tests.pages.stage import whole_meeting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bridge.app import Bridge

PRIVATE = ("/", "/now", "/archive", "/login", "/meetings/s", "/series?number=1", "/api/streams", "/api/search?words=x",
           "/mcp", "/readyz", "/metrics", "/static/x/pages.css")  # fmt: skip
ON = {"bridge_panel": True, "bridge_public_url": "https://bridge.example"}


@pytest.fixture
async def journey(tmp_path: Path) -> AsyncIterator[Journey]:
    """A bridge's neighbours."""
    async with RunApi().listening() as api, simulator() as zoom:
        yield Journey(zoom, api, tmp_path / "bridge.db")


async def asked(bridge: Bridge, *paths: str, **headers: str) -> list[httpx.Response]:
    """What the public listener answers."""
    base = bridge.webhook_url.removesuffix("/webhook")
    async with httpx.AsyncClient(base_url=base, trust_env=False, headers=headers) as http:
        return [await http.get(path) for path in paths]


async def test_it_is_off(journey: Journey) -> None:
    """Without the setting the public listener has what Zoom needs, and nothing else."""
    async with journey.bridge() as bridge:
        await whole_meeting(bridge.store)
        answers = await asked(bridge, "/panel", "/panel/meeting", "/panel/static/x/panel.js", *PRIVATE)
        assert {answer.status_code for answer in answers} == {404}
        (alive,) = await asked(bridge, "/healthz")
        assert alive.text == "ok"


async def test_it_is_on(journey: Journey) -> None:
    """With it, the meeting that is open is there for its people, and the private listener stays where it is.

    No route takes questions here, so there is no field for one.
    """
    journey.settings_changes |= ON
    async with journey.bridge() as bridge:
        await whole_meeting(bridge.store)
        sealed = context(
            "s-uuid==", now_ms=int(time.time() * 1000), client_id=CLIENT_ID, secret=CLIENT_SECRET
        )
        home, *private = await asked(bridge, "/panel", *PRIVATE, **{"x-zoom-app-context": sealed})
        assert "Pilot at Harbor Clinics" in home.text
        assert 'data-call=""' in home.text
        assert why_blocked(home.status_code, home.headers) == []
        assert {answer.status_code for answer in private} == {404}
        assert 'bridge_panel_visits_total{outcome="admitted"} 1.0' in bridge.metrics.exposition().decode()
        (forged,) = await asked(bridge, "/panel", **{"x-zoom-app-context": sealed[: len(sealed) // 2]})
        assert "Harbor" not in forged.text
