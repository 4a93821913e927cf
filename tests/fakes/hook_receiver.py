"""Somebody who is told by webhook, on 127.0.0.1: as strict as Standard Webhooks' own library, which judges each delivery.

Beyond the signature it holds the bridge to its promises: a delivery that comes again says byte for byte the same, and is
signed anew. A broken promise is answered with 400 and kept in :attr:`HookReceiver.faults`.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator

SECRET = "whsec_" + base64.b64encode(b"a secret of tests, 32 bytes long").decode()
OTHER_SECRET = "whsec_" + base64.b64encode(b"the next secret, as long as that").decode()


@dataclass(frozen=True, kw_only=True)
class Reply:
    """How one delivery is answered."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    after: asyncio.Event | None = None
    """Answered only once this is set."""
    drop: bool = False
    """The connection breaks instead of an answer."""
    flood: bool = False
    """The answer's body never ends."""


@dataclass(frozen=True)
class Told:
    """One delivery that was a right one, in order of arrival."""

    delivery_id: str
    body: bytes
    signatures: str
    timestamp: str

    @property
    def said(self) -> dict[str, Any]:
        """Its JSON."""
        read: dict[str, Any] = json.loads(self.body)
        return read

    @property
    def type(self) -> str:
        """Of the event."""
        return str(self.said["type"])


class HookReceiver:
    """Serves in :meth:`listening`; leaving the block takes it away, entering it brings it back at the same port."""

    def __init__(self, secret: str = SECRET) -> None:
        self.secret = secret
        self.replies: deque[Reply] = deque()
        """Given out first, one per delivery."""
        self.otherwise = Reply()
        self.tried: list[Told] = []
        """Every attempt, however it was answered."""
        self.taken: list[Told] = []
        """Those that were answered with success."""
        self.faults: list[str] = []
        self.elsewhere = 0
        """Requests for another path, as a redirect would lead to."""
        self.port = 0

    @property
    def url(self) -> str:
        """Where it is told."""
        return f"http://127.0.0.1:{self.port}/told?key=k-9"

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Self]:
        """Serve while the block runs."""
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_post("/told", self._take)
        app.router.add_route("*", "/{other:.*}", self._other)
        runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", self.port)
            await site.start()
            self.port = runner.addresses[0][1]
            yield self
        finally:
            await runner.cleanup()

    def types(self) -> list[str]:
        """Types of what was taken, each as often as it was."""
        return [told.type for told in self.taken]

    async def _take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = request.headers
        told = Told(
            headers.get("webhook-id", ""),
            body,
            headers.get("webhook-signature", ""),
            headers.get("webhook-timestamp", ""),
        )
        if fault := self._fault(request, told):
            self.faults.append(fault)
            return web.Response(status=400)
        self.tried.append(told)
        reply = self.replies.popleft() if self.replies else self.otherwise
        if reply.after is not None:
            await reply.after.wait()
        if reply.drop and request.transport is not None:
            request.transport.abort()
        if 200 <= reply.status < 300 and not reply.drop:
            self.taken.append(told)
        if reply.flood:
            response = web.StreamResponse(status=reply.status, headers=reply.headers)
            await response.prepare(request)
            with contextlib.suppress(ConnectionError):
                while True:
                    await response.write(b"x" * 65_536)
        return web.Response(status=reply.status, headers=reply.headers)

    def _fault(self, request: web.Request, told: Told) -> str:
        try:
            Webhook(self.secret).verify(told.body, dict(request.headers))
        except WebhookVerificationError as error:
            return str(error)
        if "cookie" in request.headers:
            return "it came with somebody's cookie"
        if request.content_type != "application/json":
            return f"content type {request.content_type}"
        again = [each for each in self.tried if each.delivery_id == told.delivery_id]
        if any(each.body != told.body for each in again):
            return "another body under a known id"
        if any(each.body == told.body and each.delivery_id != told.delivery_id for each in self.tried):
            return "the same body under another id"
        return ""

    async def _other(self, request: web.Request) -> web.Response:
        self.elsewhere += 1
        return web.Response()
