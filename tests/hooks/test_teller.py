from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import structlog

from bridge.clock import Clock
from bridge.domain import EndpointEvent, Output, RunStatus, StreamState
from bridge.hooks import teller as teller_module
from bridge.hooks.teller import Teller
from bridge.store.store import open_store
from tests.hooks.values import endpoint, insight, news, stream
from tests.store.values import window

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.hooks.endpoint import Endpoint
    from bridge.store.store import Store


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    async with open_store("memory://") as opened:
        yield opened


def teller(
    store: Store, *endpoints: Endpoint, now_s: float = 1_763_805_700.0, woken: list[str] | None = None
) -> Teller:
    return Teller(
        store,
        endpoints or [endpoint()],
        is_gone=lambda name: name == "gone",
        wake=(woken if woken is not None else []).append,
        link=lambda stream_id: f"https://p.example/meetings/{stream_id}",
        clock=Clock(wall=lambda: now_s),
    )


async def told(store: Store, to: str = "crm") -> list[tuple[str, str]]:
    """What waits for an endpoint, in order: type, and the text where there is one."""
    found = []
    for each in reversed(await store.deliveries("s")):
        if each.endpoint == to:
            said = json.loads(await store.delivery_body(each.delivery_id))["data"]
            found.append(
                (each.event.value, (said.get("finding") or said.get("summary") or {}).get("text", ""))
            )
    return found


async def answered(store: Store, by: Teller, seq: int, given: str, *, route: str = "r") -> None:
    """A window of a route that found something."""
    await store.add_window(window(seq, route=route), gaps_told=0)
    await by.run_ended(f"s:{route}:{seq}", status=RunStatus.DONE, attempts=1, output=Output("Hi.", given))


async def test_a_meeting(store: Store) -> None:
    """An endpoint is told of a meeting from its beginning to its end, in order, with the way to its page."""
    woken: list[str] = []
    by = teller(store, woken=woken)
    store.put_stream(stream())
    by.announce(stream(), {"r"})
    await answered(store, by, 1, news(insight(1, "Ship it")))
    await answered(store, by, 2, news(insight(1, "Ship on Tuesday"), summary={"text": "We met."}))
    by.announce(stream(state=StreamState.ENDED, end_reason="the meeting ended"), {"r"})
    await store.flush()
    assert await told(store) == [
        ("meeting.started", ""),
        ("finding.created", "Ship it"),
        ("finding.updated", "Ship on Tuesday"),
        ("summary.created", "We met."),
        ("meeting.ended", ""),
    ]
    (first, *_), _ = await store.first_deliveries("crm")
    assert (
        json.loads(await store.delivery_body(first.delivery_id))["data"]["link"]
        == "https://p.example/meetings/s"
    )
    assert woken == ["crm"] * 4


async def test_told_again_after_a_crash(store: Store) -> None:
    """What another process tells once more, later, is the same delivery: nobody is told twice."""
    store.put_stream(stream())
    for process in range(3):
        by = teller(store, now_s=1_763_805_700.0 + process)
        by.announce(stream(), {"r"})
        if process == 0:
            await store.add_window(window(1), gaps_told=0)
        await by.run_ended("s:r:1", status=RunStatus.DONE, attempts=1, output=Output("Hi.", news(insight(1))))
        by.announce(stream(state=StreamState.ENDED), {"r"})
    await store.flush()
    assert [event for event, _ in await told(store)] == [
        "meeting.started",
        "finding.created",
        "meeting.ended",
    ]
    assert store.put_aside() == {}


async def test_who_is_told(store: Store) -> None:
    """Only the endpoints of a route, of what each wants to know, and none that is gone."""
    wanted = frozenset({EndpointEvent.FINDING_UPDATED})
    endpoints = [endpoint("crm", events=wanted), endpoint("other", route="q"), endpoint("gone")]
    woken: list[str] = []
    by = teller(store, *endpoints, woken=woken)
    store.put_stream(stream())
    by.announce(stream(), {"r", "unheard"})
    await answered(store, by, 1, news(insight(1, "Ship it")))
    await answered(store, by, 2, news(insight(1, "Ship on Tuesday")))
    await answered(store, by, 1, news(insight(1, "Rest")), route="q")
    assert [await told(store, name) for name in ("crm", "other", "gone")] == [
        [("finding.updated", "Ship on Tuesday")],
        [("finding.created", "Rest")],
        [],
    ]
    assert woken == ["crm", "other"]


async def test_what_tells_nothing(store: Store) -> None:
    """A window that failed, one that found nothing, and one of a route without endpoints are stored as ever."""
    by = teller(store)
    store.put_stream(stream())
    await answered(store, by, 1, news(insight(1)), route="q")
    await answered(store, by, 1, "")
    await store.add_window(window(2), gaps_told=0)
    by.run_tried("s:r:2", attempts=1, failures=1, error="it broke")
    await by.run_ended("s:r:2", status=RunStatus.FAILED, attempts=4, failures=4, error="it broke")
    runs = {run.window_id: run for run in await store.runs("s")}
    assert (runs["s:r:2"].status, runs["s:r:2"].failures) == (RunStatus.FAILED, 4)
    assert runs["s:q:1"].news == news(insight(1))
    assert await store.deliveries("s") == []


async def test_telling_that_breaks(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in what is told keeps no answer from being stored, and is told by its place."""

    def broken(*_: object) -> None:
        raise RuntimeError("the merger is off")

    monkeypatch.setattr(teller_module, "changes", broken)
    store.put_stream(stream())
    with structlog.testing.capture_logs() as logs:
        await answered(store, teller(store), 1, news(insight(1)))
    assert [run.status for run in await store.runs("s")] == [RunStatus.DONE]
    (broke,) = [each for each in logs if each["event"] == "part.broke"]
    assert broke["part"] == "webhooks"
    assert "merger" not in str(logs)


async def test_a_stream_taken_up_again(store: Store) -> None:
    """A meeting that was lost and goes on is over twice; that it began is told once."""
    by = teller(store)
    lost = stream(state=StreamState.LOST, end_reason="lost")
    store.put_stream(lost)
    again = replace(lost, state=StreamState.INTERRUPTED, event_ts=9)
    for each in (stream(), lost, again, replace(again, state=StreamState.ENDED)):
        by.announce(each, {"r"})
    await store.flush()
    assert [event for event, _ in await told(store)] == ["meeting.started", "meeting.ended", "meeting.ended"]
