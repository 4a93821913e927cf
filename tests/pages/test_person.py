from __future__ import annotations

from bridge.pages.person import COLOURS, Cast
from tests.pages.stage import said


def test_colours_go_round() -> None:
    """Everybody has a colour by order of appearance; the ninth shares the first one's."""
    cast = Cast()
    found = [cast.spoke(said(n, speaker=f"P{n}", user_id=str(n))).colour for n in range(COLOURS + 1)]
    assert found == [*range(COLOURS), 0]


def test_a_new_name_keeps_the_colour() -> None:
    """Who renames themselves is the same person, shown by the name of the moment."""
    cast = Cast()
    cast.spoke(said(1, speaker="Eli", user_id="2"))
    cast.spoke(said(2, speaker="iPhone", user_id="1"))
    renamed = cast.spoke(said(3, speaker="Dana", user_id="1"))
    assert (renamed.name, renamed.colour) == ("Dana", 1)
    assert cast.find("1").name == "Dana"
    earlier = cast.who_said(said(2, speaker="iPhone", user_id="1"))
    assert (earlier.name, earlier.colour) == ("iPhone", 1)


def test_without_an_id() -> None:
    """Where the wire names no id, the name tells people apart."""
    cast = Cast()
    keys = [
        cast.spoke(said(n, speaker=name, user_id="")).key
        for n, name in enumerate(("Agent", "Customer", "Agent"))
    ]
    assert keys == ["Agent", "Customer", "Agent"]
    assert len(cast.everybody()) == 2
