"""Which of several Langflows has a meeting."""

from __future__ import annotations

import hashlib
from collections import Counter

from bridge.flow.placement import order

THREE = ["http://a:7860", "http://b:7860", "https://c.example/langflow"]
MEETINGS = [f"{hashlib.sha256(bytes([n % 256, n // 256])).hexdigest()[:22]}==" for n in range(900)]


def first(meeting: str, addresses: list[str]) -> str:
    return addresses[order(meeting, addresses)[0]]


def test_every_server_once() -> None:
    """Whoever would take a meeting stands in the order once, whatever its id is made of."""
    for meeting in ("", "aB3/xY+z9Q==", "\ud83d", "会议"):
        assert sorted(order(meeting, THREE)) == [0, 1, 2]


def test_the_order_of_the_list_does_not_matter() -> None:
    """Two bridges whose lists are written differently send a meeting to the same server."""
    turned = THREE[::-1]
    assert all(first(meeting, THREE) == first(meeting, turned) for meeting in MEETINGS)


def test_spread() -> None:
    """Many meetings spread evenly, and those of one that is away over all others."""
    assert all(250 < count < 350 for count in Counter(first(m, THREE) for m in MEETINGS).values())
    [left, *_] = THREE
    second = Counter(THREE[order(m, THREE)[1]] for m in MEETINGS if first(m, THREE) == left)
    assert set(second) == set(THREE) - {left}
    assert min(second.values()) > 100


def test_a_server_that_goes_moves_its_own_meetings_alone() -> None:
    """All others stay where their rows are."""
    two = THREE[1:]
    moved = [meeting for meeting in MEETINGS if first(meeting, THREE) != first(meeting, two)]
    assert moved == [meeting for meeting in MEETINGS if first(meeting, THREE) == THREE[0]]
