"""The search on real meetings, where they are."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from benchmarks import own_questions
from benchmarks.evidence import EVIDENCE
from benchmarks.own_questions import FITTING, SET_ASIDE
from benchmarks.search import FIRST, fill_with, hit_rate, hit_rates, meetings, place_of, ranks
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
        await fill_with(store, meetings())
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


def test_our_own_questions() -> None:
    """Each is asked once, of a meeting that is there, and what answers it are lines of that meeting."""
    asked = [*FITTING, *SET_ASIDE]
    assert len({one.question for one in asked}) == len(asked) == 80
    ours = own_questions.meetings()
    lines = {name: {one.n for one in said} for name, said in ours.items()}
    for one in asked:
        assert one.meeting in lines or one.meeting in EVIDENCE
        for first, last in one.spans:
            assert first <= last
            assert {first, last} <= lines.get(one.meeting, {first, last})
    assert not {one.meeting for one in FITTING if one.meeting in ours} & {one.meeting for one in SET_ASIDE}


async def test_our_own_questions_are_answered(tmp_path: Path) -> None:
    """Four in five of those that our own calls answer are answered by one of the first five places, asked in all calls."""
    ours = own_questions.meetings()
    async with open_store(f"sqlite:///{tmp_path / 'bridge.db'}") as store:
        await fill_with(store, ours)
        archive = Archive(store)
        places = [
            await place_of(archive, one, own=False) for one in (*FITTING, *SET_ASIDE) if one.meeting in ours
        ]
    assert sum(1 <= place <= FIRST for place in places) >= LEAST * len(places), hit_rate(places)
