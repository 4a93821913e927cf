"""What Zoom Meeting Insights says once in a meeting: what its rules cannot find."""

from __future__ import annotations

import pytest

from tests.components.test_meeting_insights import context_of

SAID = [["Bo", "Honestly, that is too expensive for us."], ["Ann", "I see."]]


@pytest.mark.parametrize("kinds", [["objection"], ["action_item", "buying_signal"]])
async def test_kinds_that_need_a_model_are_said_to_once(component, kinds) -> None:
    """In the first window of a meeting, each time that one is run, and in no later one, also where its words leave no
    room for context; nothing is guessed.
    """

    async def find(window: str, context: list[list[str]] | None = None):
        sent = context_of(SAID, context=context)
        sent.data["window_id"] = window
        return (await component("meeting_insights", context=sent, kinds=kinds).find_insights()).data

    first, again, later = await find("w1"), await find("w1"), [await find("w2"), await find("w3", SAID)]
    [note] = first["notes"]
    assert "needs a model" in note["text"]
    assert kinds[-1].split("_")[0] in note["text"].lower()
    assert again == first
    assert [one["notes"] for one in later] == [[], []]
    assert [one["insights"] for one in [first, *later]] == [[], [], []]
