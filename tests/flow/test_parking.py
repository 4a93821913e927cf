"""What is in the way to a flow is looked at with growing pauses, by one run at a time."""

from __future__ import annotations

import pytest

from bridge.flow.parking import EVERY_ROUTE, LONGEST_ASKED_SECONDS, Parking


def pauses(parking: Parking, route: str, count: int, now: float = 0.0) -> list[float]:
    """How long each of the next looks waits behind the one before, when none of them helps."""
    found = []
    for _ in range(count):
        due = parking.next_look()
        assert due is not None
        assert not parking.may_go(route, due - 0.001)
        assert parking.may_go(route, due)
        found.append(due - now)
        now = due
        parking.begin(route)
        parking.park(route, "refused", now)
    return found


@pytest.fixture
def parking() -> Parking:
    return Parking(chance=lambda: 0.0, first=1, longest=8)


def test_pauses_grow_to_a_longest(parking: Parking) -> None:
    """A fault that stays costs fewer and fewer looks."""
    assert parking.park("r", "refused", 0.0)
    growing = pauses(parking, "r", 6)
    assert growing == sorted(growing)
    assert growing[0] < growing[-1] <= 8


def test_woken(parking: Parking) -> None:
    """Somebody who says that it is mended has it looked at now, and afterwards as often as at first."""
    parking.park("r", "refused", 0.0)
    at_first = pauses(parking, "r", 4)
    due = parking.next_look()
    assert due is not None
    now = due - 0.5
    parking.wake(now)
    assert parking.next_look() == now
    parking.begin("r")
    parking.park("r", "refused", now)
    assert pauses(parking, "r", 3, now) == pytest.approx(at_first[:3])


def test_waking_brings_no_look_forward_that_is_due(parking: Parking) -> None:
    """A look that could have begun before stays due since then."""
    parking.park("r", "refused", 0.0)
    due = parking.next_look()
    assert due is not None
    parking.wake(due + 100)
    assert parking.next_look() == due


def test_a_look_that_learned_nothing(parking: Parking) -> None:
    """A run that ended without an answer is followed by another look, after the next pause."""
    parking.park("r", "refused", 0.0)
    first = parking.next_look()
    assert first is not None
    parking.begin("r")
    assert parking.next_look() is None
    assert not parking.may_go("r", first + 1000)
    parking.gave_up_looking("r", first)
    second = parking.next_look()
    assert second is not None
    assert second - first > first
    parking.gave_up_looking("r", first + 1)
    assert parking.next_look() == second


@pytest.mark.parametrize(("asked", "waited"), [(20, 20), (LONGEST_ASKED_SECONDS * 5, LONGEST_ASKED_SECONDS)])
def test_a_wait_that_was_asked_for(parking: Parking, asked: float, waited: float) -> None:
    """Nobody looks before it is over, but not for ever."""
    parking.park("r", "full", 0.0, at_least=asked)
    assert parking.next_look() == waited


def test_what_is_news(parking: Parking) -> None:
    """A reason is told once; what was under way when it began tells nothing new."""
    assert parking.park("r", "refused", 0.0)
    assert not parking.park("r", "away", 0.0)
    due = parking.next_look()
    assert due is not None
    assert not parking.park("r", "refused", due)
    assert parking.reasons() == {"r": "refused"}
    later = parking.next_look()
    assert later is not None
    parking.begin("r")
    assert parking.park("r", "away", later)
    assert parking.reasons() == {"r": "away"}


def test_one_route_and_all(parking: Parking) -> None:
    """What is in every route's way holds each of them; what is in one's own holds no other."""
    parking.park("r", "missing", 0.0)
    assert parking.may_go("other", 0.0)
    parking.park(EVERY_ROUTE, "away", 0.0)
    assert not parking.may_go("other", 0.0)
    assert parking.passed("other")
    assert parking.may_go("other", 0.0)
    assert not parking.may_go("r", 0.0)
    assert not parking.reached()
    assert parking.passed("r")
    assert not parking.passed("r")
    assert parking.next_look() is None
