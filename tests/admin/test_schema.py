"""The private API against whatever its own description allows, and what it does not: schemathesis on the real process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import response_schema_conformance

from bridge.admin.api import admin_router
from bridge.demo.langflow import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schemathesis import Case

TOKEN = "private"
START_SECONDS = 90
NOT_SET_UP = 501
"""What commands to Zoom's REST are answered where no credentials for it are set."""


def description() -> dict[str, Any]:
    """The private listener's OpenAPI description, which the product does not serve."""
    nobody: Any = SimpleNamespace()
    app = FastAPI()
    app.include_router(
        admin_router(
            store=nobody,
            readiness=nobody,
            rtms=nobody,
            live=nobody,
            actions=nobody,
            metrics=nobody,
            token=None,
            data_dir=nobody,
        )
    )
    return app.openapi()


schema = schemathesis.openapi.from_dict(description())


@pytest.fixture(scope="module")
def admin_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A bridge in a process of its own, with a token."""
    directory: Path = tmp_path_factory.mktemp("bridge")
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "ZOOM_SECRET_TOKEN": "t",
        "ZOOM_CLIENT_ID": "c",
        "ZOOM_CLIENT_SECRET": "s",
        "LANGFLOW_URL": "http://127.0.0.1:9",
        "BRIDGE_PORT": "0",
        "BRIDGE_ADMIN_PORT": str(port),
        "BRIDGE_ADMIN_TOKEN": TOKEN,
    }
    url = f"http://127.0.0.1:{port}"
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bridge", "serve"], cwd=directory, env=environment, stderr=log
        )
        try:
            deadline = time.monotonic() + START_SECONDS
            while not _answers(url):
                assert process.poll() is None
                assert time.monotonic() < deadline
            yield url
        finally:
            process.terminate()
            process.wait(20)
    assert "Traceback" not in (directory / "log").read_text()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=1, trust_env=False).status_code == 401
    except httpx.TransportError:
        return False


@schema.parametrize()
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_request(case: Case, admin_url: str) -> None:
    """Whatever is asked, nothing breaks, and what is answered is what the description says."""
    if case.path.startswith("/readyz"):
        pytest.skip("503 is what it says while the store is away")
    response = case.call(base_url=admin_url, headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code < 500 or response.status_code == NOT_SET_UP
    if response.status_code < 300:
        case.validate_response(response, checks=[response_schema_conformance])


@schema.parametrize()
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_strangers(case: Case, admin_url: str) -> None:
    """Without the token nothing is answered, whatever is asked."""
    response = case.call(base_url=admin_url, headers={"Authorization": "Bearer wrong"})
    assert response.status_code in (400, 401, 404, 405, 422)
