from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain import Usage
from bridge.flow.usage import Total
from bridge.pages.wording import clock, counted, day, length, money, not_told, offset, quoted, shown, took
from bridge.times import instant, moment


@pytest.mark.parametrize(
    ("ms", "expected"),
    [
        (-5, "0:00"),
        (0, "0:00"),
        (999, "0:00"),
        (65_000, "1:05"),
        (3_599_999, "59:59"),
        (3_600_000, "1:00:00"),
        (90_061_000, "25:01:01"),
    ],
)
def test_offset(ms: int, expected: str) -> None:
    """A place in a meeting, never before its beginning."""
    assert offset(ms) == expected


@pytest.mark.parametrize(
    ("ms", "expected"),
    [(0, "0 s"), (1, "under 1 s"), (999, "under 1 s"), (1000, "1 s"), (59_400, "59 s"), (59_600, "1 min"), (125_000, "2 min 5 s"),
     (3_600_000, "1 h"), (3_840_000, "1 h 4 min"), (-3, "0 s")],
)  # fmt: skip
def test_length(ms: int, expected: str) -> None:
    """How long something took, in the two units that matter."""
    assert length(ms) == expected


def test_counted() -> None:
    """One is one, and thousands are parted."""
    assert [counted(n, "word") for n in (0, 1, 1204)] == ["0 words", "1 word", "1,204 words"]
    assert counted(2, "child", "children") == "2 children"


def test_moments() -> None:
    """Days and times are UTC's, and say so."""
    assert (day(1_763_805_600_000), clock(1_763_805_600_000)) == ("Saturday, 22 November 2025", "10:00 UTC")
    assert instant(1_763_805_600_000) == "2025-11-22T10:00:00Z"


@given(st.integers())
def test_any_number_is_a_moment(ms: int) -> None:
    """No number of milliseconds breaks a page."""
    moment(ms)
    assert length(ms)


def test_shown() -> None:
    """Nothing is left that a screen or a terminal would obey; lines and joiners stay."""
    assert (
        shown("a\x1b[31mred\x00 \u202ereversed\u2066!\u200d\tx\ny\u2028z\ud800")
        == "a[31mred� reversed!\u200d\tx\ny\nz�"
    )


@given(st.text())
def test_shown_is_storable_and_plain(text: str) -> None:
    """Whatever somebody wrote can be sent, without control characters."""
    found = shown(text)
    found.encode()
    assert not [c for c in found if (ord(c) < 32 and c not in "\t\n") or "\u202a" <= c <= "\u202e"]


@given(st.text())
def test_quoted(text: str) -> None:
    """An id is one part of an address, whatever stands in it."""
    assert not set(quoted(text)) & set('/?#&"<>\\ \n')


@pytest.mark.parametrize(
    ("micros", "expected"),
    [
        (0, "$0.00"),
        (1, "under $0.0001"),
        (4200, "$0.0042"),
        (999_960, "$1.0000"),
        (1_234_567_890, "$1,234.57"),
    ],
)
def test_money(micros: int, expected: str) -> None:
    """Small sums keep their digits."""
    assert money(micros) == expected


def test_what_models_took() -> None:
    """What is not known is said to be so, and never 0."""
    assert took(None) == "tokens not known"
    assert took(Usage(1204, 96, -1)) == "1,204 tokens in, 96 out, cost not known"
    assert took(Usage(1204, 96, 4200)) == "1,204 tokens in, 96 out, $0.0042"
    assert not_told(Total(Usage(1, 1, 1), 0, 0)) == []
    assert not_told(Total(Usage(1, 1, 1), 2, 1)) == [
        "not known of 2 runs",
        "cost not known of 1 run",
    ]
    assert not_told(Total(Usage(1, 1, -1), 0, 3)) == []
    assert not_told(Total(None, 4, 0)) == []
