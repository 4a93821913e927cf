"""What the stand-ins of model servers have in common: a script of answers, a memory of requests, a loopback port."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.requests import Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from typing import Self

    from starlette.responses import Response

JsonObject = dict[str, Any]
KEY = "sk-test-right"


@dataclass(frozen=True)
class Said:
    """One answer of a model."""

    text: str = ""
    tool: tuple[str, JsonObject] | None = None
    """A tool that it calls instead, with its arguments."""
    end: str = "stop"
    refusal: str | None = None


class RefusedError(Exception):
    """A request that the real server would not take."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass
class ScriptedModel:
    """A server's script and memory. Answers are taken in order; without one, ``otherwise`` makes it, else it is a 500."""

    url: str = ""
    key: str = KEY
    answers: list[Said | tuple[int, str | None] | None] = field(default_factory=list)
    otherwise: Callable[[JsonObject], JsonObject | Said | str] | None = None
    requests: list[JsonObject] = field(default_factory=list)
    """The bodies of those that were taken."""
    refusals: list[str] = field(default_factory=list)
    """Why the others were not."""
    never: asyncio.Event = field(default_factory=asyncio.Event)

    def say(self, answer: JsonObject | str, **fields: Any) -> None:
        """Answer the next request; an object goes as its JSON text."""
        self.answers.append(Said(answer if isinstance(answer, str) else json.dumps(answer), **fields))

    def call(self, tool: str, arguments: JsonObject) -> None:
        """Answer the next request with a call of a tool."""
        self.answers.append(Said(tool=(tool, arguments), end="tool_calls"))

    def fail(self, status: int, *, retry_after: str | None = None) -> None:
        """Answer the next request with an error."""
        self.answers.append((status, retry_after))

    def hang(self) -> None:
        """Never answer the next request."""
        self.answers.append(None)

    def checked(self, request: Request, raw: bytes) -> JsonObject:
        """Read a request as the real server does.

        Raises:
            RefusedError: It would refuse it.
        """
        raise NotImplementedError

    def answer(self, body: JsonObject, said: Said) -> Response:
        """Write an answer as the real server does."""
        raise NotImplementedError

    def error(self, status: int, message: str, code: str | None = None) -> Response:
        """Write an error as the real server does."""
        raise NotImplementedError

    async def __call__(self, scope: JsonObject, receive: Any, send: Any) -> None:
        """The ASGI application."""
        request = Request(scope, receive)
        raw = await request.body()
        try:
            body = self.checked(request, raw)
        except RefusedError as refusal:
            self.refusals.append(str(refusal))
            await self.error(refusal.status, str(refusal), refusal.code)(scope, receive, send)
            return
        self.requests.append(body)
        if self.answers and self.answers[0] is None:
            self.answers.pop(0)
            await self.never.wait()
            return
        await self._scripted(body)(scope, receive, send)

    def _scripted(self, body: JsonObject) -> Response:
        said = self.answers.pop(0) if self.answers else self._made(body)
        if isinstance(said, Said):
            return self.answer(body, said)
        status, retry_after = said or (500, None)
        response = self.error(status, "refused by the script")
        if retry_after:
            response.headers["retry-after"] = retry_after
        return response

    def _made(self, body: JsonObject) -> Said | tuple[int, str | None]:
        if self.otherwise is None:
            return 500, None
        made = self.otherwise(body)
        if isinstance(made, Said):
            return made
        return Said(made if isinstance(made, str) else json.dumps(made))

    @classmethod
    @asynccontextmanager
    async def serve(cls) -> AsyncIterator[Self]:
        """The server on an ephemeral port of 127.0.0.1, for as long as the block runs."""
        listener = socket.create_server(("127.0.0.1", 0))
        fake = cls(url=f"http://127.0.0.1:{listener.getsockname()[1]}")
        config = uvicorn.Config(fake, lifespan="off", ws="none", log_config=None, timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        # The socket listens already, so a request that comes before the server is up waits in its backlog.
        task = asyncio.create_task(server._serve(sockets=[listener]), name=f"fake {cls.__name__}")
        try:
            yield fake
        finally:
            fake.never.set()
            server.should_exit = True
            await task
            listener.close()


def demand(holds: bool, message: str, status: int = 400, code: str | None = None) -> None:
    """Refuse a request unless something holds."""
    if not holds:
        raise RefusedError(status, message, code)


def tokens(text: str) -> int:
    """A rough count, as English text has it."""
    return len(text) // 4
