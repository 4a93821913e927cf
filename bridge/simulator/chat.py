"""Zoom Team Chat's incoming webhooks: takes posts, and refuses what Zoom refuses.

Sources: support.zoom.com KB0067640 (incoming webhook app: bare token, formats), and public clients of
it for what that page leaves out: the raw text of ``format=message``, the ``content`` wrapper of
``format=full``, the signed connection of ``/inc connect -s``, the plain ``OK``, the three shapes of 429.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

SIGNATURE_SECONDS = 30 * 60
"""How long the signature of a secure connection is good."""


class RateLimit(StrEnum):
    """The shapes in which Zoom says "too many"."""

    PER_SECOND = "per-second"
    """``X-RateLimit-Reset`` in UTC seconds, no ``Retry-After``."""
    DAILY = "daily"
    """``Retry-After`` as an ISO 8601 instant."""
    BARE = "bare"
    """No headers at all."""


class Mishap(StrEnum):
    """What can happen to an answer on its way."""

    RESET = "reset"
    """The connection breaks off instead."""
    SILENCE = "silence"
    """Nothing comes, for as long as the client waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What an endpoint answers."""

    status: int
    """0 where no answer arrives."""
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)
    mishap: Mishap | None = None
    taken: bool = False
    """Whether Zoom did what it was asked all the same, and only the answer is lost."""


OK = Reply(status=200, text="OK")
SERVER_ERROR = Reply(status=500, text="Internal Server Error")
BAD_GATEWAY = Reply(status=502, text="<html><body><h1>502 Bad Gateway</h1></body></html>")
RESET = Reply(status=0, text="", mishap=Mishap.RESET)
SILENCE = Reply(status=0, text="", mishap=Mishap.SILENCE)


async def respond(request: Request, reply: Reply, headers: Mapping[str, str], media_type: str) -> Response:
    """Send a reply over HTTP, or let happen to it what it says. The request's body has been read."""
    if reply.mishap is Mishap.RESET:
        # Starlette hands the server's own ``receive`` down, and with uvicorn it belongs to the connection.
        request.receive.__self__.transport.abort()  # type: ignore[attr-defined]
    if reply.mishap is not None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        return Response()
    return Response(
        reply.text,
        status_code=reply.status,
        headers={**headers, **reply.headers},
        media_type="text/html" if reply.text.startswith("<") else media_type if reply.text else None,
    )


def too_many(shape: RateLimit, now: float) -> Reply:
    """A 429 in one of its shapes; ``now`` in UTC seconds."""
    second = "You have reached the maximum per-second rate limit for this API. Try again later."
    if shape is RateLimit.BARE:
        return Reply(status=429, text=second)
    if shape is RateLimit.PER_SECOND:
        limits = {
            "X-RateLimit-Type": "QPS",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": str(int(now) + 1),
        }
        return Reply(status=429, text=second, headers=limits)
    midnight = datetime.fromtimestamp(now, UTC).replace(
        hour=0, minute=0, second=0, microsecond=0
    ) + timedelta(days=1)
    text = (
        "You have reached the maximum daily rate limit for this API. "
        "Refer to the response header for details on when you can make another request."
    )
    limits = {"X-RateLimit-Type": "Daily-limit", "Retry-After": midnight.strftime("%Y-%m-%dT%H:%M:%SZ")}
    return Reply(status=429, text=text, headers=limits)


@dataclass(slots=True, kw_only=True)
class ChatWebhook:
    """One channel's incoming webhook, with the limits it holds posts to."""

    id: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    """What the URL ends with."""
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    """Verification token, or the signing secret of a secure connection."""
    secure: bool = False
    """Made with ``/inc connect -s``: posts are signed."""
    max_body_bytes: int = 4096
    """Longer bodies are refused whole. Zoom documents 4,096 characters for a chat message."""
    min_interval_seconds: float = 1.0
    """Posts closer to each other are too many; Zoom publishes no figure."""
    rate_limit: RateLimit = RateLimit.PER_SECOND
    script: deque[Reply] = field(default_factory=deque)
    """Replies for the next well-formed posts, whatever they say; then all is well again."""
    last_post: float = float("-inf")
    """When the last post was taken, UTC seconds."""

    @property
    def path(self) -> str:
        """Path of its URL on today's host."""
        return f"/chat/webhooks/incomingwebhook/{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatPost:
    """A message that was taken and that people now see."""

    webhook_id: str
    format: str
    raw: bytes
    """The body, byte for byte."""
    text: str
    """What people read."""
    at: float
    """When, UTC seconds."""


class Chat:
    """Every incoming webhook of one simulated account, and what was posted to them.

    Args:
        on_post: Called with each post that was taken; must not block.
    """

    def __init__(self, on_post: Callable[[ChatPost], None] | None = None) -> None:
        self.webhooks: dict[str, ChatWebhook] = {}
        self.posts: list[ChatPost] = []
        self.replies: list[Reply] = []
        """Every answer that was given, in order."""
        self.on_post = on_post

    def add(self, webhook: ChatWebhook) -> ChatWebhook:
        """Connect a channel."""
        self.webhooks[webhook.id] = webhook
        return webhook

    @property
    def refusals(self) -> list[Reply]:
        """Answers other than 200, in order."""
        return [reply for reply in self.replies if reply.status != OK.status]

    @property
    def routes(self) -> list[Route]:
        """Both addresses under which Zoom takes posts."""
        paths = ("/chat/webhooks/incomingwebhook/{webhook_id}", "/incoming/hook/{webhook_id}")
        return [Route(path, self._endpoint, methods=["POST"]) for path in paths]

    def take(
        self, webhook_id: str, *, query: Mapping[str, str], authorization: str | None, body: bytes, now: float
    ) -> Reply:
        """Judge one post, record it where it is taken, and say what Zoom answers. ``now`` is UTC seconds."""
        webhook = self.webhooks.get(webhook_id)
        reply = judge(webhook, query=query, authorization=authorization, body=body, now=now)
        if webhook is not None and reply is OK:
            reply = webhook.script.popleft() if webhook.script else reply
        if webhook is not None and (reply is OK or reply.taken):
            webhook.last_post = now
            shape = query["format"]
            post = ChatPost(webhook_id=webhook.id, format=shape, raw=body, text=visible(shape, body), at=now)
            self.posts.append(post)
            if self.on_post is not None:
                self.on_post(post)
        self.replies.append(reply)
        return reply

    async def _endpoint(self, request: Request) -> Response:
        reply = self.take(
            request.path_params["webhook_id"],
            query=request.query_params,
            authorization=request.headers.get("authorization"),
            body=await request.body(),
            now=time.time(),
        )
        return await respond(request, reply, {}, "text/plain")


def judge(
    webhook: ChatWebhook | None,
    *,
    query: Mapping[str, str],
    authorization: str | None,
    body: bytes,
    now: float,
) -> Reply:
    """What Zoom answers to a post, by its rules alone. Pure."""
    if webhook is None:
        return Reply(status=404, text="Not Found")
    shape = query.get("format", "")
    refusal = _authorize(
        webhook, shape=shape, query=query, authorization=authorization or "", body=body, now=now
    )
    if refusal is not None:
        return refusal
    if shape not in _VISIBLE:
        return Reply(status=400, text="Bad Request: unknown format")
    if len(body) > webhook.max_body_bytes:
        return Reply(status=400, text="Bad Request: message too long")
    if visible(shape, body) == "":
        return Reply(status=400, text=f"Bad Request: no content of format {shape}")
    if now - webhook.last_post < webhook.min_interval_seconds:
        return too_many(webhook.rate_limit, now)
    return OK


def visible(shape: str, body: bytes) -> str:
    """The text that people see of a body; empty where the body does not fit its format."""
    try:
        return _VISIBLE[shape](body.decode()).strip()
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


def _authorize(
    webhook: ChatWebhook, *, shape: str, query: Mapping[str, str], authorization: str, body: bytes, now: float
) -> Reply | None:
    if not webhook.secure:
        if hmac.compare_digest(authorization.encode(), webhook.token.encode()):
            return None
        return Reply(status=401, text="Unauthorized: invalid token")
    timestamp = query.get("timestamp", "")
    if not timestamp:
        return Reply(status=400, text="Bad Request: Missed timestamp")
    signed = f"{shape}&{timestamp}&".encode() + body
    expected = base64.b64encode(hmac.new(webhook.token.encode(), signed, hashlib.sha256).digest())
    fresh = timestamp.isdecimal() and abs(now - int(timestamp) / 1000) <= SIGNATURE_SECONDS
    if fresh and hmac.compare_digest(expected, authorization.encode()):
        return None
    return Reply(status=401, text="Invalid signature")


def _fields(text: str) -> str:
    fields = json.loads(text)
    if not all(isinstance(value, str) for value in fields.values()):
        raise ValueError("values are not all text")
    return "\n".join(f"{label}: {value}" for label, value in fields.items())


def _full(text: str) -> str:
    whole = json.loads(text)
    content = whole.get("content", whole)
    if not isinstance(content["body"], list):
        raise ValueError("body is not a list")
    head = content.get("head", {})
    texts = [head.get("text", ""), head.get("sub_head", {}).get("text", "")]
    return "\n".join(part for part in (*texts, *(item.get("text", "") for item in content["body"])) if part)


_VISIBLE: dict[str, Callable[[str], str]] = {"message": str, "fields": _fields, "full": _full}
