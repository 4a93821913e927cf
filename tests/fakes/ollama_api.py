"""Ollama's ``/api/chat`` on a loopback port: strict about requests, scripted in its answers.

What it demands and sends is documented in Ollama's ``docs/api.md`` ("Generate a chat completion", "Structured
outputs"). Unknown fields it ignores, as the real one does. What does not fit into ``num_ctx`` it cuts off without a
word: the oldest messages first, but for the system's.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from tests.fakes.scripted_model import JsonObject, Said, ScriptedModel, demand, tokens

if TYPE_CHECKING:
    from starlette.requests import Request

MODELS = ("llama3.2", "qwen3:8b")
USUAL_CONTEXT = 4096
"""Tokens, where a request does not say otherwise."""


class FakeOllama(ScriptedModel):
    """The API."""

    def checked(self, request: Request, raw: bytes) -> JsonObject:
        demand(request.url.path == "/api/chat", "404 page not found", 404)
        demand(request.method == "POST", "405 method not allowed", 405)
        body: JsonObject = json.loads(raw)
        demand(body.get("model") in MODELS, f"model '{body.get('model')}' not found", 404)
        form = body.get("format") or {}
        demand(form == "json" or isinstance(form, dict), "invalid format: expected 'json' or a JSON schema")
        for message in body.get("messages") or []:
            demand(message.get("role") in ("system", "user", "assistant", "tool"), "invalid role")
            content = message.get("content")  # null, and none at all, are an empty text to Go
            demand(content is None or isinstance(content, str), "json: cannot unmarshal message.content")
        options = body.get("options") or {}
        for name in ("num_ctx", "num_predict"):
            demand(isinstance(options.get(name, 0), int), f"option {name!r} must be of type integer")
        return body

    def answer(self, body: JsonObject, said: Said) -> Response:
        room = (body.get("options") or {}).get("num_ctx", USUAL_CONTEXT)
        asked = sum(tokens(message.get("content") or "") for message in body["messages"])
        head = {"model": body["model"], "created_at": "2026-11-29T10:00:00Z"}
        end = {
            "done": True,
            "done_reason": "stop" if said.tool else said.end,
            "total_duration": 5,
            "prompt_eval_count": min(asked, room),
            "eval_count": tokens(said.text),
        }
        message: JsonObject = {"role": "assistant", "content": said.text}
        if said.tool:
            message["tool_calls"] = [{"function": {"name": said.tool[0], "arguments": said.tool[1]}}]
        if not body.get("stream", True):
            return JSONResponse(head | {"message": message} | end)
        lines = [
            head | {"message": message, "done": False},
            head | {"message": {"role": "assistant", "content": ""}} | end,
        ]
        return Response("".join(f"{json.dumps(line)}\n" for line in lines), media_type="application/x-ndjson")

    def error(self, status: int, message: str, code: str | None = None) -> Response:
        return JSONResponse({"error": message}, status)
