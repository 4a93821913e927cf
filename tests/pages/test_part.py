from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.pages.part import A_PAGE, before, behind, opening


@given(st.integers(0, 5000), st.integers(0, 6000), st.booleans())
def test_what_is_shown_first(words: int, at: int, over: bool) -> None:
    """At most a page, never beyond what there is, and with the utterance that somebody wants to see."""
    span = opening(words, at=at, over=over)
    assert span.last - span.first + 1 <= A_PAGE
    assert span.first >= 1
    assert span.last <= words
    if words and at:
        assert span.first <= min(at, words) <= span.last
    if not at and words:
        assert span.first == 1 if over else span.last == words


@given(st.integers(1, 3000))
def test_pages_follow_each_other(words: int) -> None:
    """From the first page on, and from the last one back, every utterance comes once."""
    forward, span = [], opening(words, over=True)
    while True:
        forward += range(span.first, span.last + 1)
        if span.last >= words:
            break
        span = behind(span.last, words)
    backward, span = [], opening(words, over=False)
    while True:
        backward = [*range(span.first, span.last + 1), *backward]
        if span.first == 1:
            break
        span = before(span.first)
    assert forward == backward == list(range(1, words + 1))
