from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from tests.fakes.journey import Journey, simulator
from tests.fakes.quick import quick
from tests.fakes.run_api import RunApi

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bridge.app import Bridge


@pytest.fixture
async def journey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Journey]:
    """A simulated Zoom and a stand-in for Langflow."""
    quick(monkeypatch)
    async with RunApi().listening() as api, simulator() as zoom:
        yield Journey(zoom, api, tmp_path / "bridge.db")


@pytest.fixture
async def bridge(journey: Journey) -> AsyncIterator[Bridge]:
    async with journey.bridge() as running:
        yield running


@pytest.fixture
async def http(bridge: Bridge) -> AsyncIterator[httpx.AsyncClient]:
    """The private listener."""
    async with httpx.AsyncClient(base_url=bridge.admin_url, trust_env=False) as client:
        yield client
