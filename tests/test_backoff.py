"""Growing pauses."""

from __future__ import annotations

from itertools import islice, pairwise

from hypothesis import given
from hypothesis import strategies as st

from bridge.backoff import backoff


def test_without_chance() -> None:
    """Each pause is the factor times the one before, up to the longest."""
    assert list(islice(backoff(1, 10, chance=lambda: 0.0), 6)) == [1, 2, 4, 8, 10, 10]
    assert list(islice(backoff(8, 4, factor=3, chance=lambda: 0.0), 3)) == [4, 4, 4]


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=12, max_size=12), st.floats(0, 1))
def test_spread(chances: list[float], spread: float) -> None:
    """Chance shortens a pause by its share at most, and never lengthens it."""
    drawn = iter(chances)
    pauses = list(islice(backoff(1, 30, spread=spread, chance=lambda: next(drawn)), 12))
    whole = list(islice(backoff(1, 30, chance=lambda: 0.0), 12))
    assert all(full * (1 - spread) <= pause <= full for pause, full in zip(pauses, whole, strict=True))
    assert all(later >= earlier for earlier, later in pairwise(whole))
