"""One attempt, at whatever stands at an address."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bridge.hooks import post as post_module
from bridge.hooks.outcome import Answer
from bridge.hooks.post import Post
from bridge.http import open_http
from bridge.proxy import DIRECT, read
from tests.fakes import rude
from tests.fakes.hook_receiver import HookReceiver, Reply
from tests.hooks.values import endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


async def attempt(url: str, body: bytes = b"{}") -> Answer:
    """An answer, asked once."""
    async with open_http(DIRECT) as http:
        return await Post(http)(endpoint(url=url), "msg_1", body)


async def test_taken() -> None:
    """A delivery is what the standard's library verifies, byte for byte."""
    async with HookReceiver().listening() as receiver:
        assert await attempt(receiver.url, '{"text":"日本語"}'.encode()) == Answer(status=204)
    assert (receiver.faults, receiver.taken[0].said) == ([], {"text": "日本語"})


async def test_redirects() -> None:
    """A redirect is an answer like any other: nobody follows it."""
    async with HookReceiver().listening() as receiver:
        receiver.replies.append(Reply(status=307, headers={"location": "/elsewhere"}))
        assert (await attempt(receiver.url)).status == 307
        assert receiver.elsewhere == 0


async def test_cookies() -> None:
    """What an endpoint sets is not kept: others may stand behind the same host, and there is no end to what can be set."""
    async with HookReceiver().listening() as receiver, open_http(DIRECT) as http:
        receiver.replies.append(Reply(status=200, headers={"set-cookie": "a=b; path=/"}))
        for _ in range(2):
            await Post(http)(endpoint(url=receiver.url), "msg_1", b"{}")
        assert len(receiver.taken) == 2
        assert (receiver.faults, [*http.cookies.jar]) == ([], [])


async def test_asked_to_wait() -> None:
    """How long an answer asks to wait is read."""
    async with HookReceiver().listening() as receiver:
        receiver.replies.append(Reply(status=503, headers={"retry-after": "120"}))
        assert await attempt(receiver.url) == Answer(status=503, retry_after_seconds=120.0)


@pytest.mark.parametrize("reply", [Reply(flood=True, status=200), Reply(flood=True, status=500)])
async def test_an_answer_without_end(reply: Reply) -> None:
    """Of an answer the status counts, and what follows is not read."""
    async with HookReceiver().listening() as receiver:
        receiver.replies.append(reply)
        assert (await attempt(receiver.url)).status == reply.status


@pytest.mark.parametrize("how", [rude.NOTHING, b"no HTTP at all\r\n\r\n"])
async def test_no_answer_that_is_one(how: bytes) -> None:
    """A connection that closes, or says something else, is told as that."""
    async with rude.answering(how) as url:
        answer = await attempt(url)
    assert (answer.status, answer.why.partition(" (")[0]) == (
        0,
        "the connection broke before an answer was there",
    )


async def test_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who says nothing is waited for so long, connecting included, however slowly a head drips."""
    monkeypatch.setattr(post_module, "ATTEMPT_SECONDS", 0.2)

    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"x-more: 1\r\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    hows: list[Callable[[asyncio.StreamWriter], Coroutine[None, None, None]]] = [rude.silence, drip]
    for how in hows:
        async with rude.answering(how) as url:
            answer = await attempt(url)
        assert answer == Answer(why="no answer within 0.2 s")


async def test_nobody(unused_tcp_port: int) -> None:
    """An address where nobody listens is told without what stands behind its host."""
    answer = await attempt(f"http://127.0.0.1:{unused_tcp_port}/h?key=k-9")
    assert answer.why == f"nobody answers at http://127.0.0.1:{unused_tcp_port} (ConnectError)"


async def test_a_proxy_that_cannot_be_used() -> None:
    """What a proxy says is told as a proxy's, without its credentials."""
    async with rude.answering(rude.response(407)) as url:
        port = url.rpartition(":")[2]
        proxies = read({"HTTPS_PROXY": f"http://dana:pw-77@127.0.0.1:{port}"})
        async with open_http(proxies) as http:
            answer = await Post(http)(endpoint(), "msg_1", b"{}")
    assert (answer.status, "HTTPS_PROXY" in answer.why, "pw-77" in answer.why) == (0, True, False)
