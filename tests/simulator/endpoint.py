"""An app's webhook endpoint: takes what is signed, answers what a test tells it to, remembers all."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Self

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bridge.listener import http_listener
from bridge.simulator.zoom import HOST
from bridge.webhook.signature import Verdict, answer_validation, verify
from tests.simulator.client import SECRET_TOKEN, WAIT_SECONDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request


class Endpoint:
    """Answers 200 to signed events, or the next status of ``statuses`` where there is one."""

    def __init__(self, secret_token: str = SECRET_TOKEN) -> None:
        self.url = ""
        self.events: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self.verdicts: list[Verdict] = []
        self.statuses: deque[int] = deque()
        self.gate = asyncio.Event()
        """Answers wait for it; open unless a test closes it."""
        self.gate.set()
        self._secret_token = secret_token
        self._arrived = asyncio.Event()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Self]:
        """Serve while the block runs."""
        async with http_listener(
            Starlette(routes=[Route("/webhook", self._take, methods=["POST"])]), host=HOST, port=0
        ) as port:
            self.url = f"http://{HOST}:{port}/webhook"
            yield self

    async def wait_for(self, event: str, count: int = 1) -> dict[str, Any]:
        """Wait, for a bounded time, until an event has arrived that many times; the last of them."""
        async with asyncio.timeout(WAIT_SECONDS):
            while len(found := [each for each in self.events if each["event"] == event]) < count:
                self._arrived.clear()
                await self._arrived.wait()
        return found[-1]

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        verdict = verify(
            secret_token=SECRET_TOKEN,
            timestamp=request.headers.get("x-zm-request-timestamp"),
            signature=request.headers.get("x-zm-signature"),
            body=body,
            now=time.time(),
            tolerance_seconds=30,
        )
        event = json.loads(body)
        self.verdicts.append(verdict)
        self.bodies.append(body)
        self.events.append(event)
        self._arrived.set()
        await self.gate.wait()
        status = self.statuses.popleft() if self.statuses else 200
        if event["event"] == "endpoint.url_validation":
            return JSONResponse(answer_validation(self._secret_token, event["payload"]["plainToken"]), status)
        return Response(status_code=status if verdict is Verdict.VALID else 401)
