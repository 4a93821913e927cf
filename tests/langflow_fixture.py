"""Plugin: real Langflows, each started once for all tests that name its fixture.

``LANGFLOW_PYTHON`` names an interpreter whose environment has another version of Langflow to test with
(``make test-langflow-1.12``); else it is the one of the tests' own environment.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import uuid
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bridge.demo.langflow import START_SECONDS, LangflowServer
from bridge.publish.library import Flow, load_flows, shipped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PYTHON = os.environ.get("LANGFLOW_PYTHON") or sys.executable
_UNAWARE = """
from importlib import metadata

everything = metadata.distributions
metadata.distributions = lambda **wanted: (
    found for found in everything(**wanted) if found.metadata["Name"] != "zoom-rtms-langflow"
)
"""
_TIMEOUT_SECONDS = START_SECONDS + 60
_FIXTURES = {"langflow", "langflow_with_components"}


@pytest.fixture(scope="session")
def langflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LangflowServer]:
    """A Langflow that has never heard of this project and asks for a password; started once per test run, 30 to 60 s.

    Tests share it: give meetings, sessions and flows names of their own.
    """
    server = unaware_server(
        tmp_path_factory.mktemp("langflow"),
        password=secrets.token_urlsafe(12),
        LANGFLOW_SSRF_ALLOWED_HOSTS="127.0.0.1",  # models' nodes reach this machine only where an operator names it
        LANGFLOW_TRANSACTIONS_STORAGE_ENABLED="false",  # as docs/troubleshooting.md advises
    )
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop())


@pytest.fixture(scope="session")
def langflow_with_components(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LangflowServer]:
    """A Langflow whose side bar has our components, from their folder; started once per test run."""
    directory = tmp_path_factory.mktemp("langflow-with-components")
    server = unaware_server(directory, LANGFLOW_COMPONENTS_PATH=str(shipped("components")))
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop())


@pytest.fixture
def flow() -> Flow:
    """The action items flow under names of the test's own."""
    [found] = [flow for flow in load_flows() if flow.endpoint_name == "zoom-action-items"]
    mark = uuid.uuid4()
    names = {"id": str(mark), "name": f"Test {mark}", "endpoint_name": f"test-{mark}"}
    return replace(found, content={**deepcopy(found.content), **names})


def unaware_server(directory: Path, password: str = "", **environment: str) -> LangflowServer:
    """A Langflow that does not see that this project is installed beside it, as an extension."""
    (directory / "sitecustomize.py").write_text(_UNAWARE)  # Python runs it before anything else
    environment["PYTHONPATH"] = str(directory)
    return LangflowServer(directory, environment=environment, python=PYTHON, password=password)


@pytest.hookimpl(wrapper=True)  # marks before xdist looks for groups, ends what it did not do behind it
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """Mark what needs Langflow, keep it on one worker each, and let the first such test wait for its start."""
    for item in items:
        for fixture in sorted(_FIXTURES.intersection(getattr(item, "fixturenames", ()))):
            item.add_marker("langflow")
            item.add_marker(pytest.mark.xdist_group(fixture))
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(_TIMEOUT_SECONDS))
    yield
    if getattr(config.option, "loadgroup", False):
        for item in items:
            _name_group(item)


def _name_group(item: pytest.Item) -> None:
    """Put a test's group behind its id, for xdist's scheduler to see.

    From pytest 9.2 on, xdist 3.8 writes it where nobody reads it, and each worker would start every Langflow
    (github.com/pytest-dev/pytest-xdist/issues/1386).
    """
    groups = sorted({mark.args[0] for mark in item.iter_markers("xdist_group")})
    name = f"@{'_'.join(groups)}"
    if groups and not item.nodeid.endswith(name):
        item._id = type(item._id).parse(item.nodeid + name)  # type: ignore[attr-defined]
