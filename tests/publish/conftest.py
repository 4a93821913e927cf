"""A Langflow server to put flows on, once a fake and once a real one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from tests.fakes.langflow_server import FakeLangflow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.demo.langflow import LangflowServer

REAL = [pytest.mark.langflow, pytest.mark.timeout(300), pytest.mark.xdist_group("langflow")]


@pytest.fixture(params=["fake", pytest.param("real", marks=REAL)])
def server(request: pytest.FixtureRequest) -> FakeLangflow | LangflowServer:
    """Where the flows go."""
    if request.param == "fake":
        return FakeLangflow()
    langflow: LangflowServer = request.getfixturevalue("langflow")
    return langflow


@pytest.fixture
async def client(server: FakeLangflow | LangflowServer) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a valid key."""
    if isinstance(server, FakeLangflow):
        async with server.client() as fake:
            yield fake
        return
    headers = {"x-api-key": server.api_key}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60, trust_env=False) as real:
        yield real
