"""The arithmetic of the benchmarks."""

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from benchmarks.figures import Idle, Measured, Round, aims, broken, percentile, spread, table
from benchmarks.report import report


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


def a_round(meetings: int = 500, *, bare: Measured | None = None, **changes: object) -> Round:
    """The bridge takes twice what the bare loop does; fields of the bridge can be changed."""
    fields: dict[str, object] = {
        "meetings": meetings,
        "own_delay_ms": (1.0,),
        "keep_alive_ms": (1,),
        "memory_bytes": 0,
    }
    return Round(
        bare=bare or measured(meetings=meetings, cpu_seconds=1.0),
        bridge=measured(**(fields | changes)),
        zoom_sdk=measured(meetings=meetings, cpu_seconds=2.0),
        each=measured(meetings=meetings, broke="nobody answered"),
    )


def test_ratio_allows_for_unequal_counts() -> None:
    """Subjects are compared per utterance, as their runs never have the same number."""
    found = a_round(cpu_seconds=2.0, bare=measured(cpu_seconds=0.4, utterances=4000))

    assert found.ratio(found.bridge) == pytest.approx(4.0)


def test_spread_tells_the_middle_and_the_ends() -> None:
    """Of several runs the middle one is told, and how far they are apart; of one there is nothing more to tell."""
    assert spread([3.0, 1.0, 2.0]) == "2.00 (1.00–3.00)"
    assert spread([1.5], ".1f") == "1.5"
    assert spread([math.nan]) == "–"


def verdicts(*rounds: Round, idle: Idle | None = None) -> dict[str, str]:
    lines = aims(rounds, idle).splitlines()[2:]
    return {line.split(" | ")[0].removeprefix("| "): line.rstrip(" |").rsplit("| ", 1)[1] for line in lines}


def test_an_aim_is_met_by_the_middle_of_the_runs() -> None:
    """One lucky or unlucky run decides nothing; the exact limit is still met."""
    runs = [a_round(cpu_seconds=cpu) for cpu in (9.0, 2.5, 1.0)]

    assert verdicts(*runs)["CPU, bridge : bare loop, 500"] == "yes"
    assert verdicts(*runs, a_round(cpu_seconds=9.0))["CPU, bridge : bare loop, 500"] == "**no**"


def test_what_was_not_measured_is_not_met() -> None:
    """No aim is told as met, nor as missed, of which there is no figure."""
    told = verdicts(a_round())

    assert told["own delay p99, 2,000"] == told["one idle meeting, CPU of one core"] == "not measured"


def test_a_bridge_that_broke_meets_nothing() -> None:
    """Good figures of a run in which words were lost count for nothing."""
    assert set(verdicts(a_round(broke="words are missing")).values()) == {"**no**", "not measured"}


def test_an_idle_meeting_has_an_aim() -> None:
    """What a meeting costs in which nobody speaks is judged in percent of a core."""
    idle = Idle(bridge=measured(meetings=1, cpu_seconds=0.04), bare=measured(meetings=1))

    assert verdicts(a_round(), idle=idle)["one idle meeting, CPU of one core"] == "yes"


def test_table_has_a_line_for_each_subject_and_load() -> None:
    """Each line has a cell for each figure; of who broke is told how, and no figure."""
    lines = table([a_round(count) for count in (100, 500, 500)]).splitlines()
    rows = [line for line in lines if line.startswith("|")]

    assert len({line.count("|") for line in rows}) == 1
    assert len(rows) == 2 + 2 * 4
    assert any(line.startswith("| 500, a request for each utterance | broke | – |") for line in rows)
    assert "* 500 meetings, a request for each utterance, 2 of 2 runs: it broke, nobody answered." in lines


def test_memory_of_a_lone_meeting_is_not_claimed() -> None:
    """One meeting is smaller than what a process takes and returns by itself."""
    bridge = next(line for line in table([a_round(1)]).splitlines() if "**bridge**" in line)

    assert bridge.split(" | ")[-2] == "–"


def test_a_last_run_that_broke_does_not_hide_the_load() -> None:
    """How long was measured, and of how much, is told by a run that came through; where none did, nothing is told of it."""
    gone = replace(a_round(), bare=broken(500, "it did not answer"), bridge=broken(500, "it did not answer"))

    def page(*rounds: Round) -> str:
        return report(rounds, None, when=datetime(2026, 11, 30, tzinfo=UTC), load_before=0.1)

    load = "Steady state: 40 seconds each, an utterance every 4.0 seconds in each meeting. Runs: 2;"
    assert load in page(a_round(), gone)
    assert "nan" not in page(gone)
