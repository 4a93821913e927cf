"""The real bridge as its users run it: ``zoom-bridge serve`` in a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import httpx

from bridge.demo.langflow import free_port
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.simulator.zoom import Simulator


class BridgeProcess:
    """A bridge that can be killed and started again on the same store and ports."""

    def __init__(
        self, directory: Path, zoom: Simulator, *, langflow_url: str, langflow_api_key: str, routes: str
    ) -> None:
        self.port, self.admin_port = free_port(), free_port()
        self.webhook_url = f"http://127.0.0.1:{self.port}/webhook"
        self.database = directory / "bridge.db"
        self._log = directory / "bridge.log"
        routes_file = directory / "routes.toml"
        routes_file.write_text(routes)
        self._environment = {
            "PATH": os.environ["PATH"],
            "ZOOM_SECRET_TOKEN": zoom.secret_token,
            "ZOOM_CLIENT_ID": zoom.client_id,
            "ZOOM_CLIENT_SECRET": zoom.client_secret,
            "LANGFLOW_URL": langflow_url,
            "LANGFLOW_API_KEY": langflow_api_key,
            "BRIDGE_PORT": str(self.port),
            "BRIDGE_ADMIN_PORT": str(self.admin_port),
            "BRIDGE_STORE_URL": f"sqlite+aiosqlite:///{self.database}",
            "BRIDGE_ALLOWED_HOSTS": "127.0.0.1",
            "BRIDGE_ROUTES": str(routes_file),
        }
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and return when both listeners answer."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bridge", "serve", "--log-json",
                cwd=self._log.parent, env=self._environment, stderr=log,
            )  # fmt: skip
        try:
            await until(self._answers, seconds=60)
        except BaseException:
            await self.kill()
            raise

    async def kill(self) -> None:
        """``kill -9``."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """Ask it to end, as a service manager does; gives its status."""
        return await self._end(signal.SIGTERM)

    async def api(self, path: str) -> Any:
        """What the private listener answers."""
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.admin_port}", trust_env=False
        ) as client:
            return (await client.get(path)).raise_for_status().json()

    def log(self) -> str:
        """Everything it logged, in all its lives."""
        return self._log.read_text()

    async def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.returncode is None, self.log()
        try:
            await self.api("/readyz")
        except httpx.TransportError:
            return False
        return True

    async def _end(self, number: signal.Signals) -> int:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(number)
        async with asyncio.timeout(20):
            return await self._process.wait()
