from __future__ import annotations

from benchmarks.figures import Measured
from benchmarks.media import table


def measured(p99_ms: float) -> Measured:
    return Measured(
        meetings=220,
        seconds=45,
        utterances=4950,
        cpu_seconds=9,
        memory_bytes=1,
        keep_alive_ms=(1, 2),
        own_delay_ms=(*[2.0] * 90, *[p99_ms] * 10),
        outer_delay_ms=(4.0,),
        load_cpu_share=0.1,
        other_cpu_share=0.0,
    )


def test_the_aim_is_judged_beside_sound() -> None:
    """The verdict is about the run with sound, and stands below both runs' figures."""
    good, bad = table((0, 20), [measured(99), measured(25)]), table((0, 20), [measured(1), measured(25.1)])

    assert "| Audio packets a second | 0 | 1,000 |" in good
    assert "| Added delay, bridge's own, p50 / p99 (ms) | 2.0 / 99.0 | 2.0 / 25.0 |" in good
    assert "is met: 25.0 ms" in good
    assert "is **not met**: 25.1 ms" in bad
