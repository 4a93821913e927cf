"""What ``/readyz`` says of a bridge, and when words can still be taken."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.admin.health import Health, report
from bridge.finding import fault, warning


class Store:
    def __init__(self, fault: str = "") -> None:
        self._fault = fault

    async def check(self) -> str:
        return self._fault


async def test_all_is_well() -> None:
    """Nothing to tell is told as that."""
    told, ready = await report(Store(), {}, Health())

    assert (told["status"], ready) == ("ok", True)
    assert (told["setup"], told["failing_routes"]) == ([], {})


@pytest.mark.parametrize(
    ("health", "status"),
    [
        ({"setup": lambda: [warning("No destination", "Fill it in.")]}, "ok"),
        ({"setup": lambda: [fault("Half a destination", "Fill in the rest.")]}, "degraded"),
        ({"failing": lambda: {"tasks": "its flow broke"}}, "degraded"),
        ({"parked": lambda: {"tasks": "no such flow"}}, "degraded"),
        ({"webhooks": lambda: {"crm": "it answered 500"}}, "degraded"),
    ],
)
async def test_what_fails_runs_degrades(health: dict[str, Any], status: str) -> None:
    """What will make every window fail is seen in the status; what makes it a dry run only in the list."""
    told, ready = await report(Store(), {}, Health(**health))

    assert (told["status"], ready) == (status, True)


async def test_findings_come_with_what_to_do() -> None:
    """As programs read them; a broken store still goes before."""
    found = fault("Half a destination", "Fill in the rest.")

    told, ready = await report(Store("disk is full"), {}, Health(setup=lambda: [found]))

    assert (told["status"], ready) == ("unavailable", False)
    assert told["setup"] == [
        {"ok": False, "level": "fault", "what": "Half a destination", "advice": "Fill in the rest."}
    ]
