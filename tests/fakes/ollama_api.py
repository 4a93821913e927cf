"""Ollama's API on a loopback port, as far as Langflow asks it: strict about requests, scripted in its answers.

What it demands and sends is documented in Ollama's ``docs/api.md`` ("Generate a chat completion", "Structured
outputs", "Generate Embeddings", "List Local Models", "Show Model Information"). Unknown fields it ignores, as the real one does. What does not fit into ``num_ctx`` it cuts off without a
word: the oldest messages first, but for the system's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.fakes.scripted_model import JsonObject, RefusedError, Said, ScriptedModel, demand, tokens
from tests.fakes.word_vectors import vector

if TYPE_CHECKING:
    from collections.abc import Sequence

MODELS = ("llama3.2", "qwen3:8b")
EMBEDDING_MODEL = "nomic-embed-text"
USUAL_CONTEXT = 4096
"""Tokens, where a request does not say otherwise."""


@dataclass
class FakeOllama(ScriptedModel):
    """The API. Texts that share words have vectors that are near each other."""

    embedded: list[str] = field(default_factory=list)
    """The texts that vectors were asked for."""

    async def __call__(self, scope: JsonObject, receive: Any, send: Any) -> None:
        tell = {"/api/tags": self._models, "/api/show": self._model, "/api/embed": self._vectors}.get(
            scope["path"]
        )
        if tell is None:
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            method = "GET" if scope["path"] == "/api/tags" else "POST"
            demand(request.method == method, "405 method not allowed", 405)
            answer = JSONResponse(tell(json.loads(await request.body() or b"{}")))
        except RefusedError as refusal:
            self.refusals.append(str(refusal))
            answer = JSONResponse({"error": str(refusal)}, refusal.status)
        await answer(scope, receive, send)

    def _models(self, _: JsonObject) -> JsonObject:
        names = (*MODELS, EMBEDDING_MODEL)
        return {"models": [{"name": name if ":" in name else f"{name}:latest"} for name in names]}

    def _model(self, body: JsonObject) -> JsonObject:
        return {"capabilities": ["embedding"] if known(body) == EMBEDDING_MODEL else ["completion", "tools"]}

    def _vectors(self, body: JsonObject) -> JsonObject:
        demand(known(body) == EMBEDDING_MODEL, "this model does not support embeddings", 501)
        given = body.get("input")
        texts: Sequence[str] = [given] if isinstance(given, str) else given or []
        demand(all(isinstance(text, str) for text in texts), "invalid input type")
        self.embedded += texts
        found = [vector(text) for text in texts]
        return {"model": body["model"], "embeddings": found, "prompt_eval_count": sum(map(tokens, texts))}

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


def known(body: JsonObject) -> str:
    """The model that a request names, without the tag that is meant where none is named."""
    name = str(body.get("model")).removesuffix(":latest")
    demand(name in (*MODELS, EMBEDDING_MODEL), f'model "{name}" not found, try pulling it first', 404)
    return name
