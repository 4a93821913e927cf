from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from bridge.errors import StoreError, StoreTakenOver, WriteRefused
from bridge.listener import http_listener
from bridge.webhook import routes
from bridge.webhook.routes import MAX_BODY_BYTES, webhook_router
from bridge.webhook.signature import sign

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.webhook.events import StreamEvent

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "webhooks.json").read_text())
SECRET = VECTORS["secret_token"]
STARTED = json.dumps(VECTORS["started"]).encode()


class Sink:
    """Takes events as the registry does, and can be slow to store them."""

    def __init__(self) -> None:
        self.accepted: list[StreamEvent] = []
        self.stores = asyncio.Event()
        self.stores.set()
        self.refuses: Exception | None = None

    def accept(self, event: StreamEvent) -> asyncio.Future[None]:
        return asyncio.ensure_future(self._accept(event))

    async def _accept(self, event: StreamEvent) -> None:
        await self.stores.wait()
        if self.refuses:
            raise self.refuses
        self.accepted.append(event)


class Counts:
    """Counts outcomes."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()

    def webhook(self, outcome: str) -> None:
        self.outcomes[outcome] += 1


class Endpoint:
    """The public routes, and a client that signs as Zoom does."""

    def __init__(self, app: FastAPI, http: httpx.AsyncClient, sink: Sink, counts: Counts) -> None:
        self.app, self.http, self.sink, self.outcomes = app, http, sink, counts.outcomes

    async def post(
        self, body: bytes, *, secret: str = SECRET, age: float = 0, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Post a body, signed unless other headers are given."""
        timestamp = str(int(time.time() - age))
        signed = {"x-zm-request-timestamp": timestamp, "x-zm-signature": sign(secret, timestamp, body)}
        return await self.http.post("/webhook", content=body, headers=signed if headers is None else headers)


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    sink, counts = Sink(), Counts()
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(
        webhook_router(secret_token=SecretStr(SECRET), tolerance_seconds=300, sink=sink, metrics=counts)
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bridge") as http:
        yield Endpoint(app, http, sink, counts)


@pytest.fixture
async def port(endpoint: Endpoint) -> AsyncIterator[int]:
    """The same routes on a real socket."""
    async with http_listener(endpoint.app, host="127.0.0.1", port=0) as port:
        yield port


async def test_accepted(endpoint: Endpoint) -> None:
    """A signed event about a stream is handed on and answered with 200."""
    answer = await endpoint.post(STARTED)
    assert answer.status_code == 200
    assert [event.event for event in endpoint.sink.accepted] == ["meeting.rtms_started"]


async def test_answered_after_it_is_stored(endpoint: Endpoint) -> None:
    """The 200 goes out once the event is stored, and not before."""
    endpoint.sink.stores.clear()
    posting = asyncio.create_task(endpoint.post(STARTED))
    done, _ = await asyncio.wait({posting}, timeout=0.1)
    assert not done
    endpoint.sink.stores.set()
    assert (await posting).status_code == 200


async def test_not_stored(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that does not answer in Zoom's time gives 503, so that Zoom sends the event again."""
    monkeypatch.setattr(routes, "STORE_SECONDS", 0.05)
    endpoint.sink.stores.clear()
    assert (await endpoint.post(STARTED)).status_code == 503
    assert endpoint.outcomes["not_stored"] == 1


@pytest.mark.parametrize(
    "refusal",
    [WriteRefused("put aside"), StoreTakenOver("others have it"), StoreError("the database is away")],
)
async def test_refused_by_the_store(endpoint: Endpoint, refusal: StoreError) -> None:
    """A store that does not keep the event gives 503 too, and is counted: Zoom sends it again, maybe to another bridge."""
    endpoint.sink.refuses = refusal
    assert (await endpoint.post(STARTED)).status_code == 503
    assert endpoint.outcomes == {"not_stored": 1}


@pytest.mark.parametrize(
    ("headers", "outcome"),
    [
        ({}, "missing_signature"),
        ({"x-zm-request-timestamp": "1763769600"}, "missing_signature"),
        ({"x-zm-signature": "v0=" + "0" * 64}, "missing_signature"),
        ({"x-zm-request-timestamp": "", "x-zm-signature": ""}, "missing_signature"),
        ({"x-zm-request-timestamp": "1763769600", "x-zm-signature": "v0=" + "0" * 64}, "wrong_signature"),
        ({"x-zm-request-timestamp": "é", "x-zm-signature": "ü"}, "wrong_signature"),
    ],
)
async def test_not_signed(endpoint: Endpoint, headers: dict[str, str], outcome: str) -> None:
    """An event without a right signature gets 401 and goes nowhere."""
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = await endpoint.http.post("/webhook", content=STARTED, headers=list(raw.items()))
    assert answer.status_code == 401
    assert endpoint.outcomes == {outcome: 1}
    assert not endpoint.sink.accepted


async def test_another_secret(endpoint: Endpoint) -> None:
    """An event signed with another secret gets 401."""
    assert (await endpoint.post(STARTED, secret="another")).status_code == 401
    assert not endpoint.sink.accepted


@pytest.mark.parametrize("age", [301, -302])
async def test_stale(endpoint: Endpoint, age: float) -> None:
    """A replay, or a time ahead of ours, gets 401 and is counted apart."""
    assert (await endpoint.post(STARTED, age=age)).status_code == 401
    assert endpoint.outcomes == {"stale": 1}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"null", b"\xff\xfe", b"[" * 50_000])
async def test_unreadable(endpoint: Endpoint, body: bytes) -> None:
    """A signed body that is no JSON object gets 400."""
    assert (await endpoint.post(body)).status_code == 400
    assert endpoint.outcomes == {"unreadable": 1}


async def test_a_field_is_missing(endpoint: Endpoint) -> None:
    """A signed event that lacks a field gets 400, and the answer names the field and nothing else."""
    body = {**VECTORS["started"], "payload": {**VECTORS["started"]["payload"], "server_urls": ""}}
    answer = await endpoint.post(json.dumps(body).encode())
    assert (answer.status_code, answer.text) == (400, "missing or wrong: server_urls (is missing)")


@pytest.mark.parametrize("body", VECTORS["about_no_stream"], ids=lambda body: body["event"])
async def test_passed_over(endpoint: Endpoint, body: dict[str, Any]) -> None:
    """Events about something else are answered with 200, so that Zoom does not send them again."""
    assert (await endpoint.post(json.dumps(body).encode())).status_code == 200
    assert not endpoint.sink.accepted


async def test_too_large(endpoint: Endpoint) -> None:
    """A body over the limit gets 413, also when it is signed."""
    assert (await endpoint.post(b" " * (MAX_BODY_BYTES + 1))).status_code == 413


async def test_too_large_without_a_length(endpoint: Endpoint, port: int) -> None:
    """The limit holds for what arrives, not for what a header says, and who sends on is hung up on."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /webhook HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(60):
            while not writer.is_closing():
                writer.write(b"4000\r\n" + b" " * 0x4000 + b"\r\n")
                await writer.drain()
                await asyncio.sleep(0)
    writer.close()
    assert endpoint.outcomes == {"too_large": 1}


async def test_as_large_as_allowed(endpoint: Endpoint) -> None:
    """A body of exactly the limit is read."""
    assert (await endpoint.post(STARTED.ljust(MAX_BODY_BYTES))).status_code == 200


async def test_a_body_that_does_not_come(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who announces a body and does not send it gets 408 and holds nothing up."""
    monkeypatch.setattr(routes, "READ_SECONDS", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /webhook HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    await writer.wait_closed()
    assert answer.split()[1] == b"408"


@pytest.mark.parametrize("signed", [True, False])
async def test_validation(endpoint: Endpoint, signed: bool) -> None:
    """Zoom's validation is answered with or without a signature."""
    token = VECTORS["url_validation"]["plainToken"]
    body = json.dumps({"event": "endpoint.url_validation", "payload": {"plainToken": token}}).encode()
    answer = await endpoint.post(body, headers=None if signed else {})
    assert (answer.status_code, answer.json()) == (200, VECTORS["url_validation"])


async def test_validation_wrongly_signed(endpoint: Endpoint) -> None:
    """A validation with a wrong signature is not Zoom's."""
    body = b'{"event":"endpoint.url_validation","payload":{"plainToken":"abc"}}'
    assert (await endpoint.post(body, secret="another")).status_code == 401


@pytest.mark.parametrize("payload", [{"plainToken": "v0:1:{}"}, {"plainToken": 7}, {}, None, "x"])
async def test_no_oracle(endpoint: Endpoint, payload: object) -> None:
    """A validation whose token could be a signed message gets 400 and no HMAC."""
    body = json.dumps({"event": "endpoint.url_validation", "payload": payload}).encode()
    answer = await endpoint.post(body, headers={})
    assert answer.status_code == 400
    assert "v0" not in answer.text


async def test_healthz(endpoint: Endpoint) -> None:
    """The listener says that it lives."""
    answer = await endpoint.http.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok")


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/redoc", "/openapi.json", "/metrics", "/readyz", "/api/streams"]
)
async def test_nothing_else(endpoint: Endpoint, path: str) -> None:
    """Strangers find nothing else here."""
    assert (await endpoint.http.get(path)).status_code == 404
    assert (await endpoint.http.post(path)).status_code == 404


async def test_only_posts(endpoint: Endpoint) -> None:
    """The webhook takes posts and nothing else."""
    assert (await endpoint.http.get("/webhook")).status_code == 405
