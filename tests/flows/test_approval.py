"""Approval through a real Langflow: nothing is posted before somebody lets it out, and each thing once after."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from starlette.applications import Starlette

from bridge.approval.standing import standing_of
from bridge.approval.wish import Wish, verdict_on
from bridge.domain import Decision
from bridge.flow.request import read_answer
from bridge.listener import http_listener
from bridge.simulator.chat import Chat, ChatWebhook
from tests.approval.values import run
from tests.fakes.ollama_api import FakeOllama
from tests.flows.own_model import meeting_with
from tests.flows.runs import SCHEMA, meeting_on, shipped_flow
from tests.flows.test_agent import answers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.demo.langflow import LangflowServer
    from tests.flows.runs import Runs

pytestmark = pytest.mark.timeout(300)


@contextlib.asynccontextmanager
async def channel() -> AsyncIterator[tuple[Chat, dict[str, str]]]:
    """A Zoom channel, and how Zoom Chat Output is led to it."""
    chat = Chat()
    webhook = chat.add(ChatWebhook(min_interval_seconds=0))
    async with http_listener(Starlette(routes=chat.routes), host="127.0.0.1", port=0) as port:
        url = f"http://127.0.0.1:{port}{webhook.path}"
        yield chat, {"webhook_url": url, "verification_token": webhook.token}


class Approver:
    """A meeting on a route with ``approve = true``, and somebody who decides on what it finds."""

    def __init__(self, meeting: Runs) -> None:
        self.meeting, self.runs, self.verdicts = meeting, [], []

    async def hear(self, text: str) -> str:
        """A window that waits; its answer's text."""
        value = json.loads(text) | ({} if "approved" in text else {"approve": True})
        jsonschema.validate(value, SCHEMA)
        answer = await self.meeting.attempt(json.dumps(value))
        assert answer.status_code == 200, answer.text
        output = read_answer(answer.json())
        assert output is not None
        told = replace(run(len(self.runs) + 1, {}), news=output.news, window_id=value["window_id"])
        self.runs.append(told)
        return output.text

    async def press(self, about: str, decision: Decision, **words: Any) -> str:
        """Decide on what waits with these words, or the summary; the answer of the window that lets it out, twice."""
        waiting = standing_of(self.runs, self.verdicts).waiting
        [item] = [
            each.item
            for each in waiting
            if each.item.kind == about
            or (each.item.kind != "summary" and about in each.item.text.partition(" (before: ")[0])
        ]
        wish = Wish(route=item.route, item=item.id, digest=item.digest, decision=decision, **words)
        verdict = verdict_on(
            standing_of(self.runs, self.verdicts), wish, self.verdicts, stream_id="s1", who="Dana", at_ms=1
        )
        self.verdicts.append(verdict)
        if decision is Decision.NO:
            return ""
        window = json.loads(self.meeting.window("live")) | {"kind": "approved"}
        window = json.dumps(window | {"approved": json.loads(verdict.approved)})
        first = await self.hear(window)
        assert await self.hear(window) == first
        return first


async def test_nothing_is_posted_before_and_each_thing_once_after(langflow: LangflowServer) -> None:
    """In all three ways, through Zoom action items; the summary lists what went out."""
    async with channel() as (chat, webhook):
        values = {f"ZoomChatOutput.{name}": value for name, value in webhook.items()}
        async with meeting_on(langflow, "zoom-action-items", values) as meeting:
            approver = Approver(meeting)
            said = [
                ("Dana", "I'll send the contract to Acme by Friday."),
                ("Ravi", "I will book the room on Monday."),
                ("Mia", "We've decided to ship the new version."),
            ]
            told = await approver.hear(meeting.window("live", said))
            final = await approver.hear(meeting.window("final"))
            assert "contract" in told
            assert [told[:20], final[:20]] == ["(Waits for approval,"] * 2
            assert chat.posts == []

            await approver.press("contract", Decision.POST)
            await approver.press("book the room", Decision.POST, text="book the large room", owner="Ravi")
            await approver.press("ship the new", Decision.NO)
            posts = [post.text for post in chat.posts]
            assert len(posts) == 2
            assert "contract" in posts[0]
            assert "Ravi - book the large room" in posts[1]

            await approver.press("summary", Decision.POST)
            assert len(chat.posts) == 3
            assert "Meeting summary" in chat.posts[2].text
            assert "book the large room" in chat.posts[2].text
            assert standing_of(approver.runs, approver.verdicts).waiting == ()


async def test_an_agents_answer_waits_too(langflow: LangflowServer) -> None:
    """What was approved goes past the Agent and its model, which are not asked again."""
    async with channel() as (chat, webhook), FakeOllama.serve() as fake:
        fake.otherwise = answers
        flow = shipped_flow("zoom-agent")
        content = json.loads(json.dumps(flow.content))
        for node in content["data"]["nodes"]:
            if node["data"]["type"] == "ZoomChatOutput":
                for name, value in webhook.items():
                    node["data"]["node"]["template"][name] |= {"value": value, "load_from_db": False}
        async with meeting_with(langflow, "zoom-agent", fake, replace(flow, content=content)) as meeting:
            approver = Approver(meeting)
            question = "What did Dana say about the budget?"
            said = [("Dana", "The budget is forty thousand."), ("Ravi", f"Hey assistant, {question}")]
            told = await approver.hear(meeting.window("ask", said, asked=question))
            assert told.startswith("(Waits for approval,")
            assert "forty thousand" in told
            assert chat.posts == []
            asked = len(fake.requests)

            await approver.press("forty thousand", Decision.POST, text="Dana said: forty thousand.")
            assert [post.text for post in chat.posts] == ["Dana said: forty thousand."]
            assert len(fake.requests) == asked
