"""A question to the archive over HTTP, on a bridge that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bridge.archive.search import LONGEST_QUESTION
from tests.archive.talk import BEGAN_MS, begin, insight, say, tell
from tests.fakes.waiting import until

if TYPE_CHECKING:
    import httpx

    from bridge.app import Bridge


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.archive.indexer.EVERY_SECONDS", 0.05)


async def test_search(bridge: Bridge, http: httpx.AsyncClient) -> None:
    """What is said is found soon, told with meeting, time, speaker and where the words stand; findings as what they are."""
    for stream_id, number in (("s", "812"), ("t", "813")):
        begin(bridge.store, stream_id, meeting_id=number, topic="Weekly <b>")
        say(bridge.store, "The budget is <b>fine</b>.", "Good.", stream_id=stream_id)
    await tell(bridge.store, insight("Raise the price.", "u-000002"))

    async def hits(question: str) -> list[dict[str, Any]]:
        answer = await http.get(f"/api/search?{question}")
        assert answer.status_code == 200
        found: list[dict[str, Any]] = answer.json()["hits"]
        return found

    async def found() -> bool:
        return len(await hits("q=BUDGETS")) == 2 and len(await hits("q=price")) == 1

    await until(found)
    [hit] = await hits("q=budget%3F&meeting_id=812&limit=5")
    assert hit.pop("score") > 0
    assert hit == {
        "kind": "words",
        "stream_id": "s",
        "meeting_uuid": "s==",
        "meeting_id": "812",
        "topic": "Weekly <b>",
        "started_at": "2025-11-22T10:00:00Z",
        "at_ms": BEGAN_MS + 1000,
        "finding": None,
        "said": [
            {
                "id": "u-000001", "speaker": "Dana", "user_id": "7", "start_ms": BEGAN_MS + 1000,
                "end_ms": BEGAN_MS + 1900, "text": "The budget is <b>fine</b>.", "source": "speech", "marks": [[4, 10]],
            },
            {
                "id": "u-000002", "speaker": "Dana", "user_id": "7", "start_ms": BEGAN_MS + 2000,
                "end_ms": BEGAN_MS + 2900, "text": "Good.", "source": "speech", "marks": [],
            },
        ],
    }  # fmt: skip
    [finding] = await hits("q=price")
    assert (finding["kind"], [one["id"] for one in finding["said"]]) == ("finding", ["u-000002"])
    assert finding["finding"] == {
        "name": "notes/i1", "kind": "decision", "text": "Raise the price.", "marks": [[10, 15]],
    }  # fmt: skip
    assert await hits("q=budget&meeting_id=81") == await hits("q=budget&meeting_id=a%00b") == []
    assert len(await hits("q=budget&limit=1")) == 1
    await _refusals(http)
    await bridge.store.purge("s==")
    assert [one["stream_id"] for one in await hits("q=budget")] == ["t"]


async def _refusals(http: httpx.AsyncClient) -> None:
    """A question that is none, or enormous, is refused in words; so are limits and meetings that nothing can have."""
    nothing = await http.get("/api/search?q=%22%3F%22")
    assert (nothing.status_code, "no word to look for" in nothing.json()["detail"]) == (422, True)
    for query in (
        "",
        "q=",
        f"q={'x' * (LONGEST_QUESTION + 1)}",
        f"q={'x' * 60_000}",
        "q=a&limit=0",
        "q=a&limit=101",
        "q=a&meeting_id=",
    ):
        assert (await http.get(f"/api/search?{query}")).status_code == 422
