"""A real Langflow as a child process, for the demo and the tests: started, made usable, and gone afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import time
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Self

import httpx

from bridge.demo.process_group import ProcessGroup
from bridge.errors import BridgeError, ConfigurationError
from bridge.publish.login import Login, create_api_key
from bridge.tasks import seen_through

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

START_SECONDS = 240
"""Longest wait for a Langflow that is starting; 30 to 45 seconds are usual on two cores."""
LOG_TAIL_LINES = 15
"""Lines of Langflow's log that an error shows."""
USER: Final = "langflow"
"""Langflow's own name for its first user."""
_POLL_SECONDS = 0.1
_DATABASE = {
    "pool_size": 20,
    "max_overflow": 30,
    "pool_timeout": 30,
    "pool_pre_ping": True,
    "pool_recycle": 1800,
    "hide_parameters": True,
}
"""How Langflow opens its database: as it does by itself, but what the database refuses to store is
not quoted in the error, which Langflow writes into its log (docs.sqlalchemy.org, ``create_engine``)."""


class LangflowServer:
    """One Langflow on a loopback port, in a process group of its own.

    Nothing of the caller's own ``LANGFLOW_*`` environment reaches it. Data live in ``directory``,
    so a server that is started again there, by this object or another, knows its flows, messages
    and API keys; this object then also keeps its port. Use it as ``async with`` or call
    :meth:`start` and :meth:`stop`. Not tied to an event loop.
    """

    def __init__(
        self,
        directory: Path,
        *,
        port: int | None = None,
        record_runs: bool = True,
        environment: Mapping[str, str] | None = None,
        python: str = sys.executable,
        password: str = "",
    ) -> None:
        """Describe the server; nothing runs yet.

        Args:
            directory: For the database, settings and log; made where it is missing.
            port: Port to listen on; ``None`` chooses a free one when first started.
            record_runs: Keep traces, transactions and node results. Without them a run costs
                about a third less, but the editor has no history to show.
            environment: More variables for Langflow, such as ``ANTHROPIC_API_KEY``.
            python: Interpreter whose environment has the Langflow to run; this one by default.
            password: Of the user ``langflow``, which Langflow then asks for, as it does unless told otherwise.
                Without one it lets everybody in, so that a browser shows the flows at once.
        """
        self.api_key = ""
        """A key for ``x-api-key``; empty until started."""
        self.log_file = directory / "langflow.log"
        """Everything that Langflow wrote to its output."""
        self._directory = directory
        self._port = port
        self._record_runs = record_runs
        self._environment = dict(environment or {})
        self._python = python
        self._password = password
        self._group: ProcessGroup | None = None

    @property
    def url(self) -> str:
        """Address without a trailing slash."""
        if self._port is None:
            raise BridgeError("Langflow has no address before it was started.")
        return f"http://127.0.0.1:{self._port}"

    @property
    def login(self) -> Login | None:
        """Its user; ``None`` where it asks for no password."""
        return Login(username=USER, password=self._password) if self._password else None

    @property
    def running(self) -> bool:
        """Whether any of its processes lives."""
        return self._group is not None and self._group.alive

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, on_progress: Callable[[str], None] | None = None) -> None:
        """Start Langflow and return when it answers and an API key is at hand.

        ``on_progress`` is called about once a second with a sentence for people.

        Raises:
            ConfigurationError: Langflow is not installed in this Python environment, and no other is named.
            BridgeError: It ended, or did not answer within :data:`START_SECONDS`; the message
                shows the end of its log.
        """
        if self.running:
            return
        if self._python == sys.executable and find_spec("langflow") is None:
            raise ConfigurationError(
                'Langflow is not installed here: pip install "zoom-rtms-langflow[langflow]", '
                "or name a running one with --langflow-url."
            )
        self._directory.mkdir(parents=True, exist_ok=True)
        self._port = self._port or free_port()
        self._group = ProcessGroup(
            "langflow",
            *("run", "--host", "127.0.0.1", "--port", str(self._port), "--no-open-browser"),
            directory=self._directory,
            environment=self._variables(),
            log_file=self.log_file,
            python=self._python,
        )
        try:
            async with httpx.AsyncClient(base_url=self.url, timeout=30, trust_env=False) as client:
                await self._until_healthy(client, on_progress or (lambda _: None))
                if not self.api_key:
                    self.api_key = await create_api_key(client, login=self.login)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End it, so that no process and no port is left; asked first, killed where that does not help."""
        if self._group:
            await seen_through(self._group.stop())

    async def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._group:
            await seen_through(self._group.kill())

    def _variables(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LANGFLOW_")}
        record = str(self._record_runs).lower()
        return {
            **kept,
            "LANGFLOW_CONFIG_DIR": str(self._directory),
            "LANGFLOW_DATABASE_URL": f"sqlite:///{self._directory / 'langflow.db'}",
            "LANGFLOW_DB_CONNECTION_SETTINGS": json.dumps(_DATABASE),
            **_way_in(self._password),
            "LANGFLOW_CREATE_STARTER_PROJECTS": "false",
            "LANGFLOW_TRANSACTIONS_STORAGE_ENABLED": record,
            "LANGFLOW_VERTEX_BUILDS_STORAGE_ENABLED": record,
            "LANGFLOW_DEACTIVATE_TRACING": str(not self._record_runs).lower(),
            "DO_NOT_TRACK": "true",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            # Langflow's own launcher sets it on macOS, before Python starts.
            "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
            **self._environment,
        }

    async def _until_healthy(self, client: httpx.AsyncClient, on_progress: Callable[[str], None]) -> None:
        began = time.monotonic()
        told = -1
        while not await _healthy(client):
            waited = time.monotonic() - began
            if not self.running:
                raise BridgeError(
                    f"Langflow ended while it was starting. Its log ends with:\n{self._log_tail()}"
                )
            if waited > START_SECONDS:
                raise BridgeError(
                    f"Langflow did not answer within {START_SECONDS} s. Its log ends with:\n{self._log_tail()}"
                )
            if int(waited) > told:
                told = int(waited)
                on_progress(f"Starting Langflow, {told} s (30 to 60 s are usual)")
            await asyncio.sleep(_POLL_SECONDS)
        on_progress(f"Langflow is ready at {self.url}")

    def _log_tail(self) -> str:
        lines = self.log_file.read_text(errors="replace").splitlines()
        return "\n".join(lines[-LOG_TAIL_LINES:])


def _way_in(password: str) -> dict[str, str]:
    """What docs.langflow.org "API keys and authentication" says to start it with, for a password and for none."""
    if password:
        return {"LANGFLOW_SUPERUSER": USER, "LANGFLOW_SUPERUSER_PASSWORD": password}
    return {"LANGFLOW_AUTO_LOGIN": "true"}


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _healthy(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/health")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
