from __future__ import annotations

from itertools import islice

import pytest

from bridge.backoff import delays


@pytest.mark.parametrize(("chance", "share"), [(1.0, 1.0), (0.0, 0.5), (0.5, 0.75)])
def test_delays(chance: float, share: float) -> None:
    """Waits double up to the longest, each spread over its upper half."""
    found = list(islice(delays(1.0, 10.0, chance=lambda: chance), 6))
    assert found == [length * share for length in (1, 2, 4, 8, 10, 10)]


def test_factor() -> None:
    """They can grow otherwise, and none is longer than the longest, the first neither."""
    assert list(islice(delays(1.0, 100.0, chance=lambda: 1.0, factor=3.0), 4)) == [1, 3, 9, 27]
    assert list(islice(delays(5.0, 2.0, chance=lambda: 1.0), 2)) == [2, 2]
