"""Plugin: one real Langflow for all tests that name the ``langflow`` fixture."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bridge.demo.langflow import START_SECONDS, LangflowServer

if TYPE_CHECKING:
    from collections.abc import Iterator

_TIMEOUT_SECONDS = START_SECONDS + 60


@pytest.fixture(scope="session")
def langflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LangflowServer]:
    """A Langflow that has never heard of this project; started once per test run, 30 to 60 s.

    Tests share it: give meetings, sessions and flows names of their own.
    """
    server = LangflowServer(tmp_path_factory.mktemp("langflow"))
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs Langflow, and let the first such test wait for its start."""
    for item in items:
        if "langflow" in getattr(item, "fixturenames", ()):
            item.add_marker("langflow")
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(_TIMEOUT_SECONDS))
