from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest

from bridge.assembly.listening import LARGEST_WISH
from bridge.domain import (
    Gap,
    Output,
    Product,
    RunStatus,
    Source,
    Stream,
    StreamState,
    Usage,
    Utterance,
    Window,
    WindowKind,
)
from bridge.errors import StoreAway
from bridge.flow.news import kept
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from bridge.app import Bridge
    from bridge.store.store import Store
    from tests.fakes.journey import Journey


async def fill(store: Store) -> None:
    """Two streams that are over, one with everything a stream can have."""
    for n, stream_id in enumerate(("s", "t")):
        store.put_stream(
            Stream(
                stream_id=stream_id,
                product=Product.MEETING,
                meeting_uuid="aB3/xY+z9Q==",
                meeting_id="812",
                server_urls="wss://x",
                event_ts=1763805600000 + n,
                started_at_ms=1763805600000 + n,
                state=StreamState.ENDED,
                end_reason="the meeting ended",
            )
        )
        store.stream_settled(stream_id)
    for n in range(1, 4):
        store.add_utterance(
            Utterance(
                stream_id="s",
                n=n,
                speaker="Dana",
                user_id="7",
                start_ms=n,
                end_ms=n + 1,
                text=f"Sentence {n}.",
                language=9,
                source=Source.CHAT if n == 3 else Source.SPEECH,
            )
        )
    store.add_gap(Gap(stream_id="s", from_ms=5, to_ms=9, reason="reconnect"))
    for seq, kind in enumerate((WindowKind.LIVE, WindowKind.FINAL), start=1):
        window = Window(
            window_id=f"s:notes:{seq}",
            stream_id="s",
            meeting_uuid="m",
            route="notes",
            flow="f",
            seq=seq,
            kind=kind,
            first_n=1,
            last_n=3,
            input_value="{}",
        )
        await store.add_window(window, gaps_told=0)
    await store.run_ended(
        "s:notes:1",
        status=RunStatus.DONE,
        attempts=2,
        output=Output("One action item.", spent=(("s:notes:1", Usage(1200, 96, 4200)),)),
    )


async def test_streams(bridge: Bridge, http: httpx.AsyncClient) -> None:
    """The list tells of each stream, newest first, and no more than is asked for."""
    assert (await http.get("/api/streams")).json() == []
    await fill(bridge.store)
    newer, older = (await http.get("/api/streams")).json()
    assert (newer["stream_id"], newer["utterances"], newer["windows"]) == ("t", 0, 0)
    contract = ("stream_id", "meeting_uuid", "state", "started_at", "utterances", "windows")
    told = {name: older[name] for name in contract}
    assert told == {
        "stream_id": "s",
        "meeting_uuid": "aB3/xY+z9Q==",
        "state": "ended",
        "started_at": "2025-11-22T10:00:00Z",
        "utterances": 3,
        "windows": 2,
    }
    assert len((await http.get("/api/streams", params={"limit": 1})).json()) == 1
    uuid = {"meeting_uuid": older["meeting_uuid"]}
    of_meeting = (await http.get("/api/streams", params=uuid)).json()
    assert older in of_meeting
    assert {each["meeting_uuid"] for each in of_meeting} == {older["meeting_uuid"]}
    assert (await http.get("/api/streams", params={"meeting_uuid": "none=="})).json() == []
    assert (await http.get("/api/streams", params={"limit": 0})).status_code == 422


async def test_stream(bridge: Bridge, http: httpx.AsyncClient) -> None:
    """One stream is told with why it ended and what was missed."""
    await fill(bridge.store)
    stream = (await http.get("/api/streams/s")).json()
    assert (stream["stream_id"], stream["end_reason"]) == ("s", "the meeting ended")
    assert stream["gaps"] == [{"from_ms": 5, "to_ms": 9, "reason": "reconnect"}]


async def test_utterances(bridge: Bridge, http: httpx.AsyncClient) -> None:
    """What was said comes in order of arrival, from any position on."""
    await fill(bridge.store)
    said = (await http.get("/api/streams/s/utterances")).json()
    assert [each["id"] for each in said] == ["u-000001", "u-000002", "u-000003"]
    assert said[2] == {
        "id": "u-000003",
        "speaker": "Dana",
        "user_id": "7",
        "start_ms": 3,
        "end_ms": 4,
        "text": "Sentence 3.",
        "language": 9,
        "source": "chat",
    }
    assert (await http.get("/api/streams/s/utterances", params={"after": 2})).json() == said[2:]
    assert (await http.get("/api/streams/t/utterances")).json() == []


async def test_runs(bridge: Bridge, http: httpx.AsyncClient) -> None:
    """What became of each window is told, with its answer."""
    await fill(bridge.store)
    done, pending = (await http.get("/api/streams/s/runs")).json()
    contract = ("window_id", "route", "status", "attempts", "output")
    assert [done[name] for name in contract] == ["s:notes:1", "notes", "done", 2, "One action item."]
    assert [pending[name] for name in contract] == ["s:notes:2", "notes", "pending", 0, ""]
    took = {"input_tokens": 1200, "output_tokens": 96, "cost_usd": 0.0042}
    assert (done["usage"], pending["usage"]) == (took, None)
    whole = (await http.get("/api/streams/s")).json()["took"]
    assert whole == {"usage": took, "unknown": 0, "unpriced": 0}
    assert (await http.get("/api/streams/t")).json()["took"] == {"usage": None, "unknown": 0, "unpriced": 0}


async def test_unknown_stream(http: httpx.AsyncClient) -> None:
    """A stream that nobody knows is not found, rather than empty."""
    for path in ("", "/utterances", "/runs"):
        assert (await http.get(f"/api/streams/nobody{path}")).status_code == 404, path


async def test_nothing_else(http: httpx.AsyncClient) -> None:
    """The private listener has neither the public routes nor pages that nobody meant."""
    for path in ("/docs", "/openapi.json", "/webhook", "/healthz"):
        assert (await http.get(path)).status_code == 404, path


async def test_ready(bridge: Bridge, http: httpx.AsyncClient) -> None:
    """With store and Langflow well, the bridge is ready."""
    answer = await http.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert answer.json()["checks"]["store"] == answer.json()["checks"]["langflow"] == "ok"


async def test_degraded(journey: Journey) -> None:
    """With Langflow away words are still taken, so the bridge is ready, and says what is missing."""
    journey.api.health_status = 503
    async with (
        journey.bridge() as bridge,
        httpx.AsyncClient(base_url=bridge.admin_url, trust_env=False) as http,
    ):

        async def status() -> str:
            answer = await http.get("/readyz")
            assert answer.status_code == 200
            return str(answer.json()["status"])

        async def degraded() -> bool:
            return await status() == "degraded"

        async def well() -> bool:
            return await status() == "ok"

        await until(degraded)
        assert "503" in (await http.get("/readyz")).json()["checks"]["langflow"]
        journey.api.health_status = 200
        await until(well)


async def test_a_store_that_is_away(
    bridge: Bridge, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is asked of it meanwhile is answered with 503 and the reason, and nothing of it is a fault of ours in a log."""

    async def away(*_: object) -> None:
        raise StoreAway("the disk is gone")

    for question in ("read", "search"):
        monkeypatch.setattr(bridge.store._engine, question, away)
    decision = {"route": "r", "item": "summary", "digest": "d", "decision": "no"}
    asked = [
        *[
            await http.get(f"/api/{each}")
            for each in (
                "streams",
                "streams/s",
                "streams/s/runs",
                "streams/s/insights",
                "streams/s/approvals",
                "streams/s/deliveries",
                "streams/s/export/vtt",
                "streams/s/tape",
                "search?q=budget",
                "runs",
            )
        ],
        await http.post("/api/streams/s/approvals", json=decision),
        await http.post("/api/streams/s/ask", json={"question": "who?"}),
    ]
    told = {"detail": "the store is away: the disk is gone"}
    assert [(each.url.path, each.status_code, each.json()) for each in asked] == [
        (each.url.path, 503, told) for each in asked
    ]


async def test_unavailable(bridge: Bridge, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a store nothing can be taken, so the bridge is not ready."""
    full = property(lambda _: "OperationalError: database or disk is full")
    monkeypatch.setattr(type(bridge.store), "fault", full)
    answer = await http.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
    assert "disk is full" in answer.json()["checks"]["store"]


async def test_metrics(http: httpx.AsyncClient) -> None:
    """Metrics come in Prometheus' format."""
    answer = await http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "bridge_sessions 0.0" in answer.text


async def test_token(journey: Journey) -> None:
    """Where a token is set, everything asks for it, and nothing shows it."""
    journey.settings_changes = {"bridge_admin_token": "the-admin-token"}
    paths = ("/api/streams", "/api/streams/s", "/api/streams/s/utterances", "/readyz", "/metrics")
    wrong = (None, "the-admin-token", "Bearer", "Bearer other", "Basic the-admin-token", "Bearer é")
    async with (
        journey.bridge() as bridge,
        httpx.AsyncClient(base_url=bridge.admin_url, trust_env=False) as http,
    ):
        await fill(bridge.store)
        for path in paths:
            for value in wrong:
                headers = [] if value is None else [(b"authorization", value.encode("latin-1"))]
                answer = await http.get(path, headers=headers)
                assert answer.status_code == 401
                assert answer.headers["www-authenticate"] == "Bearer"
                assert "the-admin-token" not in answer.text
            for right in ("Bearer the-admin-token", "bearer the-admin-token"):
                assert (await http.get(path, headers={"authorization": right})).status_code == 200


async def test_far_behind_the_end(bridge: Bridge, http: httpx.AsyncClient) -> None:
    """Behind the last utterance there is nothing, however far."""
    await fill(bridge.store)
    for after in (2**31, 2**63 - 1):
        answer = await http.get(f"/api/streams/s/utterances?after={after}")
        assert (answer.status_code, answer.json()) == (200, []), after


async def test_numbers_that_are_none(http: httpx.AsyncClient) -> None:
    """A number that nothing can have is refused, never looked up."""
    for number in (2**63, 10**30, -1, "x", 1.5):
        assert (await http.get(f"/api/streams/s/utterances?after={number}")).status_code == 422, number
        assert (await http.get(f"/api/streams?limit={number}")).status_code == 422, number


async def test_ids_that_are_none(http: httpx.AsyncClient) -> None:
    """An id that no stream can have is not looked up."""
    paths = ("", "/utterances", "/runs", "/happenings", "/recordings", "/recordings/x.wav")
    for stream_id, status in (("x" * 256, 422), ("a%00b", 404), ("a%0Ab", 404), ("a%EF%BF%BDb", 404)):
        for path in paths:
            answer = await http.get(httpx.URL(f"/api/streams/{stream_id}{path}"))
            assert answer.status_code == status, (stream_id, path)


async def test_a_web_page_reads_nothing(bridge: Bridge, http: httpx.AsyncClient) -> None:
    """A page that has this machine's address under a name of its own (DNS rebinding) is not answered."""
    await fill(bridge.store)
    for path in ("/api/streams", "/api/streams/s/utterances", "/readyz", "/metrics"):
        answer = await http.get(path, headers={"host": "evil.example:8081"})
        assert answer.status_code == 400
        assert "Sentence" not in answer.text
        assert (await http.get(path, headers={"host": "localhost"})).status_code == 200


async def test_a_proxy_is_nothing_to_this_machine(journey: Journey, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bridge whose neighbours are all on this machine starts and works, whatever proxy the environment names."""
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with (
        journey.bridge() as bridge,
        httpx.AsyncClient(base_url=bridge.admin_url, trust_env=False) as http,
    ):
        answer = await http.get("/readyz")
        assert (answer.status_code, answer.json()["checks"]["langflow"]) == (200, "ok")


@pytest.mark.parametrize(
    "body",
    [
        b'{"windows": ["\\ud83d"]}',
        b'{"windows": ["a"], "secret": NaN}',
        b'{"windows": "secret\\ud83d"}',
        b'{"windows": ["a"], "\\ud83d": 1}',
        b'{"windows": ["' + b"secret" * 10_000 + b'"]}',
        b"{" + b",".join(b'"secret%d": 1' % n for n in range(10_000)) + b"}",
        b"{",
    ],
    ids=["half", "nan", "half of a word", "half of a key", "long", "many keys", "no end"],
)
async def test_a_request_that_cannot_be_read(http: httpx.AsyncClient, body: bytes) -> None:
    """It is told where it is wrong, in few words and without what was sent, whatever that was."""
    answer = await http.post(
        "/api/runs/retry", content=body, headers={"content-type": "application/json"}, timeout=20
    )
    assert answer.status_code == 422
    assert len(answer.content) < 5_000
    faults = answer.json()["detail"]
    assert all(set(fault) == {"type", "loc", "msg"} for fault in faults)
    assert "secretsecret" not in answer.text
    assert faults[0]["loc"][0] == "body"


async def test_a_request_that_is_too_large(bridge: Bridge, http: httpx.AsyncClient) -> None:
    """Nobody's megabytes are read to their end: the answer comes before, and the connection is over."""
    host, _, port = bridge.admin_url.removeprefix("http://").partition(":")
    for path in ("/api/runs/retry", "/api/streams/s/ask"):
        reader, writer = await asyncio.open_connection(host, int(port))
        head = f"POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n"
        writer.write(f"{head}content-length: {64 * LARGEST_WISH}\r\n\r\n".encode())
        writer.write(b" " * (LARGEST_WISH + 1))
        answer = await reader.read()  # to its end
        assert answer.startswith(b"HTTP/1.1 413 ")
        writer.close()
    ids = ["\U0001f600" * 255] * 1000
    assert (await http.post("/api/runs/retry", json={"windows": ids}, timeout=20)).status_code == 200


async def test_monitors_ask_by_head(bridge: Bridge, http: httpx.AsyncClient) -> None:
    """What is only looked at to see whether the bridge lives answers HEAD too, with nothing behind the head."""
    for url in ("/readyz", bridge.webhook_url.replace("/webhook", "/healthz")):
        answer = await http.head(url)
        assert (answer.status_code, answer.content) == (200, b"")


async def test_export(bridge: Bridge, http: httpx.AsyncClient) -> None:
    """A meeting is had as a file with a name, in each form; another form or stream is refused."""
    await fill(bridge.store)
    kinds = {
        "vtt": "text/vtt; charset=utf-8",
        "srt": "application/x-subrip",
        "md": "text/markdown; charset=utf-8",
        "txt": "text/plain; charset=utf-8",
        "json": "application/json",
    }
    for form, kind in kinds.items():
        answer = await http.get(f"/api/streams/s/export/{form}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == kind
        assert (
            answer.headers["content-disposition"] == f'attachment; filename="2025-11-22-zoom-meeting.{form}"'
        )
        assert "Sentence 1." in answer.text
    assert (await http.get("/api/streams/s/export/exe")).status_code == 422
    assert (await http.get("/api/streams/none/export/vtt")).status_code == 404


async def test_insights(bridge: Bridge, http: httpx.AsyncClient) -> None:
    """What the flows found is told with the words that show it; a stream without any has an empty list."""
    await fill(bridge.store)
    assert (await http.get("/api/streams/s/insights")).json() == []
    found = {"id": "i-1", "kind": "decision", "text": "Ship it", "evidence": ["u-000002"], "owner": None}
    news = kept({"schema": "zoom-news/1", "insights": [found]})
    await bridge.store.run_ended("s:notes:2", status=RunStatus.DONE, attempts=1, output=Output("x", news))
    (told,) = (await http.get("/api/streams/s/insights")).json()
    assert (told["kind"], told["text"], told["owner"], told["evidence"]) == (
        "decision",
        "Ship it",
        "",
        ["u-000002"],
    )
    assert told["window_id"] == "s:notes:2"
