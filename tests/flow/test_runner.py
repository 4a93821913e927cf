from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from bridge.domain import Output, Window, WindowKind
from bridge.flow.routes import Route
from bridge.flow.runner import Runners

ROUTES = [
    Route(name="plain", flow="f"),
    Route(name="later", flow="f", run="background"),
    Route(name="python", call="m:f"),
]


@dataclass
class Way:
    """Remembers what came this way."""

    windows: list[tuple[str, float]] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)

    async def run(self, window: Window, *, timeout_seconds: float) -> Output:
        self.windows.append((window.window_id, timeout_seconds))
        return Output("done")

    async def give_up(self, window: Window) -> None:
        self.given_up.append(window.window_id)


def window(route: str, flow: str) -> Window:
    return Window(
        window_id=f"s:{route}:1",
        stream_id="s",
        meeting_uuid="m",
        route=route,
        flow=flow,
        seq=1,
        kind=WindowKind.LIVE,
        first_n=1,
        last_n=1,
        input_value="x",
    )


@pytest.mark.parametrize(
    ("route", "flow", "way"),
    [
        ("plain", "f", "sync"),
        ("later", "f", "background"),
        ("python", "call:m:f", "calls"),
        ("plain", "call:m:f", "calls"),  # stored before the route was changed to a flow
        ("python", "f", "sync"),  # stored before the route was changed to a function
    ],
)
async def test_ways(route: str, flow: str, way: str) -> None:
    """A window goes where it was stored for, the way its route says, and is given up there."""
    ways = {"sync": Way(), "background": Way(), "calls": Way()}
    runners = Runners(ROUTES, sync=ways["sync"], background=ways["background"], calls=ways["calls"])
    assert await runners.run(window(route, flow), timeout_seconds=7) == Output("done")
    await runners.give_up(window(route, flow))
    assert {name: taken.given_up for name, taken in ways.items() if taken.given_up} == {way: [f"s:{route}:1"]}
    assert {name: taken.windows for name, taken in ways.items() if taken.windows} == {
        way: [(f"s:{route}:1", 7)]
    }
