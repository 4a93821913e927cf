"""What Zoom tells besides speech, from its sockets to the store and the windows."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from bridge.domain import NO_OUTPUT, HappeningKind, Output, Product, Source, Stream, StreamState, WindowKind
from bridge.flow.client import LangflowClient
from bridge.flow.routes import Route, WindowRule
from bridge.flow.worker import Worker
from bridge.rtms.connection import tls_context
from bridge.rtms.media import ChatChanged, Said
from bridge.session.delivery import Delivery
from bridge.session.end import End
from bridge.session.link import Zoom
from bridge.session.pictures import Pictures
from bridge.session.record import Record
from bridge.session.session import Session
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from bridge.domain import Window
    from bridge.store.store import Store

STREAM = Stream(
    stream_id="s",
    product=Product.MEETING,
    meeting_uuid="m",
    server_urls="wss://x.zoom.us",
    event_ts=1,
    started_at_ms=1,
    state=StreamState.LIVE,
)


class Metrics:
    """Counts nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


class Sent(LangflowClient):
    """A Langflow that answers at once and remembers what it was sent."""

    def __init__(self) -> None:
        self.windows: list[Window] = []

    async def run(self, window: Window, *, timeout_seconds: float) -> Output:
        self.windows.append(window)
        return NO_OUTPUT


def typed(text: str, message_id: str) -> Said:
    return Said(
        text=text,
        user_id="7",
        speaker="Eli",
        start_ms=5,
        end_ms=5,
        timestamp_ms=5,
        language=None,
        source=Source.CHAT,
        message_id=message_id,
    )


@pytest.fixture
def record(store: Store) -> Record:
    store.put_stream(STREAM)
    return Record(STREAM, store)


async def test_comings_and_goings(record: Record, store: Store) -> None:
    """The roster is told from those who join; who is known does not join again after a reconnection."""
    record.joined((("7", "Eli"),), 10, roster=True)
    record.joined((("8", "Dana"),), 20, roster=False)
    record.joined((("7", "Eli"), ("8", "Dana")), 30, roster=True)
    record.left(("7", "9"), 40)
    record.sharing("8", "Dana", 50, started=True)
    record.sharing("", "", 60, started=False)
    await store.flush()

    assert [(each.kind, each.at_ms, each.name) for each in await store.happenings("s")] == [
        (HappeningKind.PRESENT, 10, "Eli"),
        (HappeningKind.JOINED, 20, "Dana"),
        (HappeningKind.LEFT, 40, "Eli"),
        (HappeningKind.SHARING_STARTED, 50, "Dana"),
        (HappeningKind.SHARING_STOPPED, 60, ""),
    ]
    assert record.participants() == [("8", "Dana")]


async def test_chat_edited_and_deleted(record: Record, store: Store) -> None:
    """An edit changes what is stored, a deletion leaves no words, and a restart numbers on behind them."""
    for text, message_id in (("one", "a"), ("two", "b"), ("three", "c")):
        assert record.said(typed(text, message_id)) is not None
    assert record.changed(ChatChanged(message_id="a", text="uno")) == (1, "uno")
    assert record.changed(ChatChanged(message_id="c", text="")) == (3, "")
    assert record.changed(ChatChanged(message_id="c", text="")) is None
    assert record.changed(ChatChanged(message_id="never", text="x")) is None
    await store.flush()

    assert [(said.n, said.text) for said in await store.utterances("s")] == [(1, "uno"), (2, "two")]
    again = Record(STREAM, store)
    assert [said.n for said in await again.restore()] == [1, 2]
    next_one = again.said(typed("four", "d"))
    assert next_one is not None
    assert next_one.n == 4
    assert again.changed(ChatChanged(message_id="b", text="dos")) == (2, "dos")


def delivery(record: Record, store: Store, langflow: Sent, rule: WindowRule) -> Delivery:
    return Delivery(
        Route(name="r", flow="f", on=(WindowKind.LIVE,), window=rule),
        record=record,
        store=store,
        worker=Worker(langflow, store, Metrics()),
        pictures=Pictures(None),
        metrics=Metrics(),
    )


async def test_an_open_window_follows_edits(record: Record, store: Store) -> None:
    """What was edited or deleted before its window closed is sent as it then was."""
    langflow = Sent()
    line = delivery(record, store, langflow, WindowRule(max_seconds=1000, pause_seconds=1000))
    for text, message_id in (("one", "a"), ("two", "b")):
        utterance = record.said(typed(text, message_id))
        assert utterance is not None
        line.add(utterance, asyncio.get_running_loop().time())
    line.amend(1, "uno")
    line.amend(2, "")
    line.end()
    await line.run(resumed=False)

    (window,) = langflow.windows
    assert '"uno"' in window.input_value
    assert "two" not in window.input_value


async def test_a_paused_stream_keeps_its_window_open(record: Record, store: Store) -> None:
    """A pause of the stream is no silence: the window waits for what comes after it."""
    langflow = Sent()
    line = delivery(record, store, langflow, WindowRule(max_seconds=0.01, pause_seconds=0.01, min_words=0))
    record.enter(StreamState.PAUSED)
    running = asyncio.create_task(line.run(resumed=False))
    utterance = record.said(typed("one", "a"))
    assert utterance is not None
    line.add(utterance, asyncio.get_running_loop().time() - 10)
    await store.flush()
    await store.flush()
    assert langflow.windows == []
    record.enter(StreamState.LIVE)
    line.look()
    await until(lambda: langflow.windows)
    line.end()
    await running


async def test_revoked_consent_deletes_everything(store: Store) -> None:
    """Nothing is delivered any more, and nothing of the meeting is left, when consent is revoked."""
    langflow, forgotten = Sent(), []

    async def forget(meeting_uuid: str, why: str) -> None:
        await store.purge(meeting_uuid)
        forgotten.append((meeting_uuid, why))

    session = Session(
        STREAM,
        routes=[Route(name="r", flow="f")],
        zoom=Zoom(
            client_id="c", client_secret=SecretStr("s"), allowed_hosts=("127.0.0.1",), tls=tls_context(None)
        ),
        store=store,
        worker=Worker(langflow, store, Metrics()),
        metrics=Metrics(),
        forget=forget,
    )
    store.put_stream(STREAM)
    session.said(typed("one", "a"))
    session.end(8)
    async with asyncio.timeout(30):
        await session.run()
    await store.flush()

    assert forgotten == [("m", "consent was revoked")]
    assert langflow.windows == []
    assert await store.utterances("s", deleted=True) == []
    assert await store.streams_to_settle() == []
    tombstone = await store.stream("s")
    assert tombstone is not None
    assert tombstone.state is StreamState.ENDED
    assert tombstone.end_reason == "consent was revoked"


async def test_revoked_consent_survives_a_crash(store: Store) -> None:
    """A stream that ended so, and whose deletion a crash prevented, is deleted by the next start, not delivered."""
    langflow, forgotten = Sent(), []

    async def forget(meeting_uuid: str, why: str) -> None:
        await store.purge(meeting_uuid)
        forgotten.append((meeting_uuid, why))

    revoked = replace(STREAM, state=StreamState.ENDED, end_reason="consent was revoked")
    session = Session(
        revoked,
        routes=[Route(name="r", flow="f")],
        zoom=Zoom(
            client_id="c", client_secret=SecretStr("s"), allowed_hosts=("127.0.0.1",), tls=tls_context(None)
        ),
        store=store,
        worker=Worker(langflow, store, Metrics()),
        metrics=Metrics(),
        forget=forget,
    )
    store.put_stream(revoked)
    session.said(typed("one", "a"))
    await store.flush()
    async with asyncio.timeout(30):
        await session.restore()
        await session.run()
    await store.flush()

    assert forgotten == [("m", "consent was revoked")]
    assert langflow.windows == []
    assert await store.utterances("s", deleted=True) == []
    assert await store.streams_to_settle() == []
    tombstone = await store.stream("s")
    assert tombstone is not None
    assert tombstone.state is StreamState.ENDED
    assert tombstone.end_reason == "consent was revoked"


def test_only_reason_8_deletes() -> None:
    """No other reason for an end deletes anything."""
    assert [reason for reason in range(-1, 40) if End.by_zoom(reason).consent_revoked] == [8]
    assert not End.by_zoom(None).consent_revoked
