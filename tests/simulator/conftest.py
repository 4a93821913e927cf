from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from tests.simulator.client import simulator
from tests.simulator.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from bridge.simulator.zoom import Simulator


@pytest.fixture(autouse=True)
def no_server_errors(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A server that logs an error has failed the test, whatever its client saw."""
    yield
    errors = [record for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not errors, [record.getMessage() for record in errors]


@pytest.fixture
async def zoom() -> AsyncIterator[Simulator]:
    """A simulator with Zoom's own patience."""
    async with simulator() as running:
        yield running


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    """An app's webhook endpoint."""
    async with Endpoint().listening() as listening:
        yield listening
