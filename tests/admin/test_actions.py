"""Deleting a meeting and running failed windows again, and what ``/readyz`` knows, over HTTP."""

from __future__ import annotations

import functools
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import FastAPI

from bridge.admin.actions import Actions
from bridge.admin.api import admin_router
from bridge.admin.health import Backlog, Health, Readiness, report
from bridge.admin.metrics import Metrics
from bridge.domain import Run, RunStatus, WindowKind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

FAILED = [
    Run(
        window_id=f"s:notes:{n}", stream_id="s", route="notes", seq=n, kind=WindowKind.LIVE,
        status=RunStatus.FAILED, attempts=4, output="", error="the flow broke",
    )
    for n in (2, 1)
]  # fmt: skip


class Store:
    """A store of which only the state is asked."""

    fault = ""
    meetings = ("2026-11-30",)

    async def streams_of(self, meeting_uuid: str) -> list[str]:
        return ["s"] if meeting_uuid in self.meetings else []

    async def check(self) -> str:
        return self.fault


class Deeds:
    """What was set in motion."""

    def __init__(self) -> None:
        self.forgotten: list[str] = []
        self.retried: list[Sequence[str] | None] = []

    async def forget(self, meeting_uuid: str) -> None:
        self.forgotten.append(meeting_uuid)

    async def failed_runs(self, limit: int) -> Sequence[Run]:
        return FAILED[:limit]

    async def retry_runs(self, window_ids: Sequence[str] | None) -> int:
        self.retried.append(window_ids)
        return len(FAILED if window_ids is None else window_ids)


def told_by(health: Health) -> Readiness:
    """What ``/readyz`` tells where Langflow is well."""
    neighbours = {"langflow": SimpleNamespace(away="")}
    return functools.partial(report, Store(), neighbours, health, langflow_url="http://langflow.example:7860")


@pytest.fixture
def deeds() -> Deeds:
    return Deeds()


@pytest.fixture
def parts(deeds: Deeds, tmp_path: Path) -> dict[str, Any]:
    """What the router is made of; tests change it before they use ``http``."""
    return {
        "store": Store(),
        "readiness": told_by(Health()),
        "rtms": None,
        "live": None,
        "actions": Actions(forget=deeds.forget, failed_runs=deeds.failed_runs, retry_runs=deeds.retry_runs),
        "metrics": Metrics(),
        "token": None,
        "data_dir": tmp_path,
    }


@pytest.fixture
async def http(parts: dict[str, Any]) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(admin_router(**parts))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8081") as client:
        yield client


@pytest.mark.parametrize("path", ["aB3%2FxY%2Bz9Q%3D%3D", "aB3/xY+z9Q=="])
async def test_forget(http: httpx.AsyncClient, deeds: Deeds, path: str) -> None:
    """A meeting's deletion is accepted, slashes in its UUID included."""
    answer = await http.post(httpx.URL(f"http://127.0.0.1/api/meetings/{path}/forget"), json={})
    assert (answer.status_code, answer.json()) == (202, {"accepted": True, "meeting_uuid": "aB3/xY+z9Q=="})
    assert deeds.forgotten == ["aB3/xY+z9Q=="]


async def test_forget_a_meeting_whose_uuid_looks_like_a_number(http: httpx.AsyncClient, deeds: Deeds) -> None:
    """An id is taken as it is, dashes included; a number that no stream has for its meeting's id is many meetings'."""
    assert (await http.post("/api/meetings/2026-11-30/forget", json={})).status_code == 202
    assert deeds.forgotten == ["2026-11-30"]
    refused = await http.post("/api/meetings/812-3456-7890/forget", json={})
    assert (refused.status_code, "many meetings" in refused.text) == (422, True)
    assert deeds.forgotten == ["2026-11-30"]


@pytest.mark.parametrize("path", ["..", "x" * 300, "a%00b", "https://zoom.us/j/81234567890?pwd=x"])
async def test_forget_what_is_no_meeting(http: httpx.AsyncClient, deeds: Deeds, path: str) -> None:
    """What cannot be a meeting's id is refused, and nothing is deleted."""
    assert (await http.post(f"/api/meetings/{path}/forget", json={})).status_code in (404, 422)
    assert deeds.forgotten == []


async def test_failed_runs(http: httpx.AsyncClient) -> None:
    """Failed runs are listed over all streams, no more than asked for."""
    first, _ = (await http.get("/api/runs?status=failed")).json()
    assert (first["window_id"], first["stream_id"], first["error"]) == ("s:notes:2", "s", "the flow broke")
    assert len((await http.get("/api/runs?limit=1")).json()) == 1
    for query in ("status=done", "limit=0", "limit=1001", f"limit={2**70}"):
        assert (await http.get(f"/api/runs?{query}")).status_code == 422


async def test_retry(http: httpx.AsyncClient, deeds: Deeds) -> None:
    """Windows are run again by id, or all of them."""
    assert (await http.post("/api/runs/retry", json={"windows": ["s:notes:1"]})).json() == {"retried": 1}
    assert (await http.post("/api/runs/retry", json={"windows": "all"})).json() == {"retried": 2}
    assert deeds.retried == [["s:notes:1"], None]


@pytest.mark.parametrize(
    "wish",
    [{}, {"windows": []}, {"windows": "some"}, {"windows": [""]}, {"windows": ["x" * 600]}, {"windows": [1]},
     {"windows": ["x"] * 1001}, {"windows": "all", "more": 1}, []],
)  # fmt: skip
async def test_no_wish(http: httpx.AsyncClient, deeds: Deeds, wish: object) -> None:
    """A wish that is none retries nothing, least of all everything."""
    assert (await http.post("/api/runs/retry", json=wish)).status_code == 422
    assert deeds.retried == []


@pytest.mark.parametrize("path", ["/api/meetings/m/forget", "/api/runs/retry"])
async def test_a_web_page_changes_nothing(http: httpx.AsyncClient, deeds: Deeds, path: str) -> None:
    """A page of another site, a form, and a page under a name of its own set nothing in motion."""
    wish = b'{"windows": "all"}'
    json = {"content-type": "application/json"}
    for headers, status in (
        ({**json, "origin": "http://evil.example"}, 403),
        ({**json, "sec-fetch-site": "cross-site"}, 403),
        ({"content-type": "text/plain"}, 422),
        ({**json, "host": "evil.example:8081"}, 400),
    ):
        assert (await http.post(path, content=wish, headers=headers)).status_code == status
    assert (deeds.forgotten, deeds.retried) == ([], [])


async def test_ready_tells_everything(parts: dict[str, Any], http: httpx.AsyncClient) -> None:
    """With nothing to tell, every count is there and nil."""
    answer = await http.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    told = answer.json()
    assert told["checks"] == {"store": "ok", "langflow": "ok"}
    assert told["langflow_url"] == "http://langflow.example:7860"
    assert told["store"] == {"rows_waiting": 0, "bytes_waiting": 0, "seconds_waiting": 0, "rows_put_aside": 0}
    assert (told["parked_routes"], told["sessions_taken_up_again"]) == ({}, [])
    assert (told["deletions_under_way"], told["window_wait_seconds"]) == (0, 0)
    assert told["log_lines_dropped"] >= 0


class TestTroubles:
    """A bridge in trouble of every kind."""

    @pytest.fixture
    def parts(self, parts: dict[str, Any]) -> dict[str, Any]:
        return parts | {
            "readiness": told_by(
                Health(
                    backlog=lambda: Backlog(
                        rows_waiting=7, bytes_waiting=900, seconds_waiting=2.04, rows_put_aside=1
                    ),
                    parked=lambda: {"notes": "LANGFLOW_API_KEY is not valid there"},
                    window_wait_seconds=lambda: 12.34,
                    deletions=lambda: 2,
                    taken_up_again=lambda: ["s"],
                    log_lines_dropped=lambda: 5,
                )
            )
        }

    async def test_are_told(self, http: httpx.AsyncClient) -> None:
        """What waits, is parked, put aside or dropped is told, and words are taken all the same."""
        answer = await http.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
        told = answer.json()
        assert told["parked_routes"] == {"notes": "LANGFLOW_API_KEY is not valid there"}
        assert told["store"]["rows_put_aside"] == 1
        assert (told["window_wait_seconds"], told["store"]["seconds_waiting"]) == (12.3, 2.0)
        assert (told["deletions_under_way"], told["sessions_taken_up_again"]) == (2, ["s"])
        assert told["log_lines_dropped"] == 5
