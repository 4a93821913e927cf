"""Zoom Insight Ledger behind any Language Model: lines of text, with the window that they are of."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.components import contracts
from tests.components.contracts import utterances


def context(window: int = 1, kind: str = "live", **fields: Any) -> Any:
    """What Zoom Context Buffer gives."""
    from lfx.schema.data import Data

    said = utterances([["Dana Vogel", "I'll write to the landlord."], ["Ravi", "Good."]])
    sent = contracts.news(window=window) | {"schema": "zoom-context/1", "kind": kind, "stream_id": "s1"}
    sent |= {"participants": [{"name": "Dana Vogel"}], "context": [], "new": said, "gaps": [], "ask": None}
    return Data(data=sent | fields)


@pytest.fixture
def ledger(component):
    """A ledger behind a model that has written this."""

    def make(text: str, **fields: Any) -> Any:
        from lfx.schema.message import Message

        return component("insight_ledger", lines=Message(text=text), context=context(**fields))

    return make


@pytest.fixture
def news(ledger):
    async def give(text: str, **fields: Any) -> dict[str, Any]:
        return (await ledger(text, **fields).find_news()).data

    return give


@pytest.mark.parametrize(
    ("line", "kind", "owner", "text"),
    [
        (
            "Action item: Dana Vogel - Write to the landlord",
            "action_item",
            "Dana Vogel",
            "Write to the landlord",
        ),
        ("- **Action item:** dana vogel: write", "action_item", "Dana Vogel", "write"),
        ("* Decision: The lease is prolonged.", "decision", None, "The lease is prolonged."),
        ("2) Offene Frage: Wer zahlt?", "question", None, "Wer zahlt?"),
        ("アクション項目：資料を送る", "action_item", None, "資料を送る"),
        ("- [ ] Tarea: enviar el contrato", "action_item", None, "enviar el contrato"),
        ("The mood is good: everybody laughs.", "note", None, "The mood is good: everybody laughs."),
        ("Action item: Somebody Else - call the bank", "action_item", None, "Somebody Else - call the bank"),
        ("Décision : le bail est prolongé", "decision", None, "le bail est prolongé"),
    ],
)
async def test_a_line_is_of_the_kind_that_it_says(news, line, kind, owner, text) -> None:
    """A label of any language that we know makes the kind; an owner is somebody who is there."""
    [found] = (await news(line))["insights"]
    assert (found["kind"], found["owner"], found["text"]) == (kind, owner, text)
    assert (found["status"], found["engine"]) == ("new", "model")


async def test_lines_under_a_heading_are_of_its_kind(news) -> None:
    """Models like to write lists under headings; the headings are no points."""
    told = await news(
        "## Action items:\n- write\n- call\n\n**Decisions:**\n1. The lease stays.\n\nSonstiges:\n- Regen"
    )
    assert [(found["kind"], found["text"]) for found in told["insights"]] == [
        ("action_item", "write"),
        ("action_item", "call"),
        ("decision", "The lease stays."),
        ("note", "Regen"),
    ]


@pytest.mark.parametrize("line", ["## Decisions", "Decisions", "*Decisions:*", "**Entscheidungen**"])
async def test_a_label_alone_is_a_heading(news, line) -> None:
    """With a colon or without."""
    told = await news(f"{line}\n- We go blue\n*Action item:* Dana Vogel - send 3 * 4 of it")
    assert [(found["kind"], found["text"]) for found in told["insights"]] == [
        ("decision", "We go blue"),
        ("action_item", "send 3 * 4 of it"),
    ]


async def test_long_runs_of_blanks_and_letters_take_no_time(news) -> None:
    """All of them are read while no other run can go on."""
    blanks, word = " " * 20_000, "_" * 20_000
    began = time.process_time()
    told = await news(f"a{blanks}b [ {blanks}u-1{blanks}\n{word}\nc {word}")
    assert time.process_time() - began < 2
    assert told["insights"][0]["text"] == "a b [ u-1"


async def test_ids_become_evidence_where_they_exist(news) -> None:
    """An id that nobody has said is no evidence, and none is told to people."""
    told = await news("Decision: The lease stays (u-000001, u-000900).\n[u-000002] Good mood")
    assert [(found["text"], found["evidence"]) for found in told["insights"]] == [
        ("The lease stays.", ["u-000001"]),
        ("Good mood", ["u-000002"]),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "NOTHING",
        "Nothing new.",
        "- None",
        "n/a",
        "(no insights)",
        "",
        " \n",
        "---",
        "**NOTHING**",
        "NICHTS",
        "なし",
        "Aucune.",
        "Nada.",
        "Ninguna",
        "Nenhuma.",
        "特になし。",
        "## Next week",
        "There is nothing to tell.",
        "No new decisions or action items.",
        "No updates at this time.",
        "Es gibt nichts Neues.",
        "Keine neuen Aufgaben.",
        "Rien à dire.",
        "Sin novedades.",
        "何もありません。",
        "没有",
        "<think>\nThe user wants notes. Dana hates the boss.\n</think>\n\nNOTHING",
        "[THINK]Ben asked about salaries.[/THINK]Nothing new.",
        "<think>\nDana hates the boss, and I was cut off he",
    ],
)
async def test_nothing_is_nothing(news, text) -> None:
    """However a model says that there is nothing to tell, nothing is told."""
    assert (await news(text))["insights"] == []


@pytest.mark.parametrize(
    "text", ["No raffle this year.", "Nothing is paid before May.", "Keine Rechnung an Meier.", "Sin IVA."]
)
async def test_that_something_is_not_is_something(news, text) -> None:
    """A point may begin with no, too."""
    assert [found["text"] for found in (await news(text))["insights"]] == [text]


async def test_what_a_model_thought_aloud_is_not_told(news, ledger) -> None:
    """Nor the fence around its answer; in an answer to a question neither."""
    lines = "Okay, notes.\nDana hates it.\n</think>\n```markdown\nAction item: Send it\n```"
    assert [found["text"] for found in (await news(lines))["insights"]] == ["Send it"]


async def test_a_point_is_told_once(news) -> None:
    """What an earlier window told, in other words too, is no news; the same window again gets the same news."""
    first = await news("Action item: Dana Vogel - Send the contract to Acme")
    second = await news(
        "Action item: Dana Vogel - Email Acme the contract\nDecision: The lease stays.", window=2
    )
    assert [found["text"] for found in second["insights"]] == ["The lease stays."]
    assert await news("Quite another answer", window=1) == first


async def test_an_answer_is_told_as_it_stands(ledger, news) -> None:
    """What a model answers to a question is no list of points."""
    told = await news("On Monday.\n\nDana said so.", kind="ask")
    assert told["insights"] == []
    assert told["notes"] == [{"key": "answer:s1:action-items:1", "text": "On Monday.\n\nDana said so."}]
    assert (await ledger("Otherwise", kind="ask").tell_news()).text == "On Monday.\n\nDana said so."


async def test_the_text_output_has_a_line_for_each_point(ledger) -> None:
    """Labels are in the meeting's language; a note has none."""
    spoken = [said | {"language": 14} for said in utterances([["Dana Vogel", "Ich schreibe dem Vermieter."]])]
    node = ledger("Aufgabe: Dana Vogel - Dem Vermieter schreiben\nEs regnet.", new=spoken)
    message = await node.tell_news()
    assert message.text == "Aufgabe: Dana Vogel - Dem Vermieter schreiben\nEs regnet."
    assert message.session_id == contracts.SESSION


async def test_whoever_types_is_always_answered(ledger) -> None:
    """In the Playground silence looks broken; in a meeting it is right."""
    assert "nothing new" in (await ledger("NOTHING", stream_id="text-x").tell_news()).text
    assert (await ledger("NOTHING", window=2).tell_news()).text == ""


async def test_insights_count_where_lines_are_not_connected(component) -> None:
    """Langflow hands over an empty message for an input that nothing is connected to."""
    from lfx.schema.data import Data
    from lfx.schema.message import Message

    found = contracts.news() | {"schema": "zoom-insights/1", "insights": [contracts.insight()]}
    node = component("insight_ledger", insights=Data(data=found), lines=Message(text=""))
    assert len((await node.find_news()).data["insights"]) == 1


async def test_lines_without_their_window_are_refused(component) -> None:
    """The error says what to connect."""
    from lfx.schema.message import Message

    node = component("insight_ledger", lines=Message(text="Decision: yes"))
    with pytest.raises(ValueError, match="Context output of Zoom Context Buffer"):
        await node.find_news()
