"""A Langflow server to put flows on, once a fake and once a real one, and a flow to put there."""

from __future__ import annotations

import uuid
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest

from bridge.publish.library import Flow, load_flows
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


@pytest.fixture
def flow() -> Flow:
    """The action items flow under names of the test's own."""
    [found] = [flow for flow in load_flows() if flow.endpoint_name == "zoom-action-items"]
    mark = uuid.uuid4()
    names = {"id": str(mark), "name": f"Test {mark}", "endpoint_name": f"test-{mark}"}
    return replace(found, content={**deepcopy(found.content), **names})
