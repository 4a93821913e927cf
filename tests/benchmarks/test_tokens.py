"""Tokens are counted on the requests that the components build, and nothing is lost on the way."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.passages import PASSAGES, Passage
from benchmarks.replay import live_contexts, load, sliding_contexts, windows
from benchmarks.tokens import (
    AIM,
    BEGIN,
    END,
    PAGE,
    Compared,
    Delivery,
    Tokens,
    built_in_rule,
    compare,
    delivery,
    ids_of,
    lines_counted,
    report,
    tokenizer,
    word_budget,
)
from bridge.flow.routes import WindowRule
from bridge.simulator.meeting import Line, Meeting, read_meeting

if TYPE_CHECKING:
    from types import ModuleType

RULE = WindowRule(max_seconds=60, max_words=250, pause_seconds=15, min_words=30)


@pytest.fixture(scope="module", autouse=True)
def langflow_imported() -> None:
    """What Langflow's libraries warn of while they are imported is not ours to mend."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        load("context_buffer")
        load("meeting_insights")


@pytest.fixture
def buffer() -> ModuleType:
    return load("context_buffer")


def meeting(count: int) -> Meeting:
    """A meeting of two people, five seconds and eleven words an utterance."""
    return Meeting(
        title="Talk",
        lines=tuple(
            Line(
                start_ms=n * 5000,
                end_ms=n * 5000 + 4500,
                user_id=1 + n % 2,
                speaker="Dana" if n % 2 else "Omar",
                text=f"This is sentence number {n} of a talk that goes on.",
            )
            for n in range(count)
        ),
    )


def by_length(text: str) -> int:
    """Four characters a token: fast, and the same for both sides."""
    return len(text) // 4


def real_meeting(name: str) -> Meeting:
    folder = os.environ.get("MEETINGS_DIR")
    if not folder:
        pytest.skip("MEETINGS_DIR is not set: no real meetings to read")
    return read_meeting(Path(folder) / f"{name}.jsonl")


def test_every_utterance_is_in_one_window() -> None:
    """The windows carry the meeting once and in order, and close by the rule."""
    found = list(windows(meeting(60), RULE))

    assert [one.n for window in found for one in window] == list(range(1, 61))
    assert len(found) == 5


def test_context_is_what_came_before_within_the_budget() -> None:
    """Each live window has the newest earlier utterances beside it, never its own."""
    *_, last = live_contexts(meeting(60), RULE, word_budget=200)

    together = [said["id"] for said in [*last["context"], *last["new"]]]
    assert together == sorted(set(together))
    assert together[-1] == "u-000060"
    assert last["context"]
    assert sum(len(said["text"].split()) for said in [*last["context"], *last["new"]]) <= 200


def test_one_request_per_utterance_looks_back_on_ten() -> None:
    """The other way has each utterance as new once, and nine before it."""
    found = list(sliding_contexts(meeting(30), 10))

    assert [one["new"][0]["id"] for one in found] == [f"u-{n:06d}" for n in range(1, 31)]
    assert [len(one["context"]) for one in found] == [*range(9), *[9] * 21]


def test_the_tokenizer_counts() -> None:
    """Words of English are about a token each, and counting by lines changes that little."""
    text = "The quick brown fox jumps over the lazy dog.\n" * 20
    count = tokenizer()

    assert 180 <= count(text) <= 260
    assert lines_counted(count)(text) == pytest.approx(count(text), rel=0.1)


async def test_what_is_counted_is_what_the_component_asks() -> None:
    """Prompt and schema are counted apart from the speech; all that was said is in the speech."""
    texts: list[str] = []

    def seen(text: str) -> int:
        texts.append(text)
        return 1

    compared = await compare("x", meeting(3), RULE, [], count=seen)

    assert (compared.each.requests, compared.each.prompt, compared.each.speech) == (3, 6, 3)
    assert compared.ours.requests == 2  # one live window and the final one
    assert (
        sum("This is sentence number 2" in text for text in texts) == 3
    )  # new speech here, new speech and final there
    assert any("action_item" in text for text in texts)


async def test_no_message_table_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a database, Langflow would log a traceback for each window: half of the time."""
    import lfx.memory

    def ask() -> None:
        raise AssertionError("the table was asked")

    monkeypatch.setattr(lfx.memory, "_impl", ask)

    assert (await compare("x", meeting(3), RULE, [], count=by_length)).each.requests == 3


async def test_windows_save_more_the_longer_the_meeting() -> None:
    """On a meeting of a quarter of an hour the windows take a small part of the tokens."""
    found = await compare("x", meeting(180), RULE, [], count=by_length)

    assert found.each.requests == 180
    assert found.ours.requests == 15
    assert found.ours.all < found.each.all * 0.15


def test_a_cached_prompt_costs_a_tenth_and_is_written_once() -> None:
    """Ten requests of a prompt of 1,000 tokens: written once at 1.25, read nine times at 0.1."""
    tokens = Tokens(requests=10, prompt=10_000, speech=500, dearest_prompt=1_000)

    assert tokens.all == 10_500
    assert tokens.priced == pytest.approx(1_250 + 900 + 500)


def test_a_passage_that_windows_cut_must_be_seen_whole() -> None:
    """Cut in two, the second window shows the first half as context; without room for context it does not."""
    passage = Passage("x", True, "Says something", 12, 14)
    short = WindowRule(max_seconds=60, max_words=250, pause_seconds=15, min_words=30)
    ids = ids_of(passage, meeting(60))
    wide = delivery(passage, ids, list(live_contexts(meeting(60), short, 500)), [], [])
    narrow = delivery(passage, ids, list(live_contexts(meeting(60), short, 0)), [ids], [])

    assert ids == {"u-000012", "u-000013", "u-000014"}
    assert (wide.windows, wide.whole, wide.found) == (2, True, False)
    assert (narrow.windows, narrow.whole, narrow.found) == (2, False, True)


def test_the_report_says_whether_the_aim_is_met() -> None:
    """Figures are per hour, totals are sums, and a missed aim is called so."""
    passage = Passage("x", True, "Says something", 1, 2)
    seen = [Delivery(passage, 2, True, False, True)]
    good = Compared("x", 2.0, Tokens(11, 800, 200, 80), Tokens(200, 16_000, 4_000, 80), seen)
    bad = Compared("y", 1.0, Tokens(11, 9_000, 200, 80), Tokens(200, 16_000, 4_000, 80), [])

    page = report([good], RULE, 500)
    assert "| x | 2.00 | 5 / 100 | 500 / 10,000 | **0.050** |" in page
    assert "is met: 0.050" in page
    assert "| action items | 1 | 0 | 1 | 1 | 0 / 1 |" in page
    assert "is **not met**" in report([good, bad], RULE, 500)


def test_the_page_has_a_place_for_the_figures() -> None:
    """docs/performance.md holds the figures of a run, where the next run will replace them."""
    figures = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]

    assert "| **all** |" in figures


@pytest.mark.parametrize("passage", PASSAGES, ids=lambda passage: f"{passage.meeting}-{passage.first}")
def test_no_item_of_a_reference_is_lost(passage: Passage, buffer: ModuleType) -> None:
    """What bears an item out reaches the flow as new speech in one window or two, the last of which shows all of it."""
    said = real_meeting(passage.meeting)
    live = list(live_contexts(said, built_in_rule(), word_budget(buffer)))
    found = delivery(passage, ids_of(passage, said), live, [], [])

    assert found.windows in (1, 2)
    assert found.whole


async def test_the_built_in_route_takes_a_tenth_of_the_tokens() -> None:
    """Over all real meetings the windows' input tokens are at most a tenth of one request per utterance."""
    names = sorted({passage.meeting for passage in PASSAGES} | {"education_10"})
    found = [await compare(name, real_meeting(name), built_in_rule(), [], count=by_length) for name in names]

    assert sum(one.ours.all for one in found) <= AIM * sum(one.each.all for one in found)
