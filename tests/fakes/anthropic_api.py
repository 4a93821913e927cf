"""Anthropic's Messages API on a loopback port: strict about requests, scripted in its answers.

What it demands and sends is documented at platform.claude.com: "Messages", "Errors", "Structured outputs",
"Prompt caching". Newer models refuse sampling parameters, prefilled answers and forced tool use; so does it.
"""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

JsonObject = dict[str, Any]

KEY = "sk-ant-test-right"
MIN_CACHED_TOKENS = {
    "claude-sonnet-5-5": 512,
    "claude-haiku-5-5": 512,
    "claude-opus-5-5": 512,
    "claude-fable-5-1": 512,
    "claude-opus-5": 512,
    "claude-sonnet-5": 1024,
    "claude-haiku-4-5": 4096,
}
"""The models known here, each with the shortest prefix that it caches."""
MODELS_WITH_EFFORT = MIN_CACHED_TOKENS.keys() - {"claude-haiku-4-5"}
MOST_BREAKPOINTS = 4
ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}
FIELDS = {
    "model",
    "max_tokens",
    "messages",
    "system",
    "output_config",
    "metadata",
    "stop_sequences",
    "stream",
}
UNSUPPORTED_IN_SCHEMAS = {
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
}


@dataclass(frozen=True)
class Recorded:
    """One request as it came in."""

    headers: dict[str, str]
    body: JsonObject


class RefusedError(Exception):
    """A request that the real API would not take."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class FakeAnthropic:
    """The server's script and memory. Answers are taken in order; a request without one is answered with 500."""

    url: str = ""
    key: str = KEY
    answers: list[Callable[[JsonObject], Response]] = field(default_factory=list)
    otherwise: Callable[[JsonObject], JsonObject] | None = None
    """Makes the answer to a request for which the script has none."""
    requests: list[Recorded] = field(default_factory=list)
    cached: set[str] = field(default_factory=set)
    never: asyncio.Event = field(default_factory=asyncio.Event)
    """Set at shutdown: releases requests that were left hanging."""

    def say(self, answer: JsonObject | str, *, stop_reason: str = "end_turn") -> None:
        """Answer the next request with a message; an object goes as its JSON text."""
        text = answer if isinstance(answer, str) else json.dumps(answer)
        self.answers.append(lambda body: self._message(body, text, stop_reason))

    def fail(
        self, status: int, *, retry_after: str | None = None, message: str = "refused by the script"
    ) -> None:
        """Answer the next request with an error."""
        self.answers.append(lambda _: error(status, message, retry_after))

    def hang(self) -> None:
        """Never answer the next request."""
        self.answers.append(lambda _: Response(status_code=0))

    async def __call__(self, scope: JsonObject, receive: Any, send: Any) -> None:
        """The ASGI application."""
        request = Request(scope, receive)
        raw = await request.body()
        try:
            body = self._checked(request, raw)
            self.requests.append(Recorded(dict(request.headers), body))
            response = self._scripted(body)
            if response.status_code == 0:
                await self.never.wait()
                return
        except RefusedError as refusal:
            response = error(refusal.status, str(refusal))
        await response(scope, receive, send)

    def _scripted(self, body: JsonObject) -> Response:
        if self.answers:
            return self.answers.pop(0)(body)
        if self.otherwise is None:
            return error(500, "no answer in the script")
        return self._message(body, json.dumps(self.otherwise(body)), "end_turn")

    def _checked(self, request: Request, raw: bytes) -> JsonObject:
        if (request.method, request.url.path) != ("POST", "/v1/messages"):
            raise RefusedError(404, "Not found")
        if request.headers.get("x-api-key") != self.key:
            raise RefusedError(401, "invalid x-api-key")
        if request.headers.get("anthropic-version") != "2023-06-01":
            raise RefusedError(400, "anthropic-version: header is required")
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            raise RefusedError(400, "content-type must be application/json")
        body: JsonObject = json.loads(raw)
        check_body(body)
        return body

    def _message(self, body: JsonObject, text: str, stop_reason: str) -> Response:
        scope = f"{body['model']} {json.dumps(body.get('output_config'))}"
        prefixes, whole = prefixes_of(body)
        cacheable = [prefix for prefix in prefixes if tokens(prefix) >= MIN_CACHED_TOKENS[body["model"]]]
        read = max((tokens(prefix) for prefix in cacheable if scope + prefix in self.cached), default=0)
        written = max((tokens(prefix) for prefix in cacheable), default=0) - read
        self.cached |= {scope + prefix for prefix in cacheable}
        content = [] if stop_reason == "refusal" else [{"type": "text", "text": text}]
        return JSONResponse(
            {
                "id": f"msg_{len(self.requests):04}",
                "type": "message",
                "role": "assistant",
                "model": body["model"],
                "content": content,
                "stop_reason": stop_reason,
                "stop_sequence": None,
                "usage": {
                    "input_tokens": tokens(whole) - read - written,
                    "output_tokens": tokens(text),
                    "cache_read_input_tokens": read,
                    "cache_creation_input_tokens": written,
                },
            },
            headers={"request-id": "req_test"},
        )


def prefixes_of(body: JsonObject) -> tuple[list[str], str]:
    """Everything up to each of the cache's breakpoints, and the whole prompt."""
    prefixes, whole = [], ""
    contents = [body.get("system", []), *(message["content"] for message in body["messages"])]
    for content in contents:
        for block in [{"text": content}] if isinstance(content, str) else content:
            whole += f"\0{block['text']}"
            if "cache_control" in block:
                prefixes.append(whole)
    return prefixes, whole


def tokens(text: str) -> int:
    """A rough count, as English text has it."""
    return len(text) // 4


def error(status: int, message: str, retry_after: str | None = None) -> Response:
    """An error in the API's form."""
    body = {"type": "error", "error": {"type": ERRORS[status], "message": message}, "request_id": "req_test"}
    headers = {"request-id": "req_test"} | ({"retry-after": retry_after} if retry_after else {})
    return JSONResponse(body, status, headers)


def check_body(body: JsonObject) -> None:
    """Refuse what the API refuses.

    Raises:
        RefusedError: With 400 or 404 and what is wrong.
    """
    demand(not body.keys() - FIELDS, f"{sorted(body.keys() - FIELDS)}: Extra inputs are not permitted")
    if body.get("model") not in MIN_CACHED_TOKENS:
        raise RefusedError(404, f"model: {body.get('model')}")
    demand(isinstance(body.get("max_tokens"), int) and body["max_tokens"] > 0, "max_tokens: Field required")
    check_messages(body.get("messages"))
    system = body.get("system", [])
    for block in [{"type": "text", "text": system}] if isinstance(system, str) else system:
        check_text(block)
    marked = len(prefixes_of(body)[0])
    demand(
        marked <= MOST_BREAKPOINTS,
        f"A maximum of 4 blocks with cache_control may be provided. Found {marked}.",
    )
    output = body.get("output_config", {})
    demand(not output.keys() - {"format", "effort"}, "output_config: Extra inputs are not permitted")
    if "effort" in output:
        demand(output["effort"] in {"low", "medium", "high", "xhigh", "max"}, "output_config.effort: unknown")
        demand(body["model"] in MODELS_WITH_EFFORT, "This model does not support the effort parameter.")
    if "format" in output:
        demand(output["format"].get("type") == "json_schema", "output_config.format.type: json_schema")
        check_schema(output["format"].get("schema"))


def check_messages(messages: Any) -> None:
    demand(isinstance(messages, list) and bool(messages), "messages: Field required")
    roles = [message.get("role") for message in messages]
    expected = ["user", "assistant"] * len(roles)
    demand(roles == expected[: len(roles)], "messages: roles must alternate, beginning with user")
    demand(roles[-1] == "user", "This model does not support assistant message prefill.")
    for message in messages:
        content = message.get("content")
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        demand(isinstance(blocks, list) and bool(blocks), "messages.content: must not be empty")
        for block in blocks:
            check_text(block)


def check_text(block: Any) -> None:
    demand(isinstance(block, dict) and block.get("type") == "text", "only text blocks are known here")
    demand(not block.keys() - {"type", "text", "cache_control"}, "text block: Extra inputs are not permitted")
    demand(bool(block["text"].strip()), "text content blocks must contain non-whitespace text")
    demand(
        block.get("cache_control", {"type": "ephemeral"}) == {"type": "ephemeral"}, "cache_control: unknown"
    )


def check_schema(schema: Any) -> None:
    demand(isinstance(schema, dict), "output_config.format.schema: must be an object")
    demand(
        schema.get("$ref", "#/").startswith("#/"), "output_config.format.schema: external $ref not supported"
    )
    banned = UNSUPPORTED_IN_SCHEMAS & schema.keys()
    demand(not banned, f"output_config.format.schema: {sorted(banned)} not supported")
    if schema.get("type") == "object":
        demand(
            schema.get("additionalProperties") is False,
            "For 'object' type, 'additionalProperties' must be false",
        )
    parts = [
        *schema.get("properties", {}).values(),
        *schema.get("$defs", {}).values(),
        *schema.get("anyOf", []),
    ]
    for part in [*parts, schema.get("items")]:
        if part is not None:
            check_schema(part)


def demand(holds: bool, message: str) -> None:
    if not holds:
        raise RefusedError(400, message)


@asynccontextmanager
async def serve() -> AsyncIterator[FakeAnthropic]:
    """The API on an ephemeral port of 127.0.0.1, for as long as the block runs."""
    listener = socket.create_server(("127.0.0.1", 0))
    fake = FakeAnthropic(url=f"http://127.0.0.1:{listener.getsockname()[1]}")
    config = uvicorn.Config(fake, lifespan="off", ws="none", log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    # The socket listens already, so a request that comes before the server is up waits in its backlog.
    task = asyncio.create_task(server._serve(sockets=[listener]), name="fake Messages API")
    try:
        yield fake
    finally:
        fake.never.set()
        server.should_exit = True
        await task
        listener.close()
