"""A small measurement, whole: real processes, real sockets."""

import pytest

from benchmarks import measurement
from benchmarks.figures import percentile


@pytest.mark.scenario
async def test_a_small_load_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bridge and bare loop get the same load, every figure is there, and nothing is lost on the way."""
    monkeypatch.setattr(measurement, "SPREAD_SECONDS", 1.0)
    monkeypatch.setattr(measurement, "SETTLE_SECONDS", 0.5)

    pair = await measurement.measure_pair(3, 4.0, speed=20.0)

    for measured in (pair.bridge, pair.bare):
        assert measured.utterances == pytest.approx(3 * 4.0 * 20 / 2, rel=0.2)
        assert measured.cpu_seconds > 0
        assert 3.9 < measured.seconds < 8
    assert len(pair.bridge.own_delay_ms) == pytest.approx(3 * 4.0 * 20 / 2 / 10, abs=3)
    assert len(pair.bridge.outer_delay_ms) == pytest.approx(len(pair.bridge.own_delay_ms), abs=3)
    assert percentile(pair.bridge.outer_delay_ms, 50) > percentile(pair.bridge.own_delay_ms, 50) > 0
    assert pair.bare.own_delay_ms == ()
    assert pair.cpu_ratio > 1
