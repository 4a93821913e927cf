from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.rtms.patience import PATIENCE
from bridge.session.outage import Outage


def test_tries() -> None:
    """The first try follows at once, the others ever later, up to a longest wait."""
    outage = Outage(1000, chance=lambda: 0.0)
    assert [outage.lost(5) for _ in range(7)] == [0, 1, 2, 4, 8, 8, 8]


def test_spread() -> None:
    """Every wait but the first is spread over half to all of its length."""
    outage = Outage(1000, chance=lambda: 1.0)
    assert [outage.lost(5) for _ in range(5)] == [0, 0.5, 1, 2, 4]


def test_end() -> None:
    """When Zoom no longer waits, there is no other try."""
    outage = Outage(60, chance=lambda: 0.0)
    outage.lost(0)
    outage.lost(10)
    assert outage.lost(58) is None


def test_one_outage() -> None:
    """Further losses do not move the end, however often they come."""
    outage = Outage(60, chance=lambda: 0.0)
    now, tries = 0.0, 0
    while (delay := outage.lost(now)) is not None:
        now += delay + 0.5
        tries += 1
        assert now < 70
    assert tries >= 8


def test_over() -> None:
    """A socket that came back and is lost again is a new outage."""
    outage = Outage(60, chance=lambda: 0.0)
    outage.lost(0)
    outage.lost(1)
    outage.over()
    assert outage.lost(10_000) == 0
    assert outage.lost(10_000) == 1


def test_taken_and_dropped() -> None:
    """A server that takes the handshake and drops the socket is waited for anew each time, and dialled no oftener."""
    outage = Outage(60, chance=lambda: 0.0)
    delays, now = [], 0.0
    for _ in range(100):
        delay = outage.lost(now)
        assert delay is not None
        delays.append(delay)
        now += delay
        outage.taken()
    assert delays[:6] == [0, 1, 2, 4, 8, 8]
    assert now > 700
    assert outage.lost(now + 59) == 8


@given(st.lists(st.floats(0, 30), max_size=30), st.floats(0, 1))
def test_bounds(seconds: list[float], chance: float) -> None:
    """No try is later than Zoom waits, and no wait longer than the longest."""
    outage, now = Outage(60, chance=lambda: chance), 0.0
    for passed in seconds:
        delay = outage.lost(now)
        assert delay is None or 0 <= delay <= PATIENCE.longest_delay_seconds
        assert delay is None or now == 0 or now + delay < 60
        now += passed
