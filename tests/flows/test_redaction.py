"""A redacted meeting on a real Langflow: what a model's server received, and what people were told.

By Zoom Redactor in the flow, and by a route of the bridge with ``redact``, with the same flow, Claude's stand-in behind
it, a chat and a ticket system.
"""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import uuid
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette

from bridge.domain import KeyedWindow, Output, Window, WindowKind
from bridge.flow.client import open_langflow
from bridge.flow.request import json_text, read_answer, session_id, variables
from bridge.flow.routes import Route
from bridge.listener import http_listener
from bridge.publish.server import FlowServer
from bridge.session.redaction import PuttingBack, Redaction
from bridge.simulator.chat import Chat, ChatWebhook
from bridge.store.store import open_store
from tests.fakes.anthropic_api import KEY, FakeAnthropic, serve
from tests.fakes.ollama_api import FakeOllama
from tests.fakes.record_systems import TOKEN, USER, Zendesk
from tests.fakes.record_systems import serve as serve_system
from tests.fakes.scripted_model import Said
from tests.flows.own_model import meeting_with
from tests.flows.redacting import with_redactor
from tests.flows.runs import Runs, shipped_flow
from tests.store.values import STREAM

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.demo.langflow import LangflowServer
    from bridge.flow.worker import Ways

KINDS = ("names", "emails", "phones", "cards")
FIRST = [
    ("Dana Whitfield", "Ravi, please ask Miriam Castellano for the contract, miriam.castellano@example.com."),
    ("Ravi Shah", "I'll call her by Friday, her number is +1 202 555 0143."),
    ("Dana Whitfield", "She pays with the card 4111 1111 1111 1111."),
]
SECOND = [("Ravi Shah", "Dana, Miriam has written from miriam.castellano@example.com.")]
HIDDEN = (
    "Dana", "Whitfield", "Ravi", "Shah", "Miriam", "Castellano", "example.com", "555 0143", "5550143", "1111 1111",
)  # fmt: skip
PLACEHOLDER = re.compile(r"\b(?:PERSON|EMAIL|PHONE|CARD)_\d+\b")


def found(body: dict[str, Any]) -> dict[str, Any]:
    """What a model would find: every placeholder of the new speech in one action item, whose owner speaks last."""
    prompt = json.dumps([message["content"] for message in body["messages"]])
    new = prompt.rpartition("## New speech")[2]
    speakers = re.findall(r"(u-\d{6}) \[[^\]]*\] ([A-Z]+_\d+)", new)
    evidence, owner = speakers[-1] if speakers else ("u-000001", "nobody")
    names = ", ".join(dict.fromkeys(PLACEHOLDER.findall(new)))
    insight = {"kind": "action_item", "text": f"Speak about {names}.", "owner": owner}
    return {"insights": [insight | {"due": None, "evidence": [evidence]}], "summary": None}


@dataclass
class World:
    """A flow, and everything that stands around it."""

    langflow: LangflowServer
    runs: Runs
    model: FakeAnthropic
    chat: Chat
    desk: Zendesk
    endpoint: str

    @property
    def received(self) -> str:
        """All that the model's server was ever sent."""
        return json.dumps([[each.headers, each.body] for each in self.model.requests], ensure_ascii=False)

    @property
    def tickets(self) -> str:
        return json.dumps(self.desk.tickets)

    @property
    def posted(self) -> str:
        return "\n".join(post.text for post in self.chat.posts)

    def rows(self, session: str) -> list[tuple[str, str]]:
        """What Langflow's message table has of a session, and of what stands beside it: context ids and texts."""
        with closing(sqlite3.connect(self.langflow._directory / "langflow.db")) as connection:
            asked = "SELECT context_id, text FROM message WHERE session_id LIKE ? || '%'"
            return [(str(topic), str(text)) for topic, text in connection.execute(asked, (session,))]


@asynccontextmanager
async def meeting(langflow: LangflowServer, *, redactor: bool) -> AsyncIterator[World]:
    """The support flow, which posts and makes tickets, with or without Zoom Redactor in front."""
    chat, desk, mark = Chat(), Zendesk(), uuid.uuid4()
    webhook = chat.add(ChatWebhook(min_interval_seconds=0))
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(
            http_listener(Starlette(routes=chat.routes), host="127.0.0.1", port=0)
        )
        desk_url = await stack.enter_async_context(serve_system(desk))
        model = await stack.enter_async_context(serve())
        model.otherwise = found
        client = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=langflow.url, headers={"x-api-key": langflow.api_key}, timeout=120, trust_env=False
            )
        )
        own = {"id": str(mark), "name": f"Test {mark}", "endpoint_name": f"test-{mark}"}
        flow = shipped_flow("zoom-support-copilot")
        flow = await with_redactor(client, flow) if redactor else flow
        values = {
            "ZoomClaude.api_key": KEY,
            "ZoomClaude.base_url": model.url,
            "ZoomChatOutput.webhook_url": f"http://127.0.0.1:{port}{webhook.path}",
            "ZoomChatOutput.verification_token": webhook.token,
            "ZoomRecordSync.base_url": desk_url,
            "ZoomRecordSync.token": TOKEN,
            "ZoomRecordSync.user": f"{USER}/token",
        }
        flow = replace(flow, content={**flow.content, **own})
        await FlowServer(client).push(flow, values)
        runs = Runs(client, flow.endpoint_name, f"{mark}/+==", "Weekly with Dana")
        yield World(langflow, runs, model, chat, desk, flow.endpoint_name)


def check(world: World, outputs: list[Output]) -> None:
    """The model's server has seen no name and no number; people have, in chat, tickets and what the bridge stores."""
    assert len(world.model.requests) >= 2
    assert not [word for word in HIDDEN if word in world.received]
    assert {"PERSON", "EMAIL", "PHONE", "CARD"} <= {
        each.partition("_")[0] for each in PLACEHOLDER.findall(world.received)
    }
    told = (world.posted, world.tickets, outputs[0].text + outputs[1].text, outputs[0].news + outputs[1].news)
    for text in told:
        assert not PLACEHOLDER.search(text)
        for words in ("Dana Whitfield", "Ravi Shah", "Miriam Castellano", "miriam.castellano@example.com"):
            assert words in text
        for words in ("+1 202 555 0143", "4111 1111 1111 1111"):
            assert words in text


@pytest.mark.timeout(240)
async def test_zoom_redactor(langflow: LangflowServer) -> None:
    """In the flow: Langflow's tables have placeholders as well, but for the key, in a row of the meeting."""
    async with meeting(langflow, redactor=True) as world:
        outputs = []
        for said in (FIRST, SECOND):
            answer = await world.runs.attempt(world.runs.window("live", said))
            assert answer.status_code == httpx.codes.OK, answer.text
            output = read_answer(answer.json())
            assert output is not None
            assert output.is_put_back  # Langflow's Chat Output lets the mark through
            outputs.append(output)
        rows = world.rows(session_id(world.runs.meeting_uuid))
    check(world, outputs)
    kept = [
        text for topic, text in rows if topic.startswith(("zoom-context", "zoom-insights", "zoom-ledger"))
    ]
    assert kept
    assert not [word for text in kept for word in HIDDEN if word in text]
    [key] = [text for topic, text in rows if topic == "zoom-redaction"]
    assert "Castellano" in key


@pytest.mark.timeout(240)
async def test_a_route_that_redacts(langflow: LangflowServer) -> None:
    """By the bridge: the flow as it is shipped tells people the real words, and Langflow keeps no key of them."""
    async with (
        meeting(langflow, redactor=False) as world,
        open_store("memory://") as store,
        open_langflow(langflow.url, langflow.api_key) as client,
    ):
        route = Route(name="route", flow=world.endpoint, redact=KINDS)
        stream = replace(STREAM, meeting_uuid=world.runs.meeting_uuid)
        watched = _Watched(client)
        redaction, ways = Redaction(store, _Uncounted()), PuttingBack(watched, store)
        outputs = []
        for said in (FIRST, SECOND):
            value = json.loads(world.runs.window("live", said))

            async def compose(redacted: Any, value: dict[str, Any] = value) -> Window:
                return Window(
                    window_id=value["window_id"],
                    stream_id=value["stream_id"],
                    meeting_uuid=world.runs.meeting_uuid,
                    route=route.name,
                    flow=route.target,
                    seq=value["seq"],
                    kind=WindowKind.LIVE,
                    first_n=0,
                    last_n=0,
                    input_value=json_text(await asyncio.to_thread(redacted, value)),
                )

            window = await redaction.composed(stream, route, compose)
            outputs.append(await ways.run(window, timeout_seconds=60))
        assert [each.is_put_back for each in watched.outputs] == [True, True]
        assert outputs == watched.outputs, "the bridge has put back a second time"
        rows = world.rows(session_id(world.runs.meeting_uuid))
        key = await store.redaction_key(world.runs.meeting_uuid)
        assert key
        own = {name: getattr(window, name) for name in Window.__slots__}
        told = variables(KeyedWindow(**own, placeholders=key.content))
        packed = told["ZOOM-PLACEHOLDERS-1"][:200].encode()
    check(world, outputs)
    kept = [
        text for topic, text in rows if topic.startswith(("zoom-context", "zoom-insights", "zoom-ledger"))
    ]
    assert kept
    assert not [word for text in kept for word in HIDDEN if word in text]
    assert not [topic for topic, _ in rows if topic == "zoom-redaction"]
    assert packed
    for file in langflow._directory.glob("langflow.db*"):
        assert packed not in file.read_bytes(), "Langflow has kept the key"


@pytest.mark.timeout(240)
async def test_an_agent_and_its_tools(langflow: LangflowServer) -> None:
    """Neither its prompt nor what its tools find has a name, with Ollama's stand-in behind it; people are told the names."""

    def answers(body: dict[str, Any]) -> dict[str, Any] | Said | str:
        if body.get("format"):
            return {"answer": [{"claim": "PERSON_2 pays.", "evidence": ["u-000001"]}], "told": True}
        if results := [message["content"] for message in body["messages"] if message["role"] == "tool"]:
            return f"Found: {results[-1]} Ask EMAIL_1."
        [tool] = [tool["function"]["name"] for tool in body["tools"] if "answer" in tool["function"]["name"]]
        return Said(tool=(tool, {"question": "Who pays?"}))

    headers = {"x-api-key": langflow.api_key}
    async with (
        FakeOllama.serve() as fake,
        httpx.AsyncClient(base_url=langflow.url, headers=headers, timeout=120, trust_env=False) as client,
        meeting_with(
            langflow, "zoom-agent", fake, await with_redactor(client, shipped_flow("zoom-agent"))
        ) as runs,
    ):
        fake.otherwise = answers
        said = [
            ("Imogen Hartley", "Miriam Castellano pays, her mail is miriam.castellano@example.com."),
            ("Ravi Shah", "Hey assistant, who pays, Imogen?"),
        ]
        told = await runs.send(runs.window("ask", said, asked="who pays, Imogen?"))

    received = json.dumps(fake.requests, ensure_ascii=False)
    assert len(fake.requests) >= 3
    hidden = {*HIDDEN, "Imogen", "Hartley"} - {"Dana"}  # whom the tool's own description takes for an example
    assert not [word for word in hidden if word in received]
    assert "Found: Imogen Hartley" in told
    assert "miriam.castellano@example.com" in told
    assert not PLACEHOLDER.search(told)


class _Watched:
    """A way to flows, and what each of them answered."""

    def __init__(self, ways: Ways) -> None:
        self._ways = ways
        self.give_up, self.trouble = ways.give_up, ways.trouble
        self.outputs: list[Output] = []

    async def run(self, window: Window, *, timeout_seconds: float) -> Output:
        self.outputs.append(await self._ways.run(window, timeout_seconds=timeout_seconds))
        return self.outputs[-1]


class _Uncounted:
    def redacted(self, route: str, counts: Any) -> None:
        """Counted elsewhere."""
