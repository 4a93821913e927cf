"""The arithmetic of the benchmarks."""

import math

import pytest

from benchmarks.figures import Measured, Pair, aims, percentile, table


def measured(**changes: object) -> Measured:
    """500 meetings for 40 seconds, 5,000 utterances; fields can be changed."""
    fields: dict[str, object] = {
        "meetings": 500,
        "seconds": 40.0,
        "utterances": 5000,
        "cpu_seconds": 2.0,
        "memory_bytes": 500 * 100 * 1024,
        "keep_alive_ms": tuple(range(1, 101)),
        "own_delay_ms": (1.0, 2.0, 3.0),
        "outer_delay_ms": (2.0, 3.0, 4.0),
        "load_cpu_share": 0.1,
        "other_cpu_share": 0.0,
    }
    return Measured(**(fields | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(("percent", "expected"), [(50, 50), (99, 99), (99.5, 100), (100, 100), (0, 1)])
def test_percentile_is_the_nearest_rank(percent: float, expected: float) -> None:
    """A percentile is one of the values, the smallest that enough of them do not exceed."""
    assert percentile(list(range(100, 0, -1)), percent) == expected


def test_percentile_of_nothing() -> None:
    """No values have no percentile, which is not zero."""
    assert math.isnan(percentile([], 99))


def test_costs_are_per_utterance_and_meeting() -> None:
    """CPU counts per 1,000 utterances and per second, memory per meeting."""
    figures = measured()

    assert figures.cpu_per_1000 == pytest.approx(0.4)
    assert figures.cpu_share == pytest.approx(0.05)
    assert figures.memory_kb == pytest.approx(100)


def test_ratio_allows_for_unequal_counts() -> None:
    """Bridge and bare loop are compared per utterance, as their runs never have the same number."""
    pair = Pair(bridge=measured(cpu_seconds=2.0), bare=measured(cpu_seconds=0.4, utterances=4000))

    assert pair.cpu_ratio == pytest.approx(4.0)


def test_an_aim_that_is_missed_says_so() -> None:
    """Each aim is judged by itself, on its exact limit still as met."""
    pair = Pair(
        bridge=measured(cpu_seconds=2.0, own_delay_ms=(1.0, 10.0), keep_alive_ms=(101,), memory_bytes=0),
        bare=measured(cpu_seconds=0.4),
    )

    verdicts = [line.rstrip(" |").rsplit("| ", 1)[1] for line in aims(pair).splitlines()[2:]]

    assert verdicts == ["yes", "**no**", "**no**", "yes"]


def test_an_aim_that_was_not_measured_is_not_met() -> None:
    """Without a single window there is no delay to be proud of."""
    assert "nan ms | **no**" in aims(Pair(bridge=measured(own_delay_ms=()), bare=measured()))


def test_table_has_a_column_for_each_load() -> None:
    """Every row has one cell for each number of meetings; memory of a lone meeting is not claimed."""
    pairs = [
        Pair(bridge=measured(meetings=count), bare=measured(meetings=count, own_delay_ms=()))
        for count in (1, 100, 500)
    ]

    lines = table(pairs).splitlines()

    assert {line.count("|") for line in lines} == {5}
    assert lines[0] == "| Meetings at once | 1 | 100 | 500 |"
    assert "| Memory per meeting, bridge (KB) | – | 500 | 100 |" in lines
