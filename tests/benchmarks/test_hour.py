"""An hour in seconds, whole; what is added up, and what the page says."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import hour as module
from benchmarks.databases import database
from benchmarks.hour import hour, order
from benchmarks.hour_figures import Hour, Part, begin_of, end_of, read, table
from benchmarks.ledger import Ledger, digest
from benchmarks.report import PAGE, between_markers

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = ("one", "two", "three")


def window(kind: str, *said: int, seq: int = 1, texts: tuple[str, ...] = TEXTS) -> dict[str, Any]:
    return {
        "window_id": f"s:bench:{kind}:{seq}",
        "stream_id": "s",
        "kind": kind,
        "utterances": [{"id": f"u-{n}", "text": texts[n - 1]} for n in said],
    }


def missed(*windows: dict[str, Any]) -> str:
    ledger = Ledger()
    for each in windows:
        ledger.take(each)
    return ledger.missed("s", lines=3, total=digest(TEXTS))


def test_every_word_once_in_order() -> None:
    """All words in live windows one after the other, and in the final one: nothing is missed, also where one comes again."""
    live = window("live", 1, 2), window("live", 3, seq=2)
    assert missed(*live, window("final", 1, 2, 3)) == ""
    assert missed(window("start"), live[0], live[0], live[1], window("final", 1, 2, 3)) == ""


@pytest.mark.parametrize(
    "live",
    [
        [],
        [window("live", 1, 2)],
        [window("live", 1), window("live", 3, seq=2)],
        [window("live", 1, 2), window("live", 2, 3, seq=2)],
        [window("live", 2, 1), window("live", 3, seq=2)],
        [window("live", 1, 2, 3, texts=("one", "two", "other"))],
    ],
    ids=["none", "the end", "one between", "twice", "in another order", "other words"],
)
def test_what_is_not_whole(live: list[dict[str, Any]]) -> None:
    """Words that are missing, twice, elsewhere or others are told by the kind of window; of the final one too."""
    assert missed(*live, window("final", 1, 2, 3)).startswith("not every word was in exactly one live window")
    assert missed(window("live", 1, 2, 3), *[each | {"kind": "final"} for each in live]).startswith(
        "not every word was in exactly one final window"
    )


def test_half_of_the_seats_change() -> None:
    """Every other meeting lasts as long as all of it; the others are followed by new ones, as often as there are turns."""
    made = order(4, 60, 4000)
    assert made.meetings == ((300,) * 3, (900,), (300,) * 3, (900,))


PART = Part(
    minutes=10.0, live=500, said=75_000, windows=7_500, memory_bytes=200_000_000, cpu_share=0.25, others_cpu_share=1.5,
    own_delay_p50_ms=8.4, own_delay_p99_ms=1296.0, keep_alive_p99_ms=91, store_bytes=85_000_000,
)  # fmt: skip
HOUR = Hour(
    store="sqlite", when="2026-11-30 00:56", machine="a machine", meetings=500, minutes=60, every_ms=4000, parts=(PART,),
    streams=1000, broken={}, utterances=450_000, repeated=0, meeting_hours=500.0, memory_after_bytes=210_000_000,
    store_bytes=600_000_000, tables={"utterances": 100_000_000, "passages": 40_000_000, "passage_index_data": 10_000_000},
)  # fmt: skip


def test_the_page(tmp_path: Path) -> None:
    """Loss, memory and sizes can be read off; a run's output can be read again."""
    page = table(HOUR)
    assert "| 10 | 500 | 75,000 | 7,500 | 200 | 8 / 1,296 | 91 | 25.0 | 150 | 85 |" in page
    assert "**Nothing was lost**" in page
    assert "150 MB, which is 300 KB for an hour of a meeting; 100 KB of it are for the search" in page
    assert "**3 of 1,000 meetings were not whole**: 3 for some reason." in table(
        replace(HOUR, broken={"some reason": 3})
    )
    log = tmp_path / "log"
    log.write_text(f"sqlite: all meetings have begun\n{json.dumps(asdict(HOUR))}\n")
    assert read(log) == HOUR


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_the_page_has_room(store: str) -> None:
    """Each store's figures have a place of their own in the docs."""
    page = between_markers(
        PAGE.read_text(encoding="utf-8"), "figures", begin=begin_of(store), end=end_of(store)
    )
    assert f"{begin_of(store)}\n\nfigures\n\n{end_of(store)}" in page


@pytest.mark.scenario
async def test_seconds_of_an_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few meetings on a real bridge, some of them after one another: every word is found again, and the store's size is told."""
    monkeypatch.setattr(module, "SPREAD_SECONDS", 1.0)
    monkeypatch.setattr(module, "POLL_SECONDS", 0.2)
    monkeypatch.setattr(module, "SETTLED_SECONDS", 0.0)
    with database("sqlite", tmp_path) as store:
        found = await hour(store, "sqlite", tmp_path, minutes=0.1, meetings=4, every_ms=100)

    assert found.broken == {}
    assert (found.streams, found.utterances) == (2 + 2 * module.TURNS, 4 * 60)
    assert len(found.parts) == module.PARTS
    assert sum(part.windows for part in found.parts) > 0
    assert found.tables["passages"] > 0
    assert "**Nothing was lost**" in table(found)
