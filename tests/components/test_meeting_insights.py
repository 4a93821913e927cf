"""Zoom Meeting Insights by its offline rules, through Langflow's own loader."""

from __future__ import annotations

import copy
import json
import os
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.components.contracts import insights_schema, utterances

CASES = Path(__file__).parent / "insight_cases"
FOUND = json.loads((CASES / "found.json").read_text(encoding="utf-8"))
NOT_FOUND = json.loads((CASES / "not_found.json").read_text(encoding="utf-8"))
KINDS = [
    "action_item", "decision", "question", "objection", "risk", "follow_up", "buying_signal", "problem",
]  # fmt: skip

OUTPUT_SCHEMA = insights_schema(
    KINDS,
    engine="rules",
    model={"type": "null"},
    usage={"type": "null"},
    notes={
        "type": "array",
        "items": {"type": "object", "required": ["key", "text"], "additionalProperties": {"type": "string"}},
    },
)


@pytest.fixture
def message_store() -> None:
    """The rules keep nothing, so their tests go without Langflow's database."""


def context_of(
    new: list[list[str]],
    *,
    context: list[list[str]] | None = None,
    first: int = 1,
    kind: str = "live",
    people: list[str] | None = None,
    **fields: Any,
) -> Any:
    """What Zoom Context Buffer hands over."""
    from lfx.schema.data import Data

    before = utterances(context or [], first)
    return Data(
        data={
            "schema": "zoom-context/1",
            "window_id": "s1:action-items:7",
            "session_id": "zoom-aB3",
            "route": "action-items",
            "kind": kind,
            "meeting": {
                "uuid": "aB3=",
                "id": "8",
                "topic": "Weekly planning",
                "started_at": "2026-11-22T10:00:00Z",
            },
            "stream_id": "s1",
            "from_ms": 0,
            "to_ms": 60000,
            "participants": [{"user_id": name, "name": name} for name in people or []],
            "context": before,
            "new": utterances(new, first + len(before)),
            "gaps": [],
            "prompt": "unused",
        }
        | fields
    )


@pytest.fixture
def find(component):
    """Run the component; every output is checked against the schema."""

    async def run(context: Any, **inputs: Any) -> dict[str, Any]:
        found = (await component("meeting_insights", context=context, **inputs).find_insights()).data
        jsonschema.validate(found, OUTPUT_SCHEMA)
        return found

    return run


# -- identity


async def test_its_names_stay_what_flows_have_stored(component) -> None:
    """Class, inputs, outputs and methods are in people's flows: renaming one breaks those."""
    made = component("meeting_insights")
    assert type(made).__name__ == "ZoomMeetingInsights"
    assert made.name == "ZoomMeetingInsights"
    assert [i.name for i in made.inputs] == [
        "context", "claude", "kinds", "instructions", "language", "batch_words", "context_words",
    ]  # fmt: skip
    assert [(o.name, o.method) for o in made.outputs] == [("insights", "find_insights")]


async def test_something_else_than_a_context_is_refused(component) -> None:
    """Another component's Data at the input is an error that names the right one."""
    from lfx.schema.data import Data

    made = component("meeting_insights", context=Data(data={"text": "secret words"}))
    with pytest.raises(ValueError, match="Context output of Zoom Context Buffer") as failure:
        await made.find_insights()
    assert "secret" not in str(failure.value)


# -- what is said to the assistant


TO_ASSISTANT = ["Dana", "Hey assistant, I'll send the contract to the bank by Friday."]


@pytest.mark.parametrize("kind", ["live", "final"])
async def test_what_is_said_to_the_assistant_is_no_work_for_the_others(find, kind) -> None:
    """A request to the assistant is no insight; what people say around it is, and is told in the summary."""
    said = [TO_ASSISTANT, ["Tom", "I'll book the room by Monday."], ["Zed", "Hmm."]]
    everything = await find(context_of(said, kind=kind))
    found = await find(context_of(said, kind=kind, asked=["u-000001"]))
    assert [insight["evidence"] for insight in everything["insights"]] == [["u-000001"], ["u-000002"]]
    assert [insight["evidence"] for insight in found["insights"]] == [["u-000002"]]
    if kind == "final":
        assert "contract" in everything["summary"]["text"]
        assert "contract" not in found["summary"]["text"]
        assert "room" in found["summary"]["text"]


async def test_who_only_asked_the_assistant_was_there(find) -> None:
    """Attendees are complete, in the order of their appearance."""
    said = [["Eli", "Hey assistant, who owns it?"], ["Tom", "I'll book the room by Monday."]]
    found = await find(context_of(said, kind="final", people=["Mia"], asked=["u-000001"]))
    assert found["summary"]["attendees"] == ["Mia", "Eli", "Tom"]


async def test_a_window_of_questions_to_the_assistant_has_no_insights(find) -> None:
    """Where nothing else is said there is nothing to look for."""
    assert (await find(context_of([TO_ASSISTANT], asked=["u-000001"])))["insights"] == []


async def test_a_question_to_the_assistant_is_nothing_that_others_agree_to(find) -> None:
    """It is no context either: a reply to it does not become one to what people say."""
    said, reply = [TO_ASSISTANT], [["Tom", "Sure, I'll do that."]]
    found = await find(context_of(reply, context=said, asked=["u-000001"]))
    assert not any("u-000001" in insight["evidence"] for insight in found["insights"])
    assert not any("contract" in insight["text"] for insight in found["insights"])


# -- offline rules: sentences


@pytest.mark.parametrize("case", FOUND, ids=lambda case: case["say"][0][1][:50])
async def test_the_rules_find(find, case) -> None:
    """What is said is found, with kind, owner and due, and nothing besides."""
    given = context_of([*case["say"], ["Zed", "Hmm."]], people=case.get("people"))
    found = (await find(given))["insights"]
    assert len(found) == len(case["find"]), found
    for insight, expected in zip(found, case["find"], strict=True):
        assert {name: insight[name] for name in expected} == expected
        assert insight["engine"] == "rules"


@pytest.mark.parametrize("case", NOT_FOUND, ids=lambda case: case["say"][0][1][:50])
async def test_the_rules_leave_alone(find, case) -> None:
    """What only sounds like an insight is none, neither live nor in the final window."""
    for kind in ("live", "final"):
        found = await find(context_of([*case["say"], ["Zed", "Hmm."]], kind=kind))
        assert found["insights"] == []


async def test_a_sentence_cut_by_the_transcriber_is_read_whole(find) -> None:
    """Pieces of one speaker are one sentence, also with a murmur in between; all pieces are its evidence."""
    said = [
        ["Dana", "So I'll send the draft of the"],
        ["Tom", "Mm-hmm."],
        ["Dana", "contract to the supplier by Friday."],
        ["Tom", "Hm."],
    ]
    [insight] = (await find(context_of(said)))["insights"]
    assert insight["text"].endswith("“So I'll send the draft of the contract to the supplier by Friday.”")
    assert insight["evidence"] == ["u-000001", "u-000003"]


async def test_a_sentence_cut_by_the_window_is_found_once_and_whole(find) -> None:
    """The window in which it begins leaves it to the one in which it ends."""
    begin, end = ["Dana", "I'll send the draft contract to the"], ["Dana", "supplier by Friday."]
    hm = ["Tom", "Hm."]
    first = await find(context_of([begin]))
    second = await find(context_of([end, hm], context=[begin]))
    third = await find(context_of([["Tom", "Lovely."]], context=[begin, end, hm]))
    assert first["insights"] == []
    assert [i["due"] for i in second["insights"]] == ["by Friday"]
    assert second["insights"][0]["evidence"] == ["u-000001", "u-000002"]
    assert third["insights"] == []


async def test_what_the_next_words_may_deny_waits_for_them(find) -> None:
    """A decision with which a window ends is told with the next one, or not at all."""
    decided = ["Dana", "So we've decided to use the second supplier."]
    assert (await find(context_of([decided])))["insights"] == []
    assert len((await find(context_of([["Tom", "Fine."]], context=[decided])))["insights"]) == 1
    assert (await find(context_of([["Tom", "No, we haven't."]], context=[decided])))["insights"] == []


async def test_a_promise_alone_in_a_window_is_told_at_once(find) -> None:
    """Nobody need speak after it for it to be told, and the next window does not tell it again."""
    promise = ["Dana", "I will book the big room for the workshop."]
    assert [i["owner"] for i in (await find(context_of([promise])))["insights"]] == ["Dana"]
    assert (await find(context_of([["Tom", "Fine."]], context=[promise])))["insights"] == []


async def test_what_its_speaker_never_finished_is_found_when_somebody_else_goes_on(find) -> None:
    """Without a full stop, a sentence is over when others have said more than a murmur."""
    begin = ["Dana", "I'll send the draft contract to the supplier by Friday"]
    after = ["Tom", "Now something else entirely that has nothing to do with what we heard before."]
    found = await find(context_of([after], context=[begin]))
    assert [i["evidence"] for i in found["insights"]] == [["u-000001"]]


async def test_typed_text_needs_no_full_stop(find) -> None:
    """Plain text has no next window, so its last line is a sentence as it stands."""
    given = context_of([["Dana", "I'll send the contract by Friday"]], stream_id="text-zoom-aB3")
    assert len((await find(given))["insights"]) == 1


async def test_chat_needs_no_full_stop(find) -> None:
    """A chat message is complete when it arrives."""
    given = context_of([["Dana", "I'll send the contract by Friday"], ["Tom", "Fine."]])
    given.data["new"][0]["source"] = "chat"
    assert len((await find(given))["insights"]) == 1


async def test_an_agreement_in_the_next_window_is_found_there(find) -> None:
    """A proposal becomes a decision by the assent, and the evidence is both."""
    proposal, assent = ["Dana", "Shall we drop the old export format?"], ["Tom", "Yes, agreed."]
    assert (await find(context_of([proposal])))["insights"] == []
    [insight] = (await find(context_of([assent, ["Zed", "Hm."]], context=[proposal])))["insights"]
    assert (insight["kind"], insight["evidence"]) == ("decision", ["u-000001", "u-000002"])


async def test_the_same_window_gives_the_same_answer(find) -> None:
    """Rules know no chance and keep nothing."""
    given = context_of([line for case in FOUND for line in case["say"]], kind="final")
    before = copy.deepcopy(given.data)
    first = await find(given)
    assert await find(given) == first
    assert given.data == before


@pytest.mark.parametrize("kinds", [["Decisions"], ["decision"], ["Risks", "decision"]])
async def test_only_the_chosen_kinds_are_reported(find, kinds) -> None:
    """Kinds that are not chosen, in words or as flows of 0.2 name them, are left out of insights and minutes."""
    said = [["Dana", "Okay, let's go with Postgres."], ["Dana", "I'll write the migration plan by Friday."]]
    found = await find(context_of(said, kind="final"), kinds=kinds)
    assert [i["kind"] for i in found["insights"]] == ["decision"]
    assert "migration plan" not in found["summary"]["text"]


# -- offline rules: the whole meeting


async def test_a_start_window_has_no_insights(find) -> None:
    """Nothing was said yet."""
    found = await find(context_of([], kind="start"))
    assert (found["insights"], found["summary"], found["usage"]) == ([], None, None)


async def test_an_ask_window_has_no_insights(find) -> None:
    """It repeats the meeting so far, all of which live windows carry."""
    found = await find(context_of([["Dana", "Okay, let's go with Postgres."], ["Tom", "Hmm."]], kind="ask"))
    assert (found["insights"], found["summary"]) == ([], None)


async def test_claude_without_a_key_leaves_it_to_the_rules(find, component) -> None:
    """Zoom Claude connected but without a key is as good as not connected."""
    claude = component("claude", api_key="", base_url="http://127.0.0.1:1").build_claude()
    found = await find(
        context_of([["Dana", "Okay, let's go with Postgres."], ["Tom", "Hmm."]]), claude=claude
    )
    assert [i["engine"] for i in found["insights"]] == ["rules"]


async def test_a_meeting_in_which_nothing_was_said_still_has_a_summary(find) -> None:
    """A final window without utterances is summed up as such, whoever was there."""
    found = await find(context_of([], kind="final", people=["Dana"]))
    assert found["summary"] == {"text": "Nothing was said.", "attendees": ["Dana"]}


async def test_the_summary_says_what_was_found_and_who_spoke(find) -> None:
    """The final summary quotes decisions, tasks and open questions, with empty lines around headings, and no minutes."""
    said = [
        ["Dana", "Okay, let's go with the second supplier."],
        ["Tom", "I'll write the order tomorrow."],
        ["Dana", "Who pays for the transport of the machines?"],
        ["Tom", "I don't know."],
    ]
    summary = (await find(context_of(said, kind="final", people=["Dana", "Tom", "Ann"])))["summary"]
    assert summary["attendees"] == ["Dana", "Tom", "Ann"]
    assert summary["text"].splitlines() == [
        "**Decided**",
        "",
        "- Dana: “Okay, let's go with the second supplier.”",
        "",
        "**To do**",
        "",
        "- Tom: “I'll write the order tomorrow.” (before: Dana: “Okay, let's go with the second supplier.”)",
        "",
        "**Still open**",
        "",
        "- Dana: “Who pays for the transport of the machines?” Tom: “I don't know.” (before: Dana: “Okay, let's go with the second supplier.” Tom: “I'll write the order tomorrow.”)",
        "",
        "**Who spoke:** Dana 65 %, Tom 35 %",
    ]


async def test_a_quote_has_the_time_since_the_meeting_began(find) -> None:
    """Minutes and seconds; typed text has none."""
    said = [["Dana", "I'll write the order tomorrow."], ["Tom", "Fine."]]
    began_ms = 1_795_341_600_000
    given = context_of(said, from_ms=began_ms + 60_000)
    given.data["meeting"]["started_at"] = "2026-11-22T10:00:00Z"
    for one in given.data["new"]:
        one["start_ms"] += began_ms + 60_000
    [insight] = (await find(given))["insights"]
    assert insight["text"] == "Dana, 01:05: “I'll write the order tomorrow.”"
    [typed] = (await find(context_of(said, stream_id="text-zoom-aB3")))["insights"]
    assert typed["text"] == "Dana: “I'll write the order tomorrow.”"


async def test_what_is_said_twice_is_one_insight(find) -> None:
    """With both places as evidence."""
    said = [
        ["Dana", "I'll send the contract to the supplier by Friday."],
        ["Tom", "Fine weather, by the way."],
        ["Dana", "So I'll send the supplier the contract by Friday."],
    ]
    [insight] = (await find(context_of(said, kind="final")))["insights"]
    assert insight["evidence"] == ["u-000001", "u-000003"]


async def test_another_language_is_said_not_to_be_understood_once(find) -> None:
    """Rather than guessed at."""
    said = [
        [
            "Dana",
            "Wir müssen den Vertrag bis Freitag an den Lieferanten schicken, weil er sonst die Teile nicht mehr bestellen kann.",
        ],
        [
            "Tom",
            "Das mache ich gleich morgen, und dann rufe ich dort auch noch einmal wegen der Rechnung vom letzten Monat an.",
        ],
    ]
    assert [note["key"] for note in (await find(context_of(said)))["notes"]] == ["language"]
    assert (await find(context_of(said, context=said)))["notes"] == []


@pytest.mark.parametrize(("source", "words"), [("speech", "nothing to note"), ("chat", "names no speakers")])
async def test_typed_text_is_always_answered(find, source, words) -> None:
    """Whoever types in the Playground hears that nothing was found, or that no speakers were named."""
    given = context_of([["Eva", "The weather is lovely."]], stream_id="text-zoom-aB3")
    given.data["new"][0]["source"] = source
    [note] = (await find(given))["notes"]
    assert words in note["text"]


async def test_a_long_meeting_takes_as_much_longer_as_it_is(find) -> None:
    """A final window of 25,000 words takes about twice as long as one of 12,500: no search goes through all for each."""
    lines = [line for case in [*FOUND, *NOT_FOUND] for line in case["say"]]

    def meeting(words: int) -> Any:
        said: list[list[str]] = []
        while sum(len(text.split()) for _, text in said) < words:
            said += [[name, f"{text[:-1]} number {len(said)}{text[-1]}"] for name, text in lines]
        return context_of(said, kind="final")

    async def seconds(given: Any) -> float:
        taken = []
        for _ in range(3):
            began = time.thread_time()
            await find(given)
            taken.append(time.thread_time() - began)
        return min(taken)

    assert await seconds(meeting(25_000)) < 3 * await seconds(meeting(12_500))


@pytest.mark.parametrize("name", ["ES2002b", "TS3005d"])
async def test_a_real_meeting_gives_the_same_in_windows_and_as_a_whole(find, name) -> None:
    """Nothing is found twice by live windows, and nearly everything the final window says was found live."""
    folder = os.environ.get("MEETINGS_DIR")
    if not folder:
        pytest.skip("MEETINGS_DIR is not set: no real meetings to read")
    lines = [
        json.loads(line) for line in (Path(folder) / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    said = [[line["speaker"], line["text"]] for line in lines]
    live: list[dict[str, Any]] = []
    for start in range(0, len(said), 10):
        earlier = max(0, start - 100)
        given = context_of(said[start : start + 10], context=said[earlier:start], first=earlier + 1)
        live += (await find(given))["insights"]
    final = await find(context_of(said, kind="final"))
    texts = [(i["kind"], i["owner"], i["text"]) for i in live]
    assert len(texts) >= 3
    assert len(set(texts)) == len(texts)
    told = {(i["kind"], entry) for i in live for entry in i["evidence"]}
    shown = [i for i in final["insights"] if told.intersection((i["kind"], entry) for entry in i["evidence"])]
    assert len(shown) >= 0.75 * len(final["insights"])
    assert len(final["insights"]) <= 40
