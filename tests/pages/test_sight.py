from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from bridge.domain import Happening, HappeningKind, Run, RunStatus, StreamState, Utterance, WindowKind
from bridge.flow.news import found_in
from bridge.pages.sight import Reading, Sight
from bridge.store.values import Pulse
from tests.pages.stage import chat, gap, happened, insight, news, said, stream

if TYPE_CHECKING:
    from bridge.pages.row import Row


def pulse(*, settled: bool = False, **changes: Any) -> Pulse:
    return Pulse(stream=stream(**changes), settled=settled, gaps=0, happenings=0, runs=())


def run(seq: int, told: str) -> Run:
    return Run(
        window_id=f"s:notes:{seq}",
        stream_id="s",
        route="notes",
        seq=seq,
        kind=WindowKind.LIVE,
        status=RunStatus.DONE,
        attempts=1,
        output="",
        error="",
        news=told,
    )


@given(st.lists(st.integers(1, 9), max_size=8))
def test_every_row_comes_once(cuts: list[int]) -> None:
    """However a meeting is read, in whichever parts, each utterance, gap and happening is a row once."""
    sight = Sight(pulse())
    words: list[Utterance] = [said(n, who=n % 3) for n in range(1, 31)]
    gaps = [gap(n, n + 1) for n in range(6)]
    happenings: list[Happening] = [happened(HappeningKind.JOINED, f"P{n}", n) for n in range(6)]
    rows: list[Row] = []
    for cut in [*cuts, 99]:
        known = sight.cursor()
        rows += sight.take(
            Reading(
                said=words[known.words : known.words + cut],
                gaps=gaps[: known.gaps + cut],
                happenings=happenings[: known.happenings + cut],
            )
        )
    assert len({row.id for row in rows}) == len(rows) == 42
    assert sight.talk.words == sum(len(each.text.split()) for each in words)
    assert sight.take(Reading(said=words, gaps=gaps, happenings=happenings)) == []


def test_what_becomes_of_chat() -> None:
    """A message that reads as before is no news; one that changed is its row again, and speech is never taken for one."""
    sight = Sight(pulse())
    sight.take(Reading(said=[said(1), chat(2, "first"), chat(3, "kept")]))
    before, shown = sight.cursor(), sight.chat_state(2)
    assert before.chat == sight.chat_state(3) != shown
    assert sight.has_chat
    assert sight.take(Reading(chat=[chat(2, "first"), chat(3, "kept")])) == []
    [row] = sight.take(Reading(chat=[chat(2, "second"), chat(3, "kept")]))
    assert (row.id, row.text, row.edited) == ("u-000002", "second", True)
    assert sight.cursor().chat == sight.chat_state(3) != before.chat
    assert sight.chat_state(1) == Sight(pulse()).cursor().chat
    sight.take(Reading(chat=[chat(2, "first")]))
    assert (sight.cursor().chat, sight.chat_state(2)) == (before.chat, shown)
    assert sight.take(Reading(chat=[chat(9, "not read yet")])) == []
    assert not Sight(pulse()).has_chat


def test_many_messages_are_looked_at_in_turn() -> None:
    """Of thousands the newest each time, and every other one by and by; all of few."""
    sight = Sight(pulse())
    sight.take(Reading(said=[chat(n, f"message {n}") for n in range(1, 11)]))
    assert sight.chat_in_turn(10) == [(1, 10)]
    turns = [sight.chat_in_turn(4) for _ in range(4)]
    assert turns == [[(1, 4), (7, 10)], [(5, 6), (7, 10)]] * 2
    sight.take(Reading(said=[chat(11, "one more")]))
    assert sight.chat_in_turn(4) == [(1, 4), (8, 11)]


def test_when_it_is_over() -> None:
    """Over is what nobody hears; done is what nobody answers any more either; deleted is what has no servers."""
    found = [
        Sight(pulse(state=state, settled=settled, server_urls=urls))
        for state, settled, urls in (
            (StreamState.LIVE, False, "wss://x"),
            (StreamState.LOST, False, "wss://x"),
            (StreamState.ENDED, True, "wss://x"),
            (StreamState.ENDED, True, ""),
            (StreamState.STARTING, False, ""),
        )
    ]
    assert [(each.over, each.done, each.deleted) for each in found] == [
        (False, False, False),
        (True, False, False),
        (True, True, False),
        (True, True, True),
        (False, False, False),
    ]


def test_who_listened() -> None:
    """Those who were there and said nothing, once each, whatever else they did."""
    sight = Sight(pulse())
    kinds = (HappeningKind.PRESENT, HappeningKind.LEFT, HappeningKind.JOINED)
    sight.take(
        Reading(
            said=[said(1, speaker="Dana")],
            happenings=[happened(kind, name, 1) for kind in kinds for name in ("Dana", "Eli", "")],
        )
    )
    assert sight.present == ["Eli"]


def test_findings() -> None:
    """The latest wording of each, and the newest summary."""
    sight = Sight(pulse())
    runs = [
        run(1, news(insight(1, "decision", "first"))),
        run(2, news(insight(1, "decision", "then"), summary={"text": "All."})),
    ]
    sight.take(Reading(runs=runs, found=found_in(runs)))
    assert [each.text for each in sight.insights] == ["then"]
    assert sight.summary is not None
    assert sight.summary.text == "All."
