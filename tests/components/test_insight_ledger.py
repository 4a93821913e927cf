"""Zoom Insight Ledger through Langflow's own loader."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.components.conftest import FLOW_ID, USER_ID
from tests.components.contracts import SESSION


def insight(text: str, **fields: Any) -> dict[str, Any]:
    blank = {"kind": "action_item", "owner": None, "due": None, "evidence": [], "engine": "rules"}
    return blank | {"text": text} | fields


def insights(*found: dict[str, Any], window: int = 1, **fields: Any) -> Any:
    from lfx.schema.data import Data

    return Data(
        data={
            "schema": "zoom-insights/1",
            "window_id": f"s:action-items:{window}",
            "session_id": SESSION,
            "route": "action-items",
            "kind": "live",
            "meeting": {"uuid": "aB3=", "id": "8", "topic": "Weekly", "started_at": "2026-11-22T10:00:00Z"},
            "engine": "rules",
            "model": None,
            "insights": list(found),
            "summary": None,
            "usage": None,
        }
        | fields
    )


@pytest.fixture
def find_news(component):
    async def find(*found: dict[str, Any], **fields: Any) -> dict[str, Any]:
        ledger = component("insight_ledger", insights=insights(*found, **fields))
        return (await ledger.find_news()).data

    return find


SAME = [
    ("Send the contract", "send the contract."),
    ("Dana will send the contract by Friday", "Dana to send contract Friday"),
    ("Send the contract to Acme", "Email Acme the contract"),
    ("Fix the login bug", "Fixing login bugs!"),
    ("Schedule a call with Acme", "Book a call with Acme"),
    ("Review the security checklist", "Reviews the security checklist with legal"),
    ("Die Prüfung abschließen", "die prüfung ABSCHLIESSEN"),
    ("契約書を送る", "契約書を送る。"),
]
DIFFERENT = [
    ("Send the contract to Dana on Friday", "Send the invoice to Dana on Friday"),
    (
        "Send the contract to Dana after legal signs it off",
        "Send the invoice to Dana after legal signs it off",
    ),
    ("Prepare the budget for Q3", "Prepare the budget for Q4"),
    ("Call Acme about pricing", "Call Globex about pricing"),
    ("Close ticket 1234", "Close ticket 1235"),
    ("We will migrate the production database", "We will not migrate the production database"),
    ("We are using the new supplier", "We aren't using the new supplier"),
    ("Wir nehmen Anbieter A.", "Wir nehmen Anbieter A nicht."),
    ("O contrato foi aprovado.", "O contrato não foi aprovado."),
    ("Бюджет утверждён советом.", "Бюджет не утверждён советом."),
    ("预算批准了。", "预算没批准。"),
    ("予算を使います。", "予算を使いません。"),
    ("Review the security checklist", "Review the security budget"),
    ("Do it", "So be it"),
]


@pytest.mark.parametrize(("first", "second"), SAME)
async def test_another_wording_is_no_news(find_news, first, second):
    """The same thing in other words, in a later window, is not told again."""
    await find_news(insight(first, owner="Dana", evidence=["u-000001"]))
    news = await find_news(insight(second, owner="Dana", evidence=["u-000009"]), window=2)

    assert news["insights"] == []


@pytest.mark.parametrize("evidence", ["u-000001", "u-000009"])
@pytest.mark.parametrize(("first", "second"), DIFFERENT)
async def test_another_thing_is_news(find_news, first, second, evidence):
    """A thing that only sounds like an earlier one is told, also where one utterance shows both."""
    [told] = (await find_news(insight(first, evidence=["u-000001"])))["insights"]
    [news] = (await find_news(insight(second, evidence=[evidence]), window=2))["insights"]

    assert (news["status"], news["text"]) == ("new", second)
    assert news["id"] != told["id"]


async def test_evidence_in_common_allows_for_freer_wording(find_news):
    """Two wordings that would be two things are one where the same utterance shows both."""
    first = insight("Check the login page works on old phones", evidence=["u-000001"])
    second = "Test that the login page works on old phones"
    await find_news(first)

    assert (await find_news(insight(second, evidence=["u-000001"]), window=2))["insights"] == []
    assert (await find_news(insight(second, evidence=["u-000007"]), window=3))["insights"] != []


async def test_two_points_of_one_talk_are_two(find_news):
    """What a quotation has in brackets is there to understand it, and says nothing new."""
    talk = "Tom: “The printer has the wrong labels, twelve thousand of them, and wants to know by noon.”"
    first = insight(f"Dana, 01:00: “I'll ring them.” (before: {talk})", owner="Dana", evidence=["u-000002"])
    second = insight(
        f"Dana, 01:04: “I'll order the boxes.” (before: {talk})", owner="Dana", evidence=["u-000003"]
    )
    longer = insight(
        f"Dana, 01:00: “I'll ring them.” (before: Priya: “Second, the labels of the beer.” {talk})",
        owner="Dana",
        evidence=["u-000002"],
    )
    assert len((await find_news(first, second))["insights"]) == 2
    assert (await find_news(longer, window=2))["insights"] == []


async def test_kind_and_owner_tell_insights_apart(find_news):
    """The same words of another kind, or for another person, are another insight."""
    found = [
        insight("Prepare the slides", owner="Dana"),
        insight("Prepare the slides", owner="Omar"),
        insight("Prepare the slides", kind="risk"),
    ]
    news = (await find_news(*found))["insights"]

    assert [(item["owner"], item["kind"]) for item in news] == [
        (item["owner"], item["kind"]) for item in found
    ]
    assert len({item["id"] for item in news}) == 3


async def test_a_window_says_each_thing_once(find_news):
    """Two wordings in one window are one insight."""
    news = await find_news(insight("Send the contract"), insight("send the contract to them", due="Friday"))

    [only] = news["insights"]
    assert (only["status"], only["due"]) == ("new", "Friday")


@pytest.mark.parametrize(
    "changed",
    [
        {"owner": "Dana"},
        {"due": "Monday"},
        {"text": "Send the contract to Acme's lawyers"},
        {"text": "Send the contract on Monday"},
    ],
)
async def test_a_change_keeps_the_id(find_news, changed):
    """An owner, a due date or a richer wording that came later is told as a change of the same insight."""
    first = insight("Send the contract", evidence=["u-000001"])
    [told] = (await find_news(first))["insights"]
    [news] = (await find_news(first | changed | {"evidence": ["u-000001", "u-000005"]}, window=2))["insights"]

    assert news == told | changed | {"status": "changed", "evidence": ["u-000001", "u-000005"]}
    assert (await find_news(first | changed, window=3))["insights"] == []


async def test_first_words_that_are_said_again_are_no_other_insight(find_news):
    """An id is that of its first words: it neither passes for a new thing, nor takes the place of what is known since."""
    [first] = (await find_news(insight("Send the contract", evidence=["u-000005"])))["insights"]
    fuller = "Ben sends the contract with appendix B to the legal team of Acme"
    found = insight(fuller, owner="Ben", due="Friday", evidence=["u-000005", "u-000009"])
    await find_news(found, window=2)

    again = await find_news(insight("Send the contract", evidence=["u-000020"]), window=3)
    [known] = (await find_news(window=4, kind="final", summary={"text": "We met.", "attendees": []}))["open"]
    assert again["insights"] == []
    assert (known["id"], known["text"], known["owner"], known["due"]) == (
        first["id"],
        fuller,
        "Ben",
        "Friday",
    )


async def test_nothing_known_is_unlearned(find_news):
    """An owner or due date that a later wording leaves out is neither a change nor forgotten."""
    await find_news(insight("Send the contract", owner="Dana", due="Friday"))
    assert (await find_news(insight("Send the contract"), window=2))["insights"] == []
    final = await find_news(window=3, kind="final", summary={"text": "Done.", "attendees": ["Dana"]})

    assert [(item["owner"], item["due"]) for item in final["open"]] == [("Dana", "Friday")]


async def test_the_same_window_gets_the_same_news(find_news, message_store):
    """A repeated window gets its first news, though worded differently, after a restart, with more known."""
    first = await find_news(insight("Send the contract"))
    await find_news(insight("Book the room"), window=2)
    await message_store()

    assert await find_news(insight("Buy a cake"), window=1) == first
    assert await find_news(insight("Buy a cake"), window=3) != first


async def test_a_final_window_tells_the_summary_and_all_insights(find_news):
    """The final news has the summary, what the final window adds, and all that is known, by id."""
    [told] = (await find_news(insight("Send the contract")))["insights"]
    summary = {"text": "We met.", "attendees": ["Dana"]}
    final = await find_news(insight("Book the room"), window=2, kind="final", summary=summary)

    assert final["summary"] == summary
    assert [item["text"] for item in final["insights"]] == ["Book the room"]
    assert [item["text"] for item in final["open"]] == ["Send the contract", "Book the room"]
    assert final["open"][0]["id"] == told["id"]


async def test_routes_do_not_share_what_they_told(find_news):
    """What one route was told is news on another."""
    await find_news(insight("Send the contract"))

    assert (await find_news(insight("Send the contract"), route="coach"))["insights"] != []


async def run_before_a_sink(component, *found: dict[str, Any], **fields: Any) -> list[str]:
    """Run the ledger in a Langflow graph; give the names of the nodes that ran."""
    from lfx.components.input_output import ChatOutput
    from lfx.graph import Graph

    ledger = component("insight_ledger", _id="ledger", insights=insights(*found, **fields))
    sink = ChatOutput(_id="sink", should_store_message=False).set(input_value=ledger.find_news)
    graph = Graph(ledger, sink, flow_id=FLOW_ID, user_id=USER_ID)
    graph.session_id = SESSION
    graph.set_run_id(uuid.uuid4())
    return [step.vertex.id async for step in graph.async_start() if hasattr(step, "vertex")]


async def test_without_news_nothing_downstream_runs(component):
    """News goes on through the flow; no news stops it at the ledger, in the first run and when repeated."""
    assert await run_before_a_sink(component, insight("Send the contract")) == ["ledger", "sink"]
    assert await run_before_a_sink(component, insight("Send the contract"), window=2) == ["ledger"]
    assert await run_before_a_sink(component, insight("Send the contract"), window=2) == ["ledger"]
    assert await run_before_a_sink(component, insight("Send the contract"), window=1) == ["ledger", "sink"]


async def test_a_run_that_may_keep_nothing_has_all_as_news(find_news, anonymous_run):
    """Where Langflow keeps no messages, every window's insights are new."""
    await find_news(insight("Send the contract"))

    assert len((await find_news(insight("Send the contract"), window=2))["insights"]) == 1


def test_flows_can_rely_on_its_names(component):
    """What people's flows store of the component stays."""
    loaded = component("insight_ledger")
    outputs = loaded.to_frontend_node()["data"]["node"]["outputs"]

    assert (type(loaded).__name__, loaded.name) == ("ZoomInsightLedger", "ZoomInsightLedger")
    assert [one.name for one in loaded.inputs] == ["insights", "lines", "context"]
    assert [(one["name"], one["method"]) for one in outputs] == [
        ("news", "find_news"),
        ("text", "tell_news"),
    ]


async def test_a_wrong_input_is_an_error_that_says_what_to_connect(component):
    """Data of another kind is refused."""
    from lfx.schema.data import Data

    with pytest.raises(ValueError, match="Connect Zoom Meeting Insights"):
        await component("insight_ledger", insights=Data(data={"schema": "zoom-context/1"})).find_news()


async def test_the_beginning_of_a_meeting_is_news(component):
    """A start window goes on through the flow although nothing was found: a page can be opened for it."""
    assert await run_before_a_sink(component, kind="start") == ["ledger", "sink"]
    assert await run_before_a_sink(component, kind="live", window=2) == ["ledger"]


async def test_notes_go_on(component, find_news):
    """What people are to be told beside insights is passed on, also where it is all there is."""
    notes = [{"key": "budget", "text": "Half of the budget is used."}]

    assert (await find_news(notes=notes))["notes"] == notes
    assert (await find_news(window=2))["notes"] == []
    assert await run_before_a_sink(component, notes=notes, window=3) == ["ledger", "sink"]


@pytest.mark.parametrize(
    ("first", "second"), [("Dana (Acme)", "Ben (Acme)"), ("Anna Müller", "Peter Müller"), ("田中", "田村")]
)
async def test_who_has_a_word_of_the_name_in_common_is_another(find_news, first, second):
    """A company, a family name or a sign of it is no person."""
    await find_news(insight("Send the contract", owner=first, evidence=["u-000001"]))
    [news] = (await find_news(insight("Send the contract", owner=second, evidence=["u-000001"]), window=2))[
        "insights"
    ]
    assert (news["status"], news["owner"]) == ("changed", second)
