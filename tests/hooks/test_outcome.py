from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.hooks.outcome import (
    GIVE_UP_SECONDS,
    LONGEST_ASKED_SECONDS,
    LONGEST_PAUSE_SECONDS,
    MOST_TRIES,
    REFUSED_TRIES,
    Answer,
    Ruling,
    Verdict,
    is_of_the_endpoint,
    pause_seconds,
    rule,
)

SILENCE = Answer(why="no answer within 20 s")


def ruled(answer: Answer, *, attempts: int = 1, age: float = 1.0) -> Ruling:
    return rule(answer, attempts=attempts, age_seconds=age, chance=lambda: 0.0)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_taken(status: int) -> None:
    """Any success is one, however late."""
    assert ruled(Answer(status=status), attempts=40, age=2 * GIVE_UP_SECONDS).verdict is Verdict.DELIVERED


@given(st.integers(300, 599) | st.integers(100, 199) | st.just(0), st.integers(1, 4))
def test_everything_else_is_tried_again(status: int, attempts: int) -> None:
    """What is no success is a failure, and is tried again with a pause; but for 410."""
    ruling = ruled(Answer(status=status, why="it broke"), attempts=attempts)
    assert ruling.verdict is (Verdict.GONE if status == 410 else Verdict.AGAIN)
    assert ruling.words
    assert (ruling.pause_seconds > 0) == (ruling.verdict is Verdict.AGAIN)


def test_pauses() -> None:
    """They grow from seconds to two hours, and chance makes them shorter by a fifth at most."""
    pauses = [pause_seconds(n, lambda: 0.0) for n in range(1, 12)]
    assert pauses[:5] == [5.0, 25.0, 125.0, 625.0, 3125.0]
    assert pauses[5:] == [LONGEST_PAUSE_SECONDS] * 6
    assert all(before <= after for before, after in pairwise(pauses))
    assert pause_seconds(3, lambda: 1.0) == 100.0


@pytest.mark.parametrize("answer", [SILENCE, Answer(status=500), Answer(status=302), Answer(status=404)])
def test_given_up_after_three_days(answer: Answer) -> None:
    """An endpoint that stays in trouble is tried for three days, then the reason is told in words."""
    assert ruled(answer, attempts=30, age=GIVE_UP_SECONDS - 1).verdict is Verdict.AGAIN
    over = ruled(answer, attempts=31, age=GIVE_UP_SECONDS)
    assert over.verdict is Verdict.FAILED
    assert over.words.startswith("given up after 72 hours and 31 attempts: ")


def test_a_time_that_tells_nothing() -> None:
    """What was made by a clock years behind, or lay in a bridge that was off, is tried some times; by one years ahead, not for years."""
    assert ruled(SILENCE, attempts=REFUSED_TRIES - 1, age=30 * 365 * 86_400.0).verdict is Verdict.AGAIN
    assert ruled(SILENCE, attempts=REFUSED_TRIES, age=30 * 365 * 86_400.0).verdict is Verdict.FAILED
    assert ruled(SILENCE, attempts=MOST_TRIES - 1, age=-30 * 365 * 86_400.0).verdict is Verdict.AGAIN
    over = ruled(SILENCE, attempts=MOST_TRIES, age=-30 * 365 * 86_400.0)
    assert (over.verdict, over.words) == (
        Verdict.FAILED,
        "given up after 100 attempts: no answer within 20 s",
    )


def test_one_that_is_refused() -> None:
    """A delivery that the endpoint refuses for what it is does not keep back those behind it for days."""
    refused = Answer(status=422)
    assert ruled(refused, attempts=REFUSED_TRIES - 1).verdict is Verdict.AGAIN
    over = ruled(refused, attempts=REFUSED_TRIES)
    assert over.verdict is Verdict.FAILED
    assert over.words.startswith("given up after 5 attempts: it answered 422 Unprocessable")


def test_what_an_endpoint_asks_for() -> None:
    """A crowded endpoint is left alone for as long as it asks, a day at most; one that asks for less waits its pause."""
    busy = ruled(Answer(status=429, retry_after_seconds=90.0))
    assert (busy.pause_seconds, busy.rest_seconds) == (90.0, 90.0)
    assert ruled(Answer(status=503, retry_after_seconds=1.0)).pause_seconds == 5.0
    assert ruled(Answer(status=503, retry_after_seconds=1e9)).rest_seconds == LONGEST_ASKED_SECONDS
    assert ruled(Answer(status=404, retry_after_seconds=90.0)).rest_seconds == 0.0


def test_words() -> None:
    """What is told of an answer is its status; a redirect is told as what it is."""
    assert Answer(status=500).words == "it answered 500 Internal Server Error"
    assert Answer(status=599).words == "it answered 599"
    assert "redirects are not followed" in Answer(status=308).words
    assert SILENCE.words == "no answer within 20 s"


@pytest.mark.parametrize(
    ("status", "whole"), [(0, True), (429, True), (500, True), (400, False), (401, False)]
)
def test_whose_trouble_it_is(status: int, whole: bool) -> None:
    """Silence and a crowd are the endpoint's as a whole; a refusal is of one delivery."""
    assert is_of_the_endpoint(Answer(status=status)) is whole
