"""Zoom Claude through Langflow's own loader, against the Messages API's stand-in."""

from __future__ import annotations

import json
import logging
import os
import re
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tests.components.contracts import SESSION
from tests.components.namespaces import names_of
from tests.fakes.anthropic_api import KEY, MIN_CACHED_TOKENS, FakeAnthropic, serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DOCS = Path(__file__).parents[2] / "docs" / "claude.md"
FLOW_ID = str(uuid.UUID(int=1))
USER_ID = str(uuid.UUID(int=2))
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["word"],
    "properties": {"word": {"type": "string"}},
}
SYSTEM = "You answer with a word. " * 200
SECRET = "Dana pays the landlord"


@pytest.fixture(autouse=True)
def no_key_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("ANTHROPIC_")]:
        monkeypatch.delenv(name)


@pytest.fixture
async def api() -> AsyncIterator[FakeAnthropic]:
    async with serve() as fake:
        yield fake


@pytest.fixture
def build(component, api):
    """Give the Claude object as a flow would get it, with the stand-in's address and key unless told otherwise."""

    def make(**inputs: Any) -> Any:
        return component("claude", **({"api_key": KEY, "base_url": api.url} | inputs)).build_claude()

    return make


def word_faults(answer: dict[str, Any]) -> list[str]:
    return [] if isinstance(answer.get("word"), str) else ['"word" must be text']


async def ask(claude: Any, **fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    given = {
        "session_id": SESSION,
        "window_id": "s1:notes:1",
        "system": [SYSTEM],
        "content": SECRET,
        "schema": SCHEMA,
        "faults": word_faults,
        "max_tokens": 16,
    }
    return await claude.ask(**(given | fields))


# -- identity


def test_flows_can_rely_on_its_names(component) -> None:
    """Class, inputs, output, its type and its method are in people's flows: renaming one breaks those."""
    made = component("claude")
    outputs = made.to_frontend_node()["data"]["node"]["outputs"]
    assert (type(made).__name__, made.name) == ("ZoomClaude", "ZoomClaude")
    assert [i.name for i in made.inputs] == [
        "enabled", "api_key", "model", "budget_usd", "base_url", "timeout", "max_retries", "deadline",
    ]  # fmt: skip
    assert [(output["name"], output["method"], output["types"]) for output in outputs] == [
        ("claude", "build_claude", ["Claude"]),
        ("language_model", "build_language_model", ["LanguageModel"]),
    ]


def test_its_waits_end_before_a_route_gives_up(component) -> None:
    """With the defaults, a whole answer is given up on before the 120 seconds of a route are over."""
    defaults = {i.name: i.value for i in component("claude").inputs}
    assert defaults["timeout"] < defaults["deadline"] < 120


# -- the key


def test_without_a_key_it_is_there_but_not_available(component) -> None:
    """A new flow has no key: nothing fails, and the node says what works instead."""
    made = component("claude")
    assert made.build_claude().available is False
    assert made.status == "no API key: offline rules do the work"


def test_switched_off_it_is_not_available(component) -> None:
    """Use Claude turns it off, whatever keys there are."""
    made = component("claude", enabled=False, api_key=KEY)
    assert made.build_claude().available is False
    assert made.status == "switched off: offline rules do the work"


def test_the_servers_key_is_used_where_the_node_has_neither_key_nor_address(component, monkeypatch) -> None:
    """ANTHROPIC_API_KEY of the server makes every node work."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    assert component("claude").build_claude().available is True


async def test_no_secret_of_the_server_goes_to_an_address_that_a_flow_names(build, api, monkeypatch) -> None:
    """With a Base URL of its own a node needs its own key, and nothing but that key is sent."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-server")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "server-token")
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "X-Gateway: server-gateway")
    assert build(api_key="").available is False
    api.say({"word": "yes"})
    await ask(build())
    [request] = api.requests
    assert request.headers["x-api-key"] == KEY
    assert "server" not in str(request.headers)


async def test_asking_without_a_key_is_an_error_that_says_where_it_goes(build) -> None:
    """A consumer that does not look first is told so."""
    claude = build(api_key="")
    with pytest.raises(claude.Error, match="no Anthropic API key"):
        await ask(claude)


async def test_its_key_shows_nowhere(build, api) -> None:
    """Printed, made JSON the ways Langflow does it, or asked for its attributes, the object keeps its key."""
    from fastapi.encoders import jsonable_encoder
    from lfx.serialization.serialization import serialize, serialize_or_str

    claude = build()
    shown = [repr(claude), str(claude), f"{vars(claude)}", f"{jsonable_encoder(claude)}"]
    shown += [str(serialize(claude)), str(serialize({"claude": [claude]})), str(serialize_or_str(claude))]
    assert KEY not in str(shown)
    assert repr(claude) == "Claude(claude-sonnet-5-5, with a key)"


@pytest.mark.parametrize(
    "address",
    [
        "http://gateway.example",
        "http://127.0.0.1.example",
        "http://127.0.0.1@x.example",
        "ftp://127.0.0.1",
        "https://",
        "https://user:pw@gateway.example",
    ],
)
def test_a_key_goes_to_no_address_that_others_can_listen_to(component, monkeypatch, address) -> None:
    """Plain http is for this machine only, in the node as in the server's environment; without a key it does not matter."""
    with pytest.raises(RuntimeError, match="must begin with https://"):
        component("claude", api_key=KEY, base_url=address).build_claude()
    assert component("claude", base_url=address).build_claude().available is False
    monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
    with pytest.raises(RuntimeError, match="must begin with https://"):
        component("claude", api_key=KEY).build_claude()


@pytest.mark.parametrize(
    "address", ["", "https://gateway.example/claude", "http://localhost:1", "http://[::1]:1"]
)
def test_a_key_goes_to_https_and_to_this_machine(component, address) -> None:
    """Anthropic's own address, a gateway by https and a server on this machine are all fine."""
    assert component("claude", api_key=KEY, base_url=address).build_claude().available is True


@pytest.mark.parametrize(
    "key", ["sk-ant-\nsecret", "sk-ant-secr\u00e9t", "sk-ant secret", "sk-ant-\u200bsecret"]
)
def test_a_key_that_cannot_be_one_is_an_error_that_says_so(component, key) -> None:
    """It was copied with something else; what it is stays untold."""
    with pytest.raises(RuntimeError, match="has a character that no key has") as failure:
        component("claude", api_key=key).build_claude()
    assert "secr" not in str(failure.value)


# -- along an edge


@pytest.fixture
def run(component, api):
    """Run a graph in which Zoom Claude is connected to a component that asks it; give the steps' results."""
    from lfx.custom import Component
    from lfx.graph import Graph
    from lfx.io import HandleInput, Output
    from lfx.schema.data import Data

    class Asker(Component):
        inputs = [HandleInput(name="claude", display_name="Claude", input_types=["Claude"])]  # noqa: RUF012
        outputs = [Output(name="said", display_name="Said", method="say")]  # noqa: RUF012

        async def say(self) -> Data:
            if not self.claude.available:
                return Data(data={"word": "rules"})
            answer, usage = await ask(self.claude)
            return Data(data=answer | {"level": await self.claude.level(SESSION), "usage": usage})

    async def start(**inputs: Any) -> dict[str, Any]:
        graph = Graph(flow_id=FLOW_ID, user_id=USER_ID)
        given = {"api_key": KEY, "base_url": api.url} | inputs
        graph.add_component(component("claude", _id="claude", **given))
        graph.add_component(Asker(_id="asker"))
        graph.add_component_edge("claude", ("claude", "claude"), "asker")
        graph.prepare()
        graph.session_id = SESSION
        graph.set_run_id(uuid.uuid4())
        return {step.vertex.id: step async for step in graph.async_start() if hasattr(step, "vertex")}

    return start


async def test_it_travels_along_an_edge(run, api) -> None:
    """In a Langflow graph a component behind it asks Claude, and its spending is kept for that flow."""
    api.say({"word": "yes"})
    said = (await run(budget_usd=0.0001))["asker"].vertex.results["said"].data
    assert (said["word"], said["level"]) == ("yes", "spent")


async def test_along_an_edge_without_a_key(run, api) -> None:
    """A new flow, without a key, runs: the component behind it works by its rules."""
    assert (await run(api_key=""))["asker"].vertex.results["said"].data == {"word": "rules"}
    assert api.requests == []


async def test_what_langflow_stores_of_the_run_has_no_key(run, api) -> None:
    """Results, artifacts and logs of the nodes, as they go to the vertex builds and the browser, hold no key."""
    from lfx.serialization.serialization import serialize

    api.say({"word": "yes"})
    for step in (await run()).values():
        vertex = step.vertex
        kept = [step.result_dict, vertex.results, vertex.artifacts, vertex.artifacts_raw, vertex.logs]
        stored = json.dumps(serialize(kept), default=str) + str(kept)
        assert KEY not in stored
        assert vertex.id in {"claude", "asker"}


# -- the request


async def test_the_request_has_the_stable_part_first_and_cached(build, api) -> None:
    """System blocks are cached up to the last one; content is sent as it is, cached where that is asked for."""
    api.say({"word": "yes"})
    content = [{"text": "A playbook.", "cache": True}, {"text": SECRET, "cache": False}]
    await ask(build(), system=["One.", "Two."], content=content)
    [request] = api.requests
    assert request.body["system"] == [
        {"type": "text", "text": "One."},
        {"type": "text", "text": "Two.", "cache_control": {"type": "ephemeral"}},
    ]
    assert request.body["messages"][0]["content"] == [
        {"type": "text", "text": "A playbook.", "cache_control": {"type": "ephemeral"}},
        {"type": "text", "text": SECRET},
    ]
    assert request.body["output_config"]["format"] == {"type": "json_schema", "schema": SCHEMA}
    assert (request.body["model"], request.body["max_tokens"]) == ("claude-sonnet-5-5", 16)


async def test_only_models_that_know_effort_are_told_to_be_brief(build, api) -> None:
    """Every listed model is asked without being refused; effort goes to those that take it."""
    efforts = {}
    for model in MIN_CACHED_TOKENS:
        api.say({"word": "yes"})
        await ask(build(model=model))
        efforts[model] = api.requests[-1].body["output_config"].get("effort")
    assert efforts == dict.fromkeys(efforts, "low") | {"claude-haiku-4-5": None}


def test_the_models_offered_are_those_that_the_api_knows(component) -> None:
    """The list has no model that the stand-in, made from the documentation, does not know."""
    [models] = [i.options for i in component("claude").inputs if i.name == "model"]
    assert set(models) == set(MIN_CACHED_TOKENS)


# -- the answer


async def test_the_answer_comes_with_its_tokens_and_price(build, api) -> None:
    """Usage tells tokens written to and read from the cache apart, and sums up their price."""
    claude = build()
    api.say({"word": "yes"})
    api.say({"word": "no"})
    first, wrote = await ask(claude)
    second, read = await ask(claude)
    assert (first, second) == ({"word": "yes"}, {"word": "no"})
    size = wrote["cache_creation_input_tokens"]
    assert size == (1 + len(SYSTEM)) // 4
    assert (wrote["cache_read_input_tokens"], read["cache_read_input_tokens"]) == (0, size)
    assert read["cache_creation_input_tokens"] == 0
    fresh = 2 * wrote["input_tokens"] + 10 * wrote["output_tokens"]
    assert wrote["usd"] == pytest.approx((fresh + 2.5 * size) / 1e6)
    assert read["usd"] == pytest.approx(
        (2 * read["input_tokens"] + 10 * read["output_tokens"] + 0.1 * size) / 1e6
    )


async def test_a_long_prompt_costs_what_the_model_asks_for_it(build, api) -> None:
    """Haiku 5.5 is five times dearer beyond 100,000 tokens, on every token of the request."""
    for _ in range(2):
        api.say({"word": "yes"})
    claude = build(model="claude-haiku-5-5")
    _, short = await ask(claude, content="x" * 360_000)
    _, long = await ask(claude, content="x" * 440_000)
    assert short["usd"] == pytest.approx(90_000 * 0.1 / 1e6, rel=0.05)
    assert long["usd"] == pytest.approx(110_000 * 0.5 / 1e6, rel=0.05)


@pytest.mark.parametrize(
    "broken", ["I found nothing.", "[]", '{"word": 7}', pytest.param("[" * 200_000, id="deep")]
)
async def test_an_answer_of_the_wrong_form_is_mended_once(build, api, broken) -> None:
    """The faults are sent back in the same conversation, and both answers are paid for."""
    api.say(broken)
    api.say('```json\n{"word": "yes"}\n```')
    answer, usage = await ask(build())
    assert answer == {"word": "yes"}
    first, second = (request.body for request in api.requests)
    assert second["messages"][0] == first["messages"][0]
    assert second["system"] == first["system"]
    assert "cannot be used" in second["messages"][2]["content"]
    assert usage["cache_creation_input_tokens"] == usage["cache_read_input_tokens"] > 0


async def test_an_answer_that_stays_wrong_is_an_error(build, api) -> None:
    """After one attempt to mend it the run fails, without quoting the answer."""
    claude = build()
    api.say(SECRET)
    api.say(SECRET)
    with pytest.raises(claude.Error, match="twice in a form that cannot be used") as failure:
        await ask(claude)
    assert "Dana" not in str(failure.value)
    assert len(api.requests) == 2


async def test_a_refusal_is_an_error(build, api) -> None:
    """A model that refuses has found nothing, which is not the same as nothing to be found."""
    claude = build()
    api.say("", stop_reason="refusal")
    with pytest.raises(claude.Error, match="refused to work on this window"):
        await ask(claude)


@pytest.mark.parametrize("reason", ["max_tokens", "model_context_window_exceeded"])
async def test_an_answer_cut_short_is_an_error(build, api, reason) -> None:
    """Half an answer is not taken for a whole one, even if it can be read."""
    claude = build()
    api.say({"word": "yes"}, stop_reason=reason)
    with pytest.raises(claude.Error, match=f"could not finish its answer: {reason} \\(16 tokens allowed\\)"):
        await ask(claude)


# -- failures


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, "refused the request as invalid"),
        (401, "refused the API key"),
        (402, "billing"),
        (403, "may not use claude-sonnet-5-5"),
        (413, "too large"),
    ],
)
async def test_an_error_that_stays_is_reported_at_once(build, api, status, reason) -> None:
    """No second request, and none of the server's words, which may quote the meeting."""
    claude = build()
    api.fail(status, message=f"about: {SECRET}")
    with pytest.raises(claude.Error, match=reason) as failure:
        await ask(claude)
    assert f"HTTP {status}" in str(failure.value)
    assert "req_test" in str(failure.value)
    assert "Dana" not in str(failure.value)
    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__
    assert len(api.requests) == 1


async def test_a_wrong_key_is_an_error_that_says_so(build) -> None:
    """The key itself is not told."""
    claude = build(api_key="sk-ant-wrong")
    with pytest.raises(claude.Error, match="refused the API key") as failure:
        await ask(claude)
    assert "sk-ant-wrong" not in str(failure.value)


async def test_an_unknown_model_is_an_error_that_names_it(build) -> None:
    """404 is either the model or the address."""
    claude = build(model="claude-none")
    with pytest.raises(claude.Error, match="does not know the model claude-none"):
        await ask(claude)


@pytest.mark.parametrize("status", [429, 500, 529])
async def test_a_passing_error_is_tried_again(build, api, status) -> None:
    """The SDK waits as long as retry-after says, and the answer then counts."""
    api.fail(status, retry_after="0.01")
    api.say({"word": "yes"})
    assert (await ask(build()))[0] == {"word": "yes"}
    assert len(api.requests) == 2


async def test_an_error_that_outlasts_the_retries_is_reported(build, api) -> None:
    """With one retry, the default, there are two requests."""
    claude = build()
    api.fail(529, retry_after="0.01")
    api.fail(529, retry_after="0.01")
    with pytest.raises(claude.Error, match="overloaded, also after retries"):
        await ask(claude)
    assert len(api.requests) == 2


async def test_a_server_that_never_answers_is_an_error_in_time(build, api) -> None:
    """Timeout (s) bounds one request."""
    claude = build(timeout=0.2, max_retries=0)
    api.hang()
    with pytest.raises(claude.Error, match=r"did not answer within 0\.2 seconds"):
        await ask(claude)


async def test_a_long_answer_is_given_the_time_to_be_written(build, api) -> None:
    """Where many tokens are allowed, the request may take longer than Timeout (s), though not than the deadline."""
    claude = build(timeout=0.1, deadline=0.6, max_retries=0)
    api.hang()
    with pytest.raises(claude.Error, match=r"within 0\.6 seconds, retries included"):
        await ask(claude, max_tokens=8000)


async def test_the_deadline_bounds_the_whole_answer(build, api) -> None:
    """Retry-after beyond the deadline is not waited for to its end."""
    claude = build(deadline=0.3)
    api.fail(429, retry_after="30")
    with pytest.raises(claude.Error, match=r"within 0\.3 seconds, retries included"):
        await ask(claude)


async def test_no_server_is_an_error_that_says_so(build, unused_tcp_port) -> None:
    """A refused connection names the field to look at."""
    claude = build(base_url=f"http://127.0.0.1:{unused_tcp_port}", max_retries=0)
    with pytest.raises(claude.Error, match="cannot be reached"):
        await ask(claude)


async def test_a_server_that_speaks_something_else_is_an_error_that_says_so(build, api) -> None:
    """A web page at Base URL is no answer."""
    claude = build()
    api.answers.append(lambda _: HTMLResponse("<p>Welcome</p>"))
    with pytest.raises(claude.Error, match="does not speak the Messages API"):
        await ask(claude)


async def test_an_answer_that_is_too_deep_is_an_error(build, api) -> None:
    """JSON that nobody can read speaks another language too."""
    claude = build()
    api.answers.append(lambda _: Response("[" * 200_000, media_type="application/json"))
    with pytest.raises(claude.Error, match="does not speak the Messages API"):
        await ask(claude)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(build, api, status) -> None:
    """Another address than the node's sees neither key nor words, and the error says which field to mend."""
    claude = build()
    async with serve() as elsewhere:
        elsewhere.otherwise = lambda _: {"word": "yes"}
        api.answers.append(lambda _: RedirectResponse(f"{elsewhere.url}/v1/messages", status))
        with pytest.raises(claude.Error, match=rf"at another address now \(HTTP {status}\).* Check Base URL"):
            await ask(claude)
    assert elsewhere.requests == []
    assert len(api.requests) == 1


async def test_nothing_said_reaches_the_logs(build, api, caplog) -> None:
    """Neither words nor keys are logged, whether Claude answers or fails, also where everything is logged."""
    claude = build()
    caplog.set_level(logging.DEBUG)
    for name in ("anthropic", "httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, logger=name)
    api.say(f"no JSON about {SECRET}")
    api.fail(400, message=SECRET)
    with pytest.raises(claude.Error, match="HTTP 400"):
        await ask(claude)
    assert "HTTP Request: POST" in caplog.text
    for secret in ("landlord", "Dana", "You answer with a word", KEY):
        assert secret not in caplog.text


# -- the budget


async def test_a_meeting_without_a_limit_is_always_ample(build, api) -> None:
    """Budget 0 means none."""
    claude = build(budget_usd=0)
    api.say({"word": "yes"})
    await ask(claude)
    assert await claude.level(SESSION, reserve_tokens=10_000_000) == "ample"


async def test_a_budget_grows_tight_and_is_spent(build, api) -> None:
    """Levels follow what was really paid: from half of the budget tight, at its end spent."""
    for _ in range(4):
        api.say({"word": "yes"})
    _, wrote = await ask(build())
    _, read = await ask(build())
    budget = wrote["usd"] + 2 * read["usd"] + 0.0001
    claude = build(budget_usd=4 * budget)
    levels = [await claude.level(SESSION)]
    claude = build(budget_usd=budget)
    levels.append(await claude.level(SESSION))
    await ask(claude)
    levels.append(await claude.level(SESSION))
    await ask(claude)
    levels.append(await claude.level(SESSION))
    assert levels == ["ample", "tight", "tight", "spent"]


async def test_what_the_final_summary_will_cost_is_kept_back(build) -> None:
    """A budget that would not pay for the reserved prompt and an answer to it counts as spent, before any request."""
    claude = build(budget_usd=1.0)
    assert await claude.level(SESSION, reserve_tokens=480_000) == "ample"
    assert await claude.level(SESSION, reserve_tokens=490_000) == "spent"


async def test_an_answer_of_no_use_is_paid_for_too(build, api) -> None:
    """Refused, mended and unfinished answers all count."""
    claude = build(budget_usd=0.001)
    api.say("", stop_reason="refusal")
    with pytest.raises(claude.Error):
        await ask(claude)
    assert await claude.level(SESSION) == "spent"


@pytest.mark.parametrize("limits", [{"timeout": 1}, {"timeout": 30, "deadline": 1}])
async def test_a_request_that_nobody_answered_in_time_is_paid_for_too(build, api, limits) -> None:
    """It may be billed: its prompt counts by its length, each time it was sent, so repeats end with the budget."""
    claude = build(budget_usd=0.06, max_retries=0, **limits)
    levels = []
    for sent in range(1, 4):
        api.hang()
        while len(api.requests) < sent:  # on a busy machine the time can be over before a request goes out
            with pytest.raises(claude.Error, match="did not answer within"):
                await ask(claude, content="x" * 40_000)
        levels.append(await claude.level(SESSION))
    assert levels == ["ample", "tight", "spent"]


async def test_each_attempt_without_an_answer_counts(build, api) -> None:
    """An answer that came at the second attempt costs the first one's prompt as well; its own usage is what it was."""
    from lfx.memory import aget_messages

    claude = build(timeout=2)
    api.hang()
    api.say({"word": "yes"})
    _, usage = await ask(claude, content="x" * 40_000)
    rows = await aget_messages(session_id=f"{SESSION}:memory", context_id="zoom-claude", order="ASC")
    spent = sorted(json.loads(row.text)["usd"] for row in rows)
    assert len(api.requests) == len(spent) == 2
    assert pytest.approx(usage["usd"]) in spent
    assert sum(spent) - usage["usd"] == pytest.approx(2 * (40_000 + len(SYSTEM)) / 4 / 1e6, rel=0.1)


async def test_a_request_that_never_went_out_costs_nothing(build, unused_tcp_port) -> None:
    """Without a connection, and where the API said no, nothing was worked on."""
    claude = build(base_url=f"http://127.0.0.1:{unused_tcp_port}", budget_usd=0.0001, max_retries=0)
    with pytest.raises(claude.Error, match="cannot be reached"):
        await ask(claude)
    assert await claude.level(SESSION) == "ample"


async def test_the_budget_outlives_a_restart(build, api, message_store) -> None:
    """What a meeting has cost is in Langflow's database."""
    api.say({"word": "yes"})
    await ask(build())
    await message_store()
    assert await build(budget_usd=0.001).level(SESSION) == "spent"


async def test_each_meeting_has_a_budget_of_its_own(build, api) -> None:
    """Another session starts with nothing spent."""
    api.say({"word": "yes"})
    await ask(build())
    claude = build(budget_usd=0.001)
    assert (await claude.level(SESSION), await claude.level("zoom-other")) == ("spent", "ample")


async def test_what_is_kept_of_an_answer_is_only_what_it_took(build, api) -> None:
    """The message history's row has neither question nor answer in it: tokens, and their price."""
    from lfx.memory import aget_messages

    api.say({"word": "yes"})
    _, usage = await ask(build())
    [row] = await aget_messages(session_id=f"{SESSION}:memory", context_id="zoom-claude")
    price = pytest.approx(usage["usd"])
    kept = json.loads(row.text)
    prompt = sum(each for kind, each in usage.items() if kind.endswith("input_tokens"))
    assert kept == {"usd": price, "cost": price, "input_tokens": prompt, "output_tokens": 3}


async def test_a_model_without_a_known_price_counts_as_the_dearest(
    component, build, api, monkeypatch
) -> None:
    """Its price is not made up, the budget holds nevertheless, and the node says so."""
    monkeypatch.setitem(MIN_CACHED_TOKENS, "local-model", 512)
    made = component("claude", api_key=KEY, base_url=api.url, model="local-model", budget_usd=0.02)
    claude = made.build_claude()
    assert made.status == "local-model, $0.02 per meeting, price not known: counted as the dearest"
    api.say({"word": "yes"})
    _, usage = await ask(claude)
    assert usage["usd"] is None
    assert "effort" not in api.requests[0].body["output_config"]
    assert await claude.level(SESSION) == "tight"


async def test_a_dated_model_id_has_its_models_price(build, api, monkeypatch) -> None:
    """A snapshot is the same model."""
    monkeypatch.setitem(MIN_CACHED_TOKENS, "claude-haiku-4-5-20251001", 4096)
    api.say({"word": "yes"})
    _, usage = await ask(build(model="claude-haiku-4-5-20251001"))
    assert usage["usd"] == pytest.approx((usage["input_tokens"] + 5 * usage["output_tokens"]) / 1e6)


async def test_a_run_that_may_keep_nothing_has_no_budget(build, api, anonymous_run) -> None:
    """Where Langflow keeps no messages Claude is asked as ever."""
    claude = build(budget_usd=0.001)
    api.say({"word": "yes"})
    assert (await ask(claude))[0] == {"word": "yes"}
    assert await claude.level(SESSION) == "ample"


def test_the_table_in_the_docs_is_the_table_in_the_code(component) -> None:
    """docs/claude.md lists the models, in order, with the prices that are counted."""
    models = names_of(component("claude")).MODELS
    rows = re.findall(r"^\| `(claude-[\w-]+)` \| (.+) \|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    written = {name: [cell.strip() for cell in cells.split("|")] for name, cells in rows}
    assert list(written) == list(models)
    for name, model in models.items():
        prices = [float(cell.split(" (")[0]) for cell in written[name][:4]]
        assert prices == list(vars(model.price).values())
        assert written[name][4] == f"{MIN_CACHED_TOKENS[name]:,}"
        longer = re.findall(r"\(([\d.]+)\)", " ".join(written[name]))
        assert [float(price) for price in longer] == list(
            vars(model.long_price).values() if model.long_price else []
        )
