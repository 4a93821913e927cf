from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bridge.domain import Window, WindowKind
from bridge.errors import (
    FlowFailed,
    FlowMissing,
    KeyRefused,
    LangflowAway,
    LangflowBusy,
    LangflowError,
    RunLost,
)
from bridge.flow.answer import read_retry_after
from bridge.flow.client import LangflowClient
from tests.fakes.run_api import API_KEY, FLOW, Answer, RunApi

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

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
    assert await client.run(window(), timeout_seconds=5) == "One action item."
    (run,) = api.runs
    assert (run.flow, run.session_id, run.input_value) == (FLOW, "zoom-m", f"Dana: {SECRET_WORDS}")


@pytest.mark.parametrize("key", [None, "another"])
async def test_key(http: aiohttp.ClientSession, api: RunApi, key: str | None) -> None:
    """A missing or wrong key is said to be that, and never shown."""
    with pytest.raises(KeyRefused, match="LANGFLOW_API_KEY") as error:
        await client_of(http, api.url, key).run(window(), timeout_seconds=5)
    assert api.refused == [403]
    assert "another" not in str(error.value)


async def test_unknown_flow(client: LangflowClient) -> None:
    """A flow that is not there is named, with what to do."""
    with pytest.raises(FlowMissing, match=r"'other'.*flows push"):
        await client.run(window("other"), timeout_seconds=5)


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
        await client.run(window(), timeout_seconds=5)
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
        await client.run(window(), timeout_seconds=5)
    assert error.value.retry_after_seconds == seconds


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"detail":"x"}', b"\xff", b"[" * 100_000])
async def test_not_langflow(client: LangflowClient, api: RunApi, body: bytes) -> None:
    """A 200 that is no run's answer is not taken for one."""
    api.answers.append(Answer(body=body))
    with pytest.raises(LangflowAway, match="LANGFLOW_URL"):
        await client.run(window(), timeout_seconds=5)


async def test_too_slow(client: LangflowClient, api: RunApi) -> None:
    """A run has so long and no longer."""
    api.answers.append(Answer(after=asyncio.Event()))
    with pytest.raises(RunLost, match=r"no answer within 0\.1 s"):
        await client.run(window(), timeout_seconds=0.1)


async def test_an_answer_without_end(
    client: LangflowClient, api: RunApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time is for the whole answer: dripping bytes do not prolong it."""
    monkeypatch.setattr("bridge.flow.client.CONNECT_SECONDS", 1)
    api.answers.append(Answer(drip=True))
    with pytest.raises(RunLost, match=r"no answer within 0\.2 s"):
        async with asyncio.timeout(15):
            await client.run(window(), timeout_seconds=0.2)


async def test_broken_connection(client: LangflowClient, api: RunApi) -> None:
    """A connection that breaks during a run leaves open what the flow did."""
    api.answers.append(Answer(drop=True))
    with pytest.raises(RunLost, match="connection broke"):
        await client.run(window(), timeout_seconds=5)


async def test_garbled_answer(client: LangflowClient, api: RunApi) -> None:
    """An answer that is packed, which nobody asked for, is no Langflow's, and no crash."""
    api.answers.append(Answer(body=b"no gzip", headers={"content-encoding": "gzip"}))
    with pytest.raises(LangflowAway):
        await client.run(window(), timeout_seconds=5)


async def test_away_and_back(http: aiohttp.ClientSession) -> None:
    """That nobody answers is known and logged once, and so is the return."""
    api = RunApi(windows=False)
    async with api.listening():
        client = client_of(http, api.url)
        assert client.away == ""
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            with pytest.raises(LangflowAway):
                await client.run(window(), timeout_seconds=5)
            await client.check()
        assert client.away
        async with api.listening():
            await client.check()
            assert client.away == ""
            await client.check()
            await client.run(window(), timeout_seconds=5)
    assert [log["event"] for log in logs] == ["langflow.away", "langflow.back"]


@pytest.mark.parametrize("status", [500, 503])
async def test_ill(client: LangflowClient, api: RunApi, status: int) -> None:
    """A Langflow that says it is not well counts as away, until it runs something."""
    api.health_status = status
    await client.check()
    assert str(status) in client.away
    await client.run(window(), timeout_seconds=5)
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


@pytest.mark.parametrize("value", [None, "", "soon", "-1", "1.5", "٣", "Fri, 31 Feb 2026 00:00:00 GMT"])
def test_no_time(value: str | None) -> None:
    """A header that names no time names none."""
    assert read_retry_after(value, NOW) is None


@pytest.mark.parametrize("value", ["Sat, 22 Nov 2025 00:00:00 GMT", "Mon, 01 Jan 2001 00:00:00 GMT", "0"])
def test_no_wait(value: str) -> None:
    """A time that has passed is no wait."""
    assert read_retry_after(value, NOW) == 0


@given(st.text() | st.from_regex(r"\w{3}, \d\d? \w{3} \d{1,5} \d\d:\d\d:\d\d (GMT|[+-]\d{4})"))
def test_any_header(value: str) -> None:
    """No header breaks the reading, and none asks for less than nothing."""
    seconds = read_retry_after(value, NOW)
    assert seconds is None or seconds >= 0
