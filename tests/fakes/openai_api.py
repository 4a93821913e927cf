"""OpenAI's Chat Completions API on a loopback port: strict about requests, scripted in its answers.

What it demands and sends is documented at platform.openai.com: "Chat Completions", "Structured model outputs",
"Error codes", "Streaming".
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from tests.fakes.scripted_model import JsonObject, RefusedError, Said, ScriptedModel, demand, tokens

if TYPE_CHECKING:
    from starlette.requests import Request

STRUCTURED = frozenset(["gpt-4o-mini", "gpt-5-mini"])
"""Models that take a JSON schema; ``gpt-4`` is of the time before, and the other one of a server that has no such thing."""
MODELS = STRUCTURED | {"gpt-4", "some-local-model"}
REASONING = frozenset(["gpt-5-mini"])
FIELDS = frozenset(
    [
        "frequency_penalty", "logit_bias", "logprobs", "max_completion_tokens", "max_tokens", "messages", "metadata",
        "model", "n", "parallel_tool_calls", "presence_penalty", "reasoning_effort", "response_format", "seed",
        "service_tier", "stop", "store", "stream", "stream_options", "temperature", "tool_choice", "tools",
        "top_logprobs", "top_p", "user",
    ]
)  # fmt: skip
ROLES = ("system", "developer", "user", "assistant", "tool")
TYPES = {401: "invalid_request_error", 403: "permission_error", 429: "rate_limit_error", 500: "server_error"}
UNSUPPORTED_SCHEMA = (
    "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."
)


class FakeOpenAI(ScriptedModel):
    """The API. ``url`` has no ``/v1`` behind it."""

    def checked(self, request: Request, raw: bytes) -> JsonObject:
        demand(request.url.path == "/v1/chat/completions", f"Invalid URL (POST {request.url.path})", 404)
        demand(request.method == "POST", "Not allowed", 405)
        told = request.headers.get("authorization", "")
        demand(
            told == f"Bearer {self.key}", "Incorrect API key provided: sk-***.", 401, code="invalid_api_key"
        )
        body: JsonObject = json.loads(raw)
        check_body(body)
        return body

    def answer(self, body: JsonObject, said: Said) -> Response:
        prompt = sum(tokens(str(message.get("content"))) for message in body["messages"])
        written = tokens(said.text)
        usage = {
            "prompt_tokens": prompt,
            "completion_tokens": written,
            "total_tokens": prompt + written,
            "prompt_tokens_details": {"cached_tokens": 0},
        }
        head = {"id": f"chatcmpl-{len(self.requests):04}", "created": 1_790_000_000, "model": body["model"]}
        message: JsonObject = {"role": "assistant", "content": said.text or None, "refusal": said.refusal}
        if said.tool:
            called = {"name": said.tool[0], "arguments": json.dumps(said.tool[1])}
            message["tool_calls"] = [
                {"id": f"call_{len(self.requests):04}", "type": "function", "function": called}
            ]
        if body.get("stream"):
            return streamed(body, head, message, said.end, usage)
        choice = {"index": 0, "message": message, "finish_reason": said.end, "logprobs": None}
        return JSONResponse(head | {"object": "chat.completion", "choices": [choice], "usage": usage})

    def error(self, status: int, message: str, code: str | None = None) -> Response:
        kind = TYPES.get(status, "invalid_request_error")
        return JSONResponse(
            {"error": {"message": message, "type": kind, "param": None, "code": code}}, status
        )


def streamed(
    body: JsonObject, head: JsonObject, message: JsonObject, end: str, usage: JsonObject
) -> Response:
    """An answer as server-sent events: the message in one piece, the end, and what it took where that is asked for."""
    delta = {name: value for name, value in message.items() if value is not None}
    if "tool_calls" in delta:
        delta["tool_calls"] = [{"index": 0} | call for call in delta["tool_calls"]]
    chunks: list[Any] = [
        [{"index": 0, "delta": delta, "finish_reason": None}],
        [{"index": 0, "delta": {}, "finish_reason": end}],
    ]
    told: list[JsonObject] = [
        head | {"object": "chat.completion.chunk", "choices": choices} for choices in chunks
    ]
    if (body.get("stream_options") or {}).get("include_usage"):
        told.append(head | {"object": "chat.completion.chunk", "choices": [], "usage": usage})
    lines = [*(f"data: {json.dumps(chunk)}\n\n" for chunk in told), "data: [DONE]\n\n"]
    return Response("".join(lines), media_type="text/event-stream")


def check_body(body: JsonObject) -> None:
    """Refuse what the API refuses.

    Raises:
        RefusedError: With 400 or 404 and what is wrong.
    """
    unknown = sorted(body.keys() - FIELDS)
    demand(not unknown, f"Unrecognized request arguments supplied: {', '.join(unknown)}")
    model = body.get("model")
    if model not in MODELS:
        raise RefusedError(404, f"The model `{model}` does not exist", "model_not_found")
    demand(not (body.get("stream_options") and not body.get("stream")), "stream_options: only with stream")
    if model in REASONING:
        for name in ("temperature", "max_tokens", "top_p"):
            demand(
                body.get(name) in (None, 1), f"Unsupported parameter: '{name}'", code="unsupported_parameter"
            )
    for name in ("max_tokens", "max_completion_tokens"):
        demand(body.get(name) is None or body[name] > 0, f"Invalid '{name}'")
    check_messages(body.get("messages"))
    for tool in body.get("tools") or []:
        demand(tool.get("type") == "function" and bool(tool["function"].get("name")), "tools: invalid")
    if "response_format" in body:
        check_format(body)


def check_messages(messages: Any) -> None:
    demand(isinstance(messages, list) and bool(messages), "Invalid 'messages': empty array.")
    for place, message in enumerate(messages):
        role = message.get("role")
        demand(role in ROLES, f"Invalid value: '{role}'. Supported values are: {ROLES}.")
        content = message.get("content")
        demand(
            isinstance(content, str | list) or (role == "assistant" and bool(message.get("tool_calls"))),
            f"Invalid value for 'content': messages[{place}]",
        )
        demand(role != "tool" or bool(message.get("tool_call_id")), "tool_call_id: missing")


def check_format(body: JsonObject) -> None:
    """Refuse an answer's form that the API, or the model, does not know."""
    form = body["response_format"]
    kind = form.get("type")
    demand(kind in ("text", "json_object", "json_schema"), f"Invalid value: '{kind}'.")
    if kind == "json_object":
        said = json.dumps(body["messages"]).lower()
        demand("json" in said, "'messages' must contain the word 'json' in some form")
    if kind == "json_schema":
        demand(body["model"] in STRUCTURED, UNSUPPORTED_SCHEMA)
        told = form.get("json_schema") or {}
        demand(bool(re.fullmatch(r"[\w-]{1,64}", told.get("name", ""))), "Invalid 'json_schema.name'")
        demand(
            not told.keys() - {"name", "schema", "strict", "description"}, "Unknown parameter: json_schema"
        )
        demand(isinstance(told.get("schema"), dict), "Missing required parameter: json_schema.schema")
        if told.get("strict"):
            check_strict(told["schema"])


def check_strict(schema: JsonObject) -> None:
    """Refuse what strict schemas must not have."""
    if schema.get("type") == "object":
        named = set(schema.get("properties", {}))
        demand(
            schema.get("additionalProperties") is False, "Invalid schema: additionalProperties is required"
        )
        demand(
            set(schema.get("required", [])) == named, "Invalid schema: 'required' must list every property"
        )
    parts = [*schema.get("properties", {}).values(), *schema.get("anyOf", []), schema.get("items")]
    for part in parts:
        if part is not None:
            check_strict(part)
