from __future__ import annotations

import asyncio
import json
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import structlog
from pydantic import SecretStr

from bridge.domain import Output, Window, WindowKind
from bridge.errors import (
    FlowFailed,
    FlowMissing,
    KeyRefused,
    LangflowAway,
    LangflowBusy,
    LangflowError,
    RunLost,
    WindowUnderWay,
)
from bridge.flow.answer import judge, shown_address
from bridge.flow.client import LangflowClient, open_langflow
from bridge.flow.http import ANSWER_BYTES
from bridge.flow.sentences import Sentences
from tests.fakes import rude
from tests.fakes.certificates import Certificate
from tests.fakes.rude import answering
from tests.fakes.run_api import API_KEY, FLOW, Answer, RunApi

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

SECRET_WORDS = "the merger is off"
NOW = 1_763_769_600.0


def window(flow: str = FLOW) -> Window:
    return Window(
        window_id="s:r:1",
        stream_id="s",
        meeting_uuid="m",
        route="r",
        flow=flow,
        seq=1,
        kind=WindowKind.LIVE,
        first_n=1,
        last_n=1,
        input_value=f"Dana: {SECRET_WORDS}",
    )


@pytest.fixture
async def api() -> AsyncIterator[RunApi]:
    async with RunApi(windows=False).listening() as listening:
        yield listening
    assert not listening.faults


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(auto_decompress=False) as client:
        yield client


def client_of(http: aiohttp.ClientSession, url: str, key: str | None = API_KEY) -> LangflowClient:
    return LangflowClient(http, url=url, api_key=SecretStr(key) if key else None, clock=lambda: NOW)


@pytest.fixture
def client(http: aiohttp.ClientSession, api: RunApi) -> LangflowClient:
    return client_of(http, api.url)


async def test_run(client: LangflowClient, api: RunApi) -> None:
    """A run is posted to the window's flow, with key, session and exact text, and its answer comes back."""
    api.answers.append(Answer(text="One action item."))
    assert await client.run(window(), timeout_seconds=60) == Output("One action item.")
    (run,) = api.runs
    assert (run.flow, run.session_id, run.input_value) == (FLOW, "zoom-m", f"Dana: {SECRET_WORDS}")


@pytest.mark.parametrize("key", [None, "another"])
async def test_key(http: aiohttp.ClientSession, api: RunApi, key: str | None) -> None:
    """A missing or wrong key is said to be that, and never shown."""
    with pytest.raises(KeyRefused, match="LANGFLOW_API_KEY") as error:
        await client_of(http, api.url, key).run(window(), timeout_seconds=60)
    assert api.refused == [403]
    assert "another" not in str(error.value)


async def test_unknown_flow(client: LangflowClient) -> None:
    """A flow that is not there is named, with what to do."""
    with pytest.raises(FlowMissing, match=r"'other'.*flows push"):
        await client.run(window("other"), timeout_seconds=60)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((status, LangflowAway) for status in (301, 307, 407, 502, 503)),
        *((status, KeyRefused) for status in (401, 403)),
        *((status, RunLost) for status in (408, 504)),
        *((status, FlowFailed) for status in (400, 405, 409, 413, 422, 500)),
    ],
)
async def test_whose_turn_it_is(
    client: LangflowClient, api: RunApi, status: int, error: type[LangflowError]
) -> None:
    """Each status is somebody's to mend, and what Langflow said of it is not repeated: it may quote people."""
    api.answers.append(Answer(status=status, text=SECRET_WORDS, headers={"location": "http://127.0.0.1:9/"}))
    with pytest.raises(error, match=str(status)) as raised:
        await client.run(window(), timeout_seconds=60)
    assert raised.type is error
    assert raised.value.retryable
    assert SECRET_WORDS not in str(raised.value)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [({}, None), ({"retry-after": "7"}, 7), ({"retry-after": "Sat, 22 Nov 2025 00:00:09 GMT"}, 9)],
)
async def test_busy(
    client: LangflowClient, api: RunApi, header: dict[str, str], seconds: float | None
) -> None:
    """A 429 carries the wait that it asks for, in seconds or as a date."""
    api.answers.append(Answer(status=429, headers=header))
    with pytest.raises(LangflowBusy) as error:
        await client.run(window(), timeout_seconds=60)
    assert error.value.retry_after_seconds == seconds


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"detail":"x"}', b"\xff", b"[" * 100_000])
async def test_not_langflow(client: LangflowClient, api: RunApi, body: bytes) -> None:
    """A 200 that is no run's answer is not taken for one."""
    api.answers.append(Answer(body=body))
    with pytest.raises(LangflowAway, match="LANGFLOW_URL"):
        await client.run(window(), timeout_seconds=60)


async def test_too_slow(client: LangflowClient, api: RunApi) -> None:
    """A run has so long and no longer."""
    api.answers.append(Answer(after=asyncio.Event()))
    with pytest.raises(RunLost, match=r"no answer within 0\.1 s"):
        await client.run(window(), timeout_seconds=0.1)


async def test_an_answer_without_end(
    client: LangflowClient, api: RunApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time is for the whole answer: dripping bytes do not prolong it."""
    monkeypatch.setattr("bridge.flow.http.CONNECT_SECONDS", 1)
    api.answers.append(Answer(drip=True))
    with pytest.raises(RunLost, match=r"no answer within 0\.2 s"):
        async with asyncio.timeout(15):
            await client.run(window(), timeout_seconds=0.2)


async def test_broken_connection(client: LangflowClient, api: RunApi) -> None:
    """A connection that breaks during a run leaves open what the flow did."""
    api.answers.append(Answer(drop=True))
    with pytest.raises(RunLost, match="connection broke"):
        await client.run(window(), timeout_seconds=60)


async def test_garbled_answer(client: LangflowClient, api: RunApi) -> None:
    """An answer that is packed, which nobody asked for, is no Langflow's, and no crash."""
    api.answers.append(Answer(body=b"no gzip", headers={"content-encoding": "gzip"}))
    with pytest.raises(LangflowAway):
        await client.run(window(), timeout_seconds=60)


async def test_away_and_back(http: aiohttp.ClientSession) -> None:
    """That nobody answers is known and logged once, and so is the return."""
    api = RunApi(windows=False)
    async with api.listening():
        client = client_of(http, api.url)
        assert client.away == ""
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            with pytest.raises(LangflowAway):
                await client.run(window(), timeout_seconds=60)
            await client.check()
        assert client.away
        async with api.listening():
            await client.check()
            assert client.away == ""
            await client.check()
            await client.run(window(), timeout_seconds=60)
    assert [log["event"] for log in logs] == ["langflow.away", "langflow.back"]


@pytest.mark.parametrize("status", [500, 503])
async def test_ill(client: LangflowClient, api: RunApi, status: int) -> None:
    """A Langflow that says it is not well counts as away, until it runs something."""
    api.health_status = status
    await client.check()
    assert str(status) in client.away
    await client.run(window(), timeout_seconds=60)
    assert client.away == ""


async def test_a_garbled_sign_of_life(http: aiohttp.ClientSession) -> None:
    """Whatever listens there instead of Langflow, asking it for a sign of life does no harm."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nno")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with server:
        client = client_of(http, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await client.check()
    assert client.away


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("soon", None),
        ("7", 7),
        ("1.5", 1.5),
        ("Sat, 22 Nov 2025 00:00:30 GMT", 30),
        ("Sat, 22 Nov 2025 00:00:30 -0000", 30),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 0),
    ],
)
def test_a_busy_langflow(monkeypatch: pytest.MonkeyPatch, value: str | None, seconds: float | None) -> None:
    """How long it asks to be left alone is read as everywhere, whatever the time zone of this machine."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        busy = judge(429, None, retry_after=value, now=NOW)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert isinstance(busy, LangflowBusy)
    assert busy.retry_after_seconds == seconds


# What stands in Langflow's place


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (rude.GATEWAY, LangflowAway, "502"),
        (rude.LOGIN_PAGE, LangflowAway, "login page"),
        (rude.REDIRECT, LangflowAway, "302"),
        (rude.response(404, b"<html>", "text/html"), LangflowAway, "404 with a web page"),
        (rude.response(500, b"<html>", "text/html"), LangflowAway, "500 with a web page"),
        (rude.response(403, b"<html>", "text/html"), KeyRefused, "403"),
        (rude.response(407, b"", "text/plain"), LangflowAway, "proxy"),
        (rude.response(413, b"<html>", "text/html"), FlowFailed, "413: this is longer than a gateway"),
        (rude.CUT_SHORT, RunLost, "connection broke"),
        (rude.NOTHING, RunLost, "connection broke"),
        (b"what?\r\n\r\n", RunLost, "connection broke"),
        (rude.flood, FlowFailed, "longer than"),
        (rude.silence, RunLost, "no answer within 1 s"),
        (rude.trickle, RunLost, "no answer within 1 s"),
    ],
)
async def test_rude(answer: Any, error: type[LangflowError], words: str) -> None:
    """Whatever answers there, what is wrong is told precisely, without the address's secrets, and costs little memory."""
    asked: list[bytes] = []
    async with answering(answer, asked=asked) as url, open_langflow(url, API_KEY) as client:
        tracemalloc.start()
        try:
            with pytest.raises(error, match=words) as raised:
                await client.run(window(), timeout_seconds=1)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert raised.type is error
    runs = [head for head in asked if head.startswith(b"POST")]
    assert len(runs) == 1, "nothing is followed, nothing asked again"
    assert most < 4 * ANSWER_BYTES
    assert SECRET_WORDS not in str(raised.value)


async def test_nobody_there() -> None:
    """A port that nobody listens on is told with the address and the reason, and without its secrets."""
    async with open_langflow("http://owner:s3cret@127.0.0.1:9", "k") as client:
        with pytest.raises(LangflowAway, match=r"http://127\.0\.0\.1:9 \(.*refused") as raised:
            await client.run(window(), timeout_seconds=60)
        assert client.away == str(raised.value)
    assert "s3cret" not in str(raised.value)


async def test_no_such_name() -> None:
    """A name that does not exist is told as that."""
    async with open_langflow("http://langflow.invalid:7860", "k") as client:
        with pytest.raises(LangflowAway, match=r"langflow\.invalid:7860.*no such name"):
            await client.run(window(), timeout_seconds=60)


async def test_a_certificate_that_is_not_trusted(tmp_path: Path) -> None:
    """TLS is never switched off: a certificate of nobody's is told as that."""
    certificate = Certificate(tmp_path)
    async with (
        answering(rude.LOGIN_PAGE, tls=certificate.server_context) as url,
        open_langflow(url, "k") as client,
    ):
        with pytest.raises(LangflowAway, match="certificate is not trusted"):
            await client.run(window(), timeout_seconds=60)


async def test_a_key_that_no_header_takes() -> None:
    """Such a key is told as that, whatever the HTTP client thinks of it, and never shown."""
    async with answering(rude.LOGIN_PAGE) as url:
        for key in ("sk-\u200bhidden", "sk-line\nbreak"):
            async with open_langflow(url, key) as client:
                with pytest.raises(LangflowError) as raised:
                    await client.run(window(), timeout_seconds=60)
                assert "sk-" not in str(raised.value)


async def test_no_proxy_of_the_environment(api: RunApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """What people said goes to Langflow, and not to a proxy that only the environment names."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with open_langflow(api.url, API_KEY) as client:
        assert await client.run(window(), timeout_seconds=60) == Output("done")


async def test_a_proxy_that_is_meant(api: RunApi) -> None:
    """A proxy that is given is used; where it cannot be reached, that is told of the proxy."""
    async with open_langflow(api.url, API_KEY, proxy="http://127.0.0.1:9") as client:
        with pytest.raises(LangflowAway, match="proxy"):
            await client.run(window(), timeout_seconds=60)
    assert api.runs == []


async def test_what_people_say_is_no_reason(client: LangflowClient, api: RunApi) -> None:
    """A component may quote them, of a locked database too; then it is the flow that broke."""
    for quoted in (
        "the database is locked since noon",
        "there are too many clients",
        "another run of this window is under way",
    ):
        said = f"Error running graph: Error building Component Parser: \n\ncannot parse: Dana: {quoted}"
        api.answers.append(Answer(status=500, text=json.dumps({"message": said})))
        with pytest.raises(FlowFailed, match="the flow broke"):
            await client.run(window(), timeout_seconds=60)


@pytest.mark.parametrize(
    "said",
    [
        "(sqlite3.OperationalError) database is locked", "QueuePool limit of size 20 overflow 30 reached",
        "(asyncpg.exceptions.TooManyConnectionsError) sorry, too many clients already",
    ],
)  # fmt: skip
async def test_overloaded(client: LangflowClient, api: RunApi, said: str) -> None:
    """A 500 that comes of too much to do is no fault of the flow's."""
    api.answers.append(
        Answer(status=500, text=json.dumps({"message": f"Error running graph: {said} {SECRET_WORDS}"}))
    )
    with pytest.raises(RunLost, match="too much to do") as raised:
        await client.run(window(), timeout_seconds=60)
    assert SECRET_WORDS not in str(raised.value)


async def test_the_components_own_sentence(api: RunApi) -> None:
    """Where a component of ours says what is wrong, that is told with flow and session; what it quotes is not."""
    needs = "Incoming webhook needs more: Verification Token."
    tell = Sentences([f"x = {needs!r}"])
    async with open_langflow(api.url, API_KEY, sentence=tell) as client:
        for said, told in ((needs, needs), (SECRET_WORDS, "the flow broke")):
            message = f"Error running graph: Error building Component Zoom Chat Output: \n\n{said}"
            api.answers.append(Answer(status=500, text=json.dumps({"message": message})))
            with pytest.raises(FlowFailed) as raised:
                await client.run(window(), timeout_seconds=60)
            assert told in str(raised.value)
            assert f"flow {FLOW}, session zoom-m" in str(raised.value)
            assert SECRET_WORDS not in str(raised.value)


async def test_an_earlier_run_of_the_window(client: LangflowClient, api: RunApi) -> None:
    """What Context Buffer says at the door is no fault of the flow's; the same words of anybody else are nothing."""
    told = "Zoom Context Buffer: another run of this window is under way. m:r:1 can be run after it."
    door = f"Error running graph: Error building Component Zoom Context Buffer: \n\n{told}"
    for message, error in ((door, WindowUnderWay), (f"Error running graph: {told}", FlowFailed)):
        api.answers.append(Answer(status=500, text=json.dumps({"message": message})))
        with pytest.raises(error):
            await client.run(window(), timeout_seconds=60)


async def test_a_silent_langflow_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that accepts and says nothing gives no sign of life."""
    monkeypatch.setattr("bridge.flow.http.HEALTH_SECONDS", 0.2)
    async with answering(rude.silence) as url, open_langflow(url, API_KEY) as client:
        assert "no sign of life" in await client.trouble(window())


async def test_a_page_is_no_sign_of_life() -> None:
    """A login page in the place of the health check is no Langflow."""
    async with answering(rude.LOGIN_PAGE) as url, open_langflow(url, API_KEY) as client:
        assert "page" in await client.trouble(window())


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://owner:s3cret@langflow.test:7860/x?y=z", "http://langflow.test:7860"),
        ("https://langflow.test", "https://langflow.test"),
        ("http://[::1]:7860", "http://[::1]:7860"),
        ("http://x:99999", "LANGFLOW_URL"),
        ("nonsense", "LANGFLOW_URL"),
    ],
)
def test_an_address_is_shown_without_secrets(url: str, shown: str) -> None:
    """Scheme, host and port are shown and nothing else."""
    assert shown_address(url) == shown
