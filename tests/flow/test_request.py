from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain import (
    Ask,
    Decision,
    Earlier,
    Gap,
    KeyedWindow,
    Output,
    Product,
    Source,
    StillOpen,
    Stream,
    Utterance,
    Verdict,
    Window,
    WindowKind,
)
from bridge.flow.news import kept
from bridge.flow.request import (
    compose_window,
    read_answer,
    run_request,
    session_id,
    variable_headers,
)
from bridge.flow.routes import Route

SCHEMA = json.loads((Path(__file__).parents[2] / "flows" / "window.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
STREAM = Stream(
    stream_id="5f0e3c9d2b7a4416b1c80a9d7e6f5a43",
    product=Product.MEETING,
    meeting_uuid="aB3/xY+z9Q==",
    meeting_id="81234567890",
    topic="Weekly",
    server_urls="wss://x.zoom.us",
    event_ts=1763805600000,
    started_at_ms=1763805600000,
)
SHIP = Utterance(
    stream_id=STREAM.stream_id,
    n=153,
    speaker="Dana",
    user_id="16778240",
    start_ms=1763769605000,
    end_ms=1763769607400,
    text="Let's ship it on Friday — čeština, 日本語.",
    language=9,
)
ASK = Ask(
    question="when do we ship?",
    utterances=(
        replace(SHIP, n=150, speaker="Eli", user_id="8", text="Hey assistant,"),
        replace(SHIP, n=152, speaker="Eli", user_id="8", text="when do we ship?"),
    ),
)
ROUTE = Route(name="action-items", flow="zoom-action-items")


VERDICT = Verdict(
    stream_id=STREAM.stream_id,
    n=3,
    route="action-items",
    item="note:1",
    digest="d",
    decision=Decision.POST,
    text="By Friday.",
    owner="",
    due="",
    who="Dana",
    at_ms=1763769622400,
    approved=json.dumps(
        {
            "insights": [],
            "summary": None,
            "notes": [{"key": "k", "text": "By Friday."}],
            "language": "en",
            "of": "ask",
        }
    ),
)


def composed(**changes: Any) -> Window:
    arguments: dict[str, Any] = {
        "stream": STREAM,
        "route": ROUTE,
        "seq": 12,
        "kind": WindowKind.LIVE,
        "utterances": [SHIP],
        "gaps": [
            Gap(stream_id=STREAM.stream_id, from_ms=1763769560000, to_ms=1763769571000, reason="reconnect")
        ],
        "participants": [("16778240", "Dana")],
        "now_ms": 1763769622400,
    }
    arguments |= changes
    if arguments["kind"] is WindowKind.ASK:
        arguments.setdefault("ask", ASK)
    if arguments["kind"] is WindowKind.APPROVED:
        arguments.setdefault("verdict", VERDICT)
    return compose_window(**arguments)


def test_contract() -> None:
    """A flow receives what the contract shows."""
    window = composed()
    assert json.loads(window.input_value) == {
        "schema": "zoom-window/1",
        "window_id": "5f0e3c9d2b7a4416b1c80a9d7e6f5a43:action-items:12",
        "seq": 12,
        "kind": "live",
        "route": "action-items",
        "meeting": {
            "uuid": "aB3/xY+z9Q==",
            "id": "81234567890",
            "topic": "Weekly",
            "started_at": "2025-11-22T10:00:00Z",
        },
        "stream_id": STREAM.stream_id,
        "from_ms": 1763769605000,
        "to_ms": 1763769607400,
        "participants": [{"user_id": "16778240", "name": "Dana"}],
        "utterances": [
            {
                "id": "u-000153",
                "speaker": "Dana",
                "user_id": "16778240",
                "start_ms": 1763769605000,
                "end_ms": 1763769607400,
                "text": "Let's ship it on Friday — čeština, 日本語.",
                "language": 9,
                "source": "speech",
            }
        ],
        "gaps": [{"from_ms": 1763769560000, "to_ms": 1763769571000, "reason": "reconnect"}],
    }
    assert (window.first_n, window.last_n, window.flow) == (153, 153, "zoom-action-items")


def test_a_question_brings_the_series() -> None:
    """What earlier meetings tell of a question stands in its window, each with whose meeting it was."""
    before = replace(STREAM, meeting_uuid="last=", started_at_ms=STREAM.started_at_ms - 604_800_000)
    earlier = Earlier(
        stream=before,
        passages=((SHIP,),),
        insights=(("decision", "Ship it", "", "Friday"),),
        summary="They met.",
    )
    window = json.loads(composed(kind=WindowKind.ASK, earlier=[earlier]).input_value)
    (told,) = window["earlier"]
    assert told["meeting"] == window["meeting"] | {"uuid": "last=", "started_at": "2025-11-15T10:00:00Z"}
    assert told["passages"] == [window["utterances"][:1]]
    assert told["insights"] == [{"kind": "decision", "text": "Ship it", "owner": "", "due": "Friday"}]
    assert told["summary"] == "They met."
    VALIDATOR.validate(window)


def test_a_start_brings_what_is_still_open() -> None:
    """What the last meeting left to do stands in a start window, with whose meeting it was; in no other kind."""
    before = replace(STREAM, meeting_uuid="last=", started_at_ms=STREAM.started_at_ms - 604_800_000)
    left = StillOpen(stream=before, items=(("Ship it", "Dana", ""),), more=2, language="de")
    window = json.loads(composed(kind=WindowKind.START, utterances=[], ask=None, still_open=left).input_value)
    assert window["still_open"] == {
        "meeting": window["meeting"] | {"uuid": "last=", "started_at": "2025-11-15T10:00:00Z"},
        "items": [{"text": "Ship it", "owner": "Dana", "due": ""}],
        "more": 2,
        "language": "de",
    }
    VALIDATOR.validate(window)
    for kind in ("live", "final"):
        assert not VALIDATOR.is_valid(window | {"kind": kind})


@pytest.mark.parametrize(
    ("of_stream", "of_route", "told"),
    [("", "", None), ("Asia/Tokyo", "", "Asia/Tokyo"), ("Asia/Tokyo", "Europe/Berlin", "Europe/Berlin")],
)
def test_where_people_are(of_stream: str, of_route: str, told: str | None) -> None:
    """A window tells the time zone of its route, else of its meeting, and nothing where nobody knows."""
    route = ROUTE.model_copy(update={"timezone": of_route})
    value = json.loads(composed(stream=replace(STREAM, timezone=of_stream), route=route).input_value)
    VALIDATOR.validate(value)
    assert value.get("timezone") == told


def test_the_same_bytes() -> None:
    """Composed twice from the same, a window is the same to the byte."""
    assert composed().input_value.encode() == composed().input_value.encode()


def test_what_was_approved() -> None:
    """A window of its own with the verdict's exact words, whose number stands for positions; other windows say that they wait."""
    approving = ROUTE.model_copy(update={"approve": True})
    window = composed(kind=WindowKind.APPROVED, route=approving, utterances=[], gaps=[])
    value = json.loads(window.input_value)
    assert value["approved"] == json.loads(VERDICT.approved)
    assert "approve" not in value
    assert (window.first_n, window.last_n) == (3, 3)
    waits = json.loads(composed(route=approving).input_value)
    assert waits["approve"] is True
    VALIDATOR.validate(waits)


@pytest.mark.parametrize("kind", WindowKind)
@pytest.mark.parametrize("utterances", [[], [SHIP]])
def test_schema(kind: WindowKind, utterances: list[Utterance]) -> None:
    """Every kind of window, with and without words, fits the schema."""
    window = composed(kind=kind, utterances=utterances)
    VALIDATOR.validate(json.loads(window.input_value))


texts = st.text(min_size=1)
utterances = st.builds(
    Utterance,
    stream_id=st.just(STREAM.stream_id),
    n=st.integers(1, 10**9),
    speaker=texts,
    user_id=st.text(),
    start_ms=st.integers(0, 2**53),
    end_ms=st.integers(0, 2**53),
    text=texts,
    language=st.none() | st.integers(-1, 999),
    source=st.sampled_from(Source),
)


@given(st.lists(utterances, max_size=5), st.sampled_from(WindowKind))
def test_any_words(said: list[Utterance], kind: WindowKind) -> None:
    """Whatever is said, a window fits the schema, keeps every word, and covers their times."""
    window = composed(utterances=said, kind=kind)
    value = json.loads(window.input_value)
    VALIDATOR.validate(value)
    assert [each["text"] for each in value["utterances"]] == [each.text for each in said]
    assert [each["id"] for each in value["utterances"]] == [each.id for each in said]
    assert all(value["from_ms"] <= each.start_ms and each.end_ms <= value["to_ms"] for each in said)
    of_other_things = {WindowKind.ASK: [150, 152], WindowKind.APPROVED: [3]}
    positions = of_other_things.get(kind, [each.n for each in said])
    assert window.last_n == max(positions, default=0)


def test_ask() -> None:
    """An ask window has the meeting so far, the question and who asks; its positions are the question's."""
    window = composed(kind=WindowKind.ASK)
    value = json.loads(window.input_value)
    assert [said["id"] for said in value["utterances"]] == ["u-000153"]
    assert value["ask"] == {
        "question": "when do we ship?",
        "speaker": "Eli",
        "user_id": "8",
        "source": "speech",
        "utterances": ["u-000150", "u-000152"],
    }
    assert (window.first_n, window.last_n) == (150, 152)


@pytest.mark.parametrize("kind", WindowKind)
def test_asked(kind: WindowKind) -> None:
    """Any window tells which of its own utterances are said to the assistant, in its order; it is silent where none are."""
    call, rest = ASK.utterances
    asked = ["u-000152", "u-000150", "u-000007"]
    window = composed(kind=kind, utterances=[call, SHIP, rest], asked=asked)
    value = json.loads(window.input_value)
    VALIDATOR.validate(value)
    assert value["asked"] == ["u-000150", "u-000152"]
    assert "asked" not in json.loads(composed(kind=kind, asked=asked).input_value)


def test_asked_names_the_question_of_the_window() -> None:
    """What an ask window is for is said to the assistant, whatever else is."""
    value = json.loads(composed(kind=WindowKind.ASK, utterances=[*ASK.utterances, SHIP]).input_value)
    assert value["asked"] == value["ask"]["utterances"]


@pytest.mark.parametrize("asked", [[], ["u-000153", "u-000153"], ["153"], "u-000153", None])
def test_asked_fits_the_schema(asked: object) -> None:
    """The schema wants ids, each once, or no such field."""
    assert not VALIDATOR.is_valid(json.loads(composed().input_value) | {"asked": asked})


@pytest.mark.parametrize(("kind", "ask"), [("ask", False), ("live", True), ("final", True)])
def test_ask_belongs_to_its_kind(kind: str, ask: bool) -> None:
    """The schema wants a question in an ask window and refuses one in any other."""
    value = json.loads(composed(kind=WindowKind.ASK).input_value) | {"kind": kind}
    if not ask:
        del value["ask"]
    assert not VALIDATOR.is_valid(value)


def test_ask_as_text() -> None:
    """A text route is sent the meeting so far, and last who asks what."""
    window = composed(route=Route(name="r", flow="f", input="text"), kind=WindowKind.ASK)
    assert window.input_value.splitlines() == [
        "Dana: Let's ship it on Friday — čeština, 日本語.",
        "",
        "Question by Eli: when do we ship?",
    ]


def test_text() -> None:
    """A text route is sent lines that any flow can read."""
    other = Utterance(stream_id="s", n=154, speaker="Eli", user_id="8", start_ms=0, end_ms=0, text="Fine.")
    window = composed(route=Route(name="r", flow="f", input="text"), utterances=[SHIP, other])
    assert window.input_value == "Dana: Let's ship it on Friday — čeština, 日本語.\nEli: Fine."


@pytest.mark.parametrize(
    ("uuid", "session"),
    [
        ("aB3/xY+z9Q==", "zoom-aB3_xY-z9Q"),
        ("/abc//d==", "zoom-_abc__d"),
        ("A1B2-C3", "zoom-A1B2-C3"),
    ],
)
def test_session_id(uuid: str, session: str) -> None:
    """A meeting's session can stand in a URL."""
    assert session_id(uuid) == session


@given(st.text(max_size=30_000))
def test_variables(placeholders: str) -> None:
    """What placeholders stand for fits into headers, whatever it is, and is nowhere in the body."""
    window = composed()
    own = {name: getattr(window, name) for name in Window.__slots__}
    keyed = KeyedWindow(**own, placeholders=placeholders)
    headers = variable_headers(keyed)

    assert [*headers] == [f"X-LANGFLOW-GLOBAL-VAR-ZOOM-PLACEHOLDERS-{n}" for n in range(1, len(headers) + 1)]
    assert all(re.fullmatch(r"[A-Za-z0-9+/=]{1,4000}", value) for value in headers.values())
    assert run_request(keyed) == run_request(window)
    assert variable_headers(window) == {}


@pytest.mark.parametrize("input_", ["window", "text"])
def test_redacted(input_: str) -> None:
    """Plain lines are made of the redacted window as its JSON is."""
    window = composed(
        route=Route(name="r", flow="f", input=input_),
        redacted=lambda value: (
            value | {"utterances": [said | {"speaker": "PERSON_1"} for said in value["utterances"]]}
        ),
    )
    plain = composed(route=Route(name="r", flow="f", input=input_))

    assert window.input_value == plain.input_value.replace(
        '"speaker":"Dana"', '"speaker":"PERSON_1"'
    ).replace("Dana: ", "PERSON_1: ")


def test_run_request() -> None:
    """A run is asked for as a chat message in the meeting's session."""
    window = composed()
    assert run_request(window) == {
        "input_value": window.input_value,
        "input_type": "chat",
        "output_type": "chat",
        "session_id": "zoom-aB3_xY-z9Q",
    }


def answer(*results: Any) -> dict[str, Any]:
    return {"session_id": "x", "outputs": [{"inputs": {}, "outputs": list(results)}]}


def message(text: object) -> dict[str, Any]:
    return {"results": {"message": {"text": text}}}


@pytest.mark.parametrize(
    ("given_answer", "text"),
    [
        (answer(message("Hi.")), "Hi."),
        (answer(message("")), ""),
        (answer(None, message("Hi.")), "Hi."),
        (answer({"results": {}}, message("Hi.")), "Hi."),
        (answer({"results": None}), ""),
        (answer(message(7)), ""),
        (answer(), ""),
        (answer(None), ""),
        (answer({"results": "a message"}, message("Hi.")), "Hi."),
        (answer({"results": 5}, message("Hi.")), "Hi."),
        (answer({"results": ["message"]}, message("Hi.")), "Hi."),
        (answer({"results": {"message": "odd"}}, message("Hi.")), "Hi."),
        (answer({"results": {"message": None}}, message("Hi.")), "Hi."),
        (answer({"results": {"message": {"data": {}}}}, message("Hi.")), "Hi."),
        (answer({"results": {"message": [7]}}), ""),
        (answer("odd", 7, message("Hi.")), "Hi."),
        ({"outputs": [{"outputs": None}]}, ""),
        ({"outputs": []}, ""),
    ],
)
def test_answer(given_answer: object, text: str) -> None:
    """The first text of a run is its answer; a flow that stopped half-way had nothing to say."""
    assert read_answer(given_answer) == Output(text)


@pytest.mark.parametrize(
    "other",
    [None, 7, "x", [], {}, {"detail": "no"}, {"outputs": None}, {"outputs": [7]}, {"outputs": {"a": 1}}],
)
def test_no_answer(other: object) -> None:
    """What is not a run's answer is not taken for an empty one."""
    assert read_answer(other) is None


def test_an_answer_that_can_be_kept() -> None:
    """An answer is text that every database takes."""
    assert read_answer(answer(message("a\x00b\ud800"))) == Output("a\ufffdb\ufffd")


def test_an_answer_with_what_was_found() -> None:
    """What stands beside the text that is the answer is kept; beside another, or in another shape, it is not."""
    news = {"schema": "zoom-news/1", "insights": [{"id": "i-1", "text": "Send it"}]}
    told = message("Hi.")
    told["results"]["message"]["session_metadata"] = {"graph_run_id": "x", "news": news}
    assert read_answer(answer(message(7), told)) == Output("Hi.", kept(news))
    assert read_answer(answer(message("No."), told)) == Output("No.")
    for odd in ([news], "news", None, {"news": [news]}):
        told["results"]["message"]["session_metadata"] = odd
        assert read_answer(answer(told)) == Output("Hi.")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["outputs", "results", "message", "text", "session_metadata", "news"]),
            inner,
            max_size=3,
        )
    ),
)


@given(anything)
def test_any_answer(given_answer: object) -> None:
    """No JSON whatever breaks the reading."""
    assert read_answer(given_answer) is None or isinstance(read_answer(given_answer), Output)
