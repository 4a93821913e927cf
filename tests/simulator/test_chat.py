from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest

from bridge.simulator.chat import (
    BAD_GATEWAY,
    OK,
    RESET,
    SERVER_ERROR,
    SILENCE,
    Chat,
    ChatPost,
    ChatWebhook,
    RateLimit,
    too_many,
)

if TYPE_CHECKING:
    from bridge.simulator.zoom import Simulator

NOW = 1_763_769_600.0
"""2025-11-22T00:00:00Z."""


def chat(**changes: object) -> tuple[Chat, ChatWebhook]:
    account = Chat()
    return account, account.add(ChatWebhook(id="room", token="t0ken", **changes))  # type: ignore[arg-type]


def post(
    account: Chat, body: bytes = b"hi", *, shape: str = "message", now: float = NOW, **changes: object
) -> int:
    arguments: dict[str, object] = {
        "authorization": "t0ken",
        "query": {"format": shape},
        "body": body,
        "now": now,
    }
    return account.take("room", **(arguments | changes)).status  # type: ignore[arg-type]


def test_a_message_is_taken_byte_for_byte() -> None:
    """The body of a plain message is text and not JSON: quotes stay."""
    account, _ = chat()
    assert post(account, '"Grüße"\n'.encode()) == 200
    (taken,) = account.posts
    assert taken.raw == '"Grüße"\n'.encode()
    assert taken.text == '"Grüße"'
    assert account.refusals == []


@pytest.mark.parametrize(
    ("shape", "body", "text"),
    [
        ("fields", {"Owner": "Ana", "Due": "Friday"}, "Owner: Ana\nDue: Friday"),
        (
            "full",
            {
                "content": {
                    "head": {"text": "Notes", "sub_head": {"text": "Weekly"}},
                    "body": [{"type": "message", "text": "One"}, {"type": "message", "text": "Two"}],
                }
            },
            "Notes\nWeekly\nOne\nTwo",
        ),
        ("full", {"content": {"body": [{"type": "message", "text": "One"}]}}, "One"),
        ("full", {"body": [{"type": "message", "text": "One"}]}, "One"),
    ],
)
def test_structured_formats_show_their_texts(shape: str, body: object, text: str) -> None:
    """Labels and values; head and body, wrapped in ``content`` or not."""
    account, _ = chat()
    assert post(account, json.dumps(body).encode(), shape=shape) == 200
    assert account.posts[0].text == text


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer t0ken", "T0KEN", "t0ken ", "t0ken2", "Basic dDBrZW4="]
)
def test_the_token_is_sent_bare(authorization: str | None) -> None:
    """With a scheme before it, or not at all, it is no token."""
    account, _ = chat()
    assert post(account, authorization=authorization) == 401
    assert account.posts == []


@pytest.mark.parametrize(
    ("shape", "body"),
    [
        ("message", b""),
        ("message", b" \n"),
        ("message", b"\xff"),
        ("message", b"x" * 4097),
        ("text", b"hi"),
        ("", b"hi"),
        ("fields", b"hi"),
        ("fields", b"{}"),
        ("fields", b"[1]"),
        ("fields", b'{"a": 1}'),
        ("full", b"hi"),
        ("full", b"{}"),
        ("full", b'{"content": {"head": {"text": "alone"}}}'),
        ("full", b'{"content": {"body": "One"}}'),
        ("full", b'{"content": {"body": []}}'),
        ("full", b'{"content": {"body": [{"type": "message", "text": 1}]}}'),
    ],
)
def test_a_body_that_does_not_fit_is_refused(shape: str, body: bytes) -> None:
    """Too long, empty, of an unknown format, or not of the format it says."""
    account, _ = chat()
    assert post(account, body, shape=shape) == 400
    assert account.posts == []


def test_an_unknown_webhook_is_not_found() -> None:
    """Whatever the token."""
    account, _ = chat()
    query = {"format": "message"}
    assert account.take("other", query=query, authorization="t0ken", body=b"hi", now=NOW).status == 404


def test_one_post_a_second_is_taken() -> None:
    """Closer ones are refused and do not count; each webhook has its own pace."""
    account, _ = chat()
    account.add(ChatWebhook(id="other", token="t0ken"))
    assert [post(account, now=NOW + after) for after in (0, 0.9, 0.95, 1.0, 1.9, 2.0)] == [
        200,
        429,
        429,
        200,
        429,
        200,
    ]
    query = {"format": "message"}
    assert account.take("other", query=query, authorization="t0ken", body=b"hi", now=NOW + 2).status == 200
    assert len(account.posts) == 4


@pytest.mark.parametrize(
    ("shape", "headers"),
    [
        (RateLimit.BARE, {}),
        (
            RateLimit.PER_SECOND,
            {"X-RateLimit-Type": "QPS", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1763769601"},
        ),
        (RateLimit.DAILY, {"X-RateLimit-Type": "Daily-limit", "Retry-After": "2025-11-23T00:00:00Z"}),
    ],
)
def test_too_many_comes_in_three_shapes(shape: RateLimit, headers: dict[str, str]) -> None:
    """A webhook answers in the one it was given."""
    assert too_many(shape, NOW).headers == headers
    account, _ = chat(rate_limit=shape)
    post(account)
    assert post(account) == 429
    assert account.refusals == [too_many(shape, NOW)]


def test_scripted_replies_come_first_and_once() -> None:
    """What they refuse is not shown, and a wrong token uses none of them up."""
    account, webhook = chat()
    webhook.script.extend([SERVER_ERROR, BAD_GATEWAY, OK])
    assert post(account, authorization="wrong") == 401
    assert [post(account, now=NOW + n) for n in range(4)] == [500, 502, 200, 200]
    assert len(account.posts) == 2


def signed(secret: str, shape: str, timestamp: str, body: bytes) -> str:
    message = f"{shape}&{timestamp}&".encode() + body
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


def test_a_secure_connection_takes_signed_posts() -> None:
    """The signature covers format, milliseconds and body, and is good for half an hour."""
    account, _ = chat(secure=True)
    timestamp = str(int(NOW * 1000))
    query = {"format": "message", "timestamp": timestamp}
    right = signed("t0ken", "message", timestamp, b"hi")
    assert post(account, query=query, authorization=right, now=NOW + 1800) == 200
    assert post(account, query=query, authorization=right, now=NOW + 1801) == 401
    assert post(account, query=query, authorization=right, body=b"ho", now=NOW + 5) == 401
    assert post(account, query=query, authorization="t0ken", now=NOW + 5) == 401
    assert post(account, query=query | {"timestamp": "soon"}, authorization=right, now=NOW + 5) == 401
    assert post(account, query={"format": "message"}, authorization=right, now=NOW + 5) == 400
    assert account.replies[-1].text == "Bad Request: Missed timestamp"


@pytest.mark.parametrize("path", ["/chat/webhooks/incomingwebhook/", "/incoming/hook/"])
async def test_both_addresses_answer_over_http(zoom: Simulator, path: str) -> None:
    """Plain ``OK``, and the post is seen at once; nothing can be read back."""
    seen: list[ChatPost] = []
    zoom.chat.on_post = seen.append
    zoom.chat_webhook.min_interval_seconds = 3600
    began = int(time.time())
    url = zoom.chat_url.replace("/chat/webhooks/incomingwebhook/", path)
    headers = {"authorization": zoom.chat_webhook.token, "content-type": "application/json"}
    async with httpx.AsyncClient(trust_env=False, headers=headers, timeout=30) as client:
        answer = await client.post(url, params={"format": "message"}, content="né")
        again = await client.post(url, params={"format": "message"}, content="né")
        read = await client.get(url)

    assert (answer.status_code, answer.text) == (200, "OK")
    assert answer.headers["content-type"].startswith("text/plain")
    assert again.status_code == 429
    assert int(again.headers["x-ratelimit-reset"]) > began
    assert read.status_code == 405
    assert [each.raw for each in seen] == ["né".encode()]
    assert zoom.chat.posts == seen


async def test_answers_that_do_not_arrive(zoom: Simulator) -> None:
    """The connection breaks, or nothing comes; the post is seen or not, as the script says."""
    zoom.chat_webhook.script.extend([RESET, SILENCE, replace(RESET, taken=True), BAD_GATEWAY])
    headers = {"authorization": zoom.chat_webhook.token}
    url = f"{zoom.chat_url}?format=message"
    async with httpx.AsyncClient(trust_env=False, headers=headers, timeout=30) as client:
        for text, error, timeout in (
            ("one", (httpx.RemoteProtocolError, httpx.ReadError), 30),
            ("two", httpx.ReadTimeout, 1),
            ("three", (httpx.RemoteProtocolError, httpx.ReadError), 30),
        ):
            with pytest.raises(error):
                await client.post(url, content=text, timeout=timeout)
        zoom.chat_webhook.last_post = 0
        page = await client.post(url, content="four")
    assert (page.status_code, page.headers["content-type"]) == (502, "text/html; charset=utf-8")
    assert [post.text for post in zoom.chat.posts] == ["three"]
