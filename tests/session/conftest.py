from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.journey import Journey, simulator
from tests.fakes.loops import pytest_asyncio_loop_factories  # noqa: F401 - a hook
from tests.fakes.quick import quick
from tests.fakes.run_api import RunApi

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def journey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Journey]:
    """A simulated Zoom and a stand-in for Langflow, both listening; bridges are the test's to start."""
    quick(monkeypatch)
    async with RunApi().listening() as api, simulator() as zoom:
        yield Journey(zoom, api, tmp_path / "bridge.db")
    assert not api.faults
