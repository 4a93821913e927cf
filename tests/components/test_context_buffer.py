"""Zoom Context Buffer through Langflow's own loader."""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest

from tests.components.conftest import FLOW_ID, USER_ID
from tests.components.contracts import SESSION
from tests.components.namespaces import names_of, step_of

TEN = 1_795_341_600_000
"""2026-11-22 10:00:00 UTC."""
SCHEMA = json.loads((Path(__file__).parents[2] / "flows" / "window.schema.json").read_text())


def utterance(n: int, text: str, speaker: str = "Dana", **fields: Any) -> dict[str, Any]:
    start = TEN + 1000 * n
    return {
        "id": f"u-{n:06d}",
        "speaker": speaker,
        "user_id": "7",
        "start_ms": start,
        "end_ms": start + 900,
        "text": text,
        "language": 9,
        "source": "speech",
    } | fields


def window(seq: int, *said: dict[str, Any], **fields: Any) -> dict[str, Any]:
    made = {
        "schema": "zoom-window/1",
        "window_id": f"s1:action-items:{seq}",
        "seq": seq,
        "kind": "live",
        "route": "action-items",
        "meeting": {"uuid": "aB3=", "id": "8", "topic": "Weekly", "started_at": "2026-11-22T10:00:00Z"},
        "stream_id": "s1",
        "from_ms": said[0]["start_ms"] if said else TEN,
        "to_ms": said[-1]["end_ms"] if said else TEN,
        "participants": [{"user_id": "7", "name": "Dana"}, {"user_id": "8", "name": "Omar"}],
        "utterances": list(said),
        "gaps": [],
    } | fields
    jsonschema.validate(made, SCHEMA)
    return made


@pytest.fixture
def buffer(component):
    """A Context Buffer with a message, as Chat Input gives it."""

    def make(sent: dict[str, Any] | str, session_id: str = SESSION, **inputs: Any) -> Any:
        from lfx.schema.message import Message

        text = sent if isinstance(sent, str) else json.dumps(sent)
        message = Message(text=text, sender="User", sender_name="Lee", session_id=session_id)
        return component("context_buffer", message=message, **inputs)

    return make


@pytest.fixture
def read(buffer):
    async def build(sent: dict[str, Any] | str, *args: Any, **inputs: Any) -> dict[str, Any]:
        return (await buffer(sent, *args, **inputs).build_context()).data

    return build


async def rows() -> list[Any]:
    """Everything the component keeps."""
    from lfx.memory import aget_messages

    return await aget_messages(session_id=f"{SESSION}:memory")


def texts(utterances: list[dict[str, Any]]) -> list[str]:
    return [said["text"] for said in utterances]


async def test_new_speech_is_told_apart_from_context(read, buffer):
    """The prompt has what earlier windows carried under one heading, and this window's under another."""
    await read(window(1, utterance(5, "Hello."), utterance(7, "Hi there.", "Omar", source="chat")))
    gap = {"from_ms": TEN + 130_000, "to_ms": TEN + 161_000, "reason": "reconnect"}
    second = window(2, utterance(125, "Ship it\non  Friday."), utterance(165, "Fine.", "Omar"), gaps=[gap])
    prompt = await buffer(second).build_prompt()

    assert prompt.text == "\n".join(
        [
            "Meeting: Weekly, started 2026-11-22T10:00:00Z",
            "People: Dana, Omar",
            "Each line: utterance id [UTC time] speaker: words",
            "",
            "## Context: already handled, only for understanding",
            "u-000005 [10:00:05] Dana: Hello.",
            "u-000007 [10:00:07] Omar (chat): Hi there.",
            "",
            "## New speech: not handled yet",
            "u-000125 [10:02:05] Dana: Ship it on Friday.",
            "[gap 10:02:10-10:02:41: not captured]",
            "u-000165 [10:02:45] Omar: Fine.",
        ]
    )
    assert prompt.session_id == SESSION


async def test_times_are_those_of_the_people(read, buffer):
    """A model that reckons "by tomorrow" by UTC is a day late in the afternoon of California."""
    there = window(1, utterance(5, "I'll send it by tomorrow.")) | {"timezone": "America/Los_Angeles"}
    prompt = (await buffer(there).build_prompt()).text
    assert "started Sunday, 2026-11-22 02:00 (America/Los_Angeles)" in prompt
    assert "Each line: utterance id [local time] speaker: words" in prompt
    assert "u-000005 [02:00:05] Dana: I'll send it by tomorrow." in prompt
    nowhere = (await buffer(there | {"timezone": "Mars/Olympus", "window_id": "x"}).build_prompt()).text
    assert "started 2026-11-22T10:00:00Z" in nowhere


async def test_context_is_the_same_as_data(read):
    """The data has the window's own fields, what is context, what is new, and the prompt."""
    first = window(1, utterance(5, "Hello."))
    await read(first)
    second = window(
        2, utterance(9, "Ship it."), gaps=[{"from_ms": TEN, "to_ms": TEN + 1, "reason": "reconnect"}]
    )
    context = await read(second)

    assert context["context"] == first["utterances"]
    assert context["new"] == second["utterances"]
    assert context["gaps"] == second["gaps"]
    assert context["schema"] == "zoom-context/1"
    assert context["session_id"] == SESSION
    carried = ("window_id", "route", "kind", "meeting", "stream_id", "from_ms", "to_ms", "participants")
    assert {name: context[name] for name in carried} == {name: second[name] for name in carried}


async def test_the_same_window_changes_nothing(read, message_store):
    """A repeated window, also after a restart and after later windows, gets the same and stores nothing."""
    sent = [window(n, utterance(n, f"Words {n}.")) for n in (1, 2, 3)]
    answers = [await read(one) for one in sent]
    kept = len(await rows())
    await message_store()

    assert [await read(one) for one in sent] == answers
    assert len(await rows()) == kept == 3


async def test_workers_with_the_same_window_agree(buffer, read):
    """Two runs of one window at once give the same, and later context has its words once."""
    sent = window(1, utterance(1, "Hello."))
    answers = await asyncio.gather(*(buffer(sent).build_context() for _ in range(3)))

    assert all(answer.data == answers[0].data for answer in answers)
    assert texts((await read(window(2, utterance(2, "Bye."))))["context"]) == ["Hello."]


async def test_a_worker_with_a_slow_clock_does_not_change_the_order(read):
    """A repeated window has the same context though its row carries an earlier time than older rows."""
    from lfx.memory import aupdate_messages

    await read(window(1, utterance(1, "One.")))
    first_answer = await read(window(2, utterance(2, "Two.")))
    second = next(row for row in await rows() if row.sender_name == "s1:action-items:2")
    second.timestamp = "2020-01-01 00:00:00.000000 UTC"
    await aupdate_messages([second])

    assert await read(window(2, utterance(2, "Two."))) == first_answer


async def test_new_speech_is_never_cut_and_the_oldest_context_goes_first(read):
    """The budget counts context and new words; context is cut from its old end."""
    for n in (1, 2, 3):
        await read(window(n, utterance(2 * n, f"older {n}"), utterance(2 * n + 1, f"newer {n}")))
    sent = window(4, utterance(9, "three new words"))

    assert texts((await read(sent, word_budget=8))["context"]) == ["older 3", "newer 3"]
    assert texts((await read(sent, word_budget=9))["context"]) == ["newer 2", "older 3", "newer 3"]
    over = await read(sent, word_budget=2)
    assert (texts(over["new"]), over["context"]) == (["three new words"], [])


async def test_a_long_meeting_fills_the_budget_from_many_small_windows(read):
    """Context reaches back over as many windows as the budget holds, and reads no more than that."""
    for n in range(1, 81):
        await read(window(n, utterance(n, "word")), word_budget=1)
    context = await read(window(81, utterance(81, "new")), word_budget=71)

    assert [said["id"] for said in context["context"]] == [f"u-{n:06d}" for n in range(11, 81)]


@pytest.mark.parametrize(
    ("said", "words"),
    [("我们周五发布新版本", 5), ("ผมคิดว่าเราควรดูรายงานอีกครั้งเพราะตัวเลขไม่ตรงกัน", 26), ("先週の数字 OK", 4)],
)
async def test_words_are_counted_where_no_spaces_part_them(read, said, words):
    """The budget counts words as the bridge does when it closes a window, in scripts without spaces too."""
    from bridge.transcript.window import count_words

    await read(window(1, utterance(1, said)))
    assert count_words(said) == words
    both = words + 1

    assert (await read(window(2, utterance(2, "好")), word_budget=both - 1))["context"] == []
    assert (await read(window(2, utterance(2, "好")), word_budget=both))["context"] != []


async def test_gaps_of_shown_context_stay_in_their_place(read):
    """A gap that an earlier window told of is shown with the context around it, and not without."""
    gap = {"from_ms": TEN + 2500, "to_ms": TEN + 2900, "reason": "reconnect"}
    await read(window(1, utterance(2, "Before."), utterance(3, "After."), gaps=[gap]))
    sent = window(2, utterance(9, "New."))

    shown = await read(sent)
    assert shown["gaps"] == [gap]
    assert "Before.\n[gap 10:00:02-10:00:02: not captured]\nu-000003" in shown["prompt"]
    assert (await read(sent, word_budget=2))["gaps"] == []


async def test_a_final_window_is_the_whole_meeting(read):
    """A final window has no context, and is not remembered beside the live windows."""
    said = utterance(1, "Hello.")
    await read(window(1, said))
    final = await read(window(2, said, utterance(2, "Bye."), kind="final"))

    assert (texts(final["new"]), final["context"]) == (["Hello.", "Bye."], [])
    assert "## The whole meeting\nu-000001 [10:00:01] Dana: Hello." in final["prompt"]
    assert "Context" not in final["prompt"]
    assert len(await rows()) == 1


ASK = {"question": "who?", "speaker": "Omar", "user_id": "8", "source": "chat", "utterances": ["u-000002"]}


async def test_a_question_brings_the_meeting_with_it(read):
    """An ask window has all that was said as new, no context, and the question; it is not remembered."""
    said = utterance(1, "Hello.")
    await read(window(1, said))
    ask = ASK | {"question": "Who\nsaid hello?"}
    asked = await read(window(2, said, utterance(2, "@assistant Who said hello?"), kind="ask", ask=ask))

    assert (texts(asked["new"]), asked["context"]) == (["Hello.", "@assistant Who said hello?"], [])
    assert asked["ask"] == ask
    assert "## The meeting so far\nu-000001 [10:00:01] Dana: Hello." in asked["prompt"]
    assert asked["prompt"].endswith("## Question to answer\nOmar asks: Who said hello?")
    assert len(await rows()) == 1
    assert (await read(window(3, utterance(3, "Bye."))))["ask"] is None


async def test_what_is_still_open_goes_on(read):
    """What the last meeting left to do goes on with a start window; other windows have nothing of it."""
    meeting = {"uuid": "last=", "id": "8", "topic": "Weekly", "started_at": "2026-11-15T10:00:00Z"}
    items = [{"text": "Ship it", "owner": "", "due": ""}]
    left = {"meeting": meeting, "items": items, "more": 0, "language": ""}
    assert (await read(window(1, kind="start", still_open=left)))["still_open"] == left
    assert (await read(window(2, utterance(2, "Bye."))))["still_open"] is None


async def test_what_is_said_to_the_assistant_is_named(read):
    """It is new as any speech is, and told apart; it is no context for later windows, and not kept for them."""
    said = [utterance(1, "Ship it."), utterance(2, "Hey assistant.", "Omar"), utterance(3, "When?", "Omar")]
    sent = window(1, *said, asked=["u-000002", "u-000003"])
    first = await read(sent)
    second = await read(window(2, utterance(4, "Hey assistant, who?"), asked=["u-000004"]))
    third = await read(window(3, utterance(5, "Bye.")))

    assert (first["new"], first["asked"]) == (said, ["u-000002", "u-000003"])
    assert (texts(second["context"]), second["asked"]) == (["Ship it."], ["u-000004"])
    assert (texts(third["context"]), third["asked"]) == (["Ship it."], [])
    assert not any("assistant" in row.text or "When?" in row.text for row in await rows())
    assert await read(sent) == first
    assert len(await rows()) == 3


@pytest.mark.parametrize(("kind", "fields"), [("ask", {"ask": ASK}), ("final", {})])
async def test_a_whole_meeting_names_all_that_is_said_to_the_assistant(read, kind, fields):
    """An ask window and a final one have it among what is new, and name it."""
    said = [utterance(1, "Ship it."), utterance(2, "Hey assistant, who?")]
    context = await read(window(1, *said, kind=kind, asked=["u-000002"], **fields))

    assert (context["new"], context["context"], context["asked"]) == (said, [], ["u-000002"])


async def test_typed_text_names_nothing(read):
    """Nobody can tell of plain text whether the assistant is called."""
    assert (await read("Dana: Hey assistant, who?"))["asked"] == []


OWN = "🤖 Action item: Dana - ship it (by Friday)"


def own(n: int) -> dict[str, Any]:
    """A message that Zoom Chat Output posted as the host, as it comes back in the meeting's chat."""
    return utterance(n, OWN, source="chat")


async def test_our_own_messages_are_nothing_that_was_said(read):
    """A marked chat message is neither new nor kept for later windows; the rest of its window is."""
    first = await read(window(1, utterance(1, "Ship it."), own(2), utterance(3, "Sure.", source="chat")))
    second = await read(window(2, own(4), utterance(5, "Bye.")))

    assert texts(first["new"]) == ["Ship it.", "Sure."]
    assert (texts(second["context"]), texts(second["new"])) == (["Ship it.", "Sure."], ["Bye."])
    assert "🤖" not in first["prompt"] + second["prompt"] + "".join(row.text for row in await rows())


async def test_a_window_of_our_own_messages_is_empty(read):
    """Nothing is new, nothing is kept, and the same window again gives the same."""
    await read(window(1, utterance(1, "Ship it.")))
    alone = window(2, own(2), own(3))
    context = await read(alone)

    assert (context["new"], texts(context["context"])) == ([], ["Ship it."])
    assert context["prompt"].endswith("(nothing was said)")
    assert await read(alone) == context
    assert len(await rows()) == 1


@pytest.mark.parametrize(("kind", "fields"), [("ask", {"ask": ASK}), ("final", {})])
async def test_a_whole_meeting_is_without_our_own_messages(read, kind, fields):
    """Neither answers nor minutes are made of what we said."""
    sent = window(1, utterance(1, "Ship it."), own(2), utterance(3, "Bye."), kind=kind, **fields)
    context = await read(sent)

    assert texts(context["new"]) == ["Ship it.", "Bye."]
    assert "🤖" not in context["prompt"]


@pytest.mark.parametrize(
    "fields",
    [
        {"source": "speech"},
        {"source": "chat", "text": f"Dana wrote {OWN}"},
        {"source": "chat", "text": "🤖?"},
    ],
)
async def test_only_our_own_messages_are_left_out(read, fields):
    """What people say, quote or play with stays."""
    assert len((await read(window(1, utterance(1, OWN) | fields)))["new"]) == 1


async def test_typed_text_is_never_our_own(read):
    """In the Playground nothing comes back, so that a robot may be typed."""
    assert texts((await read(OWN))["new"]) == [OWN]


def test_all_know_the_same_mark(component):
    """What Zoom Chat Output puts in front is what Context Buffer and bridge look for."""
    from bridge.transcript.ask import OWN_MARK

    marks = {
        names_of(component("chat_output")).OWN_MARK,
        names_of(component("context_buffer")).OWN_MARK,
        OWN_MARK,
    }
    assert marks == {"🤖 "}


async def test_routes_and_meetings_are_apart(read):
    """What one route or meeting carried is not context of another."""
    await read(window(1, utterance(1, "Hello.")))

    assert (await read(window(1, utterance(1, "Hello."), route="coach"), SESSION))["context"] == []
    assert (await read(window(2, utterance(2, "Bye.")), "zoom-other"))["context"] == []


async def test_a_second_stream_of_the_meeting_has_the_first_as_context(read):
    """Utterance ids start again in a new stream of the same meeting, and nothing is mistaken for a repeat."""
    await read(window(1, utterance(1, "First stream.")))
    sent = window(1, utterance(1, "Second stream."), stream_id="s2", window_id="s2:action-items:1")
    answer = await read(sent)
    await read(window(2, utterance(2, "First stream, late.")))

    assert texts(answer["context"]) == ["First stream."]
    assert await read(sent) == answer


async def test_what_is_kept_is_compact(read):
    """A stored window costs little more than its words, and lies outside the Playground's session."""
    from lfx.memory import aget_messages

    sent = window(1, *(utterance(n, "eight words are in this sentence of speech") for n in range(20)))
    await read(sent)

    [row] = await rows()
    assert len(row.text) < 0.55 * len(json.dumps(sent))
    assert await aget_messages(session_id=SESSION) == []


async def test_plain_text_lines_are_utterances(read):
    """``Name: words`` lines are utterances; a line without a name is the same speaker's, or goes on with the sentence."""
    context = await read("Dana Ray: Ship it\nat 10:30.\nSee https://x.test\n\nOmar: Why?")

    assert [(said["id"], said["speaker"], said["text"]) for said in context["new"]] == [
        ("u-000001", "Dana Ray", "Ship it at 10:30."),
        ("u-000002", "Dana Ray", "See https://x.test"),
        ("u-000003", "Omar", "Why?"),
    ]
    assert (context["kind"], context["route"], context["meeting"]["uuid"]) == ("live", "text", SESSION)


async def test_other_text_is_one_utterance_by_its_sender(read):
    """Text without names is what the sender said, whatever JSON it may be, and is numbered on."""
    await read("Dana: Hello.")
    context = await read('{"a": 1}')

    assert [(said["id"], said["speaker"], said["text"]) for said in context["new"]] == [
        ("u-000002", "Lee", '{"a": 1}')
    ]
    assert texts(context["context"]) == ["Hello."]


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        (
            "WEBVTT\n\n1\n00:00:01.000 --> 00:00:04.000\n<v Mira Sol>We move in June.</v>\n\n2\n"
            "00:00:05.000 --> 00:00:09.000\n<v Ola Berg>I will book the van.</v>\n",
            [("Mira Sol", "We move in June."), ("Ola Berg", "I will book the van.")],
        ),
        (
            "[Mira Sol] 09:10:11\nWe move in June.\n\n[Ola Berg] 09:10:15\nI will book the van.\n",
            [("Mira Sol", "We move in June."), ("Ola Berg", "I will book the van.")],
        ),
        (
            "WEBVTT\n\n00:00:01.000 --> 00:00:04.000\nThe plan: we move in June.\n\n00:00:05.000 --> 00:00:09.000\n"
            "I will book the van.\n",
            [("Unknown speaker", "The plan: we move in June. I will book the van.")],
        ),
    ],
    ids=["voices", "saved captions", "captions without names"],
)
async def test_a_pasted_transcript_is_what_its_speakers_said(read, pasted, said):
    """Of whatever form; whoever pastes one without names is not taken for who said it, nor a word before a colon."""
    context = await read(pasted)

    assert [(one["speaker"], one["text"]) for one in context["new"]] == said
    assert {one["source"] for one in context["new"]} == {"speech"}
    assert "-->" not in context["prompt"]
    assert "Lee" not in context["prompt"]


@pytest.mark.parametrize(
    "typed", ["Remember one thing: nobody deploys on Sunday.", "I will send it.\nBy Friday!", "00:01"]
)
async def test_typed_sentences_are_their_sender_s(read, typed):
    """A colon in one is no name, and nothing of them is lost."""
    assert [(one["speaker"], one["text"]) for one in (await read(typed))["new"]] == [("Lee", typed)]


async def test_text_that_only_begins_like_a_window_is_text(read):
    """However it goes on."""
    text = '{"a": ' * 100_000
    assert texts((await read(text))["new"]) == [text.strip()]


async def test_the_same_text_is_the_same_window(read, message_store):
    """Text sent again in a session is a repeat: same window, same times, same answer."""
    first = await read("Dana: Hello.")
    second = await read("Dana: Bye.")
    await message_store()

    assert await read("Dana: Hello.") == first
    assert await read("Dana: Bye.") == second
    assert (await read("Dana: Hello.", "zoom-other"))["window_id"] != first["window_id"]


def damaged(path: str, value: Any = ...) -> dict[str, Any]:
    """A window with one field set to ``value``, or without it."""
    gap = {"from_ms": TEN, "to_ms": TEN, "reason": "secret words"}
    whole = copy.deepcopy(window(1, utterance(1, "secret words", "Secret Name"), gaps=[gap]))
    *parents, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
    at: Any = whole
    for part in parents:
        at = at[part]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return whole


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (damaged("window_id"), "window.window_id is missing."),
        (damaged("seq", "secret words"), "window.seq must be a whole number."),
        (damaged("seq", True), "window.seq must be a whole number."),
        (damaged("kind", "secret words"), "window.kind must be one of start, live, ask, final, approved."),
        (damaged("meeting", "secret words"), "window.meeting must be an object."),
        (damaged("meeting.topic"), "window.meeting.topic is missing."),
        (damaged("participants.1", "secret words"), "window.participants[1] must be an object."),
        (damaged("utterances.0.text", 7), "window.utterances[0].text must be text."),
        (
            damaged("utterances.0.language", "x"),
            "window.utterances[0].language must be a whole number or null.",
        ),
        (damaged("utterances", {}), "window.utterances must be a list."),
        (damaged("kind", "live") | {"asked": "secret words"}, "window.asked must be a list."),
        (damaged("gaps.0.to_ms"), "window.gaps[0].to_ms is missing."),
        (damaged("kind", "ask"), "window.ask must be an object."),
        (damaged("kind", "ask") | {"ask": {**ASK, "question": 7}}, "window.ask.question must be text."),
        (damaged("kind", "ask") | {"ask": {"question": "secret words"}}, "window.ask.speaker is missing."),
        (
            damaged("schema", "zoom-window/2"),
            "This Context Buffer reads zoom-window/1 and was sent another version. Update the flow.",
        ),
        (" ", "The message is empty. Connect Chat Input, or send a window or some text."),
    ],
)
async def test_a_damaged_window_is_an_error_that_names_the_field(buffer, caplog, broken, message):
    """The error says what is wrong where, and never what was said; nothing is kept."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the whole message is compared
        await buffer(broken).build_context()

    assert str(error.value) == message
    assert "secret" not in caplog.text.lower()
    assert await rows() == []


async def test_a_run_that_may_keep_nothing_has_no_context(read, anonymous_run):
    """Where Langflow keeps no messages, every window stands alone."""
    await read(window(1, utterance(1, "Hello.")))

    assert (await read(window(2, utterance(2, "Bye."))))["context"] == []


def test_flows_can_rely_on_its_names(component):
    """What people's flows store of the component stays."""
    loaded = component("context_buffer")
    outputs = loaded.to_frontend_node()["data"]["node"]["outputs"]

    assert (type(loaded).__name__, loaded.name) == ("ZoomContextBuffer", "ZoomContextBuffer")
    assert [one.name for one in loaded.inputs] == ["message", "word_budget", "run_seconds"]
    assert [(one["name"], one["method"]) for one in outputs] == [
        ("prompt", "build_prompt"),
        ("context", "build_context"),
    ]


async def test_without_a_session_there_is_nothing_to_remember_by(buffer):
    """A message without a session is refused with what to do."""
    with pytest.raises(ValueError, match="Send session_id along"):
        await buffer("Hello.", "").build_context()


def in_a_flow(buffer: Any, sent: Any) -> Any:
    """Context Buffer before a sink in a Langflow graph."""
    from lfx.components.input_output import ChatOutput
    from lfx.graph import Graph

    node = buffer(sent, _id="buffer")
    sink = ChatOutput(_id="sink", should_store_message=False).set(input_value=node.build_prompt)
    graph = Graph(node, sink, flow_id=FLOW_ID, user_id=USER_ID)
    graph.session_id = SESSION
    graph.set_run_id(uuid.uuid4())
    return graph


async def run(graph: Any) -> list[str]:
    return [step.vertex.id async for step in graph.async_start() if hasattr(step, "vertex")]


async def test_a_window_that_is_being_run_is_not_run_once_more(buffer):
    """The error is the one that the bridge waits after; a window typed twice is no such thing."""
    sent = window(1, utterance(5, "Hello."))
    await run(in_a_flow(buffer, sent))  # nobody behind gives the run up

    with pytest.raises(Exception, match="Zoom Context Buffer: another run of this window is under way"):
        await run(in_a_flow(buffer, sent))
    for _ in range(2):
        assert await run(in_a_flow(buffer, "Dana: Hello.")) == ["buffer", "sink"]


async def test_a_run_that_fails_at_the_door_leaves_it_open(buffer, monkeypatch):
    """What could not be kept is run again at once."""
    sent = window(1, utterance(5, "Hello."))
    broken = in_a_flow(buffer, sent)

    async def refuse(*_: Any) -> None:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(step_of(broken.get_vertex("buffer").custom_component), "_remember", refuse)
        with pytest.raises(Exception, match="Error building Component"):
            await run(broken)

    assert await run(in_a_flow(buffer, sent)) == ["buffer", "sink"]


async def test_what_everybody_behind_needs_goes_on_with_the_meeting(read):
    """The meeting's time zone, and that nothing may happen outside."""
    sent = window(1, utterance(5, "Hello."))
    plain = await read(json.dumps(sent))
    told = await read(json.dumps(sent | {"timezone": "America/Los_Angeles", "rehearsal": True}))

    assert plain["meeting"] == sent["meeting"]
    assert told["meeting"] == sent["meeting"] | {"timezone": "America/Los_Angeles", "rehearsal": True}


def test_both_outputs_are_there_at_once(buffer):
    """A flow may connect the prompt to a model and the context to what stands behind it."""
    outputs = buffer("x").to_frontend_node()["data"]["node"]["outputs"]

    assert {one["name"]: one["group_outputs"] for one in outputs} == {"prompt": True, "context": True}


@pytest.mark.parametrize(("said", "left_out"), [([], ["buffer"]), (["Hello."], [])])
async def test_a_model_is_not_asked_about_nothing(component, said, left_out) -> None:
    """A window without a word, such as that of a meeting's start, ends before the prompt; the run is over then."""
    from lfx.schema.message import Message

    window = {
        "schema": "zoom-window/1", "window_id": "s1:r:1", "seq": 1, "kind": "start", "route": "r",
        "meeting": {"uuid": "u", "id": "", "topic": "", "started_at": "2026-11-29T10:00:00Z"}, "stream_id": "s1",
        "from_ms": 0, "to_ms": 0, "participants": [], "gaps": [],
        "utterances": [
            {"id": "u-000001", "speaker": "Dana", "user_id": "1", "start_ms": 0, "end_ms": 1, "text": text, "language": 9,
             "source": "speech"}
            for text in said
        ],
    }  # fmt: skip
    node = component("context_buffer", message=Message(text=json.dumps(window), session_id="zoom-u"))
    found: list[str] = []
    graph = SimpleNamespace(
        _run_id="run-1", context={}, session_id="zoom-u", exclude_branch_conditionally=found.append
    )
    node._vertex = SimpleNamespace(id="buffer", graph=graph)

    await node.build_prompt()

    assert found == left_out
    assert bool(graph.context) == bool(said), "the claim of the run"


async def test_the_table_is_read_once(buffer, monkeypatch):
    """Each question to it takes Langflow some milliseconds of every run: of a meeting's first windows one tells all."""
    asked: list[Any] = []
    rows = names_of(buffer("x")).Rows
    ask = rows._messages

    async def counted(self: Any, *arguments: Any) -> Any:
        asked.append(arguments)
        return await ask(self, *arguments)

    monkeypatch.setattr(rows, "_messages", counted)
    for number in (1, 2, 1):
        await buffer(window(number, utterance(5 * number, "Hello."))).build_context()
        assert len(asked) == 1
        asked.clear()

    await buffer(window(3, utterance(20, "Bye."), kind="final")).build_context()
    assert asked == []
