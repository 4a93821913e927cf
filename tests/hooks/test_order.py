from __future__ import annotations

from bridge.hooks.order import AT_ONCE, next_look_ms, ready
from tests.hooks.values import delivery


def test_each_stream_by_itself() -> None:
    """Of streams that have nothing under way the first delivery is sent, those before that were tried least."""
    heads = [delivery(1, stream_id=f"s{n}", attempts=3 - n, created_ms=n) for n in range(3)]
    chosen = ready(heads, busy={"s1"}, now_ms=10, rest_until_ms=0)
    assert [each.stream_id for each in chosen] == ["s2", "s0"]


def test_what_is_not_due() -> None:
    """One that waits for its time is not sent, and is looked for then."""
    heads = [
        delivery(1, due_ms=50),
        delivery(1, stream_id="t", due_ms=20),
        delivery(1, stream_id="u", due_ms=5),
    ]
    assert [each.stream_id for each in ready(heads, busy=(), now_ms=10, rest_until_ms=0)] == ["u"]
    assert next_look_ms(heads, busy={"u"}, now_ms=10, rest_until_ms=0) == 20
    assert next_look_ms(heads, busy={"t", "u"}, now_ms=10, rest_until_ms=0) == 50
    assert next_look_ms([], busy=(), now_ms=10, rest_until_ms=0) is None


def test_a_clock_that_was_years_ahead() -> None:
    """What would have to wait for longer than any pause is sent now."""
    day = 24 * 3600 * 1000
    assert ready([delivery(1, due_ms=day)], busy=(), now_ms=0, rest_until_ms=0) == []
    assert next_look_ms([delivery(1, due_ms=day)], busy=(), now_ms=0, rest_until_ms=0) == day
    ahead = [delivery(1, due_ms=day + 1)]
    assert ready(ahead, busy=(), now_ms=0, rest_until_ms=0) == ahead
    assert next_look_ms(ahead, busy={"s"}, now_ms=0, rest_until_ms=0) is None


def test_an_endpoint_that_rests() -> None:
    """Nothing is sent to it, and it is asked again when the rest is over."""
    assert ready([delivery(1)], busy=(), now_ms=10, rest_until_ms=30) == []
    assert next_look_ms([delivery(1)], busy=(), now_ms=10, rest_until_ms=30) == 30
    assert ready([delivery(1)], busy=(), now_ms=30, rest_until_ms=30) == [delivery(1)]


def test_no_more_at_once() -> None:
    """However many streams wait, few attempts are under way at an endpoint."""
    heads = [delivery(1, stream_id=f"s{n}") for n in range(20)]
    assert len(ready(heads, busy=(), now_ms=10, rest_until_ms=0)) == AT_ONCE
    assert len(ready(heads, busy={"s0", "s1", "s2"}, now_ms=10, rest_until_ms=0)) == AT_ONCE - 3
    assert ready(heads, busy={f"s{n}" for n in range(AT_ONCE + 1)}, now_ms=10, rest_until_ms=0) == []
