"""The search on real meetings, where they are."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from benchmarks.evidence import EVIDENCE
from benchmarks.search import FIRST, fill_real, hit_rates, ranks
from bridge.archive.search import Archive
from bridge.store.store import open_store

if TYPE_CHECKING:
    from pathlib import Path

LEAST = 0.8
"""Share of the references' questions that the first five places have to answer."""


@pytest.mark.skipif(not os.environ.get("MEETINGS_DIR"), reason="MEETINGS_DIR does not name the real meetings")
async def test_questions_of_real_meetings(tmp_path: Path) -> None:
    """Of the questions that people asked of real meetings, four in five are answered by one of the first five places."""
    async with open_store(f"sqlite:///{tmp_path / 'bridge.db'}") as store:
        await fill_real(store)
        found = await ranks(Archive(store), own=True)
    places = [place for of_one in found.values() for place in of_one]
    assert len(places) == sum(map(len, EVIDENCE.values())) == 57
    assert sum(1 <= place <= FIRST for place in places) >= LEAST * len(places), hit_rates(found)


def test_hit_rates() -> None:
    """Places from the first to the fifth count, by halves and together; one that was not found counts as nothing."""
    found = {name: [1] for name in EVIDENCE} | {"Bmr020": [0, 6, 2, 5], "IS1006c": [0]}
    assert hit_rates(found) == (
        "tuned on: 5 of 7 (71%), MRR 0.55; set aside: 2 of 3 (67%), MRR 0.67; all: 7 of 10 (70%), MRR 0.59"
    )
