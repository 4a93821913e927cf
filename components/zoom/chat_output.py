"""Zoom Chat Output: what a flow found, said in a Zoom Team Chat channel, once."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx
from lfx.custom import Component
from lfx.io import DataInput, HandleInput, Output, SecretStrInput
from lfx.memory import aget_messages, astore_message, aupdate_messages, delete_message
from lfx.schema.data import Data
from lfx.schema.message import Message
from lfx.services.deps import get_shared_component_cache_service

NEWS_SCHEMA: Final = "zoom-news/1"
PART_BYTES: Final = 3500
"""Longest post, UTF-8 bytes with its part number; Zoom refuses a post that is too long as a whole."""
POST_SPACING_SECONDS: Final = 1.0
"""From one post to the next on the same webhook."""
TIMEOUT: Final = httpx.Timeout(30, connect=10)
"""Seconds."""
ATTEMPTS: Final = 4
"""Posts of one message at most, when Zoom says that it did not take it."""
LONGEST_WAIT_SECONDS: Final = 30.0
"""What Zoom may ask us to wait; more is an error that says how long."""
CLAIM_ATTEMPTS: Final = 8
CLAIM_PAUSE_SECONDS: Final = 0.05
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")

LABELS: Final = {
    "action_item": "Action item",
    "decision": "Decision",
    "question": "Open question",
    "objection": "Objection",
    "risk": "Risk",
    "follow_up": "Follow-up",
}
HEADINGS: Final = {
    "action_item": "Action items",
    "decision": "Decisions",
    "question": "Open questions",
    "objection": "Objections",
    "risk": "Risks",
    "follow_up": "Follow-ups",
}
WHEN: Final = re.compile(
    r"(?:by|on|at|in|before|after|until|within|next|this|today|tonight|tomorrow|end of|eod|eow|asap|as soon)\b",
    re.I,
)
"""How a due date starts that needs no "by" in front."""
CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
TRY_AGAIN: Final = (429, 500, 503)
"""Answers with which Zoom says that it did not take the message now."""
NOBODY_KNOWS: Final = (502, 504)
"""Answers of a gateway that does not know what became of the message."""
HINTS: Final = {
    400: "Zoom refused the post. Was the connection made with '/inc connect' (not '/inc connect -s')?",
    401: "Zoom refused the verification token. Paste the token that '/inc connect' showed, without 'Bearer'.",
    403: "Zoom does not allow this webhook to post. Ask the channel's owner or your Zoom administrator.",
    404: "Zoom does not know this webhook. Paste the URL that '/inc connect' showed, or connect the channel again.",
}
HTTPX_LOG = logging.getLogger("httpx")


class ChatError(RuntimeError):
    """A message did not reach the chat, and why; never with the URL, the token or the message.

    Attributes:
        refused: Whether it certainly did not arrive, so that it may be posted again.
    """

    def __init__(self, message: str, *, refused: bool = True) -> None:
        super().__init__(message)
        self.refused = refused


@dataclass(frozen=True)
class Item:
    """One thing to say, which people are told once."""

    key: str
    """What it is claimed under; the same whenever the same thing is to be said again."""
    text: str


@dataclass(frozen=True)
class Post:
    """What goes into the channel with one request."""

    keys: list[str]
    text: str


def items_of(news: dict[str, Any]) -> list[Item]:
    """Write a ledger's news for people.

    An insight is claimed by its id, a change by id and content, a summary by its window: so an insight is
    said once, and each change of it once. A summary lists all insights; none is said beside it.
    """
    if news["summary"]:
        return as_items(f"{news['window_id']}:summary", write_summary(news))
    return [
        item
        for insight in news["insights"]
        for item in as_items(insight_key(insight), write_insight(insight))
    ]


def as_items(key: str, text: str) -> list[Item]:
    """Make one item of a text, or one of each part where it is too long for one post."""
    parts = split(text, PART_BYTES)
    if len(parts) == 1:
        return [Item(key, text)]
    return [Item(f"{key}:{n}", part) for n, part in enumerate(parts, 1)]


def insight_key(insight: dict[str, Any]) -> str:
    """Name what is said of an insight: its id, and for a change what it changed to."""
    if insight["status"] == "new":
        return str(insight["id"])
    return f"{insight['id']}:{digest([insight['text'], insight['owner'], insight['due']])}"


def write_insight(insight: dict[str, Any]) -> str:
    """Write an insight as a sentence: ``Action item: Dana - send the contract (by Friday)``."""
    label = LABELS.get(insight["kind"], "Note")
    if insight["status"] == "changed":
        label = f"Updated {label[0].lower()}{label[1:]}"
    return f"{label}: {write_point(insight)}"


def write_point(insight: dict[str, Any]) -> str:
    """Write who does what until when, saying nothing twice."""
    text, owner, due = clean(insight["text"]), clean(insight["owner"] or ""), clean(insight["due"] or "")
    if owner and not text.casefold().startswith(owner.casefold()):
        text = f"{owner} - {text}"
    if due and due.casefold() not in text.casefold():
        text = f"{text} ({due if WHEN.match(due) else f'by {due}'})"
    return text


def write_summary(news: dict[str, Any]) -> str:
    """Write the end of a meeting: what it was about, who was there, and everything found by kind.

    An insight whose words are in the summary already is not listed under it once more.
    """
    topic = clean(news["meeting"].get("topic") or "")
    blocks = [f"Meeting summary{f' - {topic}' if topic else ''}", clean(news["summary"]["text"])]
    if news["summary"]["attendees"]:
        blocks.append(f"Attendees: {', '.join(map(clean, news['summary']['attendees']))}")
    told = news["summary"]["text"].casefold()
    insights = [
        insight
        for insight in news.get("open") or news["insights"]
        if clean(insight["text"]).casefold() not in told
    ]
    for kind, heading in HEADINGS.items():
        points = [f"- {write_point(insight)}" for insight in insights if insight["kind"] == kind]
        if points:
            blocks.append("\n".join([f"{heading}:", *points]))
    return "\n\n".join(blocks)


def clean(text: str) -> str:
    """Take out control characters but line breaks and tabs, and space around the text."""
    return CONTROL.sub("", text.replace("\r\n", "\n")).strip()


def digest(value: Any) -> str:
    """Shorten a value to a name for it."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:12]


def split(text: str, size: int) -> list[str]:
    """Split text into parts of at most ``size`` UTF-8 bytes.

    Cuts at a paragraph, else a line, else a space, else between two characters. More than one part are
    numbered ``(1/3) `` and so on, which counts.
    """
    if len(text.encode()) <= size:
        return [text] if text else []
    digits = 1
    while True:
        room = size - len("(/) ") - 2 * digits
        parts = cut(text, room)
        if len(str(len(parts))) <= digits:
            return [f"({n}/{len(parts)}) {part}" for n, part in enumerate(parts, 1)]
        digits += 1


def cut(text: str, size: int) -> list[str]:
    """Cut text into parts of at most ``size`` UTF-8 bytes at the best place there is."""
    parts = []
    while len(text.encode()) > size:
        head = text.encode()[:size].decode(errors="ignore")
        end = max(head.rfind("\n\n"), 0) or max(head.rfind("\n"), 0) or max(head.rfind(" "), 0) or len(head)
        parts.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [part for part in [*parts, text] if part]


def next_post(items: list[Item]) -> Post | None:
    """Put as many of the items, in order, into one post as fit; ``None`` where there are none."""
    texts: list[str] = []
    for item in items:
        if texts and len("\n\n".join([*texts, item.text]).encode()) > PART_BYTES:
            break
        texts.append(item.text)
    return Post([item.key for item in items[: len(texts)]], "\n\n".join(texts)) if texts else None


def webhook_target(url: str) -> httpx.URL:
    """Check the webhook's URL and ask for plain text in it.

    Raises:
        ChatError: It is not an https URL; plain http is for loopback only.
    """
    try:
        target = httpx.URL(url.strip())
    except httpx.InvalidURL:
        target = httpx.URL("")
    if not target.host or not (
        target.scheme == "https" or (target.scheme == "http" and target.host in LOOPBACK)
    ):
        msg = "The Webhook URL must begin with https://. Paste the endpoint that '/inc connect' showed."
        raise ChatError(msg)
    return target.copy_set_param("format", "message")


def bare_token(token: str) -> str:
    """Check the verification token, which Zoom wants without a scheme in front.

    Raises:
        ChatError: It is missing or is more than a token.
    """
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        msg = "The Verification Token must be the bare token that '/inc connect' showed, without 'Bearer'."
        raise ChatError(msg)
    return token


def asked_wait(headers: httpx.Headers, now: float) -> float | None:
    """Find out how long Zoom asks us to wait.

    Args:
        headers: Of a 429 or 503. ``Retry-After`` is seconds, an ISO 8601 time (a daily limit) or an HTTP
            date; ``X-RateLimit-Reset`` is Unix seconds (developers.zoom.us, rate limits).
        now: Unix seconds.

    Returns:
        Seconds from now, or ``None`` where no header tells.
    """
    value = headers.get("retry-after", "").strip()
    reset = headers.get("x-ratelimit-reset", "").strip()
    if value.isdecimal():
        return float(value)
    when = None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        with contextlib.suppress(ValueError):
            when = when or read(value.replace("Z", "+00:00"))
    if when:
        at = when if when.tzinfo else when.replace(tzinfo=timezone.utc)
        return max(0.0, at.timestamp() - now)
    return max(0.0, float(reset) - now) if reset.isdecimal() else None


@contextlib.contextmanager
def unlogged(target: httpx.URL) -> Iterator[None]:
    """Keep the webhook's address out of httpx's log of requests."""

    def tells_nothing(record: logging.LogRecord) -> bool:
        return str(target) not in record.getMessage()

    HTTPX_LOG.addFilter(tells_nothing)
    try:
        yield
    finally:
        HTTPX_LOG.removeFilter(tells_nothing)


class ZoomChatOutput(Component):
    """Stands at the end of a flow, before Chat Output: posts to a Zoom Team Chat incoming webhook.

    What is about to be posted is claimed in Langflow's message history first (in ``<session>:memory``,
    beside the meeting's session), so that a repeated run posts nothing twice. A refusal gives the claim
    back, and a repeated run tries again. Where nobody can know whether a post arrived (no answer in time,
    Langflow killed in between), the claim stays: people may miss a message, but never get it twice.
    """

    display_name = "Zoom Chat Output"
    description = "Posts news or any text to a Zoom Team Chat channel, each thing once."
    documentation = "https://support.zoom.com/hc/en/article?id=zm_kb&sysparm_article=KB0067640"
    icon = "Send"
    name = "ZoomChatOutput"

    inputs = [
        HandleInput(
            name="news",
            display_name="News",
            info="What to post: the news of Zoom Insight Ledger, or any text.",
            input_types=["Data", "JSON", "Message"],
            required=True,
        ),
        SecretStrInput(
            name="webhook_url",
            display_name="Webhook URL",
            info="Endpoint of an incoming webhook, shown by '/inc connect <name>' in the Zoom channel. Without "
            "it this is a dry run: nothing is posted.",
            required=False,
        ),
        SecretStrInput(
            name="verification_token",
            display_name="Verification Token",
            info="Shown by '/inc connect <name>' beside the endpoint.",
            required=False,
        ),
        DataInput(
            name="context",
            display_name="Context",
            info="For text only: the Context of Zoom Context Buffer. Then each window is answered once, whatever "
            "the words; without it, the same text is posted once in a session.",
            advanced=True,
        ),
    ]
    outputs = [Output(name="posted", display_name="Posted", method="post")]

    _transport: httpx.AsyncBaseTransport | None = None
    _sleep = staticmethod(asyncio.sleep)

    async def post(self) -> Message:
        """Post what has not been posted, and give all that people see of this window.

        Raises:
            ChatError: Something did not reach the chat; what did is not posted again.
        """
        session_id, items = self._items()
        text = "\n\n".join(item.text for item in items)
        if not items:
            self.status = "nothing to post"
        elif not self.webhook_url:
            self.status = "dry run: no Webhook URL, nothing was posted"
            text = f"(dry run: nothing is posted to Zoom)\n\n{text}"
        else:
            self.status = await self._post_all(session_id, items)
        return Message(text=text, session_id=session_id)

    def _items(self) -> tuple[str, list[Item]]:
        """Find what there is to say, and in which session."""
        news = self.news
        if isinstance(news, Data) and news.data.get("schema") == NEWS_SCHEMA:
            return news.data["session_id"], items_of(news.data)
        text = news if isinstance(news, str) else news.get_text()
        if not isinstance(text, str):
            msg = "The News input must be the news of Zoom Insight Ledger, or text."
            raise ChatError(msg)
        window = self.context.data if isinstance(self.context, Data) else {}
        session_id = window.get("session_id") or getattr(news, "session_id", "") or self.graph.session_id
        text = clean(text)
        return str(session_id or ""), as_items(f"{window.get('window_id') or digest(text)}:text", text)

    async def _post_all(self, session_id: str, items: list[Item]) -> str:
        """Post what nobody has claimed; say what became of all."""
        target, token = webhook_target(self.webhook_url), bare_token(self.verification_token or "")
        if not session_id:
            msg = "The run has no session. Send session_id along, one for each meeting."
            raise ChatError(msg)
        scope = {"session_id": f"{session_id}:memory", "context_id": f"zoom-chat:{digest(target.path)}"}
        left, posted, unsure, lost_races = items, 0, 0, 0
        while lost_races < CLAIM_ATTEMPTS:
            claims = await self._claims(scope)
            unsure += sum(claims.get(item.key) == "claimed" for item in left)
            left = [item for item in left if item.key not in claims]
            post = next_post(left)
            if post is None:
                before = len(items) - posted - unsure
                perhaps = f", {unsure} perhaps posted before" if unsure else ""
                return f"{posted} posted, {before} posted before{perhaps}"
            claim = await self._claim(scope, post)
            if claim is None:
                lost_races += 1
                continue
            try:
                await self._send(target, token, post.text)
            except ChatError as error:
                if error.refused and claim.has_id():
                    await delete_message(str(claim.id))
                msg = f"{error} Posted: {len(items) - len(left)} of {len(items)}."
                raise ChatError(msg, refused=error.refused) from None
            if claim.has_id():
                claim.text = json.dumps({"keys": post.keys, "state": "posted"})
                await aupdate_messages([claim])
            left = left[len(post.keys) :]
            posted += len(post.keys)
        msg = "Several runs want to post the same at once. Run it again."
        raise ChatError(msg)

    async def _claims(self, scope: dict[str, str]) -> dict[str, str]:
        """Read what has been claimed in this session for this webhook: ``claimed`` or ``posted`` by key."""
        rows = [json.loads(row.text) for row in await aget_messages(**scope, order="ASC")]
        return {key: row["state"] for row in rows for key in row["keys"]}

    async def _claim(self, scope: dict[str, str], post: Post) -> Message | None:
        """Claim a post, or give ``None`` where another run claims some of the same: then look again.

        Where Langflow keeps no messages (an anonymous run) the claim has no id, and holds for this run. The message history cannot refuse a second row, so a run that finds itself not alone takes its row
        back and waits a moment, unlike the other one; at most one is left.
        """
        text = json.dumps({"keys": post.keys, "state": "claimed"})
        [mine] = await astore_message(
            Message(text=text, sender="Machine", sender_name="Zoom Chat Output", **scope)
        )
        for row in await aget_messages(**scope):
            if str(row.id) != str(mine.id) and not set(post.keys).isdisjoint(json.loads(row.text)["keys"]):
                await delete_message(str(mine.id))
                await self._sleep(random.uniform(0, CLAIM_PAUSE_SECONDS))  # noqa: S311
                return None
        return mine

    async def _send(self, target: httpx.URL, token: str, text: str) -> None:
        """Post one message, as often as Zoom says that it did not take it, and no more.

        Zoom wants the bare token and, for ``format=message``, the raw text rather than JSON.

        Raises:
            ChatError: It was refused, or nobody knows whether it arrived.
        """
        headers = {"Authorization": token, "Content-Type": "application/json"}
        delay: float | None = 0.0
        problem = ""
        async with httpx.AsyncClient(transport=self._transport, timeout=TIMEOUT) as client:
            for attempt in range(ATTEMPTS):
                await self._sleep(self._reserve(target, 2 ** (attempt - 1) if delay is None else delay))
                delay = None
                try:
                    with unlogged(target):
                        reply = await client.post(target, content=text.encode(), headers=headers)
                except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError):
                    problem = "Zoom cannot be reached"
                    continue
                except httpx.HTTPError:
                    msg = "Zoom did not answer. The message may have arrived, so it is not posted again."
                    raise ChatError(msg, refused=False) from None
                if reply.is_success:
                    return
                if reply.status_code in NOBODY_KNOWS:
                    msg = (
                        f"A gateway answered for Zoom (HTTP {reply.status_code}). The message may have arrived, "
                        "so it is not posted again."
                    )
                    raise ChatError(msg, refused=False)
                if reply.status_code not in TRY_AGAIN:
                    msg = HINTS.get(reply.status_code, "Zoom refused the post.")
                    raise ChatError(f"{msg} (HTTP {reply.status_code})")
                problem = f"Zoom takes no post now (HTTP {reply.status_code})"
                delay = asked_wait(reply.headers, time.time())
                if delay is not None and delay > LONGEST_WAIT_SECONDS:
                    msg = f"{problem} and asks to wait {delay:.0f} s."
                    raise ChatError(msg)
        msg = f"{problem}; tried {ATTEMPTS} times."
        raise ChatError(msg)

    def _reserve(self, target: httpx.URL, delay: float) -> float:
        """Reserve the webhook's next free moment, at least ``delay`` seconds away.

        Posts are spaced over all runs in this process, through the cache that components share.

        Returns:
            Seconds from now.
        """
        cache = get_shared_component_cache_service()
        key = f"zoom-chat:{digest(target.path)}"
        now = time.monotonic()
        free = cache.get(key) if cache is not None else None
        at = max(now + delay, free if isinstance(free, float) else now)
        if cache is not None:
            cache.set(key, at + POST_SPACING_SECONDS)
        return at - now
