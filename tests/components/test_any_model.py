"""The four components that ask a model, with LangChain's real chat models wired into their port *Model*."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.components import contracts
from tests.components.contracts import SESSION, utterances
from tests.components.shared.test_model import (
    SERVERS,
    bodies,
    chat_for,
    clients_closed,  # noqa: F401
    door,  # noqa: F401
    form_in,
    openai,  # noqa: F401
    serve,
)
from tests.fakes.anthropic_api import KEY
from tests.fakes.canned_claude import canned

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PORTS = ["meeting_insights", "meeting_summary", "meeting_answer", "knowledge"]
SAID = [["Dana", "The landlord, yes, I do that, Monday."], ["Tom", "Good."]]


def as_claude_is_asked(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """A request to any server in the terms of the Messages API, in which the canned answers read it."""
    said = body["messages"]
    system = [message["content"] for message in said if message["role"] == "system"]
    rest = [message for message in said if message["role"] != "system"]
    schema = form_in(kind, body)
    return {"output_config": {"format": {"schema": schema}}, "system": "\n".join(system), "messages": rest}


@pytest.fixture(params=SERVERS)
async def wired(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Any, Any]]:
    """A model that has a plausible answer to each question, and its server."""
    async with serve(request.param) as fake:
        fake.otherwise = (
            canned
            if request.param == "anthropic"
            else lambda body: canned(as_claude_is_asked(request.param, body))
        )
        yield chat_for(request.param, fake), fake


def window(kind: str = "live", said: list[list[str]] | None = None, **fields: Any) -> Any:
    """What Zoom Context Buffer hands over."""
    from lfx.schema.data import Data

    new = utterances(said or SAID)
    sent = contracts.news() | {
        "schema": "zoom-context/1",
        "kind": kind,
        "window_id": f"s1:action-items:{kind}",
    }
    sent |= {"stream_id": "s1", "from_ms": new[0]["start_ms"], "to_ms": new[-1]["end_ms"], "context": []}
    sent |= {
        "participants": [],
        "new": new,
        "gaps": [],
        "share": None,
        "asked": [],
        "ask": None,
        "prompt": "",
    }
    return Data(data=sent | fields)


@pytest.mark.parametrize("file", PORTS)
def test_the_port_takes_any_model(component, file: str) -> None:
    """It is called Model, keeps the name that people's wires have, and takes what every model's node gives."""
    [port] = [one for one in component(file).inputs if one.name == "claude"]
    assert port.display_name == "Model"
    assert port.input_types == ["Model", "Claude", "LanguageModel"]
    assert not port.required


async def test_insights_are_found_and_paid_for_once(component, wired) -> None:
    """What the model found is believed by its evidence as Claude's is; the same window again costs nothing."""
    chat, fake = wired

    async def find() -> dict[str, Any]:
        return (await component("meeting_insights", context=window(), claude=chat).find_insights()).data

    found = await find()

    assert (found["engine"], found["model"]) == ("model", bodies(fake)[0]["model"])
    [insight] = found["insights"]
    assert insight["text"] == "Look into point 000001."
    assert (insight["evidence"], insight["engine"]) == (["u-000001"], "model")
    assert found["usage"]["input_tokens"] > 0
    assert await find() == found
    assert len(fake.requests) == 1


async def test_what_was_not_said_is_not_believed(component, openai) -> None:  # noqa: F811
    """An insight whose evidence does not exist is left out, whichever model tells it."""
    insight = {
        "kind": "action_item",
        "text": "Pay the fine.",
        "owner": None,
        "due": None,
        "evidence": ["u-000900"],
    }
    openai.say({"insights": [insight], "summary": None})

    node = component("meeting_insights", context=window(), claude=chat_for("openai", openai))

    assert (await node.find_insights()).data["insights"] == []


async def test_the_minutes_are_the_models(component, wired) -> None:
    """At the end of a meeting the model writes them, and once."""
    chat, fake = wired

    async def sum_up() -> dict[str, Any]:
        return (await component("meeting_summary", context=window("final"), claude=chat).sum_up()).data

    told = await sum_up()
    assert told["summary"]["text"] == "They met and talked."
    assert await sum_up() == told
    assert len(fake.requests) == 1


async def test_a_question_is_answered_by_the_model(component, wired) -> None:
    """The answer is told with who said it, and once."""
    chat, fake = wired
    ask = {
        "question": "Who writes?",
        "speaker": "Tom",
        "user_id": "Tom",
        "source": "speech",
        "utterances": [],
    }

    async def answer() -> dict[str, Any]:
        node = component("meeting_answer", context=window("ask", ask=ask), claude=chat)
        return (await node.build_news()).data

    told = await answer()
    assert "Dana (min 0): It was said at the start." in told["notes"][0]["text"]
    assert await answer() == told
    assert len(fake.requests) == 1


async def test_the_playbook_is_read_by_the_model(component, wired) -> None:
    """The answer names a passage; the same window again gets the same and costs nothing."""
    from lfx.schema.data import Data

    chat, fake = wired
    raised = contracts.insight(kind="objection", text="That is too expensive.")

    async def answered() -> dict[str, Any]:
        node = component(
            "knowledge",
            news=Data(data=contracts.news(raised)),
            _id="ZoomKnowledge-1",
            knowledge_text="# Too expensive\nViewers are free.",
            claude=chat,
        )
        return (await node.answer_news()).data

    told = await answered()
    assert told["insights"][0]["answer"] == {"text": "Say it kindly.", "source": "Too expensive"}
    assert await answered() == told
    assert len(fake.requests) == 1


async def test_a_models_error_is_the_runs_and_the_next_run_asks_again(component, openai) -> None:  # noqa: F811
    """The rules never stand in for a model that failed, and nothing is kept of the failure."""
    chat = chat_for("openai", openai)
    openai.fail(429)
    with pytest.raises(RuntimeError, match="limiting the rate"):
        await component("meeting_insights", context=window(), claude=chat).find_insights()

    openai.say({"insights": [], "summary": None})
    found = await component("meeting_insights", context=window(), claude=chat).find_insights()
    assert found.data["insights"] == []
    assert len(openai.requests) == 2


# -- Zoom Model Budget


async def test_a_budget_stands_before_any_model(component, openai) -> None:  # noqa: F811
    """When it is used up people are told once, and only the final summary is still made."""
    openai.otherwise = lambda body: canned(as_claude_is_asked("openai", body))
    notes = []
    for number in range(4):
        budget = component(
            "model_budget", language_model=chat_for("openai", openai), budget_tokens=12_000
        ).build_model()
        sent = window(window_id=f"s1:action-items:{number}", said=[["Dana", "word " * 6000]])
        node = component("meeting_insights", context=sent, claude=budget)
        notes += (await node.find_insights()).data["notes"]
    final = component("meeting_insights", context=window("final"), claude=budget)

    assert (await final.find_insights()).data["summary"]["text"] == "They met and talked."
    assert "is used up" in notes[-1]["text"]
    assert len([note for note in notes if note == notes[-1]]) == 1
    assert len(openai.requests) < 5


def test_a_budget_says_what_it_is(component, openai) -> None:  # noqa: F811
    """Its status and Langflow's log have the model and the limits."""
    node = component(
        "model_budget",
        language_model=chat_for("openai", openai),
        budget_usd=2.5,
        input_price=1,
        output_price=2,
    )
    node.build_model()
    assert node.status == "gpt-4o-mini, 1e+06 tokens and $2.5 per meeting"


@pytest.mark.parametrize(
    ("inputs", "fault"),
    [
        ({"budget_usd": 1.0}, "no prices"),
        ({"budget_usd": 1.0, "input_price": 3.0}, "one price"),
        ({"output_price": 3.0}, "one price"),
        ({"language_model": "gpt"}, "Connect one"),
    ],
)
def test_a_budget_that_cannot_be_kept_is_refused(component, openai, inputs, fault) -> None:  # noqa: F811
    """Dollars need prices, and there must be a model."""
    with pytest.raises(RuntimeError, match=fault):
        component("model_budget", **({"language_model": chat_for("openai", openai)} | inputs)).build_model()


def test_a_budgets_names_are_pinned(component) -> None:
    """Class, inputs and output are in people's flows."""
    made = component("model_budget")
    [output] = made.to_frontend_node()["data"]["node"]["outputs"]
    assert (type(made).__name__, made.name) == ("ZoomModelBudget", "ZoomModelBudget")
    assert [i.name for i in made.inputs] == [
        "language_model", "budget_tokens", "budget_usd", "input_price", "output_price", "deadline",
    ]  # fmt: skip
    assert (output["name"], output["method"], output["types"]) == ("model", "build_model", ["Model"])


# -- Zoom Claude as a language model


async def as_language_model(component: Any, fake: Any, **inputs: Any) -> Any:
    node = component("claude", **({"api_key": KEY, "base_url": fake.url, "_session_id": SESSION} | inputs))
    chat = node.build_claude().as_language_model(SESSION)
    from tests.components.shared.test_model import CHATS

    CHATS.append(chat)
    return chat


async def test_claude_stands_where_any_language_model_does(component) -> None:
    """Zoom Claude gives a LangChain model with its key and address; what that costs counts against its budget."""
    async with serve("anthropic") as fake:
        fake.say("Hello there.")
        chat = await as_language_model(component, fake, budget_usd=0.0001)
        told = await chat.ainvoke("Say hello to each of them. " * 50)
        with pytest.raises(RuntimeError, match="budget for this meeting is used up"):
            await chat.ainvoke("Say hello.")

    assert told.content == "Hello there."
    assert len(fake.requests) == 1


async def test_claude_as_a_language_model_takes_no_other_credentials_along(component, monkeypatch) -> None:
    """The server's own credentials go to no address that a flow names."""
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "the-servers-own")
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "x-internal: secret")
    async with serve("anthropic") as fake:
        fake.say("Hello.")
        await (await as_language_model(component, fake)).ainvoke("Say hello.")
    [request] = fake.requests
    assert "authorization" not in request.headers
    assert "x-internal" not in request.headers


def test_claude_without_a_key_is_no_language_model(component) -> None:
    """There is nobody to ask, and no rules that could stand in: that is said."""
    with pytest.raises(RuntimeError, match="no Anthropic API key"):
        component("claude", base_url="http://127.0.0.1:1").build_claude().as_language_model(SESSION)
