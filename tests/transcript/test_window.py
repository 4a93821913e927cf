from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain import Utterance
from bridge.flow.routes import WindowRule
from bridge.transcript.window import OpenWindow, count_words

RULE = WindowRule(max_seconds=20, max_words=150, pause_seconds=4, min_words=8)


def utterance(n: int = 1, *, words: int = 10, start_ms: int = 0) -> Utterance:
    text = " ".join(["word"] * words)
    return Utterance(
        stream_id="s", n=n, speaker="Dana", user_id="7", start_ms=start_ms, end_ms=start_ms, text=text
    )


def test_empty() -> None:
    """An empty window is never due, and has nothing to give."""
    window = OpenWindow(RULE)
    assert not window
    assert window.due_at() is None
    assert window.flush() == []


def test_pause() -> None:
    """A pause after enough words closes the window."""
    window = OpenWindow(RULE)
    window.add(utterance(), 100)
    assert window.due_at() == 104
    window.add(utterance(2), 103)
    assert window.due_at() == 107


def test_at_the_latest() -> None:
    """Speech without a pause is closed by time, counted from the first utterance."""
    window = OpenWindow(RULE)
    for n in range(10):
        window.add(utterance(n + 1), 100 + 2 * n)
    assert window.due_at() == 120


def test_few_words() -> None:
    """A few words wait longer than a pause."""
    window = OpenWindow(RULE)
    window.add(utterance(words=7), 100)
    assert window.due_at() == 120
    window.add(utterance(2, words=1), 101)
    assert window.due_at() == 105


def test_many_words() -> None:
    """Many words close the window at once."""
    window = OpenWindow(RULE)
    window.add(utterance(words=149), 100)
    window.add(utterance(2, words=1), 101)
    assert window.due_at() == 101


def test_starts_again() -> None:
    """After a flush everything counts from the beginning."""
    window = OpenWindow(RULE)
    window.add(utterance(words=150), 100)
    assert len(window.flush()) == 1
    assert not window
    window.add(utterance(2), 200)
    assert window.due_at() == 204


def test_order() -> None:
    """A window is read by start time; of those that start together, by arrival."""
    window = OpenWindow(RULE)
    for n, start_ms in ((1, 30), (2, 10), (3, 30), (4, 20)):
        window.add(utterance(n, start_ms=start_ms), 100)
    assert [each.n for each in window.flush()] == [2, 4, 1, 3]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("one", 1),
        ("one two  three", 3),
        ("çok güzel", 2),
        ("我们星期五发货", 4),
        ("今日はいい天気です", 5),
        ("한국어는 띄어 씁니다", 3),
    ],
)
def test_words(text: str, words: int) -> None:
    """Words are told by spaces, and where a script has none, by its characters."""
    assert count_words(text) == words


rules = st.builds(
    WindowRule,
    max_seconds=st.floats(0.1, 60),
    max_words=st.integers(1, 60),
    pause_seconds=st.floats(0.1, 60),
    min_words=st.integers(0, 60),
)
speech = st.lists(st.tuples(st.floats(0, 30), st.integers(0, 40), st.integers(0, 100_000)))
"""Seconds since the utterance before, words, start time."""


@given(rules, speech)
def test_nothing_lost_nothing_doubled(rule: WindowRule, said: list[tuple[float, int, int]]) -> None:
    """Every utterance is in exactly one window, and windows follow each other as their utterances arrived."""
    window, now, windows = OpenWindow(rule), 0.0, []
    for n, (seconds, words, start_ms) in enumerate(said, start=1):
        now += seconds
        due_at = window.due_at()
        if due_at is not None and due_at <= now:
            windows.append(window.flush())
        window.add(utterance(n, words=words, start_ms=start_ms), now)
    windows.append(window.flush())
    arrived = [n for w in windows for n in sorted(each.n for each in w)]
    assert arrived == list(range(1, len(said) + 1))
    for each in windows:
        assert [(u.start_ms, u.n) for u in each] == sorted((u.start_ms, u.n) for u in each)
    assert not window


@given(rules, speech)
def test_due(rule: WindowRule, said: list[tuple[float, int, int]]) -> None:
    """A window is due within its longest time, at once when full, and adding never makes it wait beyond that."""
    window, now, opened, words = OpenWindow(rule), 0.0, 0.0, 0
    for n, (seconds, count, start_ms) in enumerate(said, start=1):
        now += seconds
        if not window:
            opened = now
        before = window.due_at()
        window.add(utterance(n, words=count, start_ms=start_ms), now)
        words += count
        due_at = window.due_at()
        assert due_at is not None
        if words >= rule.max_words:
            assert due_at <= now
        else:
            assert opened < due_at <= opened + rule.max_seconds
            if words < rule.min_words:
                assert due_at == opened + rule.max_seconds
            else:
                assert due_at <= now + rule.pause_seconds
            assert before is None or words - count < rule.min_words or due_at >= before
        assert window.due_at() == due_at


def test_an_edited_message() -> None:
    """Its text and the count of words change in its place; the others and all times stay."""
    window = OpenWindow(RULE)
    for n in (1, 2):
        window.add(utterance(n, words=4), 100 + n)
    window.amend(1, "two words")
    assert window.due_at() == 121
    window.amend(1, "now these are four")
    assert window.due_at() == 106
    assert [(said.n, said.text) for said in window.flush()] == [
        (1, "now these are four"),
        (2, utterance(2, words=4).text),
    ]


def test_a_deleted_message() -> None:
    """It is in no window; a window that held nothing else is empty again."""
    window = OpenWindow(RULE)
    window.add(utterance(1), 100)
    window.amend(9, "")
    assert window.due_at() == 104
    window.amend(1, "")
    assert not window
    assert window.due_at() is None
