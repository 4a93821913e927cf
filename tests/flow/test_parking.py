"""What is in the way of runs, and when somebody looks again."""

from __future__ import annotations

from bridge.flow.parking import EVERY_ROUTE, LONGEST_ASKED_SECONDS, Parking


def parking() -> Parking:
    """Looks after 2, 4, 8, 8 … seconds."""
    return Parking(chance=lambda: 0.0, first=2.0, longest=8.0)


def test_one_run_looks() -> None:
    """A route with something in its way waits, then sends one run that looks; others of it wait for that one."""
    parked = parking()
    assert parked.may_go("r", 100.0)
    assert parked.park("r", "no key", 100.0)
    assert not parked.may_go("r", 101.9)
    assert parked.may_go("other", 101.9)
    assert parked.next_look() == 102.0
    assert parked.may_go("r", 102.0)
    parked.begin("r")
    assert not parked.may_go("r", 200.0)
    assert parked.next_look() is None


def test_pauses_grow_with_each_look() -> None:
    """Each look that finds it still there makes the pause longer, up to a limit; only another reason is news."""
    parked = parking()
    parked.park("r", "no key", 0.0)
    now = 2.0
    for pause, reason, news in ((4.0, "no key", False), (8.0, "no flow", True), (8.0, "no flow", False)):
        parked.begin("r")
        assert parked.park("r", reason, now) is news
        assert parked.reasons() == {"r": reason}
        assert parked.next_look() == now + pause
        now += pause


def test_runs_that_began_before_tell_nothing_new() -> None:
    """A crowd that fails together is one fault: it is told once, and the pause does not grow by it."""
    parked = parking()
    assert parked.park(EVERY_ROUTE, "away", 10.0)
    assert not parked.park(EVERY_ROUTE, "gone", 10.5)
    assert parked.reasons() == {EVERY_ROUTE: "away"}
    assert parked.next_look() == 12.0
    assert parked.park(EVERY_ROUTE, "gone", 12.0)  # it is time to look, and this is what was seen
    assert parked.next_look() == 16.0


def test_a_server_that_asks_to_be_left_alone() -> None:
    """It is left alone for as long as it asks, within bounds, and never looked at sooner than the pause."""
    parked = parking()
    parked.park("r", "busy", 0.0, at_least=30.0)
    assert parked.next_look() == 30.0
    parked.begin("r")
    parked.park("r", "busy", 30.0, at_least=10_000.0)
    assert parked.next_look() == 30.0 + LONGEST_ASKED_SECONDS
    parked.begin("r")
    parked.park("r", "busy", 500.0, at_least=0.5)
    assert parked.next_look() == 508.0


def test_what_got_through() -> None:
    """A run that got through frees its route and Langflow itself, and other routes' own faults stay."""
    parked = parking()
    for route in ("r", "other", EVERY_ROUTE):
        parked.park(route, "away", 0.0)
    assert not parked.may_go("third", 1.0)
    assert parked.passed("r")
    assert parked.reasons() == {"other": "away"}
    assert not parked.passed("r")
    parked.park(EVERY_ROUTE, "away", 0.0)
    assert parked.passed("r")  # of its own there was nothing in the way
    parked.park("r", "no flow", 0.0)
    assert parked.passed("r")
    parked.park(EVERY_ROUTE, "away", 0.0)
    assert parked.reached()
    assert not parked.reached()


def test_a_look_that_ended_without_an_answer() -> None:
    """Somebody else may look after another pause; a route that nobody was looking at keeps its time."""
    parked = parking()
    parked.park("r", "away", 0.0)
    parked.park("other", "no flow", 0.0)
    parked.begin("r")
    parked.gave_up_looking("r", 50.0)
    assert not parked.may_go("r", 53.9)
    assert parked.may_go("r", 54.0)
    parked.gave_up_looking("other", 50.0)
    assert parked.may_go("other", 2.0)


def test_somebody_says_that_it_is_mended() -> None:
    """Everything may be looked at at once, with pauses as at first, and nothing is put off by it."""
    parked = parking()
    parked.park("r", "away", 0.0)
    for now in (2.0, 6.0):
        parked.begin("r")
        parked.park("r", "away", now)
    parked.park("soon", "no flow", 6.0)
    parked.wake(7.0)
    assert parked.may_go("r", 7.0)
    assert parked.next_look() == 7.0
    parked.begin("r")
    parked.park("r", "away", 7.0)
    assert not parked.may_go("r", 8.9)
    assert parked.may_go("r", 9.0)
    parked.wake(20.0)
    assert parked.may_go("r", 9.0)
