"""The port Model with LangChain's real chat models, against strict stand-ins of the servers that they are for."""

from __future__ import annotations

import importlib
import json
import logging
import sys
from contextlib import asynccontextmanager
from functools import _lru_cache_wrapper
from typing import TYPE_CHECKING, Any

import pytest

from tests.components.contracts import SESSION
from tests.fakes import anthropic_api
from tests.fakes.ollama_api import FakeOllama
from tests.fakes.openai_api import FakeOpenAI
from tests.fakes.scripted_model import KEY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["word"],
    "properties": {"word": {"type": "string"}},
}
SECRET = "Dana pays the landlord"
SERVERS = ["openai", "ollama", "anthropic"]
NAMES = {"openai": "gpt-4o-mini", "ollama": "llama3.2", "anthropic": "claude-sonnet-5-5"}

pytestmark = [
    pytest.mark.filterwarnings("ignore:This model does not support OpenAI"),
    pytest.mark.filterwarnings("ignore:Cannot use method='json_schema'"),
]


@asynccontextmanager
async def serve(kind: str) -> AsyncIterator[Any]:
    if kind == "anthropic":
        async with anthropic_api.serve() as fake:
            yield fake
    else:
        async with (FakeOpenAI if kind == "openai" else FakeOllama).serve() as fake:
            yield fake


@pytest.fixture(params=SERVERS)
async def server(request: pytest.FixtureRequest) -> AsyncIterator[tuple[str, Any]]:
    """Each of the servers."""
    async with serve(request.param) as fake:
        yield request.param, fake


@pytest.fixture
async def openai() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI.serve() as fake:
        yield fake


@pytest.fixture
async def ollama() -> AsyncIterator[FakeOllama]:
    async with FakeOllama.serve() as fake:
        yield fake


CHATS: list[Any] = []
CLIENTS = ["langchain_openai.chat_models._client_utils", "langchain_anthropic._client_utils"]
"""Where LangChain keeps one HTTP client per address for as long as the process lives."""


@pytest.fixture(autouse=True)
async def clients_closed() -> AsyncIterator[None]:
    """Let clients, and the memory of them, end with the test: the next server may have this one's port."""
    yield
    await close_clients()


async def close_clients() -> None:
    for chat in CHATS:
        client = getattr(chat, "root_async_client", None) or chat._async_client
        await client.close() if hasattr(client, "close") else await client._client.aclose()
    CHATS.clear()
    for module in CLIENTS:
        for kept in vars(sys.modules.get(module, object)).values():
            if isinstance(kept, _lru_cache_wrapper):
                kept.cache_clear()


def chat_for(kind: str, fake: Any, **options: Any) -> Any:
    """LangChain's model for a server, as a model's node of Langflow makes it."""
    CHATS.append(made_for(kind, fake, **options))
    return CHATS[-1]


def made_for(kind: str, fake: Any, **options: Any) -> Any:
    if kind == "openai":
        from langchain_openai import ChatOpenAI

        given = {"model": NAMES[kind], "api_key": fake.key, "base_url": f"{fake.url}/v1", "max_retries": 0}
        return ChatOpenAI(**(given | options))
    if kind == "ollama":
        from langchain_ollama import ChatOllama

        return ChatOllama(**({"model": NAMES[kind], "base_url": fake.url} | options))
    from langchain_anthropic import ChatAnthropic

    given = {"model": NAMES[kind], "api_key": anthropic_api.KEY, "base_url": fake.url, "max_retries": 0}
    return ChatAnthropic(**(given | options))


@pytest.fixture
def door(piece: Callable[[str], Any]) -> Any:
    return piece("model")


def word_faults(answer: dict[str, Any]) -> list[str]:
    return [] if isinstance(answer.get("word"), str) else ['"word" must be text']


async def ask(model: Any, **fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    given = {
        "session_id": SESSION,
        "window_id": "s1:notes:1",
        "system": ["You answer with a word."],
        "content": SECRET,
        "schema": SCHEMA,
        "faults": word_faults,
        "max_tokens": 500,
    }
    return await model.ask(**(given | fields))


def bodies(fake: Any) -> list[dict[str, Any]]:
    return [request if isinstance(request, dict) else request.body for request in fake.requests]


def form_in(kind: str, body: dict[str, Any]) -> Any:
    """The schema that a request demands of its answer; ``None`` where it demands none."""
    match kind:
        case "openai":
            return (body.get("response_format") or {}).get("json_schema", {}).get("schema")
        case "ollama":
            return body.get("format")
        case _:
            return (body.get("output_config") or {}).get("format", {}).get("schema")


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
async def test_a_server_may_have_the_port_of_one_before(door, kind: str) -> None:
    """No test is told "cannot be reached" by the client of another, whose server had the same port."""
    async with serve(kind) as fake:
        for _ in range(2):
            fake.say({"word": "rent"})
            assert (await ask(door.Model(chat_for(kind, fake))))[0] == {"word": "rent"}
            await close_clients()


# -- answers


async def test_the_schema_goes_where_the_server_has_a_place_for_it(door, server) -> None:
    """Structured output is asked for natively: the answer's fields stand in the request, not in the prompt."""
    kind, fake = server
    fake.say({"word": "rent"})

    answer, usage = await ask(door.Model(chat_for(kind, fake)))

    assert answer == {"word": "rent"}
    [body] = bodies(fake)
    assert form_in(kind, body)["properties"].keys() == {"word"}
    assert "additionalProperties" not in str(body["messages"]) + str(body.get("system"))
    assert SECRET in str(body["messages"])
    assert usage["input_tokens"] > 0
    assert usage["output_tokens"] > 0
    assert usage["usd"] is None, "nobody has told a price"


async def test_it_is_called_by_the_name_of_its_server(door, server) -> None:
    """The model is told by the name under which its server knows it."""
    kind, fake = server
    assert door.Model(chat_for(kind, fake)).model == NAMES[kind]


async def test_where_the_server_refuses_the_form_the_schema_goes_into_the_prompt(door, openai) -> None:
    """A model without structured output is asked in words, and for the rest of the meeting not tried again."""
    chat = chat_for("openai", openai, model="some-local-model")
    openai.say({"word": "rent"})
    openai.say({"word": "lease"})

    first, _ = await ask(door.Model(chat))
    second, _ = await ask(door.Model(chat), window_id="s1:notes:2")

    assert (first, second) == ({"word": "rent"}, {"word": "lease"})
    assert len(openai.refusals) == 1
    for body in bodies(openai):
        assert "response_format" not in body
        assert json.dumps(SCHEMA) in body["messages"][0]["content"]


async def test_a_tool_stands_for_the_form_where_a_model_has_only_those(door, openai) -> None:
    """A model from before structured output calls a tool with the answer."""
    openai.call("answer", {"word": "rent"})

    answer, _ = await ask(door.Model(chat_for("openai", openai, model="gpt-4")))

    assert answer == {"word": "rent"}
    [tool] = openai.requests[0]["tools"]
    assert tool["function"]["parameters"]["properties"].keys() == {"word"}


async def test_a_model_of_text_alone_is_asked_in_words(door) -> None:
    """What takes a text and gives a text has no structured output and no count of tokens; both are made up for."""
    from langchain_core.language_models import FakeListLLM

    answer, usage = await ask(door.Model(FakeListLLM(responses=['{"word": "rent"}'])))

    assert answer == {"word": "rent"}
    assert usage["input_tokens"] >= len(SECRET) // 4


async def test_a_chat_model_without_structured_output_is_asked_in_words(door) -> None:
    """A class that has no way to a form of its own answers all the same."""
    from langchain_core.language_models import FakeListChatModel

    answer, _ = await ask(door.Model(FakeListChatModel(responses=['{"word": "rent"}'])))

    assert answer == {"word": "rent"}


async def test_a_model_with_settings_bound_to_it_works(door, openai) -> None:
    """OpenAI's node with JSON Mode gives a model with settings around it."""
    openai.say({"word": "rent"})
    chat = chat_for("openai", openai).bind(response_format={"type": "json_object"})

    answer, _ = await ask(door.Model(chat))

    assert answer == {"word": "rent"}
    assert door.Model(chat).model == "gpt-4o-mini"
    assert form_in("openai", openai.requests[0]) is not None


async def test_a_reasoning_model_takes_the_request(door, openai) -> None:
    """Nothing is sent that reasoning models refuse, such as a temperature."""
    openai.say({"word": "rent"})
    answer, _ = await ask(door.Model(chat_for("openai", openai, model="gpt-5-mini")))
    assert answer == {"word": "rent"}


@pytest.mark.parametrize(
    "text",
    [
        'Certainly! {Here} it is:\n```json\n{"word": "rent"}\n```\nAnything else?',
        '<think>The word could be {"word": 1}.</think>\n{"word": "rent"}',
        'The word could be {"word": "roof"}.\n</think>\n{"word": "rent"}',
        "{a} " * 11 + '{"word": "rent"}',
        '{"word": "rent"} {"word": "other"}',
    ],
)
async def test_prose_around_the_answer_is_no_harm(door, server, text: str) -> None:
    """The JSON object is found in what is written around it, without asking again."""
    kind, fake = server
    fake.say(text)
    answer, _ = await ask(door.Model(chat_for(kind, fake)))
    assert answer == {"word": "rent"}
    assert len(fake.requests) == 1


async def test_an_answer_may_quote_what_ends_a_thought(door, server) -> None:
    """What somebody wrote in the chat costs no window."""
    kind, fake = server
    fake.say({"word": 'a</think>{"word": 1}'})
    assert (await ask(door.Model(chat_for(kind, fake))))[0] == {"word": 'a</think>{"word": 1}'}


async def test_what_is_too_long_twice_is_taken(door, server) -> None:
    """Length is asked for once; what is of another form is refused the second time too."""
    kind, fake = server
    exchange = importlib.import_module("components.zoom.shared.exchange")
    short = exchange.Checks(word_faults, lambda answer: ["too long"] if len(answer["word"]) > 4 else [])
    fake.say({"word": "mortgage"})
    fake.say({"word": "mortgages"})

    assert (await ask(door.Model(chat_for(kind, fake)), faults=short))[0] == {"word": "mortgages"}
    fake.say({"word": "mortgages"})
    fake.say({"word": 7})
    with pytest.raises(RuntimeError, match="must be text"):
        await ask(door.Model(chat_for(kind, fake)), faults=short)


@pytest.mark.parametrize("first", ['{"word": ', "rent", '["rent"]', '{"word": 7}', ""])
async def test_an_answer_of_another_form_is_mended_once(door, server, first: str) -> None:
    """What cannot be used is told with its faults and the schema, and the second answer counts; both are paid for."""
    kind, fake = server
    fake.say(first)
    fake.say({"word": "rent"})

    answer, usage = await ask(door.Model(chat_for(kind, fake)))

    assert answer == {"word": "rent"}
    last = str(bodies(fake)[1]["messages"][-1]["content"])
    assert "cannot be used" in last
    assert "additionalProperties" in last
    one = sum(len(str(message["content"])) for message in bodies(fake)[0]["messages"]) // 4
    assert usage["input_tokens"] > 2 * one


async def test_nonsense_twice_is_an_error_in_words(door, server) -> None:
    """The error names the model and the field, and nothing of what was said or answered."""
    kind, fake = server
    fake.say({"word": 7, SECRET: 1})
    fake.say(SECRET)

    with pytest.raises(RuntimeError, match=f"{NAMES[kind]}.*twice.*one JSON object") as told:
        await ask(door.Model(chat_for(kind, fake)))

    assert SECRET not in str(told.value)
    assert len(fake.requests) == 2


@pytest.mark.parametrize(
    ("kind", "end"), [("openai", "length"), ("ollama", "length"), ("anthropic", "max_tokens")]
)
async def test_an_answer_that_was_cut_off_is_told(door, kind: str, end: str) -> None:
    """An answer that did not come to its end is no answer, and costs."""
    async with serve(kind) as fake:
        if kind == "anthropic":
            fake.say('{"word": "re', stop_reason=end)
        else:
            fake.say('{"word": "re', end=end)
        model = door.Model(chat_for(kind, fake))
        with pytest.raises(RuntimeError, match="could not finish its answer"):
            await ask(model)
    assert await door.spending_of(SESSION).so_far("tokens") > 0


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
async def test_a_refusal_is_told(door, kind: str) -> None:
    """A model that will not work on a window says nothing that could be taken for an answer."""
    async with serve(kind) as fake:
        if kind == "anthropic":
            fake.say("", stop_reason="refusal")
        else:
            fake.say("", refusal="I can't help with that.")
        with pytest.raises(RuntimeError, match="refused to work on this window") as told:
            await ask(door.Model(chat_for(kind, fake)))
    assert "help with that" not in str(told.value)


async def test_nobody_around_hears_the_answer(door, openai) -> None:
    """Inside of an Agent's run the answer goes to us alone, and not to people as something that the Agent says."""
    from langchain_core.runnables import RunnableLambda

    openai.say({"word": "rent"})
    model = door.Model(chat_for("openai", openai))

    async def tool(_: Any) -> str:
        return str((await ask(model))[0]["word"])

    told = [event["event"] async for event in RunnableLambda(tool).astream_events("x", version="v2")]

    assert "on_chain_end" in told
    assert not [event for event in told if event.startswith("on_chat_model")]


# -- no answer

STATUSES = {
    401: "refused the API key",
    403: "may not be used",
    413: "too large",
    429: "limiting the rate",
    500: "failed, also after retries",
}


@pytest.mark.parametrize("status", STATUSES)
async def test_a_server_that_fails_is_told_in_words(door, server, status: int) -> None:
    """What the server answered is told with what to do, without its own words and without the meeting's; nothing is paid."""
    kind, fake = server
    fake.fail(status)
    with pytest.raises(RuntimeError, match=STATUSES[status]) as told:
        await ask(door.Model(chat_for(kind, fake)))
    assert f"HTTP {status}" in str(told.value)
    assert NAMES[kind] in str(told.value)
    assert "script" not in str(told.value)
    assert told.value.__cause__ is None
    assert await door.spending_of(SESSION).so_far("tokens") == 0


@pytest.mark.parametrize(
    ("about", "content", "said"),
    [
        ({"stopReason": "content_filtered"}, "", "refused to work"),
        ({"finish_reason": "PROHIBITED_CONTENT"}, "", "refused to work"),
        ({"finish_reason": "STOP", "prompt_feedback": {"block_reason": "OTHER"}}, "", "refused to work"),
        ({"finish_reason": "ERROR_TOXIC"}, "", "refused to work"),
        ({}, [{"type": "refusal", "refusal": "I can't help with that."}], "refused to work"),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            "{",
            "could not finish",
        ),
        ({"finish_reason": "model_length"}, "{", "could not finish"),
    ],
)
def test_each_provider_s_refusal_is_one(door, about, content, said) -> None:
    """In whichever field it is told; asked again it would cost twice and end alike."""
    from langchain_core.messages import AIMessage

    with pytest.raises(door.ModelError, match=said):
        door.text_of(AIMessage(content=content, response_metadata=about), "some-model")
    assert (
        door.text_of(AIMessage(content="fine", response_metadata={"incomplete_details": None}), "m") == "fine"
    )


async def test_a_request_that_is_refused_in_any_form_is_told(door, server) -> None:
    """A 400 may be meant for the form: the schema then goes into the prompt, once; refused again, it is an error in words."""
    kind, fake = server
    fake.fail(400)
    fake.fail(400)
    with pytest.raises(door.ModelError, match="refused the request as invalid"):
        await ask(door.Model(chat_for(kind, fake)))
    assert len(fake.requests) == 2
    assert form_in(kind, bodies(fake)[1]) is None


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
async def test_a_wrong_key_is_told(door, kind: str) -> None:
    """The key itself stands in no error."""
    async with serve(kind) as fake:
        with pytest.raises(RuntimeError, match="refused the API key") as told:
            await ask(door.Model(chat_for(kind, fake, api_key="sk-wrong-key")))
    assert "sk-wrong" not in str(told.value)


async def test_an_unknown_model_is_told(door, server) -> None:
    """A name that the server does not know is told as such, and asked for once."""
    kind, fake = server
    with pytest.raises(RuntimeError, match=r"no-such-model.*not known"):
        await ask(door.Model(chat_for(kind, fake, model="no-such-model")))
    assert not fake.requests


async def test_the_clients_own_retries_heed_the_server(door, openai) -> None:
    """A server that is busy says when to come back, and gets the request then."""
    openai.fail(429, retry_after="0.01")
    openai.say({"word": "rent"})
    answer, _ = await ask(door.Model(chat_for("openai", openai, max_retries=2)))
    assert answer == {"word": "rent"}


async def test_a_server_that_never_answers_is_left(door, server) -> None:
    """The deadline ends the wait whatever time-out the client has; the prompt may have been paid for."""
    kind, fake = server
    fake.hang()
    with pytest.raises(RuntimeError, match=r"did not answer within 0\.5 seconds"):
        await ask(door.Model(chat_for(kind, fake), deadline=0.5))
    assert await door.spending_of(SESSION).so_far("tokens") > 0


async def test_a_client_that_gives_up_waiting_is_told(door, openai) -> None:
    """The time-out of the model's own node is an error in words too."""
    openai.hang()
    with pytest.raises(RuntimeError, match="did not answer within"):
        await ask(door.Model(chat_for("openai", openai, timeout=0.2)))


@pytest.mark.parametrize("kind", SERVERS)
async def test_nobody_at_the_address_is_told(door, kind: str) -> None:
    """A server that is not there is told as such, and costs nothing."""
    async with serve(kind) as gone:
        chat = chat_for(kind, gone)
    with pytest.raises(RuntimeError, match="cannot be reached"):
        await ask(door.Model(chat))
    assert await door.spending_of(SESSION).so_far("tokens") == 0


async def test_what_is_no_model_is_refused(door) -> None:
    """Something else on the wire is told by what to connect."""
    with pytest.raises(RuntimeError, match="Connect one of them"):
        door.model_behind(7)
    assert door.model_behind(None) is None
    assert door.model_behind("") is None


async def test_the_clients_debug_logs_have_no_words_of_the_meeting(door, openai, caplog) -> None:
    """Whoever debugs the server does not find the meeting in its log."""
    openai.say({"word": "rent"})
    with caplog.at_level(logging.DEBUG):
        await ask(door.Model(chat_for("openai", openai)))
    assert not any(
        SECRET in record.getMessage() for record in caplog.records if record.name.startswith("openai")
    )


# -- room


async def test_ollama_is_given_room_for_the_whole_prompt(door, ollama) -> None:
    """A long window is read from its beginning: Ollama cuts off what its context has no room for."""
    ollama.say({"word": "rent"})
    words = "They talked about the rent and the roof. " * 1500

    _, usage = await ask(door.Model(chat_for("ollama", ollama)), content=words)

    assert usage["input_tokens"] > len(words) // 4
    room = ollama.requests[0]["options"]["num_ctx"]
    assert room >= len(words) // 4 + 500
    assert room & (room - 1) == 0, "of few sizes, as the model is loaded anew for each"


@pytest.mark.parametrize("words", ["家賃と屋根の話をしました。", "คุยเรื่องค่าเช่าและหลังคา", "임대료와지붕이야기"])
async def test_ollama_is_given_room_for_scripts_without_spaces(door, ollama, words: str) -> None:
    """Each of their characters is a token or nearly so."""
    ollama.say({"word": "rent"})
    await ask(door.Model(chat_for("ollama", ollama)), content=words * 1000)
    assert ollama.requests[0]["options"]["num_ctx"] >= len(words) * 1000 + 500


async def test_room_that_somebody_has_set_stays_and_is_not_overrun(door, ollama) -> None:
    """A context that was chosen is kept; a window that does not fit into it is refused in words before it is sent."""
    model = door.Model(chat_for("ollama", ollama, num_ctx=2048))
    ollama.say({"word": "rent"})
    await ask(model)
    assert ollama.requests[0]["options"]["num_ctx"] == 2048

    with pytest.raises(RuntimeError, match=r"context of the model \(2048\)"):
        await ask(model, content="word " * 4000)
    assert len(ollama.requests) == 1


async def test_anthropics_client_is_allowed_long_answers(door) -> None:
    """Minutes are not cut off by the short answers that the client asks for of its own accord."""
    async with serve("anthropic") as fake:
        fake.say({"word": "rent"})
        await ask(door.Model(chat_for("anthropic", fake)), max_tokens=12_000)
        fake.say({"word": "rent"})
        await ask(door.Model(chat_for("anthropic", fake, max_tokens=300)), max_tokens=12_000)
        fake.say({"word": "rent"})
        await ask(door.Model(chat_for("anthropic", fake, max_tokens=20_000)), max_tokens=12_000)
    assert [body["max_tokens"] for body in bodies(fake)] == [12_000, 12_000, 20_000]


# -- the budget


async def test_the_budget_counts_tokens_where_no_price_is_known(door, openai) -> None:
    """Ample, tight from half of it, spent at its end; each meeting has its own."""
    model = door.Model(chat_for("openai", openai), door.Allowance(tokens=100))
    levels = [await model.level(SESSION)]
    for number in range(4):
        openai.say({"word": "rent"})
        _, usage = await ask(model, window_id=f"s1:notes:{number}", content="word " * 20)
        levels.append(await model.level(SESSION))
    assert levels[0] == "ample"
    assert levels[-1] == "spent"
    assert sorted(levels, key=["ample", "tight", "spent"].index) == levels
    assert await door.spending_of(SESSION).so_far("tokens") == 4 * (
        usage["input_tokens"] + usage["output_tokens"]
    )
    assert await model.level("zoom-another") == "ample"


async def test_what_the_final_summary_takes_is_kept_back(door, openai) -> None:
    """With the prompt of the final summary to come, the budget is spent earlier."""
    model = door.Model(chat_for("openai", openai), door.Allowance(tokens=10_000))
    assert await model.level(SESSION, reserve_tokens=5_000) == "ample"
    assert await model.level(SESSION, reserve_tokens=7_001) == "spent"


async def test_with_a_price_it_is_told_and_limited_in_dollars(door, openai) -> None:
    """USD for a million tokens of prompt and of answer; the nearer limit counts."""
    model = door.Model(chat_for("openai", openai), door.Allowance(tokens=0, usd=0.001, price=(10.0, 100.0)))
    openai.say({"word": "rent"})
    _, usage = await ask(model, content="word " * 300)
    assert usage["usd"] == pytest.approx((usage["input_tokens"] * 10 + usage["output_tokens"] * 100) / 1e6)
    assert await model.level(SESSION) == "spent"


async def test_without_any_limit_it_is_always_ample(door, openai) -> None:
    """0 lifts a limit."""
    await door.spending_of(SESSION).add("w", tokens=5_000_000, usd=900.0)
    assert await door.Model(chat_for("openai", openai), door.Allowance(tokens=0)).level(SESSION) == "ample"
    assert await door.Model(chat_for("openai", openai)).level(SESSION) == "spent"


def test_the_key_stands_on_no_print(door) -> None:
    """What is on the wire can be printed."""
    from langchain_openai import ChatOpenAI

    model = door.Model(ChatOpenAI(model="gpt-4o-mini", api_key=KEY))
    assert KEY not in f"{model} {model!r}"
