"""Starting Langflow: what happens when it does not go well. That it goes well, every ``langflow`` test shows."""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING

import httpx
import pytest

from bridge.demo import langflow as module
from bridge.demo.langflow import LangflowServer, free_port
from bridge.errors import BridgeError, ConfigurationError
from bridge.publish.login import create_api_key
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def standing_in(tmp_path: Path) -> Callable[..., LangflowServer]:
    """A server whose ``langflow`` is a program of the test's own."""

    def make(program: str, **environment: str) -> LangflowServer:
        package = tmp_path / "path" / "langflow"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text(program)
        search = {"PYTHONPATH": str(package.parent)}
        return LangflowServer(tmp_path / "data", environment={**search, **environment})

    return make


async def test_it_says_how_to_install_langflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Langflow in the environment the error holds the command that brings it."""
    monkeypatch.setattr(module, "find_spec", lambda _: None)

    with pytest.raises(ConfigurationError, match=r'pip install "zoom-rtms-langflow\[langflow\]"'):
        await LangflowServer(tmp_path).start()


async def test_another_environment_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its interpreter runs Langflow, which need not be installed here."""
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "asked for $3 $4"\n')
    python.chmod(0o700)

    with pytest.raises(BridgeError, match="asked for langflow run"):
        await LangflowServer(tmp_path / "data", python=str(python)).start()


async def test_a_langflow_that_dies_shows_its_last_words(standing_in: Callable[..., LangflowServer]) -> None:
    """The error ends with the end of the log, and comes when it dies, not when the time is up."""
    server = standing_in("for n in range(40): print('line', n)\nraise SystemExit('no disk left')")

    with pytest.raises(BridgeError, match="ended while it was starting") as raised:
        await server.start()

    assert str(raised.value).endswith("line 39\nno disk left")
    assert "line 10" not in str(raised.value)


async def test_a_langflow_that_hangs_is_given_up(
    standing_in: Callable[..., LangflowServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the longest wait it is ended, and the error says how long that was."""
    monkeypatch.setattr(module, "START_SECONDS", 1)
    server = standing_in("import signal; signal.pause()")

    with pytest.raises(BridgeError, match="within 1 s"):
        await server.start()

    assert not server.running


async def test_giving_up_waiting_ends_it(standing_in: Callable[..., LangflowServer]) -> None:
    """Ctrl-C while Langflow starts leaves nothing, and the progress was told meanwhile."""
    server = standing_in("import signal; signal.pause()")
    told: list[str] = []
    start = asyncio.create_task(server.start(told.append))
    await until(lambda: told)

    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start

    assert not server.running
    assert told[0].startswith("Starting Langflow")


async def test_the_callers_own_langflow_settings_stay_out(
    standing_in: Callable[..., LangflowServer], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Somebody's database and login rules are not touched; what was asked for gets in."""
    monkeypatch.setenv("LANGFLOW_DATABASE_URL", "postgresql://production")
    monkeypatch.setenv("LANGFLOW_SUPERUSER_PASSWORD", "mine")
    server = standing_in(
        "import json, os; print(json.dumps(dict(os.environ)))",
        ANTHROPIC_API_KEY="key",
        LANGFLOW_LOG_LEVEL="error",
    )

    with pytest.raises(BridgeError):
        await server.start()

    seen = json.loads(server.log_file.read_text())
    assert seen["LANGFLOW_DATABASE_URL"] == f"sqlite:///{tmp_path / 'data' / 'langflow.db'}"
    assert "LANGFLOW_SUPERUSER_PASSWORD" not in seen
    assert json.loads(seen["LANGFLOW_DB_CONNECTION_SETTINGS"])["hide_parameters"] is True
    assert (seen["ANTHROPIC_API_KEY"], seen["LANGFLOW_LOG_LEVEL"]) == ("key", "error")
    assert seen["PATH"] == os.environ["PATH"]


async def test_a_server_with_a_password_needs_a_key_from_its_owner() -> None:
    """No key can be made there; the error says where to get one."""
    transport = httpx.MockTransport(lambda _: httpx.Response(403, json={"detail": "Auto login is disabled"}))
    async with httpx.AsyncClient(transport=transport, base_url="http://langflow.test") as client:
        with pytest.raises(ConfigurationError, match="LANGFLOW_API_KEY"):
            await create_api_key(client)


def test_a_password_is_asked_for_as_langflow_does_by_itself(tmp_path: Path) -> None:
    """With one the server is started as its documentation says; without one it lets everybody in."""
    asking, open_to_all = (
        LangflowServer(tmp_path, password="x")._variables(),
        LangflowServer(tmp_path)._variables(),
    )

    assert asking["LANGFLOW_SUPERUSER_PASSWORD"] == "x"
    assert "LANGFLOW_AUTO_LOGIN" not in asking
    assert open_to_all["LANGFLOW_AUTO_LOGIN"] == "true"
    assert "LANGFLOW_SUPERUSER_PASSWORD" not in open_to_all


def test_a_free_port_can_be_listened_on() -> None:
    """Two in a row are ports, above the system's own."""
    assert all(1024 < port < 65536 for port in (free_port(), free_port()))


def test_a_server_that_was_never_started_has_no_address(tmp_path: Path) -> None:
    """Asking for it is an error, not a wrong address."""
    server = LangflowServer(tmp_path)

    assert not server.running
    with pytest.raises(BridgeError, match="no address"):
        _ = server.url
