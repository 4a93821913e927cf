"""Who is who, and whom a window names."""

from __future__ import annotations

import pytest

from bridge.transcript.people import MAX_PARTICIPANTS, MAX_SPEAKERS, People


def test_present() -> None:
    """Who is there is named in order of appearance; who left is not."""
    people = People()
    for user_id, name in (("1", "Dana"), ("2", "Eli"), ("3", "Noor")):
        people.came(user_id, name)
    people.left("2")
    assert people.participants() == [("1", "Dana"), ("3", "Noor")]


def test_nobody() -> None:
    """What has no id or no name is nobody."""
    people = People()
    people.came("", "Dana")
    people.spoke("", "Dana")
    people.came("1", "")
    assert people.participants(["", "1"]) == []
    people.came("1", "Eli")
    assert people.participants() == [("1", "Eli")]


def test_a_name_that_is_not_told_again() -> None:
    """A message without a name takes none away."""
    people = People([("1", "Dana")])
    people.spoke("1", "")
    assert people.name("1") == "Dana"


def test_back_again_and_again() -> None:
    """Whoever came back twice is named by the newest id, whichever of the three spoke; nobody else's id is taken for it."""
    people = People()
    for user_id in ("1", "2", "3"):
        people.came(user_id, "Dana")
        people.left(user_id)
    people.came("4", "")
    assert people.participants(["1"]) == people.participants(["2"]) == [("3", "Dana")]
    people.came("5", "Dana")
    assert people.participants(["1"]) == [("5", "Dana")]
    assert people.name("none") == ""


def test_back_under_another_id() -> None:
    """Who left and came back is named once, by the newer id, also where both ids spoke."""
    people = People()
    people.came("1", "Dana")
    people.spoke("1", "Dana")
    people.left("1")
    people.came("9", "Dana")
    people.spoke("9", "Dana")
    assert people.participants(["1", "9"]) == [("9", "Dana")]
    assert people.participants(["1"]) == [("9", "Dana")]


def test_two_of_one_name() -> None:
    """Two who are there at the same time are two, whatever they are called."""
    people = People()
    people.came("1", "Alex")
    people.came("2", "Alex")
    assert people.participants(["1", "2"]) == [("1", "Alex"), ("2", "Alex")]
    people.left("1")
    people.came("3", "Alex")
    people.came("4", "Alex")
    assert people.participants(["1", "2"]) == [("2", "Alex"), ("3", "Alex"), ("4", "Alex")]


def test_who_left_unheard() -> None:
    """After a reconnection the roster tells who is there; others are no longer named."""
    people = People()
    for user_id in ("1", "2"):
        people.came(user_id, f"P{user_id}")
    people.roster()
    people.came("2", "P2")
    assert people.participants() == [("2", "P2")]


def test_ten_thousand_who_came_and_went() -> None:
    """Whoever is gone and silent costs a window nothing."""
    people = People()
    for n in range(10_000):
        people.came(str(n), f"Person {n}")
        people.left(str(n))
    assert people.participants(["77"]) == [("77", "Person 77")]


def test_ten_thousand_who_are_there() -> None:
    """Of very many, those are named who speak, then those who have spoken, then the first."""
    people = People()
    for n in range(10_000):
        people.came(str(n), f"Person {n}")
    people.spoke("5000", "Person 5000")
    named = [user_id for user_id, _ in people.participants(["9999"])]
    assert len(named) == MAX_PARTICIPANTS
    assert named == [*map(str, range(MAX_PARTICIPANTS - 2)), "5000", "9999"]


def test_very_many_speakers() -> None:
    """A window names so many of its speakers and no more, and then nobody who is silent."""
    people = People((str(n), f"Person {n}") for n in range(MAX_SPEAKERS + 50))
    people.came("silent", "Silent")
    named = people.participants(str(n % (MAX_SPEAKERS + 50)) for n in range(2 * MAX_SPEAKERS))
    assert len(named) == MAX_SPEAKERS
    assert ("silent", "Silent") not in named


@pytest.mark.parametrize(
    ("channel", "side"),
    [("agent", "Agent"), ("Consumer", "Customer"), ("customer", "Customer"), ("1", "Party 1")],
)
def test_side(channel: str, side: str) -> None:
    """A channel that says whose it is gives the name; another is a party by order of appearance, and stays it."""
    people = People()
    assert people.side(channel) == side
    assert people.side("x") == ("Party 2" if side == "Party 1" else "Party 1")
    assert people.side(channel) == side
