"""What a meeting may cost, counted on a clock of the test's own: a cost that creeps up fails here, on any machine."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from bridge.admin.metrics import Metrics
from bridge.clock import Clock
from bridge.domain import Output, Product, Stream, Window, WindowKind
from bridge.flow.routes import Route, WindowRule
from bridge.flow.worker import Worker
from bridge.rtms.connection import tls_context
from bridge.session import delivery, link
from bridge.session.link import Zoom
from bridge.session.session import Session
from bridge.store import sql
from bridge.store.memory import MemoryEngine
from bridge.store.sqlite import _Connection
from bridge.store.store import Store, open_store
from bridge.tasks import beside
from tests.fakes.quiet_zoom import URL, QuietZoom
from tests.fakes.virtual import VirtualLoop, in_virtual_time

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pytest

    from bridge.store.query import Query, Row, Write

STREAM = Stream(
    stream_id="s", product=Product.MEETING, meeting_uuid="m==", server_urls=URL, event_ts=1, started_at_ms=1
)
ROUTE = Route(name="r", flow="f", window=WindowRule(max_seconds=60, max_words=80))
"""Ten utterances of eight words fill a window."""
TLS = tls_context(None)


class Engine(MemoryEngine):
    """Counts what a database would be asked: each commit and each question is one hop to its thread."""

    def __init__(self) -> None:
        super().__init__()
        self.commits = self.statements = self.rows = self.questions = 0

    async def commit(self, writes: Sequence[Write], mark: int) -> None:
        self.commits += 1
        self.statements += len(sql.batches(writes))
        self.rows += len(writes)
        await super().commit(writes, mark)

    async def read(self, query: Query) -> list[Row]:
        self.questions += 1
        return await super().read(query)


@dataclass
class Langflow:
    """Answers after a second."""

    live: int = 0
    final: int = 0

    async def run(self, window: Window, *, timeout_seconds: float) -> Output:
        if window.kind is WindowKind.LIVE:
            self.live += 1
        else:
            self.final += 1
        await asyncio.sleep(1)
        return Output("")

    async def give_up(self, window: Window) -> None:
        raise AssertionError("nothing is given up")

    async def trouble(self, window: Window) -> str:
        raise AssertionError("nothing is in trouble")


@dataclass(frozen=True)
class Cost:
    """Of meetings, from their announcement to their end."""

    live: int
    """Requests to Langflow with a live window."""
    final: int
    commits: int
    """Each is one hop to the database's thread, and so is each question."""
    statements: int
    rows: int
    questions: int
    wakes: int
    """How often the loop was woken without a frame: by timers, and by answers."""


async def cost(monkeypatch: pytest.MonkeyPatch, zooms: list[QuietZoom]) -> Cost:
    """Play meetings at once to sessions as the bridge makes them, with everything but sockets and SQL."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    engine, langflow, metrics = Engine(), Langflow(), Metrics()
    dials = iter([zoom.dial for zoom in zooms for _ in range(2)])
    clock = Clock(
        wall=lambda: 1_763_769_600 + loop.time(), steady=loop.time, chance=lambda: 0.5, sleep=asyncio.sleep
    )
    store = Store(engine, monotonic=loop.time)
    monkeypatch.setattr(delivery, "LONG", 10_000)  # a thread takes as long as it takes
    before = loop.wakes

    async def forget(meeting_uuid: str, why: str) -> None:
        raise AssertionError("nothing is forgotten")

    async with beside(store.run(), name="store", stop=store.close), asyncio.TaskGroup() as tasks:
        for n, _zoom in enumerate(zooms):
            stream = replace(STREAM, stream_id=f"s{n}", meeting_uuid=f"m{n}==")
            store.put_stream(stream)
            monkeypatch.setattr(link, "dial", lambda *given, **options: next(dials)(*given, **options))
            session = Session(
                stream,
                routes=[ROUTE],
                zoom=Zoom(client_id="c", client_secret=SecretStr("s"), allowed_hosts=("127.0.0.1",), tls=TLS),
                store=store,
                worker=Worker(langflow, store, metrics),
                metrics=metrics,
                forget=forget,
                phrases=("hey assistant",),
                clock=clock,
            )
            await asyncio.sleep(0.001)  # one dials after the other
            tasks.create_task(session.run())
            await asyncio.sleep(0.001)
    frames = sum(zoom.moments for zoom in zooms)
    return Cost(
        live=langflow.live,
        final=langflow.final,
        commits=engine.commits,
        statements=engine.statements,
        rows=engine.rows,
        questions=engine.questions,
        wakes=loop.wakes - before - frames,
    )


@in_virtual_time
async def test_a_thousand_utterances(monkeypatch: pytest.MonkeyPatch) -> None:
    """One meeting: a request for ten utterances, and a commit for each of them that nothing else is said beside."""
    assert await cost(monkeypatch, [QuietZoom(lines=1000)]) == Cost(
        live=100, final=1, commits=1104, statements=1408, rows=1408, questions=5, wakes=1167
    )


@in_virtual_time
async def test_ten_meetings_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many utterances of ten meetings share their commits."""
    assert await cost(monkeypatch, [QuietZoom(lines=100) for _ in range(10)]) == Cost(
        live=100, final=10, commits=205, statements=437, rows=1480, questions=10, wakes=273
    )


@in_virtual_time
async def test_an_idle_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """A meeting in which nobody speaks wakes nobody but for its keep-alives, and to see whether they still come."""
    one = await cost(monkeypatch, [QuietZoom(seconds=3600)])
    ten = await cost(monkeypatch, [QuietZoom(seconds=3600) for _ in range(10)])

    # The store's own: whether it still has its database, every five seconds, and every ten when a meeting was last heard.
    assert one == Cost(live=0, final=1, commits=364, statements=367, rows=367, questions=1, wakes=786)
    # One more meeting: every 65 seconds its sockets are looked at.
    assert (ten.wakes - one.wakes) / 9 == 64
    assert (ten.commits - one.commits) / 9 == 2
    assert (ten.statements - one.statements) / 9 == 4


async def test_a_commit_is_one_hop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """However many rows of however many tables: a commit goes to SQLite's thread once, and so does a question."""
    hops = 0
    whole = _Connection._hop

    async def counted(self: _Connection, work: Callable[[], Any]) -> Any:
        nonlocal hops
        hops += 1
        return await whole(self, work)

    async with open_store(f"sqlite:///{tmp_path / 'b.db'}") as store:
        monkeypatch.setattr(_Connection, "_hop", counted)
        for n in range(100):
            store.put_stream(replace(STREAM, stream_id=f"s{n}"))
            store.stream_seen(f"s{n}", 1)
        await store.flush()
        committed, hops = hops, 0
        await store.streams_to_settle()
        asked = hops
    assert (committed, asked) == (1, 1)
