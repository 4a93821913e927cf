from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.pages.talk import BREATH_MS, TalkTime, questions
from tests.pages.stage import chat, said


def talk_of(*utterances: object) -> TalkTime:
    talk = TalkTime()
    for each in utterances:
        talk.add(each)  # type: ignore[arg-type]
    return talk


def test_shares() -> None:
    """Everybody's part of all that was spoken, the greatest first."""
    talk = talk_of(said(1, who=0, lasts_s=3), said(2, who=1, lasts_s=9), said(3, who=0, lasts_s=0))
    most, least = talk.shares()
    assert (most.spoken_ms, least.spoken_ms, talk.whole_ms) == (9000, 3000, 12000)
    assert (most.of(talk.whole_ms), least.of(talk.whole_ms)) == (0.75, 0.25)


def test_the_longest_stretch() -> None:
    """It goes on over pauses for breath, and ends with another voice or a long silence; chat ends none."""
    talk = talk_of(
        said(1, who=0, at_s=0, lasts_s=4),
        said(2, who=0, at_s=5, lasts_s=4),
        chat(3, "agreed", who=1, at_s=9),
        said(4, who=0, at_s=10, lasts_s=4),
        said(5, who=1, at_s=14, lasts_s=1),
        said(6, who=0, at_s=15, lasts_s=5),
        said(7, who=0, at_s=21 + BREATH_MS / 1000, lasts_s=6),
    )
    by_key = {share.key: share for share in talk.shares()}
    assert by_key[said(1).user_id].longest_ms == 12_000
    assert by_key[said(5, who=1).user_id].longest_ms == 1000


def test_chat_is_no_talk() -> None:
    """Who only writes has words and no time, and nobody divides by nothing."""
    talk = talk_of(chat(1, "Is anybody here?"))
    [share] = talk.shares()
    assert (share.spoken_ms, share.of(talk.whole_ms), share.words, share.questions) == (0, 0.0, 3, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Really?", 1), ("Really?! Are you sure?", 2), ("What??", 1), ("See https://x.example/?a=b now.", 0), ("你好吗？我很好", 1),
     ("هل أنت هنا؟", 1), ("Τι κάνεις;", 0), ("Τι κάνεις\u037e", 1), ("“Who?” she asked", 1), ("No.", 0), ("", 0)],
)  # fmt: skip
def test_questions(text: str, expected: int) -> None:
    """Questions are counted by the marks of many scripts, and an address asks nothing."""
    assert questions(said(1, text or " ")) == expected


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 500), st.integers(-2, 30))))
def test_sums(spoken: list[tuple[int, int, int]]) -> None:
    """Whatever order words come in, shares sum up to all, and no stretch is longer than all of a person's speech."""
    talk = talk_of(
        *(said(n, who=who, at_s=at, lasts_s=lasts) for n, (who, at, lasts) in enumerate(spoken, 1))
    )
    assert sum(share.spoken_ms for share in talk.shares()) == talk.whole_ms
    assert all(0 <= share.longest_ms <= share.spoken_ms for share in talk.shares())
    if talk.whole_ms:
        assert abs(sum(share.of(talk.whole_ms) for share in talk.shares()) - 1) < 1e-9
