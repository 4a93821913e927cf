from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.hook_receiver import HookReceiver
from tests.fakes.journey import Journey, simulator
from tests.fakes.quick import quick
from tests.fakes.run_api import RunApi

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def journey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Journey]:
    """A simulated Zoom and a stand-in for Langflow."""
    quick(monkeypatch)
    async with RunApi().listening() as api, simulator() as zoom:
        yield Journey(zoom, api, tmp_path / "bridge.db")
    assert not api.faults


@pytest.fixture
async def receiver() -> AsyncIterator[HookReceiver]:
    """Somebody who is told, and to whom every promise was kept."""
    async with HookReceiver().listening() as listening:
        yield listening
    assert listening.faults == []
    assert listening.elsewhere == 0
