"""Zoom Window Switch in real Langflow graphs."""

# ruff: noqa: RUF012 - components declare their inputs and outputs as plain class attributes

from __future__ import annotations

import asyncio
from typing import Any

import pytest

KINDS = ("start", "live", "ask", "final")


def window(kind: str = "live", **fields: Any) -> dict[str, Any]:
    return {"schema": "zoom-context/1", "window_id": "s1:r:1", "session_id": "zoom-a", "kind": kind} | fields


@pytest.fixture
def run(component):
    """Run a graph: a source of the window, the switch, and a probe for each name, behind the outputs given.

    Returns:
        ``await run(window, {"minutes": ["live", "final"]}, joined=["minutes", ...])`` gives what reached each probe
        that ran.
    """
    from lfx.custom import Component
    from lfx.graph import Graph
    from lfx.io import HandleInput, Output
    from lfx.schema.data import Data

    class Source(Component):
        outputs = [Output(name="window", display_name="Window", method="give")]
        given: dict[str, Any] = {}

        def give(self) -> Data:
            return Data(data=self.given)

    class Probe(Component):
        inputs = [
            HandleInput(name="window", display_name="Window", input_types=["Data", "JSON"], is_list=True)
        ]
        outputs = [Output(name="seen", display_name="Seen", method="see")]

        def see(self) -> Data:
            reached[self._id] = self.window
            return Data(data=dict(window()))

    reached: dict[str, Any] = {}

    async def start(given: dict[str, Any], probes: dict[str, list[str]], joined: tuple[str, ...] = ()) -> Any:
        reached.clear()
        graph = Graph()
        source = Source(_id="source")
        source.given = given
        switch = component("window_switch", _id="switch")
        graph.add_component(source)
        graph.add_component(switch)
        graph.add_component_edge("source", ("window", "window"), "switch")
        for name, outputs in probes.items():
            graph.add_component(Probe(_id=name))
            for output in outputs:
                graph.add_component_edge("switch", (output, "window"), name)
        if joined:
            graph.add_component(Probe(_id="join"))
            for name in joined:
                graph.add_component_edge(name, ("seen", "window"), "join")
        graph.prepare()
        graph.session_id = "zoom-a"
        async for _ in graph.async_start():
            await asyncio.sleep(0)
        return dict(reached)

    return start


@pytest.mark.parametrize("kind", KINDS)
async def test_only_the_branch_of_its_kind_runs(run, kind):
    """Of four branches, the one of the window's kind runs and gets the window as it was; the others do not."""
    reached = await run(window(kind), {f"{name}-branch": [name] for name in KINDS})

    assert list(reached) == [f"{kind}-branch"]
    assert [data.data for data in reached[f"{kind}-branch"]] == [window(kind)]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_part_behind_two_outputs_runs_for_both(run, kind):
    """Where two outputs lead to one part, it runs for either kind and for no other."""
    reached = await run(window(kind), {"talk": ["live", "final"], "rest": ["start", "ask"]})

    assert list(reached) == ["talk" if kind in ("live", "final") else "rest"]


@pytest.mark.parametrize("kind", ["start", "live"])
async def test_branches_may_meet_again(run, kind):
    """A part where branches meet runs behind the branch that ran."""
    reached = await run(window(kind), {"a": ["start"], "b": ["live"], "c": ["ask"]}, joined=("a", "b", "c"))

    assert list(reached) == ["a" if kind == "start" else "b", "join"]


async def test_a_kind_without_a_branch_runs_nothing(run):
    """Where the output of the window's kind leads nowhere, nothing behind the switch runs."""
    assert await run(window("final"), {"live-branch": ["live"], "ask-branch": ["ask"]}) == {}


@pytest.mark.parametrize("schema", ["zoom-context/1", "zoom-insights/1", "zoom-news/1"])
async def test_every_shape_of_a_window_is_switched(component, schema):
    """Context, insights and news tell their kind alike; the status says which it was."""
    from lfx.schema.data import Data

    switch = component("window_switch", window=Data(data=window("ask", schema=schema)))

    assert switch.ask_window().data["schema"] == schema
    assert switch.status == "ask window"


@pytest.mark.parametrize("given", [{}, window("weekly"), window(schema="zoom-window/1"), {"kind": "live"}])
async def test_anything_else_is_an_error(component, given):
    """What tells no kind of window is refused with what to connect, and without its content."""
    from lfx.schema.data import Data

    switch = component("window_switch", window=Data(data=given))

    with pytest.raises(ValueError, match="Connect the Context of Zoom Context Buffer"):
        switch.live_window()


def test_public_names(component):
    """Flows in use name these."""
    switch = component("window_switch")

    assert (type(switch).__name__, switch.name) == ("ZoomWindowSwitch", "ZoomWindowSwitch")
    assert [each.name for each in switch.inputs] == ["window"]
    assert [(each.name, each.method) for each in switch.outputs] == [
        (kind, f"{kind}_window") for kind in KINDS
    ]
