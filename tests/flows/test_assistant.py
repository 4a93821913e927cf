"""The assistant's flow on a real Langflow that has never heard of this project."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bridge.archive.indexer import Indexer
from bridge.archive.memory import SeriesMemory
from bridge.archive.search import Archive
from bridge.domain import WindowKind
from bridge.flow.request import session_id
from bridge.flow.routes import Route
from bridge.flow.servers import open_servers
from bridge.publish.rest import LangflowRest, open_langflow
from bridge.replay.question import Questions
from tests.archive.talk import begin, say
from tests.flows.runs import Runs, meeting_on

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.demo.langflow import LangflowServer
    from bridge.store.store import Store

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


async def test_a_question_from_outside(langflow: LangflowServer, runs: Runs, store: Store) -> None:
    """Who is not in the meeting is answered from its words and earlier ones, and told which; then Langflow keeps nothing of it."""
    begin(store, "r", topic="Kick-off", ago_ms=86_400_000)
    say(store, "The oven costs nine thousand.", stream_id="r", speaker="Otto")
    begin(store)
    for n, (speaker, text) in enumerate(SAID, 1):
        say(store, text, first_n=n, speaker=speaker, user_id=speaker)
    await store.flush()
    await Indexer(store).turn()
    stream = await store.stream("s")
    assert stream is not None
    left: list[str] = []

    class Later:
        """Who forgets at the end of the test."""

        async def forget_within(self, meeting_uuid: str, why: str, seconds: float) -> None:
            left.append(meeting_uuid)

        def hasten(self, meeting_uuid: str) -> None: ...

    route = Route(name="assistant", flow=runs.endpoint, on=(WindowKind.ASK,), memory="series")
    async with open_servers(
        [langflow.url], [langflow.api_key], ways=lambda to: to, proxy=lambda _: None
    ) as servers:
        ask = Questions(
            store,
            [route],
            memory=SeriesMemory(store, Archive(store)),
            ways=servers.all[0].ways,
            turns=servers,
            forgetting=Later(),
        )
        now = await ask(stream, "Who sends the contract?")
        before = await ask(stream, "What does the oven cost?")
        for meeting_uuid in left:
            await servers.forget(meeting_uuid, (runs.endpoint,))

    assert "Ravi (min 0): “I'll send the contract to legal by Friday.”" in now.text
    assert "dry run" not in now.text
    assert [(one.stream.topic, one.n, one.speaker) for one in now.evidence] == [("Weekly", 2, "Ravi")]
    assert "Otto (Kick-off, 2025-11-21 UTC): “The oven costs nine thousand.”" in before.text
    assert [(one.stream.topic, one.n, one.speaker) for one in before.evidence] == [("Kick-off", 1, "Otto")]
    async with open_langflow(langflow.url, langflow.api_key) as client:
        flow = await LangflowRest(client).insisted(runs.endpoint)
        kept = await LangflowRest(client).messages(flow["id"])
    assert not {session_id(each) for each in left} & {
        each["session_id"].removesuffix(":memory") for each in kept
    }
