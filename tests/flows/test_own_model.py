"""The flow of one's own prompt and model on a real Langflow, against Ollama's stand-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.publish import graph
from tests.fakes.ollama_api import FakeOllama
from tests.flows.own_model import meeting_with
from tests.flows.runs import shipped_flow

if TYPE_CHECKING:
    from bridge.demo.langflow import LangflowServer


def test_the_prompt_is_on_the_canvas() -> None:
    """What the model is told stands in a stock Prompt Template, and nowhere else."""
    parts = {
        component["type"]: component["node"]
        for component in graph.components(shipped_flow("zoom-own-model").data)
    }

    assert set(parts) == {
        "ChatInput", "ZoomContextBuffer", "Prompt Template", "LanguageModelComponent", "ZoomInsightLedger", "ChatOutput",
    }  # fmt: skip
    assert "{meeting}" in parts["Prompt Template"]["template"]["template"]["value"]
    assert not parts["LanguageModelComponent"]["template"]["system_message"]["value"]


async def test_the_model_is_not_asked_about_nothing(langflow: LangflowServer) -> None:
    """A window without a word, as ``flows check`` sends it and a meeting begins with, costs nothing and needs no model."""
    async with FakeOllama.serve() as fake, meeting_with(langflow, "zoom-own-model", fake) as runs:
        assert await runs.say("live") == ""
        assert await runs.say("start") == ""

    assert fake.requests == fake.refusals == []


async def test_what_the_model_writes_is_told_once(langflow: LangflowServer) -> None:
    """Lines of a stock Language Model are told where they are new; what is not, and NOTHING, say nothing; a window that
    comes again is answered as before.
    """
    async with FakeOllama.serve() as fake, meeting_with(langflow, "zoom-own-model", fake) as runs:
        fake.say(
            "- **Action item:** Dana - Write to the landlord (by Monday)\n- Decision: The lease is prolonged."
        )
        first = runs.window("live", [("Dana", "The landlord, yes, I do that, Monday.")])
        told = await runs.send(first)
        fake.say(
            "Action item: Dana - Write to the landlord (by Monday)\nOpen question: Who pays for the roof?"
        )
        second = await runs.say("live", [("Ravi", "And the roof, who pays?")])
        fake.say("NOTHING")
        third = await runs.say("live", [("Ravi", "It is raining.")])
        fake.say("The lease is prolonged after all, with no end.")  # a model says it otherwise each time
        again = await runs.send(first)

    assert told == (
        "Action item: Dana - Write to the landlord (by Monday)\nDecision: The lease is prolonged."
    )
    assert second == "Open question: Who pays for the roof?"
    assert third == ""
    assert again == told
    assert "The landlord, yes, I do that, Monday." in str(fake.requests[0]["messages"])
    assert "Write each action item" in str(fake.requests[0]["messages"])


async def test_what_a_stock_model_took(langflow: LangflowServer) -> None:
    """Langflow counts its own nodes, and the bridge reads it; what that costs is not known."""
    async with FakeOllama.serve() as fake, meeting_with(langflow, "zoom-own-model", fake) as runs:
        fake.say("Decision: The lease is prolonged.")
        told = await runs.output(runs.window("live", [("Dana", "So we prolong the lease by a year.")]))

    assert told.text == "Decision: The lease is prolonged."
    assert told.usage is not None
    assert told.usage.input_tokens > 100
    assert told.usage.output_tokens > 0
    assert told.usage.cost_micros == -1
    assert told.spent == ()
