"""The assistant's flow on a real Langflow that has never heard of this project."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.flows.runs import Runs, meeting_on

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.demo.langflow import LangflowServer

SAID = [
    ("Dana", "We have forty thousand for the pilot."),
    ("Ravi", "I'll send the contract to legal by Friday."),
    ("Dana", "So we've decided: Eastgate goes first."),
]


@pytest.fixture
async def runs(langflow: LangflowServer) -> AsyncIterator[Runs]:
    """A new meeting."""
    async with meeting_on(langflow, "zoom-assistant") as meeting:
        yield meeting


async def test_a_question_is_answered_once(runs: Runs) -> None:
    """Who asks is told who said what and when; the same window again gets the same answer."""
    runs.window("live", SAID)
    question = "who sends the contract?"
    window = runs.window("ask", [("Mia", f"Hey assistant, {question}")], asked=question)
    told = await runs.send(window)

    assert f"Mia asked: “{question}”" in told
    assert "Ravi (min 0): “I'll send the contract to legal by Friday.”" in told
    assert await runs.send(window) == told


async def test_what_the_meeting_does_not_tell(runs: Runs) -> None:
    """Nothing is made up."""
    runs.window("live", SAID)
    question = "who won the match?"
    asked = [("Mia", f"Hey assistant, {question}")]
    assert "has not told" in await runs.say("ask", asked, asked=question)


async def test_what_the_last_meeting_left_open(runs: Runs) -> None:
    """A meeting of a series begins with what is still to be done, told once; what comes after it is as ever."""
    meeting = {"uuid": "last=", "id": "81234567890", "topic": "Weekly", "started_at": "2026-09-14T14:13:20Z"}
    item = {"text": "Send the contract to legal", "owner": "Ravi", "due": "Friday"}
    left = {"meeting": meeting, "items": [item], "more": 0, "language": "en"}
    start = json.dumps(json.loads(runs.window("start")) | {"still_open": left})
    told = await runs.send(start)

    assert "Still open from 2026-09-14 UTC:" in told
    assert "Ravi: Send the contract to legal (Friday)" in told
    assert await runs.send(start) == told
    again = json.dumps(json.loads(runs.window("start")) | {"still_open": left})
    assert await runs.send(again) == ""


async def test_nobody_is_answered_who_does_not_ask(runs: Runs) -> None:
    """A flow that is also sent other windows says nothing for them, and answers what is typed from live ones."""
    assert await runs.say("start") == ""
    assert await runs.say("live", SAID) == ""
    assert "Eastgate goes first" in await runs.send("What was decided?")
    assert await runs.say("final") == ""
