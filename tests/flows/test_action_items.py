"""The action items flow on a real Langflow that has never heard of this project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.publish import graph
from bridge.publish.library import load_components
from tests.flows.runs import Runs, meeting_on, shipped_flow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.demo.langflow import LangflowServer
    from bridge.publish.library import Flow

WIRES = [
    ("ChatInput", "ZoomContextBuffer"),
    ("ZoomContextBuffer", "ZoomMeetingInsights"),
    ("ZoomClaude", "ZoomMeetingInsights"),
    ("ZoomMeetingInsights", "ZoomInsightLedger"),
    ("ZoomInsightLedger", "ZoomChatOutput"),
    ("ZoomChatOutput", "ChatOutput"),
]


def action_items() -> Flow:
    """The shipped flow."""
    return shipped_flow("zoom-action-items")


@pytest.fixture
async def runs(langflow: LangflowServer) -> AsyncIterator[Runs]:
    """A new meeting."""
    async with meeting_on(langflow, "zoom-action-items") as meeting:
        yield meeting


def test_it_is_one_chain() -> None:
    """Chat Input, our four components in their order, Chat Output, Claude at the side, and nothing beside."""
    data = action_items().data
    types = {component["id"]: component["type"] for component in graph.components(data)}

    assert sorted((types[source], types[target]) for source, _, target, _ in graph.wires(data)) == sorted(
        WIRES
    )
    assert set(types.values()) == {end for wire in WIRES for end in wire}


def test_public_names_are_pinned() -> None:
    """These names are stored in people's flows: changing one breaks them."""
    own = load_components()
    pinned = {
        component["type"]: (
            component["node"]["metadata"]["component_class_name"],
            [(output["name"], output["method"]) for output in component["node"]["outputs"]],
        )
        for component in graph.components(action_items().data)
        if component["type"] in own
    }

    assert pinned == {
        "ZoomContextBuffer": (
            "ZoomContextBuffer",
            [("prompt", "build_prompt"), ("context", "build_context")],
        ),
        "ZoomClaude": (
            "ZoomClaude",
            [("claude", "build_claude"), ("language_model", "build_language_model")],
        ),
        "ZoomMeetingInsights": ("ZoomMeetingInsights", [("insights", "find_insights")]),
        "ZoomInsightLedger": ("ZoomInsightLedger", [("news", "find_news"), ("text", "tell_news")]),
        "ZoomChatOutput": ("ZoomChatOutput", [("posted", "post")]),
    }


def test_windows_are_not_stored_as_chat() -> None:
    """A window's JSON in the Playground would bury the answers."""
    [chat_input] = [c for c in graph.components(action_items().data) if c["type"] == "ChatInput"]

    assert chat_input["node"]["template"]["should_store_message"]["value"] is False


async def test_a_meeting_is_told_once(runs: Runs) -> None:
    """What is new is told; the same window again gets the same answer; nothing new says nothing."""
    first = runs.window("live", [("Dana", "I'll send the report by Friday."), ("Ravi", "Thanks.")])
    told = await runs.send(first)
    assert "report" in told
    assert "Dana" in told
    assert await runs.send(first) == told

    assert await runs.send(runs.window("live", [("Ravi", "It's a lovely day outside.")])) == ""

    second = runs.window(
        "live",
        [
            ("Dana", "As I said, I'll send the report by Friday."),
            ("Ravi", "I will book the room on Monday."),
            ("Dana", "Thanks."),
        ],
    )
    news = await runs.send(second)
    assert "book the room" in news
    assert "report" not in news.partition(" (before: ")[0]
    assert await runs.send(second) == news
    assert await runs.send(first) == told


async def test_the_final_window_brings_a_summary(runs: Runs) -> None:
    """At the end everybody who spoke is listed, and a repeat changes nothing."""
    await runs.send(runs.window("live", [("Dana", "We decided to ship the new version on Friday.")]))
    final = runs.window("final", [("Ravi", "I will tell the customers tomorrow.")])

    summary = await runs.send(final)

    assert "Dana" in summary
    assert "Ravi" in summary
    assert "tell the customers" in summary
    assert await runs.send(final) == summary


async def test_plain_text_runs_too(runs: Runs) -> None:
    """Somebody who types lines into the Playground gets an answer."""
    assert "check the budget" in await runs.send("Dana: I will check the budget by Tuesday.")
