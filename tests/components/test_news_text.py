"""Zoom News Text through Langflow's own loader."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.components.contracts import MEETING, SESSION, insight, news

SUMMARY = {"text": "They met.", "attendees": ["Dana"]}


@pytest.fixture
def text(component):
    """What is said of news."""

    async def write(told: dict[str, Any], **inputs: Any) -> str:
        from lfx.schema.data import Data

        return str((await component("news_text", news=Data(data=told), **inputs).write()).text)

    return write


async def test_news_are_lines(text) -> None:
    """A point a line, with what answers it and notes behind; no remark of a dry run and no marks of ours."""
    answered = insight(
        "i-2", "it is too expensive", kind="objection", answer={"text": "It is not.", "source": "Price"}
    )
    told = news(insight(owner="Dana"), answered, notes=[{"key": "budget", "text": "Half is used up."}])
    assert await text(told) == (
        "Action item: Dana - send the contract\n"
        "Objection: it is too expensive\n   Say: It is not. (playbook: Price)\n"
        "Half is used up."
    )


async def test_nothing_is_passed_on_in_a_rehearsal(component) -> None:
    """Slack or mail behind it know none; the node tells how much it keeps back."""
    from lfx.schema.data import Data

    for told in (
        news(insight(), meeting=MEETING | {"rehearsal": True}),
        news(insight(), session_id="zoom-rehearsal-1"),
    ):
        node = component("news_text", news=Data(data=told))
        assert (await node.write()).text == ""
        assert node.status == "dry run: a rehearsal, 30 characters are not passed on"


async def test_it_is_written_in_the_news_language(text) -> None:
    """As Zoom Chat Output does."""
    assert await text(news(insight(), language="fr")) == "Action: send the contract"


@pytest.mark.parametrize("kind", ["Risks", "risk"])
async def test_only_what_is_wanted(text, kind) -> None:
    """Other kinds are left out, in live windows and under the summary; with Final Only a live window says nothing."""
    risk = insight("i-2", "the van may be late", kind="risk")
    assert await text(news(insight(), risk), kinds=[kind]) == "Risk: the van may be late"
    assert await text(news(insight()), final_only=True) == ""
    final = await text(
        news(insight(), kind="final", summary=SUMMARY, open=[insight(), risk]),
        kinds=[kind],
        final_only=True,
    )
    assert "They met." in final
    assert "the van may be late" in final
    assert "send the contract" not in final


async def test_with_nothing_to_say_the_flow_stops_and_the_run_is_over(component, monkeypatch) -> None:
    """It is the last of ours: the window's claim is given up, whether anything is said or not."""
    from lfx.schema.data import Data

    node = component("news_text", news=Data(data=news()))
    node._vertex = SimpleNamespace(graph=SimpleNamespace(_run_id="r", context={}, session_id=SESSION))
    stopped: list[str] = []
    monkeypatch.setattr(node, "stop", stopped.append)
    await node.write()
    assert stopped == ["text"]


async def test_what_is_no_news_is_refused(text) -> None:
    """The error says what to connect."""
    with pytest.raises(ValueError, match="Connect the News"):
        await text({"schema": "zoom-insights/1"})


async def test_nobody_can_call_a_slack_channel_or_hide_a_link(component) -> None:
    """Slack's own three characters are escaped where that is chosen, and quotation marks stay."""
    from lfx.schema.data import Data

    found = news(insight(text='R&D sends "it", <!channel> <https://evil.example|the report>'))
    plain, slack = [
        (await component("news_text", news=Data(data=found), for_slack=chosen).write()).text
        for chosen in (False, True)
    ]
    assert plain.endswith('R&D sends "it", <!channel> <https://evil.example|the report>')
    assert slack.endswith('R&amp;D sends "it", &lt;!channel&gt; &lt;https://evil.example|the report&gt;')


def test_flows_can_rely_on_its_names(component) -> None:
    """Class, inputs and output are in people's flows."""
    made = component("news_text")
    [output] = made.to_frontend_node()["data"]["node"]["outputs"]
    assert (type(made).__name__, made.name) == ("ZoomNewsText", "ZoomNewsText")
    assert [one.name for one in made.inputs] == ["news", "kinds", "final_only", "for_slack"]
    assert (output["name"], output["method"], output["types"]) == ("text", "write", ["Message"])
