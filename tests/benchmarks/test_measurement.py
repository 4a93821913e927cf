"""A small measurement, whole: real processes, real sockets."""

import time

import pytest

from benchmarks import measurement
from benchmarks.figures import percentile
from benchmarks.load import FLOW, RunApi, run_api
from benchmarks.measurement import BRIDGE, EACH, ZOOM_SDK, measure
from bridge.publish.check import look_ahead
from bridge.publish.rest import LangflowRest, open_langflow
from tests.simulator.native import NEEDS_ZOOMS_CLIENT

SECONDS = 2.0
WORDS = 3 * SECONDS * 20 / 2
"""Utterances in those seconds of three meetings at twenty times their speed."""


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measurement, "SPREAD_SECONDS", 1.0)
    monkeypatch.setattr(measurement, "SETTLE_SECONDS", 0.5)
    monkeypatch.setattr(measurement, "MEETINGS_OF_A_PLAYER", 2)


async def test_the_run_api_can_be_looked_at_as_a_langflow() -> None:
    """Nothing is missing there; who cannot tell is asked again every 15 s, which would count as the bridge's own work."""
    async with run_api(RunApi()) as api, open_langflow(api.url, "") as client:
        assert await look_ahead(LangflowRest(client), [FLOW]) == []


@pytest.mark.scenario
async def test_a_small_load_is_measured() -> None:
    """Of the bridge every figure is there, from a load that two processes play, and nothing is lost on the way, while some look on."""
    bridge = await measure(BRIDGE, 3, SECONDS, speed=20.0, readers=3)

    assert bridge.broke == ""
    assert bridge.utterances == pytest.approx(WORDS, rel=0.3)
    assert bridge.cpu_seconds > 0
    assert SECONDS - 0.1 < bridge.seconds < 3 * SECONDS
    assert len(bridge.own_delay_ms) == pytest.approx(WORDS / 10, abs=3)
    assert len(bridge.outer_delay_ms) == pytest.approx(len(bridge.own_delay_ms), abs=3)
    assert percentile(bridge.outer_delay_ms, 50) > percentile(bridge.own_delay_ms, 50) > 0


@pytest.mark.scenario
@NEEDS_ZOOMS_CLIENT
async def test_others_get_the_same_load() -> None:
    """Who only receives, here Zoom's own client, is put under the same load, and has no windows."""
    measured = await measure(ZOOM_SDK, 3, SECONDS, speed=20.0)

    assert measured.utterances == pytest.approx(WORDS, rel=0.3)
    assert (measured.broke, measured.own_delay_ms, measured.outer_delay_ms) == ("", (), ())
    assert measured.cpu_seconds > 0


@pytest.mark.scenario
async def test_who_breaks_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A subject that takes ten times as long as there is for its load is found broken soon, and ended."""
    monkeypatch.setattr(measurement, "MEETINGS_OF_A_PLAYER", 40)
    monkeypatch.setattr(measurement, "BEGIN_SECONDS", 4.0)
    monkeypatch.setattr(measurement, "OVER_SECONDS", 4.0)

    began = time.monotonic()
    measured = await measure(EACH, 40, SECONDS, speed=20.0)

    assert measured.broke
    assert time.monotonic() - began < 60
