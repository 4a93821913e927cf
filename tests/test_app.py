from __future__ import annotations

import asyncio
import json
import signal
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import structlog

from bridge.app import HANDOVER_SECONDS, _CutShort, _Stop, serve
from bridge.errors import ConfigurationError, StoreError
from bridge.rtms.messages import StatusCode
from bridge.settings import Settings
from bridge.simulator.stream import Patience
from bridge.store.store import open_store
from bridge.webhook.signature import sign
from tests.fakes.certificates import Certificate
from tests.fakes.journey import CLIENT_ID, CLIENT_SECRET, SECRET_TOKEN, Journey, meeting, simulator
from tests.fakes.locked import locked
from tests.fakes.quick import quick
from tests.fakes.run_api import RunApi
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bridge.app import Bridge


@pytest.fixture
async def journey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Journey]:
    quick(monkeypatch)
    async with RunApi().listening() as api, simulator() as zoom:
        yield Journey(zoom, api, tmp_path / "bridge.db")
    assert not api.faults


async def post(bridge: Bridge, kind: str, event_ts: int, **payload: Any) -> int:
    """A signed event from Zoom; the status that it got."""
    body = json.dumps({"event": f"meeting.rtms_{kind}", "event_ts": event_ts, "payload": payload}).encode()
    timestamp = str(int(time.time()))
    headers = {"x-zm-request-timestamp": timestamp, "x-zm-signature": sign(SECRET_TOKEN, timestamp, body)}
    async with httpx.AsyncClient(trust_env=False) as http:
        return (await http.post(bridge.webhook_url, content=body, headers=headers)).status_code


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_told_to_stop_while_it_waits_for_its_store(tmp_path: Path, number: signal.Signals) -> None:
    """It ends at once and in good order, and does not take over what another bridge has."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'bridge.db'}"
    settings = Settings(
        zoom_secret_token=SECRET_TOKEN,
        ZOOM_CLIENT_ID=CLIENT_ID,
        ZOOM_CLIENT_SECRET=CLIENT_SECRET,
        bridge_store_url=url,
        bridge_port=0,
        bridge_admin_port=0,
    )
    async with open_store(url):
        with structlog.testing.capture_logs() as logs:
            serving = asyncio.create_task(serve(settings))
            await until(lambda: any(each["event"] == "store.in_use" for each in logs))
            signal.raise_signal(number)
            async with asyncio.timeout(HANDOVER_SECONDS / 4):
                await serving
    assert [each["event"] for each in logs if each["event"].startswith("bridge.")] == ["bridge.stopped"]


async def test_told_to_stop_twice() -> None:
    """Whoever cannot wait for a start to be undone changes nothing by it."""
    stop = _Stop()
    undone = False

    async def start() -> None:
        nonlocal undone
        async with stop.cuts_short():
            stop.tell()
            try:
                await asyncio.Event().wait()
            finally:
                stop.tell()
                undone = True

    with pytest.raises(_CutShort):
        await start()
    assert undone


async def test_validated(journey: Journey) -> None:
    """Zoom's console accepts the endpoint."""
    async with journey.bridge() as bridge:
        await journey.zoom.validate(bridge.webhook_url)


async def test_a_start_sent_again(journey: Journey) -> None:
    """A start that Zoom sends again tears nothing down; a newer one makes the bridge dial anew."""
    async with journey.bridge() as bridge:
        playing = asyncio.create_task(
            journey.play(bridge, meeting(160, every_ms=12), stream_id="s", meeting_uuid="m")
        )
        playback = await journey.said(20)
        started = await bridge.store.stream("s")
        assert started is not None
        ids = {"rtms_stream_id": "s", "meeting_uuid": "m", "server_urls": started.server_urls}
        for event_ts in (started.event_ts, started.event_ts, started.event_ts - 5):
            assert await post(bridge, "started", event_ts, **ids) == 200
        await journey.settled_events(bridge.store)
        await journey.said(60)
        assert playback.stream.signaling_connections == 1
        assert await post(bridge, "started", started.event_ts + 5, **ids) == 200
        await until(lambda: playback.stream.signaling_connections == 2)
        outcome = await playing
        await journey.settled(bridge.store)
    windows = journey.check(outcome, in_flight=2)
    assert len(windows[-1]["gaps"]) == 1
    assert {refusal.status for refusal in outcome.refusals} <= {StatusCode.DUPLICATE_SIGNAL_REQUEST}


async def test_stop_before_start(journey: Journey) -> None:
    """A stream whose stop came first is never dialled."""
    ids = {"rtms_stream_id": "s", "meeting_uuid": "m"}
    async with journey.bridge() as bridge:
        assert await post(bridge, "stopped", 200, **ids, stop_reason=6) == 200
        assert await post(bridge, "started", 100, **ids, server_urls=journey.zoom.signaling_url) == 200
        await journey.settled(bridge.store)
        stream = await bridge.store.stream("s")
    assert stream is not None
    assert stream.end_reason == "the meeting ended"
    assert journey.zoom.refusals == []


async def test_stored_before_the_answer(journey: Journey) -> None:
    """When Zoom has its 200 the event is in the database, whatever happens to the process next."""
    async with journey.bridge() as bridge:
        for n in range(20):
            ids = {"rtms_stream_id": f"s{n}", "meeting_uuid": "m", "stop_reason": 6}
            assert await post(bridge, "stopped", 100, **ids) == 200
            events = await bridge.store.events_to_handle()
            stream = await bridge.store.stream(f"s{n}")
            assert stream is not None or any(f'"s{n}"' in event.body for event in events)


async def test_a_store_that_does_not_answer(
    journey: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While an event cannot be stored Zoom gets 503, and when it sends it again all goes its way."""
    monkeypatch.setattr("bridge.webhook.routes.STORE_SECONDS", 0.1)
    async with journey.bridge() as bridge:
        async with locked(tmp_path / "bridge.db"):
            playing = asyncio.create_task(journey.play(bridge))
            not_stored = b'bridge_webhooks_total{outcome="not_stored"} 2.0'
            await until(lambda: not_stored in bridge.metrics.exposition())
        outcome = await playing
        await journey.settled(bridge.store)
    journey.check(outcome)
    assert outcome.webhooks[0].attempts >= 3
    assert outcome.signaling_connections == 1
    assert outcome.complete


async def test_tls(journey: Journey, tmp_path: Path) -> None:
    """Over TLS with an authority of the operator's, a meeting goes its whole way."""
    certificate = Certificate(tmp_path)
    async with simulator(ssl_context=certificate.server_context) as zoom:
        secure = Journey(zoom, journey.api, tmp_path / "secure.db")
        secure.settings_changes = {"bridge_ca_file": certificate.path}
        async with secure.bridge() as bridge:
            outcome = await secure.play(bridge)
            await secure.settled(bridge.store)
    assert outcome.complete
    secure.check(outcome)


async def test_a_certificate_that_nobody_vouches_for(journey: Journey, tmp_path: Path) -> None:
    """Without that authority not a byte of a handshake is sent."""
    certificate = Certificate(tmp_path)
    async with simulator(ssl_context=certificate.server_context, patience=Patience(connect=0.5)) as zoom:
        secure = Journey(zoom, journey.api, tmp_path / "secure.db")
        async with secure.bridge() as bridge:
            outcome = await secure.play(bridge)
            await secure.settled(bridge.store)
    assert outcome.signaling_connections == 0
    assert outcome.delivered == ()
    assert zoom.refusals == []


async def test_two_listeners(journey: Journey) -> None:
    """Public and private routes are on ports of their own."""
    async with journey.bridge() as bridge, httpx.AsyncClient(trust_env=False) as http:
        public = bridge.webhook_url.removesuffix("/webhook")
        assert (await http.get(f"{public}/healthz")).status_code == 200
        assert (await http.get(f"{public}/metrics")).status_code == 404
        assert (await http.get(f"{bridge.admin_url}/metrics")).status_code == 200
        assert (await http.get(f"{bridge.admin_url}/healthz")).status_code == 404


async def test_a_port_that_is_taken(journey: Journey) -> None:
    """A bridge whose port is taken does not start, and leaves nothing behind."""
    async with journey.bridge() as first:
        port = int(first.webhook_url.rsplit(":", 1)[1].removesuffix("/webhook"))
        journey.settings_changes = {"bridge_port": port, "bridge_store_url": "sqlite+aiosqlite:///other.db"}
        with pytest.raises(ConfigurationError, match=str(port)):
            async with journey.bridge():
                raise AssertionError("started")


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"bridge_store_url": "sqlite+aiosqlite:////nowhere/at/all.db"}, StoreError, "BRIDGE_STORE_URL"),
        ({"bridge_ca_file": "nothing.pem"}, ConfigurationError, "BRIDGE_CA_FILE"),
    ],
)
async def test_does_not_start(
    journey: Journey, changes: dict[str, Any], error: type[Exception], words: str
) -> None:
    """What is missing is told before anything listens."""
    journey.settings_changes = changes
    with pytest.raises(error, match=words):
        async with journey.bridge():
            raise AssertionError("started")


async def test_an_error_of_the_block(journey: Journey) -> None:
    """Whoever runs a bridge sees their own error, and the bridge has ended."""
    with pytest.raises(KeyError, match="mine"):
        async with journey.bridge() as bridge:
            raise KeyError("mine")
    async with httpx.AsyncClient(trust_env=False) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(bridge.admin_url)
